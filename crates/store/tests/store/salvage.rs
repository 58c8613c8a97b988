//! Databases damaged in every way we can think of, put together anew: what was not on the hub still gets there, once.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use counterfoil_domain::{EntityKind, Op, OpId};
use counterfoil_store::{SalvageReport, SalvageStep, Store, StoreError, salvage};
use counterfoil_testkit::edit;
use serde_json::json;

use crate::common::{Hub, Till};

const PAGE: usize = 4096;

/// A till in the middle of its day, and what of it the hub lacks.
struct Day {
    till: Arc<Till>,
    hub: Hub,
    unsent: BTreeSet<OpId>,
    path: PathBuf,
}

impl Day {
    /// A morning that is on the hub, a batch whose answer got lost, and an afternoon that waits. The program ends as at a
    /// power cut, so that the log still lies beside the file.
    fn begin() -> Self {
        static DAY: OnceLock<Day> = OnceLock::new();
        let day = DAY.get_or_init(Self::live);
        let count = fs::read_dir(day.till.folder()).unwrap().count();
        let path = day.till.folder().join(format!("damaged-{count}.db"));
        fs::copy(&day.path, &path).unwrap();
        fs::copy(beside(&day.path, "-wal"), beside(&path, "-wal")).unwrap();
        Self {
            till: day.till.clone(),
            hub: day.hub.clone(),
            unsent: day.unsent.clone(),
            path,
        }
    }

    fn live() -> Self {
        let (till, mut hub) = Till::in_step();
        let sell = |number| {
            let sale = till.shop.sale(number, &[(0, 2), (1, 1)], None, till.now());
            Op::SaleCompleted(sale.unwrap())
        };
        let perform = |op| till.store.transact(op, Some(till.shop.cashier)).unwrap();
        for number in 1..=12 {
            perform(sell(number));
        }
        hub.sync(&till);
        // At noon nobody waits: the morning lies in the file, and the log holds the afternoon alone.
        till.store.tidy().unwrap();
        let (ana, enrolled) = till.shop.enrol("Ana", "+51987654321");
        let mut unsent: BTreeSet<OpId> = [perform(enrolled), perform(till.shop.stamp(ana))].into();
        let lost_answer = till.store.seal_next(200, 1 << 20).unwrap().unwrap();
        hub.push(&lost_answer.ops);
        unsent.extend((13..=36).map(|number| perform(sell(number))));
        unsent.insert(perform(till.shop.deliver(0, 12)));
        let (kind, id) = (EntityKind::Product, till.shop.products[1].0.0);
        unsent.insert(perform(edit(kind, id, "name", json!("Torta de chocolate"))));
        let path = till.path.clone();
        Self {
            till: Arc::new(till),
            hub,
            unsent,
            path,
        }
    }

    /// The same with everything in the one file.
    fn at_rest() -> Self {
        let day = Self::begin();
        let conn = rusqlite::Connection::open(&day.path).unwrap();
        conn.pragma_update(None, "journal_mode", "DELETE").unwrap();
        drop(conn);
        assert!(!beside(&day.path, "-wal").exists());
        day
    }

    fn spoil(&self, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(&self.path).unwrap();
        change(&mut bytes);
        fs::write(&self.path, bytes).unwrap();
    }

    /// Noise over some leaves of a table or an index: every `every`-th.
    fn spoil_pages_of(&self, name: &str, every: usize) {
        let conn = rusqlite::Connection::open(&self.path).unwrap();
        let mut statement = conn
            .prepare(
                "SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY pageno",
            )
            .unwrap();
        let pages: Vec<u32> = statement
            .query_map([name], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        drop(statement);
        drop(conn);
        assert!(!pages.is_empty(), "{name} has pages");
        self.spoil(|bytes| {
            for page in pages.iter().step_by(every) {
                let at = (*page as usize - 1) * PAGE;
                bytes[at..at + PAGE].fill(0xa5);
            }
        });
    }

    fn is_damaged(&self) -> bool {
        matches!(
            Store::open(&self.path, self.till.env()),
            Err(StoreError::Damaged(_))
        )
    }

    fn salvaged(self) -> (Self, Store, SalvageReport) {
        assert!(self.is_damaged(), "the damage is noticed");
        let before = fs::read(&self.path).unwrap();
        let report = salvage(&self.path, &self.till.env(), &mut |_| true).unwrap();
        assert_eq!(
            fs::read(&report.kept).unwrap(),
            before,
            "the damaged file is kept"
        );
        let store = Store::open(&self.path, self.till.env()).unwrap();
        (self, store, report)
    }

    /// Everything that the till did is on the hub once, and the till shows what the hub shows.
    fn ends_well(mut self, store: Store, mut lost: BTreeSet<OpId>) {
        let witness = Till::of(self.till.shop.other_till("T2"), 9);
        let till = self.till.on(store, &self.path);
        self.hub.sync(&till);
        self.hub.pull(&till);
        let received: Vec<OpId> = self.hub.received.iter().map(|op| op.op_id).collect();
        let once: BTreeSet<OpId> = received.iter().copied().collect();
        assert_eq!(received.len(), once.len(), "nothing is applied twice");
        lost.retain(|id| !once.contains(id));
        assert!(lost.is_empty(), "{} operations are missing", lost.len());
        assert_eq!(till.store.outbox_counts().unwrap().waiting, 0);
        self.hub.pull(&witness);
        assert_eq!(
            till.store.checksum().unwrap(),
            witness.store.checksum().unwrap()
        );
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn lost_rows(report: &SalvageReport, table: &str) -> Option<u64> {
    report.tables.iter().find(|t| t.name == table).unwrap().lost
}

/// The operations that are left; how many are not is what the report says.
fn kept(day: &Day, store: &Store, report: &SalvageReport) -> BTreeSet<OpId> {
    let kept: BTreeSet<OpId> = store
        .read(|conn| {
            let mut statement = conn.prepare("SELECT op_id FROM outbox")?;
            let ids = statement.query_map([], |row| row.get::<_, String>(0))?;
            Ok(ids.map(|id| id.unwrap().parse().unwrap()).collect())
        })
        .unwrap();
    let missing = day.till.op_ids().difference(&kept).count();
    let lost = lost_rows(report, "outbox").unwrap();
    assert_eq!(lost, missing as u64, "what is lost is said");
    kept
}

#[test]
fn header_that_is_gone_costs_no_operation() {
    let day = Day::at_rest();
    day.spoil(|bytes| bytes[..100].fill(0));
    let (day, store, report) = day.salvaged();
    assert!(report.identity);
    assert_eq!(report.unsent as usize, day.unsent.len());
    let unsent = day.unsent.clone();
    day.ends_well(store, unsent);
}

#[test]
fn first_page_that_is_noise_costs_no_operation() {
    let day = Day::at_rest();
    day.spoil(|bytes| bytes[..PAGE].fill(0x3c));
    let (day, store, report) = day.salvaged();
    assert!(report.identity);
    let unsent = day.unsent.clone();
    day.ends_well(store, unsent);
}

#[test]
fn operations_whose_pages_are_gone_are_made_again_from_their_rows_or_counted_as_lost() {
    let day = Day::at_rest();
    day.spoil_pages_of("outbox", 2);
    let (day, store, report) = day.salvaged();
    assert!(report.rebuilt > 0);
    let kept = kept(&day, &store, &report);
    let sales: BTreeSet<OpId> = day.unsent.intersection(&kept).copied().collect();
    assert!(sales.len() >= 24, "every sale is there: {}", sales.len());
    day.ends_well(store, sales);
}

#[test]
fn damaged_ledger_costs_nothing_that_the_hub_or_the_operations_know() {
    for table in [
        "sale",
        "sale_line",
        "stock",
        "cash",
        "entity_base",
        "journal",
    ] {
        let day = Day::at_rest();
        day.spoil_pages_of(table, 1);
        let (day, store, report) = day.salvaged();
        assert_eq!(lost_rows(&report, "outbox"), Some(0), "{table}");
        let unsent = day.unsent.clone();
        day.ends_well(store, unsent);
    }
}

#[test]
fn damaged_index_costs_nothing() {
    for index in ["sqlite_autoindex_outbox_1", "outbox_state", "sale_at"] {
        let day = Day::at_rest();
        day.spoil_pages_of(index, 1);
        let (day, store, report) = day.salvaged();
        assert_eq!(lost_rows(&report, "outbox"), Some(0), "{index}");
        let unsent = day.unsent.clone();
        day.ends_well(store, unsent);
    }
}

#[test]
fn log_that_is_broken_in_the_middle_costs_no_operation() {
    let day = Day::begin();
    let wal = beside(&day.path, "-wal");
    let mut bytes = fs::read(&wal).unwrap();
    // Behind the present frames lie those of the log's last round, under other salts.
    let present = bytes[32..]
        .chunks_exact(PAGE + 24)
        .take_while(|frame| frame[8..16] == bytes[16..24])
        .count();
    let middle = 32 + present / 2 * (PAGE + 24);
    bytes[middle + 24..middle + 24 + 64].fill(0xff);
    fs::write(&wal, bytes).unwrap();
    let (day, store, report) = day.salvaged();
    assert!(report.identity);
    let unsent = day.unsent.clone();
    day.ends_well(store, unsent);
}

#[test]
fn hole_in_the_log_with_only_the_hubs_words_behind_it_is_what_a_power_cut_may_leave() {
    let (till, mut hub) = Till::in_step();
    let product = till.shop.products[0].0.0;
    let path = till.folder().join("hole.db");
    let before = fs::metadata(beside(&till.path, "-wal")).unwrap().len();
    for name in ["a", "b", "c", "d"] {
        hub.set(EntityKind::Product, product, "name", json!(name));
        hub.pull(&till);
    }
    fs::copy(&till.path, &path).unwrap();
    let mut log = fs::read(beside(&till.path, "-wal")).unwrap();
    let hole = usize::try_from(before).unwrap();
    assert!(log.len() > hole + 3 * PAGE);
    log[hole + 24..hole + 88].fill(0xff);
    fs::write(beside(&path, "-wal"), log).unwrap();
    let store = Store::open(&path, till.env()).unwrap();
    assert!(store.cursor().unwrap().seq < till.store.cursor().unwrap().seq);
}

#[test]
fn file_that_was_cut_in_half_keeps_what_its_first_half_and_its_log_hold() {
    let day = Day::begin();
    day.spoil(|bytes| bytes.truncate(bytes.len() / 2));
    let (day, store, report) = day.salvaged();
    assert!(report.identity);
    let kept = kept(&day, &store, &report);
    let left: BTreeSet<OpId> = day.unsent.intersection(&kept).copied().collect();
    assert!(left.len() * 2 >= day.unsent.len(), "{}", left.len());
    day.ends_well(store, left);
}

#[test]
fn emptied_file_is_damage_and_not_a_new_till() {
    let day = Day::at_rest();
    drop(Store::open(&day.path, day.till.env()).unwrap());
    fs::write(&day.path, b"").unwrap();
    let (_day, store, report) = day.salvaged();
    assert!(!report.identity);
    assert_eq!(report.unsent, 0);
    assert_eq!(store.identity().unwrap(), None);
}

#[test]
fn till_without_a_hub_gets_its_whole_book_back_from_its_operations() {
    let till = Till::with_shop();
    let (ana, enrolled) = till.shop.enrol("Ana", "+51987654321");
    for op in [enrolled, till.shop.stamp(ana)] {
        till.store.transact(op, Some(till.shop.cashier)).unwrap();
    }
    for number in 1..=30 {
        let sale = till.shop.sale(number, &[(2, 1)], Some(ana), till.now());
        let op = Op::SaleCompleted(sale.unwrap());
        till.store.transact(op, Some(till.shop.cashier)).unwrap();
    }
    let before = till.store.checksum().unwrap();
    let path = till.folder().join("alone.db");
    rusqlite::Connection::open(&till.path)
        .unwrap()
        .execute("VACUUM INTO ?1", [path.to_str().unwrap()])
        .unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[..PAGE].fill(0);
    fs::write(&path, bytes).unwrap();
    let report = salvage(&path, &till.env(), &mut |_| true).unwrap();
    assert!(report.identity);
    let store = Store::open(&path, till.env()).unwrap();
    assert_eq!(store.checksum().unwrap(), before);
}

#[test]
fn sealed_operation_whose_text_changed_is_not_sent_as_something_nobody_did() {
    let day = Day::at_rest();
    let conn = rusqlite::Connection::open(&day.path).unwrap();
    conn.execute_batch("DROP TRIGGER outbox_payload_fixed")
        .unwrap();
    let forged = conn
        .execute(
            "UPDATE outbox SET payload = replace(payload, 'Ana', 'Eva') WHERE state = 'sealed'",
            [],
        )
        .unwrap();
    assert!(forged > 0);
    drop(conn);
    let report = salvage(&day.path, &day.till.env(), &mut |_| true).unwrap();
    assert!(lost_rows(&report, "outbox").unwrap() >= 1);
    let store = Store::open(&day.path, day.till.env()).unwrap();
    let eva: i64 = store
        .read(|conn| {
            Ok(conn.query_row(
                "SELECT count(*) FROM outbox WHERE payload LIKE '%Eva%'",
                [],
                |row| row.get(0),
            )?)
        })
        .unwrap();
    assert_eq!(eva, 0);
}

#[test]
fn salvage_that_is_stopped_changes_nothing() {
    let day = Day::at_rest();
    day.spoil(|bytes| bytes[..100].fill(0));
    let before = fs::read(&day.path).unwrap();
    let mut stop_at_tables = |step| !matches!(step, SalvageStep::Reading { .. });
    let error = salvage(&day.path, &day.till.env(), &mut stop_at_tables).unwrap_err();
    assert_eq!(error.code(), "salvage_cancelled");
    assert_eq!(fs::read(&day.path).unwrap(), before);
    assert!(day.is_damaged());
}

#[test]
fn salvage_that_a_power_cut_interrupted_at_its_end_is_finished_at_the_next_start() {
    let day = Day::begin();
    let salvaged = day.till.folder().join("other.db");
    fs::copy(&day.path, &salvaged).unwrap();
    fs::copy(beside(&day.path, "-wal"), beside(&salvaged, "-wal")).unwrap();
    day.spoil(|bytes| bytes[..PAGE].fill(0));
    drop(Store::open(&salvaged, day.till.env()).unwrap());
    fs::copy(&salvaged, beside(&day.path, ".salvaged")).unwrap();
    let store = Store::open(&day.path, day.till.env()).unwrap();
    assert!(store.identity().unwrap().is_some());
    assert!(!beside(&day.path, ".salvaged").exists());
}

#[test]
fn there_is_nothing_to_salvage_where_there_is_no_file() {
    let till = Till::empty();
    let error = salvage(&till.folder().join("no.db"), &till.env(), &mut |_| true).unwrap_err();
    assert_eq!(error.code(), "salvage_nothing");
}
