//! Push: one transaction a batch, a stored result an operation, answered only after the commit.

use axum::extract::{Request, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_domain::{Incarnation, OpEnvelope, planted};
use counterfoil_protocol::ErrorCode;
use counterfoil_protocol::sync::{PUSH_OPS_MAX, PushReply, PushRequest, SIGNATURE_HEADER};
use ed25519_dalek::{Signature, VerifyingKey};
use sqlx::Row as _;

use super::batch::Way;
use super::chain::Hashed;
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
    if !device.revoked {
        // Before the shop's counter is held.
        let hashed: Vec<_> = batch.ops.iter().map(|op| (op, op.hash())).collect();
        let ops = (batch.incarnation, &hashed[..]);
        let reply = match take(&hub, &device, ops, Way::AtOnce).await? {
            Push::Stuck => take(&hub, &device, ops, Way::OneByOne).await?,
            push => push,
        };
        match reply {
            Push::Done(reply) => return Answer::ok(&reply),
            Push::Stuck => return Err(Failure::internal("a batch does not go one by one")),
            Push::Revoked => {}
        }
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

/// What became of a push.
enum Push {
    Done(PushReply),
    /// The device was revoked meanwhile.
    Revoked,
    /// It does not go this way, and nothing of it was kept.
    Stuck,
}

/// Takes what is new.
async fn take(
    hub: &Hub,
    device: &Paired,
    ops: (Incarnation, &[Hashed<'_>]),
    way: Way,
) -> Result<Push, Failure> {
    let mut tx = hub.db.write().await?;
    // Always in this order: the tenant's counter row, then the device's.
    let mut book = Book::open(&mut tx, device.tenant, hub.now()).await?;
    let standing = sqlx::query(include_str!("sql/find_standing.sql"))
        .bind(&book.key)
        .bind(device.device.to_string())
        .fetch_one(&mut *tx)
        .await?;
    if standing.try_get::<Option<i64>, _>("revoked_at")?.is_some() {
        return Ok(Push::Revoked);
    }
    let head = book.head;
    let taken = take_batch(&mut tx, hub.epoch, &mut book, device.device, ops, way).await?;
    let Some(taken) = taken else {
        tx.rollback().await?;
        return Ok(Push::Stuck);
    };
    if !taken.wrote {
        return Ok(Push::Done(taken.reply));
    }
    if book.head != head {
        book.close(&mut tx).await?;
    }
    planted!("answer-before-commit", {
        if planted::is_dying() {
            return Ok(Push::Done(taken.reply));
        }
    });
    tx.commit().await?;
    if book.head != head {
        hub.live.moved(device.tenant, book.head);
    }
    Ok(Push::Done(taken.reply))
}
