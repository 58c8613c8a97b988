//! Owners: registering, logging in, tokens that age and tokens that are stolen.

use counterfoil_hub::Config;
use serde_json::json;

use crate::support::{PASSWORD, lenient, on_each_engine, on_each_engine_with};

const REGISTER: &str = "/api/v1/auth/register";
const LOGIN: &str = "/api/v1/auth/login";
const REFRESH: &str = "/api/v1/auth/refresh";

#[tokio::test]
async fn an_owner_registers_and_logs_in() {
    on_each_engine(async |world| {
        let registered = world.register("Owner@Lima.pe").await;
        assert_eq!(registered["user"]["email"], "owner@lima.pe");
        let body = json!({ "email": "owner@lima.pe", "password": PASSWORD });
        let login = world.post(LOGIN, "", &body).await;
        assert_eq!(login.data()["user"], registered["user"]);
        let token = login.data()["access_token"].as_str().unwrap();
        assert_eq!(
            world.get("/api/v1/shop", token).await.data()["name"],
            "Café Lima"
        );
    })
    .await;
}

#[tokio::test]
async fn bad_registrations_name_what_is_wrong() {
    on_each_engine(async |world| {
        world.register("o@lima.pe").await;
        for (email, password, name, code) in [
            ("lima.pe", PASSWORD, "Café", (400, "EMAIL_INVALID")),
            ("a@lima.pe", "weak", "Café", (400, "PASSWORD_WEAK")),
            ("a@lima.pe", PASSWORD, "  ", (400, "VALIDATION_ERROR")),
            ("O@lima.pe", PASSWORD, "Café", (409, "EMAIL_EXISTS")),
        ] {
            let body = json!({ "email": email, "password": password, "business_name": name });
            assert_eq!(world.post(REGISTER, "", &body).await.refusal(), code);
        }
        assert_eq!(
            world.count("SELECT count(*) FROM tenants").await,
            1,
            "nothing half made"
        );
    })
    .await;
}

#[tokio::test]
async fn a_shop_that_a_till_made_keeps_its_id_and_is_taken_once() {
    on_each_engine(async |world| {
        let id = world.new_id();
        let body = |email| json!({ "email": email, "password": PASSWORD, "business_name": "X", "business_id": id });
        let first = world.post(REGISTER, "", &body("a@lima.pe")).await;
        assert_eq!(first.data()["user"]["business_id"], json!(id));
        let second = world.post(REGISTER, "", &body("b@lima.pe")).await;
        assert_eq!(second.refusal(), (409, "CONCURRENT_UPDATE"));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_the_same() {
    on_each_engine(async |world| {
        world.register("o@lima.pe").await;
        let wrong = world
            .post(
                LOGIN,
                "",
                &json!({ "email": "o@lima.pe", "password": "Wrong1234" }),
            )
            .await;
        let unknown = world
            .post(
                LOGIN,
                "",
                &json!({ "email": "x@lima.pe", "password": PASSWORD }),
            )
            .await;
        assert_eq!(wrong.refusal(), (401, "INVALID_CREDENTIALS"));
        assert_eq!(wrong.json["error"], unknown.json["error"]);
    })
    .await;
}

#[tokio::test]
async fn an_access_token_is_good_for_fifteen_minutes() {
    on_each_engine(async |world| {
        let token = world.owner("o@lima.pe").await;
        world.clock.advance_ms(15 * 60_000 - 1_001);
        assert_eq!(world.get("/api/v1/shop", &token).await.status, 200);
        world.clock.advance_ms(1_001);
        assert_eq!(
            world.get("/api/v1/shop", &token).await.refusal(),
            (401, "INVALID_TOKEN")
        );
        assert_eq!(
            world.get("/api/v1/shop", "").await.refusal(),
            (401, "MISSING_TOKEN")
        );
        assert_eq!(
            world.get("/api/v1/shop", "e30.e30.x").await.refusal(),
            (401, "INVALID_TOKEN")
        );
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_used_twice_revokes_its_family() {
    on_each_engine(async |world| {
        let registered = world.register("o@lima.pe").await;
        let old = json!({ "refresh_token": registered["refresh_token"] });
        let next = world.post(REFRESH, "", &old).await;
        let newest = json!({ "refresh_token": next.data()["refresh_token"] });
        let key = world.new_id().to_string();
        let renewed = world.post_keyed(REFRESH, "", &key, &newest).await;
        let retried = world.post_keyed(REFRESH, "", &key, &newest).await;
        assert_eq!(retried.data(), renewed.data(), "a lost answer is no theft");
        let newest = json!({ "refresh_token": renewed.data()["refresh_token"] });
        let key = world.new_id().to_string();
        for _ in 0..2 {
            let stolen = world.post_keyed(REFRESH, "", &key, &old).await;
            assert_eq!(stolen.refusal(), (401, "INVALID_TOKEN"), "used");
        }
        assert_eq!(
            world.post(REFRESH, "", &old).await.refusal(),
            (401, "INVALID_TOKEN"),
            "used"
        );
        assert_eq!(
            world.post(REFRESH, "", &newest).await.refusal(),
            (401, "INVALID_TOKEN"),
            "revoked with it"
        );
        let login = world
            .post(
                LOGIN,
                "",
                &json!({ "email": "o@lima.pe", "password": PASSWORD }),
            )
            .await;
        let other = json!({ "refresh_token": login.data()["refresh_token"] });
        assert_eq!(
            world.post(REFRESH, "", &other).await.status,
            200,
            "another family stands"
        );
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_ends_after_seven_days() {
    on_each_engine(async |world| {
        let registered = world.register("o@lima.pe").await;
        let token = json!({ "refresh_token": registered["refresh_token"] });
        world.clock.advance_ms(7 * 86_400_000);
        assert_eq!(
            world.post(REFRESH, "", &token).await.refusal(),
            (401, "INVALID_TOKEN")
        );
    })
    .await;
}

#[tokio::test]
async fn secrets_are_not_in_the_database_in_clear() {
    on_each_engine(async |world| {
        let key = world.new_id().to_string();
        let body = json!({ "email": "o@lima.pe", "password": PASSWORD, "business_name": "X" });
        let first = world.post_keyed(REGISTER, "", &key, &body).await;
        use sqlx::Row as _;
        let row = sqlx::query("SELECT password_hash FROM users")
            .fetch_one(world.hub.db.reader())
            .await
            .unwrap();
        assert!(row.get::<String, _>(0).starts_with("$argon2id$"));
        let row = sqlx::query("SELECT answer FROM idempotency")
            .fetch_one(world.hub.db.reader())
            .await
            .unwrap();
        let kept: String = row.get(0);
        assert!(!kept.contains("cfr_") && !kept.contains("lima"));
        let again = world.post_keyed(REGISTER, "", &key, &body).await;
        assert_eq!(
            (again.status, again.data()),
            (first.status, first.data()),
            "yet a retry gets it"
        );
    })
    .await;
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    let config = Config {
        auth_rate_limit: 2,
        ..lenient()
    };
    on_each_engine_with(config, async |world| {
        let body = json!({ "email": "o@lima.pe", "password": "Wrong1234" });
        let first = world.post(LOGIN, "", &body).await;
        assert_eq!(
            (
                first.header("x-ratelimit-limit"),
                first.header("x-ratelimit-remaining")
            ),
            ("2", "1")
        );
        world.post(LOGIN, "", &body).await;
        let third = world.post(LOGIN, "", &body).await;
        assert_eq!(third.refusal(), (429, "RATE_LIMIT"));
        assert_eq!(third.header("retry-after"), "900");
        world.clock.advance_ms(15 * 60_000);
        assert_eq!(
            world.post(LOGIN, "", &body).await.refusal(),
            (401, "INVALID_CREDENTIALS")
        );
    })
    .await;
}
