//! One door for writes.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use counterfoil_domain::{Hlc, Op, UnixMs};
use counterfoil_store::{Store, StoreError};
use counterfoil_testkit::SampleShop;
use proptest::prelude::*;

use crate::common::{EPOCH, Hub, Till};

#[test]
fn sale_outbox_journal_and_ledgers_are_written_together() {
    let till = Till::with_shop();
    let sale = till
        .shop
        .sale(1, &[(0, 2), (1, 1)], None, till.now())
        .unwrap();
    let op_id = till
        .store
        .transact(Op::SaleCompleted(sale.clone()), Some(till.shop.cashier))
        .unwrap();
    assert_eq!(till.count("sale"), 1);
    assert_eq!(till.count("sale_line"), 2);
    assert_eq!(till.count("sale_tender"), 1);
    assert_eq!(till.state_of(op_id), "waiting");
    let subject: String = till.value(&format!(
        "SELECT subject FROM journal WHERE op_id = '{op_id}'"
    ));
    assert_eq!(subject, "T1-000001");
    let coffee = till.shop.products[0].0;
    let left: i64 = till.value(&format!(
        "SELECT quantity_milli FROM stock_balance WHERE product_id = '{coffee}'"
    ));
    assert_eq!(left, 8000);
    let drawer: i64 = till.value("SELECT sum(amount_minor) FROM cash");
    assert_eq!(drawer, sale.total.minor());
}

#[test]
fn operation_that_fails_halfway_leaves_nothing() {
    let till = Till::with_shop();
    let sale = till.shop.sale(1, &[(0, 1)], None, till.now()).unwrap();
    till.store
        .transact(Op::SaleCompleted(sale.clone()), None)
        .unwrap();
    let before = (
        till.count("outbox"),
        till.count("journal"),
        till.count("stock"),
    );
    // The outbox row is written first; the sale's own row then fails.
    let error = till
        .store
        .transact(Op::SaleCompleted(sale), None)
        .unwrap_err();
    assert_eq!(error.code(), "exists_already");
    assert_eq!(
        before,
        (
            till.count("outbox"),
            till.count("journal"),
            till.count("stock")
        )
    );
}

#[test]
fn error_from_the_deciding_closure_rolls_back_what_was_done_before_it() {
    let till = Till::with_shop();
    let before = till.count("outbox");
    let outcome: Result<(), StoreError> = till.store.write(|tx| {
        tx.perform(&till.shop.deliver(0, 5), None, till.now())?;
        tx.perform(&till.shop.deliver(1, 5), None, till.now())?;
        Err(StoreError::EpochChanged)
    });
    assert!(outcome.is_err());
    assert_eq!(till.count("outbox"), before);
}

#[test]
fn sale_number_is_decided_inside_the_transaction() {
    let till = Till::with_shop();
    let sell = || {
        till.store
            .transact_with(|tx| {
                let next: u32 = tx.conn().query_row(
                    "SELECT coalesce(max(number), 0) + 1 FROM sale",
                    [],
                    |row| row.get(0),
                )?;
                let sale = till.shop.sale(next, &[(0, 1)], None, tx.now()).unwrap();
                Ok::<_, StoreError>((Op::SaleCompleted(sale), None, tx.now(), next))
            })
            .unwrap()
            .1
    };
    assert_eq!([sell(), sell(), sell()], [1, 2, 3]);
}

#[test]
fn nothing_is_written_before_the_till_has_an_identity() {
    let dir = tempfile::tempdir().unwrap();
    let till = Till::empty();
    let store = Store::open(&dir.path().join("x.db"), till.env()).unwrap();
    let error = store.transact(till.shop.deliver(0, 1), None).unwrap_err();
    assert_eq!(error.code(), "no_identity");
}

#[test]
fn journal_grows_by_one_with_each_operation_and_cannot_be_edited() {
    let till = Till::with_shop();
    let before = till.count("journal");
    till.store.transact(till.shop.deliver(0, 1), None).unwrap();
    assert_eq!(till.count("journal"), before + 1);
    assert_eq!(till.count("journal"), till.count("outbox"));
    let conn = rusqlite::Connection::open(&till.path).unwrap();
    assert!(
        conn.execute("UPDATE journal SET subject = 'x'", [])
            .is_err()
    );
    assert!(conn.execute("DELETE FROM journal", []).is_err());
    assert!(
        conn.execute("UPDATE outbox SET payload = '{}'", [])
            .is_err()
    );
    assert!(
        conn.execute("UPDATE stock SET quantity_milli = 9", [])
            .is_err()
    );
}

#[test]
fn commits_tell_which_areas_changed() {
    let till = Till::with_shop();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = heard.clone();
    till.store.on_commit(Box::new(move |info| {
        ear.lock().unwrap().push(info.clone());
    }));
    let (customer, enrol) = till.shop.enrol("Rosa", "+51999888777");
    till.store.transact(enrol, None).unwrap();
    let sale = till
        .shop
        .sale(1, &[(0, 1)], Some(customer), till.now())
        .unwrap();
    till.store.transact(Op::SaleCompleted(sale), None).unwrap();
    till.store.seal_next(0, 0).unwrap();
    let heard = heard.lock().unwrap();
    assert_eq!(heard[0].areas, ["customers", "outbox"]);
    assert_eq!(heard[1].areas, ["catalogue", "outbox", "sales"]);
    assert!(heard.iter().all(|info| info.local_write));
    assert_eq!(heard.len(), 2);
}

#[test]
fn clock_that_was_set_back_does_not_turn_edits_around() {
    let till = Till::with_shop();
    till.clock.advance_ms(-86_400_000);
    till.store.transact(till.shop.deliver(0, 1), None).unwrap();
    let turned: i64 = till.value(
        "SELECT count(*) FROM outbox a JOIN outbox b ON b.local_no = a.local_no + 1
         WHERE (b.hlc_ms, b.hlc_counter) <= (a.hlc_ms, a.hlc_counter)",
    );
    assert_eq!(turned, 0);
}

#[test]
fn local_day_and_hour_follow_the_shops_zone_and_search_folds_accents() {
    let till = Till::empty();
    let day = |ms: i64| till.value::<String>(&format!("SELECT local_day({ms})"));
    // 2026-03-05 03:00 UTC is still the evening of the 4th in Lima.
    let late = 1_772_679_600_000;
    assert_eq!(day(late), "2026-03-05");
    let setup = till.shop.setup().unwrap();
    till.store.transact(setup[0].clone(), None).unwrap();
    assert_eq!(day(late), "2026-03-04");
    assert_eq!(till.value::<i64>(&format!("SELECT local_hour({late})")), 22);
    assert_eq!(
        till.value::<String>("SELECT fold('Ñandú LÚCUMA')"),
        "nandu lucuma"
    );
}

#[test]
fn twelve_thousand_operations_are_taken_sent_and_confirmed_in_reasonable_time() {
    let till = Till::with_shop();
    let (customer, enrol) = till.shop.enrol("Rosa", "+51999888777");
    let mut ops = vec![(enrol, None, till.now())];
    for number in 1..=4000_u32 {
        let at = till.now().plus_ms(i64::from(number));
        let sale = till
            .shop
            .sale(number, &[(0, 1), (1, 2)], Some(customer), at);
        ops.push((
            Op::SaleCompleted(sale.unwrap()),
            Some(till.shop.cashier),
            at,
        ));
        ops.push((till.shop.stamp(customer), Some(till.shop.cashier), at));
        ops.push((till.shop.deliver(0, 1), None, at));
    }
    let started = Instant::now();
    assert_eq!(till.store.transact_many(ops).unwrap().len(), 12_001);
    println!("taken in {:?}", started.elapsed());
    assert_eq!(till.count("sale"), 4000);
    assert_eq!(till.value::<i64>("SELECT balance FROM stamp_balance"), 4000);
    let started = Instant::now();
    let mut hub = Hub::default();
    hub.push_all(&till);
    println!("sealed and answered in {:?}", started.elapsed());
    let started = Instant::now();
    while till.store.cursor().unwrap().seq < hub.changes.len() as u64 {
        let after = till.store.cursor().unwrap().seq;
        let mut changes = hub.after(&till, after);
        changes.truncate(500);
        till.store
            .apply_changes(EPOCH, Hlc::default(), changes)
            .unwrap();
    }
    println!("confirmed in {:?}", started.elapsed());
    assert_eq!(till.count("outbox WHERE state <> 'confirmed'"), 0);
    assert_eq!(till.overlays(), 0);
}

#[test]
fn many_threads_sell_at_once_without_losing_or_repeating_a_number() {
    let till = Till::with_shop();
    let sell = || {
        till.store
            .transact_with(|tx| {
                let next: u32 = tx.conn().query_row(
                    "SELECT coalesce(max(number), 0) + 1 FROM sale",
                    [],
                    |row| row.get(0),
                )?;
                let sale = till.shop.sale(next, &[(0, 1)], None, tx.now()).unwrap();
                Ok::<_, StoreError>((Op::SaleCompleted(sale), None, tx.now(), ()))
            })
            .unwrap();
    };
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..10 {
                    sell();
                    till.store.outbox_counts().unwrap();
                }
            });
        }
    });
    let (count, distinct, last): (i64, i64, i64) = till
        .store
        .read(|conn| {
            Ok(conn.query_row(
                "SELECT count(*), count(DISTINCT number), max(number) FROM sale",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?)
        })
        .unwrap();
    assert_eq!((count, distinct, last), (40, 40, 40));
}

#[derive(Debug, Clone)]
enum Step {
    Sell(usize, i64),
    Refund,
    Deliver(usize, i64),
    Stamp(usize),
    Unstamp(usize),
    Redeem(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3_usize, 1..4_i64).prop_map(|(p, n)| Step::Sell(p, n)),
        Just(Step::Refund),
        (0..3_usize, -3..9_i64).prop_map(|(p, n)| Step::Deliver(p, n)),
        (0..2_usize).prop_map(Step::Stamp),
        (0..2_usize).prop_map(Step::Unstamp),
        (0..2_usize).prop_map(Step::Redeem),
    ]
}

fn ops(
    shop: &SampleShop,
    steps: &[Step],
    at: UnixMs,
) -> Vec<(Op, Option<counterfoil_domain::StaffId>, UnixMs)> {
    let customers = [shop.id(), shop.id()];
    let mut last = None;
    let mut number = 0;
    let mut all = Vec::new();
    for step in steps {
        all.push(match step {
            Step::Sell(product, pieces) => {
                number += 1;
                let sale = shop.sale(number, &[(*product, *pieces)], None, at).unwrap();
                last = Some(sale.clone());
                Op::SaleCompleted(sale)
            }
            Step::Refund => match &last {
                Some(sale) => Op::SaleRefunded(shop.refund(sale, at).unwrap()),
                None => continue,
            },
            Step::Deliver(product, pieces) => shop.deliver(*product, *pieces),
            Step::Stamp(who) => shop.stamp(customers[*who]),
            Step::Unstamp(who) => shop.unstamp(customers[*who], shop.id()),
            Step::Redeem(who) => shop.redeem(customers[*who]),
        });
    }
    all.into_iter().map(|op| (op, None, at)).collect()
}

const LEDGERS_THAT_DISAGREE: &str = "
    SELECT (SELECT count(*) FROM stock_balance b WHERE b.quantity_milli <>
                (SELECT coalesce(sum(quantity_milli), 0) FROM stock s WHERE s.product_id = b.product_id))
         + (SELECT count(*) FROM stamp_balance b WHERE b.balance <>
                (SELECT coalesce(sum(stamps), 0) FROM stamp s WHERE s.customer_id = b.customer_id))
         + (SELECT count(*) FROM stock WHERE product_id NOT IN (SELECT product_id FROM stock_balance))
         + (SELECT count(*) FROM stamp WHERE customer_id NOT IN (SELECT customer_id FROM stamp_balance))";

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_balance_is_the_sum_of_its_ledger(steps in prop::collection::vec(step(), 1..60)) {
        let till = Till::empty();
        till.store.transact_many(ops(&till.shop, &steps, till.now())).unwrap();
        prop_assert_eq!(till.value::<i64>(LEDGERS_THAT_DISAGREE), 0);
        let conn = rusqlite::Connection::open(&till.path).unwrap();
        conn.execute("DELETE FROM stamp WHERE stamps = 1 AND stamp_id IN (SELECT min(stamp_id) FROM stamp)", []).unwrap();
        conn.execute("DELETE FROM stock WHERE entry_id IN (SELECT min(entry_id) FROM stock)", []).unwrap();
        prop_assert_eq!(till.value::<i64>(LEDGERS_THAT_DISAGREE), 0);
    }
}
