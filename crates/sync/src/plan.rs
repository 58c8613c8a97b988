//! Decisions of the sync as pure functions: how long to wait, what an answer means for the next step.

use std::time::Duration;

use counterfoil_protocol::sync::PushReply;

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

#[cfg(test)]
mod tests {
    use super::*;

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
