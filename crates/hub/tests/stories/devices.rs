//! Pairing, and a device that its owner no longer trusts.

use counterfoil_domain::Op;
use counterfoil_domain::entity::Shop;
use counterfoil_domain::op::EntityEdited;
use counterfoil_domain::{CustomerId, EntityKind};
use counterfoil_protocol::sync::Outcome;
use serde_json::json;

use crate::push::stamp;
use crate::support::{Till, on_each_engine};

#[tokio::test]
async fn tills_get_codes_of_their_own_and_one_card_key() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let first = world.till(&owner).await;
        let second = world.till(&owner).await;
        assert_eq!(
            (first.till_code.as_str(), second.till_code.as_str()),
            ("T1", "T2")
        );
        let shop: Shop = first
            .entity(&world, first.tenant.0)
            .await
            .unwrap()
            .read()
            .unwrap();
        assert_eq!(shop.card_keys.len(), 1);
        let listed = world.get("/api/v1/devices", &owner).await;
        assert_eq!(listed.data().as_array().unwrap().len(), 2);
        assert_eq!(listed.json["meta"]["total"], 2);
        assert_eq!(
            world
                .count("SELECT count(*) FROM devices WHERE token_hash LIKE 'cfd%'")
                .await,
            0
        );
    })
    .await;
}

#[tokio::test]
async fn a_pairing_code_shows_the_hub_and_itself_as_qr() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let answer = world
            .post("/api/v1/devices/pairing-codes", &owner, &json!({}))
            .await;
        let data = answer.data();
        let uri = counterfoil_protocol::pairing::PairingUri::parse(data["uri"].as_str().unwrap())
            .unwrap();
        assert_eq!(uri.code, data["code"].as_str().unwrap());
        assert!(data["qr_svg"].as_str().unwrap().contains("<svg"));
        assert_eq!(data["expires_at"], "2026-01-05T17:10:00.000Z");
    })
    .await;
}

#[tokio::test]
async fn a_pairing_code_is_good_once_and_for_ten_minutes() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let code = world.pairing_code(&owner).await;
        let spoken = format!("{}-{}", &code[..5], &code[5..]).to_lowercase();
        Till::pair(&world, &spoken).await;
        let (device, key) = Till::unpaired(&world);
        let present = async |code: &str| {
            let body = Till::request(device, &key, code);
            world
                .post("/api/v1/devices", "", &body)
                .await
                .status
                .as_u16()
        };
        assert_eq!(present(&code).await, 401, "used");
        let code = world.pairing_code(&owner).await;
        world.clock.advance_ms(10 * 60_000);
        assert_eq!(present(&code).await, 401, "expired");
        assert_eq!(present("0000000000").await, 401, "of another hub");
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_to_a_pairing_is_given_again() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let code = world.pairing_code(&owner).await;
        let (device, key) = Till::unpaired(&world);
        let body = Till::request(device, &key, &code);
        let idem = world.new_id().to_string();
        let first = world.post_keyed("/api/v1/devices", "", &idem, &body).await;
        let again = world.post_keyed("/api/v1/devices", "", &idem, &body).await;
        assert_eq!(first.data(), again.data());
    })
    .await;
}

#[tokio::test]
async fn a_device_that_is_paired_again_keeps_its_till_code() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let till = world.till(&owner).await;
        let code = world.pairing_code(&owner).await;
        let body = Till::request(till.device, &till.key, &code);
        let again = world.post("/api/v1/devices", "", &body).await;
        assert_eq!(again.data()["till_code"], "T1");
        assert_eq!(
            world.get("/api/v1/sync/pull", &till.token).await.refusal(),
            (401, "INVALID_TOKEN")
        );
    })
    .await;
}

#[tokio::test]
async fn a_till_of_another_shop_is_refused_and_the_code_stays_good() {
    on_each_engine(async |world| {
        let stranger = world.owner("s@cusco.pe").await;
        let till = world.till(&stranger).await;
        let owner = world.owner("o@lima.pe").await;
        let code = world.pairing_code(&owner).await;
        let mut body = Till::request(till.device, &till.key, &code);
        body["tenant_id"] = json!(till.tenant);
        assert_eq!(
            world.post("/api/v1/devices", "", &body).await.refusal(),
            (409, "ANOTHER_SHOP")
        );
        let devices = world.get("/api/v1/devices", &owner).await;
        assert_eq!(devices.data(), &json!([]));
        Till::pair(&world, &code).await;
    })
    .await;
}

#[tokio::test]
async fn a_bad_public_key_is_refused_and_leaves_the_code_good() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let code = world.pairing_code(&owner).await;
        let body =
            json!({ "code": code, "device_id": world.new_id(), "public_key": "AAAA", "name": "x" });
        assert_eq!(
            world.post("/api/v1/devices", "", &body).await.refusal(),
            (400, "VALIDATION_ERROR")
        );
        Till::pair(&world, &code).await;
    })
    .await;
}

#[tokio::test]
async fn only_an_owner_makes_codes_lists_and_revokes() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let till = world.till(&owner).await;
        let revoke = format!("/api/v1/devices/{}/revoke", till.device);
        assert_eq!(
            world.get("/api/v1/devices", &till.token).await.refusal(),
            (403, "FORBIDDEN")
        );
        assert_eq!(
            world.post(&revoke, &till.token, &json!({})).await.refusal(),
            (403, "FORBIDDEN")
        );
        let stranger = world.owner("x@lima.pe").await;
        assert_eq!(
            world.post(&revoke, &stranger, &json!({})).await.refusal(),
            (404, "NOT_FOUND")
        );
    })
    .await;
}

#[tokio::test]
async fn a_revoked_device_gets_nothing_and_what_it_pushes_is_kept_aside() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let revoke = format!("/api/v1/devices/{}/revoke", till.device);
        assert_eq!(world.post(&revoke, &owner, &json!({})).await.status, 200);
        for path in ["/api/v1/sync/pull", "/api/v1/sync/image", "/api/v1/shop"] {
            assert_eq!(
                world.get(path, &till.token).await.refusal(),
                (403, "DEVICE_REVOKED"),
                "{path}"
            );
        }
        let op = stamp(&world, CustomerId(world.new_id()));
        let op = till.seal(&world, &op);
        for _ in 0..2 {
            let answer = till.push_answer(&world, std::slice::from_ref(&op)).await;
            assert_eq!(answer.refusal(), (403, "DEVICE_REVOKED"));
        }
        assert_eq!(world.count("SELECT count(*) FROM stamp").await, 0);
        assert_eq!(
            world.count("SELECT count(*) FROM quarantine").await,
            1,
            "once"
        );
        let listed = world.get("/api/v1/devices", &owner).await;
        assert_eq!(listed.data()[0]["held_operations"], 1);
        let release = format!("/api/v1/devices/{}/release", till.device);
        let released = world.post(&release, &owner, &json!({})).await;
        assert_eq!(
            released.data(),
            &json!({ "released": 1, "held_operations": 0 })
        );
        assert_eq!(
            world.count("SELECT count(*) FROM stamp").await,
            1,
            "the owner let it count"
        );
        let pull = world.get("/api/v1/sync/pull", &till.token).await;
        assert_eq!(
            pull.refusal(),
            (403, "DEVICE_REVOKED"),
            "yet it stays revoked"
        );
    })
    .await;
}

#[tokio::test]
async fn a_push_must_be_signed_by_the_device_over_these_bytes() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let op = stamp(&world, CustomerId(world.new_id()));
        let op = till.seal(&world, &op);
        let body =
            serde_json::to_vec(&json!({ "incarnation": till.incarnation, "ops": [op] })).unwrap();
        let other = Till::unpaired(&world).1;
        let forged = Till {
            key: other,
            ..till.clone()
        }
        .sign(&body);
        let refused = (401, "SIGNATURE_INVALID");
        assert_eq!(till.push_raw(&world, &body, None).await.refusal(), refused);
        assert_eq!(
            till.push_raw(&world, &body, Some("not base64!"))
                .await
                .refusal(),
            refused
        );
        assert_eq!(
            till.push_raw(&world, &body, Some(&forged)).await.refusal(),
            refused
        );
        let good = till.sign(&body);
        let changed = [&body[..], b" "].concat();
        assert_eq!(
            till.push_raw(&world, &changed, Some(&good)).await.refusal(),
            refused
        );
        assert_eq!(till.push_raw(&world, &body, Some(&good)).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_device_pushes_in_no_other_devices_name() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut first = world.till(&owner).await;
        let second = world.till(&owner).await;
        let op = stamp(&world, CustomerId(world.new_id()));
        let op = first.seal(&world, &op);
        let body =
            serde_json::to_vec(&json!({ "incarnation": first.incarnation, "ops": [op] })).unwrap();
        let answer = second
            .push_raw(&world, &body, Some(&second.sign(&body)))
            .await;
        assert_eq!(answer.refusal(), (400, "VALIDATION_ERROR"));
    })
    .await;
}

#[tokio::test]
async fn card_keys_of_till_and_hub_accumulate_in_either_order() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        // The till made its shop, and a key of its own, long before it met the hub.
        till.clock_off_ms = -86_400_000;
        let fields = json!({
            "name": "Bodega Rosa", "stamps_required": 7,
            "card_keys": [{ "key_id": 1, "public_key": "AAAA", "revoked": false }],
        });
        let edit = EntityEdited {
            entity: EntityKind::Shop,
            id: till.tenant.0,
            fields: serde_json::from_value(fields).unwrap(),
        };
        assert_eq!(
            till.act(&world, Op::EntityEdited(edit)).await,
            Outcome::Applied
        );
        let shop: Shop = till
            .entity(&world, till.tenant.0)
            .await
            .unwrap()
            .read()
            .unwrap();
        assert_eq!(
            (
                shop.name.as_str(),
                shop.stamps_required,
                shop.card_keys.len()
            ),
            ("Bodega Rosa", 7, 2)
        );
    })
    .await;
}
