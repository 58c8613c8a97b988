//! The lane has teeth, and repeats itself.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use clap::ValueEnum as _;

use super::hub::ModelHub;
use super::machine::{Disk, Image, Nature, Planted};
use super::model::{Model, Register};
use super::seed::{self, Template};
use super::till::Till;
use super::{Options, check, run};
use crate::trace::Trace;
use counterfoil_store::StoreError;
use counterfoil_testkit::SeededEntropy;

fn options(seeds: u64, planted: Option<Planted>) -> Options {
    Options {
        seeds,
        planted,
        jobs: Some(2),
        ..Options::default()
    }
}

#[test]
fn each_planted_mistake_is_caught_within_a_thousand_seeds() {
    for planted in Planted::value_variants() {
        let options = options(1000, Some(*planted));
        let report = run(&options).unwrap();
        assert!(report.passed(&options), "{planted:?} was not caught");
    }
}

#[test]
fn nothing_is_lost_without_a_mistake() {
    let options = options(100, None);
    let report = run(&options).unwrap();
    assert!(report.passed(&options), "{}", report.text(&options));
    assert_eq!(report.seeds, 100);
}

#[test]
fn same_seed_is_the_same_run() {
    let disk = Disk::register().unwrap();
    let template = Template::make(&disk).unwrap();
    for number in 0..20 {
        let mut trace = Trace::default();
        let mut once = || seed::run(&disk, &template, number, None, &mut trace).unwrap();
        assert_eq!(once(), once(), "seed {number}");
    }
}

/// A sync failed, the system dropped what it could not write of a pulled page, and the program that opened the log again
/// found the hub's word taken back without any power cut: it asks for it once more, and nothing that a person did is gone.
#[test]
fn what_the_hub_said_may_be_taken_back_by_a_failed_sync() {
    let disk = Disk::register().unwrap();
    let template = Template::make(&disk).unwrap();
    let mut trace = Trace::default();
    seed::run(&disk, &template, 403, None, &mut trace).unwrap();
}

/// While syncs failed one after the other, readers stayed open over a log whose pages the system gave up; the next start
/// went by their index of it, took what it read for damage, and a sound database would have been salvaged.
#[test]
fn a_disk_that_goes_on_failing_is_not_taken_for_a_damaged_database() {
    let disk = Disk::register().unwrap();
    let template = Template::make(&disk).unwrap();
    let mut trace = Trace::default();
    for number in [982, 1203, 2228, 3461, 3811, 3985] {
        seed::run(&disk, &template, number, None, &mut trace).unwrap();
    }
}

/// After a COMMIT that failed the log was cut to nothing. The power went in the middle of the cut, and what was left of the
/// log went over newer pages: what had been acknowledged after it was gone.
#[test]
fn a_log_that_was_copied_back_is_started_over_and_never_cut() {
    let disk = Disk::register().unwrap();
    let template = Template::make(&disk).unwrap();
    let mut trace = Trace::default();
    for number in [14_103, 16_860, 17_294] {
        seed::run(&disk, &template, number, None, &mut trace).unwrap();
    }
}

#[test]
fn a_doubted_cursor_is_sure_again_once_it_was_seen_and_something_was_synced() {
    let mut cursor = Register::new(16);
    cursor.drifted(20);
    cursor.doubt();
    assert!(cursor.allows(&16) && cursor.allows(&20));
    cursor.seen(&20);
    cursor.synced();
    assert!(!cursor.allows(&16) && cursor.allows(&20));
}

/// What the check says about a sound shop after `damage` was done to its rows.
fn verdict(damage: &str) -> String {
    let disk = Disk::register().unwrap();
    let nature = Nature::random(&SeededEntropy::new(1));
    disk.replace(nature, &Image::new(), None, 1);
    let mut trace = Trace::default();
    let start = (Model::new(), ModelHub::default());
    let mut till = Till::new(&disk, 1, start, &mut trace).unwrap();
    till.found().unwrap();
    for _ in 0..60 {
        till.step().unwrap();
    }
    let store = till.store.clone().unwrap();
    let mut look = || check::check(&store, &mut till.model, &till.hub, &till.shop, false);
    look().unwrap();
    store
        .write(|tx| Ok::<_, StoreError>(tx.conn().execute_batch(damage)?))
        .unwrap();
    look().map_or_else(|said| said, |_| "nothing".to_owned())
}

#[test]
fn check_finds_each_kind_of_damage() {
    let kinds = [
        ("DELETE FROM outbox WHERE local_no = 20", "journal entries"),
        ("DELETE FROM sale WHERE rowid = 1", "rows are missing"),
        ("DELETE FROM sale_line WHERE position = 0", "rows are missing"),
        ("DELETE FROM stamp", "rows are missing"),
        (
            "DROP TRIGGER stock_removed; DELETE FROM stock WHERE quantity_milli < 0",
            "balances",
        ),
        (
            "DROP TRIGGER journal_delete; DELETE FROM journal WHERE entry_no = 20",
            "journal entries",
        ),
        (
            "DROP TRIGGER outbox_payload_fixed; UPDATE outbox SET payload = replace(payload, '850', '851')
             WHERE kind = 'sale_completed'",
            "was never done",
        ),
        (
            "UPDATE outbox SET seq = seq + 100, state = 'sealed' WHERE seq = (SELECT max(seq) FROM outbox)",
            "lost its place",
        ),
        ("UPDATE outbox SET state = 'waiting' WHERE state = 'confirmed'", "is waiting"),
        ("UPDATE meta SET value = '1' WHERE key = 'cursor'", "the cursor is 1"),
        ("DELETE FROM entity_base WHERE kind = 'shop'", "shop"),
        ("DELETE FROM cart", "cart"),
        ("DELETE FROM setting", "the setting"),
    ];
    for (damage, expected) in kinds {
        let said = verdict(damage);
        assert!(said.contains(expected), "{damage}: {said}");
    }
}
