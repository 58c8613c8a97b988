//! SQLite: a consistent copy while the hub serves, and a file put in the place of another.

use std::fs::File;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Row as _};

use super::BackupError;
use super::shelf::sync_folder;
use super::state::State;
use crate::db::{Db, connect, private_file, sqlite_url};

/// The ending of a backup's data.
pub(super) const ENDING: &str = "sqlite.gz";

/// Writes a compressed copy of the database to `to`; the hub goes on serving.
pub(super) async fn copy(db: &Db, folder: &Path, to: &Path) -> Result<State, BackupError> {
    let plain = folder.join("plain.db");
    private_file(&plain).map_err(BackupError::file(&plain))?;
    // One read transaction in a write-ahead log: writers do not wait for it.
    sqlx::query("VACUUM INTO $1")
        .bind(plain.to_string_lossy().into_owned())
        .execute(db.reader())
        .await?;
    let mut conn = connect(&sqlite_url(&plain)).await?;
    let state = State::read(&mut conn).await?;
    conn.close().await?;
    let to = to.to_owned();
    tokio::task::spawn_blocking(move || {
        compress(&plain, &to).map_err(BackupError::file(&to))?;
        std::fs::remove_file(&plain).map_err(BackupError::file(&plain))
    })
    .await??;
    Ok(state)
}

fn compress(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut encoder = GzEncoder::new(private_file(to)?, Compression::fast());
    std::io::copy(&mut File::open(from)?, &mut encoder)?;
    encoder.finish()?;
    Ok(())
}

/// Unpacks a backup's data into a database's file, which must not exist, and looks at its every page.
pub(super) async fn unpack(name: &str, from: &Path, to: &Path) -> Result<(), BackupError> {
    let damaged = |words: String| BackupError::Damaged {
        name: name.to_owned(),
        words,
    };
    let (source, target) = (from.to_owned(), to.to_owned());
    let unpacked = tokio::task::spawn_blocking(move || {
        let mut file = private_file(&target)?;
        std::io::copy(&mut GzDecoder::new(File::open(source)?), &mut file)?;
        file.sync_all()
    });
    unpacked.await?.map_err(|e| damaged(e.to_string()))?;
    let words = integrity(to).await?;
    if words == "ok" {
        Ok(())
    } else {
        Err(damaged(words))
    }
}

/// What SQLite finds in a database's pages: `ok`, or the first trouble.
pub(super) async fn integrity(path: &Path) -> Result<String, BackupError> {
    let mut conn = connect(&sqlite_url(path)).await?;
    let row = sqlx::query("PRAGMA integrity_check(1)")
        .fetch_one(&mut conn)
        .await?;
    let words: String = row.try_get(0)?;
    conn.close().await?;
    Ok(words)
}

/// Whether a file holds shops; one that cannot be read might.
pub(super) async fn holds_shops(path: &Path) -> bool {
    if std::fs::metadata(path).map_or(0, |m| m.len()) == 0 {
        return false;
    }
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let Ok(mut conn) = SqliteConnection::connect_with(&options).await else {
        return true;
    };
    let tables = "SELECT count(*) AS n FROM sqlite_master";
    let empty = sqlx::query(tables).fetch_one(&mut conn).await;
    if empty.is_ok_and(|row| row.get::<i64, _>("n") == 0) {
        return false;
    }
    let shops = sqlx::query("SELECT count(*) AS n FROM tenants")
        .fetch_one(&mut conn)
        .await;
    shops.map_or(true, |row| row.get::<i64, _>("n") > 0)
}

/// Makes sure that nobody has the file open and that all of it is in the file itself. A file that is no database, or a
/// damaged one, is left to be set aside as it is.
pub(super) async fn settle(path: &Path) -> Result<(), BackupError> {
    let options = SqliteConnectOptions::new().filename(path);
    let Ok(mut conn) = SqliteConnection::connect_with(&options).await else {
        return Ok(());
    };
    // With this mode SQLite takes the file for itself, or says that somebody else has it.
    let alone = sqlx::raw_sql(
        "PRAGMA busy_timeout=1000; PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE; COMMIT;
         PRAGMA wal_checkpoint(TRUNCATE);",
    )
    .execute(&mut conn)
    .await;
    let closed = conn.close().await;
    match alone {
        Err(sqlx::Error::Database(e)) if matches!(e.code().as_deref(), Some("5" | "261")) => {
            Err(BackupError::InUse(path.display().to_string()))
        }
        // Damage is why there is a restore.
        Err(_) => Ok(()),
        Ok(_) => Ok(closed?),
    }
}

/// Puts a database in the place of another, whose files stay beside it under `aside`. The place is never empty: there
/// is the one or the other, whenever the power fails.
pub(super) fn put_in_place(
    from: &Path,
    to: &Path,
    aside: Option<&Path>,
) -> Result<(), BackupError> {
    let fault = |path: &Path| {
        let path = path.to_owned();
        move |e| BackupError::file(&path)(e)
    };
    if let Some(aside) = aside {
        // Its name was free a moment ago; what is there is never written over.
        let linked = std::fs::hard_link(to, aside);
        if linked
            .as_ref()
            .is_err_and(|e| e.kind() == std::io::ErrorKind::AlreadyExists)
        {
            return linked.map_err(fault(aside));
        }
        if linked.is_err() {
            // A file system without hard links.
            std::fs::copy(to, aside).map_err(fault(aside))?;
            File::open(aside)
                .and_then(|f| f.sync_all())
                .map_err(fault(aside))?;
        }
        // A log that is left belongs to the old file; beside the new one it would destroy it.
        for ending in ["-wal", "-shm"] {
            let (log, kept) = (with_ending(to, ending), with_ending(aside, ending));
            if log.exists() {
                std::fs::rename(&log, &kept).map_err(fault(&log))?;
            }
        }
    }
    for ending in ["-wal", "-shm"] {
        let log = with_ending(to, ending);
        if log.exists() {
            std::fs::remove_file(&log).map_err(fault(&log))?;
        }
    }
    File::open(from)
        .and_then(|f| f.sync_all())
        .map_err(fault(from))?;
    std::fs::rename(from, to).map_err(fault(to))?;
    let folder = to.parent().filter(|f| !f.as_os_str().is_empty());
    sync_folder(folder.unwrap_or(Path::new("."))).map_err(fault(to))
}

/// A path with something behind its name.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
