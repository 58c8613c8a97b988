//! What a person decides about a change that the hub did not take: done again as a new operation, or put aside. The
//! operation itself is never edited.

use counterfoil_domain::effect::{Effect, effects};
use counterfoil_domain::{Incarnation, Op, OpId, OpMeta, StaffId};
use rusqlite::{Connection, named_params};

use crate::entity;
use crate::error::StoreError;
use crate::fact::{self, Source};
use crate::identity::mint;
use crate::meta;
use crate::outbox::{edited_by, rebase_all};
use crate::row;
use crate::store::Store;
use crate::tx::Tx;

/// The hub's reason for an id that it has with another content.
const TWIN: &str = "another operation has this id";

/// The rows of an operation: they go over to the one that does it again, with the ids that they have.
const HAND_OVER: [&str; 7] = [
    include_str!("../queries/hand_over_sale.sql"),
    include_str!("../queries/hand_over_refund.sql"),
    include_str!("../queries/hand_over_stamp.sql"),
    include_str!("../queries/hand_over_shift.sql"),
    include_str!("../queries/hand_over_shift_close.sql"),
    include_str!("../queries/hand_over_stock.sql"),
    include_str!("../queries/hand_over_cash.sql"),
];

/// An operation that the hub did not take and nobody settled, read back.
struct Stopped {
    op: Op,
    by: Option<StaffId>,
    at: counterfoil_domain::UnixMs,
    /// Itself, or what it did again.
    first: OpId,
}

impl Store {
    /// Does an operation that the hub did not take again: the same content, by the same person, at the same time, under
    /// a new id. From then on only the new one is ever sent, so that nothing can count twice.
    ///
    /// # Errors
    /// `change_not_stuck`; `change_unreadable` when this program cannot read it either; `change_on_hub` when the hub has
    /// another change under its id, which a second one might count twice; else the store's own trouble.
    pub fn redo(&self, op_id: OpId, decided_by: Option<StaffId>) -> Result<OpId, StoreError> {
        self.write(|tx| tx.redo(op_id, decided_by))
    }

    /// Leaves an operation that the hub did not take as it is: it stays in the history and asks for nobody any more. An
    /// edit then shows as the hub has it; what happened stays in this till's book.
    ///
    /// # Errors
    /// `change_not_stuck`, or the store's own trouble.
    pub fn put_aside(&self, op_id: OpId, decided_by: Option<StaffId>) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.noting(aside(tx, op_id, decided_by))?;
            tx.touch_area("outbox");
            Ok(())
        })
    }

    /// Takes back [`Store::put_aside`].
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn take_up_again(&self, op_id: OpId) -> Result<(), StoreError> {
        self.write(|tx| {
            let taken_up = || -> Result<(), StoreError> {
                let id = op_id.to_string();
                tx.conn()
                    .prepare_cached(include_str!("../queries/unsettle_op.sql"))?
                    .execute(named_params! { ":op_id": id })?;
                rebase_all(tx, edited_by(tx.conn(), &id)?)
            };
            tx.noting(taken_up())?;
            tx.touch_area("outbox");
            Ok(())
        })
    }
}

impl Tx<'_> {
    /// As [`Store::redo`], within a transaction.
    ///
    /// # Errors
    /// As [`Store::redo`].
    pub fn redo(&self, op_id: OpId, decided_by: Option<StaffId>) -> Result<OpId, StoreError> {
        self.noting(again(self, op_id, decided_by))
    }
}

fn again(tx: &Tx<'_>, old: OpId, decided_by: Option<StaffId>) -> Result<OpId, StoreError> {
    let Stopped { op, by, at, first } = find_stopped(tx.conn(), old)?;
    let (meta, effects) = tx.enter(&op, by, at, Some(first))?;
    settle(tx, old, Some(meta.op_id), decided_by)?;
    hand_over(tx, old, &meta, &effects)?;
    tx.record_journal(&op, &meta)?;
    Ok(meta.op_id)
}

fn aside(tx: &Tx<'_>, op_id: OpId, decided_by: Option<StaffId>) -> Result<(), StoreError> {
    let there = tx
        .conn()
        .prepare_cached(include_str!("../queries/find_stopped.sql"))?
        .exists(named_params! { ":op_id": op_id.to_string() })?;
    if !there {
        return Err(not_stuck());
    }
    settle(tx, op_id, None, decided_by)?;
    rebase_all(tx, edited_by(tx.conn(), &op_id.to_string())?)
}

fn not_stuck() -> StoreError {
    StoreError::invalid(
        "change_not_stuck",
        "this change is not stuck, or somebody settled it already",
    )
}

fn find_stopped(conn: &Connection, op_id: OpId) -> Result<Stopped, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../queries/find_stopped.sql"))?;
    let mut rows = statement.query(named_params! { ":op_id": op_id.to_string() })?;
    let row = rows.next()?.ok_or_else(not_stuck)?;
    if row.get::<_, Option<String>>("reason")?.as_deref() == Some(TWIN) {
        return Err(StoreError::invalid(
            "change_on_hub",
            "the hub has a change under this id already: put it aside",
        ));
    }
    let (kind, payload): (String, String) = (row.get("kind")?, row.get("payload")?);
    let op = Op::decode(&kind, row.get("version")?, &payload)
        .map_err(|error| StoreError::invalid("change_unreadable", error.to_string()))?;
    Ok(Stopped {
        op,
        by: row::opt_id(row, "staff_id")?,
        at: row::at(row, "at")?,
        first: row::opt_id(row, "redoes")?.unwrap_or(op_id),
    })
}

fn settle(
    tx: &Tx<'_>,
    op_id: OpId,
    redone_as: Option<OpId>,
    decided_by: Option<StaffId>,
) -> Result<(), StoreError> {
    tx.conn()
        .prepare_cached(include_str!("../queries/settle_op.sql"))?
        .execute(named_params! {
            ":op_id": op_id.to_string(),
            ":how": if redone_as.is_some() { "redone" } else { "aside" },
            ":redone_as": redone_as.map(|id| id.to_string()),
            ":at": tx.now().0,
            ":staff_id": decided_by.map(|s| s.to_string()),
        })?;
    Ok(())
}

/// The rows of the old operation become the new one's.
fn hand_over(tx: &Tx<'_>, old: OpId, meta: &OpMeta, effects: &[Effect]) -> Result<(), StoreError> {
    let conn = tx.conn();
    for sql in HAND_OVER {
        conn.prepare_cached(sql)?
            .execute(named_params! { ":old": old.to_string(), ":new": meta.op_id.to_string() })?;
    }
    for effect in effects {
        match effect {
            // One that was not here yet comes with the hub's copy.
            Effect::Insert(fact) => tx.touch_fact_area(fact),
            Effect::Patch { kind, id, .. } | Effect::Delete { kind, id } => {
                entity::rebase(conn, meta.device_id, *kind, *id)?;
                tx.touch_entity_area(*kind);
            }
        }
    }
    Ok(())
}

/// Writes the rows of an operation that are missing, pending: for a database that was put together again.
pub(crate) fn replay(tx: &Tx<'_>, op: &Op, meta: &OpMeta) -> Result<(), StoreError> {
    for effect in effects(op, meta)? {
        if let Effect::Insert(fact) = &effect {
            match fact::insert(tx.conn(), fact, Some(meta.op_id), Source::Here) {
                Err(StoreError::Invalid {
                    code: "exists_already",
                    ..
                }) => {}
                outcome => outcome?,
            }
        }
    }
    Ok(())
}

/// Whether one of the present life's operations after `last_seq` was done again since: it must never be sent again, so
/// its chain cannot be either.
pub(crate) fn redone_after(
    conn: &Connection,
    incarnation: Incarnation,
    last_seq: u64,
) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../queries/has_redone_after.sql"))?
        .query_row(
            named_params! {
                ":incarnation": incarnation.to_string(),
                ":last_seq": i64::try_from(last_seq).unwrap_or(i64::MAX),
            },
            |row| row.get("there"),
        )?)
}

/// Begins a new life of the database for everything after `last_seq` but what was done again.
pub(crate) fn leave_behind(
    tx: &Tx<'_>,
    incarnation: Incarnation,
    last_seq: u64,
) -> Result<(), StoreError> {
    tx.conn()
        .prepare_cached(include_str!("../queries/unseal_after.sql"))?
        .execute(named_params! {
            ":incarnation": incarnation.to_string(),
            ":last_seq": i64::try_from(last_seq).unwrap_or(i64::MAX),
        })?;
    meta::set(tx.conn(), meta::INCARNATION, &mint(tx).to_string())?;
    tx.forget_identity();
    Ok(())
}
