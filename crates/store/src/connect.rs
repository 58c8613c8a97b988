//! Opening connections: what SQLite must promise before the first row is written.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::StoreError;
use crate::function::{self, SharedZone};
use crate::migrate;

/// Files up to this size are checked at every start; larger ones after an unclean end.
const CHECK_BYTES_MAX: u64 = 8 * 1024 * 1024;
const BUSY: Duration = Duration::from_secs(5);
const STATEMENTS: usize = 160;

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

/// The connection that writes. Checks, migrates and sets the promises of durability.
pub(crate) fn writer(
    path: &Path,
    vfs: Option<&str>,
    zone: &SharedZone,
) -> Result<Connection, StoreError> {
    let unclean = left_open(path);
    let mut conn = raw(
        path,
        vfs,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )?;
    let found = migrate::inspect(&conn, migrate::MIGRATIONS.len())?;
    let small = std::fs::metadata(path).is_ok_and(|m| m.len() <= CHECK_BYTES_MAX);
    if found > 0 && (unclean || small) {
        check(&conn)?;
    }
    // FULL, not NORMAL: with NORMAL a power cut loses the last commits, which somebody saw as done.
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    if cfg!(target_vendor = "apple") {
        conn.pragma_update(None, "fullfsync", true)?;
        conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    }
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

fn check(conn: &Connection) -> Result<(), StoreError> {
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
