//! What the hub confirms: its numbered changes, applied in order, each batch in one transaction with the cursor.

use std::collections::BTreeSet;

use counterfoil_domain::table::{entity_row, fact_rows};
use counterfoil_domain::{EntityRow, FactRow, Hlc, OpId, planted};
use rusqlite::{Connection, named_params};
use uuid::Uuid;

use crate::clash::Watch;
use crate::entity;
use crate::epoch;
use crate::error::StoreError;
use crate::fact::{self, Source, Written};
use crate::meta;
use crate::outbox::{EntityKey, OpFate, edited_by, rebase_all};
use crate::store::Store;
use crate::sums::Tally;
use crate::tx::Tx;

/// How far this till has followed the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The hub's life; absent before the first pull.
    pub epoch: Option<Uuid>,
    /// The last change that was applied; within an epoch it never goes back.
    pub seq: u64,
}

/// One of the hub's numbered changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// Its number.
    pub seq: u64,
    /// The operation behind it; absent for what the hub did by itself.
    pub op_id: Option<OpId>,
    /// Whether this till did it.
    pub own: bool,
    /// What became of the operation.
    pub fate: OpFate,
    /// The rows after it.
    pub rows: Vec<ConfirmedRow>,
}

/// A row in the state the hub gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "short-lived values; a box would only add noise"
)]
pub enum ConfirmedRow {
    /// A fact, for ever.
    Fact(FactRow),
    /// A whole entity after merging.
    Entity(EntityRow),
}

impl Store {
    /// How far this till has followed the hub.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn cursor(&self) -> Result<Cursor, StoreError> {
        self.read(load_cursor)
    }

    /// Applies changes that follow the cursor, and moves it, all or nothing. Changes up to the cursor are skipped. Own
    /// operations become confirmed and the overlays of what they edited are made anew. `clock` is the newest among the rows:
    /// whatever is done here afterwards is later, however far this till's own clock lags.
    ///
    /// # Errors
    /// `pull_gap` when one is missing, `epoch_changed` when the cursor belongs to another epoch, or the store's own
    /// trouble. Nothing has changed then.
    pub fn apply_changes(
        &self,
        epoch: Uuid,
        clock: Hlc,
        changes: Vec<Confirmed>,
    ) -> Result<Cursor, StoreError> {
        planted!("cursor-before-rows", {
            let seq = changes.last().map_or(0, |change| change.seq);
            if planted::is_dying() && seq > 0 && self.cursor()?.epoch == Some(epoch) {
                self.write(|tx| save_cursor(tx.conn(), epoch, seq))?;
                return Err(StoreError::Busy);
            }
        });
        self.write_what_the_hub_says(|tx| tx.noting(apply(tx, epoch, clock, &changes)))
    }
}

pub(crate) fn load_cursor(conn: &Connection) -> Result<Cursor, StoreError> {
    Ok(Cursor {
        epoch: meta::parsed(conn, meta::EPOCH)?,
        seq: meta::parsed(conn, meta::CURSOR)?.unwrap_or(0),
    })
}

pub(crate) fn save_cursor(conn: &Connection, epoch: Uuid, seq: u64) -> Result<(), StoreError> {
    meta::set(conn, meta::EPOCH, &epoch.to_string())?;
    meta::set(conn, meta::CURSOR, &seq.to_string())
}

fn apply(
    tx: &Tx<'_>,
    epoch: Uuid,
    clock: Hlc,
    changes: &[Confirmed],
) -> Result<Cursor, StoreError> {
    let cursor = load_cursor(tx.conn())?;
    if cursor.epoch.is_some_and(|known| known != epoch) {
        return Err(StoreError::EpochChanged);
    }
    let mut seq = cursor.seq;
    let mut tally = Tally::open(tx.conn(), &cursor)?;
    let mut touched: BTreeSet<EntityKey> = BTreeSet::new();
    let watch = Watch::begin(tx.conn())?;
    for change in changes {
        if change.seq <= seq {
            planted!("pull-applied-twice", {
                apply_one(tx, change, &watch, &mut touched, &mut tally)?;
            });
            continue;
        }
        if change.seq != planted!("serial-cursor", change.seq, seq + 1) {
            return Err(StoreError::PullGap {
                expected: seq + 1,
                got: change.seq,
            });
        }
        apply_one(tx, change, &watch, &mut touched, &mut tally)?;
        seq = change.seq;
    }
    // Once over the batch: only the last state of an entity is ever seen.
    planted!("overlay-not-rebuilt", { touched.clear() });
    rebase_all(tx, touched)?;
    save_cursor(tx.conn(), epoch, seq)?;
    planted!("clocks-not-observed", {}, tx.observe(clock)?);
    tally.close(tx.conn())?;
    epoch::settle(tx, seq)?;
    Ok(Cursor {
        epoch: Some(epoch),
        seq,
    })
}

fn apply_one(
    tx: &Tx<'_>,
    change: &Confirmed,
    watch: &Watch,
    touched: &mut BTreeSet<EntityKey>,
    tally: &mut Tally,
) -> Result<(), StoreError> {
    let conn = tx.conn();
    if let (true, Some(op_id)) = (change.own, change.op_id) {
        let op_id = op_id.to_string();
        conn.prepare_cached(include_str!("../queries/confirm_op.sql"))?
            .execute(named_params! {
                ":op_id": op_id,
                ":state": change.fate.state(),
                ":reason": change.fate.reason(),
                ":seq": i64::try_from(change.seq).unwrap_or(i64::MAX),
                ":now": tx.now().0,
            })?;
        touched.extend(edited_by(conn, &op_id)?);
        tx.touch_area("outbox");
    }
    for row in &change.rows {
        match row {
            ConfirmedRow::Fact(fact) => {
                let rows = fact_rows(fact)?;
                if fact::insert_rows(conn, &rows, change.op_id, Source::Hub)? == Written::Anew {
                    tally.add(&rows);
                }
                planted!("balance-counted-again", {
                    if change.own {
                        conn.execute("UPDATE stamp_balance SET balance = balance + 1", [])?;
                    }
                });
                tx.touch_fact_area(fact);
            }
            ConfirmedRow::Entity(row) => {
                if !change.own {
                    watch.compare(tx, row)?;
                }
                if tally.counts()
                    && let Some(before) = entity::base_row(conn, row.kind, row.id)?
                {
                    tally.remove(&before);
                }
                let row_now = entity_row(row)?;
                fact::save_base(conn, &row_now)?;
                tally.add(std::slice::from_ref(&row_now));
                touched.insert((row.kind.name().to_owned(), row.id));
            }
        }
    }
    Ok(())
}
