//! Codes for a customer's phone: who gets one, for how long tills take it, and the page that shows it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_domain::entity::{CardKey, Shop};
use counterfoil_domain::op::EntityEdited;
use counterfoil_domain::{EntityKind, Op};
use counterfoil_protocol::card::{CardError, TrustedKey, Verified, claimed, issue, verify};
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};

use crate::support::{Answer, Till, World, on_each_engine};

const CODES: &str = "/api/v1/codes";

/// A shop, one of its tills, and a customer's id and card.
async fn enrolled(world: &World) -> (Till, uuid::Uuid, String) {
    let owner = world.owner("o@lima.pe").await;
    let till = world.till(&owner).await;
    let body = json!({ "name": "Rosa Quispe", "phone": "987 654 321" });
    let answer = world.post("/api/v1/enrollments", &owner, &body).await;
    let customer = serde_json::from_value(answer.data()["customer_id"].clone()).unwrap();
    let card = answer.data()["card"].as_str().unwrap().to_owned();
    (till, customer, card)
}

async fn ask(world: &World, card: &str) -> Answer {
    world.post(CODES, "", &json!({ "card": card })).await
}

/// What a till of the shop makes of a code, so long after now.
async fn taken(
    world: &World,
    till: &Till,
    code: &Value,
    later_ms: i64,
) -> Result<Verified, CardError> {
    let row = till.entity(world, till.tenant.0).await.unwrap();
    let shop: Shop = row.read().unwrap();
    let keys: Vec<TrustedKey> = shop.card_keys.iter().filter_map(TrustedKey::of).collect();
    let now = world.now().plus_ms(later_ms);
    verify(code.as_str().unwrap(), till.tenant, &keys, now)
}

/// Refused for this reason, and with no code.
#[track_caller]
fn refused(answer: &Answer, reason: &str) {
    assert_eq!(answer.refusal(), (401, "INVALID_TOKEN"));
    assert_eq!(answer.json["error"]["details"][0]["code"], reason);
    assert!(answer.json["data"].is_null());
}

#[tokio::test]
async fn whoever_holds_a_card_gets_a_code_that_the_shops_tills_take_for_a_minute() {
    on_each_engine(async |world| {
        let (till, customer, card) = enrolled(&world).await;
        let made = ask(&world, &card).await;
        assert_eq!(made.status, 201);
        let code = &made.data()["code"];
        let soon = taken(&world, &till, code, 59_000).await.unwrap();
        assert_eq!(soon.card.customer_id.0, customer);
        assert_eq!(soon.made_at, Some(world.now()));
        let late = taken(&world, &till, code, 90_000).await;
        assert_eq!(late, Err(CardError::Expired));
        assert_eq!(made.data()["made_at"], "2026-01-05T17:00:00.000Z");
        assert_eq!(made.data()["expires_at"], "2026-01-05T17:01:00.000Z");
        assert!(made.data()["qr_svg"].as_str().unwrap().contains("<svg"));
    })
    .await;
}

#[tokio::test]
async fn a_code_comes_with_how_the_card_stands() {
    on_each_engine(async |world| {
        let (till, customer, card) = enrolled(&world).await;
        let key = world.new_id().to_string();
        let body = json!({ "customer_id": customer });
        let stamped = world
            .post_keyed("/api/v1/stamps", &till.token, &key, &body)
            .await;
        assert_eq!(stamped.status, 201);
        let made = ask(&world, &card).await;
        let shown = ["shop", "stamps_count", "stamps_required", "rewards"];
        let shown = shown.map(|name| made.data()[name].clone());
        assert_eq!(json!(shown), json!(["Café Lima", 1, 5, 0]));
    })
    .await;
}

#[tokio::test]
async fn a_code_for_a_minute_makes_no_other_one() {
    on_each_engine(async |world| {
        let (_, _, card) = enrolled(&world).await;
        let code = ask(&world, &card).await.data()["code"].clone();
        refused(&ask(&world, code.as_str().unwrap()).await, "card_expired");
    })
    .await;
}

#[tokio::test]
async fn a_card_that_was_reported_lost_gets_no_code() {
    on_each_engine(async |world| {
        let (mut till, customer, card) = enrolled(&world).await;
        let lost = EntityEdited {
            entity: EntityKind::Customer,
            id: customer,
            fields: [("cards_lost".to_owned(), json!(1))].into(),
        };
        till.act(&world, Op::EntityEdited(lost)).await;
        refused(&ask(&world, &card).await, "card_lost");
    })
    .await;
}

#[tokio::test]
async fn a_key_that_was_revoked_vouches_for_nobody_and_the_hub_signs_with_another() {
    on_each_engine(async |world| {
        let (mut till, _, card) = enrolled(&world).await;
        // Beside the hub's key, which goes, one that a till has made.
        let own = SigningKey::from_bytes(&[7; 32]);
        let row = till.entity(&world, till.tenant.0).await.unwrap();
        let mut keys = row.read::<Shop>().unwrap().card_keys;
        keys[0].revoked = true;
        keys.push(CardKey {
            key_id: 7,
            public_key: STANDARD.encode(own.verifying_key().to_bytes()),
            revoked: false,
        });
        let edit = EntityEdited {
            entity: EntityKind::Shop,
            id: till.tenant.0,
            fields: [("card_keys".to_owned(), json!(keys))].into(),
        };
        till.act(&world, Op::EntityEdited(edit)).await;
        let mut renewed = claimed(&card).unwrap();
        renewed.key_id = 7;
        refused(&ask(&world, &card).await, "card_revoked_key");
        let made = ask(&world, &issue(&renewed, &own)).await;
        let code = &made.data()["code"];
        assert!(taken(&world, &till, code, 0).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn nobody_gets_a_code_for_what_no_shop_has_signed() {
    on_each_engine(async |world| {
        let (_, _, card) = enrolled(&world).await;
        let mut forged = card.clone();
        let last = forged.pop().unwrap();
        forged.push(if last == '0' { '1' } else { '0' });
        refused(&ask(&world, &forged).await, "card_forged");
        refused(&ask(&world, "7751234567890").await, "card_not_a_card");
        let elsewhere = World::start(
            std::sync::Arc::new(crate::support::Place::sqlite()),
            crate::support::lenient(),
        )
        .await;
        refused(&ask(&elsewhere, &card).await, "card_unknown_key");
        let empty = world.post(CODES, "", &json!({})).await;
        assert_eq!(empty.refusal(), (400, "VALIDATION_ERROR"));
    })
    .await;
}

#[tokio::test]
async fn the_page_runs_nothing_but_its_own_files() {
    on_each_engine(async |world| {
        for (path, kind) in [
            ("/card", "text/html; charset=utf-8"),
            ("/card/card.js", "text/javascript; charset=utf-8"),
            ("/card/card.css", "text/css; charset=utf-8"),
        ] {
            let page = world.get(path, "").await;
            assert_eq!(
                (page.status.as_u16(), page.header("content-type")),
                (200, kind)
            );
            let may = page.header("content-security-policy");
            assert!(
                may.starts_with("default-src 'none'; script-src 'self';"),
                "{may}"
            );
            assert_eq!(page.header("referrer-policy"), "no-referrer");
        }
    })
    .await;
}
