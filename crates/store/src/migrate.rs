//! Numbered migrations: all or nothing, with a copy kept, and never on a newer database.

use std::path::{Path, PathBuf};

use counterfoil_domain::image::APPLICATION_ID;
use rusqlite::{Connection, TransactionBehavior, named_params};

use crate::error::StoreError;

/// The schema's steps; the n-th brings a database to `user_version` n. One that landed is never edited.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/till/0001_init.sql"),
    include_str!("../../../migrations/till/0002_fewer_indexes.sql"),
    include_str!("../../../migrations/till/0003_desk.sql"),
    include_str!("../../../migrations/till/0004_fewer_indexes_still.sql"),
    include_str!("../../../migrations/till/0005_done_again.sql"),
    include_str!("../../../migrations/till/0006_no_empty_balances.sql"),
    include_str!("../../../migrations/till/0007_narrow_outbox.sql"),
];

fn number(conn: &Connection, pragma: &str) -> Result<i64, StoreError> {
    Ok(conn.pragma_query_value(None, pragma, |row| row.get(0))?)
}

/// Refuses a file that this program must not touch; reads only. Returns its version.
///
/// # Errors
/// [`StoreError::Newer`], or [`StoreError::Damaged`] for another program's database.
pub(crate) fn inspect(conn: &Connection, known: usize) -> Result<i64, StoreError> {
    let found = number(conn, "user_version")?;
    let known = i64::try_from(known).unwrap_or(i64::MAX);
    let application = number(conn, "application_id")?;
    if application != APPLICATION_ID && number(conn, "schema_version")? != 0 {
        return Err(StoreError::Damaged(
            "the file belongs to another program".to_owned(),
        ));
    }
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    Ok(found)
}

/// Brings the database to the newest version, each step in the one transaction of all.
///
/// # Errors
/// `migration_failed` when a step does not fit what is stored, or the disk's trouble; then nothing has changed, and the
/// copy from before is there.
pub(crate) fn run(
    conn: &mut Connection,
    path: &Path,
    found: i64,
    steps: &[&str],
) -> Result<(), StoreError> {
    let done = usize::try_from(found).unwrap_or(0);
    if done >= steps.len() {
        return Ok(());
    }
    if found > 0 {
        keep_copy(conn, path, found)?;
    }
    advance(conn, path, found, steps)
}

/// [`run`] on a file that is worth no copy.
///
/// # Errors
/// When a step fails; then nothing has changed.
pub(crate) fn advance(
    conn: &mut Connection,
    path: &Path,
    found: i64,
    steps: &[&str],
) -> Result<(), StoreError> {
    let done = usize::try_from(found).unwrap_or(0).min(steps.len());
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have come first.
    if number(&tx, "user_version")? == found {
        for step in &steps[done..] {
            tx.execute_batch(step)
                .map_err(|error| failed(error, path, found))?;
        }
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(
            None,
            "user_version",
            i64::try_from(steps.len()).unwrap_or(i64::MAX),
        )?;
    }
    tx.commit()?;
    Ok(())
}

/// Where the copy from before a migration lies.
pub(crate) fn copy_path(path: &Path, version: i64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".before-v{}", version + 1));
    PathBuf::from(name)
}

/// A step that does not fit; a full or failing disk stays what it is.
fn failed(error: rusqlite::Error, path: &Path, found: i64) -> StoreError {
    match StoreError::from(error) {
        StoreError::Sql(error) => StoreError::invalid(
            "migration_failed",
            format!(
                "the database could not be brought to this program's version and is as it was, version {found}; a copy \
                 is kept at {}: {error}",
                copy_path(path, found).display()
            ),
        ),
        other => other,
    }
}

/// Under its name only once it is whole: a power cut must not leave half a copy that passes for one.
fn keep_copy(conn: &Connection, path: &Path, found: i64) -> Result<(), StoreError> {
    let copy = copy_path(path, found);
    if copy.exists() {
        return Ok(());
    }
    let mut half_done = copy.as_os_str().to_owned();
    half_done.push("-new");
    let trouble = |error: std::io::Error| StoreError::DiskFailed(error.to_string());
    // Left by a copy that was interrupted.
    if Path::new(&half_done).exists() {
        std::fs::remove_file(&half_done).map_err(trouble)?;
    }
    conn.execute(
        include_str!("../queries/copy_database.sql"),
        named_params! { ":path": half_done.to_string_lossy() },
    )?;
    std::fs::rename(&half_done, &copy).map_err(trouble)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE a (x); INSERT INTO a VALUES (1)";
    const SECOND: &str = "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = 2";
    const BROKEN: &str = "ALTER TABLE a ADD COLUMN z; SELECT nonsense FROM nowhere";

    fn fresh() -> (tempfile::TempDir, PathBuf, Connection) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("till.db");
        let mut conn = Connection::open(&path).unwrap();
        run(&mut conn, &path, 0, &[FIRST]).unwrap();
        (dir, path, conn)
    }

    #[test]
    fn each_step_runs_once_and_a_copy_from_before_is_kept() {
        let (_dir, path, mut conn) = fresh();
        assert!(!copy_path(&path, 0).exists());
        let found = inspect(&conn, 2).unwrap();
        assert_eq!(found, 1);
        run(&mut conn, &path, found, &[FIRST, SECOND]).unwrap();
        run(&mut conn, &path, 2, &[FIRST, SECOND]).unwrap();
        assert_eq!(inspect(&conn, 2).unwrap(), 2);
        let rows: i64 = conn
            .query_row("SELECT sum(y) FROM a", [], |r| r.get(0))
            .unwrap();
        assert_eq!(rows, 2);
        let copy = Connection::open(copy_path(&path, 1)).unwrap();
        assert_eq!(inspect(&copy, 2).unwrap(), 1);
    }

    #[test]
    fn step_that_fails_leaves_the_database_as_it_was() {
        let (_dir, path, mut conn) = fresh();
        let error = run(&mut conn, &path, 1, &[FIRST, SECOND, BROKEN]).unwrap_err();
        assert_eq!(error.code(), "migration_failed");
        assert!(error.to_string().contains(".before-v2"), "{error}");
        assert_eq!(inspect(&conn, 3).unwrap(), 1);
        assert!(conn.prepare("SELECT y FROM a").is_err());
        let copy = Connection::open(copy_path(&path, 1)).unwrap();
        assert_eq!(inspect(&copy, 3).unwrap(), 1);
    }

    #[test]
    fn copy_that_was_interrupted_does_not_pass_for_one() {
        let (_dir, path, mut conn) = fresh();
        let half_done = format!("{}-new", copy_path(&path, 1).display());
        std::fs::write(&half_done, b"half").unwrap();
        run(&mut conn, &path, 1, &[FIRST, SECOND]).unwrap();
        let copy = Connection::open(copy_path(&path, 1)).unwrap();
        assert_eq!(inspect(&copy, 2).unwrap(), 1);
        assert!(!Path::new(&half_done).exists());
    }

    #[test]
    fn newer_database_is_refused() {
        let (_dir, path, mut conn) = fresh();
        run(&mut conn, &path, 1, &[FIRST, SECOND]).unwrap();
        let error = inspect(&conn, 1).unwrap_err();
        assert_eq!(error.code(), "database_newer");
    }
}
