//! A database that cannot be used still gives an app that says why.

use std::sync::Arc;

use counterfoil_app::view::Phase;
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
