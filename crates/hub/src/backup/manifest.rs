//! What a backup says of itself. It is written last: data without a manifest is no backup.

use counterfoil_domain::{TenantId, UnixMs};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::BackupError;
use crate::db::Engine;

/// The newest format this program reads and the one it writes.
const FORMAT: u32 = 1;
/// What every backup's name begins with.
const PREFIX: &str = "counterfoil-";
const SUFFIX: &str = ".json";
const VERIFIED: &str = ".verified.json";

/// One backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The manifest's format.
    pub format: u32,
    /// The backup's name: sorts by time.
    pub name: String,
    /// The version of the program that made it.
    pub program: String,
    /// Which engine it came from and goes back to.
    pub engine: Engine,
    /// With PostgreSQL: the schema that the tables lie in.
    #[serde(default)]
    pub schema: Option<String>,
    /// The version of the hub's tables.
    pub schema_version: i64,
    /// The hub's epoch.
    pub epoch: Uuid,
    /// When it was begun, by the hub's clock.
    pub taken_at: UnixMs,
    /// The data's file, beside the manifest.
    pub file: String,
    /// The file's length.
    pub bytes: u64,
    /// The file's SHA-256 in hex.
    pub sha256: String,
    /// Each shop's newest change that the backup holds.
    pub tenants: Vec<Head>,
}

/// How far a backup holds a shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The shop.
    pub tenant_id: TenantId,
    /// Its newest change.
    pub head: u64,
}

/// Says that a backup was restored into a scratch database and found sound.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Verified {
    /// The backup.
    pub name: String,
    /// When.
    pub verified_at: UnixMs,
}

/// A name that sorts by time and is its own even where two are made in one millisecond.
pub(super) fn new_name(taken_at: UnixMs, chance: u32) -> String {
    let time = jiff::Timestamp::from_millisecond(taken_at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let millis = taken_at.0.rem_euclid(1000);
    format!(
        "{PREFIX}{}.{millis:03}Z-{chance:08x}",
        time.strftime("%Y%m%dT%H%M%S")
    )
}

/// The file a manifest lies in.
pub(super) fn manifest_file(name: &str) -> String {
    format!("{name}{SUFFIX}")
}

/// The file that says that a backup was verified.
pub(super) fn verified_file(name: &str) -> String {
    format!("{name}{VERIFIED}")
}

/// The backup that a manifest's file belongs to; `None` for any other file.
pub(super) fn named_by_manifest(file: &str) -> Option<&str> {
    if file.ends_with(VERIFIED) {
        return None;
    }
    file.strip_suffix(SUFFIX).filter(|n| n.starts_with(PREFIX))
}

/// The backup that any of a backup's files belongs to.
pub(super) fn owner_of(file: &str) -> Option<&str> {
    let rest = file.strip_prefix(PREFIX)?;
    // The time has one dot before its milliseconds; the first one behind the chance begins the ending.
    let dash = rest.find('-')?;
    let end = rest[dash..].find('.').map_or(rest.len(), |at| dash + at);
    Some(&file[..PREFIX.len() + end])
}

impl Manifest {
    pub(super) const fn format_now() -> u32 {
        FORMAT
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// When it is not one, or a newer program wrote it.
    pub(super) fn read(name: &str, raw: &[u8]) -> Result<Self, BackupError> {
        let bad = |words: String| BackupError::Manifest {
            name: name.to_owned(),
            words,
        };
        let value: serde_json::Value =
            serde_json::from_slice(raw).map_err(|e| bad(e.to_string()))?;
        let format = value.get("format").and_then(serde_json::Value::as_u64);
        if format.is_some_and(|f| f > u64::from(FORMAT)) {
            return Err(bad("a newer program wrote it: use that one".to_owned()));
        }
        let manifest: Self = serde_json::from_value(value).map_err(|e| bad(e.to_string()))?;
        let beside = |file: &str| file.starts_with(name) && !file.contains(['/', '\\']);
        if manifest.name != name || !beside(&manifest.file) {
            return Err(bad("it belongs to another backup".to_owned()));
        }
        Ok(manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let name = new_name(UnixMs(1_767_632_400_007), 0xa);
        Manifest {
            format: FORMAT,
            program: "0.1.0".to_owned(),
            engine: Engine::Sqlite,
            schema: None,
            schema_version: 1,
            epoch: Uuid::nil(),
            taken_at: UnixMs(1_767_632_400_007),
            file: format!("{name}.sqlite.gz"),
            bytes: 3,
            sha256: "00".to_owned(),
            tenants: Vec::new(),
            name,
        }
    }

    #[test]
    fn a_name_tells_the_moment_and_sorts_by_it() {
        let earlier = new_name(UnixMs(1_767_632_400_007), u32::MAX);
        assert_eq!(earlier, "counterfoil-20260105T170000.007Z-ffffffff");
        assert!(earlier < new_name(UnixMs(1_767_632_400_008), 0));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let written = manifest();
        let raw = serde_json::to_vec(&written).unwrap();
        assert_eq!(Manifest::read(&written.name, &raw).unwrap(), written);
    }

    #[test]
    fn a_manifest_that_names_a_file_elsewhere_is_refused() {
        for file in ["../hub.db", "counterfoil-other.sqlite.gz", ""] {
            let raw = serde_json::to_vec(&Manifest {
                file: file.to_owned(),
                ..manifest()
            });
            assert!(
                Manifest::read(&manifest().name, &raw.unwrap()).is_err(),
                "{file}"
            );
        }
    }

    #[test]
    fn a_newer_format_is_told_as_such() {
        let raw = br#"{"format":2,"everything":"else"}"#;
        let error = Manifest::read("n", raw).unwrap_err().to_string();
        assert!(error.contains("newer program"), "{error}");
    }

    #[test]
    fn every_file_of_a_backup_is_known_by_its_name() {
        let name = manifest().name;
        for file in [
            manifest_file(&name),
            verified_file(&name),
            format!("{name}.pgdump"),
        ] {
            assert_eq!(owner_of(&file), Some(name.as_str()), "{file}");
        }
        assert_eq!(
            named_by_manifest(&manifest_file(&name)),
            Some(name.as_str())
        );
        assert_eq!(named_by_manifest(&verified_file(&name)), None);
        assert_eq!(owner_of("holiday.jpg"), None);
    }
}
