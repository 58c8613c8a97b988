//! Opening connections: what SQLite must promise before the first row is written.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::ballast;
use crate::env::StoreEnv;
use crate::error::StoreError;
use crate::function::{self, SharedZone};
use crate::migrate;

/// Files up to this size are checked at every start; larger ones after an unclean end, once they are in use: the log's own
/// checksums guard what is recovered, and reading every page takes as long as the file is large.
const CHECK_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// What SQLite makes of a new file first, in bytes.
const FIRST_PAGE_BYTES: u64 = 4096;
const BUSY: Duration = Duration::from_secs(5);
const STATEMENTS: usize = 160;
/// What a page of the hub's changes writes to must stay in memory until it is committed: what does not is written to the log
/// in the middle, read back, and written again.
const CACHE_KIB: i64 = 16 * 1024;
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
pub(crate) fn owes_examination(path: &Path, env: &StoreEnv) -> bool {
    left_open(path, env) && !is_small(path, env)
}

fn is_small(path: &Path, env: &StoreEnv) -> bool {
    env.files.length(path).is_some_and(|l| l <= CHECK_BYTES_MAX)
}

/// A connection that reads a large file of this program's schema with its log; None for any other, which
/// [`writer`] must check, make or migrate first.
pub(crate) fn reader_of_ready(
    path: &Path,
    env: &StoreEnv,
    zone: &SharedZone,
) -> Result<Option<Connection>, StoreError> {
    if env.files.length(path).is_none_or(|l| l <= CHECK_BYTES_MAX) {
        return Ok(None);
    }
    let conn = reader(path, env.vfs.as_deref(), zone)?;
    let known = migrate::MIGRATIONS.len();
    let found = migrate::inspect(&conn, known)?;
    let mode: String = conn.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    Ok((found == i64::try_from(known).unwrap_or(i64::MAX) && mode == "wal").then_some(conn))
}

/// The connection that writes. Checks a small file, migrates and sets the promises of durability.
pub(crate) fn writer(
    path: &Path,
    env: &StoreEnv,
    zone: &SharedZone,
) -> Result<Connection, StoreError> {
    let unclean = left_open(path, env);
    let mut conn = raw(
        path,
        env.vfs.as_deref(),
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )?;
    // Until all went well, closing must not copy back a log that may not be what SQLite takes it for.
    copy_at_close(&conn, false)?;
    let found = migrate::inspect(&conn, migrate::MIGRATIONS.len())?;
    if found > 0 && is_small(path, env) {
        examine(&conn)?;
    }
    // FULL, not NORMAL: with NORMAL a power cut loses the last commits, which somebody saw as done.
    let mode = begin_log(&conn)?;
    if mode != "wal" {
        return Err(StoreError::DiskFailed(format!(
            "the log cannot be begun, the mode stays {mode}"
        )));
    }
    conn.pragma_update(None, "synchronous", "FULL")?;
    if cfg!(target_vendor = "apple") {
        conn.pragma_update(None, "fullfsync", true)?;
        conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    }
    conn.pragma_update(None, "wal_autocheckpoint", LOG_PAGES_MAX)?;
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    function::register(&conn, zone)?;
    if unclean {
        harden_log(&conn, path, env)?;
    }
    migrate::run(&mut conn, path, found, migrate::MIGRATIONS)?;
    copy_at_close(&conn, true)?;
    Ok(conn)
}

/// Whether closing the last connection copies the log into the database.
fn copy_at_close(conn: &Connection, copy: bool) -> Result<(), StoreError> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !copy)?;
    Ok(())
}

/// Closes a connection after the disk failed. It leaves the log alone: since the failure the system may have given up what
/// the connection still counts on, and copying that back would damage the database.
pub(crate) fn give_up(conn: Connection) {
    if let Err(error) = copy_at_close(&conn, false) {
        tracing::warn!(%error, "a connection to a failed disk cannot be told to leave the log alone");
    }
}

/// Switches to the write-ahead log and says which mode holds now. Stepped to its end: the switch is committed only after
/// the row with its outcome, and who stops there never hears that the commit failed.
fn begin_log(conn: &Connection) -> Result<String, StoreError> {
    let mut statement = conn.prepare(include_str!("../queries/begin_log.sql"))?;
    let mut rows = statement.query([])?;
    let mut mode = String::new();
    while let Some(row) = rows.next()? {
        mode = row.get("journal_mode")?;
    }
    Ok(mode)
}

/// A connection that only reads.
pub(crate) fn reader(
    path: &Path,
    vfs: Option<&str>,
    zone: &SharedZone,
) -> Result<Connection, StoreError> {
    let conn = raw(path, vfs, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // The writer does it, which has made sure of the log.
    copy_at_close(&conn, false)?;
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

/// Where the write-ahead log of a database lies.
pub(crate) fn log_path(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// A connection to what is left of a damaged database, on a copy; none where SQLite finds no database in it.
pub(crate) fn damaged(path: &Path) -> Option<Connection> {
    let conn = raw(path, None, OpenFlags::SQLITE_OPEN_READ_WRITE).ok()?;
    // Found out now rather than in the middle of a row.
    conn.pragma_update(None, "cell_size_check", true).ok()?;
    function::register(&conn, &SharedZone::utc()).ok()?;
    migrate::inspect(&conn, usize::MAX).ok()?;
    Some(conn)
}

/// Empties a file that a power cut left as a blank first page, where no till was ever ready: SQLite would find no database
/// in it, and a till in which nobody did anything has no damage to tell of.
pub(crate) fn begin_anew_if_blank(path: &Path, env: &StoreEnv) -> Result<(), StoreError> {
    if ballast::path(path).exists() || left_open(path, env) {
        return Ok(());
    }
    Ok(env.files.empty_if_blank(path, FIRST_PAGE_BYTES)?)
}

/// Whether the last program to use the file did not close it.
fn left_open(path: &Path, env: &StoreEnv) -> bool {
    env.files.length(&log_path(path)).is_some_and(|l| l > 0)
}

/// Makes sure that the log that was left behind is on the disk as it is seen. After a failed sync Linux takes what it did
/// not write for written, so that no later sync brings it: a commit behind such a hole would be lost with the power.
fn harden_log(conn: &Connection, path: &Path, env: &StoreEnv) -> Result<(), StoreError> {
    // Nobody else appends to the log or starts it anew meanwhile.
    let alone = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
    let log = log_path(path);
    if env.files.length(&log).is_some_and(|l| l > 0) {
        env.files
            .rewrite(&log)
            .map_err(|error| StoreError::DiskFailed(error.to_string()))?;
    }
    alone.rollback()?;
    Ok(())
}

/// Checks a file that is small enough to be checked at every start.
pub(crate) fn check_small(
    conn: &Connection,
    path: &Path,
    env: &StoreEnv,
) -> Result<(), StoreError> {
    if is_small(path, env) {
        examine(conn)
    } else {
        Ok(())
    }
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
    verdict(said)
}

/// A page that the disk did not give is not a damaged one: trying again may help. Of free and overflow pages, whose numbers
/// it has looked at before, SQLite tells no code.
fn verdict(said: String) -> Result<(), StoreError> {
    const IO_ERROR: u32 = 10;
    const NOT_GIVEN: &str = "failed to get page";
    if said == "ok" {
        return Ok(());
    }
    let codes = said.split("error code=").skip(1);
    let unread = codes
        .filter_map(|rest| {
            let digits = rest.split(|c: char| !c.is_ascii_digit()).next();
            digits?.parse::<u32>().ok()
        })
        .any(|code| code & 0xff == IO_ERROR);
    if unread || said.contains(NOT_GIVEN) {
        Err(StoreError::DiskFailed(said))
    } else {
        Err(StoreError::Damaged(said))
    }
}

#[cfg(test)]
mod tests {
    use super::verdict;

    #[test]
    fn page_that_the_disk_did_not_give_is_no_damage() {
        for said in [
            "*** in database main ***\nTree 6 page 6: unable to get the page. error code=266",
            "*** in database main ***\nFreelist: failed to get page 26",
        ] {
            assert_eq!(verdict(said.to_owned()).unwrap_err().code(), "disk_failed");
        }
    }

    #[test]
    fn page_that_cannot_be_right_is_damage() {
        for said in [
            "Tree 6 page 6: btreeInitPage() returns error code 11",
            "Tree 6 page 6: unable to get the page. error code=11",
        ] {
            assert_eq!(
                verdict(said.to_owned()).unwrap_err().code(),
                "database_damaged"
            );
        }
    }
}
