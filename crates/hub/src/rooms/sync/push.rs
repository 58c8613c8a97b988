//! Push: one transaction a batch, a stored result an operation, answered only after the commit.

use axum::extract::{Request, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_domain::{OpEnvelope, planted};
use counterfoil_protocol::ErrorCode;
use counterfoil_protocol::sync::{PUSH_OPS_MAX, PushReply, PushRequest, SIGNATURE_HEADER};
use ed25519_dalek::{Signature, VerifyingKey};
use sqlx::Row as _;

use super::line::take_batch;
use crate::Hub;
use crate::http::extract::{expect_json, parse_json, read_body};
use crate::http::{Answer, Failure, Paired};
use crate::ledger::Book;

/// Takes a batch.
pub(super) async fn push(
    State(hub): State<Hub>,
    device: Paired,
    request: Request,
) -> Result<Answer, Failure> {
    expect_json(request.headers())?;
    let signature = request.headers().get(SIGNATURE_HEADER).cloned();
    let raw = read_body(request, &hub).await?;
    let signature = signature.as_ref().and_then(|v| v.to_str().ok());
    verify(&device, signature, &raw)?;
    let batch: PushRequest = parse_json(&raw)?;
    check_batch(&device, &batch)?;
    if !device.revoked
        && let Some(reply) = take(&hub, &device, &batch).await?
    {
        return Answer::ok(&reply);
    }
    set_aside(&hub, &device, &batch).await?;
    Err(Failure::new(ErrorCode::DeviceRevoked))
}

fn verify(device: &Paired, signature: Option<&str>, raw: &[u8]) -> Result<(), Failure> {
    let invalid = || Failure::new(ErrorCode::SignatureInvalid);
    let key = STANDARD
        .decode(&device.public_key)
        .ok()
        .and_then(|k| <[u8; 32]>::try_from(k).ok());
    let key = key
        .and_then(|k| VerifyingKey::from_bytes(&k).ok())
        .ok_or_else(invalid)?;
    let bytes = signature
        .and_then(|s| STANDARD.decode(s).ok())
        .ok_or_else(invalid)?;
    let signature = Signature::from_slice(&bytes).map_err(|_| invalid())?;
    key.verify_strict(raw, &signature).map_err(|_| invalid())
}

fn check_batch(device: &Paired, batch: &PushRequest) -> Result<(), Failure> {
    if batch.ops.len() > PUSH_OPS_MAX {
        return Err(Failure::new(ErrorCode::PayloadTooLarge).about("ops", "too_many"));
    }
    let foreign =
        |op: &OpEnvelope| op.device_id != device.device || op.incarnation != batch.incarnation;
    if batch.ops.iter().any(foreign) {
        return Err(Failure::field("ops", "foreign"));
    }
    Ok(())
}

/// What a revoked device pushes waits for its owner.
async fn set_aside(hub: &Hub, device: &Paired, batch: &PushRequest) -> Result<(), Failure> {
    let mut tx = hub.db.write().await?;
    for op in &batch.ops {
        sqlx::query(include_str!("sql/set_aside.sql"))
            .bind(device.tenant.to_string())
            .bind(device.device.to_string())
            .bind(op.incarnation.to_string())
            .bind(op.seq.cast_signed())
            .bind(op.hash().to_string())
            .bind(serde_json::to_string(op).map_err(Failure::internal)?)
            .bind(hub.now().0)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Takes what is new; `None` when the device was revoked meanwhile.
async fn take(
    hub: &Hub,
    device: &Paired,
    batch: &PushRequest,
) -> Result<Option<PushReply>, Failure> {
    let mut tx = hub.db.write().await?;
    // Always in this order: the tenant's counter row, then the device's.
    let mut book = Book::open(&mut tx, device.tenant, hub.now()).await?;
    let standing = sqlx::query(include_str!("sql/find_standing.sql"))
        .bind(&book.key)
        .bind(device.device.to_string())
        .fetch_one(&mut *tx)
        .await?;
    if standing.try_get::<Option<i64>, _>("revoked_at")?.is_some() {
        return Ok(None);
    }
    let head = book.head;
    let taken = take_batch(&mut tx, hub.epoch, &mut book, device.device, batch).await?;
    if !taken.wrote {
        return Ok(Some(taken.reply));
    }
    if book.head != head {
        book.close(&mut tx).await?;
    }
    planted!("answer-before-commit", {
        if planted::is_dying() {
            return Ok(Some(taken.reply));
        }
    });
    tx.commit().await?;
    if book.head != head {
        hub.live.moved(device.tenant, book.head);
    }
    Ok(Some(taken.reply))
}
