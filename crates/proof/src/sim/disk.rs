//! Copies of SQLite databases as a kill, a backup or a thief would find them: the file and its log, nothing else.

use std::path::{Path, PathBuf};

/// One database at one moment.
#[derive(Clone)]
pub struct DiskCopy {
    main: Vec<u8>,
    log: Vec<u8>,
}

fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

impl DiskCopy {
    /// Reads a database that nobody is writing to at this moment; it may be open.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn of(path: &Path) -> std::io::Result<Self> {
        Ok(Self {
            main: std::fs::read(path)?,
            log: std::fs::read(log_of(path)).unwrap_or_default(),
        })
    }

    /// Puts it where nothing is yet.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn put(&self, path: &Path) -> std::io::Result<()> {
        std::fs::write(path, &self.main)?;
        if !self.log.is_empty() {
            std::fs::write(log_of(path), &self.log)?;
        }
        Ok(())
    }
}

/// A folder for a run's files, in memory where the system has such a place.
///
/// # Errors
/// When no folder can be made.
pub fn folder() -> std::io::Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    let mut builder = tempfile::Builder::new();
    builder.prefix("counterfoil-sim-");
    if memory.is_dir() {
        builder.tempdir_in(memory)
    } else {
        builder.tempdir()
    }
}
