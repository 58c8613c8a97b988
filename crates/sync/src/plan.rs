//! Decisions of the sync as pure functions: how long to wait, what an answer means for the next step.

use std::time::Duration;

use counterfoil_protocol::image::PIECE_BYTES_MAX;
use counterfoil_protocol::sync::{Asked, PullQuery, PushReply};
use uuid::Uuid;

use crate::error::HubError;

/// The first and shortest upper bound of a wait.
pub const BACKOFF_MIN: Duration = Duration::from_millis(500);
/// The longest wait.
pub const BACKOFF_MAX: Duration = Duration::from_secs(300);
/// How often to pull while the live connection is down.
pub const POLL: Duration = Duration::from_secs(20);

/// Full jitter: anywhere between zero and an upper bound that doubles with each failure, from [`BACKOFF_MIN`] to
/// [`BACKOFF_MAX`]. `random` is spread evenly over all of `u32`. What the hub asks for (`Retry-After`) is the least.
#[must_use]
pub fn backoff(failures: u32, random: u32, retry_after_s: Option<u64>) -> Duration {
    let bound = BACKOFF_MIN
        .saturating_mul(1_u32 << failures.saturating_sub(1).min(10))
        .min(BACKOFF_MAX);
    let millis = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
    let jittered = Duration::from_millis((u64::from(random) * (millis + 1)) >> 32);
    let asked = Duration::from_secs(retry_after_s.unwrap_or(0).min(3600));
    asked + jittered
}

/// A till that is more changes behind than this takes an image instead of pulling them one by one.
pub const BEHIND_MAX: u64 = 100_000;
/// How often a till at rest compares its checksums with the hub's.
pub const CHECK_EVERY: Duration = Duration::from_secs(3600);
/// Every so many comparisons the rows themselves are counted.
pub const CHECKS_A_COUNT: u32 = 24;

/// Why a till takes an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It has nothing of the shop yet.
    New,
    /// It was away for so long that the changes are more than the rows.
    Behind,
    /// Its rows differ from the hub's.
    Repair,
}

/// Whether to take an image before the next pull. `behind` is how many changes the hub had more at the last pull.
#[must_use]
pub const fn image_wanted(cursor_seq: u64, behind: u64, differs: bool) -> Option<Why> {
    if differs {
        Some(Why::Repair)
    } else if cursor_seq == 0 {
        Some(Why::New)
    } else if behind > BEHIND_MAX {
        Some(Why::Behind)
    } else {
        None
    }
}

/// How much of an image to ask for at a time: more while it comes quickly, less when it does not come at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pieces {
    bytes: u64,
    min: u64,
    max: u64,
}

/// A piece that came quicker than this may be larger next time.
const PIECE_QUICK: Duration = Duration::from_secs(2);

impl Default for Pieces {
    /// From half a megabyte up to what a hub sends at most, down to 32 KiB, which 56 kbit/s bring within a request's time.
    fn default() -> Self {
        Self::between(32 * 1024, PIECE_BYTES_MAX, 512 * 1024)
    }
}

impl Pieces {
    /// Pieces of `first` bytes, which may shrink to `min` and grow to `max`.
    #[must_use]
    pub const fn between(min: u64, max: u64, first: u64) -> Self {
        Self {
            bytes: first,
            min,
            max,
        }
    }

    /// The bytes to ask for next.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.bytes
    }

    /// A piece came after so long.
    pub fn came(&mut self, after: Duration) {
        if after < PIECE_QUICK {
            self.bytes = (self.bytes * 2).min(self.max);
        }
    }

    /// A piece did not come: asks for a quarter, until it is the least. Says whether that is worth another try at once.
    pub fn shrink(&mut self) -> bool {
        let before = self.bytes;
        self.bytes = (self.bytes / 4).max(self.min);
        self.bytes < before
    }
}

/// What to do after a push was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterPush {
    /// Store the results and go on with the next batch.
    Record,
    /// The hub misses earlier operations: send again from there.
    Resend {
        /// The first seq the hub does not have.
        from: u64,
    },
    /// The database was copied or restored: begin a new incarnation and send under it.
    NewIncarnation,
}

/// Reads a push's answer.
#[must_use]
pub const fn after_push(reply: &PushReply) -> AfterPush {
    match reply {
        PushReply::Accepted { .. } => AfterPush::Record,
        PushReply::Gap { last_seq, .. } => AfterPush::Resend {
            from: *last_seq + 1,
        },
        PushReply::Fork { .. } => AfterPush::NewIncarnation,
    }
}

/// Whether an error needs a person before any retry makes sense: the till then says so instead of knocking on.
#[must_use]
pub fn needs_a_person(error: &HubError) -> bool {
    matches!(
        error,
        HubError::Refused {
            status: 401 | 403 | 426,
            ..
        }
    )
}

/// Whether the word that the hub was restored answers this question. An earlier one that a cache kept would send the till back
/// over changes that it has pulled since.
#[must_use]
pub fn answers(query: &PullQuery, epoch: Uuid, head: u64, asked: Option<&Asked>) -> bool {
    let is_ours = asked.is_none_or(|a| (a.epoch, a.after) == (query.epoch, query.after));
    let follows_already = query.epoch == Some(epoch) && query.after <= head;
    is_ours && !follows_already
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_to_this_very_question_says_that_the_hub_was_restored() {
        let (old, new) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let query = |epoch, after| PullQuery {
            epoch: Some(epoch),
            after,
            limit: None,
        };
        let asked = |epoch, after| Asked {
            epoch: Some(epoch),
            after,
        };
        let before = asked(old, 25);
        assert!(answers(&query(old, 25), new, 20, Some(&before)));
        assert!(!answers(&query(new, 25), new, 20, Some(&before)));
        assert!(!answers(&query(new, 31), new, 20, Some(&asked(new, 25))));
        // A database was put back and nobody told the tills: the cursor lies beyond the head.
        assert!(answers(&query(new, 25), new, 20, Some(&asked(new, 25))));
        // An older hub does not repeat the question.
        assert!(answers(&query(old, 25), new, 20, None));
        assert!(!answers(&query(new, 15), new, 20, None));
    }

    #[test]
    fn a_wait_never_exceeds_its_bound_and_doubles_until_five_minutes() {
        for (failures, bound_ms) in [
            (1, 500),
            (2, 1000),
            (3, 2000),
            (10, 256_000),
            (11, 300_000),
            (4000, 300_000),
        ] {
            assert!(backoff(failures, u32::MAX, None).as_millis() <= bound_ms);
            assert!(backoff(failures, u32::MAX, None).as_millis() >= bound_ms - 1);
            assert_eq!(backoff(failures, 0, None), Duration::ZERO);
        }
    }

    #[test]
    fn only_a_new_a_lost_and_a_differing_till_take_an_image() {
        assert_eq!(image_wanted(0, 0, false), Some(Why::New));
        assert_eq!(image_wanted(7, BEHIND_MAX, false), None);
        assert_eq!(image_wanted(7, BEHIND_MAX + 1, false), Some(Why::Behind));
        assert_eq!(image_wanted(7, 0, true), Some(Why::Repair));
    }

    #[test]
    fn pieces_grow_while_they_come_and_shrink_to_what_a_poor_line_carries() {
        let mut pieces = Pieces::default();
        for _ in 0..20 {
            pieces.came(Duration::from_millis(10));
        }
        assert_eq!(pieces.next(), PIECE_BYTES_MAX);
        pieces.came(Duration::from_secs(9));
        assert_eq!(pieces.next(), PIECE_BYTES_MAX);
        while pieces.shrink() {}
        assert_eq!(pieces.next(), 32 * 1024);
    }

    #[test]
    fn what_the_hub_asks_for_is_the_least_wait() {
        assert!(backoff(1, 0, Some(7)) >= Duration::from_secs(7));
    }

    #[test]
    fn a_gap_is_sent_again_from_the_first_missing_operation() {
        let reply = PushReply::Gap {
            epoch: uuid::Uuid::nil(),
            last_seq: 41,
        };
        assert_eq!(after_push(&reply), AfterPush::Resend { from: 42 });
    }

    #[test]
    fn a_revoked_device_stops_knocking_and_a_busy_hub_does_not() {
        let refused = |status| HubError::Refused {
            status,
            code: String::new(),
            message: String::new(),
            retry_after_s: None,
        };
        assert!(needs_a_person(&refused(403)));
        assert!(!needs_a_person(&refused(503)));
        assert!(!needs_a_person(&HubError::Nonsense(String::new())));
    }
}
