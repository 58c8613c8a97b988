//! The outbox from the sender's side: what was answered, what goes again, and the pill's figures.

use counterfoil_domain::{OpId, UnixMs, planted};
use rusqlite::{Connection, named_params};
use uuid::Uuid;

use crate::changes::{load_cursor, save_cursor};
use crate::entity;
use crate::epoch;
use crate::error::StoreError;
use crate::row;
use crate::settle::{leave_behind, redone_after};
use crate::store::{Slice, Store};
use crate::turn::Share;
use crate::tx::Tx;

/// What became of an operation at the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpFate {
    /// It stands.
    Applied,
    /// A claim was refused.
    Refused {
        /// Why, e.g. `slot_taken`.
        code: String,
    },
    /// The hub keeps it but cannot read it; it stays on the screen and is listed as stuck.
    DeadLetter {
        /// Why.
        reason: String,
    },
}

/// How many operations stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxCounts {
    /// Saved here and not on the hub yet.
    pub waiting: u32,
    /// On the hub; its copy has not come back yet.
    pub acked: u32,
    /// The hub did not take them, and nobody settled them.
    pub stuck: u32,
    /// Claims the hub refused.
    pub refused: u32,
    /// Conflicts and clashes that nobody decided yet.
    pub conflicts: u32,
    /// When the oldest waiting one was done.
    pub oldest_waiting_at: Option<UnixMs>,
}

impl Store {
    /// Records the answers to a push of the hub in `epoch`, in slices that people write between. An operation that is not waiting for an answer is left as it
    /// is, so that a repeated or late answer changes nothing. A refused claim vanishes from the screen here already.
    ///
    /// # Errors
    /// `epoch_changed` when the cursor belongs to another epoch: a hub that was restored in between may have lost what
    /// it answered. Nothing is recorded from then on; pull first, the operations go again. Else the store's own trouble.
    pub fn record_results(
        &self,
        epoch: Uuid,
        results: &[(OpId, OpFate)],
    ) -> Result<(), StoreError> {
        self.write_what_the_hub_says(|tx, from| {
            let mut share = self.share(self.env().slice_rows);
            tx.noting(record(tx, epoch, results, from, &mut share))
        })
    }

    /// Sends the present incarnation's operations from `from_seq` on again, byte for byte the same: the hub lacks them.
    /// Where one of them was let go of, or done again since, the others go in a new incarnation without it.
    ///
    /// # Errors
    /// `no_identity`, or the store's own trouble.
    pub fn resend_from(&self, from_seq: u64) -> Result<(), StoreError> {
        self.write(|tx| {
            let incarnation = tx.identity()?.incarnation;
            let first = planted!("resend-skips-one", from_seq + 1, from_seq);
            let last_seq = from_seq.saturating_sub(1);
            let resend = || -> Result<(), StoreError> {
                if redone_after(tx.conn(), incarnation, last_seq)? {
                    return leave_behind(tx, incarnation, last_seq);
                }
                tx.conn()
                    .prepare_cached(include_str!("../queries/resend_ops.sql"))?
                    .execute(named_params! {
                        ":incarnation": incarnation.to_string(),
                        ":from_seq": i64::try_from(first).unwrap_or(i64::MAX),
                    })?;
                epoch::part_from_lost_chain(tx, from_seq)?;
                Ok(())
            };
            tx.noting(resend())?;
            tx.touch_area("outbox");
            Ok(())
        })
    }

    /// The figures for the pill.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn outbox_counts(&self) -> Result<OutboxCounts, StoreError> {
        self.read(|conn| {
            Ok(conn
                .prepare_cached(include_str!("../queries/count_outbox.sql"))?
                .query_row([], |row| {
                    Ok(OutboxCounts {
                        waiting: row.get("waiting")?,
                        acked: row.get("acked")?,
                        stuck: row.get("stuck")?,
                        refused: row.get("refused")?,
                        conflicts: row.get("conflicts")?,
                        oldest_waiting_at: row::opt_at(row, "oldest_waiting_at")?,
                    })
                })?)
        })
    }
}

fn record(
    tx: &Tx<'_>,
    epoch: Uuid,
    results: &[(OpId, OpFate)],
    from: usize,
    share: &mut Share<'_>,
) -> Result<Slice<()>, StoreError> {
    let now = tx.now().0;
    let cursor = load_cursor(tx.conn())?;
    match cursor.epoch {
        Some(known) if planted!("old-epoch-believed", false, known != epoch) => {
            return Err(StoreError::EpochChanged);
        }
        Some(_) => {}
        // From now on a restored hub is noticed, even before the first pull.
        None => save_cursor(tx.conn(), epoch, cursor.seq)?,
    }
    tx.touch_area("outbox");
    for (place, (op_id, fate)) in results.iter().enumerate().skip(from) {
        if share.is_used_up() {
            return Ok(Slice::UpTo(place));
        }
        share.took(1);
        let op_id = op_id.to_string();
        match fate {
            OpFate::Applied => {
                planted!("confirmed-by-the-answer", {
                    let sql =
                        "UPDATE outbox SET state = 'confirmed', confirmed_seq = 0 WHERE op_id = ?1";
                    tx.conn().execute(sql, [&op_id])?;
                });
                tx.conn()
                    .prepare_cached(include_str!("../queries/record_applied.sql"))?
                    .execute(named_params! { ":op_id": op_id, ":now": now })?;
            }
            OpFate::Refused { code: reason } | OpFate::DeadLetter { reason } => {
                let changed = tx
                    .conn()
                    .prepare_cached(include_str!("../queries/record_stopped.sql"))?
                    .execute(named_params! {
                        ":op_id": op_id,
                        ":state": fate.state(),
                        ":reason": reason,
                        ":now": now,
                    })?;
                if changed > 0 {
                    rebase_all(tx, edited_by(tx.conn(), &op_id)?)?;
                }
            }
        }
    }
    Ok(Slice::Last(()))
}

impl OpFate {
    /// The outbox state once the hub has said this and its copy has come back.
    pub(crate) const fn state(&self) -> &'static str {
        match self {
            Self::Applied => "confirmed",
            Self::Refused { .. } => "refused",
            Self::DeadLetter { .. } => "dead",
        }
    }

    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Self::Applied => None,
            Self::Refused { code: reason } | Self::DeadLetter { reason } => Some(reason),
        }
    }
}

/// An entity by the names in tables.
pub(crate) type EntityKey = (String, Uuid);

/// The entities an own operation edits; none when it is not ours.
pub(crate) fn edited_by(conn: &Connection, op_id: &str) -> Result<Vec<EntityKey>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../queries/list_edited_by_op.sql"))?;
    let rows = statement.query_map(named_params! { ":op_id": op_id }, entity_key)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn entity_key(row: &rusqlite::Row<'_>) -> rusqlite::Result<EntityKey> {
    Ok((row.get("kind")?, row::id(row, "id")?))
}

/// Makes the overlays of some entities anew.
pub(crate) fn rebase_all(
    tx: &Tx<'_>,
    keys: impl IntoIterator<Item = EntityKey>,
) -> Result<(), StoreError> {
    let device_id = tx.identity()?.device_id;
    for (name, id) in keys {
        if let Some(kind) = entity::kind_named(&name) {
            entity::rebase(tx.conn(), device_id, kind, id)?;
            tx.touch_entity_area(kind);
        }
    }
    Ok(())
}
