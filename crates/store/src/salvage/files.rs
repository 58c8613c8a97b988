//! The files of a salvage: what is kept, what is worked on, and how the new database takes the old one's place.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use counterfoil_domain::UnixMs;

use crate::ballast;
use crate::connect::log_path;
use crate::error::StoreError;

/// A new database that is not complete yet.
pub(super) const HALF_DONE: &str = ".salvaging";
/// A new database that is complete and waits to take the old one's place.
const DONE: &str = ".salvaged";
const SCRATCH: &str = ".reading";

pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn trouble(error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull => StoreError::DiskFull,
        _ => StoreError::DiskFailed(error.to_string()),
    }
}

/// Whether a database that was in use is now an empty file: SQLite would take it for a new one and say nothing.
pub(crate) fn is_emptied(path: &Path) -> bool {
    let empty = fs::metadata(path).is_ok_and(|m| m.len() == 0);
    let used =
        ballast::path(path).exists() || fs::metadata(log_path(path)).is_ok_and(|m| m.len() > 0);
    empty && used
}

/// Copies the damaged files to a name with the time, and makes sure that they are on the disk.
pub(super) fn keep(path: &Path, now: UnixMs) -> Result<PathBuf, StoreError> {
    if !path.exists() {
        return Err(StoreError::invalid(
            "salvage_nothing",
            format!("there is no database at {}", path.display()),
        ));
    }
    let mut kept = beside(path, &format!(".damaged-{}", now.0));
    let mut turn = 2;
    while kept.exists() {
        kept = beside(path, &format!(".damaged-{}-{turn}", now.0));
        turn += 1;
    }
    copy_pair(path, &kept)?;
    Ok(kept)
}

/// Another copy, to be opened: SQLite writes even where it only reads.
pub(super) fn scratch(path: &Path, kept: &Path) -> Result<PathBuf, StoreError> {
    let scratch = beside(path, SCRATCH);
    remove(&scratch);
    copy_pair(kept, &scratch)?;
    Ok(scratch)
}

fn copy_pair(from: &Path, to: &Path) -> Result<(), StoreError> {
    let copied = || -> std::io::Result<()> {
        if log_path(from).exists() {
            copy_synced(&log_path(from), &log_path(to))?;
        }
        copy_synced(from, to)?;
        sync_folder(to)
    };
    copied().map_err(|error| {
        remove(to);
        trouble(&error)
    })
}

fn copy_synced(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::copy(from, to)?;
    File::options().write(true).open(to)?.sync_all()
}

/// A rename is on the disk once its folder is; only Unix lets a folder be synced.
fn sync_folder(of: &Path) -> std::io::Result<()> {
    match of.parent() {
        Some(folder) if cfg!(unix) && !folder.as_os_str().is_empty() => {
            File::open(folder)?.sync_all()
        }
        _ => Ok(()),
    }
}

/// Removes a database with what belongs to it; what is not there needs no removing.
pub(super) fn remove(database: &Path) {
    for path in [
        database.to_owned(),
        log_path(database),
        beside(database, "-shm"),
    ] {
        // One that stays is overwritten or left beside; nothing depends on its being gone.
        let _ = fs::remove_file(path);
    }
}

/// The complete new database takes the old one's place.
pub(super) fn take_place(path: &Path) -> Result<(), StoreError> {
    let done = || -> std::io::Result<()> {
        fs::rename(beside(path, HALF_DONE), beside(path, DONE))?;
        sync_folder(path)
    };
    done().map_err(|error| trouble(&error))?;
    finish_swap(path)
}

/// Finishes what a power cut may have interrupted: from when the new database is complete it counts. The damaged one was
/// kept before.
pub(crate) fn finish_swap(path: &Path) -> Result<(), StoreError> {
    let done = beside(path, DONE);
    if !done.exists() {
        return Ok(());
    }
    let swapped = || -> std::io::Result<()> {
        for left in [log_path(path), beside(path, "-shm")] {
            match fs::remove_file(left) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(&done, path)?;
        sync_folder(path)
    };
    swapped().map_err(|error| trouble(&error))
}
