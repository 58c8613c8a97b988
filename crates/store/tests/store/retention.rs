//! What may be let go of, and that nothing else is.

use counterfoil_domain::{EntityKind, Hlc, Op};
use counterfoil_store::KEEP_MS;
use counterfoil_testkit::edit;
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use crate::common::{EPOCH, Hub, Till};

const DAY_MS: i64 = 86_400_000;
const NEW: Uuid = Uuid::from_u128(2);

/// The till lives through so many days, looking every hour at most and every day at least.
fn live(till: &Till, days: i64) -> usize {
    (0..days)
        .map(|_| {
            till.clock.advance_ms(DAY_MS);
            till.store.let_go(1000).unwrap()
        })
        .sum()
}

fn archive_all(till: &Till) {
    let seq = till.store.cursor().unwrap().seq;
    till.store.learn_archived(EPOCH, seq).unwrap();
    till.store.let_go(1000).unwrap();
}

fn sell(till: &Till, number: u32) {
    let sale = till.shop.sale(number, &[(0, 1)], None, till.now()).unwrap();
    till.store.transact(Op::SaleCompleted(sale), None).unwrap();
}

#[test]
fn an_operation_goes_thirty_days_after_a_backup_took_it_and_its_sale_and_journal_stay() {
    let (till, mut hub) = Till::in_step();
    sell(&till, 1);
    sell(&till, 2);
    hub.sync(&till);
    archive_all(&till);
    let (before, ops) = (till.store.checksum().unwrap(), till.count("outbox"));
    assert_eq!(live(&till, 30), 0);
    let gone = live(&till, 1);
    // The end of the chain stays: the next operation carries its hash.
    assert_eq!(
        (i64::try_from(gone).unwrap(), till.count("outbox")),
        (ops - 1, 1)
    );
    assert_eq!(till.count("journal"), ops);
    assert_eq!(till.store.checksum().unwrap(), before);
    let touches = "SELECT count(*) FROM outbox_touch t WHERE NOT EXISTS (SELECT 1 FROM outbox o WHERE o.local_no = t.local_no)";
    assert_eq!(till.value::<i64>(touches), 0);
}

#[test]
fn selling_goes_on_from_the_chain_that_was_shortened() {
    let (till, mut hub) = Till::in_step();
    archive_all(&till);
    live(&till, 32);
    sell(&till, 1);
    let batch = till.store.seal_next(200, 1 << 20).unwrap().unwrap();
    let last = hub.received.last().unwrap();
    assert_eq!(batch.ops[0].seq, last.seq + 1);
    assert_eq!(batch.ops[0].prev_hash, last.hash());
    hub.sync(&till);
    assert_eq!(till.value::<i64>("SELECT pending FROM sale"), 0);
}

#[test]
fn what_no_backup_holds_stays_however_old_it_is() {
    let (till, mut hub) = Till::in_step();
    archive_all(&till);
    sell(&till, 1);
    hub.sync(&till);
    sell(&till, 2);
    live(&till, 400);
    assert_eq!(
        till.value::<i64>("SELECT count(*) FROM outbox WHERE kind = 'sale_completed'"),
        2
    );
}

#[test]
fn a_clock_that_leaps_ahead_lets_nothing_go() {
    let (till, _hub) = Till::in_step();
    archive_all(&till);
    for years in [10, -9, 20, -20] {
        till.clock.advance_ms(years * 365 * DAY_MS);
        assert_eq!(till.store.let_go(1000).unwrap(), 0);
    }
}

#[test]
fn what_is_done_under_a_clock_that_is_behind_still_lives_its_thirty_days() {
    let till = Till::with_shop();
    till.clock.advance_ms(-3650 * DAY_MS);
    sell(&till, 1);
    till.clock.advance_ms(3650 * DAY_MS);
    let mut hub = Hub::default();
    hub.sync(&till);
    archive_all(&till);
    assert_eq!(live(&till, 29), 0);
}

#[test]
fn a_till_that_was_switched_off_for_a_year_has_lived_through_one_day_of_it() {
    let (till, _hub) = Till::in_step();
    archive_all(&till);
    till.clock.advance_ms(365 * DAY_MS);
    assert_eq!(till.store.let_go(1000).unwrap(), 0);
    assert_eq!(live(&till, 28), 0);
    assert!(live(&till, 1) > 0);
}

#[test]
fn they_go_in_small_batches() {
    let (till, _hub) = Till::in_step();
    archive_all(&till);
    let ops = till.count("outbox");
    live(&till, 30);
    till.clock.advance_ms(DAY_MS);
    assert_eq!(till.store.let_go(2).unwrap(), 2);
    assert_eq!(till.count("outbox"), ops - 2);
}

#[test]
fn what_is_refused_unread_or_to_be_decided_stays() {
    let (till, mut hub) = Till::in_step();
    hub.refuse = Some("slot_taken".to_owned());
    let (_, booking) = till.shop.book(till.now().plus_minutes(60));
    let refused = till.store.transact(booking, None).unwrap();
    hub.sync(&till);
    hub.unreadable = vec!["stock_moved".to_owned()];
    let dead = till.store.transact(till.shop.deliver(0, 5), None).unwrap();
    hub.sync(&till);
    let coffee = till.shop.products[0].0.0;
    let flagged = till
        .store
        .transact(edit(EntityKind::Product, coffee, "name", json!("A")), None)
        .unwrap();
    hub.sync(&till);
    hub.set(EntityKind::Conflict, flagged.0, "status", json!("open"));
    hub.pull(&till);
    sell(&till, 1);
    hub.sync(&till);
    archive_all(&till);
    live(&till, 40);
    for (op, state) in [(refused, "refused"), (dead, "dead"), (flagged, "confirmed")] {
        assert_eq!(till.state_of(op), state);
    }
}

#[test]
fn a_stamp_that_was_taken_back_cannot_be_taken_back_again_later() {
    let (till, mut hub) = Till::in_step();
    let (customer, enrolled) = till.shop.enrol("Ana", "+51987654321");
    till.store.transact(enrolled, None).unwrap();
    let stamp = till.shop.stamp(customer);
    let Op::StampGiven(given) = &stamp else {
        panic!("a stamp")
    };
    let reversed = till.shop.unstamp(customer, given.stamp_id);
    till.store.transact(stamp.clone(), None).unwrap();
    let reversed = till.store.transact(reversed, None).unwrap();
    sell(&till, 1);
    hub.sync(&till);
    archive_all(&till);
    live(&till, 40);
    assert_eq!(till.state_of(reversed), "confirmed");
}

#[test]
fn what_is_archived_never_goes_back_and_belongs_to_its_epoch() {
    let (till, hub) = Till::in_step();
    let head = till.store.cursor().unwrap().seq;
    till.store.learn_archived(EPOCH, 3).unwrap();
    till.store.learn_archived(EPOCH, 2).unwrap();
    assert_eq!(till.store.archive().unwrap().seq, 3);
    assert_eq!(till.store.archive().unwrap().behind, head - 3);
    till.store.learn_archived(NEW, 9).unwrap();
    assert_eq!(till.store.archive().unwrap().seq, 3, "another epoch's");
    let last_seq = hub.received.last().unwrap().seq;
    till.store.reset_for_epoch(NEW, last_seq, head).unwrap();
    assert_eq!(till.store.archive().unwrap().seq, 0);
}

/// A hub restored from the newest backup of `held` operations that a till may still rely on.
fn hub_of(hub: &Hub, held: usize) -> Hub {
    let mut old = Hub::default();
    old.push(&hub.received[..held]);
    old
}

fn refill(till: &Till, hub: &mut Hub) {
    let head = hub.changes.len() as u64;
    let last_seq = hub.received.iter().map(|op| op.seq).max().unwrap_or(0);
    till.store.reset_for_epoch(NEW, last_seq, head).unwrap();
    for _ in 0..3 {
        hub.push_all_in(till, NEW);
        let after = till.store.cursor().unwrap().seq;
        till.store
            .apply_changes(NEW, Hlc::default(), hub.after(till, after))
            .unwrap();
    }
}

#[test]
fn a_hub_that_wants_what_was_let_go_of_gets_the_rest_in_a_new_incarnation() {
    let (till, mut hub) = Till::in_step();
    let held = hub.received.len();
    archive_all(&till);
    live(&till, 32);
    sell(&till, 1);
    sell(&till, 2);
    hub.sync(&till);
    let before = till.store.identity().unwrap().unwrap().incarnation;
    // Older than any backup that a till relies on: half of what is gone here is gone there too.
    let mut old = hub_of(&hub, held / 2);
    refill(&till, &mut old);
    assert_ne!(till.store.identity().unwrap().unwrap().incarnation, before);
    let sales = old.received.iter().filter(|op| op.kind == "sale_completed");
    assert_eq!(sales.count(), 2);
    assert_eq!(till.value::<i64>("SELECT sum(pending) FROM sale"), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Lose the hub, lose no sale, as long as the till survives: whatever backup of the last thirty days it comes back from.
    #[test]
    fn a_hub_restored_from_any_backup_of_thirty_days_gets_every_sale_again(
        days in prop::collection::vec((0_u8..3, any::<bool>()), 1..80),
        age in 0_usize..30,
    ) {
        let (till, mut hub) = Till::in_step();
        let mut number = 0;
        // What each day's newest backup holds.
        let mut backups = vec![0];
        for (sales, backed_up) in days {
            for _ in 0..sales {
                number += 1;
                sell(&till, number);
            }
            hub.sync(&till);
            if backed_up {
                till.store.learn_archived(EPOCH, till.store.cursor().unwrap().seq).unwrap();
                backups.push(hub.received.len());
            } else {
                backups.push(*backups.last().unwrap());
            }
            till.store.let_go(1000).unwrap();
            till.clock.advance_ms(DAY_MS);
        }
        let held = backups[backups.len().saturating_sub(1 + age)];
        let mut old = hub_of(&hub, held);
        refill(&till, &mut old);
        let sales = old.stored.len() as u64 - (hub.stored.len() as u64 - u64::from(number));
        prop_assert_eq!(sales, u64::from(number));
        prop_assert_eq!(till.value::<i64>("SELECT coalesce(sum(pending), 0) FROM sale"), 0);
        prop_assert_eq!(till.store.outbox_counts().unwrap().waiting, 0);
    }
}

#[test]
fn the_time_that_is_kept_is_thirty_days() {
    assert_eq!(KEEP_MS, 30 * DAY_MS);
}
