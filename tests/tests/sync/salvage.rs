//! A till whose database broke in the middle of the day: what the hub does not have still gets there, once.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use counterfoil_store::salvage;
use counterfoil_sync::steps;

use crate::town::{Till, Town, engines};
use crate::{assert_same, morning};

const PAGE: usize = 4096;

/// A till with a morning on the hub, a batch there whose answer got lost, and an afternoon that nobody else has.
async fn busy_till(town: &Town) -> Till {
    let till = town.till("T1").await;
    till.set_up();
    morning(&till, town.now());
    till.sync().await.expect("the morning is on the hub");
    till.perform([till.shop.deliver(0, 7)]);
    let lost = &till.network.faults().lost_answers;
    lost.store(1, Ordering::SeqCst);
    steps::push_once(&till.store, &till.client, &till.credentials)
        .await
        .expect_err("the answer gets lost");
    let (luz, enrolled) = till.shop.enrol("Luz", "+51987654329");
    let sale = till
        .shop
        .sale(3, &[(2, 1)], Some(luz), town.now())
        .expect("the samples hold");
    till.perform([
        enrolled,
        till.shop.stamp(luz),
        counterfoil_domain::Op::SaleCompleted(sale),
    ]);
    till
}

/// The till's files as a crash leaves them, under another name.
fn left_behind(town: &Town, till: &Till, name: &str) -> PathBuf {
    let path = town.folder.path().join(name);
    for ending in ["", "-wal"] {
        fs::copy(with(&till.path, ending), with(&path, ending)).expect("the file is copied");
    }
    path
}

fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn spoil(path: &Path, damage: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).expect("the file is read");
    damage(&mut bytes);
    fs::write(path, bytes).expect("the file is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_damaged_till_had_not_sent_reaches_the_hub_exactly_once() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 3] = [
        ("header", |path| {
            spoil(path, |bytes| bytes[..100].fill(0));
            spoil(&with(path, "-wal"), |bytes| bytes[..32].fill(0));
        }),
        ("first-page", |path| {
            spoil(path, |bytes| bytes[..PAGE].fill(0x5a));
            spoil(&with(path, "-wal"), |bytes| bytes[40] ^= 0xff);
        }),
        ("log", |path| {
            spoil(&with(path, "-wal"), |bytes| {
                let middle = 32 + (bytes.len() / (PAGE + 24) / 3) * (PAGE + 24);
                bytes[middle + 24..middle + 88].fill(0xff);
            });
        }),
    ];
    for engine in engines() {
        for (name, damage) in damages {
            let town = Town::found(engine.as_deref()).await;
            let mut till = busy_till(&town).await;
            let other = town.till("T2").await;
            if name != "log" {
                // As behind an idle till's back: what was done lies in the file itself.
                till.store.tidy().expect("the log is tidied");
            }
            let path = left_behind(&town, &till, name);
            damage(&path);
            let report = salvage(&path, &town.env(), &mut |_| true).expect("it is put together");
            assert!(report.identity && report.unsent >= 3, "{name}: {report:?}");
            town.reopen(&mut till, &path);
            till.sync().await.expect("the new life goes on");
            other.pull().await.expect("the other till pulls");
            assert_eq!(other.count("SELECT count(*) FROM sale"), 3, "{name}");
            assert_eq!(other.count("SELECT count(*) FROM stamp"), 4, "{name}");
            let delivered = "SELECT count(*) FROM stock WHERE quantity_milli = 7000";
            assert_eq!(other.count(delivered), 1, "{name}");
            assert_eq!(till.unconfirmed(), 0, "{name}");
            assert_same(&till, &other);
        }
    }
}
