//! Two people who set one field at the same time. The later edit stands by itself; a person sees both and may choose.
//!
//! Every such pair is noticed on exactly one till: the one whose edit reached the hub second, since the first one's comes
//! to it before its own is confirmed.

use counterfoil_domain::entity::Fields;
use counterfoil_domain::{EntityKind, EntityRow};
use rusqlite::{Connection, named_params};
use serde_json::Value;

use crate::entity;
use crate::error::StoreError;
use crate::meta;
use crate::store::Store;
use crate::tx::Tx;

/// Notices clashes while a batch of changes is applied.
pub(crate) struct Watch {
    /// Nothing to compare with: no edit of this till is on its way, or the past is being told again.
    idle: bool,
}

impl Watch {
    pub(crate) fn begin(conn: &Connection) -> Result<Self, StoreError> {
        let edits: bool = conn
            .prepare_cached(include_str!("../queries/has_overlays.sql"))?
            .query_row([], |row| row.get("there"))?;
        let idle = !edits || meta::get(conn, meta::REFILL_UNTIL)?.is_some();
        Ok(Self { idle })
    }

    /// Compares somebody else's row, before it is saved, with what this till is about to send.
    pub(crate) fn compare(&self, tx: &Tx<'_>, theirs: &EntityRow) -> Result<(), StoreError> {
        // The hub decides over slots, and a conflict is itself a question.
        if self.idle || matches!(theirs.kind, EntityKind::Visit | EntityKind::Conflict) {
            return Ok(());
        }
        let conn = tx.conn();
        let Some(before) = entity::base(conn, theirs.kind, theirs.id)? else {
            return Ok(());
        };
        let device_id = tx.identity()?.device_id;
        let mine = entity::edits(conn, device_id, theirs.kind, theirs.id)?;
        for (field, mine, theirs_value) in both_sides(&before.fields, &mine, &theirs.fields) {
            if theirs.kind.accumulates(field) {
                continue;
            }
            conn.prepare_cached(include_str!("../queries/save_clash.sql"))?
                .execute(named_params! {
                    ":kind": theirs.kind.name(),
                    ":id": theirs.id.to_string(),
                    ":field": field,
                    ":mine": mine.to_string(),
                    ":theirs": theirs_value.to_string(),
                    ":at": tx.now().0,
                })?;
            tx.touch_area("conflicts");
        }
        Ok(())
    }
}

/// Fields that both sides changed, to different values.
fn both_sides<'a>(
    before: &'a Fields,
    mine: &'a Fields,
    theirs: &'a Fields,
) -> impl Iterator<Item = (&'a String, &'a Value, &'a Value)> {
    mine.iter().filter_map(|(field, mine)| {
        let now = theirs.get(field)?;
        (before.get(field) != Some(now) && mine != now).then_some((field, mine, now))
    })
}

impl Store {
    /// Notes that a person chose between the two sides of a clash; the edit itself is an operation like any other.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn decide_clash(
        &self,
        kind: EntityKind,
        id: uuid::Uuid,
        field: &str,
        decided: bool,
    ) -> Result<(), StoreError> {
        self.write(|tx| tx.decide_clash(kind, id, field, decided))
    }
}

impl Tx<'_> {
    /// As [`Store::decide_clash`], within the transaction that carries the choice out.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn decide_clash(
        &self,
        kind: EntityKind,
        id: uuid::Uuid,
        field: &str,
        decided: bool,
    ) -> Result<(), StoreError> {
        let decide = || -> Result<(), StoreError> {
            self.conn()
                .prepare_cached(include_str!("../queries/decide_clash.sql"))?
                .execute(named_params! {
                    ":kind": kind.name(),
                    ":id": id.to_string(),
                    ":field": field,
                    ":at": decided.then(|| self.now().0),
                })?;
            Ok(())
        };
        self.noting(decide())?;
        self.touch_area("conflicts");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn only_fields_that_both_changed_to_something_else_clash() {
        let before = fields(json!({ "name": "Ana", "phone": "1", "note": "" }));
        let mine = fields(json!({ "name": "Ana María", "phone": "2", "note": "x" }));
        let theirs = fields(json!({ "name": "Anita", "phone": "2", "note": "" }));
        let found: Vec<_> = both_sides(&before, &mine, &theirs).collect();
        assert_eq!(
            found,
            [(&"name".to_owned(), &json!("Ana María"), &json!("Anita"))]
        );
    }
}
