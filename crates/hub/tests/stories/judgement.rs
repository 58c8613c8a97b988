//! What waits for an owner's judgement: what a revoked device pushed, and what the hub could not read.

use counterfoil_domain::fact::StockReason;
use counterfoil_domain::op::StockMoved;
use counterfoil_domain::{CustomerId, Op, OpId, ProductId, Quantity};
use counterfoil_protocol::sync::{Outcome, PushReply};
use serde_json::{Value, json};

use crate::push::stamp;
use crate::support::{Till, World, on_each_engine, sale};

/// A revoked till that pushed a sale and two stamps nevertheless.
async fn revoked_till_that_pushes(world: &World, owner: &str) -> Till {
    let mut till = world.till(owner).await;
    let revoke = format!("/api/v1/devices/{}/revoke", till.device);
    world.post(&revoke, owner, &json!({})).await.data();
    let sold = Op::SaleCompleted(sale(world, &till, 500));
    let customer = CustomerId(world.new_id());
    let ops = [sold, stamp(world, customer), stamp(world, customer)];
    let sealed: Vec<_> = ops.iter().map(|op| till.seal(world, op)).collect();
    let answer = till.push_answer(world, &sealed).await;
    assert_eq!(answer.refusal(), (403, "DEVICE_REVOKED"));
    till
}

#[tokio::test]
async fn an_owner_sees_what_a_revoked_device_pushed_by_kind_and_in_pages() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let till = revoked_till_that_pushes(&world, &owner).await;
        let path = format!("/api/v1/devices/{}/quarantine", till.device);
        let answer = world
            .get(&format!("{path}?per_page=2&page=2"), &owner)
            .await;
        let kinds = &answer.data()["kinds"];
        let counted = |n: usize| {
            (
                kinds[n]["kind"].as_str().unwrap(),
                kinds[n]["operations"].as_u64().unwrap(),
            )
        };
        assert_eq!(
            (counted(0), counted(1)),
            (("sale_completed", 1), ("stamp_given", 2))
        );
        assert_eq!(answer.data()["operations"].as_array().unwrap().len(), 1);
        assert_eq!(answer.data()["operations"][0]["seq"], 3);
        assert_eq!(answer.json["meta"]["total"], 3);
        assert_eq!(answer.json["meta"]["total_pages"], 2);
        assert!(
            !answer.json.to_string().contains("payload"),
            "no customer's data in a list"
        );
        let other = world.owner("other@lima.pe").await;
        assert_eq!(world.get(&path, &other).await.refusal().0, 404);
        assert_eq!(world.get(&path, &till.token).await.refusal().0, 403);
        let bad = world.get(&format!("{path}?page=0"), &owner).await;
        assert_eq!(bad.refusal(), (400, "VALIDATION_ERROR"));
    })
    .await;
}

#[tokio::test]
async fn what_an_owner_rejects_counts_nowhere_and_is_gone() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let till = revoked_till_that_pushes(&world, &owner).await;
        let path = format!("/api/v1/devices/{}/reject", till.device);
        let other = world.owner("other@lima.pe").await;
        let foreign = world.post(&path, &other, &json!({})).await;
        assert_eq!(foreign.refusal().0, 404);
        let key = world.new_id().to_string();
        let rejected = world.post_keyed(&path, &owner, &key, &json!({})).await;
        let done = json!({ "rejected": 3, "held_operations": 0 });
        assert_eq!(rejected.data(), &done);
        let again = world.post_keyed(&path, &owner, &key, &json!({})).await;
        assert_eq!(again.data(), &done, "a repeated request did it once");
        assert_eq!(world.count("SELECT count(*) FROM quarantine").await, 0);
        assert_eq!(world.count("SELECT count(*) FROM sale").await, 0);
        let release = format!("/api/v1/devices/{}/release", till.device);
        let released = world.post(&release, &owner, &json!({})).await;
        assert_eq!(released.data()["released"], 0);
    })
    .await;
}

#[tokio::test]
async fn a_device_that_is_paired_again_brings_what_it_kept() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = revoked_till_that_pushes(&world, &owner).await;
        let code = world.pairing_code(&owner).await;
        let (_, key) = Till::unpaired(&world);
        let request = Till::request(till.device, &key, &code);
        let paired = world.post("/api/v1/devices", "", &request).await;
        till.token = paired.data()["device_token"].as_str().unwrap().to_owned();
        till.key = key;
        // The same device and chain go on; what is kept aside is the same operations, and counts once.
        let op = stamp(&world, CustomerId(world.new_id()));
        let next = till.seal(&world, &op);
        let reply = till.push(&world, std::slice::from_ref(&next)).await;
        assert!(
            matches!(reply, PushReply::Gap { last_seq: 0, .. }),
            "{reply:?}"
        );
        let release = format!("/api/v1/devices/{}/release", till.device);
        world.post(&release, &owner, &json!({})).await.data();
        let reply = till.push(&world, std::slice::from_ref(&next)).await;
        assert!(
            matches!(reply, PushReply::Accepted { last_seq: 4, .. }),
            "{reply:?}"
        );
        assert_eq!(world.count("SELECT count(*) FROM sale").await, 1);
        assert_eq!(world.count("SELECT count(*) FROM stamp").await, 3);
    })
    .await;
}

/// An operation of a kind that no hub reads yet, and one behind it.
async fn bury(world: &World, till: &mut Till) -> OpId {
    let op_id = OpId(world.new_id());
    let unreadable = till.seal_raw(world, op_id, "from_tomorrow", 9, "{}".to_owned());
    let op = stamp(world, CustomerId(world.new_id()));
    let next = till.seal(world, &op);
    let reply = till.push(world, &[unreadable, next]).await;
    let PushReply::Accepted { results, .. } = reply else {
        panic!("{reply:?}")
    };
    assert!(matches!(results[0].outcome, Outcome::DeadLetter { .. }));
    assert_eq!(results[1].outcome, Outcome::Applied);
    op_id
}

/// What an upgrade of the hub does: the same bytes are read from now on.
async fn learn_to_read(world: &World, till: &Till, op_id: OpId) {
    let op = stamp(world, CustomerId(world.new_id()));
    let device = write_letter(world, op_id, &op).await;
    assert_eq!(device, json!(till.device));
}

/// Makes the dead letter say `op`; gives back whose it is.
async fn write_letter(world: &World, op_id: OpId, op: &Op) -> Value {
    let raw: Value = {
        let listed = world
            .get("/api/v1/dead-letters", &owner_of(world).await)
            .await;
        let letters = listed.data().as_array().unwrap();
        let letter = letters.iter().find(|l| l["op_id"] == json!(op_id));
        serde_json::from_str(letter.unwrap()["raw"].as_str().unwrap()).unwrap()
    };
    let device = raw["device_id"].clone();
    let mut readable = raw;
    readable["kind"] = json!(op.kind());
    readable["version"] = json!(Op::VERSION);
    readable["payload"] = json!(op.payload().unwrap());
    let sql = format!(
        "UPDATE dead_letters SET raw = '{}' WHERE op_id = '{op_id}'",
        readable.to_string().replace('\'', "''")
    );
    world.run_sql(&sql).await;
    device
}

async fn owner_of(world: &World) -> String {
    let body = json!({ "email": "o@lima.pe", "password": crate::support::PASSWORD });
    let answer = world.post("/api/v1/auth/login", "", &body).await;
    answer.data()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_dead_letter_is_listed_as_it_came_and_stays_while_nobody_can_read_it() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let op_id = bury(&world, &mut till).await;
        let listed = world.get("/api/v1/dead-letters", &owner).await;
        let letter = &listed.data()[0];
        assert_eq!(letter["op_id"], json!(op_id));
        assert_eq!(
            (&letter["kind"], &letter["version"]),
            (&json!("from_tomorrow"), &json!(9))
        );
        assert_eq!(listed.json["meta"]["total"], 1);
        let head = till.pull(&world).await.len();
        let path = format!("/api/v1/dead-letters/{op_id}/retry");
        let tried = world.post(&path, &owner, &json!({})).await;
        assert_eq!(tried.data()["outcome"], "dead_letter");
        assert_eq!(till.pull(&world).await.len(), head, "nothing has happened");
        let other = world.owner("other@lima.pe").await;
        assert_eq!(world.post(&path, &other, &json!({})).await.refusal().0, 404);
        let foreign = world.get("/api/v1/dead-letters", &other).await;
        assert_eq!(foreign.data(), &json!([]));
        let device = world.get("/api/v1/dead-letters", &till.token).await;
        assert_eq!(device.refusal(), (403, "FORBIDDEN"));
    })
    .await;
}

#[tokio::test]
async fn a_dead_letter_that_the_hub_has_learnt_to_read_is_applied_as_its_devices_own() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let op_id = bury(&world, &mut till).await;
        learn_to_read(&world, &till, op_id).await;
        let path = format!("/api/v1/dead-letters/{op_id}/retry");
        let tried = world.post(&path, &owner, &json!({})).await;
        assert_eq!(tried.data()["outcome"], "applied", "{}", tried.json);
        let changes = till.pull(&world).await;
        let last = changes.last().unwrap();
        let origin = last.origin.unwrap();
        assert_eq!(
            (origin.op_id, origin.device_id, origin.seq),
            (op_id, till.device, 1)
        );
        assert_eq!(last.outcome, Outcome::Applied);
        assert_eq!(world.count("SELECT count(*) FROM stamp").await, 2);
        assert_eq!(world.count("SELECT count(*) FROM dead_letters").await, 0);
        let result = "SELECT count(*) FROM operations WHERE result LIKE '%dead_letter%'";
        assert_eq!(world.count(result).await, 0, "a retry hears the same");
        let again = world.post(&path, &owner, &json!({})).await;
        assert_eq!(again.refusal().0, 404, "it is no dead letter any more");
        let report = counterfoil_hub::backup::verify_database(&world.place.database)
            .await
            .unwrap();
        assert!(report.is_sound(), "{report}");
    })
    .await;
}

#[tokio::test]
async fn of_two_operations_with_one_id_the_second_never_counts() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let op_id = OpId(world.new_id());
        let first = till.seal_as(&world, op_id, &stamp(&world, CustomerId(world.new_id())));
        let second = till.seal_as(&world, op_id, &stamp(&world, CustomerId(world.new_id())));
        till.push(&world, &[first, second]).await;
        let path = format!("/api/v1/dead-letters/{op_id}/retry");
        let tried = world.post(&path, &owner, &json!({})).await;
        assert_eq!(tried.data()["outcome"], "dead_letter");
        assert_eq!(world.count("SELECT count(*) FROM stamp").await, 1);
        let changes = till.pull(&world).await;
        let tells = changes
            .iter()
            .filter(|c| c.origin.is_some_and(|o| o.op_id == op_id));
        assert_eq!(tells.count(), 2);
    })
    .await;
}

/// The till gave up waiting and did its delivery again; then the owner had the hub try the old one again.
#[tokio::test]
async fn a_dead_letter_that_was_done_again_meanwhile_counts_once() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let delivery = Op::StockMoved(StockMoved {
            product_id: ProductId(world.new_id()),
            quantity: Quantity::pieces(3),
            reason: StockReason::Delivered,
        });
        let first = OpId(world.new_id());
        let payload = delivery.payload().unwrap();
        let unreadable = till.seal_raw(&world, first, "from_tomorrow", 9, payload.clone());
        till.push(&world, &[unreadable]).await;
        let again = till.seal_again(&world, first, &delivery);
        till.push(&world, &[again]).await;
        write_letter(&world, first, &delivery).await;
        let path = format!("/api/v1/dead-letters/{first}/retry");
        let tried = world.post(&path, &owner, &json!({})).await;
        assert_eq!(tried.data()["outcome"], "applied", "{}", tried.json);
        assert_eq!(world.count("SELECT count(*) FROM stock").await, 1);
        let total = "SELECT quantity_milli FROM stock_balance";
        assert_eq!(world.count(total).await, 3_000);
    })
    .await;
}
