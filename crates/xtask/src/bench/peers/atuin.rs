//! atuin's client and its own server: two clients of one account, a document is a command that somebody typed.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, stderr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use counterfoil_tests::failure::Context as _;
use counterfoil_tests::group::Group;
use counterfoil_tests::webdriver::free_port;
use counterfoil_tests::{Failure, Result, http, wait};
use serde_json::Value;

use super::{Peer, Sample, once};
use crate::project::Project;
use crate::shell;
use crate::tools::{self, Pinned};

const PROGRAMS: [Pinned; 2] = [
    // Left out are the daemon, the pseudo-terminal, the assistant, the clipboard and the look for a newer version: nothing of
    // them is part of a sync that was asked for, and the last would ask the network.
    Pinned {
        package: "atuin@18.24.4",
        args: &["--no-default-features", "--features", "client,sync"],
    },
    Pinned {
        package: "atuin-server@18.24.4",
        args: &[],
    },
];
/// How long the server may take to make its database and listen.
const PATIENCE: Duration = Duration::from_secs(30);
const USER: &str = "shop";
const PASSWORD: &str = "only good for a measurement";
/// When the first document was typed, seconds since 1970; any time does.
const BEGINNING: usize = 1_700_000_000;

/// Puts the client and the server into the build's folder, once.
pub fn install(project: &Project) -> Result<PathBuf> {
    let folder = project.target.join("peers-atuin");
    fs::create_dir_all(&folder)?;
    let wanted: Vec<String> = PROGRAMS
        .iter()
        .map(|program| format!("{} {}\n", program.package, program.args.join(" ")))
        .collect();
    let what = "building atuin and its server (some minutes)";
    once(&folder, &wanted.concat(), what, || {
        tools::install(project, &folder, &PROGRAMS)
    })?;
    Ok(folder)
}

/// The server with both clients; dropping it ends the server.
pub struct Atuin {
    _server: Group,
    first: Client,
    second: Client,
    /// Each a line.
    bodies: Vec<String>,
    /// How often they were pushed.
    pushed: usize,
}

impl Atuin {
    /// Starts the server of `programs` in `home`, and makes an account there that both clients use.
    pub fn start(programs: &Path, home: &Path, bodies: &Path) -> Result<Self> {
        let bodies: Vec<Value> = serde_json::from_str(&fs::read_to_string(bodies)?)?;
        let (server, url) = serve(programs, &home.join("server"))?;
        let client = |name: &str| {
            let home = home.join(name);
            fs::create_dir_all(&home)?;
            Ok::<_, Failure>(Client {
                program: programs.join("atuin"),
                home,
                url: url.clone(),
            })
        };
        let (first, second) = (client("first")?, client("second")?);
        let email = "shop@example.com";
        first.run(first.asked(&["register", "-u", USER, "-e", email]))?;
        // What one of them wrote the other can read: the server has no key.
        let key = first.run(first.asked(&["key"]))?.out;
        let mut login = second.asked(&["login", "-u", USER]);
        login.env("ATUIN_ENCRYPTION_KEY", key.trim());
        second.run(login)?;
        Ok(Self {
            _server: server,
            first,
            second,
            bodies: bodies.iter().map(Value::to_string).collect(),
            pushed: 0,
        })
    }

    fn push(&mut self) -> Result<Sample> {
        let typed = self.first.home.join("typed");
        fs::write(&typed, history(&self.bodies, self.pushed))?;
        let mut import = self.first.asked(&["import", "bash"]);
        import.env("HISTFILE", &typed);
        self.first.run(import)?;
        // Into the log that is synced, each encrypted; a shell's hook does that with each command.
        let log = self.first.asked(&["history", "init-store"]);
        self.first.run(log)?;
        self.pushed += 1;
        let there = self.pushed * self.bodies.len();
        self.timed(&self.first, [self.bodies.len(), 0, there])
    }

    fn pull(&self) -> Result<Sample> {
        let there = self.pushed * self.bodies.len();
        let sample = self.timed(&self.second, [0, self.bodies.len(), there])?;
        self.second.has(&self.bodies, self.pushed)?;
        Ok(sample)
    }

    /// Has `client` sync, and expects it to say that so many documents went up, came down and are there.
    fn timed(&self, client: &Client, expected: [usize; 3]) -> Result<Sample> {
        let sync = client.asked(&["sync"]);
        let began = Instant::now();
        let said = client.run(sync)?.err;
        let took = began.elapsed();
        let done = parse(&said);
        if done != Some(expected) {
            let [up, down, there] = expected;
            return Err(Failure::new(format!(
                "{up} up, {down} down and {there} there were expected, the sync said: {said}"
            )));
        }
        let count = u64::try_from(self.bodies.len()).context("documents")?;
        Ok(Sample {
            took: vec![took],
            count,
            peak_mib: 0,
        })
    }
}

impl Peer for Atuin {
    fn ask(&mut self, round: &str) -> Result<Sample> {
        match round {
            "push" => self.push(),
            "pull" => self.pull(),
            _ => Err(Failure::new(format!("no such round: {round}"))),
        }
    }
}

/// Starts the server with a database of its own, and says where it listens.
fn serve(programs: &Path, home: &Path) -> Result<(Group, String)> {
    fs::create_dir_all(home)?;
    let port = free_port()?;
    let mut command = Command::new(programs.join("atuin-server"));
    command
        .args(["start", "--host", "127.0.0.1", "--port"])
        .arg(port.to_string());
    alone(&mut command, home);
    let database = format!("sqlite://{}", home.join("server.db").display());
    command
        .env("ATUIN_DB_URI", database)
        .env("ATUIN_OPEN_REGISTRATION", "true")
        .env("RUST_LOG", "error")
        .stdin(Stdio::null())
        // What goes wrong it says there; our own results are not to be mixed with that.
        .stdout(stderr());
    let mut server = Group::spawn(&mut command)?;
    let url = format!("http://127.0.0.1:{port}");
    wait::until(PATIENCE, "atuin's server", || {
        if let Some(status) = server.ended()? {
            return Err(Failure::new(format!("the server ended: {status}")));
        }
        let answer = http::request("GET", &format!("{url}/healthz"), None).ok();
        Ok(answer.filter(|answer| answer.status == 200))
    })?;
    Ok((server, url))
}

/// The program sees nothing of the developer's own atuin.
fn alone(command: &mut Command, home: &Path) {
    command
        .current_dir(home)
        .env_clear()
        .env("HOME", home)
        .env("PATH", "/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .env("NO_COLOR", "1");
}

/// One of the clients, with a home of its own.
struct Client {
    program: PathBuf,
    home: PathBuf,
    url: String,
}

impl Client {
    /// The client with `args`; it syncs when asked alone.
    fn asked(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        alone(command.args(args), &self.home);
        command
            .env("ATUIN_SESSION", "0199a0b0c0d07000800000000000cafe")
            .env("ATUIN_PASSWORD", PASSWORD)
            .env("ATUIN_SYNC_ADDRESS", &self.url)
            .env("ATUIN_AUTO_SYNC", "false");
        command
    }

    fn run(&self, mut command: Command) -> Result<shell::Said> {
        shell::said(&mut command)
    }

    /// Whether it has each of the documents so many times, and nothing else.
    fn has(&self, bodies: &[String], times: usize) -> Result {
        let mut command = self.asked(&["history", "list", "--cmd-only", "--print0"]);
        let mut group = Group::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
        let listed = group.child().stdout.take();
        let listed = listed.ok_or_else(|| Failure::new("the client's list has no pipe"))?;
        compare(BufReader::new(listed), bodies, times)?;
        let status = group.wait()?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::new(format!("the client's list ended: {status}")))
    }
}

/// A shell's history that holds the documents, each a second after the one before; another `turn` has other times.
fn history(bodies: &[String], turn: usize) -> String {
    let first = BEGINNING + turn * bodies.len();
    let lines = bodies.iter().enumerate();
    lines
        .map(|(place, body)| format!("#{}\n{body}\n", first + place))
        .collect()
}

/// How many a sync says went up, came down, and are there at its end. Nothing when it did not say so exactly once: then it
/// made its log first, or broke off.
fn parse(said: &str) -> Option<[usize; 3]> {
    let once = |end: &str| {
        let mut found = said.lines().filter_map(|line| line.split_once(end));
        let (before, _) = found.next()?;
        found.next().is_none().then_some(before)
    };
    let moved = once(" up/down to record store")?;
    let there = once(" items in history database")?.strip_prefix("Sync complete! ")?;
    let (up, down) = moved.split_once('/')?;
    Some([up.parse().ok()?, down.parse().ok()?, there.parse().ok()?])
}

/// Fails unless the list, whose entries end with a zero byte, holds each of the documents so many times and nothing else.
fn compare(listed: impl BufRead, bodies: &[String], times: usize) -> Result {
    let mut missing: HashMap<&[u8], usize> = HashMap::new();
    for body in bodies {
        *missing.entry(body.as_bytes()).or_default() += times;
    }
    for entry in listed.split(0) {
        let entry = entry?;
        let left = missing.get_mut(entry.as_slice()).filter(|left| **left > 0);
        let left = left.ok_or_else(|| {
            let entry = String::from_utf8_lossy(&entry);
            Failure::new(format!("the client has what nobody sent: {entry}"))
        })?;
        *left -= 1;
    }
    match missing.values().sum() {
        0_usize => Ok(()),
        lost => Err(Failure::new(format!("{lost} documents did not come over"))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{compare, history, parse};

    fn bodies() -> Vec<String> {
        [r#"{"a":1}"#, r#"{"b":"two words"}"#, r#"{"a":1}"#]
            .map(str::to_owned)
            .into()
    }

    #[test]
    fn a_sync_says_what_went_up_and_came_down_and_what_is_there() {
        let said = "Uploading 10000 records to 0199/history\n\
                    10000/0 up/down to record store\n\
                    Sync complete! 20000 items in history database, force: false\n";
        assert_eq!(parse(said), Some([10_000, 0, 20_000]));
    }

    #[test]
    fn a_sync_that_broke_off_or_went_twice_says_nothing() {
        assert_eq!(parse("10000/0 up/down to record store\n"), None);
        let twice = "0/0 up/down to record store\n\
                     3/0 up/down to record store\n\
                     Sync complete! 3 items in history database, force: false\n";
        assert_eq!(parse(twice), None);
    }

    #[test]
    fn every_document_of_every_turn_was_typed_at_a_time_of_its_own() {
        let typed = history(&bodies(), 0) + &history(&bodies(), 1);
        let times = typed.lines().filter(|line| line.starts_with('#'));
        assert_eq!(times.collect::<HashSet<_>>().len(), 6);
        let documents = typed.lines().filter(|line| !line.starts_with('#'));
        let twice = [bodies(), bodies()].concat();
        assert_eq!(documents.collect::<Vec<_>>(), twice);
    }

    #[test]
    fn a_list_in_any_order_is_compared_by_what_it_holds_how_often() {
        let listed = "{\"b\":\"two words\"}\0{\"a\":1}\0{\"a\":1}\0";
        assert!(compare(listed.as_bytes(), &bodies(), 1).is_ok());
        assert!(compare(listed.repeat(2).as_bytes(), &bodies(), 2).is_ok());
    }

    #[test]
    fn a_document_that_is_missing_twice_there_or_unknown_is_noticed() {
        let why = |listed: &str| {
            let failure = compare(listed.as_bytes(), &bodies(), 1);
            failure.unwrap_err().to_string()
        };
        let lost = why("{\"a\":1}\0{\"a\":1}\0");
        assert_eq!(lost, "1 documents did not come over");
        let twice = why("{\"a\":1}\0{\"a\":1}\0{\"a\":1}\0{\"b\":\"two words\"}\0");
        assert!(twice.contains("nobody sent"), "{twice}");
        assert!(why("ls\0").contains("nobody sent"));
    }
}
