//! What a revoked device pushed was kept aside; its owner looks at it, and lets it count after all or rejects it.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use counterfoil_domain::{DeviceId, OpEnvelope};
use counterfoil_protocol::ErrorCode;
use counterfoil_protocol::sync::PushReply;
use serde_json::json;
use sqlx::{AnyConnection, Row as _};

use super::batch::Way;
use super::letters::described;
use super::line::take_batch;
use crate::Hub;
use crate::http::layers::rfc3339;
use crate::http::page::Page;
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
    must_exist(&mut write.tx, &tenant, device).await?;
    let held = read_held(&mut write.tx, &tenant, device).await?;
    let mut released = 0;
    for op in &held {
        let batch = (op.incarnation, &[(op, op.hash())][..]);
        let tx = &mut write.tx;
        let taken = take_batch(tx, hub.epoch, &mut book, device, batch, Way::OneByOne).await?;
        if taken.is_some_and(|t| matches!(t.reply, PushReply::Accepted { .. })) {
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

/// What is kept aside of a device: counts and times by kind of all of it, and a page of the operations, in their order.
pub(super) async fn list(
    State(hub): State<Hub>,
    owner: Owner,
    Path(id): Path<String>,
    page: Page,
) -> Result<Answer, Failure> {
    let device: DeviceId = id.parse().map_err(|_| Failure::new(ErrorCode::NotFound))?;
    let tenant = owner.tenant.to_string();
    let mut tx = hub.db.read().await?;
    must_exist(&mut tx, &tenant, device).await?;
    let held = read_held(&mut tx, &tenant, device).await?;
    let rows = sqlx::query(include_str!("sql/list_quarantine.sql"))
        .bind(&tenant)
        .bind(device.to_string())
        .bind(page.limit())
        .bind(page.offset())
        .fetch_all(&mut *tx)
        .await?;
    let mut operations = Vec::with_capacity(rows.len());
    for row in rows {
        let raw: String = row.try_get("raw")?;
        operations.push(described(&raw, row.try_get("received_at")?)?);
    }
    let mut answer = Answer::ok(&json!({ "kinds": by_kind(&held), "operations": operations }))?;
    answer.paging = Some(page.meta(i64::try_from(held.len()).unwrap_or(i64::MAX)));
    Ok(answer)
}

/// How many of each kind, done from when to when by the device's clock.
fn by_kind(held: &[OpEnvelope]) -> Vec<serde_json::Value> {
    let mut kinds: BTreeMap<&str, (u64, i64, i64)> = BTreeMap::new();
    for op in held {
        let (count, first, last) = kinds.entry(&op.kind).or_insert((0, op.at.0, op.at.0));
        *count += 1;
        *first = op.at.0.min(*first);
        *last = op.at.0.max(*last);
    }
    kinds
        .into_iter()
        .map(|(kind, (count, first, last))| {
            json!({ "kind": kind, "operations": count, "first_at": rfc3339(first), "last_at": rfc3339(last) })
        })
        .collect()
}

/// Throws away what was kept aside of a device; what it pushes later is kept aside again.
pub(super) async fn reject(
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
    must_exist(&mut write.tx, &tenant, device).await?;
    let rejected = sqlx::query(include_str!("sql/reject_held.sql"))
        .bind(&tenant)
        .bind(device.to_string())
        .execute(&mut *write.tx)
        .await?
        .rows_affected();
    let answer = Answer::ok(&json!({ "rejected": rejected, "held_operations": 0 }))?;
    let answer = write.finish(answer).await?;
    tracing::warn!(%device, rejected, "an owner rejected what a revoked device had pushed");
    Ok(answer)
}

async fn must_exist(
    conn: &mut AnyConnection,
    tenant: &str,
    device: DeviceId,
) -> Result<(), Failure> {
    let standing = sqlx::query(include_str!("sql/find_standing.sql"))
        .bind(tenant)
        .bind(device.to_string())
        .fetch_optional(conn)
        .await?;
    standing.map(drop).ok_or(Failure::new(ErrorCode::NotFound))
}

async fn read_held(
    conn: &mut AnyConnection,
    tenant: &str,
    device: DeviceId,
) -> Result<Vec<OpEnvelope>, Failure> {
    let rows = sqlx::query(include_str!("sql/list_held.sql"))
        .bind(tenant)
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
