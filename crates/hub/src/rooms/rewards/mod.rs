//! Rewards: handing out what a full card earned.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;
use counterfoil_domain::op::RewardRedeemed;
use counterfoil_domain::stamp::card;
use counterfoil_domain::{CustomerId, Op, OpId, StampId};
use counterfoil_protocol::ErrorCode;
use serde_json::json;

use super::Room;
use super::shop::find_shop;
use super::stamps::expect_customer;
use crate::Hub;
use crate::http::docs::{Endpoint, Who};
use crate::http::{Answer, Begun, Failure, IdempotencyKey, Staff, Write};
use crate::ledger::{Book, stamp_balance};

/// This room.
pub const ROOM: Room = Room {
    name: "rewards",
    routes,
    endpoints: &[Endpoint {
        method: "post",
        path: "/rewards/{id}/redeem",
        summary: "Hands out one reward of the customer with this id. Without a reward it answers 422.",
        who: Who::Staff,
        answer: (
            200,
            r#"{"redemption_id":"0198c0de-0000-7000-8000-000000000006","customer_id":"0198c0de-0000-7000-8000-000000000004","reward":"Café gratis","rewards_left":0,"stamps_count":0,"stamps_required":5}"#,
        ),
        errors: &[ErrorCode::NotFound, ErrorCode::RewardAlreadyRedeemed],
        ..Endpoint::NONE
    }],
};

fn routes() -> Router<Hub> {
    Router::new().route("/rewards/{id}/redeem", post(redeem))
}

async fn redeem(
    State(hub): State<Hub>,
    staff: Staff,
    Path(id): Path<String>,
    key: IdempotencyKey,
) -> Result<Answer, Failure> {
    let customer_id: CustomerId = id.parse().map_err(|_| Failure::new(ErrorCode::NotFound))?;
    let tenant = staff.tenant;
    let mut write = match Write::begin(&hub, &tenant.to_string(), &key, b"").await? {
        Begun::Fresh(write) => write,
        Begun::Stored(answer) => return Ok(answer),
    };
    let mut book = Book::open(&mut write.tx, tenant, hub.now()).await?;
    expect_customer(&mut write.tx, tenant, customer_id).await?;
    let shop = find_shop(&mut write.tx, tenant).await?;
    let (balance, _) = stamp_balance(&mut write.tx, &book.key, customer_id).await?;
    let face = card(balance, shop.stamps_required);
    if face.rewards == 0 {
        return Err(Failure::new(ErrorCode::RewardAlreadyRedeemed));
    }
    let stamp_id = StampId(hub.new_id());
    let reward_name = shop.reward_name.clone();
    let op = Op::RewardRedeemed(RewardRedeemed {
        stamp_id,
        customer_id,
        stamps: face.required,
        reward_name,
    });
    book.perform(&mut write.tx, &op, OpId(hub.new_id())).await?;
    book.close(&mut write.tx).await?;
    let answer = Answer::ok(&json!({
        "redemption_id": stamp_id, "customer_id": customer_id, "reward": shop.reward_name,
        "rewards_left": face.rewards - 1, "stamps_count": face.count, "stamps_required": face.required,
    }))?;
    let answer = write.finish(answer).await?;
    hub.live.moved(tenant, book.head);
    Ok(answer)
}
