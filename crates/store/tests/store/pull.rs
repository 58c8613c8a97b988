//! Following the hub's numbered changes.

use counterfoil_domain::{EntityKind, Hlc, Op};
use counterfoil_store::{ConfirmedRow, OpFate};
use counterfoil_testkit::edit;
use serde_json::json;
use uuid::Uuid;

use crate::common::{EPOCH, Hub, Till};

#[test]
fn hole_in_the_changes_is_refused_and_nothing_is_applied() {
    let (till, mut hub) = Till::in_step();
    let coffee = till.shop.products[0].0.0;
    let before = till.store.cursor().unwrap();
    for name in ["a", "b", "c"] {
        hub.set(EntityKind::Product, coffee, "name", json!(name));
    }
    let mut changes = hub.after(&till, before.seq);
    changes.remove(1);
    let error = till
        .store
        .apply_changes(EPOCH, Hlc::default(), changes)
        .unwrap_err();
    assert_eq!(error.code(), "pull_gap");
    assert_eq!(till.store.cursor().unwrap(), before);
    assert_eq!(
        till.shown(EntityKind::Product, coffee, "name").unwrap(),
        "Café americano"
    );
}

#[test]
fn changes_that_came_before_are_skipped() {
    let (till, mut hub) = Till::in_step();
    let sale = till.shop.sale(1, &[(0, 2)], None, till.now()).unwrap();
    till.store.transact(Op::SaleCompleted(sale), None).unwrap();
    hub.sync(&till);
    let before = (till.store.checksum().unwrap(), till.store.cursor().unwrap());
    till.store
        .apply_changes(EPOCH, Hlc::default(), hub.after(&till, 0))
        .unwrap();
    assert_eq!(
        (till.store.checksum().unwrap(), till.store.cursor().unwrap()),
        before
    );
}

#[test]
fn changes_of_another_epoch_are_refused() {
    let (till, hub) = Till::in_step();
    let error = till
        .store
        .apply_changes(Uuid::from_u128(2), Hlc::default(), hub.after(&till, 0))
        .unwrap_err();
    assert_eq!(error.code(), "epoch_changed");
}

#[test]
fn own_fact_is_pending_until_its_copy_comes_back() {
    let (till, mut hub) = Till::in_step();
    let sale = till.shop.sale(1, &[(0, 2)], None, till.now()).unwrap();
    let op_id = till.store.transact(Op::SaleCompleted(sale), None).unwrap();
    let pending = |till: &Till| till.value::<i64>("SELECT pending FROM sale");
    hub.push_all(&till);
    assert_eq!(
        (pending(&till), till.state_of(op_id)),
        (1, "acked".to_owned())
    );
    hub.pull(&till);
    assert_eq!(
        (pending(&till), till.state_of(op_id)),
        (0, "confirmed".to_owned())
    );
    assert_eq!(till.count("sale"), 1);
    assert_eq!(till.value::<i64>("SELECT sum(pending) FROM stock"), 0);
}

#[test]
fn own_copy_may_come_before_the_answer_to_the_push() {
    let (till, mut hub) = Till::in_step();
    let op_id = till.store.transact(till.shop.deliver(0, 3), None).unwrap();
    let batch = till.store.seal_next(10, 100_000).unwrap().unwrap();
    let answer = hub.push(&batch.ops);
    hub.pull(&till);
    assert_eq!(till.state_of(op_id), "confirmed");
    assert_eq!(till.store.seal_next(10, 100_000).unwrap(), None);
    till.store.record_results(EPOCH, &answer).unwrap();
    assert_eq!(till.state_of(op_id), "confirmed");
    // The chain goes on where the hub has it.
    till.store.transact(till.shop.deliver(0, 1), None).unwrap();
    let next = till.store.seal_next(10, 100_000).unwrap().unwrap();
    assert_eq!(next.ops[0].seq, batch.ops[0].seq + 1);
}

#[test]
fn shift_is_confirmed_by_its_two_facts() {
    use counterfoil_domain::fact::{ShiftClosed, ShiftOpened};
    use counterfoil_domain::{Currency, Money, ShiftId};
    let (till, mut hub) = Till::in_step();
    let shift_id: ShiftId = till.shop.id();
    let money = Money::new(10_000, Currency::PEN).unwrap();
    let opened = Op::ShiftOpened(ShiftOpened {
        shift_id,
        device_id: till.shop.device_id,
        staff_id: till.shop.cashier,
        at: till.now(),
        opening_float: money,
    });
    till.store.transact(opened.clone(), None).unwrap();
    let again = till.store.transact(opened, None).unwrap_err();
    assert_eq!(again.code(), "exists_already");
    let closed = Op::ShiftClosed(ShiftClosed {
        shift_id,
        device_id: till.shop.device_id,
        staff_id: till.shop.cashier,
        at: till.now(),
        expected: money,
        counted: money,
        note: String::new(),
    });
    till.store.transact(closed.clone(), None).unwrap();
    let again = till.store.transact(closed, None).unwrap_err();
    assert_eq!(again.code(), "exists_already");
    let pending = |till: &Till| till.value::<i64>("SELECT pending + close_pending FROM shift");
    assert_eq!(pending(&till), 2);
    hub.sync(&till);
    assert_eq!(pending(&till), 0);
    assert_eq!(till.value::<i64>("SELECT counted_minor FROM shift"), 10_000);
}

#[test]
fn of_two_closings_of_one_shift_the_first_at_the_hub_counts_everywhere() {
    use counterfoil_domain::fact::{ShiftClosed, ShiftOpened};
    use counterfoil_domain::{Currency, FactRow, Money, OpId};
    let (till, mut hub) = Till::in_step();
    let money = |minor| Money::new(minor, Currency::PEN).unwrap();
    let opened = ShiftOpened {
        shift_id: till.shop.id(),
        device_id: till.shop.device_id,
        staff_id: till.shop.cashier,
        at: till.now(),
        opening_float: money(0),
    };
    let closed = |counted| ShiftClosed {
        shift_id: opened.shift_id,
        device_id: till.shop.device_id,
        staff_id: till.shop.cashier,
        at: till.now(),
        expected: money(0),
        counted: money(counted),
        note: String::new(),
    };
    till.store
        .transact(Op::ShiftOpened(opened.clone()), None)
        .unwrap();
    hub.sync(&till);
    let here = till
        .store
        .transact(Op::ShiftClosed(closed(200)), None)
        .unwrap();
    // A copy of this till closed it too, and the hub heard that first.
    let there = OpId(Uuid::from_u128(7));
    for op_id in [there, here] {
        let row = ConfirmedRow::Fact(FactRow::ShiftClosed(closed(100)));
        hub.publish(till.shop.device_id, Some(op_id), OpFate::Applied, vec![row]);
    }
    hub.pull(&till);
    assert_eq!(till.value::<i64>("SELECT counted_minor FROM shift"), 100);
    assert_eq!(
        till.value::<String>("SELECT close_op_id FROM shift"),
        there.to_string()
    );
}

#[test]
fn two_tills_agree_on_every_table_once_all_is_quiet() {
    let (one, mut hub) = Till::in_step();
    let two = Till::of(one.shop.other_till("T2"), 8);
    hub.pull(&two);
    let (customer, enrol) = one.shop.enrol("Rosa", "+51999888777");
    one.store.transact(enrol, None).unwrap();
    let coffee = one.shop.products[0].0.0;
    for (till, name) in [(&one, "Uno"), (&two, "Dos")] {
        let sale = till
            .shop
            .sale(1, &[(0, 2), (2, 1)], Some(customer), till.now());
        let sale = sale.unwrap();
        let refund = till.shop.refund(&sale, till.now()).unwrap();
        till.store.transact(Op::SaleCompleted(sale), None).unwrap();
        till.store.transact(Op::SaleRefunded(refund), None).unwrap();
        till.store
            .transact(till.shop.stamp(customer), None)
            .unwrap();
        let renamed = edit(EntityKind::Product, coffee, "name", json!(name));
        till.store.transact(renamed, None).unwrap();
    }
    assert_ne!(one.store.checksum().unwrap(), two.store.checksum().unwrap());
    hub.sync(&one);
    hub.sync(&two);
    hub.sync(&one);
    assert_eq!(one.store.checksum().unwrap(), two.store.checksum().unwrap());
    assert_eq!(one.count("sale"), 2);
    let mut fresh = Hub::default();
    fresh.changes.clone_from(&hub.changes);
    let three = Till::of(one.shop.other_till("T3"), 9);
    fresh.pull(&three);
    assert_eq!(
        one.store.checksum().unwrap(),
        three.store.checksum().unwrap()
    );
}
