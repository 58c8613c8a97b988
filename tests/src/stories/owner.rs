//! The owner's story.

use super::Album;
use crate::Result;
use crate::till::{self, Staff};
use crate::webdriver::Window;

/// The owner unlocks the till and looks at today, at what is saved where, and at her settings.
///
/// # Errors
/// When the screen does not show what she expects.
pub fn owner(window: &Window, album: &mut Album) -> Result {
    till::lock(window)?;
    till::unlock(window, Staff::Carmen)?;
    for place in ["owner", "sync", "settings"] {
        till::go(window, place)?;
        album.take(window, place)?;
    }
    Ok(())
}
