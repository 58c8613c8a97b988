//! Hybrid logical clock: orders edits and labels what people read; never decides whether a sale counts.
//! Source: Kulkarni et al., "Logical Physical Clocks" (2014).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::time::UnixMs;

/// How far ahead of the hub a till's clock may run before it is clamped: five minutes.
pub const MAX_AHEAD_MS: i64 = 5 * 60_000;

/// A reading of the clock; ordered by time, then by counter. As text: `milliseconds:counter`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Hlc {
    /// Unix milliseconds.
    pub ms: i64,
    /// Tie breaker within a millisecond, or while the wall clock lags.
    pub counter: u32,
}

impl fmt::Display for Hlc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.ms, self.counter)
    }
}

/// A text that is no clock's reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a clock's reading is milliseconds, a colon and a counter")]
pub struct NotAReading;

impl FromStr for Hlc {
    type Err = NotAReading;
    fn from_str(text: &str) -> Result<Self, NotAReading> {
        let (ms, counter) = text.split_once(':').ok_or(NotAReading)?;
        Ok(Self {
            ms: ms.parse().map_err(|_| NotAReading)?,
            counter: counter.parse().map_err(|_| NotAReading)?,
        })
    }
}

impl Hlc {
    /// The next reading after this one at wall time `now`; never goes back even if the wall clock does.
    #[must_use]
    pub const fn tick(self, now: UnixMs) -> Self {
        if now.0 > self.ms {
            Self {
                ms: now.0,
                counter: 0,
            }
        } else if self.counter == u32::MAX && self.ms < i64::MAX {
            Self {
                ms: self.ms + 1,
                counter: 0,
            }
        } else {
            Self {
                ms: self.ms,
                counter: self.counter.saturating_add(1),
            }
        }
    }

    /// The reading after having seen `other`.
    #[must_use]
    pub fn observe(self, other: Self, now: UnixMs) -> Self {
        self.max(other).tick(now)
    }

    /// This reading, held back to at most [`MAX_AHEAD_MS`] after `now`; the flag tells whether it was.
    #[must_use]
    pub const fn clamped(self, now: UnixMs) -> (Self, bool) {
        if self.ms > now.0.saturating_add(MAX_AHEAD_MS) {
            (
                Self {
                    ms: now.0.saturating_add(MAX_AHEAD_MS),
                    counter: self.counter,
                },
                true,
            )
        } else {
            (self, false)
        }
    }
}
