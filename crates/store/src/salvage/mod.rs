//! A damaged database: kept aside as it is, read as far as it can be, and put together anew in a new life.
//!
//! What only this till has comes first: operations that the hub does not have. The hub fills in the rest by the pull, from
//! the beginning.

mod copy;
mod files;
mod ops;
mod page;
mod wal;

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::connect;
use crate::env::StoreEnv;
use crate::error::StoreError;
use crate::meta;
use crate::store::Store;
use crate::tx::Tx;

pub(crate) use files::{finish_swap, is_emptied};
pub(crate) use wal::is_broken as log_is_broken;

/// The page size of every till's database.
const PAGE_BYTES: usize = 4096;

/// What a salvage is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SalvageStep {
    /// The damaged files are copied aside.
    Keeping,
    /// A table is read.
    Reading {
        /// Its name.
        table: &'static str,
        /// How many were read before.
        done: u32,
        /// How many there are.
        of: u32,
    },
    /// Pages are searched for what no table leads to any more.
    Searching,
    /// The new database is checked and takes the old one's place.
    Finishing,
}

/// How much of a table was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalvagedTable {
    /// Its name.
    pub name: &'static str,
    /// Rows in the new database.
    pub saved: u64,
    /// Rows that are known to be missing; absent where it cannot be known how many.
    pub lost: Option<u64>,
    /// Whether every row could be read.
    pub whole: bool,
}

/// What became of a damaged database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalvageReport {
    /// Where the damaged file is kept, untouched.
    pub kept: PathBuf,
    /// Whether the till still knows who it is.
    pub identity: bool,
    /// The hub it was paired with.
    pub hub_url: Option<String>,
    /// Operations that go to the hub from the new database.
    pub unsent: u32,
    /// Operations that were made again from the rows they had left.
    pub rebuilt: u32,
    /// What was read, operations first.
    pub tables: Vec<SalvagedTable>,
}

/// Told of every step; `false` stops the salvage, and everything stays as it was.
pub type OnSalvageStep<'a> = dyn FnMut(SalvageStep) -> bool + 'a;

pub(super) fn told(on_step: &mut OnSalvageStep<'_>, step: SalvageStep) -> Result<(), StoreError> {
    if on_step(step) {
        return Ok(());
    }
    Err(StoreError::invalid(
        "salvage_cancelled",
        "the salvage was stopped; nothing was changed",
    ))
}

/// Puts a damaged database together anew. No program may have it open. The damaged files are copied aside first, and a
/// new database takes their place only once it is complete and checked; until then everything stays as it was, also
/// after a power cut.
///
/// # Errors
/// `salvage_nothing` when there is no file; `salvage_cancelled`; `disk_full`, `disk_failed`. Nothing was changed then.
pub fn salvage(
    path: &Path,
    env: &StoreEnv,
    on_step: &mut OnSalvageStep<'_>,
) -> Result<SalvageReport, StoreError> {
    told(on_step, SalvageStep::Keeping)?;
    let kept = files::keep(path, env.clock.now())?;
    let scratch = files::scratch(path, &kept)?;
    let outcome = rebuild(path, &scratch, env, on_step);
    files::remove(&scratch);
    let mut report = match outcome {
        Ok(report) => report,
        Err(error) => {
            files::remove(&files::beside(path, files::HALF_DONE));
            return Err(error);
        }
    };
    files::take_place(path)?;
    report.kept = kept;
    tracing::warn!(
        unsent = report.unsent,
        rebuilt = report.rebuilt,
        identity = report.identity,
        "a damaged database was put together anew"
    );
    Ok(report)
}

fn rebuild(
    path: &Path,
    scratch: &Path,
    env: &StoreEnv,
    on_step: &mut OnSalvageStep<'_>,
) -> Result<SalvageReport, StoreError> {
    let half_done = files::beside(path, files::HALF_DONE);
    files::remove(&half_done);
    // Nothing may be left out of the new file when it is renamed alone.
    let store = Store::open_bare(&half_done, env.clone())?;
    let damaged = connect::damaged(scratch);
    let report = store.write(|tx| fill(tx, damaged.as_ref(), scratch, on_step))?;
    told(on_step, SalvageStep::Finishing)?;
    let health = store.read(crate::read::health::check_health)?;
    if let Some(error) = health.errors.first() {
        return Err(StoreError::Damaged(error.clone()));
    }
    store.close_whole()?;
    Ok(report)
}

/// Brings everything that can be read into the new database, in one transaction.
fn fill(
    tx: &Tx<'_>,
    damaged: Option<&Connection>,
    scratch: &Path,
    on_step: &mut OnSalvageStep<'_>,
) -> Result<SalvageReport, StoreError> {
    let mut tables = copy::all(tx, damaged, on_step)?;
    let whole = |name: &str| tables.iter().any(|t| t.name == name && t.whole);
    if !(whole("outbox") && whole("meta")) || log_is_broken(scratch) {
        told(on_step, SalvageStep::Searching)?;
        ops::search(tx, scratch)?;
    }
    let identity = ops::identify(tx)?;
    let rebuilt = ops::rebuild_lost(tx)?;
    ops::check(tx, identity.as_ref())?;
    for key in [meta::EPOCH, meta::CURSOR, meta::REFILL_UNTIL, meta::IS_COPY] {
        meta::remove(tx.conn(), key)?;
    }
    let unsent = ops::put_in_order(tx, identity.as_ref())?;
    copy::count_again(tx, &mut tables, rebuilt)?;
    Ok(SalvageReport {
        kept: PathBuf::new(),
        hub_url: identity.as_ref().and_then(|i| i.hub_url.clone()),
        identity: identity.is_some(),
        unsent,
        rebuilt,
        tables,
    })
}
