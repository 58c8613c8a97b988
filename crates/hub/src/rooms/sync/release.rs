//! What a revoked device pushed was kept aside; its owner may let it count after all.

use axum::extract::{Path, State};
use counterfoil_domain::{DeviceId, OpEnvelope};
use counterfoil_protocol::ErrorCode;
use counterfoil_protocol::sync::{PushReply, PushRequest};
use serde_json::json;
use sqlx::{AnyConnection, Row as _};

use super::line::take_batch;
use crate::Hub;
use crate::http::{Answer, Begun, Failure, IdempotencyKey, Owner, Write};
use crate::ledger::Book;

/// Applies what was kept aside, in its order; what does not fit its chain stays.
pub(super) async fn release(
    State(hub): State<Hub>,
    owner: Owner,
    Path(id): Path<String>,
    key: IdempotencyKey,
) -> Result<Answer, Failure> {
    let device: DeviceId = id.parse().map_err(|_| Failure::new(ErrorCode::NotFound))?;
    let tenant = owner.tenant.to_string();
    let mut write = match Write::begin(&hub, &tenant, &key, b"").await? {
        Begun::Fresh(write) => write,
        Begun::Stored(answer) => return Ok(answer),
    };
    let mut book = Book::open(&mut write.tx, owner.tenant, hub.now()).await?;
    let standing = sqlx::query(include_str!("sql/find_standing.sql"))
        .bind(&book.key)
        .bind(device.to_string())
        .fetch_optional(&mut *write.tx)
        .await?;
    standing.ok_or(Failure::new(ErrorCode::NotFound))?;
    let held = read_held(&mut write.tx, &book, device).await?;
    let mut released = 0;
    for op in &held {
        let batch = PushRequest {
            incarnation: op.incarnation,
            ops: vec![op.clone()],
        };
        let taken = take_batch(&mut write.tx, hub.epoch, &mut book, device, &batch).await?;
        if matches!(taken.reply, PushReply::Accepted { .. }) {
            forget(&mut write.tx, &book, op).await?;
            released += 1;
        }
    }
    book.close(&mut write.tx).await?;
    let left = held.len() - released;
    let answer = Answer::ok(&json!({ "released": released, "held_operations": left }))?;
    let answer = write.finish(answer).await?;
    hub.live.moved(owner.tenant, book.head);
    Ok(answer)
}

async fn read_held(
    conn: &mut AnyConnection,
    book: &Book,
    device: DeviceId,
) -> Result<Vec<OpEnvelope>, Failure> {
    let rows = sqlx::query(include_str!("sql/list_held.sql"))
        .bind(&book.key)
        .bind(device.to_string())
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let raw: String = row.try_get("raw")?;
            serde_json::from_str(&raw).map_err(Failure::internal)
        })
        .collect()
}

async fn forget(conn: &mut AnyConnection, book: &Book, op: &OpEnvelope) -> Result<(), Failure> {
    sqlx::query(include_str!("sql/forget_held.sql"))
        .bind(&book.key)
        .bind(op.device_id.to_string())
        .bind(op.incarnation.to_string())
        .bind(op.seq.cast_signed())
        .bind(op.hash().to_string())
        .execute(conn)
        .await?;
    Ok(())
}
