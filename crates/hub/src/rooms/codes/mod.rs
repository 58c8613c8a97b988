//! Codes for a customer's phone: whoever holds a card gets one that is good for a minute, and the page that shows it.
//!
//! The card is the credential: its signature says whose shop and which customer. It travels in a body, and to the page behind
//! the `#` of the address, which no program sends; so no log holds one.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use counterfoil_domain::entity::{Customer, Shop};
use counterfoil_domain::stamp;
use counterfoil_domain::{CustomerId, EntityKind, TenantId};
use counterfoil_protocol::ErrorCode;
use counterfoil_protocol::card::{
    self, Card, CardError, PASSING_LIFE_MS, TrustedKey, issue_passing,
};
use serde::Deserialize;
use serde_json::json;
use sqlx::AnyConnection;

use super::Room;
use super::devices::{CardSigner, card_signer, find_card_signer, publish};
use super::shop::find_shop;
use crate::Hub;
use crate::http::docs::{Endpoint, Who};
use crate::http::layers::rfc3339;
use crate::http::{Answer, Failure, Input, qr_svg};
use crate::ledger::{Book, find, stamp_balance};

/// This room.
pub const ROOM: Room = Room {
    name: "codes",
    routes,
    endpoints: &[Endpoint {
        method: "post",
        path: "/codes",
        summary: "A customer's phone presents the customer's card and gets a code that tills take for a minute, and how the card stands. A card that was reported lost, or signed by a key that was revoked, gets 401.",
        who: Who::Anyone,
        body: r#"{"card":"CF1:..."}"#,
        answer: (
            201,
            r#"{"code":"CF1:...","qr_svg":"<svg/>","made_at":"2026-01-01T12:00:00.000Z","expires_at":"2026-01-01T12:01:00.000Z","shop":"Café Lima","stamps_count":3,"stamps_required":5,"rewards":0,"reward":"Café gratis"}"#,
        ),
        errors: &[ErrorCode::InvalidToken],
        ..Endpoint::NONE
    }],
};

fn routes() -> Router<Hub> {
    Router::new().route("/codes", post(make))
}

/// The page, at the root: its address is in a QR code, and short.
pub fn page() -> Router<Hub> {
    Router::new()
        .route(
            "/card",
            get(async || file("text/html; charset=utf-8", include_str!("page/card.html"))),
        )
        .route(
            "/card/card.js",
            get(async || {
                file(
                    "text/javascript; charset=utf-8",
                    include_str!("page/card.js"),
                )
            }),
        )
        .route(
            "/card/card.css",
            get(async || file("text/css; charset=utf-8", include_str!("page/card.css"))),
        )
}

/// The page does what its own files say, speaks to this hub, and nobody puts it into a frame.
const PAGE_MAY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, PAGE_MAY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text)
}

#[derive(Deserialize)]
struct Presented {
    card: String,
}

async fn make(
    State(hub): State<Hub>,
    Input { value, .. }: Input<Presented>,
) -> Result<Answer, Failure> {
    let tenant = card::claimed(&value.card).map_err(refused)?.tenant_id;
    let mut tx = hub.db.read().await?;
    let shop = find_shop(&mut tx, tenant).await?;
    let customer_id = vouched(&mut tx, &hub, tenant, &shop, &value.card).await?;
    let (balance, _) = stamp_balance(&mut tx, &tenant.to_string(), customer_id).await?;
    let signer = find_card_signer(&mut tx, &hub, tenant).await?;
    drop(tx);
    let signer = match signer {
        Some(signer) => signer,
        None => first_signer(&hub, tenant).await?,
    };
    let now = hub.now();
    let card = Card {
        key_id: signer.key_id,
        tenant_id: tenant,
        customer_id,
    };
    let code = issue_passing(&card, now, &signer.key);
    let face = stamp::card(balance, shop.stamps_required);
    Answer::created(&json!({
        "code": code, "qr_svg": qr_svg(&code)?, "made_at": rfc3339(now.0),
        "expires_at": rfc3339(now.plus_ms(PASSING_LIFE_MS).0), "shop": shop.name, "stamps_count": face.count,
        "stamps_required": face.required, "rewards": face.rewards, "reward": shop.reward_name,
    }))
}

/// Whose card it is, if the shop's keys vouch for it and nobody has reported it lost.
async fn vouched(
    conn: &mut AnyConnection,
    hub: &Hub,
    tenant: TenantId,
    shop: &Shop,
    text: &str,
) -> Result<CustomerId, Failure> {
    let keys: Vec<TrustedKey> = shop.card_keys.iter().filter_map(TrustedKey::of).collect();
    let verified = card::verify(text, tenant, &keys, hub.now()).map_err(refused)?;
    // A code that passes makes no other: a picture of one would be good for ever.
    if verified.made_at.is_some() {
        return Err(refused(CardError::Expired));
    }
    let customer_id = verified.card.customer_id;
    let stored = find(
        conn,
        &tenant.to_string(),
        EntityKind::Customer,
        customer_id.0,
    )
    .await?;
    let row = stored
        .map(|stored| stored.row)
        .filter(|row| !row.deleted)
        .ok_or_else(|| Failure::new(ErrorCode::InvalidToken).about("card", "card_unknown"))?;
    let customer: Customer = row.read().map_err(Failure::internal)?;
    if verified.is_lost(customer.cards_lost) {
        return Err(Failure::new(ErrorCode::InvalidToken).about("card", "card_lost"));
    }
    Ok(customer_id)
}

fn refused(error: CardError) -> Failure {
    Failure::new(ErrorCode::InvalidToken).about("card", error.code())
}

/// The hub has no key of its own for this shop yet, or the shop has revoked it.
async fn first_signer(hub: &Hub, tenant: TenantId) -> Result<CardSigner, Failure> {
    let mut tx = hub.db.write().await?;
    let mut book = Book::open(&mut tx, tenant, hub.now()).await?;
    let signer = card_signer(&mut tx, hub, tenant).await?;
    publish(&mut tx, hub, &mut book, &signer).await?;
    book.close(&mut tx).await?;
    tx.commit().await?;
    hub.live.moved(tenant, book.head);
    Ok(signer)
}
