//! Backups of the hub: taken while it serves, put where the hub is not, tried out, and brought back.
//!
//! A backup is its data, and a manifest that is written last. Only when both are durable do the shops' `archived` move,
//! and with them what tills may let go of.

mod bucket;
mod error;
mod manifest;
mod postgres;
mod replay;
mod restore;
mod rules;
mod shelf;
mod sqlite;
mod state;
mod task;
mod tool;
mod verify;

use std::collections::HashMap;
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use sqlx::Row as _;

use crate::db::{Db, Engine};
use crate::secret::hex;
use crate::state::Sources;

pub use error::BackupError;
pub use manifest::{Head, Manifest};
pub use restore::{Restored, SecretFit, restore};
pub use shelf::Shelf;
pub(crate) use task::keep_backed_up;
pub use task::{Plan, Standing, Watch};
pub use verify::{Finding, Report, verify_backup, verify_database};

/// Shops whose `archived` moves in one transaction.
const SHOPS_AT_ONCE: usize = 200;

/// Backs a database up and tells its shops, once the backup is durable, how far it holds them.
///
/// # Errors
/// See [`BackupError`]; where it says that the backup could not be told to the shops, the next one tells them.
pub async fn back_up(
    database: &str,
    shelf: &Shelf,
    sources: &Sources,
) -> Result<Manifest, BackupError> {
    let db = Db::open_as_it_is(database).await?;
    let outcome = back_up_open(&db, shelf, sources).await;
    db.close().await;
    outcome
}

pub(crate) async fn back_up_open(
    db: &Db,
    shelf: &Shelf,
    sources: &Sources,
) -> Result<Manifest, BackupError> {
    let desk = shelf.begin()?;
    let taken_at = sources.clock.now();
    let mut chance = [0; 4];
    sources.entropy.fill(&mut chance);
    let name = manifest::new_name(taken_at, u32::from_be_bytes(chance));
    let data = desk.path().join("data");
    let (state, schema, ending) = match db.engine() {
        Engine::Sqlite => {
            let state = sqlite::copy(db, desk.path(), &data).await?;
            (state, None, sqlite::ENDING)
        }
        Engine::Postgres => {
            let (state, schema) = postgres::copy(db, &data).await?;
            (state, Some(schema), postgres::ENDING)
        }
    };
    let (bytes, sha256) = measured(&data).await?;
    let manifest = Manifest {
        format: Manifest::format_now(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        engine: db.engine(),
        schema,
        schema_version: state.schema_version,
        epoch: state.epoch,
        taken_at,
        file: format!("{name}.{ending}"),
        bytes,
        sha256,
        tenants: state.heads,
        name,
    };
    shelf.put_file(&manifest.file, &data).await?;
    put_json(shelf, &manifest::manifest_file(&manifest.name), &manifest).await?;
    drop(desk);
    archive(db, &manifest).await?;
    Ok(manifest)
}

async fn put_json(
    shelf: &Shelf,
    file: &str,
    value: &impl serde::Serialize,
) -> Result<(), BackupError> {
    let text = serde_json::to_vec_pretty(value).map_err(|e| BackupError::Manifest {
        name: file.to_owned(),
        words: e.to_string(),
    })?;
    shelf.put_bytes(file, text).await
}

/// A file's length and its SHA-256 in hex.
async fn measured(path: &Path) -> Result<(u64, String), BackupError> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || measure(&path).map_err(BackupError::file(&path))).await?
}

fn measure(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = std::fs::File::open(path)?;
    let (mut hash, mut part, mut bytes) = (Sha256::new(), vec![0; 256 * 1024], 0_u64);
    loop {
        let read = file.read(&mut part)?;
        if read == 0 {
            return Ok((bytes, hex(&hash.finalize())));
        }
        hash.update(&part[..read]);
        bytes += read as u64;
    }
}

/// Moves the shops' `archived` to what a durable backup holds; never back, and not at all where another epoch has begun.
async fn archive(db: &Db, manifest: &Manifest) -> Result<(), BackupError> {
    let rows = sqlx::query(include_str!("sql/list_unarchived.sql"))
        .fetch_all(db.reader())
        .await?;
    let mut behind: HashMap<String, i64> = HashMap::with_capacity(rows.len());
    for row in rows {
        behind.insert(row.try_get("tenant_id")?, row.try_get("archived")?);
    }
    let ahead: Vec<(String, i64)> = manifest
        .tenants
        .iter()
        .map(|shop| (shop.tenant_id.to_string(), shop.head.cast_signed()))
        .filter(|(shop, head)| behind.get(shop).is_some_and(|archived| archived < head))
        .collect();
    for shops in ahead.chunks(SHOPS_AT_ONCE) {
        let mut tx = db.write().await?;
        let epoch = state::State::epoch(&mut tx).await?;
        if epoch != Some(manifest.epoch) {
            tracing::warn!(
                backup = manifest.name,
                "the database began another epoch while it was backed up"
            );
            return Ok(());
        }
        for (shop, head) in shops {
            sqlx::query(include_str!("sql/set_archived.sql"))
                .bind(shop)
                .bind(head)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// The names of the backups in a place, oldest first.
///
/// # Errors
/// When the place does not answer.
pub async fn list(shelf: &Shelf) -> Result<Vec<String>, BackupError> {
    let files = shelf.list().await?;
    let names = files.iter().filter_map(|f| manifest::named_by_manifest(f));
    Ok(names.map(str::to_owned).collect())
}

/// The manifest of a backup, by its name or the newest.
async fn find(shelf: &Shelf, name: Option<&str>) -> Result<Manifest, BackupError> {
    let names = list(shelf).await?;
    let newest = names
        .last()
        .ok_or_else(|| BackupError::None(shelf.shown()))?;
    let name = name.unwrap_or(newest);
    let unknown = || BackupError::Unknown {
        name: name.to_owned(),
        place: shelf.shown(),
        known: names.join(", "),
    };
    if !names.iter().any(|known| known == name) {
        return Err(unknown());
    }
    let raw = shelf.get_bytes(&manifest::manifest_file(name)).await?;
    Manifest::read(name, &raw.ok_or_else(unknown)?)
}

/// Brings a backup's data here and compares it with the manifest.
async fn fetch(shelf: &Shelf, manifest: &Manifest, to: &Path) -> Result<(), BackupError> {
    let damaged = |words: String| BackupError::Damaged {
        name: manifest.name.clone(),
        words,
    };
    match shelf.get_file(&manifest.file, to).await {
        Ok(()) => {}
        Err(BackupError::Place { place, words }) => {
            return Err(damaged(format!(
                "its data is not to be had ({place}: {words})"
            )));
        }
        Err(other) => return Err(other),
    }
    let (bytes, sha256) = measured(to).await?;
    if bytes != manifest.bytes {
        let words = format!("it has {bytes} bytes and should have {}", manifest.bytes);
        return Err(damaged(words));
    }
    if sha256 != manifest.sha256 {
        return Err(damaged(
            "its SHA-256 is not the one it was made with".to_owned(),
        ));
    }
    Ok(())
}

/// Takes old backups away: the newest `keep` stay, and the newest one that was verified. Returns what went.
///
/// # Errors
/// When the place does not answer.
pub async fn prune(shelf: &Shelf, keep: usize) -> Result<Vec<String>, BackupError> {
    let files = shelf.list().await?;
    let names = files.iter().filter_map(|f| manifest::named_by_manifest(f));
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    let verified = |name: &&&str| files.contains(&manifest::verified_file(name));
    let newest_verified = names.iter().rev().find(verified).copied();
    let old = names.len().saturating_sub(keep.max(1));
    let (old, kept) = names.split_at(old);
    let gone: Vec<String> = old
        .iter()
        .filter(|name| Some(**name) != newest_verified)
        .map(|name| (*name).to_owned())
        .collect();
    // What is older than every backup and belongs to none was left by one that broke off.
    let oldest_kept = kept.first().copied().unwrap_or_default();
    let is_left = |name: &str| !names.contains(&name) && name < oldest_kept;
    for name in &gone {
        shelf.delete(&manifest::manifest_file(name)).await?;
    }
    for file in &files {
        let owner = manifest::owner_of(file);
        if owner.is_some_and(|name| gone.iter().any(|g| g == name) || is_left(name)) {
            shelf.delete(file).await?;
        }
    }
    Ok(gone)
}
