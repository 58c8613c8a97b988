//! A database that cannot be used still gives an app that says why.

use std::sync::Arc;

use counterfoil_app::AppEvent;
use counterfoil_app::view::{DiskView, Phase, RepairStep};
use counterfoil_testkit::ManualClock;

use crate::common::{MemoryKeyring, Till, open};

#[test]
fn a_damaged_database_is_trouble_and_not_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("till.sqlite3"), vec![7; 64 * 1024]).unwrap();
    let app = open(
        folder.path(),
        &ManualClock::start(),
        Arc::new(MemoryKeyring::default()),
    );
    let boot = app.boot().unwrap();
    assert_eq!(boot.phase, Phase::Trouble);
    assert_eq!(boot.trouble.unwrap().code, "database_damaged");
    assert_eq!(app.sync_desk().unwrap_err().code, "database_damaged");
}

#[test]
fn the_doctor_finds_a_sound_till_sound() {
    let till = Till::new();
    let checks = till.app.doctor();
    let broken: Vec<_> = checks
        .iter()
        .filter(|check| check.verdict == counterfoil_app::doctor::Verdict::Broken)
        .collect();
    assert!(broken.is_empty(), "{broken:?}");
    assert!(till.folder.path().exists());
}

/// The sample shop's till after its file's first page became noise, with what it had to send.
fn spoiled() -> (tempfile::TempDir, u32) {
    let till = Till::new();
    let waiting = till.store.outbox_counts().unwrap().waiting;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("till.sqlite3");
    till.store.backup_copy(&path).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[..4096].fill(0x3c);
    std::fs::write(&path, bytes).unwrap();
    (folder, waiting)
}

#[test]
fn a_damaged_book_is_put_together_again_and_the_till_goes_on() {
    let (folder, waiting) = spoiled();
    let app = open(
        folder.path(),
        &ManualClock::start(),
        Arc::new(MemoryKeyring::default()),
    );
    assert_eq!(app.boot().unwrap().phase, Phase::Trouble);
    let steps = Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = steps.clone();
    app.on_event(Box::new(move |event| {
        if let AppEvent::Repair(progress) = event {
            told.lock().unwrap().push(progress.step);
        }
    }));
    let report = app.repair().unwrap();
    assert!(report.knows_itself);
    assert_eq!((report.unsent, report.boot.phase), (waiting, Phase::Ready));
    assert!(std::path::Path::new(&report.kept).exists());
    let steps = steps.lock().unwrap();
    assert_eq!(steps.first(), Some(&RepairStep::Keeping));
    assert_eq!(steps.last(), Some(&RepairStep::Finishing));
    app.act_as(None).unwrap();
    assert_eq!(app.sync_desk().unwrap().unsent.changes, waiting);
}

#[test]
fn a_sound_book_is_not_taken_apart() {
    let till = Till::new();
    assert_eq!(till.app.repair().unwrap_err().code, "repair_not_needed");
    assert!(till.app.boot().is_ok());
}

#[test]
fn a_book_that_can_be_read_again_opens_without_a_repair() {
    let till = Till::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("till.sqlite3");
    std::fs::write(&path, vec![7; 64 * 1024]).unwrap();
    let app = open(
        folder.path(),
        &ManualClock::start(),
        Arc::new(MemoryKeyring::default()),
    );
    std::fs::remove_file(&path).unwrap();
    till.store.backup_copy(&path).unwrap();
    assert_eq!(app.reopen().unwrap().phase, Phase::Ready);
}

#[test]
fn a_full_disk_is_told_until_there_is_room_again() {
    let till = Till::new();
    std::fs::remove_file(till.folder.path().join("till.sqlite3.ballast")).unwrap();
    assert_eq!(till.app.sync_status().unwrap().disk, DiskView::Full);
    let check = |checks: Vec<counterfoil_app::doctor::Check>| {
        checks
            .into_iter()
            .find(|c| c.name == "disk")
            .unwrap()
            .verdict
    };
    // The doctor looks whether there is room, as a person would.
    assert_eq!(
        check(till.app.doctor()),
        counterfoil_app::doctor::Verdict::Fine
    );
    assert_eq!(till.app.check_disk().unwrap().disk, DiskView::Fine);
}
