//! The engine by itself: outages, what arrives live, and a hub that fails it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use counterfoil_hub::backup::{self, SecretFit, Shelf};
use counterfoil_sync::steps::{self, Pushed};
use counterfoil_sync::{SyncConfig, SyncEngine, SyncState};
use counterfoil_testkit::SeededEntropy;
use tokio::sync::watch;

use crate::faults::FaultyNetwork;
use crate::town::{self, Till, Town, engines};
use crate::{assert_same, morning};

fn engine(
    till: &Till,
    live: bool,
) -> (
    counterfoil_sync::SyncHandle,
    watch::Receiver<Option<SyncState>>,
) {
    let (tell, told) = watch::channel(None);
    let config = SyncConfig {
        store: till.store.clone(),
        transport: till.network.clone(),
        credentials: till.credentials.clone(),
        clock: counterfoil_testkit::ManualClock::start(),
        entropy: SeededEntropy::new(7),
        live,
    };
    let handle = SyncEngine::start(
        config,
        Box::new(move |status| {
            tell.send_replace(Some(status.state));
        }),
    );
    (handle, told)
}

pub async fn reaches(told: &mut watch::Receiver<Option<SyncState>>, state: SyncState) {
    tokio::time::timeout(
        Duration::from_secs(60),
        told.wait_for(|now| *now == Some(state)),
    )
    .await
    .unwrap_or_else(|_| panic!("{state:?} within 60 s"))
    .expect("the engine lives");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_everything_is_sent_by_itself() {
    let town = Town::found(None).await;
    let till = town.till("T1").await;
    till.set_up();
    till.network.faults().down.store(true, Ordering::SeqCst);
    let (handle, mut told) = engine(&till, false);
    reaches(&mut told, SyncState::Offline).await;
    morning(&till, town.now());
    till.network.faults().down.store(false, Ordering::SeqCst);
    reaches(&mut told, SyncState::InStep).await;
    assert_eq!(till.unconfirmed(), 0);
    handle.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_till_did_arrives_live() {
    for database in engines() {
        let town = Town::found(database.as_deref()).await;
        let (till, other) = (town.till("T1").await, town.till("T2").await);
        let (handle, mut told) = engine(&other, true);
        reaches(&mut told, SyncState::InStep).await;
        let (tell, mut seen) = watch::channel(false);
        other.store.on_commit(Box::new(move |info| {
            if info.areas.contains(&"customers") {
                tell.send_replace(true);
            }
        }));
        till.set_up();
        till.perform([till.shop.enrol("Ana", "+51987654321").1]);
        till.sync().await.expect("the customer is on the hub");
        // Shorter than the poll behind the live connection, so that only a hint can be in time.
        tokio::time::timeout(Duration::from_secs(15), seen.wait_for(|seen| *seen))
            .await
            .expect("the hint arrives before the next poll")
            .expect("the store lives");
        handle.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_answers_nonsense_is_named_and_loses_nothing() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let town = Town::found(None).await;
    let mut till = town.till("T1").await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let portal = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 1024];
            if socket.read(&mut request).await.is_ok() {
                let page = "HTTP/1.1 200 OK\r\ncontent-length: 20\r\nconnection: close\r\n\r\n<html>Wi-Fi login</>";
                // A client that went away is no concern of the portal's.
                let _ = socket.write_all(page.as_bytes()).await;
            }
        }
    });
    till.network = FaultyNetwork::to(&url);
    till.client = counterfoil_sync::HubClient::new(till.network.clone());
    till.set_up();
    let error = steps::push_once(&till.store, &till.client, &till.credentials)
        .await
        .expect_err("it is no hub");
    assert_eq!(error.code(), "hub_nonsense");
    portal.abort();
    town.follow(&mut till);
    assert!(matches!(
        steps::push_once(&till.store, &till.client, &till.credentials).await,
        Ok(Pushed::Batch { .. })
    ));
    till.sync().await.expect("the real hub gets everything");
    assert_eq!(till.unconfirmed(), 0);
}

/// A backup that the hub's own commands took, and what was lost since.
#[tokio::test(flavor = "multi_thread")]
async fn lose_the_hub_and_lose_no_sale_as_long_as_the_tills_survive() {
    let mut town = Town::found(None).await;
    let (mut till, mut other) = (town.till("T1").await, town.till("T2").await);
    till.set_up();
    till.sync().await.expect("the shop is on the hub");
    let archive = town.folder.path().join("backups");
    let shelf = Shelf::open(&archive.display().to_string(), []).expect("a folder will do");
    let taken = backup::back_up(&town.database(), &shelf, &town.sources()).await;
    let held = taken.expect("the hub serves meanwhile").tenants[0].head;
    till.pull().await.expect("the till learns what is safe");
    assert_eq!(till.store.archive().expect("it knows").seq, held);
    other.pull().await.expect("the other one too");
    morning(&till, town.now());
    other.perform([other.shop.deliver(0, 5)]);
    till.sync().await.expect("the morning is on the hub");
    other.sync().await.expect("the delivery too");
    till.sync().await.expect("each has the other's");
    let before = till.store.checksum().expect("checksums");
    town.close().await;
    std::fs::remove_file(town.folder.path().join("hub.db")).expect("the hub's disk is lost");
    let (database, sources) = (town.database(), town.sources());
    let secret = Some(town::SECRET);
    let restored = backup::restore(&shelf, None, &database, false, secret, &sources).await;
    assert_eq!(restored.expect("it is restored").secret, SecretFit::Fits);
    town.start_again().await;
    for till in [&mut till, &mut other] {
        town.follow(till);
        till.pull().await.expect("the till learns of the new epoch");
    }
    for _ in 0..2 {
        till.sync().await.expect("the till sends what is lacking");
        other.sync().await.expect("and so does the other");
    }
    assert_eq!(till.store.checksum().expect("checksums"), before);
    assert_same(&till, &other);
    assert_eq!((till.unconfirmed(), other.unconfirmed()), (0, 0));
    let report = backup::verify_database(&database)
        .await
        .expect("it is read");
    assert!(report.is_sound(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_till_hands_over_what_waits_and_then_stops_for_good() {
    for database in engines() {
        let town = Town::found(database.as_deref()).await;
        let till = town.till("T1").await;
        till.set_up();
        till.sync().await.expect("the shop is on the hub");
        town.revoke(&till).await;
        // More than fits into one push.
        till.perform((0..250).map(|_| till.shop.deliver(0, 1)));
        let (tell, mut told) = watch::channel(None);
        let config = SyncConfig {
            store: till.store.clone(),
            transport: till.network.clone(),
            credentials: till.credentials.clone(),
            clock: counterfoil_testkit::ManualClock::start(),
            entropy: SeededEntropy::new(7),
            live: false,
        };
        let handle = SyncEngine::start(
            config,
            Box::new(move |status| {
                tell.send_replace(Some(status));
            }),
        );
        let departed = told.wait_for(|s| s.as_ref().is_some_and(|s| s.departed));
        let status = tokio::time::timeout(Duration::from_secs(60), departed)
            .await
            .expect("within a minute")
            .expect("the engine lives")
            .clone()
            .expect("a status");
        assert_eq!(status.trouble.as_deref(), Some("device_revoked"));
        assert_eq!(status.waiting, 250, "it keeps what was done on it");
        assert_eq!(town.held(&till).await, 250);
        let asked = till.network.faults().delivered.load(Ordering::SeqCst);
        handle.nudge();
        handle.stop().await;
        assert_eq!(
            till.network.faults().delivered.load(Ordering::SeqCst),
            asked,
            "it asks for nothing any more"
        );
    }
}
