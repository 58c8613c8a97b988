//! Files that are damaged, newer or foreign, and disks that are full.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use counterfoil_store::{Files, Store, StoreEnv, SystemFiles};

use crate::common::Till;

/// A closed till's file and what opens it.
fn closed(till: Till) -> (Till, std::path::PathBuf) {
    let till = till.reopened();
    let copy = till.folder().join("at-rest.db");
    rusqlite::Connection::open(&till.path)
        .unwrap()
        .execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
        .unwrap();
    (till, copy)
}

#[test]
fn file_that_is_no_database_is_reported_as_damaged_and_left_alone() {
    let till = Till::empty();
    let path = till.folder().join("noise.db");
    let noise = vec![0x5a; 20_000];
    fs::write(&path, &noise).unwrap();
    let error = Store::open(&path, till.env()).unwrap_err();
    assert_eq!(error.code(), "database_damaged");
    assert!(error.is_permanent());
    assert_eq!(fs::read(&path).unwrap(), noise);
}

#[test]
fn first_page_that_the_power_took_before_a_till_was_ready_is_begun_anew() {
    let till = Till::empty();
    let path = till.folder().join("blank.db");
    fs::write(&path, [0; 4096]).unwrap();
    let store = Store::open(&path, till.env()).unwrap();
    assert_eq!(store.outbox_counts().unwrap().waiting, 0);
}

#[test]
fn file_of_a_till_that_was_in_use_is_damaged_when_it_is_blank() {
    let till = Till::empty();
    for (name, length, beside) in [
        ("ready.db", 4096, Some("ready.db.ballast")),
        ("logged.db", 4096, Some("logged.db-wal")),
        ("long.db", 8192, None),
    ] {
        let path = till.folder().join(name);
        fs::write(&path, vec![0; length]).unwrap();
        if let Some(beside) = beside {
            fs::write(till.folder().join(beside), b"something").unwrap();
        }
        let error = Store::open(&path, till.env()).unwrap_err();
        assert_eq!(error.code(), "database_damaged", "{name}");
        assert_eq!(fs::metadata(&path).unwrap().len(), length as u64, "{name}");
    }
}

#[test]
fn damaged_page_is_found_when_the_file_is_opened() {
    let (till, path) = closed(Till::with_shop());
    let mut bytes = fs::read(&path).unwrap();
    let length = bytes.len();
    for byte in &mut bytes[length / 3..length / 3 + 8192] {
        *byte = 0xff;
    }
    fs::write(&path, &bytes).unwrap();
    let error = Store::open(&path, till.env()).unwrap_err();
    assert_eq!(error.code(), "database_damaged");
}

/// A large file as a killed program leaves it: with a log beside it.
fn left_open(till: &Till) -> std::path::PathBuf {
    let long = "x".repeat(100_000);
    till.store
        .write(|tx| {
            for n in 0..100 {
                tx.set_setting(&format!("long {n}"), &long)?;
            }
            Ok::<_, counterfoil_store::StoreError>(())
        })
        .unwrap();
    till.store.tidy().unwrap();
    till.store.transact(till.shop.deliver(0, 1), None).unwrap();
    let copy = till.folder().join("killed.db");
    for end in ["", "-wal"] {
        let from = format!("{}{end}", till.path.display());
        fs::copy(from, format!("{}{end}", copy.display())).unwrap();
    }
    copy
}

#[test]
fn large_file_that_ended_uncleanly_opens_at_once_and_is_read_through_afterwards() {
    let till = Till::with_shop();
    let path = left_open(&till);
    let store = Store::open(&path, till.env()).unwrap();
    store.examine().unwrap();
    store.transact(till.shop.deliver(0, 1), None).unwrap();
}

#[test]
fn damaged_page_of_a_large_file_is_found_while_it_is_in_use() {
    let till = Till::with_shop();
    let path = left_open(&till);
    let mut bytes = fs::read(&path).unwrap();
    let length = bytes.len();
    assert!(length > 9_000_000, "{length}");
    for byte in &mut bytes[length / 2..length / 2 + 8192] {
        *byte = 0xff;
    }
    fs::write(&path, &bytes).unwrap();
    let store = Store::open(&path, till.env()).unwrap();
    assert_eq!(store.examine().unwrap_err().code(), "database_damaged");
    assert_eq!(
        store.examine().unwrap_err().code(),
        "database_damaged",
        "it stays owed"
    );
}

/// The system's files, and how often a log was made sure of.
#[derive(Default)]
struct Watched(AtomicUsize);

impl Watched {
    fn rewrites(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Files for Watched {
    fn length(&self, path: &Path) -> Option<u64> {
        SystemFiles.length(path)
    }

    fn rewrite(&self, path: &Path) -> std::io::Result<()> {
        self.0.fetch_add(1, Ordering::SeqCst);
        SystemFiles.rewrite(path)
    }

    fn empty_if_blank(&self, path: &Path, bytes_max: u64) -> std::io::Result<()> {
        SystemFiles.empty_if_blank(path, bytes_max)
    }
}

fn watched(till: &Till, path: &Path) -> (Store, Arc<Watched>) {
    let files = Arc::new(Watched::default());
    let env = StoreEnv {
        files: Arc::clone(&files) as _,
        ..till.env()
    };
    (Store::open(path, env).unwrap(), files)
}

fn log_of(path: &Path) -> std::path::PathBuf {
    format!("{}-wal", path.display()).into()
}

#[test]
fn large_file_is_looked_at_at_once_and_its_log_made_sure_of_before_the_first_write() {
    let till = Till::with_shop();
    let (store, files) = watched(&till, &left_open(&till));
    let before = store.outbox_counts().unwrap();
    assert_eq!(files.rewrites(), 0);
    store.transact(till.shop.deliver(0, 1), None).unwrap();
    assert_eq!(files.rewrites(), 1);
    let after = store.outbox_counts().unwrap();
    assert_eq!(after.waiting, before.waiting + 1);
}

#[test]
fn log_that_was_left_behind_is_made_sure_of_before_it_is_copied_back() {
    let till = Till::with_shop();
    let (store, files) = watched(&till, &left_open(&till));
    store.tidy().unwrap();
    assert_eq!(files.rewrites(), 1);
}

#[test]
fn log_of_a_large_file_that_was_only_read_stays_as_it_was() {
    let till = Till::with_shop();
    let path = left_open(&till);
    let log = fs::read(log_of(&path)).unwrap();
    let (store, files) = watched(&till, &path);
    let counts = store.outbox_counts().unwrap();
    drop(store);
    assert_eq!(fs::read(log_of(&path)).unwrap(), log);
    let (again, _) = watched(&till, &path);
    assert_eq!(again.outbox_counts().unwrap(), counts);
    assert_eq!(files.rewrites(), 0);
}

#[test]
fn large_file_that_was_written_to_is_whole_when_it_is_closed() {
    let till = Till::with_shop();
    let path = left_open(&till);
    let (store, _) = watched(&till, &path);
    store.transact(till.shop.deliver(0, 1), None).unwrap();
    store.outbox_counts().unwrap();
    drop(store);
    assert!(!log_of(&path).exists());
}

#[test]
fn truncated_file_is_reported_as_damaged() {
    let (till, path) = closed(Till::with_shop());
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = Store::open(&path, till.env()).unwrap_err();
    assert_eq!(error.code(), "database_damaged");
}

#[test]
fn newer_database_is_refused_and_not_touched() {
    let (till, path) = closed(Till::with_shop());
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.pragma_update(None, "user_version", 999).unwrap();
    drop(conn);
    let before = fs::read(&path).unwrap();
    let error = Store::open(&path, till.env()).unwrap_err();
    assert_eq!(error.code(), "database_newer");
    assert!(error.is_permanent());
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn another_programs_database_is_not_touched() {
    let till = Till::empty();
    let path = till.folder().join("foreign.db");
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")
        .unwrap();
    drop(conn);
    let before = fs::read(&path).unwrap();
    let error = Store::open(&path, till.env()).unwrap_err();
    assert_eq!(error.code(), "database_damaged");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn folder_that_is_not_there_is_the_disks_failure() {
    let till = Till::empty();
    let path = till.folder().join("no/such/till.db");
    let error = Store::open(&path, till.env()).unwrap_err();
    assert_eq!(error.code(), "disk_failed");
}

#[test]
fn two_programs_may_use_one_database() {
    let till = Till::with_shop();
    let other = Store::open(&till.path, till.env()).unwrap();
    let before = till.count("outbox");
    other.transact(till.shop.deliver(0, 1), None).unwrap();
    till.store.transact(till.shop.deliver(0, 1), None).unwrap();
    assert_eq!(till.count("outbox"), before + 2);
}
