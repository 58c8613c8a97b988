//! What support asks first: is the database sound, are the secrets there, does the hub answer, is the clock right.

mod bundle;
mod redact;

use counterfoil_domain::Money;
use counterfoil_store::DiskState;
use counterfoil_store::read::health::check_health;
use counterfoil_sync::http::Method;
use counterfoil_sync::{HttpTransport, Request, Transport as _};
use serde::Serialize;

use crate::Counterfoil;
use crate::failure::Outcome;
use crate::view::{Failure, SecretsView};

/// A clock further off than this is worth a word: five minutes, as the hub sees it.
const SKEW_MAX_S: i64 = 300;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Fine,
    /// Works, but somebody should look.
    Warning,
    /// Does not work.
    Broken,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Stable name, e.g. `database`.
    pub name: &'static str,
    /// How it went.
    pub verdict: Verdict,
    /// What was found, in English.
    pub found: String,
}

fn check(name: &'static str, verdict: Verdict, found: impl Into<String>) -> Check {
    Check {
        name,
        verdict,
        found: found.into(),
    }
}

impl Counterfoil {
    /// Looks at everything this till depends on; what is broken is a finding, not an error.
    #[must_use]
    pub fn doctor(&self) -> Vec<Check> {
        let mut checks = vec![self.check_database()];
        if self.store().is_err() {
            checks.push(self.check_copies());
            return checks;
        }
        checks.push(
            self.check_disk_state()
                .unwrap_or_else(|f| broken("disk", &f)),
        );
        checks.push(self.check_outbox().unwrap_or_else(|f| broken("outbox", &f)));
        checks.push(self.check_secrets());
        checks.push(self.check_copies());
        checks.push(self.check_books().unwrap_or_else(|f| broken("books", &f)));
        checks.extend(
            self.check_backup()
                .unwrap_or_else(|f| Some(broken("backup", &f))),
        );
        checks.extend(self.check_hub().unwrap_or_else(|f| vec![broken("hub", &f)]));
        checks
    }

    fn check_database(&self) -> Check {
        let found = self.store().and_then(|s| Ok(s.read(check_health)?));
        let health = match found {
            Ok(health) => health,
            Err(failure) if failure.code == "database_damaged" => {
                let advice = format!(
                    "{failure}; `counterfoil-cli salvage` keeps it aside and saves what can be read"
                );
                return check("database", Verdict::Broken, advice);
            }
            Err(failure) => return broken("database", &failure),
        };
        if let Some(first) = health.errors.first() {
            return check("database", Verdict::Broken, first);
        }
        if health.wrong_balances > 0 {
            let found = format!(
                "{} balances differ from their ledgers",
                health.wrong_balances
            );
            return check("database", Verdict::Broken, found);
        }
        let found = format!("sound, schema version {}", health.schema_version);
        check("database", Verdict::Fine, found)
    }

    /// The reserve and the last write; a try to write is only made where something is wrong.
    fn check_disk_state(&self) -> Outcome<Check> {
        let store = self.store()?;
        let tried = match store.disk() {
            DiskState::Fine => Ok(DiskState::Fine),
            _ => store.try_disk(),
        };
        Ok(match tried {
            Ok(DiskState::Fine) => check("disk", Verdict::Fine, "writes, with a reserve"),
            Ok(_) => check(
                "disk",
                Verdict::Warning,
                "nearly full: the reserve was given up for a sale; free at least 10 MB",
            ),
            Err(error) => check("disk", Verdict::Broken, error.to_string()),
        })
    }

    fn check_outbox(&self) -> Outcome<Check> {
        let counts = self.store()?.outbox_counts()?;
        let unsent = self.unsent()?;
        let mut parts = vec![match (unsent.changes, self.hub_url()?) {
            (0, _) => "every change is on the hub".to_owned(),
            (1, None) => "1 change is kept here only".to_owned(),
            (many, None) => format!("{many} changes are kept here only"),
            (1, Some(_)) => "1 change is not on the hub yet".to_owned(),
            (many, Some(_)) => format!("{many} changes are not on the hub yet"),
        }];
        parts.extend(
            unsent
                .sales
                .map(|sales| format!("sales of {} among them", plain(sales))),
        );
        if counts.stuck > 0 {
            parts.push(format!(
                "{} stuck: the hub could not take them; do them again or put them aside at the sync desk",
                counts.stuck
            ));
        }
        if counts.conflicts > 0 {
            parts.push(format!(
                "{} to be decided at the sync desk",
                counts.conflicts
            ));
        }
        if counts.acked > 0 {
            parts.push(format!(
                "{} on the hub, their copy is on its way back",
                counts.acked
            ));
        }
        let verdict = match counts.stuck + counts.conflicts {
            0 => Verdict::Fine,
            _ => Verdict::Warning,
        };
        Ok(check("outbox", verdict, parts.join("; ")))
    }

    fn check_copies(&self) -> Check {
        let kept = self.kept_copies();
        if kept.is_empty() {
            return check("copies", Verdict::Fine, "none kept");
        }
        let found = format!(
            "{} kept from before a repair or an update; they may be moved elsewhere",
            kept.len()
        );
        check("copies", Verdict::Fine, found)
    }

    /// Whether the rows are the hub's, as far as the last comparison goes.
    fn check_books(&self) -> Outcome<Check> {
        let differ = self.store()?.differences()?;
        if differ.is_empty() {
            return Ok(check(
                "books",
                Verdict::Fine,
                "no difference to the hub's is known",
            ));
        }
        let found = format!(
            "differ from the hub's in {}; a fresh image is fetched, and what waits here is kept",
            differ.join(", ")
        );
        Ok(check("books", Verdict::Warning, found))
    }

    /// How far the hub's backups have come; a till on its own has no hub to be backed up.
    fn check_backup(&self) -> Outcome<Option<Check>> {
        if self.hub_url()?.is_none() {
            return Ok(None);
        }
        let archive = self.store()?.archive()?;
        Ok(Some(match (archive.seq, archive.behind) {
            (0, _) => check(
                "backup",
                Verdict::Warning,
                "the hub has told of no backup yet: `counterfoil-hub backup` makes one",
            ),
            (_, 0) => check(
                "backup",
                Verdict::Fine,
                "a backup of the hub holds everything",
            ),
            (_, 1) => check(
                "backup",
                Verdict::Fine,
                "1 change is newer than the hub's last backup",
            ),
            (_, many) => check(
                "backup",
                Verdict::Fine,
                format!("{many} changes are newer than the hub's last backup"),
            ),
        }))
    }

    fn check_secrets(&self) -> Check {
        match self.vault().view() {
            SecretsView::Keyring => check("secrets", Verdict::Fine, "in the system's keyring"),
            SecretsView::Wrapped => check("secrets", Verdict::Fine, "wrapped under a PIN, open"),
            SecretsView::Locked => check(
                "secrets",
                Verdict::Warning,
                "wrapped under a PIN that was not given",
            ),
            SecretsView::NeedsPin => check(
                "secrets",
                Verdict::Warning,
                "there is no keyring, and no PIN was chosen",
            ),
        }
    }

    fn check_hub(&self) -> Outcome<Vec<Check>> {
        let Some(hub) = self.hub_url()? else {
            return Ok(vec![check(
                "hub",
                Verdict::Fine,
                "not paired: everything is kept here",
            )]);
        };
        let transport = HttpTransport::new(&hub)?;
        let request = Request {
            method: Method::Get,
            path: "/api/v1/health/live".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let asked_at = self.now();
        let response = self.wait_for(transport.send(request))??;
        let here_ms = i64::midpoint(asked_at.0, self.now().0);
        let answer: serde_json::Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let told = answer["meta"]["timestamp"].as_str().unwrap_or_default();
        let Ok(there) = told.parse::<jiff::Timestamp>() else {
            let found = format!("{hub} answers {}, but not as a hub does", response.status);
            return Ok(vec![check("hub", Verdict::Broken, found)]);
        };
        let skew_s = (here_ms - there.as_millisecond()) / 1000;
        let verdict = if skew_s.abs() > SKEW_MAX_S {
            Verdict::Warning
        } else {
            Verdict::Fine
        };
        Ok(vec![
            check("hub", Verdict::Fine, format!("{hub} answers")),
            check("clock", verdict, format!("{skew_s} s ahead of the hub's")),
        ])
    }
}

fn broken(name: &'static str, failure: &Failure) -> Check {
    check(name, Verdict::Broken, failure.to_string())
}

fn plain(amount: Money) -> String {
    let decimals = amount.currency().decimals() as usize;
    let digits = format!(
        "{:0width$}",
        amount.minor().unsigned_abs(),
        width = decimals + 1
    );
    let (whole, part) = digits.split_at(digits.len() - decimals);
    let point = if decimals == 0 { "" } else { "." };
    format!("{} {whole}{point}{part}", amount.currency())
}
