//! Full disks, failed syncs and power cuts under the real SQLite.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use counterfoil_domain::fact::{ShiftClosed, ShiftOpened};
use counterfoil_domain::{Currency, EntityKind, EntityRow, Hlc, Money, Op};
use counterfoil_store::{Confirmed, ConfirmedRow, DiskState, OpFate, Store, StoreEnv, StoreError};
use counterfoil_testkit::{ManualClock, SampleShop, SeededEntropy};

use uuid::Uuid;

use crate::common::{EPOCH, Till};
use crate::fault::Disk;

const PATH: &str = "/till.db";

fn env(disk: &Disk) -> StoreEnv {
    StoreEnv {
        vfs: Some(disk.name.clone()),
        files: Arc::new(disk.clone()),
        ..StoreEnv::new(ManualClock::start(), SeededEntropy::new(5))
    }
}

fn open(disk: &Disk, shop: &SampleShop) -> Store {
    let store = Store::open(Path::new(PATH), env(disk)).unwrap();
    store
        .set_identity(shop.tenant_id, shop.device_id, &shop.till_code, None)
        .unwrap();
    store
}

fn sell(store: &Store, shop: &SampleShop, number: u32) -> Result<(), StoreError> {
    let sale = shop
        .sale(number, &[(0, 1)], None, ManualClock::START)
        .unwrap();
    store.transact(Op::SaleCompleted(sale), None).map(|_| ())
}

/// Sales, journal entries and outbox rows: they exist together.
fn sales(store: &Store) -> i64 {
    let (sales, journal, outbox, sound): (i64, i64, i64, String) = store
        .read(|conn| {
            Ok(conn.query_row(
                "SELECT (SELECT count(*) FROM sale), (SELECT count(*) FROM journal),
                        (SELECT count(*) FROM outbox), (SELECT * FROM pragma_integrity_check)",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )?)
        })
        .unwrap();
    assert_eq!(sound, "ok");
    assert_eq!((sales, sales), (journal, outbox));
    sales
}

#[test]
fn sale_that_was_shown_as_done_survives_a_power_cut_at_any_write() {
    let shop = SampleShop::new(3).unwrap();
    for seed in 0..60 {
        let chance = SeededEntropy::new(seed);
        let disk = Disk::new();
        let store = open(&disk, &shop);
        disk.cut_after_writes(1 + chance.next_u64() % 400);
        let done = (1..200)
            .take_while(|number| sell(&store, &shop, *number).is_ok())
            .count();
        drop(store);
        disk.restart(&chance);
        let store = Store::open(Path::new(PATH), env(&disk)).unwrap();
        let kept = usize::try_from(sales(&store)).unwrap();
        // The one under way when the power went may be in, whole, or not at all.
        assert!(
            kept == done || kept == done + 1,
            "seed {seed}: {done} done, {kept} kept"
        );
        let next = u32::try_from(kept).unwrap() + 1;
        sell(&store, &shop, next).unwrap();
    }
}

/// A change of the hub's own: a customer of another till.
fn told(seq: u64) -> Confirmed {
    let row = EntityRow {
        kind: EntityKind::Customer,
        id: Uuid::from_u128(u128::from(seq)),
        fields: [("name".to_owned(), "Rosa".into())].into(),
        deleted: false,
    };
    Confirmed {
        seq,
        op_id: None,
        own: false,
        fate: OpFate::Applied,
        rows: vec![ConfirmedRow::Entity(row)],
    }
}

#[test]
fn what_the_hub_said_goes_at_a_power_cut_with_the_cursor_or_stays_with_it() {
    let shop = SampleShop::new(3).unwrap();
    let mut went = 0;
    for seed in 0..60 {
        let chance = SeededEntropy::new(seed);
        let disk = Disk::new();
        let store = open(&disk, &shop);
        sell(&store, &shop, 1).unwrap();
        for seq in 1..=20 {
            store
                .apply_changes(EPOCH, Hlc::default(), vec![told(seq)])
                .unwrap();
        }
        // What a person does afterwards is on the disk at once, and all that lies before it in the log.
        let sold_since = seed % 2 == 1;
        if sold_since {
            sell(&store, &shop, 2).unwrap();
        }
        disk.cut_after_writes(0);
        drop(store);
        disk.restart(&chance);
        let store = Store::open(Path::new(PATH), env(&disk)).unwrap();
        assert_eq!(sales(&store), if sold_since { 2 } else { 1 }, "seed {seed}");
        let cursor = store.cursor().unwrap().seq;
        let rows: i64 = store
            .read(|conn| Ok(conn.query_row("SELECT count(*) FROM customer", [], |r| r.get(0))?))
            .unwrap();
        assert_eq!(rows, cursor.cast_signed(), "seed {seed}");
        assert!(!sold_since || cursor == 20, "seed {seed}: {cursor}");
        went += u64::from(cursor < 20);
        let rest: Vec<_> = (cursor + 1..=20).map(told).collect();
        assert_eq!(
            store
                .apply_changes(EPOCH, Hlc::default(), rest)
                .unwrap()
                .seq,
            20
        );
    }
    assert!(went > 0, "no cut took anything back: the disk is too kind");
}

#[test]
fn failed_sync_is_reported_and_the_connection_is_not_used_again() {
    let shop = SampleShop::new(3).unwrap();
    let disk = Disk::new();
    let store = open(&disk, &shop);
    sell(&store, &shop, 1).unwrap();
    disk.fail_syncs(true);
    let opened = disk.opened();
    let error = sell(&store, &shop, 2).unwrap_err();
    assert_eq!(error.code(), "disk_failed");
    assert!(!error.is_permanent());
    assert_eq!(store.disk(), DiskState::Failing);
    assert_eq!(store.try_disk().unwrap_err().code(), "disk_failed");
    disk.fail_syncs(false);
    assert_eq!(store.try_disk().unwrap(), DiskState::Fine);
    assert!(disk.opened() > opened);
    let before = sales(&store);
    sell(&store, &shop, 3).unwrap();
    assert_eq!(sales(&store), before + 1);
}

#[test]
fn sale_after_a_failed_sync_survives_a_power_cut_though_the_system_dropped_what_failed() {
    let shop = SampleShop::new(3).unwrap();
    for seed in 0..40 {
        let disk = Disk::new();
        let store = open(&disk, &shop);
        sell(&store, &shop, 1).unwrap();
        disk.fail_syncs(true);
        sell(&store, &shop, 2).unwrap_err();
        disk.kill();
        drop(store);
        disk.fail_syncs(false);
        let store = Store::open(Path::new(PATH), env(&disk)).unwrap();
        sell(&store, &shop, 3).unwrap();
        let done = sales(&store);
        disk.cut_after_writes(1);
        sell(&store, &shop, 4).unwrap_err();
        drop(store);
        disk.restart(&SeededEntropy::new(seed));
        let store = Store::open(Path::new(PATH), env(&disk)).unwrap();
        assert!(sales(&store) >= done, "seed {seed}");
    }
}

#[test]
fn failed_sync_at_the_very_first_start_is_reported_and_the_next_start_works() {
    let shop = SampleShop::new(3).unwrap();
    let disk = Disk::new();
    disk.fail_next_syncs(1);
    let error = Store::open(Path::new(PATH), env(&disk)).unwrap_err();
    assert_eq!(error.code(), "disk_failed");
    sell(&open(&disk, &shop), &shop, 1).unwrap();
}

#[test]
fn connection_to_a_failed_disk_copies_nothing_back_when_it_is_given_up() {
    let shop = SampleShop::new(3).unwrap();
    let disk = Disk::new();
    let store = open(&disk, &shop);
    sell(&store, &shop, 1).unwrap();
    disk.fail_next_syncs(3);
    let done = (2..8)
        .filter(|number| sell(&store, &shop, *number).is_ok())
        .count();
    assert!(done >= 3, "{done} of six went through");
    assert!(sales(&store) > i64::try_from(done).unwrap());
}

#[test]
fn full_disk_is_reported_and_the_till_goes_on_when_there_is_room_again() {
    let shop = SampleShop::new(3).unwrap();
    let disk = Disk::new();
    let store = open(&disk, &shop);
    disk.leave_room(Some(200_000));
    let done = (1..1000)
        .take_while(|number| sell(&store, &shop, *number).is_ok())
        .count();
    assert_eq!(sales(&store), i64::try_from(done).unwrap());
    let next = u32::try_from(done).unwrap() + 1;
    let error = sell(&store, &shop, next).unwrap_err();
    assert_eq!(error.code(), "disk_full");
    assert!(!error.is_permanent());
    disk.leave_room(None);
    sell(&store, &shop, next).unwrap();
    assert_eq!(sales(&store), i64::from(next));
}

/// Lets the database grow by `pages` from where it is.
fn limit(tx: &counterfoil_store::Tx<'_>, pages: i64) -> Result<(), StoreError> {
    let conn = tx.conn();
    let now: i64 = conn.pragma_query_value(None, "page_count", |row| row.get(0))?;
    conn.query_row(
        &format!("PRAGMA max_page_count = {}", now + pages),
        [],
        |_| Ok(()),
    )?;
    Ok(())
}

#[test]
fn ballast_is_given_up_so_that_the_sale_at_hand_is_still_written() {
    let till = Till::with_shop();
    assert!(till.store.has_ballast());
    let runs = Cell::new(0);
    let sell_many = |first_room: i64, second_room: i64| {
        till.store.write(|tx| {
            runs.set(runs.get() + 1);
            limit(
                tx,
                if runs.get() % 2 == 1 {
                    first_room
                } else {
                    second_room
                },
            )?;
            for _ in 0..300 {
                tx.perform(&till.shop.deliver(0, 1), None, tx.now())?;
            }
            Ok::<_, StoreError>(())
        })
    };
    let before = till.count("outbox");
    sell_many(0, 100_000).unwrap();
    assert_eq!((runs.get(), till.count("outbox")), (2, before + 300));
    assert!(!till.store.has_ballast());
    // There is nothing left to give up: reported at once, and nothing written.
    let error = sell_many(0, 0).unwrap_err();
    assert_eq!(error.code(), "disk_full");
    assert_eq!((runs.get(), till.count("outbox")), (3, before + 300));
}

#[test]
fn shift_is_closed_on_a_full_disk_with_the_room_of_the_ballast() {
    let till = Till::with_shop();
    let opened = ShiftOpened {
        shift_id: till.shop.id(),
        device_id: till.shop.device_id,
        staff_id: till.shop.cashier,
        at: till.now(),
        opening_float: Money::new(5000, Currency::PEN).unwrap(),
    };
    let (shift_id, float) = (opened.shift_id, opened.opening_float);
    till.store.transact(Op::ShiftOpened(opened), None).unwrap();
    let closed = Op::ShiftClosed(ShiftClosed {
        shift_id,
        device_id: till.shop.device_id,
        staff_id: till.shop.cashier,
        at: till.now(),
        expected: float,
        counted: float,
        note: "x".repeat(20_000),
    });
    let runs = Cell::new(0);
    till.store
        .write(|tx| {
            runs.set(runs.get() + 1);
            limit(tx, if runs.get() == 1 { 0 } else { 256 })?;
            tx.perform(&closed, None, tx.now())
        })
        .unwrap();
    assert_eq!((runs.get(), till.store.disk()), (2, DiskState::Full));
    assert_eq!(
        till.value::<i64>("SELECT count(*) FROM shift WHERE closed_at IS NOT NULL"),
        1
    );
}

#[test]
fn ballast_is_made_again_when_there_is_room() {
    let till = Till::empty();
    std::fs::remove_file(till.folder().join("till.db.ballast")).unwrap();
    assert_eq!(till.store.disk(), DiskState::Full);
    assert_eq!(till.store.try_disk().unwrap(), DiskState::Fine);
    assert!(till.store.has_ballast());
}

#[test]
fn ballast_is_made_again_at_the_next_start() {
    let till = Till::empty();
    std::fs::remove_file(till.folder().join("till.db.ballast")).unwrap();
    assert!(!till.store.has_ballast());
    assert!(till.reopened().store.has_ballast());
}
