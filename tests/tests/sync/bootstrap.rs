//! A new till takes the shop as one image; a till whose rows differ takes a fresh one. Pending work survives both.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use counterfoil_domain::fact::{ShiftClosed, ShiftOpened};
use counterfoil_domain::table::Table;
use counterfoil_domain::{EntityKind, Money, Op};
use counterfoil_protocol::image::{ImageQuery, ImageReply};
use counterfoil_store::{Packed, StoreError};
use counterfoil_sync::bootstrap::{Boot, bootstrap_once};
use counterfoil_sync::checks::{Checked, Depth, check_once};
use counterfoil_sync::client::Piece;
use counterfoil_sync::plan::{Pieces, Why};
use counterfoil_sync::{
    HubError, Phase, Progress, SyncConfig, SyncEngine, SyncError, SyncState, steps,
};
use counterfoil_testkit::{SeededEntropy, edit};
use serde_json::json;
use tokio::sync::watch;

use crate::live::reaches;
use crate::town::{Till, Town, engines};
use crate::{HOUR_MS, assert_same, morning};

/// Small enough for an image of the sample shop to need several.
const SMALL: Pieces = Pieces::between(1024, 1024, 1024);

async fn boot(till: &Till, why: Why) -> Result<Boot, SyncError> {
    let tell = |_: Progress| {};
    bootstrap_once(
        &till.store,
        &till.client,
        &till.credentials,
        why,
        SMALL,
        &tell,
    )
    .await
}

async fn check(till: &Till, depth: Depth) -> Checked {
    check_once(&till.store, &till.client, &till.credentials, depth)
        .await
        .expect("the hub tells its sums")
}

fn soles(minor: i64) -> Money {
    Money::new(minor, "PEN".parse().expect("a currency")).expect("it is in range")
}

/// A town whose first till has had a morning, and a second till that has nothing yet.
async fn open_town(engine: Option<&str>) -> (Town, Till, Till) {
    let town = Town::found(engine).await;
    let till = town.till("T1").await;
    let other = town.till("T2").await;
    till.set_up();
    let shift = till.shop.id();
    till.perform([Op::ShiftOpened(ShiftOpened {
        shift_id: shift,
        device_id: till.shop.device_id,
        staff_id: till.shop.cashier,
        at: town.now(),
        opening_float: soles(5_000),
    })]);
    morning(&till, town.now());
    let sale = till
        .shop
        .sale(3, &[(0, 1)], None, town.now())
        .expect("the samples hold");
    till.perform([Op::SaleCompleted(sale.clone())]);
    let refund = till.shop.refund(&sale, town.now()).expect("it is new");
    till.perform([Op::SaleRefunded(refund)]);
    till.perform([Op::ShiftClosed(ShiftClosed {
        shift_id: shift,
        device_id: till.shop.device_id,
        staff_id: till.shop.cashier,
        at: town.now(),
        expected: soles(5_000),
        counted: soles(4_990),
        note: "ten short".to_owned(),
    })]);
    till.sync().await.expect("the morning is on the hub");
    (town, till, other)
}

fn bytes_of_images(till: &Till) -> u64 {
    till.network.faults().image_bytes.load(Ordering::SeqCst)
}

fn let_through(till: &Till, bytes: Option<u64>) {
    *till
        .network
        .faults()
        .image_bytes_left
        .lock()
        .expect("nobody panicked") = bytes;
}

/// The part of an image that lies beside a till's database, if there is one.
fn part(till: &Till) -> Option<PathBuf> {
    let folder = till.path.parent().expect("it lies in a folder");
    let name = till.path.file_name().expect("it has a name");
    let begins = format!("{}.image-", name.to_string_lossy());
    std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| {
            path.file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with(&begins))
        })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_till_is_in_step_after_its_image_and_a_short_pull() {
    for engine in engines() {
        let (_town, till, other) = open_town(engine.as_deref()).await;
        let Ok(Boot::Installed(cursor)) = boot(&other, Why::New).await else {
            panic!("the image is installed");
        };
        assert_eq!(cursor, till.store.cursor().expect("a cursor"));
        assert_same(&till, &other);
        till.perform([till.shop.deliver(0, 7)]);
        till.sync().await.expect("something happens meanwhile");
        let pulled = steps::pull_once(&other.store, &other.client, &other.credentials)
            .await
            .expect("the pull goes on from there");
        assert_eq!((pulled.changes, pulled.at_head), (1, true));
        assert_same(&till, &other);
        for depth in [Depth::Kept, Depth::Rows] {
            assert_eq!(check(&other, depth).await, Checked::Same);
            assert_eq!(check(&till, depth).await, Checked::Same);
        }
        assert!(part(&other).is_none(), "no part is left behind");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_edits_an_images_rows_is_heard_though_the_new_tills_clock_is_late() {
    for engine in engines() {
        let (town, till, other) = open_town(engine.as_deref()).await;
        let Ok(Boot::Installed(_)) = boot(&other, Why::New).await else {
            panic!("the image is installed");
        };
        let coffee = till.shop.products[0].0.0;
        town.clock.advance_ms(-HOUR_MS);
        other.perform([edit(EntityKind::Product, coffee, "name", json!("Expreso"))]);
        town.clock.advance_ms(HOUR_MS);
        other.sync().await.expect("the edit is on the hub");
        let heard = "SELECT count(*) FROM product WHERE name = 'Expreso'";
        assert_eq!(other.count(heard), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_breaks_off_goes_on_where_it_was_even_after_a_restart() {
    let (town, till, mut other) = open_town(None).await;
    let_through(&other, Some(5 * 1024 + 100));
    assert!(matches!(
        boot(&other, Why::New).await,
        Err(SyncError::Hub(HubError::Unreachable(_)))
    ));
    assert_eq!(bytes_of_images(&other), 5 * 1024);
    let path = other.path.clone();
    town.reopen(&mut other, &path);
    let_through(&other, None);
    assert!(matches!(
        boot(&other, Why::New).await,
        Ok(Boot::Installed(_))
    ));
    assert_same(&till, &other);
    let whole = bytes_of_images(&other);
    let fresh = town.till("T3").await;
    boot(&fresh, Why::New).await.expect("another till's image");
    assert_eq!(bytes_of_images(&fresh), whole, "no byte came twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_image_is_thrown_away_and_fetched_anew() {
    let (_town, till, other) = open_town(None).await;
    let_through(&other, Some(4 * 1024));
    assert!(boot(&other, Why::New).await.is_err());
    let path = part(&other).expect("a part has come");
    let mut bytes = std::fs::read(&path).expect("it can be read");
    bytes[2000] ^= 0x40;
    std::fs::write(&path, bytes).expect("it can be damaged");
    let_through(&other, None);
    let error = boot(&other, Why::New).await.expect_err("it is damaged");
    assert_eq!(error.code(), "image_damaged");
    assert_eq!(other.count("SELECT count(*) FROM entity"), 0);
    assert!(matches!(
        boot(&other, Why::New).await,
        Ok(Boot::Installed(_))
    ));
    assert_same(&till, &other);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_that_worked_before_its_first_image_loses_nothing() {
    for engine in engines() {
        let (town, till, other) = open_town(engine.as_deref()).await;
        morning(&other, town.now());
        let product = other.shop.products[0].0;
        other.perform([edit(EntityKind::Product, product.0, "name", json!("Doble"))]);
        let journal = other.count("SELECT count(*) FROM journal");
        // Half of it is on the hub, but the till does not know: the answer got lost.
        other
            .network
            .faults()
            .lost_answers
            .store(1, Ordering::SeqCst);
        assert!(
            steps::push_once(&other.store, &other.client, &other.credentials)
                .await
                .is_err()
        );
        other.perform([other.shop.deliver(1, 3)]);
        let own = "SELECT count(*) FROM stock WHERE op_id IN (SELECT op_id FROM outbox)";
        let moved = other.count(own);
        assert!(matches!(
            boot(&other, Why::New).await,
            Ok(Boot::Installed(_))
        ));
        let after = "SELECT count(*) FROM journal";
        assert_eq!(other.count(after), journal + 1);
        assert_eq!(
            other.count("SELECT count(*) FROM sale"),
            5,
            "3 there, 2 here"
        );
        assert_eq!(
            other.count("SELECT count(*) FROM product WHERE name = 'Doble'"),
            1
        );
        assert_eq!(
            other.count(own),
            moved,
            "what is on its way and what is not"
        );
        let settled = "SELECT count(*) FROM outbox WHERE confirmed_seq IS NOT NULL";
        assert!(other.count(settled) > 0, "the image says what it holds");
        other.sync().await.expect("the rest is sent");
        assert_eq!(other.unconfirmed(), 0);
        assert_eq!(other.count("SELECT count(*) FROM entity_overlay"), 0);
        till.pull().await.expect("the first till follows");
        assert_same(&till, &other);
        assert_eq!(check(&other, Depth::Rows).await, Checked::Same);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_unpacking_and_installing_leaves_the_old_database() {
    let (town, till, mut other) = open_town(None).await;
    other.perform([other.shop.deliver(0, 1)]);
    let query = ImageQuery::default();
    let offered = other.client.image(query, &other.credentials).await;
    let Ok(ImageReply::Ready(offer)) = offered else {
        panic!("an image is ready");
    };
    let piece = other
        .client
        .piece(offer.id, 0, offer.bytes, &other.credentials)
        .await;
    let Ok(Piece::Bytes(bytes)) = piece else {
        panic!("the image comes in one piece");
    };
    let mut image = other.store.open_image_part(offer.id).expect("a part");
    image.append(&bytes).expect("the disk has room");
    let said = Packed {
        bytes: offer.bytes,
        sha256: offer.sha256,
        unpacked_bytes: offer.unpacked_bytes,
    };
    image.unpack(&said, |_| ()).expect("it is whole");
    let path = other.path.clone();
    town.reopen(&mut other, &path);
    assert_eq!(other.count("SELECT count(*) FROM stock"), 1);
    assert_eq!(other.store.cursor().expect("a cursor").seq, 0);
    let before = bytes_of_images(&other);
    assert!(matches!(
        boot(&other, Why::New).await,
        Ok(Boot::Installed(_))
    ));
    assert_eq!(bytes_of_images(&other), before, "what had come is used");
    other.sync().await.expect("the delivery is sent");
    till.pull().await.expect("the first till follows");
    assert_same(&till, &other);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_damaged_is_found_and_repaired_and_pending_work_survives() {
    for engine in engines() {
        let (_town, till, other) = open_town(engine.as_deref()).await;
        other.pull().await.expect("the other till follows");
        other
            .store
            .write::<_, StoreError>(|tx| {
                tx.conn().execute(
                    "DELETE FROM stamp WHERE stamp_id = (SELECT min(stamp_id) FROM stamp)",
                    [],
                )?;
                tx.conn().execute(
                    "UPDATE entity_base SET body = json_set(body, '$.name', 'Bent') WHERE kind = 'customer'",
                    [],
                )?;
                Ok(())
            })
            .expect("the rows are damaged");
        other.perform([other.shop.deliver(0, 9)]);
        assert_eq!(check(&other, Depth::Kept).await, Checked::Same);
        assert_eq!(
            check(&other, Depth::Rows).await,
            Checked::Differs(vec![Table::Entity, Table::Stamp])
        );
        assert_eq!(
            other.store.differences().expect("a note"),
            ["entity", "stamp"]
        );
        assert!(matches!(
            boot(&other, Why::Repair).await,
            Ok(Boot::Installed(_))
        ));
        assert_eq!(check(&other, Depth::Rows).await, Checked::Same);
        assert!(other.store.differences().expect("no note").is_empty());
        assert_eq!(
            other.count("SELECT count(*) FROM stock WHERE pending = 1"),
            1
        );
        other.sync().await.expect("the delivery is sent");
        till.pull().await.expect("the first till follows");
        assert_same(&till, &other);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_and_selling_go_on_while_an_image_is_installed() {
    let (_town, till, other) = open_town(None).await;
    let store = other.store.clone();
    let (stop, stopped) = watch::channel(false);
    let reader = tokio::task::spawn_blocking(move || {
        let mut reads = 0_u32;
        while !*stopped.borrow() {
            store.outbox_counts().expect("a reader never fails");
            reads += 1;
        }
        reads
    });
    for n in 1..=5 {
        other.perform([other.shop.deliver(0, n)]);
        assert!(matches!(
            boot(&other, Why::Repair).await,
            Ok(Boot::Installed(_))
        ));
    }
    stop.send_replace(true);
    assert!(reader.await.expect("the reader ends") > 0);
    other.sync().await.expect("the deliveries are sent");
    till.pull().await.expect("the first till follows");
    assert_eq!(
        other.count("SELECT count(*) FROM stock WHERE op_id IN (SELECT op_id FROM outbox)"),
        5
    );
    assert_same(&till, &other);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_of_a_new_till_tells_how_far_its_image_is() {
    let (_town, till, other) = open_town(None).await;
    let phases = Arc::new(Mutex::new(Vec::new()));
    let (tell, mut told) = watch::channel(None);
    let seen = Arc::clone(&phases);
    let config = SyncConfig {
        store: other.store.clone(),
        transport: other.network.clone(),
        credentials: other.credentials.clone(),
        clock: counterfoil_testkit::ManualClock::start(),
        entropy: SeededEntropy::new(7),
        live: false,
    };
    let handle = SyncEngine::start(
        config,
        Box::new(move |status| {
            if let Some(progress) = status.progress {
                seen.lock().expect("nobody panicked").push(progress.phase);
            }
            tell.send_replace(Some(status.state));
        }),
    );
    reaches(&mut told, SyncState::InStep).await;
    handle.stop().await;
    assert_same(&till, &other);
    let phases = phases.lock().expect("nobody panicked");
    assert_eq!(
        [phases.first(), phases.last()],
        [Some(&Phase::Downloading), Some(&Phase::Installing)]
    );
}
