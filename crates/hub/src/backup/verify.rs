//! Verify: is every change there, do the tables hold what the changes lead to, does every balance equal its ledger, is every
//! chain whole, has every operation its result. Of a backup by restoring it into a scratch database; of a live one in one snapshot.

use std::collections::HashSet;

use counterfoil_domain::OpHash;
use counterfoil_protocol::sync::{Change, Outcome};
use futures::TryStreamExt as _;
use serde::Serialize;
use sqlx::{AnyConnection, Row as _};

use super::manifest::{Head, Manifest, Verified, verified_file};
use super::replay::Replay;
use super::restore::fits;
use super::rules::{RULES, Rule};
use super::shelf::Shelf;
use super::state::State;
use super::{BackupError, fetch, find, postgres, put_json, sqlite};
use crate::db::{Db, Engine, sqlite_url};
use crate::secret::hex;
use crate::state::Sources;

/// So many findings of one kind are told; the rest is counted.
const TOLD_MAX: usize = 20;

/// What was looked at, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The backup; absent for a live database.
    pub backup: Option<String>,
    /// Shops.
    pub shops: u64,
    /// Their changes.
    pub changes: u64,
    /// Operations with a stored result.
    pub operations: u64,
    /// Lives of devices' databases.
    pub chains: u64,
    /// What is wrong; nothing where all is sound.
    pub findings: Vec<Finding>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable name of the check.
    pub check: &'static str,
    /// The shop, where it is one's.
    pub shop: Option<String>,
    /// What is wrong, in English.
    pub words: String,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    fn add(&mut self, check: &'static str, shop: Option<String>, words: String) {
        self.findings.push(Finding { check, shop, words });
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let subject = self.backup.as_deref().unwrap_or("the database");
        let verdict = if self.is_sound() {
            "is sound"
        } else {
            "is NOT sound"
        };
        write!(
            f,
            "{subject} {verdict}: {} shops, {} changes, {} operations in {} chains",
            self.shops, self.changes, self.operations, self.chains
        )?;
        for finding in &self.findings {
            let shop = finding.shop.as_deref();
            let shop = shop.map(|s| format!("shop {s}: ")).unwrap_or_default();
            write!(f, "\n  {}: {shop}{}", finding.check, finding.words)?;
        }
        Ok(())
    }
}

/// Verifies a live database while hubs serve from it.
///
/// # Errors
/// When it cannot be read; what is wrong with it is a finding.
pub async fn verify_database(database: &str) -> Result<Report, BackupError> {
    let db = Db::open_as_it_is(database).await?;
    let checked = check(&db, &mut Report::default()).await;
    db.close().await;
    checked
}

/// Verifies a backup, the newest where `name` is absent, by restoring it into a scratch database: a file of its own, or a
/// database made on the server `scratch`. A backup that is found sound is marked so and outlives younger ones.
///
/// # Errors
/// When it is damaged or cannot be restored; what is wrong inside is a finding.
pub async fn verify_backup(
    shelf: &Shelf,
    name: Option<&str>,
    scratch: Option<&str>,
    sources: &Sources,
) -> Result<Report, BackupError> {
    let manifest = find(shelf, name).await?;
    fits(&manifest, manifest.engine)?;
    let work = tempfile::tempdir().map_err(BackupError::file(&std::env::temp_dir()))?;
    let data = work.path().join("data");
    let report = match manifest.engine {
        Engine::Sqlite => {
            fetch(shelf, &manifest, &data).await?;
            let fresh = work.path().join("hub.db");
            sqlite::unpack(&manifest.name, &data, &fresh).await?;
            try_out(&sqlite_url(&fresh), &manifest).await?
        }
        Engine::Postgres => {
            let server = scratch.ok_or(BackupError::NoScratch)?;
            fetch(shelf, &manifest, &data).await?;
            let mut chance = [0; 8];
            sources.entropy.fill(&mut chance);
            let name = format!("counterfoil_verify_{}", hex(&chance));
            let schema = manifest.schema.as_deref().unwrap_or("public");
            let scratch = postgres::Scratch::make(server, &name, schema).await?;
            let tried = async {
                let place = postgres::Place::look(&scratch.address, schema).await?;
                postgres::bring_back(&scratch.address, place.major, &data).await?;
                place.leave().await?;
                try_out(&scratch.address, &manifest).await
            };
            let tried = tried.await;
            let dropped = scratch.drop().await;
            let report = tried?;
            dropped?;
            report
        }
    };
    if report.is_sound() {
        let mark = Verified {
            name: manifest.name.clone(),
            verified_at: sources.clock.now(),
        };
        put_json(shelf, &verified_file(&manifest.name), &mark).await?;
    }
    Ok(report)
}

/// Checks what a backup became, and that it holds what its manifest says.
async fn try_out(address: &str, manifest: &Manifest) -> Result<Report, BackupError> {
    let db = Db::open(address).await?;
    let mut report = Report {
        backup: Some(manifest.name.clone()),
        ..Report::default()
    };
    let tried = async {
        let mut tx = db.read().await?;
        let state = State::read(&mut tx).await?;
        tx.rollback().await?;
        if state.epoch != manifest.epoch || heads(&state.heads) != heads(&manifest.tenants) {
            let words = "it holds other shops or changes than its manifest says".to_owned();
            report.add("manifest", None, words);
        }
        check(&db, &mut report).await
    };
    let tried = tried.await;
    db.close().await;
    tried
}

fn heads(heads: &[Head]) -> HashSet<(String, u64)> {
    let pair = |head: &Head| (head.tenant_id.to_string(), head.head);
    heads.iter().map(pair).collect()
}

/// Looks at everything in one snapshot.
async fn check(db: &Db, report: &mut Report) -> Result<Report, BackupError> {
    if let Some(path) = db.path() {
        let words = sqlite::integrity(path).await?;
        if words != "ok" {
            report.add("file", None, words);
        }
    }
    let mut tx = db.read().await?;
    count(&mut tx, report).await?;
    for rule in RULES {
        apply(&mut tx, rule, report).await?;
    }
    read_changes(&mut tx, report).await?;
    read_results(&mut tx, report).await?;
    tx.rollback().await?;
    Ok(std::mem::take(report))
}

async fn count(conn: &mut AnyConnection, report: &mut Report) -> Result<(), BackupError> {
    let row = sqlx::query(include_str!("sql/count_shops.sql"))
        .fetch_one(conn)
        .await?;
    let number = |name: &str| row.try_get::<i64, _>(name).map(i64::cast_unsigned);
    report.shops = number("shops")?;
    report.changes = number("changes")?;
    report.operations = number("operations")?;
    report.chains = number("chains")?;
    Ok(())
}

async fn apply(
    conn: &mut AnyConnection,
    rule: &Rule,
    report: &mut Report,
) -> Result<(), BackupError> {
    let mut told = Told::new(rule.check);
    let mut rows = sqlx::query(rule.sql).fetch(conn);
    while let Some(row) = rows.try_next().await? {
        let words = (rule.words)(&row)?;
        told.add(report, Some(row.try_get("tenant_id")?), words);
    }
    told.end(report);
    Ok(())
}

/// Tells the first findings of a check and counts the rest.
pub(super) struct Told {
    check: &'static str,
    found: usize,
}

impl Told {
    pub(super) const fn new(check: &'static str) -> Self {
        Self { check, found: 0 }
    }

    pub(super) fn add(&mut self, report: &mut Report, shop: Option<String>, words: String) {
        self.found += 1;
        if self.found <= TOLD_MAX {
            report.add(self.check, shop, words);
        }
    }

    pub(super) fn end(self, report: &mut Report) {
        if let Some(more @ 1..) = self.found.checked_sub(TOLD_MAX) {
            report.add(self.check, None, format!("and {more} more"));
        }
    }
}

/// Reads every change as a till would, and looks whether the tables hold what they lead to.
async fn read_changes(conn: &mut AnyConnection, report: &mut Report) -> Result<(), BackupError> {
    let mut told = Told::new("changes");
    let mut replay = Replay::default();
    let mut rows = sqlx::query(include_str!("sql/list_bodies.sql")).fetch(&mut *conn);
    while let Some(row) = rows.try_next().await? {
        let seq = row.try_get::<i64, _>("seq")?.cast_unsigned();
        let op_id: Option<String> = row.try_get("op_id")?;
        let body: String = row.try_get("body")?;
        let wrong = match serde_json::from_str::<Change>(&body) {
            Err(error) => Some(format!("change {seq} cannot be read: {error}")),
            Ok(change) => {
                let shop: String = row.try_get("tenant_id")?;
                let heard = replay.hear(&shop, &change);
                let origin = change.origin.map(|o| o.op_id.to_string());
                let row_count = row.try_get::<i64, _>("row_count")?.cast_unsigned();
                let same = heard.is_ok()
                    && change.seq == seq
                    && origin == op_id
                    && u64::try_from(change.rows.len()).is_ok_and(|n| n == row_count);
                (!same).then(|| format!("change {seq} is not the one that its row names"))
            }
        };
        if let Some(words) = wrong {
            told.add(report, Some(row.try_get("tenant_id")?), words);
        }
    }
    drop(rows);
    told.end(report);
    replay.compare(conn, report).await
}

/// Reads every stored result, and that what could not be read lies among the dead letters.
async fn read_results(conn: &mut AnyConnection, report: &mut Report) -> Result<(), BackupError> {
    let mut buried: HashSet<(String, String)> = HashSet::new();
    let mut rows = sqlx::query(include_str!("sql/list_buried.sql")).fetch(&mut *conn);
    while let Some(row) = rows.try_next().await? {
        buried.insert((row.try_get("tenant_id")?, row.try_get("op_id")?));
    }
    drop(rows);
    let mut told = Told::new("results");
    let mut rows = sqlx::query(include_str!("sql/list_results.sql")).fetch(conn);
    while let Some(row) = rows.try_next().await? {
        let (shop, op_id): (String, String) = (row.try_get("tenant_id")?, row.try_get("op_id")?);
        let result: String = row.try_get("result")?;
        let hash: String = row.try_get("hash")?;
        let words = match serde_json::from_str::<Outcome>(&result) {
            Err(error) => Some(format!(
                "the result of operation {op_id} cannot be read: {error}"
            )),
            Ok(Outcome::DeadLetter { .. }) if !buried.contains(&(shop.clone(), op_id.clone())) => {
                Some(format!("operation {op_id} is not among the dead letters"))
            }
            Ok(_) if hash.parse::<OpHash>().is_err() => {
                Some(format!("the hash of operation {op_id} is none"))
            }
            Ok(_) => None,
        };
        if let Some(words) = words {
            told.add(report, Some(shop), words);
        }
    }
    told.end(report);
    Ok(())
}
