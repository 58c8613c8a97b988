//! A till whose clock lags: what it has seen from others is older than what is done on it afterwards.

use counterfoil_domain::{EntityKind, Hlc};
use counterfoil_testkit::edit;
use serde_json::json;
use uuid::Uuid;

use crate::common::{EPOCH, Hub, Till};

const HOUR_MS: i64 = 3_600_000;

/// A shop in step, and a second till of it whose clock is an hour late.
fn late() -> (Till, Till, Hub) {
    let (till, hub) = Till::in_step();
    let late = Till::of(till.shop.other_till("T2"), 9);
    late.clock.advance_ms(-HOUR_MS);
    hub.pull(&late);
    (till, late, hub)
}

fn rename(till: &Till, product: Uuid, name: &str) {
    let op = edit(EntityKind::Product, product, "name", json!(name));
    till.store.transact(op, None).unwrap();
}

/// The clock of the operation that was done last.
fn last_clock(till: &Till) -> Hlc {
    Hlc {
        ms: till.value("SELECT hlc_ms FROM outbox ORDER BY local_no DESC LIMIT 1"),
        counter: till.value("SELECT hlc_counter FROM outbox ORDER BY local_no DESC LIMIT 1"),
    }
}

#[test]
fn an_edit_of_what_was_seen_wins_though_the_clock_is_late() {
    let (till, late, mut hub) = late();
    let coffee = till.shop.products[0].0.0;
    rename(&till, coffee, "Americano");
    hub.sync(&till);
    hub.pull(&late);
    let late = late.reopened();
    rename(&late, coffee, "Café solo");
    hub.sync(&late);
    hub.pull(&till);
    for till in [&till, &late] {
        let shown = till.shown(EntityKind::Product, coffee, "name").unwrap();
        assert_eq!(shown, "Café solo");
    }
}

#[test]
fn a_clock_that_is_behind_ours_takes_nothing_back() {
    let (till, hub) = Till::in_step();
    let coffee = till.shop.products[0].0.0;
    rename(&till, coffee, "Americano");
    let before = last_clock(&till);
    let older = Hlc {
        ms: before.ms - HOUR_MS,
        counter: 7,
    };
    let after = till.store.cursor().unwrap().seq;
    till.store
        .apply_changes(EPOCH, older, hub.after(&till, after))
        .unwrap();
    rename(&till, coffee, "Café solo");
    assert!(last_clock(&till) > before);
}

#[test]
fn what_is_refused_is_not_observed() {
    let (till, late, mut hub) = late();
    let coffee = till.shop.products[0].0.0;
    rename(&till, coffee, "Americano");
    rename(&till, coffee, "Café solo");
    hub.sync(&till);
    let mut changes = hub.after(&late, late.store.cursor().unwrap().seq);
    changes.remove(0);
    let ahead = Hlc {
        ms: i64::MAX,
        counter: 0,
    };
    late.store.apply_changes(EPOCH, ahead, changes).unwrap_err();
    rename(&late, coffee, "Expreso");
    assert!(last_clock(&late).ms < i64::MAX);
}

#[test]
fn who_edits_the_rows_of_an_image_is_later_than_they_are() {
    let (_, late, hub) = late();
    let image = late.snapshot();
    let newest = hub.clock();
    let said = rusqlite::Connection::open(&image).unwrap();
    for (key, value) in [
        ("image_lives", "[]".to_owned()),
        ("image_clock", newest.to_string()),
        ("hlc", Hlc::default().to_string()),
    ] {
        said.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)",
            [key, &value],
        )
        .unwrap();
    }
    drop(said);
    let fresh = Till::of(late.shop.clone(), 10);
    fresh.clock.advance_ms(-2 * HOUR_MS);
    std::fs::rename(&image, format!("{}.image", fresh.path.display())).unwrap();
    fresh.store.install_image().unwrap();
    rename(&fresh, fresh.shop.products[0].0.0, "Café solo");
    assert!(last_clock(&fresh) > newest);
}
