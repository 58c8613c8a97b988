//! What the store takes from outside: time, randomness and the disk.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use counterfoil_domain::{Clock, Entropy};

/// So many rows of the hub's the till writes at a time while nobody wants to write; somebody who comes ends it with the
/// change at hand. A page of the hub has 2,000 rows: measured, smaller slices made a pull slower and no sale faster.
const SLICE_ROWS: usize = 2048;

/// Time, randomness and disk as arguments, so that a test or a simulation can hold them.
#[derive(Clone)]
pub struct StoreEnv {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Random bits for ids.
    pub entropy: Arc<dyn Entropy>,
    /// The name of a registered SQLite VFS to use instead of the system's files.
    pub vfs: Option<String>,
    /// The same files beside SQLite.
    pub files: Arc<dyn Files>,
    /// What the hub says is written in slices of about so many rows; people write between two of them.
    pub slice_rows: usize,
}

/// What the store does with files beside SQLite.
pub trait Files: Send + Sync {
    /// A file's length in bytes; absent when it is not there.
    fn length(&self, path: &Path) -> Option<u64>;

    /// Writes a file's own bytes over it and syncs it, so that what programs see of it is on the disk.
    ///
    /// # Errors
    /// When reading, writing or syncing fails.
    fn rewrite(&self, path: &Path) -> io::Result<()>;

    /// Empties a file of at most so many bytes if all of them are zero.
    ///
    /// # Errors
    /// When reading or emptying fails.
    fn empty_if_blank(&self, path: &Path, bytes_max: u64) -> io::Result<()>;
}

/// The system's own files.
#[derive(Debug, Clone, Copy)]
pub struct SystemFiles;

impl Files for SystemFiles {
    fn length(&self, path: &Path) -> Option<u64> {
        fs::metadata(path).ok().map(|found| found.len())
    }

    fn rewrite(&self, path: &Path) -> io::Result<()> {
        let bytes = fs::read(path)?;
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.write_all(&bytes)?;
        file.sync_all()
    }

    fn empty_if_blank(&self, path: &Path, bytes_max: u64) -> io::Result<()> {
        if self.length(path).is_some_and(|l| 0 < l && l <= bytes_max)
            && fs::read(path)?.iter().all(|byte| *byte == 0)
        {
            OpenOptions::new().write(true).open(path)?.set_len(0)?;
        }
        Ok(())
    }
}

impl StoreEnv {
    /// On the system's own files.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            clock,
            entropy,
            vfs: None,
            files: Arc::new(SystemFiles),
            slice_rows: SLICE_ROWS,
        }
    }
}

impl std::fmt::Debug for StoreEnv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreEnv")
            .field("vfs", &self.vfs)
            .finish_non_exhaustive()
    }
}
