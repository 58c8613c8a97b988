//! The stories of the three people, as a sequence on the screen.
//!
//! `cargo xtask run` walks them where there is no display, and the end-to-end tests begin from them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::webdriver::Window;

pub mod camera;
pub mod counter;
pub mod desk;
pub mod owner;
pub mod phone;
pub mod visits;

/// Pictures of a walk, numbered in the order in which they were taken.
pub struct Album {
    folder: PathBuf,
    taken: usize,
}

impl Album {
    /// An empty album in `folder`; what an earlier walk left there is removed.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn in_folder(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "png") {
                fs::remove_file(path)?;
            }
        }
        Ok(Self {
            folder: folder.to_path_buf(),
            taken: 0,
        })
    }

    /// How many pictures were taken.
    pub fn len(&self) -> usize {
        self.taken
    }

    /// Whether none was taken.
    pub fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// Takes a picture once everything stands still.
    ///
    /// # Errors
    /// When the window is gone or the disk refuses.
    pub fn take(&mut self, window: &Window, what: &str) -> Result {
        window.settle()?;
        self.taken += 1;
        let file = self.folder.join(format!("{:02}-{what}.png", self.taken));
        fs::write(file, window.screenshot()?)?;
        Ok(())
    }
}

/// A story: what happens in the window, with pictures of its turns.
pub type Story = fn(&Window, &mut Album) -> Result;

/// Every story with its name.
pub const ALL: &[(&str, Story)] = &[
    ("shop staff scan, stamp and sell", counter::shop_staff),
    ("the owner looks at her shop", owner::owner),
    ("an installer carries the day's visits", visits::installer),
];
