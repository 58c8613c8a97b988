//! The installer's story.

use super::Album;
use crate::Result;
use crate::till::{self, Staff};
use crate::webdriver::Window;

/// The agenda is opened, and the merchants behind it.
///
/// # Errors
/// When the screen does not show what is expected.
pub fn installer(window: &Window, album: &mut Album) -> Result {
    till::lock(window)?;
    till::unlock(window, Staff::Carmen)?;
    for place in ["visits", "merchants"] {
        till::go(window, place)?;
        album.take(window, place)?;
    }
    Ok(())
}
