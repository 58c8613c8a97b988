//! The tenant's book: operations become rows, each leaves exactly one numbered change.
//!
//! Whoever writes holds the tenant's counter row; so changes are numbered in the order in which they are committed.
//! Operations are applied on a [`Sheet`] in memory, which reads ahead for a batch and is written down at once.

mod ahead;
mod claims;
mod entities;
mod facts;
mod flags;
pub mod many;
mod read;
mod sheet;
mod write;

use counterfoil_domain::entity::Conflict;
use counterfoil_domain::hlc::Hlc;
use counterfoil_domain::merge::FieldClock;
use counterfoil_domain::{
    DeviceId, Effect, EntityKind, Op, OpId, OpMeta, TenantId, UnixMs, effects, planted,
};
use counterfoil_protocol::sync::{Change, Origin, Outcome, Row};
use serde_json::Value;
use sqlx::AnyConnection;
use sqlx::Row as _;
use uuid::Uuid;

use crate::http::Failure;
use crate::http::extract::uuid_of;

pub use entities::lacks_booking;
pub use read::{find, find_by_lookup, stamp_balance};
pub use sheet::Sheet;

/// A tenant's book while its counter row is held.
#[derive(Debug)]
pub struct Book {
    /// The tenant.
    pub tenant: TenantId,
    /// The tenant as the tables name it.
    pub key: String,
    /// The time of this write.
    pub now: UnixMs,
    /// The newest change.
    pub head: u64,
    /// The device as which the hub itself writes for this tenant.
    pub hub_device: DeviceId,
}

/// Why an operation was not applied.
#[derive(Debug)]
pub enum Fault {
    /// It can never be: it goes to the dead letters.
    Poison(String),
    /// The engine cannot hold one of its values: as [`Fault::Poison`], but the engine is to be rolled back.
    Unholdable(String),
    /// A fact that was taken for new stands already: nothing of the batch is kept, and it is applied one by one.
    Standing,
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
            Fault::Standing => Self::internal("a fact that was taken for new stands already"),
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
    pub rows: Vec<Row>,
}

/// Something the owner should know about an operation that stands, or why it does not.
#[derive(Debug)]
struct Remark {
    code: &'static str,
    subject: (EntityKind, Uuid),
    details: Value,
}

impl Book {
    /// Locks the tenant's counter row.
    ///
    /// # Errors
    /// When the tenant is unknown or the database is not there.
    pub async fn open(
        conn: &mut AnyConnection,
        tenant: TenantId,
        now: UnixMs,
    ) -> Result<Self, Failure> {
        let key = tenant.to_string();
        let row = sqlx::query(include_str!("sql/lock_tenant.sql"))
            .bind(&key)
            .fetch_one(conn)
            .await?;
        Ok(Self {
            tenant,
            key,
            now,
            head: u64::try_from(row.try_get::<i64, _>("head")?).unwrap_or(0),
            hub_device: DeviceId(uuid_of(&row, "hub_device_id")?),
        })
    }

    /// Appends a change under the next number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn append(
        &mut self,
        conn: &mut AnyConnection,
        origin: Option<Origin>,
        done: Done,
    ) -> Result<(), Failure> {
        Ok(self.append_all(conn, vec![(origin, done)]).await?)
    }

    /// Appends changes under the next numbers.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn append_all(
        &mut self,
        conn: &mut AnyConnection,
        all: Vec<(Option<Origin>, Done)>,
    ) -> Result<(), Fault> {
        let mut changes = Vec::with_capacity(all.len());
        for (seq, (origin, done)) in (self.head + 1..).zip(all) {
            let row_count = i64::try_from(done.rows.len()).unwrap_or(i64::MAX);
            let change = Change {
                seq,
                origin,
                outcome: done.outcome,
                at: self.now,
                rows: done.rows,
            };
            let body = serde_json::to_string(&change)?;
            changes.push((seq, origin.map(|o| o.op_id.to_string()), row_count, body));
        }
        let tenant = &self.key;
        many::insert(
            conn,
            include_str!("sql/append_change.sql"),
            &changes,
            |statement, (seq, op_id, row_count, body)| {
                statement
                    .bind(tenant.clone())
                    .bind(seq.cast_signed())
                    .bind(op_id.clone())
                    .bind(*row_count)
                    .bind(body.clone())
            },
        )
        .await?;
        self.head += changes.len() as u64;
        Ok(())
    }

    /// Writes the counter back; call before the commit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close(&self, conn: &mut AnyConnection) -> Result<(), Failure> {
        sqlx::query(include_str!("sql/set_head.sql"))
            .bind(&self.key)
            .bind(self.head.cast_signed())
            .execute(conn)
            .await?;
        Ok(())
    }

    /// Performs an operation of the hub's own and appends its change.
    ///
    /// # Errors
    /// When it cannot be applied or the database fails.
    pub async fn perform(
        &mut self,
        conn: &mut AnyConnection,
        op: &Op,
        op_id: OpId,
    ) -> Result<Done, Failure> {
        let meta = OpMeta {
            op_id,
            device_id: self.hub_device,
            staff_id: None,
            at: self.now,
            hlc: Hlc {
                ms: self.now.0,
                counter: self.turn(0),
            },
        };
        let mut sheet = Sheet::new(conn, &self.key);
        let done = sheet.apply(self, op, &meta).await?;
        sheet.flush().await?;
        let again = Done {
            outcome: done.outcome.clone(),
            rows: done.rows.clone(),
        };
        self.append(conn, None, done).await?;
        Ok(again)
    }

    /// A counter that is unique and rising within the tenant, whose counter row is held; `ahead` changes are not appended yet.
    fn turn(&self, ahead: u64) -> u32 {
        u32::try_from(self.head.wrapping_add(ahead) & 0xffff_ffff).unwrap_or(0)
    }

    const fn hub_clock(&self) -> FieldClock {
        // The least clock there is: whatever a person decides about it later wins.
        FieldClock {
            hlc: Hlc { ms: 0, counter: 0 },
            device_id: self.hub_device,
        }
    }
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

    /// Writes down what was applied.
    ///
    /// # Errors
    /// See [`Fault`]; the caller rolls back to before the sheet.
    pub async fn write_down(mut self) -> Result<(), Fault> {
        self.flush().await
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
        meta.hlc.clamped(book.now)
    );
    if ahead {
        // Held back to one moment, a till's operations would meet there and the first would win.
        hlc.counter = book.turn(sheet.turn);
    }
    let clock = FieldClock {
        hlc,
        device_id: meta.device_id,
    };
    let mut rows = Vec::new();
    let mut remarks = Vec::new();
    if let Some(row) = claims::recover(sheet, op, clock).await? {
        rows.push(Row::Entity(row));
    }
    for effect in effects(op, meta).map_err(|e| Fault::Poison(e.to_string()))? {
        match effect {
            Effect::Insert(fact) => {
                let inserted = facts::insert(sheet, meta.op_id, &fact).await?;
                remarks.extend(flags::after_fact(sheet, book, &fact, &inserted).await?);
                rows.push(Row::Fact(inserted.stored.unwrap_or(fact)));
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
                rows.retain(|r| !matches!(r, Row::Entity(e) if e.kind == kind && e.id == id));
                if !entities::lacks_booking(&row) {
                    rows.push(Row::Entity(row));
                }
            }
            Effect::Delete { kind, id } => {
                rows.push(Row::Entity(
                    entities::delete(sheet, (kind, id), clock).await?,
                ));
            }
        }
    }
    if let Some(row) = entities::revive_customer(sheet, op, clock).await? {
        rows.push(Row::Entity(row));
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
        rows.push(Row::Entity(stored.row));
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
) -> Result<Option<Row>, Fault> {
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
    Ok(Some(Row::Entity(row)))
}

/// Writes an entity in the hub's own name, with the least clock, so that what a till says of it wins.
///
/// # Errors
/// When the fields do not fit the kind or the database fails.
pub async fn suggest(
    conn: &mut AnyConnection,
    book: &mut Book,
    subject: (EntityKind, Uuid),
    fields: &counterfoil_domain::entity::Fields,
) -> Result<(), Failure> {
    let mut sheet = Sheet::new(conn, &book.key);
    let clock = book.hub_clock();
    let rule = entities::Rule::LastWriter;
    let row = entities::patch(&mut sheet, subject, fields, clock, rule).await?;
    sheet.keep_draft();
    sheet.flush().await?;
    book.append(
        conn,
        None,
        Done {
            outcome: Outcome::Applied,
            rows: vec![Row::Entity(row)],
        },
    )
    .await
}
