//! Opening connections: what SQLite must promise before the first row is written.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::StoreError;
use crate::function::{self, SharedZone};
use crate::migrate;

/// Files up to this size are checked at every start; larger ones after an unclean end, once they are in use: the log's own
/// checksums guard what is recovered, and reading every page takes as long as the file is large.
const CHECK_BYTES_MAX: u64 = 8 * 1024 * 1024;
const BUSY: Duration = Duration::from_secs(5);
const STATEMENTS: usize = 160;
/// A log of so many pages (32 MB) is copied back by the commit that reaches it; before that, [`crate::Store::tidy`] does it
/// while nobody waits.
const LOG_PAGES_MAX: i64 = 8192;

fn raw(path: &Path, vfs: Option<&str>, flags: OpenFlags) -> Result<Connection, StoreError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = match vfs {
        Some(name) => Connection::open_with_flags_and_vfs(path, flags, name)?,
        None => Connection::open_with_flags(path, flags)?,
    };
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}

/// Whether a file ended uncleanly and is too large to be checked before it is used: [`examine`] is owed.
pub(crate) fn owes_examination(path: &Path) -> bool {
    left_open(path) && !is_small(path)
}

fn is_small(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|m| m.len() <= CHECK_BYTES_MAX)
}

/// The connection that writes. Checks a small file, migrates and sets the promises of durability.
pub(crate) fn writer(
    path: &Path,
    vfs: Option<&str>,
    zone: &SharedZone,
) -> Result<Connection, StoreError> {
    let mut conn = raw(
        path,
        vfs,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )?;
    let found = migrate::inspect(&conn, migrate::MIGRATIONS.len())?;
    if found > 0 && is_small(path) {
        examine(&conn)?;
    }
    // FULL, not NORMAL: with NORMAL a power cut loses the last commits, which somebody saw as done.
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    if cfg!(target_vendor = "apple") {
        conn.pragma_update(None, "fullfsync", true)?;
        conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    }
    conn.pragma_update(None, "wal_autocheckpoint", LOG_PAGES_MAX)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    function::register(&conn, zone)?;
    migrate::run(&mut conn, path, found, migrate::MIGRATIONS)?;
    Ok(conn)
}

/// A connection that only reads.
pub(crate) fn reader(
    path: &Path,
    vfs: Option<&str>,
    zone: &SharedZone,
) -> Result<Connection, StoreError> {
    let conn = raw(path, vfs, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.pragma_update(None, "query_only", true)?;
    // Of use to it when it tidies the log.
    conn.pragma_update(None, "synchronous", "FULL")?;
    if cfg!(target_vendor = "apple") {
        conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    }
    function::register(&conn, zone)?;
    Ok(conn)
}

/// A connection for copying the database as it stands.
pub(crate) fn copier(path: &Path, vfs: Option<&str>) -> Result<Connection, StoreError> {
    raw(path, vfs, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// Whether the last program to use the file did not close it.
fn left_open(path: &Path) -> bool {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    std::fs::metadata(wal).is_ok_and(|m| m.len() > 0)
}

/// Reads every page.
///
/// # Errors
/// `database_damaged`.
pub(crate) fn examine(conn: &Connection) -> Result<(), StoreError> {
    let said: String =
        conn.query_row(include_str!("../queries/check_database.sql"), [], |row| {
            row.get("quick_check")
        })?;
    if said == "ok" {
        Ok(())
    } else {
        Err(StoreError::Damaged(said))
    }
}
