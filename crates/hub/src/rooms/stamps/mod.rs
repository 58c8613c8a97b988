//! Stamps given by other people's programs; the tills get them by pull like any other.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use counterfoil_domain::op::StampGiven;
use counterfoil_domain::stamp::{card, may_stamp};
use counterfoil_domain::{CustomerId, EntityKind, Op, OpId, StampId, TenantId};
use counterfoil_protocol::ErrorCode;
use serde::Deserialize;
use serde_json::json;
use sqlx::AnyConnection;

use super::Room;
use super::shop::find_shop;
use crate::Hub;
use crate::http::docs::{Endpoint, Who};
use crate::http::{Answer, Begun, Failure, IdempotencyKey, Input, Staff, Write};
use crate::ledger::{Book, find, stamp_balance};

/// This room.
pub const ROOM: Room = Room {
    name: "stamps",
    routes,
    endpoints: &[Endpoint {
        method: "post",
        path: "/stamps",
        summary: "Stamps a customer's card. Demands an `Idempotency-Key`; within the shop's cooldown it answers 429.",
        who: Who::Staff,
        body: r#"{"customer_id":"0198c0de-0000-7000-8000-000000000004"}"#,
        answer: (
            201,
            r#"{"visit_id":"0198c0de-0000-7000-8000-000000000005","customer_id":"0198c0de-0000-7000-8000-000000000004","stamps_count":4,"stamps_required":5,"reward_unlocked":false,"reward":null}"#,
        ),
        errors: &[
            ErrorCode::MissingIdempotencyKey,
            ErrorCode::NotFound,
            ErrorCode::DuplicateStamp,
        ],
        ..Endpoint::NONE
    }],
};

fn routes() -> Router<Hub> {
    Router::new().route("/stamps", post(stamp))
}

#[derive(Deserialize)]
struct Stamping {
    customer_id: CustomerId,
}

/// Refuses a customer whom the shop does not have.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn expect_customer(
    conn: &mut AnyConnection,
    tenant: TenantId,
    customer: CustomerId,
) -> Result<(), Failure> {
    let stored = find(conn, &tenant.to_string(), EntityKind::Customer, customer.0).await?;
    if stored.is_some_and(|s| !s.row.deleted) {
        Ok(())
    } else {
        Err(Failure::new(ErrorCode::NotFound))
    }
}

async fn stamp(
    State(hub): State<Hub>,
    staff: Staff,
    key: IdempotencyKey,
    Input { value, raw }: Input<Stamping>,
) -> Result<Answer, Failure> {
    key.demanded()?;
    let tenant = staff.tenant;
    let mut write = match Write::begin(&hub, &tenant.to_string(), &key, &raw).await? {
        Begun::Fresh(write) => write,
        Begun::Stored(answer) => return Ok(answer),
    };
    let mut book = Book::open(&mut write.tx, tenant, hub.now()).await?;
    expect_customer(&mut write.tx, tenant, value.customer_id).await?;
    let shop = find_shop(&mut write.tx, tenant).await?;
    let (before, last) = stamp_balance(&mut write.tx, &book.key, value.customer_id).await?;
    may_stamp(last, shop.stamp_cooldown_s, book.now)
        .map_err(|c| Failure::new(ErrorCode::DuplicateStamp).retry_after(c.wait_s))?;
    let stamp_id = StampId(hub.new_id());
    let op = Op::StampGiven(StampGiven {
        stamp_id,
        customer_id: value.customer_id,
    });
    book.perform(&mut write.tx, &op, OpId(hub.new_id())).await?;
    book.close(&mut write.tx).await?;
    let (was, is) = (
        card(before, shop.stamps_required),
        card(before + 1, shop.stamps_required),
    );
    let unlocked = is.rewards > was.rewards;
    let answer = Answer::created(&json!({
        "visit_id": stamp_id, "customer_id": value.customer_id, "stamps_count": is.count,
        "stamps_required": is.required, "reward_unlocked": unlocked,
        "reward": unlocked.then_some(&shop.reward_name),
    }))?;
    let answer = write.finish(answer).await?;
    hub.live.moved(tenant, book.head);
    Ok(answer)
}
