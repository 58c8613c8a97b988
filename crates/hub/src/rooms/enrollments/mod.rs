//! Enrolling a customer, and asking whether a phone is enrolled.
//!
//! A shop's public page does both with the publishable key (`pk_...`) and learns nothing but what it needs.

use axum::Router;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use counterfoil_domain::entity::Customer;
use counterfoil_domain::op::CustomerEnrolled;
use counterfoil_domain::phone::to_e164;
use counterfoil_domain::{CustomerId, EntityKind, Op, OpId};
use counterfoil_protocol::ErrorCode;
use counterfoil_protocol::card::{Card, issue};
use serde::Deserialize;
use serde_json::json;

use super::Room;
use super::devices::{card_signer, publish};
use super::shop::find_shop;
use crate::Hub;
use crate::http::docs::{Endpoint, Who};
use crate::http::layers::rfc3339;
use crate::http::{Answer, Begun, Credential, Failure, IdempotencyKey, Input, Write};
use crate::ledger::{Book, find, find_by_lookup, stamp_balance};

/// This room.
pub const ROOM: Room = Room {
    name: "enrollments",
    routes,
    endpoints: &[
        Endpoint {
            method: "post",
            path: "/enrollments",
            summary: "Enrols a customer. A phone that is enrolled already answers 409; the shop's own people get the customer's id in `details`.",
            who: Who::Public,
            body: r#"{"name":"Rosa Quispe","phone":"987 654 321"}"#,
            answer: (
                201,
                r#"{"customer_id":"0198c0de-0000-7000-8000-000000000004","card":"CF1:..."}"#,
            ),
            errors: &[
                ErrorCode::ValidationError,
                ErrorCode::PhoneInvalid,
                ErrorCode::CustomerExists,
            ],
            ..Endpoint::NONE
        },
        Endpoint {
            method: "get",
            path: "/enrollments/check",
            summary: "Whether a phone is enrolled; the shop's own people also get who it is.",
            who: Who::Public,
            query: &["phone"],
            answer: (
                200,
                r#"{"exists":true,"customer_id":"0198c0de-0000-7000-8000-000000000004","stamps_count":3,"enrolled_at":"2026-01-01T12:00:00.000Z"}"#,
            ),
            errors: &[ErrorCode::PhoneInvalid],
            ..Endpoint::NONE
        },
    ],
};

fn routes() -> Router<Hub> {
    Router::new()
        .route("/enrollments", post(enrol))
        .route("/enrollments/check", get(check))
}

#[derive(Deserialize)]
struct Enrolment {
    name: String,
    phone: String,
}

/// A revoked till speaks for nobody.
fn in_good_standing(credential: &Credential) -> Result<(), Failure> {
    match credential {
        Credential::Device(device) => device.in_good_standing(),
        _ => Ok(()),
    }
}

async fn enrol(
    State(hub): State<Hub>,
    credential: Credential,
    key: IdempotencyKey,
    Input { value, raw }: Input<Enrolment>,
) -> Result<Answer, Failure> {
    in_good_standing(&credential)?;
    let name = value.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(Failure::field("name", "required"));
    }
    if name.chars().count() > 200 {
        return Err(Failure::field("name", "too_long"));
    }
    let tenant = credential.tenant();
    let scope = tenant.to_string();
    let mut write = match Write::begin(&hub, &scope, &key, &raw).await? {
        Begun::Fresh(write) => write,
        Begun::Stored(answer) => return Ok(answer),
    };
    let mut book = Book::open(&mut write.tx, tenant, hub.now()).await?;
    let shop = find_shop(&mut write.tx, tenant).await?;
    let phone = to_e164(&value.phone, &shop.country)
        .map_err(|_| Failure::new(ErrorCode::PhoneInvalid).about("phone", "phone"))?;
    let known = find_by_lookup(&mut write.tx, &book.key, EntityKind::Customer, &phone).await?;
    if let Some(id) = known.first() {
        let failure = Failure::new(ErrorCode::CustomerExists);
        return Err(if credential.is_staff() {
            failure.fact("customer_id", "exists", id.to_string())
        } else {
            failure
        });
    }
    let customer_id = CustomerId(hub.new_id());
    let customer = Customer {
        name,
        phone,
        enrolled_at: book.now,
        note: String::new(),
        cards_lost: 0,
    };
    let op = Op::CustomerEnrolled(CustomerEnrolled {
        customer_id,
        customer,
    });
    book.perform(&mut write.tx, &op, OpId(hub.new_id())).await?;
    let signer = card_signer(&mut write.tx, &hub, tenant).await?;
    publish(&mut write.tx, &hub, &mut book, &signer).await?;
    book.close(&mut write.tx).await?;
    let card = issue(
        &Card {
            key_id: signer.key_id,
            tenant_id: tenant,
            customer_id,
        },
        &signer.key,
    );
    let answer = Answer::created(&json!({ "customer_id": customer_id, "card": card }))?;
    let answer = write.finish(answer).await?;
    hub.live.moved(tenant, book.head);
    Ok(answer)
}

#[derive(Deserialize)]
struct Asked {
    phone: Option<String>,
}

async fn check(
    State(hub): State<Hub>,
    credential: Credential,
    Query(asked): Query<Asked>,
) -> Result<Answer, Failure> {
    in_good_standing(&credential)?;
    let asked = asked
        .phone
        .ok_or_else(|| Failure::field("phone", "required"))?;
    let tenant = credential.tenant();
    let tenant_key = tenant.to_string();
    let mut tx = hub.db.read().await?;
    let shop = find_shop(&mut tx, tenant).await?;
    let phone = to_e164(&asked, &shop.country)
        .map_err(|_| Failure::new(ErrorCode::PhoneInvalid).about("phone", "phone"))?;
    let known = find_by_lookup(&mut tx, &tenant_key, EntityKind::Customer, &phone).await?;
    let (Some(id), true) = (known.first(), credential.is_staff()) else {
        return Answer::ok(&json!({ "exists": !known.is_empty() }));
    };
    let stored = find(&mut tx, &tenant_key, EntityKind::Customer, *id).await?;
    let enrolled_at = match stored {
        Some(stored) => {
            stored
                .row
                .read::<Customer>()
                .map_err(Failure::internal)?
                .enrolled_at
                .0
        }
        None => 0,
    };
    let (balance, _) = stamp_balance(&mut tx, &tenant_key, CustomerId(*id)).await?;
    let card = counterfoil_domain::stamp::card(balance, shop.stamps_required);
    Answer::ok(&json!({
        "exists": true, "customer_id": id, "stamps_count": card.count, "rewards": card.rewards,
        "enrolled_at": rfc3339(enrolled_at),
    }))
}
