//! What people decide about changes that the hub did not take, and about fields that two sides set at once.

use counterfoil_domain::{EntityKind, Hlc, Op, OpId};
use counterfoil_store::OpFate;
use counterfoil_store::read::desk;
use counterfoil_testkit::edit;
use serde_json::json;
use uuid::Uuid;

use crate::common::{EPOCH, Hub, Till};

/// A till whose operation the hub cannot read.
fn stuck(op: impl FnOnce(&Till) -> Op, kind: &str) -> (Till, Hub, OpId) {
    let (till, mut hub) = Till::in_step();
    hub.unreadable.push(kind.to_owned());
    let op_id = till
        .store
        .transact(op(&till), Some(till.shop.cashier))
        .unwrap();
    hub.sync(&till);
    assert_eq!(till.store.outbox_counts().unwrap().stuck, 1);
    // The hub was updated meanwhile.
    hub.unreadable.clear();
    (till, hub, op_id)
}

fn sale(till: &Till) -> Op {
    Op::SaleCompleted(till.shop.sale(1, &[(0, 2)], None, till.now()).unwrap())
}

fn agrees(till: &Till, hub: &Hub) {
    let witness = Till::of(till.shop.other_till("T2"), 9);
    hub.pull(&witness);
    assert_eq!(
        till.store.checksum().unwrap(),
        witness.store.checksum().unwrap()
    );
}

#[test]
fn a_sale_that_the_hub_could_not_read_is_done_again_and_counts_once() {
    let (till, mut hub, old) = stuck(sale, "sale_completed");
    let before: i64 = till.value("SELECT quantity_milli FROM stock_balance ORDER BY 1 LIMIT 1");
    let new = till.store.redo(old, Some(till.shop.owner)).unwrap();
    assert_ne!(new, old);
    let after: i64 = till.value("SELECT quantity_milli FROM stock_balance ORDER BY 1 LIMIT 1");
    assert_eq!((before, till.count("sale")), (after, 1));
    assert_eq!(till.store.outbox_counts().unwrap().stuck, 0);
    hub.sync(&till);
    hub.pull(&till);
    assert_eq!(till.state_of(new), "confirmed");
    assert_eq!(till.value::<i64>("SELECT sum(pending) FROM stock"), 0);
    agrees(&till, &hub);
}

#[test]
fn every_kind_of_fact_is_done_again_without_counting_twice() {
    type Make = fn(&Till) -> Op;
    let kinds: [(Make, &str); 3] = [
        (|till| till.shop.deliver(0, 3), "stock_moved"),
        (|till| till.shop.stamp(till.shop.id()), "stamp_given"),
        (
            |till| till.shop.enrol("Ana", "+51987654321").1,
            "customer_enrolled",
        ),
    ];
    for (make, kind) in kinds {
        let (till, mut hub, old) = stuck(make, kind);
        let new = till.store.redo(old, None).unwrap();
        hub.sync(&till);
        hub.pull(&till);
        assert_eq!(till.state_of(new), "confirmed", "{kind}");
        agrees(&till, &hub);
    }
}

/// The owner had the hub try the old one again while the till, offline, did it again.
#[test]
fn what_hub_and_till_both_did_again_counts_once() {
    type Make = fn(&Till) -> Op;
    let kinds: [(Make, &str); 2] = [
        (sale, "sale_completed"),
        (|till| till.shop.deliver(0, 3), "stock_moved"),
    ];
    for (make, kind) in kinds {
        let (till, mut hub, old) = stuck(make, kind);
        let stock = "SELECT quantity_milli FROM stock_balance ORDER BY 1 LIMIT 1";
        let before: i64 = till.value(stock);
        till.store.redo(old, None).unwrap();
        let letter = hub.received.iter().find(|op| op.op_id == old);
        let letter = letter.unwrap().clone();
        hub.stored.remove(&old);
        hub.push(&[letter]);
        hub.sync(&till);
        hub.pull(&till);
        assert_eq!(till.value::<i64>(stock), before, "{kind}");
        assert_eq!(till.value::<i64>("SELECT sum(pending) FROM stock"), 0);
        agrees(&till, &hub);
    }
}

#[test]
fn what_is_done_again_twice_is_still_named_after_the_first() {
    let (till, mut hub, first) = stuck(sale, "sale_completed");
    hub.unreadable.push("sale_completed".to_owned());
    let second = till.store.redo(first, None).unwrap();
    hub.sync(&till);
    let third = till.store.redo(second, None).unwrap();
    hub.unreadable.clear();
    hub.sync(&till);
    let sent = hub.received.iter().find(|op| op.op_id == third).unwrap();
    assert_eq!(sent.redoes, Some(first));
    agrees(&till, &hub);
}

#[test]
fn what_was_done_again_keeps_its_time_and_its_person_and_is_settled_once() {
    let (till, _hub, old) = stuck(sale, "sale_completed");
    till.clock.advance_ms(3_600_000);
    let new = till.store.redo(old, Some(till.shop.owner)).unwrap();
    let of = |id: OpId, column: &str| -> String {
        till.value(&format!(
            "SELECT CAST({column} AS TEXT) FROM outbox WHERE op_id = '{id}'"
        ))
    };
    for column in ["at", "staff_id", "payload", "kind"] {
        assert_eq!(of(new, column), of(old, column), "{column}");
    }
    let again = till.store.redo(old, None).unwrap_err();
    assert_eq!(again.code(), "change_not_stuck");
    let history = till
        .store
        .read(|conn| desk::list_settled(conn, 10))
        .unwrap();
    assert_eq!((history.len(), history[0].redone), (1, true));
    assert_eq!(history[0].op.op_id, old);
}

#[test]
fn what_the_hub_has_under_the_same_id_is_not_done_again() {
    let (till, _hub) = Till::in_step();
    let op_id = till.store.transact(sale(&till), None).unwrap();
    till.store.seal_next(10, 1 << 20).unwrap();
    let reason = "another operation has this id".to_owned();
    till.store
        .record_results(EPOCH, &[(op_id, OpFate::DeadLetter { reason })])
        .unwrap();
    assert_eq!(
        till.store.redo(op_id, None).unwrap_err().code(),
        "change_on_hub"
    );
    till.store.put_aside(op_id, None).unwrap();
    assert_eq!(till.store.outbox_counts().unwrap().stuck, 0);
}

#[test]
fn a_restored_hub_never_gets_what_was_done_again_a_second_time() {
    let (till, mut hub, old) = stuck(sale, "sale_completed");
    let backup_seq = 0;
    let new = till.store.redo(old, None).unwrap();
    hub.sync(&till);
    hub.pull(&till);
    // Restored from before the first operation; this one reads everything.
    let mut restored = Hub::default();
    let epoch = Uuid::from_u128(2);
    till.store.reset_for_epoch(epoch, backup_seq, 0).unwrap();
    restored.push_all_in(&till, epoch);
    let after = restored.after(&till, 0);
    till.store
        .apply_changes(epoch, Hlc::default(), after)
        .unwrap();
    let received: Vec<OpId> = restored.received.iter().map(|op| op.op_id).collect();
    assert!(received.contains(&new) && !received.contains(&old));
    assert_eq!(till.count("sale"), 1);
    assert_eq!(till.store.outbox_counts().unwrap().waiting, 0);
}

#[test]
fn what_was_put_aside_asks_for_nobody_and_can_be_taken_up_again() {
    let name = |till: &Till| {
        edit(
            EntityKind::Product,
            till.shop.products[0].0.0,
            "name",
            json!("Té"),
        )
    };
    let (till, _hub, op_id) = stuck(name, "entity_edited");
    let shown = |till: &Till| till.shown(EntityKind::Product, till.shop.products[0].0.0, "name");
    assert_eq!(shown(&till).as_deref(), Some("Té"));
    till.store.put_aside(op_id, Some(till.shop.owner)).unwrap();
    assert_eq!(till.store.outbox_counts().unwrap().stuck, 0);
    assert_eq!(shown(&till).as_deref(), Some("Café americano"));
    till.store.take_up_again(op_id).unwrap();
    assert_eq!(till.store.outbox_counts().unwrap().stuck, 1);
    assert_eq!(shown(&till).as_deref(), Some("Té"));
}

#[test]
fn what_is_not_stuck_cannot_be_settled() {
    let (till, _hub) = Till::in_step();
    let op_id = till.store.transact(till.shop.deliver(0, 1), None).unwrap();
    for error in [
        till.store.redo(op_id, None).unwrap_err(),
        till.store.put_aside(op_id, None).unwrap_err(),
    ] {
        assert_eq!(error.code(), "change_not_stuck");
    }
}

#[test]
fn a_refused_claim_is_stuck_until_the_hub_says_what_to_do() {
    let (till, mut hub) = Till::in_step();
    hub.refuse = Some("slot_taken".to_owned());
    let (_, booking) = till.shop.book(till.now());
    let op_id = till.store.transact(booking, None).unwrap();
    hub.push_all(&till);
    assert_eq!(till.store.outbox_counts().unwrap().stuck, 1);
    hub.set(EntityKind::Conflict, op_id.0, "status", json!("open"));
    hub.pull(&till);
    let counts = till.store.outbox_counts().unwrap();
    assert_eq!((counts.stuck, counts.conflicts), (0, 1));
}

#[test]
fn two_who_set_one_field_at_once_are_shown_to_whose_edit_came_second() {
    let (till, mut hub) = Till::in_step();
    let product = till.shop.products[0].0.0;
    till.store
        .transact(
            edit(EntityKind::Product, product, "name", json!("Mío")),
            None,
        )
        .unwrap();
    hub.set(EntityKind::Product, product, "name", json!("Suyo"));
    hub.pull(&till);
    let clashes = till.store.read(desk::list_clashes).unwrap();
    assert_eq!(clashes.len(), 1);
    assert_eq!(
        (
            &clashes[0].mine,
            &clashes[0].theirs,
            clashes[0].now.as_ref()
        ),
        (&json!("Mío"), &json!("Suyo"), Some(&json!("Mío")))
    );
    assert_eq!(till.store.outbox_counts().unwrap().conflicts, 1);
    till.store
        .decide_clash(EntityKind::Product, product, "name", true)
        .unwrap();
    assert_eq!(till.store.outbox_counts().unwrap().conflicts, 0);
}

#[test]
fn lists_that_the_hub_puts_together_are_no_clash() {
    let (till, mut hub) = Till::in_step();
    let shop = till.shop.tenant_id.0;
    let mine = edit(EntityKind::Shop, shop, "card_keys", json!([{"key_id": 1}]));
    till.store.transact(mine, None).unwrap();
    hub.set(EntityKind::Shop, shop, "card_keys", json!([{"key_id": 2}]));
    hub.pull(&till);
    assert!(till.store.read(desk::list_clashes).unwrap().is_empty());
}

#[test]
fn edits_of_different_fields_are_no_clash() {
    let (till, mut hub) = Till::in_step();
    let product = till.shop.products[0].0.0;
    till.store
        .transact(
            edit(EntityKind::Product, product, "name", json!("Mío")),
            None,
        )
        .unwrap();
    hub.set(EntityKind::Product, product, "sku", json!("OTRO"));
    hub.sync(&till);
    hub.pull(&till);
    assert!(till.store.read(desk::list_clashes).unwrap().is_empty());
}

#[test]
fn what_only_this_till_has_is_summed_with_its_money() {
    let (till, _hub, _) = stuck(sale, "sale_completed");
    till.store.transact(till.shop.deliver(0, 1), None).unwrap();
    let unsent = till.store.read(desk::sum_unsent).unwrap();
    // Two coffees at 8.50, ten percent off; the stuck one counts too.
    assert_eq!(
        (unsent.changes, unsent.sales_minor, unsent.refunds_minor),
        (2, 1530, 0)
    );
}

#[test]
fn an_answer_that_comes_late_does_not_take_up_what_was_settled() {
    let (till, hub, old) = stuck(sale, "sale_completed");
    till.store.redo(old, None).unwrap();
    till.store
        .record_results(EPOCH, &[(old, OpFate::Applied)])
        .unwrap();
    hub.pull(&till);
    assert_eq!(till.state_of(old), "dead");
}
