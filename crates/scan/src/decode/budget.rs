//! How long a frame may take, told by a clock that the caller brings.

use std::time::Duration;

/// Tells the time since any fixed moment.
pub type Stopwatch<'a> = &'a dyn Fn() -> Duration;

/// What is left of one frame's time.
pub(super) struct Budget<'a> {
    now: Stopwatch<'a>,
    start: Duration,
}

impl<'a> Budget<'a> {
    pub(super) fn starting_now(now: Stopwatch<'a>) -> Self {
        Self { now, start: now() }
    }

    pub(super) fn spent(&self) -> Duration {
        (self.now)().saturating_sub(self.start)
    }

    /// Whether something that takes about `cost` still fits into `limit`.
    pub(super) fn has_room(&self, cost: Duration, limit: Duration) -> bool {
        self.spent() + cost <= limit
    }
}
