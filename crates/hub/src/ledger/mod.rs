//! The tenant's book: operations become rows, each leaves exactly one numbered change.
//!
//! Whoever writes holds the tenant's counter row; so changes are numbered in the order in which they are committed.
//! Operations are applied on a [`Sheet`] in memory, which reads ahead for a batch and is written down at once.

mod ahead;
mod book;
mod cells;
mod claims;
mod entities;
mod facts;
mod flags;
pub mod many;
mod read;
mod sheet;
mod write;

use std::sync::Arc;

use counterfoil_domain::entity::Conflict;
use counterfoil_domain::merge::FieldClock;
use counterfoil_domain::{Effect, EntityKind, EntityRow, Op, OpMeta, effects, planted};
use counterfoil_protocol::sync::{Outcome, Row};
use serde_json::Value;
use sqlx::AnyConnection;
use uuid::Uuid;

use crate::http::Failure;

pub use book::{Book, clock_of, suggest};
pub use cells::Cells;
pub use entities::lacks_booking;
pub use read::{find, find_by_lookup, stamp_balance};
pub use sheet::Sheet;

/// Why an operation was not applied.
#[derive(Debug)]
pub enum Fault {
    /// It can never be: it goes to the dead letters.
    Poison(String),
    /// The engine does not take one of its rows, as a value that it cannot hold or a fact that was taken for new and stands
    /// already: as [`Fault::Poison`], but the engine is to be rolled back.
    Unholdable(String),
    /// The database failed: nothing of the batch is kept.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Fault {
    /// A value that the engine cannot hold would fail again at every retry: it must not wedge the queue.
    fn from(error: sqlx::Error) -> Self {
        let unholdable = match &error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::Encode(_) => {
                true
            }
            // PostgreSQL's data exceptions and broken constraints; SQLite's TOOBIG, CONSTRAINT and MISMATCH.
            sqlx::Error::Database(e) => e.code().is_some_and(|code| {
                let postgres =
                    code.len() == 5 && (code.starts_with("22") || code.starts_with("23"));
                let sqlite = code
                    .parse::<u32>()
                    .is_ok_and(|c| matches!(c & 0xff, 18..=20));
                if code.len() == 5 { postgres } else { sqlite }
            }),
            _ => false,
        };
        if unholdable {
            Self::Unholdable(error.to_string())
        } else {
            Self::Database(error)
        }
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Poison(error.to_string())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Poison(reason) | Fault::Unholdable(reason) => Self::internal(reason),
            Fault::Database(error) => error.into(),
        }
    }
}

/// What an operation did.
#[derive(Debug)]
pub struct Done {
    /// Applied or refused.
    pub outcome: Outcome,
    /// The rows after it.
    pub rows: Vec<Told>,
}

/// A row that a change tells of.
#[derive(Debug)]
pub enum Told {
    /// A fact whose JSON lies in its table as well, and is written once.
    Fact(Arc<str>),
    /// Any row.
    Row(Box<Row>),
}

impl Told {
    fn is(&self, subject: (EntityKind, Uuid)) -> bool {
        match self {
            Self::Row(row) => {
                matches!(&**row, Row::Entity(entity) if (entity.kind, entity.id) == subject)
            }
            Self::Fact(_) => false,
        }
    }
}

impl From<EntityRow> for Told {
    fn from(row: EntityRow) -> Self {
        Self::Row(Box::new(Row::Entity(row)))
    }
}

/// Something the owner should know about an operation that stands, or why it does not.
#[derive(Debug)]
struct Remark {
    code: &'static str,
    subject: (EntityKind, Uuid),
    details: Value,
}

impl<'c> Sheet<'c> {
    /// A sheet for a batch: what its operations will want is read ahead.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ahead<'o>(
        conn: &'c mut AnyConnection,
        book: &Book,
        ops: impl Iterator<Item = &'o Op>,
    ) -> Result<Self, Fault> {
        let mut sheet = Self::new(conn, &book.key);
        sheet.trusting = true;
        sheet.read_ahead(&ahead::Wants::of(ops)).await?;
        Ok(sheet)
    }

    /// A sheet for one operation.
    pub fn single(conn: &'c mut AnyConnection, book: &Book) -> Self {
        Self::new(conn, &book.key)
    }

    /// Applies one operation. When it is poisoned, nothing of it stays.
    ///
    /// # Errors
    /// See [`Fault`]; after any but [`Fault::Poison`] the caller rolls back to before the sheet.
    pub async fn apply(&mut self, book: &Book, op: &Op, meta: &OpMeta) -> Result<Done, Fault> {
        let done = apply(self, book, op, meta).await;
        match &done {
            Ok(_) => self.keep_draft(),
            Err(_) => self.drop_draft(),
        }
        done
    }

    /// Writes down what was applied; the book takes note of the newest clock in it.
    ///
    /// # Errors
    /// See [`Fault`]; the caller rolls back to before the sheet.
    pub async fn write_down(mut self, book: &mut Book) -> Result<(), Fault> {
        self.flush().await?;
        book.clock = book.clock.max(self.written.newest_clock());
        Ok(())
    }
}

/// Applies one operation: facts always, claims when they can be granted, edits by last writer.
async fn apply(sheet: &mut Sheet<'_>, book: &Book, op: &Op, meta: &OpMeta) -> Result<Done, Fault> {
    if let Some(refusal) = claims::refusal(sheet, book, op).await? {
        return refuse(sheet, book, op, meta, refusal).await;
    }
    let (mut hlc, ahead) = planted!(
        "clock-ahead-believed",
        (meta.hlc, false),
        meta.hlc.clamped(book.latest())
    );
    if ahead {
        // Held back to one moment, a till's operations would meet there and the first would win, or whoever had followed the
        // newest clock up to that very moment. What is heard later is the later.
        let newest = book.clock.max(sheet.written.newest_clock());
        let next = if newest.ms == hlc.ms {
            newest.counter.saturating_add(1)
        } else {
            0
        };
        hlc.counter = book.turn(sheet.turn).max(next);
    }
    let clock = FieldClock {
        hlc,
        device_id: meta.device_id,
    };
    let mut rows = Vec::new();
    let mut remarks = Vec::new();
    if let Some(row) = claims::recover(sheet, op, clock).await? {
        rows.push(row.into());
    }
    for effect in effects(op, meta).map_err(|e| Fault::Poison(e.to_string()))? {
        match effect {
            Effect::Insert(fact) => {
                let inserted = facts::insert(sheet, meta.op_id, &fact).await?;
                remarks.extend(flags::after_fact(sheet, book, &fact, &inserted).await?);
                rows.push(inserted.told());
            }
            Effect::Patch { kind, id, fields } => {
                let how = if claims::is_claim(op) {
                    entities::Rule::HubDecides
                } else {
                    entities::Rule::LastWriter
                };
                let fields = claims::still_open(sheet, op, fields).await?;
                let row = entities::patch(sheet, (kind, id), &fields, clock, how).await?;
                remarks.extend(flags::after_patch(sheet, &row, &fields).await?);
                rows.retain(|told| !told.is((kind, id)));
                if !entities::lacks_booking(&row) {
                    rows.push(row.into());
                }
            }
            Effect::Delete { kind, id } => {
                rows.push(entities::delete(sheet, (kind, id), clock).await?.into());
            }
        }
    }
    if let Some(row) = entities::revive_customer(sheet, op, clock).await? {
        rows.push(row.into());
    }
    if ahead {
        remarks.extend(flags::clock_ahead(sheet, book, meta).await?);
    }
    if let Some(row) = note(sheet, book, op.kind(), meta, remarks, false).await? {
        rows.push(row);
    }
    Ok(Done {
        outcome: Outcome::Applied,
        rows,
    })
}

/// A claim that cannot be granted: the change restores the row as the hub has it, and a conflict says why.
async fn refuse(
    sheet: &mut Sheet<'_>,
    book: &Book,
    op: &Op,
    meta: &OpMeta,
    refusal: Remark,
) -> Result<Done, Fault> {
    let (kind, id) = refusal.subject;
    let code = refusal.code.to_owned();
    let mut rows = Vec::new();
    if let Some(stored) = sheet.entity((kind, id)).await? {
        rows.push(stored.row.into());
    }
    planted!("refusal-untold", {
        return Ok(Done {
            outcome: Outcome::Refused { code },
            rows,
        });
    });
    rows.extend(note(sheet, book, op.kind(), meta, vec![refusal], true).await?);
    Ok(Done {
        outcome: Outcome::Refused { code },
        rows,
    })
}

/// Writes what a person must see: one conflict an operation, its id the operation's.
async fn note(
    sheet: &mut Sheet<'_>,
    book: &Book,
    op_kind: &str,
    meta: &OpMeta,
    remarks: Vec<Remark>,
    refused: bool,
) -> Result<Option<Told>, Fault> {
    let mut remarks = remarks.into_iter();
    let Some(first) = remarks.next() else {
        return Ok(None);
    };
    let mut details = first.details;
    let others: Vec<Value> = remarks
        .map(|r| serde_json::json!({ "code": r.code, "details": r.details }))
        .collect();
    if let (Value::Object(map), false) = (&mut details, others.is_empty()) {
        map.insert("also".to_owned(), Value::Array(others));
    }
    let conflict = Conflict {
        code: first.code.to_owned(),
        op_kind: op_kind.to_owned(),
        subject_kind: first.subject.0.name().to_owned(),
        subject_id: first.subject.1.to_string(),
        details,
        refused,
        at: book.now,
        device_id: meta.device_id.to_string(),
        status: counterfoil_domain::entity::ConflictStatus::Open,
    };
    let fields = counterfoil_domain::entity::fields_of(&conflict)?;
    let subject = (EntityKind::Conflict, meta.op_id.0);
    let clock = book.hub_clock();
    let rule = entities::Rule::LastWriter;
    let row = entities::patch(sheet, subject, &fields, clock, rule).await?;
    Ok(Some(row.into()))
}
