//! A file that is only there to be given up: when the disk is full, its room lets the sale at hand still be written.

use std::io::Write as _;
use std::path::{Path, PathBuf};

const BALLAST_BYTES: usize = 1024 * 1024;
/// The disk has room again when so much is free.
const ROOM_BYTES: usize = 8 * BALLAST_BYTES;

pub(crate) fn path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".ballast");
    PathBuf::from(name)
}

/// Makes the file where it is missing or short, at the start. Not having it is no reason to fail.
pub(crate) fn ensure(database: &Path) {
    make(database, BALLAST_BYTES);
}

/// Makes the file again after it was given up, where there is room for several of it: the last one would only be given
/// up again with the next sale. Nobody may write meanwhile.
pub(crate) fn remake(database: &Path) {
    make(database, ROOM_BYTES);
}

/// `proof` bytes are taken for a moment: what is free can only be known by taking it.
fn make(database: &Path, proof: usize) {
    if intact(database) {
        return;
    }
    let path = path(database);
    let mut half_done = path.clone().into_os_string();
    half_done.push("-new");
    let made = std::fs::File::create(&half_done).and_then(|mut file| {
        // Not zeros: a file system that compresses would reserve nothing.
        let block: Vec<u8> = (0..4096_u32)
            .map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()[0])
            .collect();
        for _ in 0..proof / block.len() {
            file.write_all(&block)?;
        }
        file.set_len(BALLAST_BYTES as u64)?;
        file.sync_all()?;
        std::fs::rename(&half_done, &path)
    });
    if let Err(error) = made {
        tracing::warn!(%error, "no ballast file");
        // A short one would only take the room that is needed now.
        let _ = std::fs::remove_file(&half_done);
    }
}

/// Whether the file is there, whole.
pub(crate) fn intact(database: &Path) -> bool {
    std::fs::metadata(path(database)).is_ok_and(|m| m.len() >= BALLAST_BYTES as u64)
}

/// Gives the room back; false when there was none to give.
pub(crate) fn free(database: &Path) -> bool {
    let freed = std::fs::remove_file(path(database)).is_ok();
    if freed {
        tracing::warn!("the disk is full: the ballast was given up");
    }
    freed
}
