//! What the screen shows: the confirmed base with what is pending on top.

use counterfoil_domain::EntityKind::{Customer, Product, Visit};
use counterfoil_store::OpFate;
use counterfoil_testkit::{ManualClock, delete, edit};
use serde_json::json;

use crate::common::{EPOCH, Till};

#[test]
fn pending_edit_survives_a_pull_of_another_field() {
    let (till, mut hub) = Till::in_step();
    let coffee = till.shop.products[0].0.0;
    till.store
        .transact(edit(Product, coffee, "name", json!("Americano")), None)
        .unwrap();
    hub.set(Product, coffee, "picture", json!("cup.svg"));
    hub.pull(&till);
    assert_eq!(till.shown(Product, coffee, "name").unwrap(), "Americano");
    assert_eq!(till.shown(Product, coffee, "picture").unwrap(), "cup.svg");
}

#[test]
fn pending_edit_stays_on_top_of_a_pull_of_the_same_field() {
    let (till, mut hub) = Till::in_step();
    let coffee = till.shop.products[0].0.0;
    till.store
        .transact(edit(Product, coffee, "name", json!("Americano")), None)
        .unwrap();
    hub.set(Product, coffee, "name", json!("Largo"));
    hub.pull(&till);
    assert_eq!(till.shown(Product, coffee, "name").unwrap(), "Americano");
}

#[test]
fn confirming_drops_the_overlay_in_the_transaction_that_writes_the_base() {
    let (till, mut hub) = Till::in_step();
    assert_eq!(till.overlays(), 0);
    let coffee = till.shop.products[0].0.0;
    till.store
        .transact(edit(Product, coffee, "name", json!("Americano")), None)
        .unwrap();
    assert_eq!(till.overlays(), 1);
    hub.push_all(&till);
    // The answer to the push is not the hub's copy yet: the base does not hold the edit.
    assert_eq!(till.overlays(), 1);
    assert_eq!(till.shown(Product, coffee, "name").unwrap(), "Americano");
    hub.pull(&till);
    assert_eq!(till.overlays(), 0);
    assert_eq!(till.shown(Product, coffee, "name").unwrap(), "Americano");
}

#[test]
fn of_two_pending_edits_the_second_stays_when_the_first_is_confirmed() {
    let (till, mut hub) = Till::in_step();
    let coffee = till.shop.products[0].0.0;
    till.store
        .transact(edit(Product, coffee, "name", json!("Uno")), None)
        .unwrap();
    let batch = till.store.seal_next(10, 100_000).unwrap().unwrap();
    till.store
        .transact(edit(Product, coffee, "name", json!("Dos")), None)
        .unwrap();
    hub.push(&batch.ops);
    hub.pull(&till);
    assert_eq!(till.shown(Product, coffee, "name").unwrap(), "Dos");
    assert_eq!(till.overlays(), 1);
    hub.sync(&till);
    assert_eq!(till.shown(Product, coffee, "name").unwrap(), "Dos");
    assert_eq!(till.overlays(), 0);
}

#[test]
fn refused_booking_disappears_with_the_answer_to_the_push() {
    let (till, mut hub) = Till::in_step();
    hub.refuse = Some("slot_taken".to_owned());
    let (visit, op) = till.shop.book(ManualClock::START.plus_minutes(60));
    let op_id = till.store.transact(op, None).unwrap();
    assert_eq!(till.shown(Visit, visit.0, "status").unwrap(), "booked");
    hub.push_all(&till);
    assert_eq!(till.shown(Visit, visit.0, "status"), None);
    assert_eq!(till.state_of(op_id), "refused");
    hub.pull(&till);
    assert_eq!(till.shown(Visit, visit.0, "status"), None);
    assert_eq!(till.store.outbox_counts().unwrap().refused, 1);
}

#[test]
fn refused_booking_disappears_when_the_pull_comes_before_the_answer() {
    let (till, mut hub) = Till::in_step();
    hub.refuse = Some("slot_taken".to_owned());
    let (visit, op) = till.shop.book(ManualClock::START.plus_minutes(60));
    let op_id = till.store.transact(op, None).unwrap();
    let batch = till.store.seal_next(10, 100_000).unwrap().unwrap();
    let answer = hub.push(&batch.ops);
    hub.pull(&till);
    assert_eq!(till.shown(Visit, visit.0, "status"), None);
    till.store.record_results(EPOCH, &answer).unwrap();
    assert_eq!(till.shown(Visit, visit.0, "status"), None);
    assert_eq!(till.state_of(op_id), "refused");
}

#[test]
fn refused_move_shows_the_visit_where_it_was() {
    let (till, mut hub) = Till::in_step();
    let (visit, op) = till.shop.book(ManualClock::START.plus_minutes(60));
    till.store.transact(op, None).unwrap();
    hub.sync(&till);
    let was = till.shown(Visit, visit.0, "purpose");
    hub.refuse = Some("slot_taken".to_owned());
    let later = ManualClock::START.plus_minutes(600);
    till.store
        .transact(till.shop.move_visit(visit, later), None)
        .unwrap();
    let starts = |till: &Till| {
        till.value::<i64>(&format!("SELECT starts_at FROM visit WHERE id = '{visit}'"))
    };
    assert_eq!(starts(&till), later.0);
    hub.sync(&till);
    assert_eq!(starts(&till), ManualClock::START.plus_minutes(60).0);
    assert_eq!(till.shown(Visit, visit.0, "purpose"), was);
}

#[test]
fn dead_letter_stays_on_the_screen_and_is_listed_as_stuck() {
    let (till, mut hub) = Till::in_step();
    hub.unreadable.push("customer_enrolled".to_owned());
    let (customer, op) = till.shop.enrol("Rosa", "+51999888777");
    let enrolled = till.store.transact(op, None).unwrap();
    let stamped = till
        .store
        .transact(till.shop.stamp(customer), None)
        .unwrap();
    hub.sync(&till);
    assert_eq!(till.state_of(enrolled), "dead");
    assert_eq!(till.state_of(stamped), "confirmed");
    assert_eq!(till.store.outbox_counts().unwrap().stuck, 1);
    assert_eq!(till.shown(Customer, customer.0, "name").unwrap(), "Rosa");
}

#[test]
fn dead_fact_stays_pending_in_its_ledger() {
    let (till, mut hub) = Till::in_step();
    hub.unreadable.push("stamp_given".to_owned());
    let (customer, op) = till.shop.enrol("Rosa", "+51999888777");
    till.store.transact(op, None).unwrap();
    till.store
        .transact(till.shop.stamp(customer), None)
        .unwrap();
    hub.sync(&till);
    assert_eq!(till.value::<i64>("SELECT sum(pending) FROM stamp"), 1);
    assert_eq!(till.value::<i64>("SELECT balance FROM stamp_balance"), 1);
}

#[test]
fn deleted_entity_is_gone_at_once_and_comes_back_with_a_later_edit() {
    let (till, mut hub) = Till::in_step();
    let cake = till.shop.products[1].0.0;
    till.store.transact(delete(Product, cake), None).unwrap();
    assert_eq!(till.shown(Product, cake, "name"), None);
    hub.sync(&till);
    assert_eq!(till.shown(Product, cake, "name"), None);
    till.store
        .transact(edit(Product, cake, "active", json!(true)), None)
        .unwrap();
    hub.sync(&till);
    assert_eq!(
        till.shown(Product, cake, "name").unwrap(),
        "Torta de lúcuma"
    );
}

#[test]
fn late_answer_to_a_confirmed_operation_changes_nothing() {
    let (till, mut hub) = Till::in_step();
    let op_id = till.store.transact(till.shop.deliver(0, 1), None).unwrap();
    hub.sync(&till);
    for fate in [
        OpFate::Applied,
        OpFate::Refused {
            code: "nonsense".to_owned(),
        },
    ] {
        till.store.record_results(EPOCH, &[(op_id, fate)]).unwrap();
        assert_eq!(till.state_of(op_id), "confirmed");
    }
}
