//! A batch's new operations: applied all at once where that goes, else one by one, each inside a savepoint.
//!
//! Both ways apply the same rules in the same order and leave the same rows, changes and results. All at once is the rule;
//! one by one is for what only the engine can judge: a value that it cannot hold, or a fact that stands already.

use std::collections::HashMap;

use counterfoil_domain::{Op, OpEnvelope, OpHash, OpId, planted};
use counterfoil_protocol::sync::{OpResult, Origin, Outcome};
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Connection as _, Row as _};

use super::chain::Hashed;
use super::line::Line;
use crate::http::Failure;
use crate::ledger::{Book, Cells, Done, Fault, Sheet, many};
use crate::secret::hex;

/// An operation that continues the chain, and what is to be known of it.
pub(super) struct Fresh<'a> {
    envelope: &'a OpEnvelope,
    hash: OpHash,
    /// What makes two operations of one id the same, whatever life of the database sent them.
    content: String,
    op: Result<Op, String>,
}

impl<'a> Fresh<'a> {
    fn of((envelope, hash): (&'a OpEnvelope, OpHash)) -> Self {
        let (kind, version) = (&envelope.kind, envelope.version);
        let head = format!("{kind} {version} {} {} ", envelope.at.0, envelope.device_id);
        let content = Sha256::new()
            .chain_update(head)
            .chain_update(&envelope.payload)
            .finalize();
        Self {
            envelope,
            hash,
            content: hex(&content),
            op: envelope.op().map_err(|e| e.to_string()),
        }
    }
}

/// An operation that came before under the same id.
struct Twin {
    content: String,
    outcome: Outcome,
}

impl Twin {
    fn of(row: &AnyRow) -> Result<Self, Fault> {
        Ok(Self {
            content: row.try_get("content_hash")?,
            outcome: serde_json::from_str(&row.try_get::<String, _>("result")?)?,
        })
    }
}

/// What becomes of an operation.
pub(super) enum Verdict {
    /// Sent again in a new life of the database: it stands already, its change too.
    Known(Outcome),
    /// It was applied, or refused.
    Done(Done),
    /// It is kept as it came; the queue moves on.
    Buried(String),
}

impl Verdict {
    /// What an earlier operation of the same id makes of it.
    fn by_twin(twin: &Twin, fresh: &Fresh<'_>) -> Self {
        if twin.content == fresh.content {
            Self::Known(twin.outcome.clone())
        } else {
            Self::Buried("another operation has this id".to_owned())
        }
    }
}

/// How a batch's new operations are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// In memory, then written down in few statements. What only the engine can judge ends the attempt; the caller rolls
    /// back all of it, so that no savepoint has to keep what every page was before.
    AtOnce,
    /// Each inside a savepoint of its own: goes always.
    OneByOne,
}

/// Takes the next operations of the chain; None when they do not go [`Way::AtOnce`] and the transaction is to be rolled back.
pub(super) async fn take_new(
    conn: &mut AnyConnection,
    book: &mut Book,
    line: &mut Line,
    ops: &[Hashed<'_>],
    way: Way,
) -> Result<Option<Vec<OpResult>>, Failure> {
    let fresh: Vec<Fresh<'_>> = ops.iter().copied().map(Fresh::of).collect();
    planted!("dead-letter-refuses-batch", {
        if fresh.iter().any(|f| f.op.is_err()) {
            return Err(Failure::field("ops", "shape"));
        }
    });
    let results = if way == Way::AtOnce && fresh.len() > 1 {
        match at_once(conn, book, line, &fresh).await {
            Ok(results) => results,
            Err(Fault::Database(error)) => return Err(error.into()),
            Err(Fault::Poison(_) | Fault::Unholdable(_)) => return Ok(None),
        }
    } else {
        one_by_one(conn, book, line, &fresh).await?
    };
    if let Some(last) = fresh.last() {
        line.last_seq = last.envelope.seq;
        line.last_hash = last.hash;
    }
    Ok(Some(results))
}

/// Every operation in memory, then everything in few statements.
async fn at_once(
    conn: &mut AnyConnection,
    book: &mut Book,
    line: &Line,
    fresh: &[Fresh<'_>],
) -> Result<Vec<OpResult>, Fault> {
    let mut twins = list_twins(conn, book, fresh).await?;
    let ops = fresh.iter().filter_map(|f| f.op.as_ref().ok());
    let mut sheet = Sheet::ahead(&mut *conn, book, ops).await?;
    let mut log = Log::default();
    for fresh in fresh {
        let id = fresh.envelope.op_id;
        sheet.turn = log.changes.len() as u64;
        let verdict = match (twins.get(&id), &fresh.op) {
            (Some(twin), _) => Verdict::by_twin(twin, fresh),
            (None, Err(reason)) => Verdict::Buried(reason.clone()),
            (None, Ok(op)) => match sheet.apply(book, op, &fresh.envelope.meta()).await {
                Ok(done) => Verdict::Done(done),
                Err(Fault::Poison(reason)) => Verdict::Buried(reason),
                Err(fault) => return Err(fault),
            },
        };
        let outcome = log.add(fresh, verdict)?;
        twins.entry(id).or_insert_with(|| Twin {
            content: fresh.content.clone(),
            outcome,
        });
    }
    sheet.write_down(book).await?;
    log.write(conn, book, line).await
}

async fn list_twins(
    conn: &mut AnyConnection,
    book: &Book,
    fresh: &[Fresh<'_>],
) -> Result<HashMap<OpId, Twin>, Fault> {
    let ids: Vec<String> = fresh.iter().map(|f| f.envelope.op_id.to_string()).collect();
    let sql = include_str!("sql/list_operations_by_id.sql");
    let rows = many::list(conn, sql, &ids, |s| s.bind(book.key.clone())).await?;
    let mut twins = HashMap::new();
    let rows = planted!("applied-anew-in-a-new-life", Vec::new(), rows);
    let rows = planted!(
        "expiring-keys",
        rows.into_iter()
            .filter(|row| row
                .try_get("received_at")
                .is_ok_and(|at: i64| at + 3_600_000 > book.now.0))
            .collect(),
        rows
    );
    for row in rows {
        let id: String = row.try_get("op_id")?;
        let id = id
            .parse()
            .map_err(|e: uuid::Error| Fault::Poison(e.to_string()))?;
        let twin = Twin::of(&row)?;
        // The first that came is the one that counted.
        twins.entry(id).or_insert(twin);
    }
    Ok(twins)
}

/// Each operation with its own reads, writes and savepoint.
pub(super) async fn one_by_one(
    conn: &mut AnyConnection,
    book: &mut Book,
    line: &Line,
    fresh: &[Fresh<'_>],
) -> Result<Vec<OpResult>, Failure> {
    let mut results = Vec::with_capacity(fresh.len());
    for fresh in fresh {
        let row = sqlx::query(include_str!("sql/find_operation_by_id.sql"))
            .bind(&book.key)
            .bind(fresh.envelope.op_id.to_string())
            .fetch_optional(&mut *conn)
            .await?;
        let row = planted!("applied-anew-in-a-new-life", None, row);
        let row = planted!(
            "expiring-keys",
            row.filter(|row| row
                .try_get("received_at")
                .is_ok_and(|at: i64| at + 3_600_000 > book.now.0)),
            row
        );
        let verdict = match (row, &fresh.op) {
            (Some(row), _) => Verdict::by_twin(&Twin::of(&row)?, fresh),
            (None, Err(reason)) => Verdict::Buried(reason.clone()),
            (None, Ok(op)) => attempt(conn, book, op, fresh.envelope).await?,
        };
        let mut log = Log::default();
        log.add(fresh, verdict)?;
        results.extend(log.write(conn, book, line).await?);
    }
    Ok(results)
}

/// Applies an operation inside a savepoint; what poisons it is told, what fails the database fails the batch.
pub(super) async fn attempt(
    conn: &mut AnyConnection,
    book: &mut Book,
    op: &Op,
    envelope: &OpEnvelope,
) -> Result<Verdict, Failure> {
    let mut savepoint = conn.begin().await?;
    let mut sheet = Sheet::single(&mut savepoint, book);
    let done = match sheet.apply(book, op, &envelope.meta()).await {
        Ok(done) => sheet.write_down(book).await.map(|()| done),
        Err(fault) => Err(fault),
    };
    match done {
        Ok(done) => {
            savepoint.commit().await?;
            Ok(Verdict::Done(done))
        }
        Err(Fault::Poison(reason) | Fault::Unholdable(reason)) => {
            savepoint.rollback().await?;
            Ok(Verdict::Buried(reason))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// What is written down beside the operations' own rows.
#[derive(Default)]
struct Log<'a> {
    changes: Vec<(Option<Origin>, Done)>,
    letters: Vec<(&'a OpEnvelope, String, String)>,
    operations: Vec<(&'a Fresh<'a>, String)>,
    results: Vec<OpResult>,
}

impl<'a> Log<'a> {
    fn add(&mut self, fresh: &'a Fresh<'a>, verdict: Verdict) -> Result<Outcome, Fault> {
        let envelope = fresh.envelope;
        let done = match verdict {
            Verdict::Known(outcome) => Err(outcome),
            Verdict::Done(done) => Ok(done),
            Verdict::Buried(reason) => {
                let raw = serde_json::to_string(envelope)?;
                let kept = planted!("dead-letter-thrown-away", false, true);
                if kept {
                    self.letters.push((envelope, raw, reason.replace('\0', "")));
                }
                let outcome = Outcome::DeadLetter { reason };
                let rows = Vec::new();
                Ok(Done { outcome, rows })
            }
        };
        let outcome = match &done {
            Ok(done) => done.outcome.clone(),
            Err(outcome) => outcome.clone(),
        };
        if let Ok(done) = done {
            let origin = Origin {
                op_id: envelope.op_id,
                device_id: envelope.device_id,
                incarnation: envelope.incarnation,
                seq: envelope.seq,
            };
            self.changes.push((Some(origin), done));
        }
        let result = serde_json::to_string(&outcome)?;
        self.operations.push((fresh, result));
        self.results.push(OpResult {
            op_id: envelope.op_id,
            seq: envelope.seq,
            outcome: outcome.clone(),
        });
        Ok(outcome)
    }

    async fn write(
        self,
        conn: &mut AnyConnection,
        book: &mut Book,
        line: &Line,
    ) -> Result<Vec<OpResult>, Fault> {
        let now = book.now.0;
        fn placed<'c>(cells: &'c mut Cells, line: &Line, seq: u64) -> &'c mut Cells {
            cells
                .text(&*line.tenant)
                .text(&*line.device)
                .text(&*line.incarnation)
                .number(seq.cast_signed())
        }
        many::insert(
            conn,
            include_str!("sql/insert_dead_letter.sql"),
            &self.letters,
            |cells, (envelope, raw, reason)| {
                placed(cells, line, envelope.seq)
                    .id(envelope.op_id.0)
                    .text(&**raw)
                    .text(&**reason)
                    .number(now);
            },
        )
        .await?;
        book.append_all(conn, self.changes).await?;
        many::insert(
            conn,
            include_str!("sql/insert_operation.sql"),
            &self.operations,
            |cells, (fresh, result)| {
                placed(cells, line, fresh.envelope.seq)
                    .id(fresh.envelope.op_id.0)
                    .text(hex(&fresh.hash.0))
                    .text(&*fresh.content)
                    .text(&**result)
                    .number(now);
            },
        )
        .await?;
        for (envelope, _, _) in &self.letters {
            tracing::warn!(
                kind = envelope.kind,
                version = envelope.version,
                "an operation went to the dead letters"
            );
        }
        Ok(self.results)
    }
}
