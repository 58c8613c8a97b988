//! What an operator does with backups: `backup`, `restore`, `verify`.

use std::time::Duration;

use counterfoil_hub::Sources;
use counterfoil_hub::backup::{self, BackupError, Plan, SecretFit, Shelf};
use serde_json::json;

/// Backs the database up while hubs serve from it.
#[derive(clap::Args)]
pub struct Backup {
    /// `sqlite:PATH` or `postgres://...`.
    #[arg(long, env = "COUNTERFOIL_HUB_DATABASE")]
    database: String,
    /// A folder, or `s3://BUCKET/PREFIX` with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and, where it is not
    /// Amazon's, AWS_ENDPOINT_URL.
    #[arg(long, env = "COUNTERFOIL_HUB_BACKUP_TO")]
    to: String,
    /// Take older backups away than so many; the newest verified one stays.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
}

/// Restores a backup into a database that no hub serves from, and begins a new epoch.
#[derive(clap::Args)]
pub struct Restore {
    /// Where the backups lie: a folder, or `s3://BUCKET/PREFIX`.
    #[arg(long, env = "COUNTERFOIL_HUB_BACKUP_TO")]
    from: String,
    /// Which one; the newest where it is absent.
    #[arg(long, default_value = "newest")]
    name: String,
    /// `sqlite:PATH` or `postgres://...`.
    #[arg(long, env = "COUNTERFOIL_HUB_DATABASE")]
    database: String,
    /// Set what is there aside and put the backup in its place.
    #[arg(long)]
    replace: bool,
}

/// Verifies a backup by restoring it into a scratch database, or a live database where it is.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["from", "database"])))]
pub struct Verify {
    /// Where the backups lie: a folder, or `s3://BUCKET/PREFIX`.
    #[arg(long)]
    from: Option<String>,
    /// Which one; the newest where it is absent.
    #[arg(long, default_value = "newest", requires = "from")]
    name: String,
    /// For backups of PostgreSQL: a server whose user may make a database; it is dropped again.
    #[arg(long, env = "COUNTERFOIL_HUB_SCRATCH")]
    scratch: Option<String>,
    /// A live database: `sqlite:PATH` or `postgres://...`.
    #[arg(long)]
    database: Option<String>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

/// The flags of a serving hub that backs itself up.
#[derive(clap::Args)]
pub struct OwnBackups {
    /// Back the database up to this folder, or `s3://BUCKET/PREFIX`, while serving.
    #[arg(long, env = "COUNTERFOIL_HUB_BACKUP_TO")]
    backup_to: Option<String>,
    /// How often, e.g. `15m` or `1h`.
    #[arg(long, env = "COUNTERFOIL_HUB_BACKUP_EVERY", default_value = "15m", value_parser = interval)]
    backup_every: Duration,
    /// How many backups to keep; the newest verified one stays besides.
    #[arg(long, env = "COUNTERFOIL_HUB_BACKUP_KEEP", value_parser = clap::value_parser!(u32).range(1..))]
    backup_keep: Option<u32>,
}

fn interval(text: &str) -> Result<Duration, String> {
    let wrong =
        || "an interval is written like 15m, 90s or 1h, and is at least a second".to_owned();
    let span: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    let span = Duration::try_from(span).map_err(|_| wrong())?;
    if span < Duration::from_secs(1) {
        return Err(wrong());
    }
    Ok(span)
}

fn shelf(place: &str) -> Result<Shelf, BackupError> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    Shelf::open(place, std::env::vars_os().filter_map(text))
}

fn named(name: &str) -> Option<&str> {
    Some(name).filter(|n| *n != "newest")
}

impl OwnBackups {
    /// The plan, where there is one.
    pub fn plan(&self) -> Result<Option<Plan>, BackupError> {
        let Some(place) = &self.backup_to else {
            return Ok(None);
        };
        Ok(Some(Plan {
            to: shelf(place)?,
            every: self.backup_every,
            keep: self.backup_keep.and_then(|n| usize::try_from(n).ok()),
        }))
    }
}

impl Backup {
    /// Backs up; the line to print.
    pub async fn run(&self, sources: &Sources) -> Result<String, BackupError> {
        let shelf = shelf(&self.to)?;
        let made = backup::back_up(&self.database, &shelf, sources).await?;
        let gone = match self.keep.and_then(|n| usize::try_from(n).ok()) {
            Some(keep) => backup::prune(&shelf, keep).await?,
            None => Vec::new(),
        };
        let done = json!({
            "backup": made.name, "engine": made.engine, "epoch": made.epoch, "bytes": made.bytes, "sha256": made.sha256,
            "shops": made.tenants.len(), "pruned": gone,
        });
        Ok(done.to_string())
    }
}

impl Restore {
    /// Restores; the line to print, and what the operator has to see to.
    pub async fn run(
        &self,
        secret: Option<&str>,
        sources: &Sources,
    ) -> Result<(String, Option<&'static str>), BackupError> {
        let shelf = shelf(&self.from)?;
        let (name, database) = (named(&self.name), &self.database);
        let done = backup::restore(&shelf, name, database, self.replace, secret, sources).await?;
        let hint = match done.secret {
            SecretFit::Fits | SecretFit::NothingSealed => None,
            SecretFit::Missing => Some(
                "the hub's secret is not here: give it in COUNTERFOIL_HUB_SECRET, or put the file DATABASE.secret back, \
                 before the hub starts",
            ),
            SecretFit::Other => Some(
                "the hub's secret is another than the backup's: give the one of that time in COUNTERFOIL_HUB_SECRET, or put \
                 its file DATABASE.secret back, before the hub starts",
            ),
        };
        Ok((serde_json::to_string(&done).unwrap_or_default(), hint))
    }
}

impl Verify {
    /// Verifies; what to print, and whether all is sound.
    pub async fn run(&self, sources: &Sources) -> Result<(String, bool), BackupError> {
        let report = match (&self.from, &self.database) {
            (Some(from), _) => {
                let (shelf, scratch) = (shelf(from)?, self.scratch.as_deref());
                backup::verify_backup(&shelf, named(&self.name), scratch, sources).await?
            }
            (None, Some(database)) => backup::verify_database(database).await?,
            // The group of the two is required.
            (None, None) => return Err(BackupError::Address(String::new())),
        };
        let text = if self.json {
            serde_json::to_string(&report).unwrap_or_default()
        } else {
            report.to_string()
        };
        Ok((text, report.is_sound()))
    }
}
