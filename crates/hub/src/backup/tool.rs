//! PostgreSQL's own programs: where they lie, and how they are run without a password on their command line.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use tokio::process::Command;
use url::Url;

use super::BackupError;
use crate::db::OpenError;

/// Where Debian and Ubuntu put each version's programs.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The address of a database as PostgreSQL's programs take it, and its password beside it.
pub(super) struct Target {
    address: String,
    password: Option<String>,
}

impl Target {
    /// Splits an address; what only this program's own driver understands is left out.
    pub(super) fn of(address: &str) -> Result<Self, BackupError> {
        let mut url = Url::parse(address).map_err(|_| OpenError::Address)?;
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let mut password = url.password().map(decoded);
        // An address that takes a user takes none as well.
        url.set_password(None).map_err(|()| OpenError::Address)?;
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let mut kept = Vec::new();
        for (name, value) in pairs {
            let name = match name.as_str() {
                "password" => {
                    password = Some(value);
                    continue;
                }
                "ssl-mode" => "sslmode",
                "ssl-root-cert" | "ssl-ca" => "sslrootcert",
                "ssl-cert" => "sslcert",
                "ssl-key" => "sslkey",
                known @ ("host" | "hostaddr" | "port" | "dbname" | "user" | "options"
                | "sslmode" | "sslrootcert" | "sslcert" | "sslkey"
                | "application_name") => known,
                _ => continue,
            };
            kept.push((name.to_owned(), value));
        }
        set_query(&mut url, &kept);
        Ok(Self {
            address: url.into(),
            password,
        })
    }
}

/// The same server and user, another database and schema.
pub(super) fn with_database(
    address: &str,
    database: &str,
    schema: &str,
) -> Result<String, BackupError> {
    let mut url = Url::parse(address).map_err(|_| OpenError::Address)?;
    let pairs = url.query_pairs().into_owned();
    let mut kept: Vec<_> = pairs
        .filter(|(name, _)| !["dbname", "options"].contains(&name.as_str()))
        .collect();
    kept.push(("options".to_owned(), format!("-c search_path={schema}")));
    set_query(&mut url, &kept);
    url.set_path(&format!("/{database}"));
    Ok(url.into())
}

/// PostgreSQL takes a plus sign for itself, where forms take it for a space.
fn set_query(url: &mut Url, pairs: &[(String, String)]) {
    let encoded: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    url.set_query(Some(encoded.join("&")).as_deref().filter(|q| !q.is_empty()));
}

/// The program that fits a server best: its own version's, else the one on the PATH, else the newest there is.
fn find(tool: &str, server_major: u32, path: Option<&OsStr>, versions: &Path) -> Option<PathBuf> {
    let program = |folder: PathBuf| Some(folder.join(tool)).filter(|p| p.is_file());
    if let Some(own) = program(versions.join(format!("{server_major}/bin"))) {
        return Some(own);
    }
    let on_path = path.and_then(|path| std::env::split_paths(path).find_map(program));
    if on_path.is_some() {
        return on_path;
    }
    let there = std::fs::read_dir(versions).into_iter().flatten().flatten();
    let numbers = there.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers
        .filter_map(|n| Some((n, program(versions.join(format!("{n}/bin")))?)))
        .max()
        .map(|(_, found)| found)
}

/// Runs one of PostgreSQL's programs to its end.
pub(super) async fn run(
    tool: &'static str,
    server_major: u32,
    target: &Target,
    arguments: &[&OsStr],
) -> Result<(), BackupError> {
    let path = std::env::var_os("PATH");
    let program = find(tool, server_major, path.as_deref(), Path::new(DEBIAN))
        .ok_or(BackupError::NoTool { tool })?;
    let mut command = Command::new(program);
    command
        .arg(format!("--dbname={}", target.address))
        .arg("--no-password")
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    if let Some(password) = &target.password {
        // Read by the user's own processes alone, unlike the command line.
        command.env("PGPASSWORD", password);
    }
    let failed = |words: String| BackupError::Tool { tool, words };
    let output = command.output().await.map_err(|e| failed(e.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let words: Vec<&str> = said.lines().take(5).collect();
    Err(failed(format!("{} ({})", words.join("; "), output.status)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_taken_out_of_the_address_wherever_it_stands() {
        let target =
            Target::of("postgres://hub:a%2Bb%20c@host:5433/shops?sslmode=require").unwrap();
        assert_eq!(
            target.address,
            "postgres://hub@host:5433/shops?sslmode=require"
        );
        assert_eq!(target.password.as_deref(), Some("a+b c"));
        let target = Target::of("postgres://host/shops?password=hush&user=hub").unwrap();
        assert_eq!(target.address, "postgres://host/shops?user=hub");
        assert_eq!(target.password.as_deref(), Some("hush"));
    }

    #[test]
    fn what_only_our_driver_understands_is_left_out_and_the_rest_kept() {
        let target = Target::of(
            "postgres://host/shops?statement-cache-capacity=9&ssl-mode=require&options=-c%20search_path%3Da",
        );
        assert_eq!(
            target.unwrap().address,
            "postgres://host/shops?sslmode=require&options=%2Dc%20search%5Fpath%3Da"
        );
    }

    #[test]
    fn another_database_of_the_same_server_keeps_the_rest_of_the_address() {
        let address =
            with_database("postgres://u:p@h:1/a?dbname=b&host=/run/x", "c", "hub").unwrap();
        assert_eq!(
            address,
            "postgres://u:p@h:1/c?host=%2Frun%2Fx&options=%2Dc%20search%5Fpath%3Dhub"
        );
    }

    fn place(folder: &Path) -> PathBuf {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("pg_dump"), "").unwrap();
        folder.join("pg_dump")
    }

    #[test]
    fn the_servers_own_version_goes_before_the_path_and_the_path_before_the_newest() {
        let root = tempfile::tempdir().unwrap();
        let (versions, bin) = (root.path().join("versions"), root.path().join("bin"));
        let path = Some(bin.as_os_str());
        let look = |major, path| find("pg_dump", major, path, &versions);
        assert_eq!(look(15, path), None);
        let (old, new) = (versions.join("15/bin"), versions.join("17/bin"));
        let (old, new) = (place(&old), place(&new));
        assert_eq!(look(15, path), Some(old));
        assert_eq!(look(16, path), Some(new));
        let on_path = place(&bin);
        assert_eq!(look(16, path), Some(on_path));
    }
}
