//! A PostgreSQL cluster of one's own, for the hub's second engine. It can be killed and stopped, all of it at once.

#[cfg(unix)]
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
#[cfg(unix)]
use std::time::Duration;

#[cfg(unix)]
use nix::{sys::signal::Signal, unistd::Pid};
use tempfile::TempDir;

use crate::failure::Context as _;
#[cfg(unix)]
use crate::wait;
use crate::webdriver::free_port;
use crate::{Failure, Result};

/// How long the system may take to end a process that was killed.
#[cfg(unix)]
const END_PATIENCE: Duration = Duration::from_secs(30);

/// A running cluster; dropping it stops it and removes its files.
pub struct Cluster {
    bin: PathBuf,
    folder: TempDir,
    /// The server refuses to run as root, so there it belongs to this user.
    owner: Option<&'static str>,
    port: u16,
    options: String,
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
    ///
    /// # Errors
    /// When no server is installed, or it does not start.
    pub fn start() -> Result<Self> {
        Self::start_with("-c fsync=off")
    }

    /// The same as a shop's host runs it: what is committed is on the disk.
    ///
    /// # Errors
    /// When no server is installed, or it does not start.
    pub fn start_durable() -> Result<Self> {
        Self::start_with("")
    }

    fn start_with(more: &str) -> Result<Self> {
        let bin = programs().ok_or_else(|| Failure::new("no PostgreSQL server is installed"))?;
        let root = output(Command::new("id").arg("-u"))?.trim() == "0";
        // The build folder may lie below one that an unprivileged user cannot pass.
        let folder = tempfile::Builder::new()
            .prefix("counterfoil-postgres-")
            .tempdir_in("/var/tmp")?;
        let port = free_port()?;
        let options = format!(
            "-p {port} -k {} -c listen_addresses=127.0.0.1 -c max_connections=300 {more}",
            folder.path().display()
        );
        let cluster = Self {
            bin,
            folder,
            owner: root.then_some("postgres"),
            port,
            options,
        };
        if let Some(owner) = cluster.owner {
            output(Command::new("chown").arg(owner).arg(cluster.folder.path()))?;
        }
        output(cluster.command("initdb").args([
            "-U",
            "test",
            "-A",
            "trust",
            "-N",
            "--encoding=UTF8",
            "--locale=C",
        ]))?;
        cluster.start_again()?;
        Ok(cluster)
    }

    /// Starts the server where it was, after [`Cluster::kill`]; returns when it has recovered and answers.
    ///
    /// # Errors
    /// When it does not start, with what it said.
    pub fn start_again(&self) -> Result {
        let log = self.folder.path().join("log");
        let started = self
            .command("pg_ctl")
            .args(["start", "-w", "-s", "-o", &self.options, "-l"])
            .arg(&log)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .context("pg_ctl")?;
        if started.success() {
            return Ok(());
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

#[cfg(unix)]
impl Cluster {
    /// Ends the server and all its processes at once, and waits until none is left: nobody finishes what it began.
    ///
    /// # Errors
    /// When they do not end.
    pub fn kill(&self) -> Result {
        let all = self.hold()?;
        for id in &all {
            signal(*id, Signal::SIGKILL);
        }
        wait::until(END_PATIENCE, "the end of PostgreSQL", || {
            // Also as one that nobody has waited for yet: its successor would take it for a running server.
            Ok(all.iter().all(|id| state(*id).is_none()).then_some(()))
        })
    }

    /// Ends one of the processes that serve a connection, in the middle of whatever it does. The server notices, ends all
    /// others and recovers by itself. Says whether there was one.
    ///
    /// # Errors
    /// When the server does not run.
    pub fn kill_connection(&self, which: u64) -> Result<bool> {
        let serving: Vec<i32> = children(self.server()?)?
            .into_iter()
            .filter(|id| serves_a_connection(*id))
            .collect();
        let count = u64::try_from(serving.len()).unwrap_or(0);
        let chosen = which.checked_rem(count).unwrap_or(0);
        let chosen = usize::try_from(chosen).unwrap_or(0);
        if let Some(id) = serving.get(chosen) {
            signal(*id, Signal::SIGKILL);
        }
        Ok(!serving.is_empty())
    }

    /// Lets the processes go on that [`Cluster::hold`] stopped.
    ///
    /// # Errors
    /// When the server does not run.
    pub fn let_go(&self) -> Result {
        let server = self.server()?;
        for id in children(server)?.into_iter().chain([server]) {
            signal(id, Signal::SIGCONT);
        }
        Ok(())
    }

    /// Stops the server and all its processes, the server first so that it starts no more of them, and names them.
    ///
    /// # Errors
    /// When the server does not run.
    pub fn hold(&self) -> Result<BTreeSet<i32>> {
        let server = self.server()?;
        signal(server, Signal::SIGSTOP);
        wait::until(END_PATIENCE, "the stop of PostgreSQL", || {
            Ok(matches!(state(server), None | Some('T' | 'Z')).then_some(()))
        })?;
        let mut all = children(server)?;
        for id in &all {
            signal(*id, Signal::SIGSTOP);
        }
        all.insert(server);
        Ok(all)
    }

    /// The server's process, which started all others.
    fn server(&self) -> Result<i32> {
        let file = self.folder.path().join("data").join("postmaster.pid");
        let text = fs::read_to_string(&file).context("PostgreSQL does not run")?;
        let first = text.lines().next().unwrap_or_default();
        let id: i32 = first.parse().context("postmaster.pid")?;
        // A killed one leaves its file behind, and its number may be somebody else's by now.
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let ours = self.folder.path().to_string_lossy();
        if String::from_utf8_lossy(&line).contains(ours.as_ref()) {
            Ok(id)
        } else {
            Err(Failure::new("PostgreSQL does not run"))
        }
    }
}

/// What the system says about a process behind its name: its state and whose child it is. Read from `/proc`.
#[cfg(unix)]
fn stat(id: i32) -> Option<(char, i32)> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name may hold anything, a bracket too.
    let (_, rest) = text.rsplit_once(") ")?;
    let mut words = rest.split(' ');
    let state = words.next()?.chars().next()?;
    Some((state, words.next()?.parse().ok()?))
}

#[cfg(unix)]
fn state(id: i32) -> Option<char> {
    stat(id).map(|(state, _)| state)
}

#[cfg(unix)]
fn children(of: i32) -> Result<BTreeSet<i32>> {
    let mut all = BTreeSet::new();
    for entry in fs::read_dir("/proc")? {
        let id = entry?.file_name().to_string_lossy().parse::<i32>();
        if let Ok(id) = id
            && stat(id).is_some_and(|(_, parent)| parent == of)
        {
            all.insert(id);
        }
    }
    Ok(all)
}

/// The server's own helpers name themselves otherwise: `postgres: checkpointer`.
#[cfg(unix)]
fn serves_a_connection(id: i32) -> bool {
    let title = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&title).starts_with("postgres: test ")
}

#[cfg(unix)]
fn signal(id: i32, signal: Signal) {
    // One that is gone is no error.
    let _ = nix::sys::signal::kill(Pid::from_raw(id), signal);
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // One that is held would not hear.
        #[cfg(unix)]
        let _ = self.let_go();
        let mut stop = self.command("pg_ctl");
        let _ = stop.args(["stop", "-w", "-s", "-m", "immediate"]).output();
    }
}

/// What `command` prints.
fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().context(&name)?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!("{name}: {}", why.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
