//! Pictures in the order of their names, each held in view for a while.

use std::path::{Path, PathBuf};

use super::{Recording, SIDE_MAX};
use crate::frame::GreyFrame;
use crate::picture;

const EXTENSIONS: [&str; 6] = ["png", "jpg", "jpeg", "webp", "gif", "bmp"];

pub(super) struct Folder {
    pictures: Vec<PathBuf>,
    at: usize,
    hold: u64,
    shown: Option<(GreyFrame, u64)>,
}

impl Folder {
    pub(super) fn open_folder(path: &Path, hold: u64) -> Result<Self, String> {
        let entries = std::fs::read_dir(path).map_err(|err| err.to_string())?;
        let mut pictures: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .map(|e| e.path())
            .filter(|p| is_picture(p))
            .collect();
        pictures.sort();
        if pictures.is_empty() {
            return Err("the folder holds no pictures".to_owned());
        }
        Ok(Self {
            pictures,
            at: 0,
            hold,
            shown: None,
        })
    }

    pub(super) fn open_picture(path: &Path, hold: u64) -> Result<Self, String> {
        load(path)?;
        Ok(Self {
            pictures: vec![path.to_owned()],
            at: 0,
            hold,
            shown: None,
        })
    }
}

impl Recording for Folder {
    fn next(&mut self) -> Result<GreyFrame, String> {
        if let Some((frame, left)) = &mut self.shown
            && *left > 0
        {
            *left -= 1;
            return Ok(frame.clone());
        }
        // One unreadable picture is passed over; a whole round of them is an error.
        let mut reason = String::new();
        for _ in 0..self.pictures.len() {
            let path = &self.pictures[self.at];
            self.at = (self.at + 1) % self.pictures.len();
            match load(path) {
                Ok(frame) => {
                    self.shown = Some((frame.clone(), self.hold.saturating_sub(1)));
                    return Ok(frame);
                }
                Err(err) => {
                    tracing::warn!(picture = %path.display(), %err, "passed over");
                    reason = err;
                }
            }
        }
        Err(reason)
    }
}

fn is_picture(path: &Path) -> bool {
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    EXTENSIONS
        .iter()
        .any(|known| extension.eq_ignore_ascii_case(known))
}

fn load(path: &Path) -> Result<GreyFrame, String> {
    let bytes = std::fs::read(path).map_err(|err| err.to_string())?;
    let grey = picture::load(&bytes).map_err(|err| err.to_string())?.grey;
    Ok(grey.shrunk_to(SIDE_MAX).unwrap_or(grey))
}
