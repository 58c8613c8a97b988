//! A file that is only there to be given up: when the disk is full, its room lets the sale at hand still be written.

use std::io::Write as _;
use std::path::{Path, PathBuf};

const BALLAST_BYTES: usize = 1024 * 1024;

pub(crate) fn path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".ballast");
    PathBuf::from(name)
}

/// Makes the file where it is missing or short. Not having it is no reason to fail.
pub(crate) fn ensure(database: &Path) {
    let path = path(database);
    let there = std::fs::metadata(&path).is_ok_and(|m| m.len() >= BALLAST_BYTES as u64);
    if there {
        return;
    }
    let made = std::fs::File::create(&path).and_then(|mut file| {
        // Not zeros: a file system that compresses would reserve nothing.
        let block: Vec<u8> = (0..4096_u32)
            .map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()[0])
            .collect();
        for _ in 0..BALLAST_BYTES / block.len() {
            file.write_all(&block)?;
        }
        file.sync_all()
    });
    if let Err(error) = made {
        tracing::warn!(%error, "no ballast file");
        // A short one would only take the room that is needed now.
        let _ = std::fs::remove_file(&path);
    }
}

/// Whether the file is still there.
pub(crate) fn intact(database: &Path) -> bool {
    path(database).exists()
}

/// Gives the room back; false when there was none to give.
pub(crate) fn free(database: &Path) -> bool {
    let freed = std::fs::remove_file(path(database)).is_ok();
    if freed {
        tracing::warn!("the disk is full: the ballast was given up");
    }
    freed
}
