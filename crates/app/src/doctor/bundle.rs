//! A file for support: versions, figures, states and reasons, and nothing about people.

use std::io::Write as _;
use std::path::Path;

use counterfoil_store::read::desk::{PendingRow, list_settled, list_stuck, list_waiting};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::redact::{Redactor, reason};
use crate::Counterfoil;
use crate::failure::Outcome;
use crate::view::{Failure, SavedFile};

/// Operations listed one by one; the counts tell the rest.
const LISTED: u32 = 500;
const README: &str = "\
Counterfoil: what support needs to know about one till.

report.json   versions, checks, counts, sizes, table checksums, settings, and the till's own numbers
changes.json  changes that wait, are stuck or were settled: kinds, times, states, reasons

There are no names, phones, notes, amounts or contents of changes in here. Where one value must be
told from another, a word that begins with # stands for it; it means nothing outside of this file.
";

impl Counterfoil {
    /// Writes the file for support to the exports folder.
    ///
    /// # Errors
    /// `disk_full`, `disk_failed`.
    pub fn support_bundle(&self) -> Outcome<SavedFile> {
        let stamp = match self.store() {
            Ok(_) => self.file_stamp()?,
            Err(_) => self.now().0.to_string(),
        };
        let path = self.export_path(&format!("support-{stamp}.tgz"))?;
        self.write_bundle(&path)
    }

    /// Writes it to a place of choice.
    ///
    /// # Errors
    /// As [`Counterfoil::support_bundle`].
    pub fn write_bundle(&self, path: &Path) -> Outcome<SavedFile> {
        let mut salt = [0; 16];
        self.host().entropy.fill(&mut salt);
        let redactor = Redactor::new(salt);
        let report = serde_json::to_vec_pretty(&self.report_for_support(&redactor))?;
        let changes = serde_json::to_vec_pretty(&self.changes_for_support(&redactor))?;
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
        let seconds = u64::try_from(self.now().0 / 1000).unwrap_or(0);
        for (name, bytes) in [
            ("README.txt", README.as_bytes()),
            ("report.json", &report),
            ("changes.json", &changes),
        ] {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_mtime(seconds);
            archive.append_data(&mut header, format!("counterfoil-support/{name}"), bytes)?;
        }
        let packed = archive.into_inner()?.finish()?;
        let mut file = std::fs::File::create(path)?;
        file.write_all(&packed)?;
        file.sync_all()?;
        Ok(SavedFile {
            path: path.display().to_string(),
        })
    }

    fn report_for_support(&self, redactor: &Redactor) -> Value {
        let checks: Vec<Value> = self
            .doctor()
            .iter()
            .map(|c| json!({ "name": c.name, "verdict": c.verdict, "found": checked(c) }))
            .collect();
        json!({
            "format": "counterfoil-support-1",
            "version": env!("CARGO_PKG_VERSION"),
            "system": { "os": std::env::consts::OS, "arch": std::env::consts::ARCH },
            "at": self.now(),
            "checks": checks,
            "secrets": self.vault().view(),
            "files": self.sizes(),
            "till": self.till_for_support(redactor).unwrap_or_else(|f| failed(&f)),
            "database": self.database_for_support().unwrap_or_else(|f| failed(&f)),
        })
    }

    fn till_for_support(&self, redactor: &Redactor) -> Outcome<Value> {
        let identity = self.identity()?;
        let settings = self.settings()?;
        let info = self.find_shop()?;
        let status = self.read_status()?;
        Ok(json!({
            "tenant_id": identity.as_ref().map(|i| i.tenant_id),
            "device_id": identity.as_ref().map(|i| i.device_id),
            "incarnation": identity.as_ref().map(|i| i.incarnation),
            "shop": info.as_ref().map(|i| redactor.hashed(&i.shop.name)),
            "country": info.as_ref().map(|i| i.shop.country.clone()),
            "currency": info.as_ref().map(|i| i.shop.currency),
            "time_zone": info.as_ref().map(|i| i.shop.time_zone.clone()),
            "hub": identity.and_then(|i| i.hub_url).map(|url| redactor.hashed(&url)),
            "sync": {
                "state": status.state,
                "trouble": status.trouble,
                "waiting": status.waiting,
                "stuck": status.stuck,
                "conflicts": status.conflicts,
                "offline_since": status.offline_since,
                "in_step_at": status.in_step_at,
                "disk": status.disk,
            },
            "settings": {
                "theme": settings.theme,
                "language": settings.language,
                "sounds": settings.sounds,
                "motion": settings.motion,
                "camera_chosen": !settings.camera.is_empty(),
                "lock_after_min": settings.lock_after_min,
            },
        }))
    }

    fn database_for_support(&self) -> Outcome<Value> {
        let store = self.store()?;
        let health = store.read(counterfoil_store::read::health::check_health)?;
        let counts = store.outbox_counts()?;
        let cursor = store.cursor()?;
        let rows = store.read(counterfoil_store::read::health::count_rows)?;
        let states = store.read(counterfoil_store::read::health::count_states)?;
        Ok(json!({
            "schema_version": health.schema_version,
            "errors": health.errors.len(),
            "wrong_balances": health.wrong_balances,
            "epoch": cursor.epoch,
            "cursor": cursor.seq,
            "acked": counts.acked,
            "refused": counts.refused,
            "oldest_waiting_at": counts.oldest_waiting_at,
            "rows": rows,
            "operations": states,
            "checksums": store.checksum()?,
        }))
    }

    fn changes_for_support(&self, redactor: &Redactor) -> Value {
        let lists = self.store().and_then(|store| {
            Ok(store.read(|conn| {
                Ok((
                    list_waiting(conn, LISTED)?,
                    list_stuck(conn, LISTED)?,
                    list_settled(conn, LISTED)?,
                ))
            })?)
        });
        let (waiting, stuck, settled) = match lists {
            Ok(lists) => lists,
            Err(failure) => return failed(&failure),
        };
        let all = |rows: &[PendingRow]| -> Vec<Value> {
            rows.iter().map(|row| change(row, redactor)).collect()
        };
        let settled: Vec<Value> = settled
            .iter()
            .map(|s| {
                json!({ "change": change(&s.op, redactor), "redone": s.redone, "at": s.settled_at })
            })
            .collect();
        json!({ "waiting": all(&waiting), "stuck": all(&stuck), "settled": settled })
    }

    /// The sizes of the till's files by their kind; names of folders may be people's.
    fn sizes(&self) -> Value {
        let database = self.config().database();
        let size = |ending: &str| {
            let mut name = database.as_os_str().to_owned();
            name.push(ending);
            std::fs::metadata(name).map_or(0, |m| m.len())
        };
        json!({
            "database": size(""),
            "log": size("-wal"),
            "reserve": size(".ballast"),
            "kept_copies": self.kept_copies().len(),
        })
    }
}

/// A check's words are our own, except where they repeat what SQLite, a keyring or a hub said.
fn checked(check: &super::Check) -> String {
    match check.name {
        "outbox" | "copies" | "books" | "backup" | "clock" | "disk"
            if check.verdict != super::Verdict::Broken =>
        {
            check
                .found
                .split(';')
                .map(reason)
                .collect::<Vec<_>>()
                .join(";")
        }
        _ => reason(&check.found),
    }
}

fn change(row: &PendingRow, redactor: &Redactor) -> Value {
    json!({
        "op_id": row.op_id,
        "kind": row.kind,
        "class": row.class,
        "at": row.at,
        "by": redactor.hashed(&row.staff),
        "about": redactor.hashed(&row.subject),
        "state": row.state,
        "reason": row.reason.as_deref().map(reason),
    })
}

fn failed(failure: &Failure) -> Value {
    json!({ "failed": failure.code })
}
