//! Pull, snapshot, and the walls between shops.

use counterfoil_domain::entity::Customer;
use counterfoil_domain::op::{CustomerEnrolled, EntityDeleted, EntityEdited};
use counterfoil_domain::{CustomerId, EntityKind, Op, UnixMs};
use serde_json::json;

use crate::push::stamp;
use crate::support::{Till, World, on_each_engine, on_each_engine_with};

fn edit(id: uuid::Uuid, fields: serde_json::Value) -> Op {
    let fields = serde_json::from_value(fields).unwrap();
    Op::EntityEdited(EntityEdited {
        entity: EntityKind::Customer,
        id,
        fields,
    })
}

pub fn enrolment(world: &World, phone: &str) -> (CustomerId, Op) {
    let customer_id = CustomerId(world.new_id());
    let customer = Customer {
        name: "Rosa".to_owned(),
        phone: phone.to_owned(),
        enrolled_at: UnixMs(0),
        note: String::new(),
        cards_lost: 0,
    };
    (
        customer_id,
        Op::CustomerEnrolled(CustomerEnrolled {
            customer_id,
            customer,
        }),
    )
}

#[tokio::test]
async fn the_last_writer_of_a_field_wins_in_whatever_order_edits_arrive() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let (mut early, mut late) = (world.till(&owner).await, world.till(&owner).await);
        early.clock_off_ms = -60_000;
        let id = world.new_id();
        late.act(&world, edit(id, json!({ "name": "Late" }))).await;
        early
            .act(&world, edit(id, json!({ "name": "Early", "note": "kept" })))
            .await;
        let row = late.entity(&world, id).await.unwrap();
        assert_eq!(
            (&row.fields["name"], &row.fields["note"]),
            (&json!("Late"), &json!("kept"))
        );
    })
    .await;
}

#[tokio::test]
async fn a_deleted_customer_comes_back_with_a_later_stamp() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let (customer, op) = enrolment(&world, "+51987654321");
        till.act(&world, op).await;
        world.clock.advance_ms(1000);
        till.act(
            &world,
            Op::EntityDeleted(EntityDeleted {
                entity: EntityKind::Customer,
                id: customer.0,
            }),
        )
        .await;
        assert!(till.entity(&world, customer.0).await.unwrap().deleted);
        world.clock.advance_ms(1000);
        let op = stamp(&world, customer);
        till.act(&world, op).await;
        let row = till.entity(&world, customer.0).await.unwrap();
        assert_eq!((row.deleted, &row.fields["name"]), (false, &json!("Rosa")));
    })
    .await;
}

#[tokio::test]
async fn a_pull_goes_on_after_its_cursor_in_pages() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        for _ in 0..6 {
            let op = stamp(&world, CustomerId(world.new_id()));
            till.act(&world, op).await;
        }
        let epoch = world.hub.epoch;
        let page = world
            .get(
                &format!("/api/v1/sync/pull?epoch={epoch}&after=3&limit=2"),
                &till.token,
            )
            .await;
        let seqs: Vec<_> = page.data()["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["seq"].clone())
            .collect();
        assert_eq!(seqs, [json!(4), json!(5)]);
        assert_eq!(page.data()["head"], 8);
        let end = world.get("/api/v1/sync/pull?after=8", &till.token).await;
        assert_eq!(end.data()["changes"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_pull_carries_at_most_a_megabyte_and_at_least_one_change() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let long = "x".repeat(200_000);
        for _ in 0..7 {
            till.act(&world, edit(world.new_id(), json!({ "name": long })))
                .await;
        }
        let page = world.get("/api/v1/sync/pull?after=2", &till.token).await;
        assert_eq!(page.data()["changes"].as_array().unwrap().len(), 5);
        assert!(
            page.bytes.len() <= 1024 * 1024 + 1024,
            "{}",
            page.bytes.len()
        );
        assert_eq!(till.pull(&world).await.len(), 9, "the rest follows");
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_another_epoch_is_told_to_start_anew() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let op = stamp(&world, CustomerId(world.new_id()));
        till.act(&world, op).await;
        for cursor in [
            format!("epoch={}&after=1", world.new_id()),
            format!("epoch={}&after=99", world.hub.epoch),
        ] {
            let answer = world
                .get(&format!("/api/v1/sync/pull?{cursor}"), &till.token)
                .await;
            let data = answer.data();
            assert_eq!(data["status"], "epoch_changed", "{cursor}");
            assert_eq!((&data["head"], &data["last_seq"]), (&json!(3), &json!(1)));
        }
        let nonsense = world.get("/api/v1/sync/pull?after=soon", &till.token).await;
        assert_eq!(nonsense.refusal(), (400, "VALIDATION_ERROR"));
    })
    .await;
}

#[tokio::test]
async fn no_shop_sees_another_shops_rows() {
    on_each_engine(async |world| {
        let (ours, theirs) = (
            world.owner("a@lima.pe").await,
            world.owner("b@lima.pe").await,
        );
        let (mut till, mut other) = (world.till(&ours).await, world.till(&theirs).await);
        let (customer, op) = enrolment(&world, "+51987654321");
        till.act(&world, op.clone()).await;
        // The very same ids in another shop are another customer, stamp and operation.
        let op_id = counterfoil_domain::OpId(world.new_id());
        let stamping = stamp(&world, customer);
        for till in [&mut till, &mut other] {
            let sealed = till.seal_as(&world, op_id, &stamping);
            till.push(&world, &[sealed]).await;
        }
        assert_eq!(world.count("SELECT count(*) FROM stamp").await, 2);
        assert!(other.entity(&world, customer.0).await.is_none());
        let text = world
            .get("/api/v1/sync/pull", &other.token)
            .await
            .json
            .to_string();
        assert!(!text.contains("Rosa") && !text.contains(&till.device.to_string()));
    })
    .await;
}

fn images() -> counterfoil_hub::Config {
    counterfoil_hub::Config {
        image_from_changes: 1,
        ..crate::support::lenient()
    }
}

#[tokio::test]
async fn an_image_is_a_tills_database_and_comes_in_pieces() {
    on_each_engine_with(images(), async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let (customer, op) = enrolment(&world, "+51987654321");
        till.act(&world, op).await;
        let op = stamp(&world, customer);
        till.act(&world, op).await;
        let offer = world
            .get("/api/v1/sync/image", &till.token)
            .await
            .data()
            .clone();
        assert_eq!(offer["status"], "ready");
        let whole = world.get(&bytes_of(&offer), &till.token).await;
        assert_eq!(
            (whole.status.as_u16(), whole.header("content-type")),
            (200, "application/gzip")
        );
        assert_eq!(whole.bytes.len() as u64, offer["bytes"]);
        let (head, customers, stamps) = read_image(&whole.bytes).await;
        assert_eq!(
            (head.as_str(), customers, stamps),
            (offer["seq"].to_string().as_str(), 1, 1)
        );
        // Something happens meanwhile; the download still goes on where it broke off.
        let op = stamp(&world, customer);
        till.act(&world, op).await;
        let first = piece(&world, &till, &offer, "bytes=0-99").await;
        let rest = piece(&world, &till, &offer, "bytes=100-").await;
        assert_eq!((first.status.as_u16(), rest.status.as_u16()), (206, 206));
        assert_eq!([&first.bytes[..], &rest.bytes].concat(), whole.bytes);
        let beyond = piece(&world, &till, &offer, "bytes=99999999-").await;
        assert_eq!(beyond.status.as_u16(), 416);
    })
    .await;
}

#[tokio::test]
async fn tills_that_start_together_share_an_image_and_a_repair_gets_what_it_needs() {
    on_each_engine_with(images(), async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let other = world.till(&owner).await;
        let ask = async |query: &str, till: &Till| {
            let path = format!("/api/v1/sync/image{query}");
            world.get(&path, &till.token).await.data().clone()
        };
        let first = ask("", &till).await;
        let op = stamp(&world, CustomerId(world.new_id()));
        till.act(&world, op).await;
        assert_eq!(ask("", &other).await, first, "a little old is good enough");
        let head = till.pull(&world).await.len();
        let newer = ask(&format!("?at_least={head}&repair=true"), &till).await;
        assert_eq!(newer["seq"], head);
        let begun = first["id"].as_str().unwrap();
        assert_eq!(ask(&format!("?resume={begun}"), &other).await, first);
        let ahead = ask(&format!("?at_least={}", head + 1), &till).await;
        assert_eq!(
            ahead["status"], "pull",
            "a pull says that the hub was restored"
        );
    })
    .await;
}

#[tokio::test]
async fn a_small_shop_is_pulled_unless_it_is_to_be_repaired() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let till = world.till(&owner).await;
        let plain = world.get("/api/v1/sync/image", &till.token).await;
        assert_eq!(plain.data()["status"], "pull");
        let repair = world
            .get("/api/v1/sync/image?repair=true", &till.token)
            .await;
        assert_eq!(repair.data()["status"], "ready");
    })
    .await;
}

#[tokio::test]
async fn no_shop_gets_another_shops_image() {
    on_each_engine_with(images(), async |world| {
        let (ours, theirs) = (
            world.owner("a@lima.pe").await,
            world.owner("b@lima.pe").await,
        );
        let (till, stranger) = (world.till(&ours).await, world.till(&theirs).await);
        let offer = world
            .get("/api/v1/sync/image", &till.token)
            .await
            .data()
            .clone();
        let refused = world.get(&bytes_of(&offer), &stranger.token).await;
        assert_eq!(refused.refusal(), (404, "NOT_FOUND"));
        let resumed = format!(
            "/api/v1/sync/image?resume={}",
            offer["id"].as_str().unwrap()
        );
        let own = world.get(&resumed, &stranger.token).await;
        assert_ne!(own.data()["id"], offer["id"]);
    })
    .await;
}

#[tokio::test]
async fn the_sums_move_with_the_rows() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let before = world
            .get("/api/v1/sync/sums", &till.token)
            .await
            .data()
            .clone();
        let op = stamp(&world, CustomerId(world.new_id()));
        till.act(&world, op).await;
        let after = world
            .get("/api/v1/sync/sums", &till.token)
            .await
            .data()
            .clone();
        assert_eq!(
            after["seq"].as_u64(),
            before["seq"].as_u64().map(|seq| seq + 1)
        );
        assert_eq!(after["sums"]["entity"], before["sums"]["entity"]);
        assert_ne!(after["sums"]["stamp"], before["sums"]["stamp"]);
    })
    .await;
}

fn bytes_of(offer: &serde_json::Value) -> String {
    format!("/api/v1/sync/images/{}", offer["id"].as_str().unwrap())
}

async fn piece(
    world: &World,
    till: &Till,
    offer: &serde_json::Value,
    range: &str,
) -> crate::support::Answer {
    let request = crate::support::plain(axum::http::Method::GET, &bytes_of(offer), &till.token)
        .header("range", range);
    world
        .send(request.body(axum::body::Body::empty()).unwrap())
        .await
}

/// The cursor in an image, and how many customers and stamps it has.
async fn read_image(gzip: &[u8]) -> (String, i64, i64) {
    use sqlx::{Connection as _, Row as _};
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::copy(&mut flate2::read::GzDecoder::new(gzip), &mut file).unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file.path());
    let mut image = sqlx::SqliteConnection::connect_with(&options)
        .await
        .unwrap();
    let row = sqlx::query(
        "SELECT (SELECT value FROM meta WHERE key = 'cursor') AS cursor,
                (SELECT count(*) FROM customer) AS customers,
                (SELECT balance FROM stamp_balance) AS stamps",
    )
    .fetch_one(&mut image)
    .await
    .unwrap();
    (row.get("cursor"), row.get("customers"), row.get("stamps"))
}

#[tokio::test]
async fn a_till_that_is_too_old_may_push_but_not_pull() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let till = world.till(&owner).await;
        let old = async |method: axum::http::Method, path: &str, body: Vec<u8>| {
            let request = crate::support::plain(method, path, &till.token)
                .header("x-counterfoil-protocol", "0")
                .header("x-device-signature", till.sign(&body));
            world
                .send(request.body(axum::body::Body::from(body)).unwrap())
                .await
        };
        let pull = old(axum::http::Method::GET, "/api/v1/sync/pull", Vec::new()).await;
        assert_eq!(pull.refusal(), (426, "UPGRADE_REQUIRED"));
        let batch = json!({ "incarnation": till.incarnation, "ops": [] })
            .to_string()
            .into_bytes();
        let push = old(axum::http::Method::POST, "/api/v1/sync/push", batch).await;
        assert_eq!(push.data()["status"], "accepted");
    })
    .await;
}
