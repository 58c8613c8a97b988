//! Single steps of the sync: push one batch, pull one page. A loop, a command line or a simulation calls them.

use counterfoil_domain::{DeviceId, planted};
use counterfoil_protocol::sync::{
    PULL_ROWS_MAX, PUSH_BYTES_MAX, PUSH_OPS_MAX, PullQuery, PullReply, PushReply, PushRequest,
};
use counterfoil_store::{Cursor, Store, StoreError};
use uuid::Uuid;

use crate::client::{HubClient, HubCredentials};
use crate::convert;
use crate::error::{HubError, SyncError};
use crate::http::Transport;
use crate::plan::{AfterPush, after_push, answers};

/// Room left in a push for the envelope around the operations, in bytes.
const PUSH_OVERHEAD: usize = 4 * 1024;

/// Operations that are let go of in one transaction: whoever sells waits for no more than that.
const LET_GO_OPS: usize = 100;

/// What one push did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// Nothing was waiting.
    Nothing,
    /// A batch is on the hub, whose epoch this is.
    Batch {
        /// How many operations.
        ops: usize,
        /// The hub's epoch.
        epoch: Uuid,
    },
    /// The hub asked for earlier operations, or for a new incarnation; the next push sends them.
    Rearranged,
    /// The hub was restored since the last pull, so that its answer proves nothing yet: pull, then push again.
    PullFirst,
}

/// What one pull did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pulled {
    /// How many changes were applied.
    pub changes: usize,
    /// Whether the cursor now stands at the hub's head.
    pub at_head: bool,
    /// Whether the hub turned out to be restored: operations go again.
    pub restored: bool,
    /// How many changes the hub has beyond the cursor.
    pub behind: u64,
    /// How far the till has followed the hub now.
    pub cursor: Cursor,
}

/// Runs a blocking step of the store off the async threads.
///
/// # Errors
/// The step's own, or [`SyncError::Ending`].
pub async fn blocking<R: Send + 'static>(
    store: &Store,
    step: impl FnOnce(&Store) -> Result<R, counterfoil_store::StoreError> + Send + 'static,
) -> Result<R, SyncError> {
    let store = store.clone();
    tokio::task::spawn_blocking(move || step(&store))
        .await
        .map_err(|_| SyncError::Ending)?
        .map_err(SyncError::Store)
}

/// Pushes the next batch. A batch that was sent before goes again byte for byte.
///
/// # Errors
/// When the hub cannot be reached or refuses, or the database fails; nothing is lost by that.
pub async fn push_once<T: Transport>(
    store: &Store,
    client: &HubClient<T>,
    by: &HubCredentials,
) -> Result<Pushed, SyncError> {
    let sealed = blocking(store, |s| {
        s.seal_next(PUSH_OPS_MAX, PUSH_BYTES_MAX - PUSH_OVERHEAD)
    })
    .await?;
    let Some(batch) = sealed else {
        return Ok(Pushed::Nothing);
    };
    let count = batch.ops.len();
    let ids: Vec<_> = batch.ops.iter().map(|op| op.op_id).collect();
    let request = PushRequest {
        incarnation: batch.incarnation,
        ops: batch.ops,
    };
    let reply = client.push(&request, by).await;
    planted!("dropped-on-4xx", {
        if let (
            Err(HubError::Refused {
                status: 400..=499, ..
            }),
            Some(epoch),
        ) = (&reply, blocking(store, Store::cursor).await?.epoch)
        {
            let given_up: Vec<_> = ids
                .iter()
                .map(|id| (*id, counterfoil_store::OpFate::Applied))
                .collect();
            blocking(store, move |s| s.record_results(epoch, &given_up)).await?;
        }
    });
    let reply = reply?;
    match after_push(&reply) {
        AfterPush::Resend { from } => {
            blocking(store, move |s| s.resend_from(from)).await?;
            Ok(Pushed::Rearranged)
        }
        AfterPush::NewIncarnation => {
            tracing::warn!(
                "the hub holds another history of this device; a new incarnation begins"
            );
            blocking(store, counterfoil_store::Store::begin_incarnation).await?;
            Ok(Pushed::Rearranged)
        }
        AfterPush::Record => {
            let PushReply::Accepted { epoch, results, .. } = reply else {
                return Ok(Pushed::Rearranged);
            };
            let answered: Vec<_> = results.iter().map(|r| r.op_id).collect();
            let foreign = planted!(
                "results-by-position",
                answered.len() != ids.len(),
                answered != ids
            );
            if foreign {
                return Err(HubError::Nonsense(
                    "the results are not those of the batch".to_owned(),
                )
                .into());
            }
            let told = convert::results(&results);
            let fates = planted!(
                "results-by-position",
                ids.into_iter()
                    .zip(told)
                    .map(|(id, (_, fate))| (id, fate))
                    .collect(),
                told
            );
            let recorded = blocking(store, move |s| match s.record_results(epoch, &fates) {
                // A hub was restored: the pull sorts that out, and the batch goes again.
                Err(StoreError::EpochChanged) => Ok(false),
                outcome => outcome.map(|()| true),
            })
            .await?;
            Ok(if recorded {
                Pushed::Batch { ops: count, epoch }
            } else {
                Pushed::PullFirst
            })
        }
    }
}

/// Pulls and applies the next page of changes.
///
/// # Errors
/// As [`push_once`].
pub async fn pull_once<T: Transport>(
    store: &Store,
    client: &HubClient<T>,
    by: &HubCredentials,
) -> Result<Pulled, SyncError> {
    let (cursor, device) = blocking(store, |s| {
        Ok((s.cursor()?, s.identity()?.map(|i| i.device_id)))
    })
    .await?;
    pull_after(store, client, by, cursor, device).await
}

/// [`pull_once`] for who knows the cursor and the till already.
pub(crate) async fn pull_after<T: Transport>(
    store: &Store,
    client: &HubClient<T>,
    by: &HubCredentials,
    cursor: Cursor,
    device: Option<DeviceId>,
) -> Result<Pulled, SyncError> {
    let query = PullQuery {
        epoch: cursor.epoch,
        after: cursor.seq,
        limit: Some(PULL_ROWS_MAX),
    };
    match client.pull(query, by).await? {
        PullReply::EpochChanged {
            epoch,
            head,
            last_seq,
            asked,
        } => {
            if !answers(&query, epoch, head, asked.as_ref()) {
                return Err(HubError::Nonsense(
                    "an answer from before this till followed the restored hub".to_owned(),
                )
                .into());
            }
            tracing::warn!("the hub was restored: starting over in its new epoch");
            blocking(store, move |s| s.reset_for_epoch(epoch, last_seq, head)).await?;
            Ok(Pulled {
                changes: 0,
                at_head: false,
                restored: true,
                behind: 0,
                cursor: Cursor {
                    epoch: Some(epoch),
                    seq: 0,
                },
            })
        }
        PullReply::Changes {
            epoch,
            head,
            archived,
            clock,
            changes,
        } => {
            let count = changes.len();
            let reached = changes.last().map_or(cursor.seq, |c| c.seq);
            if count == 0 && reached < head {
                return Err(HubError::Nonsense(
                    "the hub has more changes and sends none".to_owned(),
                )
                .into());
            }
            let cursor = blocking(store, move |s| {
                let this = device.unwrap_or(DeviceId(Uuid::nil()));
                let changes = changes.into_iter().map(|c| convert::confirmed(c, this));
                let cursor =
                    s.apply_changes(epoch, clock.unwrap_or_default(), changes.collect())?;
                s.learn_archived(epoch, archived)?;
                Ok(cursor)
            })
            .await?;
            Ok(Pulled {
                changes: count,
                at_head: reached >= head,
                restored: false,
                behind: head.saturating_sub(reached),
                cursor,
            })
        }
    }
}

/// Hands over what waits on a device that the hub revoked: the hub keeps it aside for the owner. Nothing is answered, so
/// that here it stays as it is, to be sent by whoever pairs this device again. How many operations were handed over.
///
/// # Errors
/// When the hub cannot be reached or says anything but that the device is revoked, or the database fails.
pub async fn hand_over<T: Transport>(
    store: &Store,
    client: &HubClient<T>,
    by: &HubCredentials,
) -> Result<usize, SyncError> {
    let (mut after, mut handed) = (0, 0);
    loop {
        let sealed = blocking(store, move |s| {
            s.seal_after(after, PUSH_OPS_MAX, PUSH_BYTES_MAX - PUSH_OVERHEAD)
        })
        .await?;
        let Some(batch) = sealed else {
            return Ok(handed);
        };
        let (count, last) = (batch.ops.len(), batch.ops.last().map_or(after, |op| op.seq));
        let request = PushRequest {
            incarnation: batch.incarnation,
            ops: batch.ops,
        };
        match client.push(&request, by).await {
            // The hub says so after it has set the batch aside.
            Err(error) if error.is_revocation() => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Err(HubError::Nonsense("the device is not revoked".to_owned()).into()),
        }
        after = last;
        handed += count;
    }
}

/// Lets go of the operations that have been in the hub's backups for long enough, a few at a time; how many went.
///
/// # Errors
/// When the database fails.
pub async fn tidy(store: &Store) -> Result<usize, SyncError> {
    let mut gone = 0;
    loop {
        let went = blocking(store, |s| s.let_go(LET_GO_OPS)).await?;
        gone += went;
        if went < LET_GO_OPS {
            return Ok(gone);
        }
        // Somebody may be waiting to sell.
        tokio::task::yield_now().await;
    }
}
