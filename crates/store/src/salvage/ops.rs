//! Operations of a damaged database: found in its pages, checked against their hashes, made again from the rows they left,
//! and put in order for the new life.

use std::collections::HashMap;
use std::path::Path;

use counterfoil_domain::fact::{CashReason, Sale, StockReason};
use counterfoil_domain::op::{CashMoved, StampGiven, StockMoved};
use counterfoil_domain::{
    DeviceId, Hlc, Money, Op, OpEnvelope, OpHash, OpId, OpMeta, Quantity, StaffId, TenantId,
    UnixMs, effects,
};
use rusqlite::{Connection, OptionalExtension as _, named_params};

use super::page::{Pages, Row, Value};
use crate::error::StoreError;
use crate::identity::{self, Identity, mint};
use crate::meta;
use crate::outbox::rebase_all;
use crate::row;
use crate::settle;
use crate::tx::{Tx, insert_outbox};

/// Columns of the outbox in the order in which they lie in a page.
const OUTBOX_COLUMNS: usize = 18;
/// Where a column lies that came later: rows from before end without it.
const REDOES: usize = 18;
const STATES: [&str; 6] = ["waiting", "sealed", "acked", "dead", "refused", "confirmed"];

fn is_uuid(value: &Value) -> bool {
    value
        .text()
        .is_some_and(|text| uuid::Uuid::parse_str(text).is_ok())
}

/// How far an operation has come, if this is a row of the outbox.
fn stage(row: &Row) -> Option<usize> {
    let v = &row.values;
    let looks_right = v.len() >= OUTBOX_COLUMNS
        && row.rowid.is_some_and(|n| n > 0)
        && is_uuid(&v[1])
        && v[2].text().is_some_and(|kind| !kind.is_empty())
        && v[3].integer().is_some_and(|version| version > 0)
        && matches!(v[4].text(), Some("fact" | "claim" | "edit"))
        && v[5].integer().is_some()
        && (v[6].is_null() || is_uuid(&v[6]))
        && v[9]
            .text()
            .is_some_and(|payload| serde_json::from_str::<serde_json::Value>(payload).is_ok());
    let state = v.get(14).and_then(Value::text)?;
    STATES
        .iter()
        .position(|known| *known == state)
        .filter(|_| looks_right)
}

/// The id of the operation, if this is a row of the outbox.
pub(super) fn op_id(row: &Row) -> Option<&str> {
    stage(row).and_then(|_| row.values[1].text())
}

/// Looks through all pages for operations, and for who this till is, that the tables no longer lead to.
pub(super) fn search(tx: &Tx<'_>, scratch: &Path) -> Result<(), StoreError> {
    let Ok(mut pages) = Pages::open(scratch) else {
        return Ok(());
    };
    tracing::info!(pages = pages.len(), "searching pages for operations");
    let mut ops: HashMap<String, (usize, Row)> = HashMap::new();
    let mut known: HashMap<String, String> = HashMap::new();
    pages.for_each(|row| {
        if let Some(stage) = stage(&row) {
            let op_id = row.values[1].text().unwrap_or_default().to_owned();
            // Pages keep older versions: the one that came furthest is the last.
            if ops.get(&op_id).is_none_or(|(before, _)| stage >= *before) {
                ops.insert(op_id, (stage, row));
            }
        } else if let (None, [Value::Text(key), Value::Text(value)]) = (row.rowid, &row.values[..])
            && [
                meta::TENANT,
                meta::DEVICE,
                meta::TILL_CODE,
                meta::HUB_URL,
                meta::HLC,
            ]
            .contains(&key.as_str())
        {
            known.insert(key.clone(), value.clone());
        }
    });
    for (key, value) in known {
        if meta::get(tx.conn(), &key)?.is_none() {
            meta::set(tx.conn(), &key, &value)?;
        }
    }
    let mut rows: Vec<Row> = ops.into_values().map(|(_, row)| row).collect();
    rows.sort_by_key(|row| row.rowid);
    for row in &rows {
        insert_found(tx.conn(), row)?;
    }
    Ok(())
}

/// An operation that the table did not have. Where its place in the chain is taken or does not hold, it waits for a new
/// one: its id stays, and the hub applies an id once.
fn insert_found(conn: &Connection, found: &Row) -> Result<(), StoreError> {
    let v = &found.values;
    let there = conn
        .prepare_cached(include_str!("../../queries/has_op.sql"))?
        .query_row(named_params! { ":op_id": v[1].text() }, |row| {
            row.get::<_, bool>("there")
        })?;
    if there {
        return Ok(());
    }
    let mut statement = conn.prepare_cached(include_str!("../../queries/insert_found_op.sql"))?;
    let mut insert = |local_no: Option<i64>, placed: bool| {
        let text = |at: usize| v[at].text().filter(|_| placed || at < 10);
        let state = if placed {
            v[14].text()
        } else {
            Some("waiting")
        };
        statement.execute(named_params! {
            ":local_no": local_no,
            ":op_id": v[1].text(),
            ":kind": v[2].text(),
            ":version": v[3].integer(),
            ":class": v[4].text(),
            ":at": v[5].integer(),
            ":staff_id": v[6].text(),
            ":hlc_ms": v[7].integer().unwrap_or(0),
            ":hlc_counter": v[8].integer().unwrap_or(0),
            ":payload": v[9].text(),
            ":incarnation": text(10),
            ":seq": v[11].integer().filter(|_| placed),
            ":prev_hash": text(12),
            ":hash": text(13),
            ":state": state,
            ":reason": text(15),
            ":acked_at": v[16].integer().filter(|_| placed),
            ":confirmed_seq": v[17].integer().filter(|_| placed),
            ":redoes": v.get(REDOES).and_then(Value::text),
        })
    };
    for attempt in [(found.rowid, true), (found.rowid, false), (None, false)] {
        match insert(attempt.0, attempt.1).map_err(StoreError::from) {
            Ok(_) => return Ok(()),
            Err(StoreError::Sql(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Who this till is: as it was written down, else as its own operations tell.
pub(super) fn identify(tx: &Tx<'_>) -> Result<Option<Identity>, StoreError> {
    let conn = tx.conn();
    if meta::parsed::<TenantId>(conn, meta::TENANT)?.is_none()
        && let Some(tenant) = find_text(conn, include_str!("../../queries/find_shop_id.sql"))?
    {
        meta::set(conn, meta::TENANT, &tenant)?;
    }
    if meta::parsed::<DeviceId>(conn, meta::DEVICE)?.is_none()
        && let Some(payload) = find_text(conn, include_str!("../../queries/find_last_sale_op.sql"))?
        && let Ok(sale) = serde_json::from_str::<Sale>(&payload)
    {
        meta::set(conn, meta::DEVICE, &sale.device_id.to_string())?;
        meta::set(conn, meta::TILL_CODE, &sale.till_code)?;
    }
    if meta::get(conn, meta::TENANT)?.is_some() && meta::get(conn, meta::DEVICE)?.is_some() {
        // The old life's is only needed to tell that this one is another.
        meta::set(conn, meta::INCARNATION, &mint(tx).to_string())?;
    }
    tx.forget_identity();
    identity::load(conn)
}

fn find_text(conn: &Connection, sql: &str) -> Result<Option<String>, StoreError> {
    Ok(conn
        .query_row(sql, [], |row| row.get::<_, Option<String>>("value"))
        .optional()?
        .flatten())
}

/// Facts of this till that the hub had not confirmed and whose operations are gone: their rows hold all that the
/// operations held.
pub(super) fn rebuild_lost(tx: &Tx<'_>) -> Result<u32, StoreError> {
    let conn = tx.conn();
    let mut statement = conn.prepare(include_str!("../../queries/list_orphaned_facts.sql"))?;
    let orphans: Vec<(OpMeta, Op)> = statement
        .query_map([], |r| Ok(orphan(r)))?
        .filter_map(|orphan| orphan.ok().and_then(Result::ok).flatten())
        .collect();
    let mut rebuilt = 0;
    for (meta, op) in orphans {
        insert_outbox(conn, &op, &meta)?;
        rebuilt += 1;
    }
    Ok(rebuilt)
}

/// The operation that a fact's row came from; none where the row does not hold all of it.
fn orphan(r: &rusqlite::Row<'_>) -> Result<Option<(OpMeta, Op)>, StoreError> {
    let at: UnixMs = row::at(r, "at")?;
    let staff_id: Option<StaffId> = row::opt_id(r, "staff_id")?;
    let meta = OpMeta {
        op_id: row::id(r, "op_id")?,
        device_id: row::id(r, "device_id")?,
        // Nobody's operations carry an id of zeros in their rows.
        staff_id: staff_id.filter(|staff| staff.0 != uuid::Uuid::nil()),
        at,
        hlc: Hlc {
            ms: at.0,
            counter: 0,
        },
        redoes: row::opt_id(r, "redoes")?,
    };
    let body: String = r.get("body")?;
    let named = |name: &str| -> Result<serde_json::Value, StoreError> {
        let all: serde_json::Value = serde_json::from_str(&body)?;
        Ok(all.get(name).cloned().unwrap_or_default())
    };
    let fact: String = r.get("fact")?;
    let op = match fact.as_str() {
        "sale" => Op::SaleCompleted(serde_json::from_str(&body)?),
        "refund" => Op::SaleRefunded(serde_json::from_str(&body)?),
        "stamp" => Op::StampGiven(StampGiven {
            stamp_id: serde_json::from_value(named("stamp_id")?)?,
            customer_id: serde_json::from_value(named("customer_id")?)?,
        }),
        "stock" => Op::StockMoved(StockMoved {
            product_id: serde_json::from_value(named("product_id")?)?,
            quantity: serde_json::from_value::<Quantity>(named("quantity")?)?,
            reason: serde_json::from_value::<StockReason>(named("reason")?)?,
        }),
        "cash" => Op::CashMoved(CashMoved {
            shift_id: serde_json::from_value(named("shift_id")?)?,
            amount: serde_json::from_value::<Money>(named("amount")?)?,
            reason: serde_json::from_value::<CashReason>(named("reason")?)?,
            note: serde_json::from_value(named("note")?)?,
        }),
        _ => return Ok(None),
    };
    Ok(Some((meta, op)))
}

/// Takes out what is not what was once sealed, or is no text of an operation at all: better listed as lost than sent as
/// something that nobody did.
pub(super) fn check(tx: &Tx<'_>, identity: Option<&Identity>) -> Result<(), StoreError> {
    let conn = tx.conn();
    let mut broken = Vec::new();
    let mut statement = conn.prepare(include_str!("../../queries/list_outbox_whole.sql"))?;
    let mut rows = statement.query([])?;
    while let Some(r) = rows.next()? {
        let payload: String = r.get("payload")?;
        let readable = serde_json::from_str::<serde_json::Value>(&payload).is_ok();
        if !readable || identity.is_some_and(|i| !holds(r, i).unwrap_or(true)) {
            broken.push(r.get::<_, i64>("local_no")?);
        }
    }
    drop(rows);
    for local_no in broken {
        conn.prepare_cached(include_str!("../../queries/delete_outbox_row.sql"))?
            .execute(named_params! { ":local_no": local_no })?;
    }
    Ok(())
}

/// Whether a sealed operation is what its hash says; one that was never sealed has none to compare with.
fn holds(r: &rusqlite::Row<'_>, identity: &Identity) -> Result<bool, StoreError> {
    let (Some(incarnation), Some(prev_hash), Some(hash)) = (
        r.get::<_, Option<String>>("incarnation")?,
        r.get::<_, Option<String>>("prev_hash")?,
        r.get::<_, Option<String>>("hash")?,
    ) else {
        return Ok(true);
    };
    let hash_of = |text: String| text.parse::<OpHash>();
    let (Ok(prev_hash), Ok(hash), Ok(incarnation)) =
        (hash_of(prev_hash), hash_of(hash), incarnation.parse())
    else {
        return Ok(true);
    };
    let envelope = OpEnvelope {
        op_id: row::id::<OpId>(r, "op_id")?,
        device_id: identity.device_id,
        incarnation,
        seq: row::count(r, "seq")?,
        prev_hash,
        staff_id: row::opt_id(r, "staff_id")?,
        at: row::at(r, "at")?,
        hlc: row::hlc(r)?,
        kind: r.get("kind")?,
        version: r.get("version")?,
        payload: r.get("payload")?,
        redoes: row::opt_id(r, "redoes")?,
    };
    Ok(envelope.hash() == hash)
}

/// Unseals what was not confirmed, writes the rows and the notes that unsent operations need, and tells how many there
/// are.
pub(super) fn put_in_order(tx: &Tx<'_>, identity: Option<&Identity>) -> Result<u32, StoreError> {
    let conn = tx.conn();
    conn.prepare_cached(include_str!("../../queries/unseal_ops.sql"))?
        .execute([])?;
    let device_id = identity.map_or(DeviceId(uuid::Uuid::nil()), |i| i.device_id);
    let mut statement = conn.prepare(include_str!("../../queries/list_outbox_whole.sql"))?;
    let mut rows = statement.query([])?;
    let mut edited = std::collections::BTreeSet::new();
    let mut unsent = 0;
    while let Some(r) = rows.next()? {
        let state: String = r.get("state")?;
        let waits = state == "waiting";
        unsent += u32::from(waits);
        let (kind, payload): (String, String) = (r.get("kind")?, r.get("payload")?);
        let Ok(op) = Op::decode(&kind, r.get("version")?, &payload) else {
            continue;
        };
        let meta = row::op_meta(r, device_id)?;
        let Ok(does) = effects(&op, &meta) else {
            continue;
        };
        tx.insert_touches(r.get("local_no")?, &op, &does)?;
        edited.extend(
            does.iter()
                .filter_map(counterfoil_domain::Effect::entity)
                .map(|(kind, id)| (kind.name().to_owned(), id)),
        );
        // Confirmed ones come back with the pull; the others nobody else has.
        if state != "confirmed" {
            settle::replay(tx, &op, &meta)?;
        }
        if r.get::<_, i64>("journaled")? == 0 {
            tx.record_journal(&op, &meta)?;
        }
    }
    drop(rows);
    // What is left of an operation that is gone: nobody else will ever have it.
    conn.execute_batch(include_str!("../../queries/delete_orphaned_rows.sql"))?;
    if identity.is_some() {
        rebase_all(tx, edited)?;
    }
    conn.execute_batch(include_str!("../../queries/mark_unsent_pending.sql"))?;
    Ok(unsent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_row_of_the_outbox_is_not_taken_for_one() {
        let text = |words: &str| Value::Text(words.to_owned());
        let row = Row {
            rowid: Some(1),
            values: vec![text("a"); OUTBOX_COLUMNS],
        };
        assert_eq!(stage(&row), None);
    }
}
