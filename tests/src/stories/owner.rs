//! The owner's story.

use super::Album;
use crate::Result;
use crate::till::{self, Staff, id};
use crate::webdriver::Window;

/// The owner looks at today, at the week against the one before, and at what is saved where.
///
/// # Errors
/// When the screen does not show what she expects.
pub fn owner(window: &Window, album: &mut Album) -> Result {
    till::lock(window)?;
    till::unlock(window, Staff::Carmen)?;
    till::go(window, "owner")?;
    window.wait_for(&id("figure-revenue-value"))?;
    album.take(window, "owner-today")?;
    window.click(&id("period-week"))?;
    window.wait_for(&id("attention"))?;
    window.wait_for(&id("top-products"))?;
    album.take(window, "owner-week")?;
    till::go(window, "sync")?;
    album.take(window, "sync-desk")
}
