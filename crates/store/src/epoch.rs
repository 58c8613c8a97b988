//! A hub that was restored from a backup: everything is pulled again, and what it lost is sent again.

use counterfoil_domain::planted;
use rusqlite::named_params;
use uuid::Uuid;

use crate::changes::save_cursor;
use crate::error::StoreError;
use crate::identity;
use crate::meta;
use crate::outbox::{EntityKey, entity_key, rebase_all};
use crate::retention;
use crate::settle::{leave_behind, redone_after};
use crate::store::{AREAS, Store};
use crate::tx::Tx;

impl Store {
    /// Follows a hub into a new epoch: the cursor starts over, and the present incarnation's operations after
    /// `hub_last_seq` go again, byte for byte the same. Until the pull has reached `head`, the rows at hand stay on the
    /// screen; then what the hub did not send is taken off, and operations of earlier incarnations that it lost wait to be
    /// sent in the present one.
    ///
    /// # Errors
    /// `no_identity`, or the store's own trouble.
    pub fn reset_for_epoch(
        &self,
        epoch: Uuid,
        hub_last_seq: u64,
        head: u64,
    ) -> Result<(), StoreError> {
        self.write(|tx| tx.noting(reset(tx, epoch, hub_last_seq, head)))
    }
}

fn reset(tx: &Tx<'_>, epoch: Uuid, hub_last_seq: u64, head: u64) -> Result<(), StoreError> {
    let conn = tx.conn();
    planted!("new-epoch-just-adopted", {
        return save_cursor(conn, epoch, 0);
    });
    let incarnation = tx.identity()?.incarnation;
    if redone_after(conn, incarnation, hub_last_seq)? {
        leave_behind(tx, incarnation, hub_last_seq)?;
    } else {
        conn.prepare_cached(include_str!("../queries/reseal_lost.sql"))?
            .execute(named_params! {
                ":incarnation": incarnation.to_string(),
                ":last_seq": i64::try_from(hub_last_seq).unwrap_or(i64::MAX),
            })?;
    }
    conn.execute(include_str!("../queries/unprove_ops.sql"), [])?;
    part_from_lost_chain(tx, hub_last_seq.saturating_add(1))?;
    conn.execute_batch(include_str!("../queries/mark_unsent_pending.sql"))?;
    conn.execute(include_str!("../queries/mark_base_stale.sql"), [])?;
    retention::forget(conn)?;
    meta::set(conn, meta::REFILL_UNTIL, &head.to_string())?;
    // Rows become pending again or go: they are counted anew once all is there.
    meta::remove(conn, meta::SUMS)?;
    save_cursor(conn, epoch, 0)?;
    rebase_unconfirmed(tx)?;
    everything_changed(tx);
    settle(tx, 0)
}

/// Once everything came again: takes off what did not, and sends again what the hub turned out to lack; operations of
/// earlier incarnations wait for a place in the present one.
pub(crate) fn settle(tx: &Tx<'_>, seq: u64) -> Result<(), StoreError> {
    let conn = tx.conn();
    match meta::parsed::<u64>(conn, meta::REFILL_UNTIL)? {
        Some(until) if seq >= until => {}
        _ => return Ok(()),
    }
    let incarnation = tx.identity()?.incarnation.to_string();
    for lost in [
        include_str!("../queries/reseal_unseen.sql"),
        include_str!("../queries/unseal_lost.sql"),
    ] {
        conn.prepare_cached(lost)?
            .execute(named_params! { ":incarnation": incarnation })?;
    }
    conn.execute_batch(include_str!("../queries/mark_unsent_pending.sql"))?;
    let stale = keys(tx, include_str!("../queries/list_stale.sql"))?;
    conn.execute(include_str!("../queries/delete_stale.sql"), [])?;
    rebase_all(tx, stale)?;
    rebase_unconfirmed(tx)?;
    meta::remove(conn, meta::REFILL_UNTIL)?;
    everything_changed(tx);
    Ok(())
}

/// Where the hub wants an operation that was let go of long ago, its chain cannot be continued: what is still here gets a
/// place in a new one. Ids stay, so that nothing counts twice.
pub(crate) fn part_from_lost_chain(tx: &Tx<'_>, wanted_seq: u64) -> Result<bool, StoreError> {
    let incarnation = tx.identity()?.incarnation.to_string();
    let (there, last_seq): (bool, i64) = tx
        .conn()
        .prepare_cached(include_str!("../queries/find_place.sql"))?
        .query_row(
            named_params! {
                ":incarnation": incarnation,
                ":seq": i64::try_from(wanted_seq).unwrap_or(i64::MAX),
            },
            |row| Ok((row.get("there")?, row.get("last_seq")?)),
        )?;
    let lost = !there && wanted_seq <= last_seq.cast_unsigned();
    if lost {
        tracing::warn!("the hub wants operations that were let go of; a new incarnation begins");
        identity::begin(tx)?;
    }
    Ok(lost)
}

fn rebase_unconfirmed(tx: &Tx<'_>) -> Result<(), StoreError> {
    let edited = keys(tx, include_str!("../queries/list_edited_unconfirmed.sql"))?;
    rebase_all(tx, edited)
}

fn keys(tx: &Tx<'_>, sql: &str) -> Result<Vec<EntityKey>, StoreError> {
    let mut statement = tx.conn().prepare_cached(sql)?;
    let rows = statement.query_map([], entity_key)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn everything_changed(tx: &Tx<'_>) {
    for area in AREAS {
        tx.touch_area(area);
    }
}
