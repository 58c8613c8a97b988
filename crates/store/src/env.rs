//! What the store takes from outside: time, randomness and the disk.

use std::sync::Arc;

use counterfoil_domain::{Clock, Entropy};

/// Time, randomness and disk as arguments, so that a test or a simulation can hold them.
#[derive(Clone)]
pub struct StoreEnv {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Random bits for ids.
    pub entropy: Arc<dyn Entropy>,
    /// The name of a registered SQLite VFS to use instead of the system's files.
    pub vfs: Option<String>,
}

impl StoreEnv {
    /// On the system's own files.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            clock,
            entropy,
            vfs: None,
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
