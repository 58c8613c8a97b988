//! Restore: a backup becomes the database, in a new epoch, so that tills send again what it lacks.

use std::path::{Path, PathBuf};

use counterfoil_domain::UnixMs;
use serde::Serialize;
use sqlx::Row as _;
use uuid::Uuid;

use super::manifest::Manifest;
use super::shelf::Shelf;
use super::{BackupError, fetch, find, postgres, sqlite};
use crate::db::{Db, Engine, OpenError, schema_version, sqlite_path, sqlite_url};
use crate::rooms::devices::keys::purpose;
use crate::secret::Secrets;
use crate::state::{Sources, set_epoch};

/// What a restore did.
#[derive(Debug, Serialize)]
pub struct Restored {
    /// The backup.
    pub name: String,
    /// When it was taken.
    pub taken_at: UnixMs,
    /// The epoch that began.
    pub epoch: Uuid,
    /// Where what was there before lies now: a file, or a schema of PostgreSQL; absent when nothing was there.
    pub set_aside: Option<String>,
    /// Whether the hub's secret opens what lies sealed in the backup.
    pub secret: SecretFit,
}

/// Whether the hub's secret opens what lies sealed in a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretFit {
    /// It does.
    Fits,
    /// There is no secret here yet.
    Missing,
    /// It is another one.
    Other,
    /// Nothing is sealed yet.
    NothingSealed,
}

/// Restores a backup, the newest where `name` is absent, into `database`, and begins a new epoch. A database with shops is
/// replaced only with `replace`, and then set aside, not destroyed. No hub may serve from it meanwhile.
///
/// # Errors
/// See [`BackupError`]; the database is then as it was.
pub async fn restore(
    shelf: &Shelf,
    name: Option<&str>,
    database: &str,
    replace: bool,
    secret: Option<&str>,
    sources: &Sources,
) -> Result<Restored, BackupError> {
    let manifest = find(shelf, name).await?;
    let engine = match sqlite_path(database) {
        Some(_) => Engine::Sqlite,
        None => Engine::Postgres,
    };
    fits(&manifest, engine)?;
    let (epoch, secret, set_aside) = match sqlite_path(database) {
        Some(path) => into_file(shelf, &manifest, path, replace, secret, sources).await?,
        None => into_server(shelf, &manifest, database, replace, secret, sources).await?,
    };
    Ok(Restored {
        name: manifest.name,
        taken_at: manifest.taken_at,
        epoch,
        set_aside,
        secret,
    })
}

pub(super) fn fits(manifest: &Manifest, engine: Engine) -> Result<(), BackupError> {
    if manifest.engine != engine {
        return Err(BackupError::OtherEngine {
            backup: manifest.engine,
            database: engine,
        });
    }
    let known = schema_version();
    if manifest.schema_version > known {
        let found = manifest.schema_version;
        return Err(OpenError::Newer { found, known }.into());
    }
    Ok(())
}

type Outcome = (Uuid, SecretFit, Option<String>);

async fn into_file(
    shelf: &Shelf,
    manifest: &Manifest,
    path: &Path,
    replace: bool,
    secret: Option<&str>,
    sources: &Sources,
) -> Result<Outcome, BackupError> {
    let there = sqlite::holds_shops(path).await;
    if there && !replace {
        return Err(BackupError::NotEmpty(path.display().to_string()));
    }
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(BackupError::file(folder))?;
    let work = work_beside(path, folder).map_err(BackupError::file(folder))?;
    let (data, fresh) = (work.path().join("data"), work.path().join("hub.db"));
    fetch(shelf, manifest, &data).await?;
    sqlite::unpack(&manifest.name, &data, &fresh).await?;
    let db = Db::open(&sqlite_url(&fresh)).await?;
    let secrets = Secrets::find(secret, Some(path));
    let renewed = renew(&db, secrets.ok().flatten().as_ref(), sources).await;
    // Also brings what its log holds into the file.
    db.close().await;
    let (epoch, secret) = renewed?;
    if path.exists() {
        sqlite::settle(path).await?;
    }
    let free = |name: &String| !sqlite::with_ending(path, &format!(".{name}")).exists();
    let name = names_like(&aside_name(sources)).find(free);
    let aside = name
        .filter(|_| there)
        .map(|name| sqlite::with_ending(path, &format!(".{name}")));
    let (to, kept): (PathBuf, Option<PathBuf>) = (path.to_owned(), aside.clone());
    tokio::task::spawn_blocking(move || sqlite::put_in_place(&fresh, &to, kept.as_deref()))
        .await??;
    Ok((epoch, secret, aside.map(|path| path.display().to_string())))
}

/// A folder beside a database for putting its successor together; what a killed restore left there is swept away.
fn work_beside(path: &Path, folder: &Path) -> std::io::Result<tempfile::TempDir> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!(".counterfoil-restore-{name}-");
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    tempfile::Builder::new().prefix(&prefix).tempdir_in(folder)
}

async fn into_server(
    shelf: &Shelf,
    manifest: &Manifest,
    database: &str,
    replace: bool,
    secret: Option<&str>,
    sources: &Sources,
) -> Result<Outcome, BackupError> {
    let schema = manifest.schema.as_deref().unwrap_or("public");
    let mut place = postgres::Place::look(database, schema).await?;
    if place.has_shops && !replace {
        return Err(BackupError::NotEmpty(format!("the schema {schema}")));
    }
    let work = tempfile::tempdir().map_err(BackupError::file(&std::env::temp_dir()))?;
    let data = work.path().join("data");
    fetch(shelf, manifest, &data).await?;
    let aside = place.clear(&aside_name(sources)).await?;
    if let Err(error) = postgres::bring_back(database, place.major, &data).await {
        if let Some(aside) = &aside {
            place.put_back(aside).await?;
        }
        return Err(error);
    }
    let db = Db::open(database).await?;
    let secrets = Secrets::find(secret, None);
    let renewed = renew(&db, secrets.ok().flatten().as_ref(), sources).await;
    db.close().await;
    let (epoch, secret) = renewed?;
    Ok((epoch, secret, aside))
}

/// What lies beside the database once a backup took its place.
fn aside_name(sources: &Sources) -> String {
    let now = sources.clock.now();
    let time = jiff::Timestamp::from_millisecond(now.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("replaced_{}", time.strftime("%Y%m%dt%H%M%Sz"))
}

/// A name, and names like it for where it is taken; without end.
pub(super) fn names_like(name: &str) -> impl Iterator<Item = String> {
    let more = (2..).map({
        let name = name.to_owned();
        move |n: u64| format!("{name}_{n}")
    });
    std::iter::once(name.to_owned()).chain(more)
}

/// Begins a new epoch and ends what must not live again. Answers of plain requests stay: who repeats one must not do it
/// twice.
async fn renew(
    db: &Db,
    secrets: Option<&Secrets>,
    sources: &Sources,
) -> Result<(Uuid, SecretFit), BackupError> {
    let now = sources.clock.now();
    let fresh = counterfoil_domain::id::uuid_v7(now.0, sources.entropy.id_entropy());
    let mut tx = db.write().await?;
    let epoch = set_epoch(&mut tx, fresh, now, true).await?;
    sqlx::query(include_str!("sql/archive_all.sql"))
        .execute(&mut *tx)
        .await?;
    sqlx::query(include_str!("sql/revoke_families.sql"))
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query(include_str!("sql/delete_pairing_codes.sql"))
        .execute(&mut *tx)
        .await?;
    let sealed = sqlx::query(include_str!("sql/find_sealed.sql"))
        .fetch_optional(&mut *tx)
        .await?;
    let secret = match (sealed, secrets) {
        (None, _) => SecretFit::NothingSealed,
        (Some(_), None) => SecretFit::Missing,
        (Some(row), Some(secrets)) => {
            let tenant: String = row.try_get("tenant_id")?;
            let opened = secrets.open(&purpose(&tenant), &row.try_get::<String, _>("sealed_seed")?);
            if opened.is_ok() {
                SecretFit::Fits
            } else {
                SecretFit::Other
            }
        }
    };
    tx.commit().await?;
    Ok((epoch, secret))
}
