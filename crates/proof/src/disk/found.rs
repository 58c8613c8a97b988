//! What lies on the disk, read in one snapshot.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_domain::entity::Fields;
use counterfoil_domain::{Hlc, OpId};
use counterfoil_store::read::health::check_health;
use counterfoil_store::{Store, StoreError};

/// An operation as the outbox holds it.
pub struct OutboxRow {
    pub op_id: OpId,
    pub kind: String,
    pub payload: String,
    pub at: i64,
    pub staff_id: Option<String>,
    pub hlc: Hlc,
    pub state: String,
    pub incarnation: Option<String>,
    pub seq: Option<u64>,
    pub prev_hash: Option<String>,
    pub hash: Option<String>,
    pub confirmed_seq: Option<u64>,
    pub touches: u32,
    pub entries: u32,
}

/// A fact: kind, id, operation, pending, amount, lines and tenders.
pub type Fact = (String, String, Option<String>, bool, i64, u32);
/// An entity's fields and whether it is deleted, by whether they are the overlay's, and by kind and id.
pub type Entities = BTreeMap<(bool, String, String), (Fields, bool)>;

/// Everything on the disk that the check looks at.
pub struct Found {
    pub outbox: Vec<OutboxRow>,
    pub journal: u32,
    pub facts: BTreeSet<Fact>,
    pub entities: Entities,
    pub carts: BTreeMap<String, (String, String)>,
    pub unsound: Vec<String>,
    pub wrong_balances: u32,
}

fn number(stored: Option<i64>) -> Option<u64> {
    stored.and_then(|number| u64::try_from(number).ok())
}

/// Reads it.
///
/// # Errors
/// When the database cannot be read.
pub fn read(store: &Store) -> Result<Found, StoreError> {
    store.read(|conn| {
        let health = check_health(conn)?;
        let mut outbox = Vec::new();
        let mut statement = conn.prepare_cached(include_str!("../../queries/list_outbox.sql"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let op_id: String = row.get("op_id")?;
            outbox.push(OutboxRow {
                op_id: op_id
                    .parse()
                    .map_err(|_| StoreError::Damaged(format!("op id {op_id}")))?,
                kind: row.get("kind")?,
                payload: row.get("payload")?,
                at: row.get("at")?,
                staff_id: row.get("staff_id")?,
                hlc: Hlc {
                    ms: row.get("hlc_ms")?,
                    counter: row.get("hlc_counter")?,
                },
                state: row.get("state")?,
                incarnation: row.get("incarnation")?,
                seq: number(row.get("seq")?),
                prev_hash: row.get("prev_hash")?,
                hash: row.get("hash")?,
                confirmed_seq: number(row.get("confirmed_seq")?),
                touches: row.get("touches")?,
                entries: row.get("entries")?,
            });
        }
        let mut statement =
            conn.prepare_cached(include_str!("../../queries/list_fact_rows.sql"))?;
        let facts = statement.query_map([], |row| {
            Ok((
                row.get("name")?,
                row.get("id")?,
                row.get("op_id")?,
                row.get("pending")?,
                row.get("amount")?,
                row.get("parts")?,
            ))
        })?;
        let facts = facts.collect::<Result<_, _>>()?;
        let mut entities = Entities::new();
        let mut statement = conn.prepare_cached(include_str!("../../queries/list_entities.sql"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let body: String = row.get("body")?;
            entities.insert(
                (row.get("overlay")?, row.get("kind")?, row.get("id")?),
                (serde_json::from_str(&body)?, row.get("deleted")?),
            );
        }
        let mut statement = conn.prepare_cached(include_str!("../../queries/list_carts.sql"))?;
        let carts = statement.query_map([], |row| {
            Ok((row.get("cart_id")?, (row.get("state")?, row.get("body")?)))
        })?;
        Ok(Found {
            outbox,
            journal: conn.query_row(
                include_str!("../../queries/count_journal.sql"),
                [],
                |row| row.get("entries"),
            )?,
            facts,
            entities,
            carts: carts.collect::<Result<_, _>>()?,
            unsound: health.errors,
            wrong_balances: health.wrong_balances,
        })
    })
}
