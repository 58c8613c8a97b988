//! Till and hub over real HTTP: what happens is on the hub exactly once, whatever the network does.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a story fails loudly, with the words of what did not hold"
)]

mod bootstrap;
mod faults;
mod live;
mod salvage;
mod town;

use std::path::Path;
use std::sync::atomic::Ordering;

use counterfoil_domain::{EntityKind, UnixMs};
use counterfoil_sync::steps;
use counterfoil_sync::{HubError, SyncError};
use counterfoil_testkit::edit;
use serde_json::json;

use town::{Till, Town, engines};

/// How late a clock is.
const HOUR_MS: i64 = 3_600_000;

/// What one till did in a morning: a customer, three stamps, two sales.
fn morning(till: &Till, now: UnixMs) {
    let (customer, enrolled) = till.shop.enrol("Ana", "+51987654321");
    let sales = [1, 2].map(|number| {
        let sale = till
            .shop
            .sale(number, &[(0, 2), (1, 1)], Some(customer), now)
            .expect("the samples hold");
        counterfoil_domain::Op::SaleCompleted(sale)
    });
    till.perform([enrolled]);
    till.perform((0..3).map(|_| till.shop.stamp(customer)));
    till.perform(sales);
}

fn assert_same(one: &Till, other: &Till) {
    let (one, other) = (one.store.checksum(), other.store.checksum());
    assert_eq!(one.expect("checksums"), other.expect("checksums"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_till_did_offline_is_on_the_hub_and_on_another_till_afterwards() {
    for engine in engines() {
        let town = Town::found(engine.as_deref()).await;
        let till = town.till("T1").await;
        let other = town.till("T2").await;
        till.network.faults().down.store(true, Ordering::SeqCst);
        till.set_up();
        morning(&till, town.now());
        assert!(matches!(
            till.sync().await,
            Err(SyncError::Hub(HubError::Unreachable(_)))
        ));
        till.network.faults().down.store(false, Ordering::SeqCst);
        till.sync().await.expect("the hub is back");
        assert_eq!(till.unconfirmed(), 0);
        other.pull().await.expect("the other till pulls");
        assert_eq!(other.count("SELECT count(*) FROM sale"), 2);
        assert_eq!(other.count("SELECT balance FROM stamp_balance"), 3);
        assert_same(&till, &other);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_counts_nothing_twice() {
    for engine in engines() {
        let town = Town::found(engine.as_deref()).await;
        let till = town.till("T1").await;
        let other = town.till("T2").await;
        till.set_up();
        morning(&till, town.now());
        till.network
            .faults()
            .lost_answers
            .store(3, Ordering::SeqCst);
        for _ in 0..3 {
            assert!(
                steps::push_once(&till.store, &till.client, &till.credentials)
                    .await
                    .is_err()
            );
        }
        till.sync().await.expect("the fourth answer arrives");
        other.pull().await.expect("the other till pulls");
        assert_eq!(other.count("SELECT count(*) FROM sale"), 2);
        assert_eq!(other.count("SELECT balance FROM stamp_balance"), 3);
        assert_same(&till, &other);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_delivered_twice_counts_once() {
    for engine in engines() {
        let town = Town::found(engine.as_deref()).await;
        let till = town.till("T1").await;
        let other = town.till("T2").await;
        till.network.faults().doubled.store(true, Ordering::SeqCst);
        till.set_up();
        morning(&till, town.now());
        till.sync().await.expect("everything arrives, twice");
        other.pull().await.expect("the other till pulls");
        assert_eq!(other.count("SELECT count(*) FROM stamp"), 3);
        assert_same(&till, &other);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_change_may_come_back_before_the_answer_to_our_push() {
    for engine in engines() {
        let town = Town::found(engine.as_deref()).await;
        let till = town.till("T1").await;
        till.set_up();
        morning(&till, town.now());
        // The first operation was sealed with its own commit and goes alone.
        steps::push_once(&till.store, &till.client, &till.credentials)
            .await
            .expect("the first operation arrives");
        till.network
            .faults()
            .lost_answers
            .store(1, Ordering::SeqCst);
        assert!(
            steps::push_once(&till.store, &till.client, &till.credentials)
                .await
                .is_err()
        );
        till.pull()
            .await
            .expect("the pull does not wait for the push");
        assert_eq!(till.count("SELECT count(*) FROM sale WHERE pending = 1"), 0);
        assert_eq!(till.count("SELECT count(*) FROM entity_overlay"), 0);
        till.sync().await.expect("the push is answered at last");
        assert_eq!(till.unconfirmed(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tills_that_edit_one_customer_agree_field_by_field() {
    for engine in engines() {
        let town = Town::found(engine.as_deref()).await;
        let (till, other) = (town.till("T1").await, town.till("T2").await);
        till.set_up();
        let (customer, enrolled) = till.shop.enrol("Ana", "+51987654321");
        till.perform([enrolled]);
        till.sync().await.expect("the customer is on the hub");
        other
            .pull()
            .await
            .expect("the customer is on the other till");
        town.clock.advance_ms(1000);
        till.perform([edit(
            EntityKind::Customer,
            customer.0,
            "name",
            json!("Ana María"),
        )]);
        town.clock.advance_ms(1000);
        other.perform([edit(
            EntityKind::Customer,
            customer.0,
            "note",
            json!("sin azúcar"),
        )]);
        other.sync().await.expect("the later edit arrives first");
        till.sync().await.expect("the earlier edit arrives last");
        other.sync().await.expect("both see both");
        let both = "SELECT count(*) FROM customer WHERE name = 'Ana María' AND note = 'sin azúcar'";
        assert_eq!((till.count(both), other.count(both)), (1, 1));
        assert_same(&till, &other);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_edits_what_they_saw_is_heard_though_their_tills_clock_is_late() {
    for engine in engines() {
        let town = Town::found(engine.as_deref()).await;
        let (till, other) = (town.till("T1").await, town.till("T2").await);
        till.set_up();
        let (customer, enrolled) = till.shop.enrol("Ana", "+51987654321");
        till.perform([enrolled]);
        till.sync().await.expect("the customer is on the hub");
        other
            .pull()
            .await
            .expect("the customer is on the late till");
        town.clock.advance_ms(-HOUR_MS);
        other.perform([edit(
            EntityKind::Customer,
            customer.0,
            "name",
            json!("Rosa"),
        )]);
        town.clock.advance_ms(HOUR_MS);
        other.sync().await.expect("the edit is on the hub");
        till.pull().await.expect("everybody sees it");
        let heard = "SELECT count(*) FROM customer WHERE name = 'Rosa'";
        assert_eq!((till.count(heard), other.count(heard)), (1, 1));
        assert_same(&till, &other);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_bookings_of_one_slot_the_second_comes_back_with_three_free_slots() {
    for engine in engines() {
        let town = Town::found(engine.as_deref()).await;
        let (till, other) = (town.till("T1").await, town.till("T2").await);
        till.set_up();
        till.sync().await.expect("the installer is known");
        other.pull().await.expect("everywhere");
        // Two days on at 10 h in Lima (UTC-5): a working day of the sample's installer whatever weekday today is.
        let day = town.now().0 / 86_400_000 + 2;
        let sunday = (day + 3) % 7 == 6;
        let ten = UnixMs((day + i64::from(sunday)) * 86_400_000 + 15 * 3_600_000);
        let (first, booked) = till.shop.book(ten);
        till.perform([booked]);
        let (second, wanted) = other.shop.book(ten);
        other.perform([wanted]);
        assert_eq!(
            other.count("SELECT count(*) FROM visit WHERE pending = 1"),
            1
        );
        till.sync().await.expect("the first booking stands");
        other.sync().await.expect("the second is answered");
        assert_ne!(first, second);
        assert_eq!(
            other.count("SELECT count(*) FROM visit"),
            1,
            "only the first is on the agenda"
        );
        let offered = "SELECT json_array_length(details, '$.alternatives') FROM conflict WHERE code = 'slot_taken' AND refused = 1";
        assert_eq!(other.count(offered), 3);
        till.pull()
            .await
            .expect("the owner's till sees the conflict too");
        assert_same(&till, &other);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_restored_from_an_old_copy_loses_nothing_it_did_since() {
    for engine in engines() {
        let town = Town::found(engine.as_deref()).await;
        let mut till = town.till("T1").await;
        let other = town.till("T2").await;
        till.set_up();
        till.sync().await.expect("the shop is on the hub");
        let copy = town.folder.path().join("restored.db");
        till.store.backup_copy(&copy).expect("a copy is kept");
        let (ana, enrolled) = till.shop.enrol("Ana", "+51987654321");
        till.perform([enrolled, till.shop.stamp(ana)]);
        till.sync().await.expect("Ana's stamp is on the hub");
        town.reopen(&mut till, &copy);
        let (luz, enrolled) = till.shop.enrol("Luz", "+51987654322");
        till.perform([enrolled, till.shop.stamp(luz)]);
        till.sync().await.expect("the restored till goes on");
        other.pull().await.expect("the other till pulls");
        assert_eq!(other.count("SELECT count(*) FROM customer"), 2);
        assert_eq!(other.count("SELECT count(*) FROM stamp"), 2);
        assert_same(&till, &other);
    }
}

fn copy_hub(town: &Town, to: &Path) {
    std::fs::copy(town.folder.path().join("hub.db"), to).expect("the hub's file is copied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_restored_from_an_old_backup_is_filled_again_by_its_tills() {
    let mut town = Town::found(None).await;
    let (mut till, mut other) = (town.till("T1").await, town.till("T2").await);
    till.set_up();
    till.sync().await.expect("the shop is on the hub");
    other.pull().await.expect("and on the other till");
    town.close().await;
    let backup = town.folder.path().join("backup.db");
    copy_hub(&town, &backup);
    let live = town.folder.path().join("hub.db");
    town.restart_on(&live).await;
    for till in [&mut till, &mut other] {
        town.follow(till);
        till.sync().await.expect("nothing is missing");
    }
    morning(&till, town.now());
    other.perform([other.shop.deliver(0, 5)]);
    till.sync().await.expect("the morning is on the hub");
    other.sync().await.expect("the delivery too");
    town.restart_on(&backup).await;
    for till in [&mut till, &mut other] {
        town.follow(till);
    }
    till.pull().await.expect("the till learns of the new epoch");
    other.pull().await.expect("the other one too");
    for _ in 0..2 {
        till.sync()
            .await
            .expect("the till sends again what the backup lacks");
        other.sync().await.expect("and so does the other");
    }
    assert_eq!(till.count("SELECT count(*) FROM sale WHERE pending = 0"), 2);
    assert_eq!(other.count("SELECT count(*) FROM sale"), 2);
    assert_same(&till, &other);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_the_hub_cannot_read_is_set_aside_and_the_rest_goes_on() {
    let town = Town::found(None).await;
    let till = town.till("T1").await;
    till.set_up();
    let ids = till.perform([till.shop.deliver(0, 1), till.shop.deliver(0, 2)]);
    // As a newer program would have written it.
    let newer = ids[0].to_string();
    till.store
        .write::<_, counterfoil_store::StoreError>(|tx| {
            tx.conn().execute("DROP TRIGGER outbox_payload_fixed", [])?;
            tx.conn()
                .execute("UPDATE outbox SET version = 99 WHERE op_id = ?1", [&newer])?;
            Ok(())
        })
        .expect("the outbox is changed");
    till.sync().await.expect("the queue moves on");
    let counts = till.store.outbox_counts().expect("counts");
    assert_eq!((counts.waiting, counts.stuck), (0, 1));
}
