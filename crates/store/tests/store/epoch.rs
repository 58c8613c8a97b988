//! A hub that was restored from an old backup.

use counterfoil_domain::fact::{ShiftClosed, ShiftOpened};
use counterfoil_domain::{Currency, EntityKind, FactRow, Hlc, Money, Op, OpId};
use counterfoil_store::{ConfirmedRow, OpFate};
use counterfoil_testkit::edit;
use serde_json::json;
use uuid::Uuid;

use crate::common::{EPOCH, Hub, Till};

const NEW: Uuid = Uuid::from_u128(2);

fn pull(hub: &Hub, till: &Till) {
    let after = till.store.cursor().unwrap().seq;
    till.store
        .apply_changes(NEW, Hlc::default(), hub.after(till, after))
        .unwrap();
}

fn last_seq(hub: &Hub) -> u64 {
    hub.received.iter().map(|op| op.seq).max().unwrap_or(0)
}

fn restore(till: &Till, hub: &Hub) {
    let head = hub.changes.len() as u64;
    till.store
        .reset_for_epoch(NEW, last_seq(hub), head)
        .unwrap();
}

#[test]
fn what_the_hub_lost_is_sent_again_with_the_same_bytes() {
    let (till, mut hub) = Till::in_step();
    let mut old = hub.clone();
    let sale = till.shop.sale(1, &[(0, 2)], None, till.now()).unwrap();
    till.store.transact(Op::SaleCompleted(sale), None).unwrap();
    let coffee = till.shop.products[0].0.0;
    till.store
        .transact(
            edit(EntityKind::Product, coffee, "name", json!("Nuevo")),
            None,
        )
        .unwrap();
    hub.sync(&till);
    let before = till.store.checksum().unwrap();
    restore(&till, &old);
    assert_eq!(till.store.checksum().unwrap(), before);
    assert_eq!(till.value::<i64>("SELECT pending FROM sale"), 1);
    assert_eq!(till.store.outbox_counts().unwrap().waiting, 2);
    let sent = till.store.seal_next(200, 1 << 20).unwrap().unwrap();
    assert_eq!(sent.ops, hub.received[hub.received.len() - 2..]);
    pull(&old, &till);
    assert_eq!(
        till.shown(EntityKind::Product, coffee, "name").unwrap(),
        "Nuevo"
    );
    old.push_all_in(&till, NEW);
    pull(&old, &till);
    assert_eq!(till.store.checksum().unwrap(), before);
    assert_eq!(till.value::<i64>("SELECT pending FROM sale"), 0);
    assert_eq!((till.overlays(), till.count("sale")), (0, 1));
}

#[test]
fn rows_stay_on_the_screen_until_the_pull_is_through_and_then_what_the_hub_lost_goes() {
    let (till, mut hub) = Till::in_step();
    let old = hub.clone();
    let ghost = Uuid::from_u128(77);
    hub.set(EntityKind::Product, ghost, "name", json!("Fantasma"));
    hub.pull(&till);
    restore(&till, &old);
    assert!(till.shown(EntityKind::Product, ghost, "name").is_some());
    assert_eq!(till.count("product"), 4);
    pull(&old, &till);
    assert!(till.shown(EntityKind::Product, ghost, "name").is_none());
    assert_eq!(till.count("product"), 3);
}

#[test]
fn operations_of_an_earlier_incarnation_that_the_hub_lost_are_sent_in_the_present_one() {
    let (till, mut hub) = Till::in_step();
    let mut old = hub.clone();
    let lost = till.store.transact(till.shop.deliver(0, 5), None).unwrap();
    hub.sync(&till);
    let incarnation = till.store.begin_incarnation().unwrap();
    // The hub knows nothing of the present incarnation.
    let head = old.changes.len() as u64;
    till.store.reset_for_epoch(NEW, 0, head).unwrap();
    pull(&old, &till);
    assert_eq!(till.state_of(lost), "waiting");
    let batch = till.store.seal_next(200, 1 << 20).unwrap().unwrap();
    assert_eq!(batch.incarnation, incarnation);
    assert_eq!(batch.ops.len(), 1);
    assert_eq!(batch.ops[0].op_id, lost);
    old.push_all_in(&till, NEW);
    pull(&old, &till);
    assert_eq!(till.state_of(lost), "confirmed");
    assert_eq!(till.value::<i64>("SELECT sum(pending) FROM stock"), 0);
}

#[test]
fn refused_claim_that_the_hub_forgot_is_asked_again() {
    let (till, mut hub) = Till::in_step();
    let mut old = hub.clone();
    hub.refuse = Some("slot_taken".to_owned());
    let (visit, op) = till.shop.book(till.now().plus_minutes(60));
    let op_id = till.store.transact(op, None).unwrap();
    hub.sync(&till);
    assert_eq!(till.state_of(op_id), "refused");
    restore(&till, &old);
    assert_eq!(till.state_of(op_id), "sealed");
    old.push_all_in(&till, NEW);
    pull(&old, &till);
    assert_eq!(till.state_of(op_id), "confirmed");
    assert_eq!(
        till.shown(EntityKind::Visit, visit.0, "status").unwrap(),
        "booked"
    );
}

#[test]
fn answer_from_before_the_hub_was_restored_is_not_believed() {
    let (till, hub) = Till::in_step();
    let op_id = till.store.transact(till.shop.deliver(0, 5), None).unwrap();
    let batch = till.store.seal_next(200, 1 << 20).unwrap().unwrap();
    let late = hub.clone().push(&batch.ops);
    restore(&till, &hub);
    let error = till.store.record_results(EPOCH, &late).unwrap_err();
    assert_eq!(error.code(), "epoch_changed");
    assert_eq!(till.state_of(op_id), "sealed");
}

#[test]
fn restored_hub_is_noticed_even_when_nothing_was_pulled_before() {
    let till = Till::with_shop();
    let mut hub = Hub::default();
    hub.push_all(&till);
    assert_eq!(till.store.cursor().unwrap().epoch, Some(EPOCH));
    assert_eq!(till.store.outbox_counts().unwrap().waiting, 0);
    restore(&till, &Hub::default());
    assert_eq!(
        i64::from(till.store.outbox_counts().unwrap().waiting),
        till.count("outbox")
    );
}

#[test]
fn what_the_hub_should_have_but_does_not_send_goes_again_without_further_work() {
    let (till, hub) = Till::in_step();
    let mut old = hub.clone();
    // The hub forgets the whole present incarnation; its last seq is the earlier one's, and higher.
    till.store.begin_incarnation().unwrap();
    let lost = till.store.transact(till.shop.deliver(0, 5), None).unwrap();
    hub.clone().sync(&till);
    assert_eq!(till.state_of(lost), "confirmed");
    assert!(last_seq(&old) > 1);
    restore(&till, &old);
    pull(&old, &till);
    assert_eq!(till.state_of(lost), "sealed");
    old.push_all_in(&till, NEW);
    pull(&old, &till);
    assert_eq!(till.state_of(lost), "confirmed");
}

#[test]
fn operation_that_a_restored_hub_asked_for_before_it_was_followed_is_sent_in_a_new_life() {
    let (till, hub) = Till::in_step();
    let mut old = hub.clone();
    till.store.begin_incarnation().unwrap();
    let lost = till.store.transact(till.shop.deliver(0, 5), None).unwrap();
    hub.clone().sync(&till);
    assert_eq!(till.state_of(lost), "confirmed");
    // A push finds the gap before a pull hears of the new epoch, and that one names the last seq of an earlier life.
    till.store.resend_from(1).unwrap();
    assert!(last_seq(&old) > 1);
    restore(&till, &old);
    pull(&old, &till);
    // The hub holds another history of this life.
    till.store.begin_incarnation().unwrap();
    old.push_all_in(&till, NEW);
    assert!(old.stored.contains_key(&lost));
}

#[test]
fn of_two_closings_the_one_that_a_restored_hub_heard_first_counts_from_then_on() {
    let (till, mut hub) = Till::in_step();
    let money = |minor| Money::new(minor, Currency::PEN).unwrap();
    let shift_id = till.shop.id();
    let opened = FactRow::ShiftOpened(ShiftOpened {
        shift_id,
        device_id: till.shop.device_id,
        staff_id: till.shop.cashier,
        at: till.now(),
        opening_float: money(0),
    });
    // Another till and a copy of it, each with its own count of the drawer.
    let close = |hub: &mut Hub, op: u128, counted| {
        let closed = ConfirmedRow::Fact(FactRow::ShiftClosed(ShiftClosed {
            shift_id,
            device_id: till.shop.device_id,
            staff_id: till.shop.cashier,
            at: till.now(),
            expected: money(0),
            counted: money(counted),
            note: String::new(),
        }));
        let op = Some(OpId(Uuid::from_u128(op)));
        hub.publish(till.shop.device_id, op, OpFate::Applied, vec![closed]);
    };
    hub.publish(
        till.shop.device_id,
        Some(OpId(Uuid::from_u128(6))),
        OpFate::Applied,
        vec![ConfirmedRow::Fact(opened)],
    );
    let mut old = hub.clone();
    close(&mut hub, 7, 100);
    hub.pull(&till);
    restore(&till, &old);
    pull(&old, &till);
    let counted = till.store.count_rows().unwrap();
    till.store.adopt_sums(&counted).unwrap();
    close(&mut old, 8, 200);
    // The one that comes second is told what stands.
    close(&mut old, 7, 200);
    pull(&old, &till);
    assert_eq!(till.value::<i64>("SELECT counted_minor FROM shift"), 200);
    assert_eq!(
        till.value::<String>("SELECT close_op_id FROM shift"),
        Uuid::from_u128(8).to_string()
    );
    let (_, kept) = till.store.sums().unwrap();
    assert!(kept.is_none_or(|sums| sums == till.store.count_rows().unwrap().sums));
}
