//! Enrolling, stamping and redeeming over the API, and what a stranger may learn.

use counterfoil_domain::entity::Customer;
use counterfoil_domain::op::EntityEdited;
use counterfoil_domain::{EntityKind, FactRow, Op};
use counterfoil_protocol::card::{TrustedKey, verify};
use serde_json::{Value, json};

use crate::support::{Answer, World, on_each_engine};

const PHONE: &str = "987 654 321";

async fn enrol(world: &World, token: &str) -> Value {
    let body = json!({ "name": "  Rosa   Quispe ", "phone": PHONE });
    world
        .post("/api/v1/enrollments", token, &body)
        .await
        .data()
        .clone()
}

async fn stamp(world: &World, token: &str, customer: &Value) -> Answer {
    let key = world.new_id().to_string();
    world
        .post_keyed(
            "/api/v1/stamps",
            token,
            &key,
            &json!({ "customer_id": customer }),
        )
        .await
}

#[tokio::test]
async fn an_enrolled_customer_has_a_card_that_the_shops_tills_accept() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let till = world.till(&owner).await;
        let enrolled = enrol(&world, &owner).await;
        let shop = till.entity(&world, till.tenant.0).await.unwrap();
        let shop: counterfoil_domain::entity::Shop = shop.read().unwrap();
        let key = TrustedKey::of(&shop.card_keys[0]).unwrap();
        let card = verify(
            enrolled["card"].as_str().unwrap(),
            till.tenant,
            &[key],
            counterfoil_domain::UnixMs(0),
        )
        .unwrap()
        .card;
        assert_eq!(json!(card.customer_id), enrolled["customer_id"]);
        let row = till.entity(&world, card.customer_id.0).await.unwrap();
        assert_eq!(row.fields["name"], "Rosa Quispe");
        assert_eq!(row.fields["phone"], "+51987654321");
    })
    .await;
}

#[tokio::test]
async fn a_revoked_key_signs_no_card_any_more() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let shop = async |till: &crate::support::Till| -> counterfoil_domain::entity::Shop {
            let row = till.entity(&world, till.tenant.0).await.unwrap();
            row.read().unwrap()
        };
        let mut keys = shop(&till).await.card_keys;
        keys[0].revoked = true;
        let revoke = EntityEdited {
            entity: EntityKind::Shop,
            id: till.tenant.0,
            fields: [("card_keys".to_owned(), json!(keys))].into(),
        };
        till.act(&world, Op::EntityEdited(revoke)).await;
        let enrolled = enrol(&world, &owner).await;
        let keys: Vec<TrustedKey> = shop(&till)
            .await
            .card_keys
            .iter()
            .filter_map(TrustedKey::of)
            .collect();
        assert_eq!(keys.len(), 2, "the new one is known to the shop");
        let card = enrolled["card"].as_str().unwrap();
        let now = counterfoil_domain::UnixMs(0);
        let signed_by = verify(card, till.tenant, &keys, now).unwrap().card.key_id;
        assert!(
            keys.iter()
                .any(|key| key.key_id == signed_by && !key.revoked)
        );
    })
    .await;
}

#[tokio::test]
async fn cards_that_were_reported_lost_never_become_fewer() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let mut other = world.till(&owner).await;
        let enrolled = enrol(&world, &owner).await;
        let id: uuid::Uuid = serde_json::from_value(enrolled["customer_id"].clone()).unwrap();
        let report = |lost: u32| {
            Op::EntityEdited(EntityEdited {
                entity: EntityKind::Customer,
                id,
                fields: [("cards_lost".to_owned(), json!(lost))].into(),
            })
        };
        till.act(&world, report(2)).await;
        // This one heard of one loss only, and says so later.
        other.act(&world, report(1)).await;
        let lost = async |till: &crate::support::Till| {
            let row = till.entity(&world, id).await.unwrap();
            row.read::<Customer>().unwrap().cards_lost
        };
        assert_eq!(lost(&till).await, 2);
        assert!(till.conflicts(&world).await.is_empty());
        // A clock that is behind takes nothing back either.
        other.clock_off_ms = -86_400_000;
        other.act(&world, report(3)).await;
        assert_eq!(lost(&till).await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_phone_enrols_once_and_only_staff_learn_whose_it_is() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let key = world.get("/api/v1/shop", &owner).await.data()["publishable_key"]
            .as_str()
            .unwrap()
            .to_owned();
        let customer = enrol(&world, &key).await["customer_id"].clone();
        let body = json!({ "name": "Rosa", "phone": "+51 987654321" });
        let by_staff = world.post("/api/v1/enrollments", &owner, &body).await;
        assert_eq!(by_staff.refusal(), (409, "CUSTOMER_EXISTS"));
        assert_eq!(by_staff.json["error"]["details"][0]["message"], customer);
        let by_page = world.post("/api/v1/enrollments", &key, &body).await;
        assert_eq!(by_page.refusal(), (409, "CUSTOMER_EXISTS"));
        assert_eq!(by_page.json["error"]["details"], json!([]));
        let check = "/api/v1/enrollments/check?phone=987654321";
        assert_eq!(
            world.get(check, &key).await.data(),
            &json!({ "exists": true })
        );
        let full = world.get(check, &owner).await;
        assert_eq!(full.data()["customer_id"], customer);
        assert_eq!(full.data()["stamps_count"], 0);
        assert_eq!(full.data()["enrolled_at"], "2026-01-05T17:00:00.000Z");
        assert_eq!(
            stamp(&world, &key, &customer).await.refusal(),
            (403, "FORBIDDEN")
        );
        assert_eq!(
            world.get("/api/v1/shop", &key).await.refusal(),
            (403, "FORBIDDEN")
        );
    })
    .await;
}

#[tokio::test]
async fn a_name_and_a_phone_of_the_country_are_needed() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        for (name, phone, code) in [
            ("", PHONE, "VALIDATION_ERROR"),
            ("Rosa", "123", "PHONE_INVALID"),
            ("Rosa", "", "PHONE_INVALID"),
        ] {
            let body = json!({ "name": name, "phone": phone });
            assert_eq!(
                world
                    .post("/api/v1/enrollments", &owner, &body)
                    .await
                    .refusal(),
                (400, code)
            );
        }
        let missing = world.get("/api/v1/enrollments/check", &owner).await;
        assert_eq!(missing.refusal(), (400, "VALIDATION_ERROR"));
    })
    .await;
}

#[tokio::test]
async fn five_stamps_unlock_a_reward_that_is_redeemed_once() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let till = world.till(&owner).await;
        let customer = enrol(&world, &owner).await["customer_id"].clone();
        for n in 1..=5 {
            world.clock.advance_ms(300_000);
            let owner = till.token.as_str();
            let answer = stamp(&world, owner, &customer).await;
            assert_eq!(answer.status, 201);
            assert_eq!(answer.data()["stamps_count"], n % 5);
            assert_eq!(answer.data()["reward_unlocked"], n == 5);
        }
        let redeem = format!("/api/v1/rewards/{}/redeem", customer.as_str().unwrap());
        let redeemed = world.post(&redeem, &till.token, &json!({})).await;
        assert_eq!(
            (redeemed.status.as_u16(), &redeemed.data()["rewards_left"]),
            (200, &json!(0))
        );
        let again = world.post(&redeem, &till.token, &json!({})).await;
        assert_eq!(again.refusal(), (422, "REWARD_ALREADY_REDEEMED"));
        let stamps = till
            .pull(&world)
            .await
            .into_iter()
            .flat_map(|c| c.rows)
            .filter(|r| matches!(r, counterfoil_protocol::sync::Row::Fact(FactRow::Stamp(_))));
        assert_eq!(stamps.count(), 6, "the tills learn of each");
    })
    .await;
}

#[tokio::test]
async fn a_card_is_stamped_once_in_five_minutes() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let customer = enrol(&world, &owner).await["customer_id"].clone();
        assert_eq!(stamp(&world, &owner, &customer).await.status, 201);
        world.clock.advance_ms(60_000);
        let early = stamp(&world, &owner, &customer).await;
        assert_eq!(early.refusal(), (429, "DUPLICATE_STAMP"));
        assert_eq!(early.header("retry-after"), "240");
        world.clock.advance_ms(240_000);
        assert_eq!(stamp(&world, &owner, &customer).await.status, 201);
    })
    .await;
}

#[tokio::test]
async fn a_stamp_needs_a_key_and_a_customer_of_the_shop() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let customer = enrol(&world, &owner).await["customer_id"].clone();
        let body = json!({ "customer_id": customer });
        let keyless = world.post("/api/v1/stamps", &owner, &body).await;
        assert_eq!(keyless.refusal(), (400, "MISSING_IDEMPOTENCY_KEY"));
        let stranger = world.owner("x@lima.pe").await;
        assert_eq!(
            stamp(&world, &stranger, &customer).await.refusal(),
            (404, "NOT_FOUND")
        );
        let redeem = format!("/api/v1/rewards/{}/redeem", customer.as_str().unwrap());
        assert_eq!(
            world.post(&redeem, &stranger, &json!({})).await.refusal(),
            (404, "NOT_FOUND")
        );
        let check = world
            .get("/api/v1/enrollments/check?phone=987654321", &stranger)
            .await;
        assert_eq!(
            check.data(),
            &json!({ "exists": false }),
            "another shop's customer is nobody's here"
        );
    })
    .await;
}

#[tokio::test]
async fn the_same_key_gets_the_first_answer_and_never_another_bodys() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let customer = enrol(&world, &owner).await["customer_id"].clone();
        let key = world.new_id().to_string();
        let body = json!({ "customer_id": customer });
        let first = world
            .post_keyed("/api/v1/stamps", &owner, &key, &body)
            .await;
        world.clock.advance_ms(600_000);
        let again = world
            .post_keyed("/api/v1/stamps", &owner, &key, &body)
            .await;
        assert_eq!((again.status, again.data()), (first.status, first.data()));
        assert_eq!(world.count("SELECT count(*) FROM stamp").await, 1);
        let other = json!({ "customer_id": world.new_id() });
        let reused = world
            .post_keyed("/api/v1/stamps", &owner, &key, &other)
            .await;
        assert_eq!(reused.refusal(), (409, "IDEMPOTENCY_KEY_REUSED"));
        let not_a_uuid = world
            .post_keyed("/api/v1/stamps", &owner, "soon", &body)
            .await;
        assert_eq!(not_a_uuid.refusal(), (400, "VALIDATION_ERROR"));
    })
    .await;
}

#[tokio::test]
async fn the_same_key_sent_twice_at_once_acts_once() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let customer = enrol(&world, &owner).await["customer_id"].clone();
        let key = world.new_id().to_string();
        let body = json!({ "customer_id": customer });
        let post = || world.post_keyed("/api/v1/stamps", &owner, &key, &body);
        let answers = futures::future::join_all([post(), post(), post(), post()]).await;
        assert!(answers.iter().all(|a| a.data() == answers[0].data()));
        assert_eq!(world.count("SELECT count(*) FROM stamp").await, 1);
    })
    .await;
}
