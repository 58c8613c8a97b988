//! Places in the chain, given just before sending.

use std::collections::{BTreeSet, HashMap};

use counterfoil_domain::{EntityKind, Op, OpClass, OpHash};
use counterfoil_store::{OpFate, Pending, Touch, order};
use counterfoil_testkit::edit;
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use crate::common::{EPOCH, Till};

fn kinds(till: &Till) -> Vec<String> {
    let batch = till.store.seal_next(200, 256 * 1024).unwrap().unwrap();
    batch.ops.into_iter().map(|op| op.kind).collect()
}

#[test]
fn facts_go_before_claims_and_claims_before_edits() {
    let (till, _) = Till::in_step();
    let merchant = till.shop.products[2].0.0;
    till.store
        .transact(
            edit(EntityKind::Product, merchant, "name", json!("x")),
            None,
        )
        .unwrap();
    let (_, book) = till.shop.book(till.now().plus_minutes(60));
    till.store.transact(book, None).unwrap();
    till.store.transact(till.shop.deliver(0, 1), None).unwrap();
    assert_eq!(
        kinds(&till),
        ["stock_moved", "visit_booked", "entity_edited"]
    );
}

#[test]
fn batch_ends_before_an_operation_that_a_copy_of_this_till_sent_already() {
    let (till, mut hub) = Till::in_step();
    let done: Vec<_> = (1..=3)
        .map(|pieces| {
            let op = till.shop.deliver(0, pieces);
            till.store.transact(op, None).unwrap()
        })
        .collect();
    let next = || {
        let batch = till.store.seal_next(200, 256 * 1024).unwrap().unwrap();
        let ids: Vec<_> = batch.ops.iter().map(|op| op.op_id).collect();
        (ids, batch.ops[0].seq)
    };
    let (sealed, first) = next();
    assert_eq!(sealed, done);
    let fate = OpFate::Applied;
    hub.publish(till.shop.device_id, Some(done[1]), fate.clone(), Vec::new());
    hub.pull(&till);
    assert_eq!(next().0, done[..1]);
    till.store
        .record_results(EPOCH, &[(done[0], fate)])
        .unwrap();
    assert_eq!(next().0, done[2..]);
    till.store.resend_from(first + 1).unwrap();
    assert_eq!(next().0, done[1..], "what the hub asks for is whole");
}

#[test]
fn booking_into_a_freed_slot_goes_after_what_freed_it() {
    let touch = |id| Touch {
        kind: "visit".to_owned(),
        id: Uuid::from_u128(id),
    };
    let op = |local_no, class, touches| Pending {
        local_no,
        class,
        touches,
    };
    // The cancellation waits for an edit; the fact pulls the booking forward.
    let ops = [
        op(1, OpClass::Edit, vec![touch(1)]),
        op(2, OpClass::Claim, vec![touch(1)]),
        op(3, OpClass::Claim, vec![touch(2)]),
        op(4, OpClass::Fact, vec![touch(2)]),
    ];
    assert_eq!(order(&ops), [1, 2, 3, 4]);
}

#[test]
fn fact_does_not_overtake_the_edit_that_made_what_it_names() {
    let (till, _) = Till::in_step();
    let product = counterfoil_domain::ProductId(Uuid::from_u128(99));
    till.store
        .transact(
            edit(EntityKind::Product, product.0, "name", json!("x")),
            None,
        )
        .unwrap();
    let mut delivery = till.shop.deliver(0, 1);
    if let Op::StockMoved(moved) = &mut delivery {
        moved.product_id = product;
    }
    till.store.transact(delivery, None).unwrap();
    till.store.transact(till.shop.deliver(1, 1), None).unwrap();
    assert_eq!(
        kinds(&till),
        ["stock_moved", "entity_edited", "stock_moved"]
    );
}

#[test]
fn chain_is_gapless_from_one_and_each_carries_the_hash_of_the_one_before() {
    let till = Till::with_shop();
    let mut seq = 0;
    let mut prev = OpHash::GENESIS;
    while let Some(batch) = till.store.seal_next(4, 256 * 1024).unwrap() {
        for op in &batch.ops {
            seq += 1;
            assert_eq!((op.seq, op.prev_hash), (seq, prev));
            assert_eq!(op.incarnation, batch.incarnation);
            prev = op.hash();
        }
        let applied: Vec<_> = batch
            .ops
            .iter()
            .map(|op| (op.op_id, counterfoil_store::OpFate::Applied))
            .collect();
        till.store.record_results(EPOCH, &applied).unwrap();
    }
    assert_eq!(seq as i64, till.count("outbox"));
}

#[test]
fn retry_is_byte_for_byte_the_same_even_after_more_was_done_and_a_restart() {
    let till = Till::with_shop();
    let first = till.store.seal_next(5, 256 * 1024).unwrap().unwrap();
    till.store.transact(till.shop.deliver(0, 1), None).unwrap();
    let till = till.reopened();
    let again = till.store.seal_next(5, 256 * 1024).unwrap().unwrap();
    assert_eq!(
        serde_json::to_string(&first.ops).unwrap(),
        serde_json::to_string(&again.ops).unwrap()
    );
}

#[test]
fn batch_keeps_to_its_limits_but_carries_at_least_one() {
    let till = Till::with_shop();
    let all = till.count("outbox") as usize;
    assert_eq!(
        till.store.seal_next(3, 1 << 20).unwrap().unwrap().ops.len(),
        3
    );
    let till = Till::with_shop();
    assert_eq!(till.store.seal_next(200, 1).unwrap().unwrap().ops.len(), 1);
    let till = Till::with_shop();
    let batch = till.store.seal_next(200, 4096).unwrap().unwrap();
    assert!(batch.ops.len() > 1 && batch.ops.len() < all);
    assert!(serde_json::to_string(&batch.ops).unwrap().len() <= 4096);
}

#[test]
fn nothing_is_sealed_when_nothing_waits() {
    let (till, _) = Till::in_step();
    assert_eq!(till.store.seal_next(200, 256 * 1024).unwrap(), None);
}

fn pending() -> impl Strategy<Value = Vec<Pending>> {
    let class = prop_oneof![
        Just(OpClass::Fact),
        Just(OpClass::Claim),
        Just(OpClass::Edit)
    ];
    let one = (class, prop::collection::btree_set(0..6_u128, 0..4));
    prop::collection::vec(one, 0..40).prop_map(|ops| {
        (1..)
            .zip(ops)
            .map(|(local_no, (class, touched))| Pending {
                local_no,
                class,
                touches: touched
                    .into_iter()
                    .map(|id| Touch {
                        kind: "product".to_owned(),
                        id: Uuid::from_u128(id),
                    })
                    .collect(),
            })
            .collect()
    })
}

fn depends(later: &Pending, earlier: &Pending) -> bool {
    let both_claims = later.class == OpClass::Claim && earlier.class == OpClass::Claim;
    let shared = later.touches.iter().any(|t| earlier.touches.contains(t));
    earlier.local_no < later.local_no && (both_claims || shared)
}

proptest! {
    #[test]
    fn order_is_a_permutation(ops in pending()) {
        let sealed: BTreeSet<i64> = order(&ops).into_iter().collect();
        prop_assert_eq!(order(&ops).len(), ops.len());
        prop_assert_eq!(sealed, ops.iter().map(|op| op.local_no).collect::<BTreeSet<_>>());
    }

    #[test]
    fn order_never_lets_one_overtake_what_it_depends_on(ops in pending()) {
        let place: HashMap<i64, usize> = order(&ops).into_iter().zip(0..).collect();
        for later in &ops {
            for earlier in ops.iter().filter(|e| depends(later, e)) {
                prop_assert!(place[&earlier.local_no] < place[&later.local_no]);
            }
        }
    }

    #[test]
    fn order_puts_nothing_before_a_fact_but_facts_and_what_facts_depend_on(ops in pending()) {
        // Everything before a fact that is free to go first is a fact itself, done earlier or free as well.
        let by_no: HashMap<i64, &Pending> = ops.iter().map(|op| (op.local_no, op)).collect();
        let sealed = order(&ops);
        for (place, local_no) in sealed.iter().enumerate() {
            let op = by_no[local_no];
            let free = !ops.iter().any(|earlier| depends(op, earlier));
            if op.class == OpClass::Fact && free {
                prop_assert!(sealed[..place].iter().all(|no| by_no[no].class == OpClass::Fact));
            }
        }
    }

    #[test]
    fn order_of_the_oldest_begins_as_the_order_of_all_for_as_long_as_facts_go(
        ops in pending(),
        length in any::<prop::sample::Index>(),
    ) {
        let mut oldest = ops.clone();
        oldest.sort_by_key(|op| op.local_no);
        oldest.truncate(length.index(ops.len() + 1));
        let is_fact = |no: &i64| oldest.iter().any(|op| op.local_no == *no && op.class == OpClass::Fact);
        let first: Vec<i64> = order(&oldest).into_iter().take_while(is_fact).collect();
        prop_assert_eq!(&order(&ops)[..first.len()], &first);
    }

    #[test]
    fn order_does_not_depend_on_how_the_list_came(ops in pending()) {
        let mut turned = ops.clone();
        turned.reverse();
        prop_assert_eq!(order(&ops), order(&turned));
    }
}

#[test]
fn operation_of_a_till_in_step_is_sealed_with_its_own_commit_and_one_behind_another_waits() {
    let till = Till::with_shop();
    let hub = Some("https://hub.example");
    let (tenant, device) = (till.shop.tenant_id, till.shop.device_id);
    while let Some(batch) = till.store.seal_next(200, 1 << 20).unwrap() {
        let fates = batch.ops.iter().map(|op| (op.op_id, OpFate::Applied));
        let fates: Vec<_> = fates.collect();
        till.store.record_results(EPOCH, &fates).unwrap();
    }
    let sealed = || till.count("outbox WHERE state = 'sealed'");
    till.store.transact(till.shop.deliver(0, 1), None).unwrap();
    assert_eq!(sealed(), 0, "without a hub there is no hurry");
    let last = till.store.seal_next(1, 1 << 20).unwrap().unwrap();
    till.store
        .record_results(EPOCH, &[(last.ops[0].op_id, OpFate::Applied)])
        .unwrap();
    till.store.set_identity(tenant, device, "T1", hub).unwrap();
    let first = till.store.transact(till.shop.deliver(0, 1), None).unwrap();
    till.store.transact(till.shop.deliver(1, 1), None).unwrap();
    assert_eq!(sealed(), 1);
    let next = till.store.seal_next(200, 1 << 20).unwrap().unwrap();
    assert_eq!(next.ops.len(), 1);
    assert_eq!(next.ops[0].op_id, first);
    assert_eq!(next.ops[0].prev_hash, last.ops[0].hash());
}

#[test]
fn what_a_revoked_device_hands_over_is_sealed_once_and_stays() {
    let till = Till::with_shop();
    let all = till.count("outbox");
    let (mut after, mut handed) = (0, Vec::new());
    while let Some(batch) = till.store.seal_after(after, 3, 1 << 20).unwrap() {
        after = batch.ops.last().unwrap().seq;
        handed.extend(batch.ops);
    }
    assert_eq!(i64::try_from(handed.len()).unwrap(), all);
    assert_eq!(i64::from(till.store.outbox_counts().unwrap().waiting), all);
    let again = till.store.seal_next(3, 1 << 20).unwrap().unwrap();
    assert_eq!(
        again.ops,
        handed[..3],
        "the same bytes, should it be paired again"
    );
}

#[test]
fn a_device_stays_revoked_until_it_is_paired_again() {
    let till = Till::with_shop();
    assert_eq!(till.store.revoked_at().unwrap(), None);
    till.store.note_revoked().unwrap();
    let till = till.reopened();
    assert_eq!(till.store.revoked_at().unwrap(), Some(till.now()));
    let (shop, url) = (&till.shop, Some("https://hub.example"));
    till.store
        .set_identity(shop.tenant_id, shop.device_id, "T1", url)
        .unwrap();
    assert_eq!(till.store.revoked_at().unwrap(), None);
}
