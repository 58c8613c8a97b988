//! Following the hub: an image where one is due, else pulls, and at rest from time to time a comparison.

use std::time::Duration;

use counterfoil_store::Cursor;

use crate::bootstrap::{Boot, bootstrap_once};
use crate::checks::{Checked, Depth, check_once};
use crate::engine::Shared;
use crate::error::SyncError;
use crate::http::Transport;
use crate::plan::{self, CHECK_EVERY, CHECKS_A_COUNT, Pieces, Why};
use crate::steps;

/// So many images in a row may be gone before the till pulls instead.
const GONE_MAX: u32 = 3;

/// When to take the next step of following the hub.
pub(crate) enum Next {
    AtOnce,
    After(Duration),
    WhenThereIsMore,
}

/// What following the hub remembers from step to step.
#[derive(Default)]
pub(crate) struct Follower {
    behind: u64,
    /// The hub said that an image is not to be had, or not worth it.
    pulls: bool,
    /// Images that were gone before they were here, one after the other.
    gone: u32,
    checks: u32,
    checked: Option<tokio::time::Instant>,
    /// How far the last pull came.
    pub(crate) cursor: Cursor,
}

impl Follower {
    /// An image where one is due, else a pull, and at rest from time to time a comparison.
    pub(crate) async fn step<T: Transport>(
        &mut self,
        shared: &Shared<T>,
    ) -> Result<Next, SyncError> {
        let config = &shared.config;
        let (cursor, differs, device) = steps::blocking(&config.store, |s| {
            let device = s.identity()?.map(|i| i.device_id);
            Ok((s.cursor()?, !s.differences()?.is_empty(), device))
        })
        .await?;
        let why = plan::image_wanted(cursor.seq, self.behind, differs).filter(|_| !self.pulls);
        if let Some(why) = why {
            return self.bootstrap(shared, why).await;
        }
        let (client, by) = (&shared.client, &config.credentials);
        let pulled = steps::pull_after(&config.store, client, by, cursor, device).await?;
        self.cursor = pulled.cursor;
        self.behind = pulled.behind;
        shared.weather().at_head = pulled.at_head;
        shared.succeeded();
        if pulled.restored || pulled.changes > 0 {
            // What a restored hub turns out to lack waits to be sent again.
            shared.push.notify_one();
        }
        if !pulled.at_head {
            return Ok(Next::AtOnce);
        }
        self.pulls = false;
        self.check(shared).await
    }

    async fn bootstrap<T: Transport>(
        &mut self,
        shared: &Shared<T>,
        why: Why,
    ) -> Result<Next, SyncError> {
        let config = &shared.config;
        let outcome = bootstrap_once(
            &config.store,
            &shared.client,
            &config.credentials,
            why,
            Pieces::default(),
            &|progress| shared.progressed(Some(progress)),
        )
        .await;
        if !matches!(outcome, Ok(Boot::Making { .. })) {
            shared.progressed(None);
        }
        Ok(match outcome? {
            Boot::Making { wait } => Next::After(wait),
            Boot::PullInstead => {
                self.pulls = true;
                Next::AtOnce
            }
            Boot::Gone => {
                self.gone += 1;
                // Several hubs that each have images of their own: pulling comes to an end, too.
                self.pulls = self.gone >= GONE_MAX;
                Next::AtOnce
            }
            Boot::Installed(_) => {
                self.gone = 0;
                self.behind = 0;
                shared.succeeded();
                Next::AtOnce
            }
        })
    }

    async fn check<T: Transport>(&mut self, shared: &Shared<T>) -> Result<Next, SyncError> {
        let due = self.checked.is_none_or(|at| at.elapsed() >= CHECK_EVERY);
        if !due {
            return Ok(Next::WhenThereIsMore);
        }
        let depth = if self.checks % CHECKS_A_COUNT == CHECKS_A_COUNT - 1 {
            Depth::Rows
        } else {
            Depth::Kept
        };
        let config = &shared.config;
        let checked = check_once(&config.store, &shared.client, &config.credentials, depth).await?;
        match checked {
            // Somebody wrote in between; the next rest is soon enough.
            Checked::NotNow => return Ok(Next::WhenThereIsMore),
            Checked::Same => {}
            Checked::Differs(_) => {
                shared.weather().trouble = Some("replica_differs".to_owned());
                shared.publish();
                self.checked = Some(tokio::time::Instant::now());
                return Ok(Next::AtOnce);
            }
        }
        self.checked = Some(tokio::time::Instant::now());
        self.checks = self.checks.wrapping_add(1);
        Ok(Next::WhenThereIsMore)
    }
}
