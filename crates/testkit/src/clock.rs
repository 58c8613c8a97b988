//! A clock that moves only when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use counterfoil_domain::{Clock, UnixMs};

/// A clock that moves only when it is told to; backwards, too.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A Wednesday in 2026, 15:00 UTC: 10:00 in Lima, while shops are open.
    pub const START: UnixMs = UnixMs(1_772_636_400_000);

    /// A clock that shows `at`.
    #[must_use]
    pub fn at(at: UnixMs) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(at.0)))
    }

    /// A clock that shows [`ManualClock::START`].
    #[must_use]
    pub fn start() -> Arc<Self> {
        Self::at(Self::START)
    }

    /// Moves by milliseconds; negative moves back.
    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// Shows another moment.
    pub fn set(&self, at: UnixMs) {
        self.0.store(at.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }
}
