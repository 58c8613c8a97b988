//! Where time and randomness come from: always an argument, so that a test or a simulation can hold them.

use crate::id::IdEntropy;
use crate::time::UnixMs;

/// A clock.
pub trait Clock: Send + Sync {
    /// Unix time now.
    fn now(&self) -> UnixMs;
}

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills a buffer.
    fn fill(&self, bytes: &mut [u8]);

    /// Ten random bytes for one id.
    fn id_entropy(&self) -> IdEntropy {
        let mut bytes = [0; 10];
        self.fill(&mut bytes);
        bytes
    }
}
