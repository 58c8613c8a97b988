//! A throw-away PostgreSQL cluster for the hub's second engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use counterfoil_tests::failure::Context as _;
use counterfoil_tests::webdriver::free_port;
use counterfoil_tests::{Failure, Result};
use tempfile::TempDir;

use crate::project::Project;
use crate::shell;

/// A running cluster; dropping it stops it and removes its files.
pub struct Cluster {
    bin: PathBuf,
    folder: TempDir,
    /// The server refuses to run as root, so there it belongs to this user.
    owner: Option<&'static str>,
    port: u16,
}

/// The folder of the newest installed server's programs.
pub fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let newest = versions
        .filter_map(|entry| {
            entry
                .ok()?
                .file_name()
                .into_string()
                .ok()?
                .parse::<u32>()
                .ok()
        })
        .map(|version| {
            (
                version,
                Path::new("/usr/lib/postgresql").join(format!("{version}/bin")),
            )
        })
        .filter(|(_, bin)| bin.join("initdb").is_file())
        .max();
    if let Some((_, bin)) = newest {
        return Some(bin);
    }
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).find(|bin| bin.join("initdb").is_file())
}

impl Cluster {
    /// Makes a cluster for tests and starts it on a free loopback port.
    pub fn start(project: &Project) -> Result<Self> {
        Self::start_with(project, "-c fsync=off")
    }

    /// The same as a shop's host runs it: what is committed is on the disk.
    pub fn start_durable(project: &Project) -> Result<Self> {
        Self::start_with(project, "")
    }

    fn start_with(project: &Project, more: &str) -> Result<Self> {
        let bin = programs().ok_or_else(|| Failure::new("no PostgreSQL server is installed"))?;
        let root = shell::output(project.command("id").arg("-u"))?.trim() == "0";
        // The build folder may lie below one that an unprivileged user cannot pass.
        let folder = tempfile::Builder::new()
            .prefix("counterfoil-postgres-")
            .tempdir_in("/var/tmp")?;
        let cluster = Self {
            bin,
            folder,
            owner: root.then_some("postgres"),
            port: free_port()?,
        };
        if let Some(owner) = cluster.owner {
            shell::output(
                project
                    .command("chown")
                    .arg(owner)
                    .arg(cluster.folder.path()),
            )?;
        }
        shell::output(cluster.command("initdb").args([
            "-U",
            "test",
            "-A",
            "trust",
            "-N",
            "--encoding=UTF8",
            "--locale=C",
        ]))?;
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c max_connections=300 {more}",
            cluster.port,
            cluster.folder.path().display()
        );
        let log = cluster.folder.path().join("log");
        let started = cluster
            .command("pg_ctl")
            .args(["start", "-w", "-s", "-o", &options, "-l"])
            .arg(&log)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .context("pg_ctl")?;
        if started.success() {
            return Ok(cluster);
        }
        let said = fs::read_to_string(&log).unwrap_or_default();
        Err(Failure::new(format!("PostgreSQL did not start: {said}")))
    }

    /// Where a test connects, as a user that may make databases.
    pub fn url(&self) -> String {
        format!("postgres://test@127.0.0.1:{}/postgres", self.port)
    }

    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = match self.owner {
            None => Command::new(program),
            Some(owner) => {
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={owner}"))
                    .arg(format!("--regid={owner}"))
                    .arg("--init-groups")
                    .arg(program);
                command
            }
        };
        command
            .current_dir("/")
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", "/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .env("PGDATA", self.folder.path().join("data"))
            .stdin(Stdio::null());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = self.command("pg_ctl");
        let _ = stop.args(["stop", "-w", "-s", "-m", "immediate"]).output();
    }
}
