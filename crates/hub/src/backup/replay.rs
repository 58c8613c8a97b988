//! What the changes amount to, beside what the tables hold: a till that pulls everything must come to the hub's own rows.

use std::collections::{HashMap, HashSet};

use counterfoil_domain::entity::Fields;
use counterfoil_protocol::sync::{Change, Row};
use futures::TryStreamExt as _;
use sha2::{Digest as _, Sha256};
use sqlx::{AnyConnection, Row as _};

use super::BackupError;
use super::verify::{Report, Told};

/// A shop, a kind of row, and the row's id.
type Key = (String, String, String);
type Print = [u8; 16];

/// The rows that the changes of all shops lead to, by their fingerprints.
#[derive(Debug, Default)]
pub(super) struct Replay {
    entities: HashMap<Key, (u64, Print)>,
    facts: HashSet<Key>,
}

fn print_of(fields: &Fields, deleted: bool) -> Result<Print, serde_json::Error> {
    let hash = Sha256::digest(serde_json::to_vec(&(fields, deleted))?);
    let mut print = Print::default();
    print.copy_from_slice(&hash[..16]);
    Ok(print)
}

impl Replay {
    /// Takes a change in; they may come in any order.
    pub(super) fn hear(&mut self, shop: &str, change: &Change) -> Result<(), serde_json::Error> {
        for row in &change.rows {
            match row {
                Row::Entity(row) => {
                    let key = (
                        shop.to_owned(),
                        row.kind.name().to_owned(),
                        row.id.to_string(),
                    );
                    let new = (change.seq, print_of(&row.fields, row.deleted)?);
                    let last = self.entities.entry(key).or_insert(new);
                    if last.0 < new.0 {
                        *last = new;
                    }
                }
                Row::Fact(fact) => {
                    let key = (
                        shop.to_owned(),
                        fact.name().to_owned(),
                        fact.id().to_string(),
                    );
                    self.facts.insert(key);
                }
            }
        }
        Ok(())
    }

    /// Compares with the tables.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) async fn compare(
        mut self,
        conn: &mut AnyConnection,
        report: &mut Report,
    ) -> Result<(), BackupError> {
        let mut told = Told::new("rows");
        let mut rows = sqlx::query(include_str!("sql/list_entity_rows.sql")).fetch(&mut *conn);
        while let Some(row) = rows.try_next().await? {
            let key: Key = (
                row.try_get("tenant_id")?,
                row.try_get("kind")?,
                row.try_get("entity_id")?,
            );
            // A row that waits for its booking was told to nobody yet.
            let Some((seq, wanted)) = self.entities.remove(&key) else {
                continue;
            };
            let body: String = row.try_get("body")?;
            let deleted = row.try_get::<i64, _>("deleted")? != 0;
            let found = serde_json::from_str(&body).and_then(|fields| print_of(&fields, deleted));
            if found.ok() != Some(wanted) {
                let (shop, kind, id) = key;
                let words = format!("{kind} {id} is not as change {seq} left it");
                told.add(report, Some(shop), words);
            }
        }
        drop(rows);
        let mut rows = sqlx::query(include_str!("sql/list_fact_ids.sql")).fetch(conn);
        while let Some(row) = rows.try_next().await? {
            let key: Key = (
                row.try_get("tenant_id")?,
                row.try_get("kind")?,
                row.try_get("id")?,
            );
            if !self.facts.remove(&key) {
                let (shop, kind, id) = key;
                told.add(report, Some(shop), format!("no change brought {kind} {id}"));
            }
        }
        for (shop, kind, id) in self.entities.into_keys().chain(self.facts) {
            let words = format!("{kind} {id} is in a change and nowhere else");
            told.add(report, Some(shop), words);
        }
        told.end(report);
        Ok(())
    }
}
