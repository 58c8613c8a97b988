//! Dead letters: what the hub could not read, as it came. A newer hub may read it: its owner has it tried again.

use axum::extract::{Path, State};
use counterfoil_domain::{OpEnvelope, OpId};
use counterfoil_protocol::ErrorCode;
use counterfoil_protocol::sync::{Origin, Outcome};
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::batch::{Verdict, attempt};
use crate::Hub;
use crate::http::layers::rfc3339;
use crate::http::page::Page;
use crate::http::{Answer, Begun, Failure, IdempotencyKey, Owner, Write};
use crate::ledger::Book;

/// The shop's dead letters, oldest first.
pub(super) async fn list(
    State(hub): State<Hub>,
    owner: Owner,
    page: Page,
) -> Result<Answer, Failure> {
    let tenant = owner.tenant.to_string();
    let mut tx = hub.db.read().await?;
    let total = sqlx::query(include_str!("sql/count_letters.sql"))
        .bind(&tenant)
        .fetch_one(&mut *tx)
        .await?
        .try_get("letters")?;
    let rows = sqlx::query(include_str!("sql/list_letters.sql"))
        .bind(&tenant)
        .bind(page.limit())
        .bind(page.offset())
        .fetch_all(&mut *tx)
        .await?;
    let mut letters = Vec::with_capacity(rows.len());
    for row in rows {
        let raw: String = row.try_get("raw")?;
        let mut letter = described(&raw, row.try_get("received_at")?)?;
        letter["device_id"] = json!(parsed(&raw)?.device_id);
        letter["reason"] = json!(row.try_get::<String, _>("reason")?);
        letter["raw"] = json!(raw);
        letters.push(letter);
    }
    let mut answer = Answer::ok(&letters)?;
    answer.paging = Some(page.meta(total));
    Ok(answer)
}

/// An operation as an owner sees it who has to judge it: what it is and when it was done, without its content.
pub(super) fn described(raw: &str, received_at: i64) -> Result<Value, Failure> {
    let op = parsed(raw)?;
    Ok(json!({
        "op_id": op.op_id, "kind": op.kind, "version": op.version, "incarnation": op.incarnation, "seq": op.seq,
        "at": rfc3339(op.at.0), "received_at": rfc3339(received_at),
    }))
}

fn parsed(raw: &str) -> Result<OpEnvelope, Failure> {
    serde_json::from_str(raw).map_err(Failure::internal)
}

/// Tries to read and apply a dead letter again, as the device's operation that it is.
pub(super) async fn retry(
    State(hub): State<Hub>,
    owner: Owner,
    Path(id): Path<String>,
    key: IdempotencyKey,
) -> Result<Answer, Failure> {
    let op_id: OpId = id.parse().map_err(|_| Failure::new(ErrorCode::NotFound))?;
    let tenant = owner.tenant.to_string();
    let mut write = match Write::begin(&hub, &tenant, &key, b"").await? {
        Begun::Fresh(write) => write,
        Begun::Stored(answer) => return Ok(answer),
    };
    let mut book = Book::open(&mut write.tx, owner.tenant, hub.now()).await?;
    let letters = sqlx::query(include_str!("sql/find_letters.sql"))
        .bind(&book.key)
        .bind(op_id.to_string())
        .fetch_all(&mut *write.tx)
        .await?;
    if letters.is_empty() {
        return Err(Failure::new(ErrorCode::NotFound));
    }
    let mut outcome = None;
    for letter in &letters {
        let tried = open(&mut write.tx, &mut book, letter).await?;
        // Of two operations with one id, what became of the readable one is the news.
        if outcome.is_none() || !matches!(tried, Outcome::DeadLetter { .. }) {
            outcome = Some(tried);
        }
    }
    book.close(&mut write.tx).await?;
    let mut answer = serde_json::to_value(&outcome).map_err(Failure::internal)?;
    answer["op_id"] = json!(op_id);
    let answer = write.finish(Answer::ok(&answer)?).await?;
    hub.live.moved(owner.tenant, book.head);
    Ok(answer)
}

/// One letter; a retry of the push that brought it gets the new result from now on.
async fn open(
    conn: &mut AnyConnection,
    book: &mut Book,
    letter: &AnyRow,
) -> Result<Outcome, Failure> {
    let op = parsed(&letter.try_get::<String, _>("raw")?)?;
    let content: String = letter.try_get("content_hash")?;
    if letter.try_get::<String, _>("first_content")? != content {
        let reason = "another operation has this id".to_owned();
        return Ok(Outcome::DeadLetter { reason });
    }
    let dead = |reason| Ok(Outcome::DeadLetter { reason });
    let readable = match op.op() {
        Ok(readable) => readable,
        Err(error) => return dead(error.to_string()),
    };
    let done = match attempt(conn, book, &readable, &op).await? {
        Verdict::Done(done) => done,
        Verdict::Buried(reason) => return dead(reason),
        Verdict::Known(outcome) => return Ok(outcome),
    };
    let outcome = done.outcome.clone();
    let origin = Origin {
        op_id: op.op_id,
        device_id: op.device_id,
        incarnation: op.incarnation,
        seq: op.seq,
    };
    book.append(conn, Some(origin), done).await?;
    sqlx::query(include_str!("sql/set_result.sql"))
        .bind(&book.key)
        .bind(op.op_id.to_string())
        .bind(content)
        .bind(serde_json::to_string(&outcome).map_err(Failure::internal)?)
        .execute(&mut *conn)
        .await?;
    sqlx::query(include_str!("sql/forget_letter.sql"))
        .bind(&book.key)
        .bind(letter.try_get::<String, _>("device_id")?)
        .bind(letter.try_get::<String, _>("incarnation")?)
        .bind(letter.try_get::<i64, _>("seq")?)
        .execute(conn)
        .await?;
    Ok(outcome)
}
