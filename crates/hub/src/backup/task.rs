//! A serving hub that backs itself up: every so often, again after a failure, and seen in its readiness.

use std::sync::Mutex;
use std::time::Duration;

use counterfoil_domain::UnixMs;

use super::shelf::Shelf;
use super::{back_up_open, find, prune};
use crate::Hub;

/// The first wait after a failure; each further one doubles it, up to the plan's own interval.
const RETRY: Duration = Duration::from_secs(30);
/// So many intervals without a backup are too many.
const LATE_AFTER: i64 = 3;

/// Where and how often a serving hub backs its database up.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where to.
    pub to: Shelf,
    /// How often.
    pub every: Duration,
    /// How many to keep; absent: all.
    pub keep: Option<usize>,
}

/// How the hub's own backups go.
#[derive(Debug, Default)]
pub struct Watch(Mutex<Seen>);

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    begun_at: Option<UnixMs>,
    last_at: Option<UnixMs>,
    failures: u32,
}

/// How the hub's own backups stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The last one is there and young enough.
    Ok,
    /// The first one is on its way.
    Pending,
    /// The last one failed; it is tried again.
    Failing,
    /// There has been none for several intervals.
    Late,
}

impl Standing {
    /// Stable name.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Pending => "pending",
            Self::Failing => "failing",
            Self::Late => "late",
        }
    }
}

impl Watch {
    fn change(&self, change: impl FnOnce(&mut Seen)) {
        let mut seen = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        change(&mut seen);
    }

    /// How they stand, and when the last one was taken.
    #[must_use]
    pub fn standing(&self, plan: &Plan, now: UnixMs) -> (Standing, Option<UnixMs>) {
        let mut seen = Seen::default();
        self.change(|s| seen = *s);
        (judge(seen, plan.every, now), seen.last_at)
    }
}

fn judge(seen: Seen, every: Duration, now: UnixMs) -> Standing {
    let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
    let since = seen.last_at.or(seen.begun_at).unwrap_or(now);
    if now.0.saturating_sub(since.0) > every.saturating_mul(LATE_AFTER) {
        Standing::Late
    } else if seen.failures > 0 {
        Standing::Failing
    } else if seen.last_at.is_some() {
        Standing::Ok
    } else {
        Standing::Pending
    }
}

/// Backs the database up as planned, until the hub stops.
pub(crate) async fn keep_backed_up(hub: Hub) {
    let Some(plan) = hub.config.backup.clone() else {
        return;
    };
    hub.backups.change(|seen| seen.begun_at = Some(hub.now()));
    // A hub that starts often must not fill the place: the newest one may be young enough.
    let mut wait = match find(&plan.to, None).await {
        Ok(newest) if newest.epoch == hub.epoch => {
            hub.backups
                .change(|seen| seen.last_at = Some(newest.taken_at));
            let age = hub.now().0.saturating_sub(newest.taken_at.0);
            let age = Duration::from_millis(u64::try_from(age).unwrap_or(0));
            plan.every.saturating_sub(age)
        }
        // No backup yet, or a place that does not answer: the first attempt finds out.
        _ => Duration::ZERO,
    };
    loop {
        tokio::time::sleep(wait).await;
        wait = once(&hub, &plan).await;
    }
}

/// One backup; how long to wait for the next.
async fn once(hub: &Hub, plan: &Plan) -> Duration {
    match back_up_open(&hub.db, &plan.to, &hub.sources).await {
        Ok(manifest) => {
            tracing::info!(
                backup = manifest.name,
                bytes = manifest.bytes,
                "the database was backed up"
            );
            hub.backups.change(|seen| {
                seen.last_at = Some(manifest.taken_at);
                seen.failures = 0;
            });
            if let Some(keep) = plan.keep
                && let Err(error) = prune(&plan.to, keep).await
            {
                tracing::warn!(%error, "old backups could not be taken away");
            }
            plan.every
        }
        Err(error) => {
            let mut failures = 0;
            hub.backups.change(|seen| {
                seen.failures = seen.failures.saturating_add(1);
                failures = seen.failures;
            });
            tracing::error!(%error, failures, "the database could not be backed up; it is tried again");
            retry_after(failures, plan.every)
        }
    }
}

fn retry_after(failures: u32, every: Duration) -> Duration {
    let doubled = RETRY.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(every)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(900);

    fn seen(last_at: Option<i64>, failures: u32) -> Seen {
        Seen {
            begun_at: Some(UnixMs(0)),
            last_at: last_at.map(UnixMs),
            failures,
        }
    }

    #[test]
    fn a_hub_that_has_just_started_has_its_first_backup_before_it() {
        assert_eq!(judge(seen(None, 0), EVERY, UnixMs(1000)), Standing::Pending);
    }

    #[test]
    fn one_failure_shows_and_the_next_success_takes_it_away() {
        assert_eq!(
            judge(seen(Some(500), 1), EVERY, UnixMs(1000)),
            Standing::Failing
        );
        assert_eq!(judge(seen(Some(900), 0), EVERY, UnixMs(1000)), Standing::Ok);
    }

    #[test]
    fn three_intervals_without_a_backup_are_late_whatever_was_tried() {
        let now = UnixMs(4 * 900_000);
        assert_eq!(judge(seen(Some(0), 0), EVERY, now), Standing::Late);
        assert_eq!(judge(seen(None, 9), EVERY, now), Standing::Late);
    }

    #[test]
    fn failures_are_tried_again_ever_less_often_but_at_least_as_often_as_planned() {
        let waits: Vec<u64> = (1..=7).map(|n| retry_after(n, EVERY).as_secs()).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(retry_after(u32::MAX, EVERY), EVERY);
    }
}
