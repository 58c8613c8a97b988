//! What support asks first: is the database sound, are the secrets there, does the hub answer, is the clock right.

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
            return checks;
        }
        checks.push(self.check_outbox().unwrap_or_else(|f| broken("outbox", &f)));
        checks.push(self.check_secrets());
        checks.extend(self.check_hub().unwrap_or_else(|f| vec![broken("hub", &f)]));
        checks
    }

    fn check_database(&self) -> Check {
        let found = self.store().and_then(|s| {
            let health = s.read(check_health)?;
            Ok((health, s.has_ballast()))
        });
        let (health, ballast) = match found {
            Ok(found) => found,
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
        if !ballast {
            return check(
                "database",
                Verdict::Warning,
                "the disk was full: free some space",
            );
        }
        let found = format!("sound, schema version {}", health.schema_version);
        check("database", Verdict::Fine, found)
    }

    fn check_outbox(&self) -> Outcome<Check> {
        let counts = self.store()?.outbox_counts()?;
        let verdict = if counts.stuck > 0 || counts.conflicts > 0 {
            Verdict::Warning
        } else {
            Verdict::Fine
        };
        let found = format!(
            "{} waiting, {} on the hub and not yet confirmed, {} stuck, {} refused, {} conflicts open",
            counts.waiting, counts.acked, counts.stuck, counts.refused, counts.conflicts
        );
        Ok(check("outbox", verdict, found))
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
