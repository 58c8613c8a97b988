//! What the hub confirms: its numbered changes, applied in order, each slice of them in one transaction with the cursor.

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
use crate::store::{Slice, Store};
use crate::sums::Tally;
use crate::turn::Share;
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

    /// Applies changes that follow the cursor, in slices: each moves the cursor over what it applied, all or nothing, and
    /// people write between two of them. Changes up to the cursor are skipped. Own operations become confirmed and the
    /// overlays of what they edited are made anew. `clock` is the newest among the rows: whatever is done here afterwards
    /// is later, however far this till's own clock lags.
    ///
    /// # Errors
    /// `pull_gap` when one is missing, `epoch_changed` when the cursor belongs to another epoch: nothing has changed then.
    /// Else the store's own trouble, and the cursor says how far it came.
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
        let cursor = self.write_what_the_hub_says(|tx, from| {
            let mut share = self.share(self.env().slice_rows);
            tx.noting(apply(tx, (epoch, clock), &changes, from, &mut share))
        })?;
        self.tidy_when_long()?;
        Ok(cursor)
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

/// Applies changes from a place on until the share is used up.
fn apply(
    tx: &Tx<'_>,
    (epoch, clock): (Uuid, Hlc),
    changes: &[Confirmed],
    from: usize,
    share: &mut Share<'_>,
) -> Result<Slice<Cursor>, StoreError> {
    let cursor = load_cursor(tx.conn())?;
    if cursor.epoch.is_some_and(|known| known != epoch) {
        return Err(StoreError::EpochChanged);
    }
    follow(cursor.seq, changes)?;
    let mut seq = cursor.seq;
    let mut tally = Tally::open(tx.conn(), &cursor)?;
    let mut touched: BTreeSet<EntityKey> = BTreeSet::new();
    let watch = Watch::begin(tx.conn())?;
    let mut goes_on = None;
    for (place, change) in changes.iter().enumerate().skip(from) {
        if change.seq <= seq {
            planted!("pull-applied-twice", {
                apply_one(tx, change, &watch, &mut touched, &mut tally)?;
            });
            continue;
        }
        if share.is_used_up() {
            goes_on = Some(place);
            break;
        }
        share.took(apply_one(tx, change, &watch, &mut touched, &mut tally)?);
        seq = change.seq;
    }
    // Once over the slice: only the last state of an entity is ever seen.
    planted!("overlay-not-rebuilt", { touched.clear() });
    rebase_all(tx, touched)?;
    planted!("slice-moves-cursor-over-page", {
        seq = changes.last().map_or(seq, |change| change.seq);
    });
    save_cursor(tx.conn(), epoch, seq)?;
    planted!("clocks-not-observed", {}, tx.observe(clock)?);
    tally.close(tx.conn())?;
    epoch::settle(tx, seq)?;
    Ok(goes_on.map_or(
        Slice::Last(Cursor {
            epoch: Some(epoch),
            seq,
        }),
        Slice::UpTo,
    ))
}

/// Whether the changes go on where the till stands, one after the other, before any of them is applied.
fn follow(seq: u64, changes: &[Confirmed]) -> Result<(), StoreError> {
    let mut last = seq;
    for change in changes {
        if change.seq <= last {
            continue;
        }
        if change.seq != planted!("serial-cursor", change.seq, last + 1) {
            return Err(StoreError::PullGap {
                expected: last + 1,
                got: change.seq,
            });
        }
        last = change.seq;
    }
    Ok(())
}

/// Applies one change, and says how many rows that was.
fn apply_one(
    tx: &Tx<'_>,
    change: &Confirmed,
    watch: &Watch,
    touched: &mut BTreeSet<EntityKey>,
    tally: &mut Tally,
) -> Result<usize, StoreError> {
    let conn = tx.conn();
    let mut written = 1;
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
                written += rows.len();
                match fact::insert_rows(conn, &rows, change.op_id, Source::Hub)? {
                    Written::Anew => tally.add(&rows),
                    Written::Already => {}
                    Written::Instead => tally.give_up(conn)?,
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
                written += 1;
                fact::save_base(conn, &row_now)?;
                tally.add(std::slice::from_ref(&row_now));
                touched.insert((row.kind.name().to_owned(), row.id));
            }
        }
    }
    Ok(written)
}
