//! Lives of a database: restarts, copies, forks.

use std::collections::BTreeSet;

use counterfoil_domain::{EntityKind, Op};
use counterfoil_store::{OpFate, Store};
use counterfoil_testkit::edit;
use serde_json::json;

use crate::common::{EPOCH, Till};

#[test]
fn reopening_shows_everything() {
    let till = Till::with_shop();
    let sale = till.shop.sale(1, &[(0, 2)], None, till.now()).unwrap();
    till.store.transact(Op::SaleCompleted(sale), None).unwrap();
    let before = (
        till.store.checksum().unwrap(),
        till.store.identity().unwrap(),
        till.store.outbox_counts().unwrap(),
    );
    let till = till.reopened();
    let after = (
        till.store.checksum().unwrap(),
        till.store.identity().unwrap(),
        till.store.outbox_counts().unwrap(),
    );
    assert_eq!(before, after);
}

#[test]
fn new_incarnation_keeps_every_operation_and_its_id() {
    let (till, mut hub) = Till::in_step();
    for pieces in 1..=6 {
        till.store
            .transact(till.shop.deliver(0, pieces), None)
            .unwrap();
    }
    let old = till.store.seal_next(4, 100_000).unwrap().unwrap();
    // One of four was answered, three are under way, two wait.
    let first = old.ops[0].op_id;
    hub.push(&old.ops[..1]);
    till.store
        .record_results(EPOCH, &[(first, OpFate::Applied)])
        .unwrap();
    let waiting: BTreeSet<String> = (0..5)
        .map(|n| {
            till.value(&format!(
                "SELECT op_id FROM outbox WHERE state IN ('waiting', 'sealed') LIMIT 1 OFFSET {n}"
            ))
        })
        .collect();
    let incarnation = till.store.begin_incarnation().unwrap();
    assert_ne!(incarnation, old.incarnation);
    assert_eq!(till.state_of(first), "acked");
    let batch = till.store.seal_next(200, 1 << 20).unwrap().unwrap();
    assert_eq!(batch.incarnation, incarnation);
    assert_eq!(batch.ops[0].seq, 1);
    assert_eq!(batch.ops[0].prev_hash, counterfoil_domain::OpHash::GENESIS);
    let sent: BTreeSet<String> = batch.ops.iter().map(|op| op.op_id.to_string()).collect();
    assert_eq!(sent, waiting);
    let answers = hub.push(&batch.ops);
    till.store.record_results(EPOCH, &answers).unwrap();
    hub.pull(&till);
    assert_eq!(till.store.outbox_counts().unwrap().waiting, 0);
    assert_eq!(till.value::<i64>("SELECT sum(pending) FROM stock"), 0);
}

#[test]
fn operation_that_the_hub_published_under_the_old_incarnation_is_not_sent_again() {
    let (till, mut hub) = Till::in_step();
    let op_id = till.store.transact(till.shop.deliver(0, 1), None).unwrap();
    let lost = till.store.seal_next(10, 100_000).unwrap().unwrap();
    hub.push(&lost.ops);
    till.store.begin_incarnation().unwrap();
    hub.pull(&till);
    assert_eq!(till.state_of(op_id), "confirmed");
    assert_eq!(till.store.seal_next(10, 100_000).unwrap(), None);
}

#[test]
fn copied_file_that_goes_on_by_itself_is_seen_as_a_fork() {
    let till = Till::with_shop();
    let (seal, copy) = (
        |store: &Store| store.seal_next(200, 1 << 20).unwrap().unwrap(),
        till.folder().join("copy.db"),
    );
    // Not by the product's own copy, but as a file manager would do it after the program ended.
    let original = till.reopened();
    drop(original.store.clone());
    rusqlite::Connection::open(&original.path)
        .unwrap()
        .execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
        .unwrap();
    let twin = Store::open(&copy, original.env()).unwrap();
    original
        .store
        .transact(original.shop.deliver(0, 1), None)
        .unwrap();
    twin.transact(original.shop.deliver(0, 2), None).unwrap();
    let (ours, theirs) = (seal(&original.store), seal(&twin));
    assert_eq!(ours.incarnation, theirs.incarnation);
    let forked = ours
        .ops
        .iter()
        .zip(&theirs.ops)
        .find(|(a, b)| a.hash() != b.hash())
        .unwrap();
    assert_eq!(forked.0.seq, forked.1.seq);
    assert_ne!(forked.0.op_id, forked.1.op_id);
}

#[test]
fn backup_copy_begins_a_new_incarnation_and_has_everything() {
    let till = Till::with_shop();
    let copy = till.folder().join("backup.db");
    till.store.backup_copy(&copy).unwrap();
    let twin = Store::open(&copy, till.env()).unwrap();
    let (ours, theirs) = (
        till.store.identity().unwrap().unwrap(),
        twin.identity().unwrap().unwrap(),
    );
    assert_eq!(ours.device_id, theirs.device_id);
    assert_ne!(ours.incarnation, theirs.incarnation);
    assert_eq!(till.store.checksum().unwrap(), twin.checksum().unwrap());
    let incarnation = theirs.incarnation;
    drop(twin);
    // Only once: the copy then has a life of its own.
    let twin = Store::open(&copy, till.env()).unwrap();
    assert_eq!(twin.identity().unwrap().unwrap().incarnation, incarnation);
    let error = till.store.backup_copy(&copy).unwrap_err();
    assert_eq!(error.code(), "copy_exists");
}

#[test]
fn till_that_worked_cannot_become_another_one() {
    let till = Till::with_shop();
    let error = till
        .store
        .set_identity(till.shop.tenant_id, till.shop.id(), "T9", None)
        .unwrap_err();
    assert_eq!(error.code(), "identity_fixed");
    let paired = till
        .store
        .set_identity(
            till.shop.tenant_id,
            till.shop.device_id,
            "T9",
            Some("http://hub.example"),
        )
        .unwrap();
    assert_eq!(paired.till_code, "T9");
    assert_eq!(paired.hub_url.as_deref(), Some("http://hub.example"));
}

#[test]
fn resending_from_a_place_sends_the_same_bytes_and_confirms_what_was_confirmed() {
    let (till, mut hub) = Till::in_step();
    let coffee = till.shop.products[0].0.0;
    till.store
        .transact(edit(EntityKind::Product, coffee, "name", json!("x")), None)
        .unwrap();
    let batch = till.store.seal_next(10, 100_000).unwrap().unwrap();
    hub.push(&batch.ops);
    hub.pull(&till);
    till.store.resend_from(batch.ops[0].seq).unwrap();
    assert_eq!(till.overlays(), 0);
    let again = till.store.seal_next(10, 100_000).unwrap().unwrap();
    assert_eq!(batch, again);
    let answers = hub.push(&again.ops);
    till.store.record_results(EPOCH, &answers).unwrap();
    assert_eq!(till.state_of(batch.ops[0].op_id), "confirmed");
}
