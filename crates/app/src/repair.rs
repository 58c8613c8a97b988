//! A disk that fails and a database that is damaged: what a person can do about it from the screen.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_store::{DiskState, SalvageReport, SalvageStep, SalvagedTable, Store, salvage};

use crate::failure::Outcome;
use crate::view::{
    BootView, DiskView, Failure, Phase, RepairProgress, RepairReport, RepairStep, RepairedView,
    SyncStatusView,
};
use crate::{AppEvent, Counterfoil};

/// Changes between two tries to make the reserve for a full disk again.
const TRY_EVERY: u32 = 20;

/// What the app remembers of its disk.
#[derive(Default)]
pub(crate) struct RepairState {
    running: AtomicBool,
    cancel: AtomicBool,
    /// Whether the screen was told that the disk is not fine.
    told: AtomicBool,
    commits: std::sync::atomic::AtomicU32,
}

impl Counterfoil {
    pub(crate) fn disk(&self) -> DiskView {
        match self.store().map(|store| store.disk()) {
            Ok(DiskState::Fine) | Err(_) => DiskView::Fine,
            Ok(DiskState::Full) => DiskView::Full,
            Ok(DiskState::Failing) => DiskView::Failing,
        }
    }

    /// After a commit: tells the screen when the disk became or stopped being full, and tries now and then whether there
    /// is room again.
    pub(crate) fn watch_disk(&self) {
        let state = &self.inner.repair;
        let bad = self.disk() != DiskView::Fine;
        if bad
            && state.commits.fetch_add(1, Ordering::SeqCst) % TRY_EVERY == TRY_EVERY - 1
            && let Ok(store) = self.store()
        {
            store.remake_ballast();
        }
        let bad = self.disk() != DiskView::Fine;
        if state.told.swap(bad, Ordering::SeqCst) != bad {
            self.publish_status();
        }
    }

    /// Looks whether the disk can be written to and has room again.
    ///
    /// # Errors
    /// `disk_full`, `disk_failed`: what a sale would meet now.
    pub fn check_disk(&self) -> Outcome<SyncStatusView> {
        let tried = self.store()?.try_disk();
        self.publish_status();
        tried?;
        self.read_status()
    }

    /// Opens the database again where it could not be used: after the disk was connected again, for example.
    ///
    /// # Errors
    /// When the shop cannot be read; a database that still cannot be opened is phase `trouble`.
    pub fn reopen(&self) -> Outcome<BootView> {
        if self.store().is_err() {
            self.open_again()?;
        }
        self.boot()
    }

    fn open_again(&self) -> Outcome<()> {
        let opened = Store::open(&self.config().database(), self.store_env());
        self.use_store(opened.map_err(Failure::from));
        if let Ok(Some(identity)) = self.identity() {
            self.vault().belongs_to(&identity.device_id.to_string());
        }
        if self.config().sync && self.store().is_ok() {
            self.start_sync_soon()?;
        }
        Ok(())
    }

    /// Puts a damaged database together again: keeps it aside, reads what can be read, and goes on with that.
    ///
    /// # Errors
    /// `repair_not_needed` while the database can be used; `repair_running`; `salvage_cancelled`, `disk_full`,
    /// `disk_failed`, and then nothing was changed.
    pub fn repair(&self) -> Outcome<RepairReport> {
        let state = &self.inner.repair;
        if state.running.swap(true, Ordering::SeqCst) {
            return Err(Failure::new("repair_running", "the repair is under way"));
        }
        state.cancel.store(false, Ordering::SeqCst);
        let outcome = self.repair_alone();
        state.running.store(false, Ordering::SeqCst);
        outcome
    }

    /// Stops a repair before it replaced anything.
    ///
    /// # Errors
    /// Never in practice.
    pub fn cancel_repair(&self) -> Outcome<()> {
        self.inner.repair.cancel.store(true, Ordering::SeqCst);
        Ok(())
    }

    fn repair_alone(&self) -> Outcome<RepairReport> {
        self.refuse_needless_repair()?;
        self.stop_sync();
        if let Ok(store) = self.store() {
            store.retire();
        }
        let damaged = Failure::new("database_damaged", "the database is damaged");
        self.use_store(Err(damaged));
        let path = self.config().database();
        let done = salvage(&path, &self.store_env(), &mut |step| self.told(step));
        // Whatever came of it: with the new one, or to say again what is wrong with the old one.
        self.open_again()?;
        self.report(done?)
    }

    /// A database that works is not to be taken apart.
    fn refuse_needless_repair(&self) -> Outcome<()> {
        match self.store() {
            Err(failure) if failure.code == "database_damaged" => Ok(()),
            Err(failure) => Err(failure),
            Ok(store) => match store.read(counterfoil_store::read::health::check_health) {
                Ok(health) if health.errors.is_empty() => Err(Failure::new(
                    "repair_not_needed",
                    "the till's book is sound: there is nothing to repair",
                )),
                _ => Ok(()),
            },
        }
    }

    fn told(&self, step: SalvageStep) -> bool {
        let progress = |step, done, of| RepairProgress { step, done, of };
        self.inner.emit(&AppEvent::Repair(match step {
            SalvageStep::Keeping => progress(RepairStep::Keeping, 0, 0),
            SalvageStep::Reading { done, of, .. } => progress(RepairStep::Reading, done, of),
            SalvageStep::Searching => progress(RepairStep::Searching, 0, 0),
            SalvageStep::Finishing => progress(RepairStep::Finishing, 0, 0),
        }));
        !self.inner.repair.cancel.load(Ordering::SeqCst)
    }

    fn report(&self, done: SalvageReport) -> Outcome<RepairReport> {
        let boot = self.boot()?;
        Ok(RepairReport {
            kept: done.kept.display().to_string(),
            saved: done.tables.iter().filter_map(repaired).collect(),
            unsent: done.unsent,
            rebuilt: done.rebuilt,
            knows_itself: done.identity,
            hub_fills: done.hub_url.is_some() && boot.phase != Phase::Trouble,
            boot,
        })
    }

    /// Copies of damaged databases and of those from before a migration, oldest first.
    pub(crate) fn kept_copies(&self) -> Vec<PathBuf> {
        let database = self.config().database();
        let name = database
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let Ok(entries) = std::fs::read_dir(&self.config().data_dir) else {
            return Vec::new();
        };
        let mut kept: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                let other = path.file_name().unwrap_or_default().to_string_lossy();
                let of_kind = |kind: &str| other.starts_with(&format!("{name}{kind}"));
                (of_kind(".damaged-") || of_kind(".before-v")) && !other.ends_with("-wal")
            })
            .collect();
        kept.sort();
        kept
    }
}

/// What a person counts in; parts of a sale and what a till keeps for itself are no news to anybody.
fn repaired(table: &SalvagedTable) -> Option<RepairedView> {
    let what = match table.name {
        "outbox" => "changes",
        "sale" => "sales",
        "refund" => "refunds",
        "stamp" => "stamps",
        "cash" => "cash",
        "stock" => "stock",
        "shift" => "shifts",
        "entity_base" => "entities",
        "cart" => "carts",
        "journal" => "journal",
        _ => return None,
    };
    let few = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    Some(RepairedView {
        what: what.to_owned(),
        saved: few(table.saved),
        lost: table.lost.map(few),
    })
}
