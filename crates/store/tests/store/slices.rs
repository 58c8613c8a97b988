//! A page of changes or answers is written in slices: they leave what the whole would have left, also when the power goes
//! between two of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use counterfoil_domain::{EntityKind, Op, OpId};
use counterfoil_store::{Confirmed, OpFate, Store, StoreEnv};
use counterfoil_testkit::{ManualClock, SeededEntropy, edit};
use proptest::prelude::*;
use rusqlite::types::Value;
use serde_json::json;

use crate::common::{EPOCH, Hub, Till};
use crate::fault::Disk;

/// One thing that happens at a till.
fn work(till: &Till, what: u8, number: u32) -> Op {
    let shop = &till.shop;
    let product = shop.products[usize::from(what) % shop.products.len()].0.0;
    match what % 6 {
        0 => {
            let sale = shop.sale(number, &[(0, 1), (1, 2)], None, till.now());
            Op::SaleCompleted(sale.unwrap())
        }
        1 => shop.deliver(0, i64::from(number)),
        2 => shop.enrol(&format!("Cliente {number}"), "+51900000000").1,
        3 => shop.book(till.now().plus_minutes(i64::from(number) * 60)).1,
        _ => edit(EntityKind::Product, product, "name", json!(number)),
    }
}

/// Every row of every table.
fn dump(store: &Store) -> BTreeMap<String, Vec<Vec<Value>>> {
    store
        .read(|conn| {
            let mut tables = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
            let names: Vec<String> = tables
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let mut all = BTreeMap::new();
            for name in names {
                let mut rows = conn.prepare(&format!("SELECT * FROM {name}"))?;
                let width = rows.column_count();
                let cells =
                    rows.query_map([], |row| (0..width).map(|place| row.get(place)).collect())?;
                all.insert(name, cells.collect::<Result<Vec<_>, _>>()?);
            }
            Ok(all)
        })
        .unwrap()
}

/// A copy of a till whose slices have so many rows.
fn copy_in_slices(till: &Till, snapshot: &Path, slice_rows: usize) -> Store {
    let path = till.folder().join(format!("slices-{slice_rows}.db"));
    std::fs::copy(snapshot, &path).unwrap();
    let env = StoreEnv {
        slice_rows,
        ..till.env()
    };
    Store::open(&path, env).unwrap()
}

/// Answers to what waits, and the page that brings it back together with another till's work.
fn answers_and_page(
    works: &[(bool, u8)],
    refuse: bool,
) -> (Till, Hub, Vec<(OpId, OpFate)>, Vec<Confirmed>) {
    let (till, mut hub) = Till::in_step();
    let other = Till::of(till.shop.other_till("T2"), 3);
    hub.pull(&other);
    hub.refuse = refuse.then(|| "slot_taken".to_owned());
    for (number, (here, what)) in (1..).zip(works) {
        let at = if *here { &till } else { &other };
        at.store.transact(work(at, *what, number), None).unwrap();
        if !here {
            hub.push_all(&other);
        }
    }
    let sealed = till.store.seal_next(200, 1 << 20).unwrap();
    let answers = sealed.map_or_else(Vec::new, |batch| hub.push(&batch.ops));
    let page = hub.after(&till, till.store.cursor().unwrap().seq);
    (till, hub, answers, page)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn slices_leave_what_the_whole_would_have_left(
        works in proptest::collection::vec(any::<(bool, u8)>(), 1..14),
        refuse in any::<bool>(),
        slice_rows in 1..12_usize,
    ) {
        let (till, hub, answers, page) = answers_and_page(&works, refuse);
        let snapshot = till.snapshot();
        let [at_once, in_slices] = [usize::MAX, slice_rows].map(|rows| {
            let store = copy_in_slices(&till, &snapshot, rows);
            store.record_results(EPOCH, &answers).unwrap();
            let answered = dump(&store);
            let cursor = store.apply_changes(EPOCH, hub.clock(), page.clone()).unwrap();
            (answered, cursor, dump(&store))
        });
        prop_assert_eq!(at_once, in_slices);
    }
}

#[test]
fn kill_or_power_cut_within_a_page_leaves_what_the_next_pull_finishes() {
    let works: Vec<(bool, u8)> = (0..12).map(|n| (n % 2 == 0, n)).collect();
    let (till, hub, _, _) = answers_and_page(&works, false);
    let page: Vec<Confirmed> = hub.changes.iter().map(|(_, c)| c.clone()).collect();
    let other = till.shop.other_till("T3");
    // What a till shows that never heard of the rest, for every place in the page.
    let follower = Till::of(other.clone(), 9);
    let mut shown = vec![follower.store.checksum().unwrap()];
    for change in &page {
        let one = vec![change.clone()];
        follower
            .store
            .apply_changes(EPOCH, hub.clock(), one)
            .unwrap();
        shown.push(follower.store.checksum().unwrap());
    }
    let mut ends_inside = 0;
    for seed in 0..60 {
        let chance = SeededEntropy::new(seed);
        let disk = Disk::new();
        let env = || StoreEnv {
            vfs: Some(disk.name.clone()),
            files: Arc::new(disk.clone()),
            slice_rows: 4,
            ..StoreEnv::new(ManualClock::start(), SeededEntropy::new(5))
        };
        let path = Path::new("/till.db");
        let store = Store::open(path, env()).unwrap();
        store
            .set_identity(other.tenant_id, other.device_id, &other.till_code, None)
            .unwrap();
        disk.cut_after_writes(1 + chance.next_u64() % 400);
        let applied = store.apply_changes(EPOCH, hub.clock(), page.clone());
        drop(store);
        if seed % 2 == 0 {
            disk.restart(&chance);
        } else {
            disk.kill();
            disk.cut_after_writes(u64::MAX);
        }
        let store = Store::open(path, env()).unwrap();
        let cursor = store.cursor().unwrap();
        ends_inside += u64::from(applied.is_err() && cursor.seq > 0);
        let upto = usize::try_from(cursor.seq).unwrap();
        assert_eq!(store.checksum().unwrap(), shown[upto], "seed {seed}");
        let last = store
            .apply_changes(EPOCH, hub.clock(), page.clone())
            .unwrap();
        assert_eq!(last.seq, page.len() as u64);
        assert_eq!(
            Some(&store.checksum().unwrap()),
            shown.last(),
            "seed {seed}"
        );
        let counted = store.count_rows().unwrap().sums;
        assert_eq!(store.sums().unwrap().1, Some(counted), "seed {seed}");
    }
    assert!(
        ends_inside > 5,
        "only {ends_inside} ends came inside the page"
    );
}

#[test]
fn a_page_in_slices_is_heard_of_once() {
    let works: Vec<(bool, u8)> = (0..12).map(|n| (n % 2 == 0, n)).collect();
    let (till, hub, answers, page) = answers_and_page(&works, false);
    let store = copy_in_slices(&till, &till.snapshot(), 2);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    store.on_commit(Box::new(move |info| {
        hears.lock().unwrap().push(info.clone())
    }));
    store.record_results(EPOCH, &answers).unwrap();
    store.apply_changes(EPOCH, hub.clock(), page).unwrap();
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[0].areas, ["outbox"]);
    assert!(heard[1].areas.contains(&"catalogue") && heard[1].areas.contains(&"sales"));
    assert!(heard.iter().all(|info| !info.local_write));
}
