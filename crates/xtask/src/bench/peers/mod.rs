//! `cargo xtask bench peers`: our sync beside others' that can be run here, taking turns on one disk, for the closest
//! comparable work: N documents pushed by one client, N pulled by a second one.

mod atuin;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use counterfoil_tests::failure::Context as _;
use counterfoil_tests::{Failure, Result};
use serde_json::json;

use self::atuin::Atuin;
use super::worker::{Sample, Worker};
use crate::project::Project;
use crate::{packages, shell};

const PACKAGE: &str = include_str!("package.json");
const SERVER: &str = include_str!("pouchdb-server.cjs");
const CLIENT: &str = include_str!("pouchdb-client.cjs");
const ANKI: &str = include_str!("anki-peer.py");
/// Exactly, so that figures of two days are of one program.
const ANKI_PACKAGE: &str = "anki==26.9.3";

/// What is not the same on both sides, printed with every table.
const UNLIKE: &str = "\
not the same on both sides:
  ours   a commit at the till and one at the hub are synced to the disk before anybody is told (synchronous=FULL); the hub checks
         each operation's place and hash, applies it to ledgers and balances and keeps its result; the tills sign, both compress
  PouchDB  LevelDB at the clients and the server, which does not sync what it writes: a power cut may take it back; documents are
         stored as they come, with their revisions
  Anki   one transaction for all of a sync at each end: one that breaks off begins again from nothing, and nobody else sees any
         of it before; SQLite at the clients and the server; a document is a note, which brings a card; no history of changes, no
         checks of each; compressed
  atuin  the server syncs each batch, to SQLite with FULL; the clients do not (NORMAL): a power cut may take the last of theirs. A
         document is a line of a shell's history, encrypted before the clock runs and decrypted while it does: the server sees
         nothing of it and checks nothing; not compressed. Each sync is a process of its own, whose start is in its time
the same: the bodies of the documents, batches of 100 (atuin) to 250, one client that sends and one that fetches, HTTP over loopback, the disk";

/// What a developer may choose.
#[derive(Args)]
pub struct Options {
    /// Documents that are pushed and pulled in a round
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    documents: u32,
    /// Rounds of each; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    rounds: u32,
    /// Print one line of JSON at the end
    #[arg(long)]
    json: bool,
}

/// Somebody who does a round when asked, and says how long it took.
trait Peer {
    /// `push` or `pull`.
    fn ask(&mut self, round: &str) -> Result<Sample>;
}

impl Peer for Worker {
    fn ask(&mut self, round: &str) -> Result<Sample> {
        Self::ask(self, round)
    }
}

/// One side, and what its rounds took.
struct Side {
    name: &'static str,
    peer: Box<dyn Peer>,
    push: Vec<Sample>,
    pull: Vec<Sample>,
}

/// Ours, PouchDB with its server, Anki and atuin each with its own.
pub fn peers(project: &Project, options: &Options) -> Result {
    packages::ensure(project, &[packages::BUILD, packages::PYTHON, packages::TLS])?;
    let mut build = project.cargo();
    build.args(["build", "--release"]);
    build.args(["--package", "counterfoil-hub"]);
    build.args(["--package", "counterfoil-proof"]);
    shell::timed("an optimised build", || shell::run(&mut build))?;
    let pouchdb = install_pouchdb(project)?;
    let anki = install_anki(project)?;
    let atuin = atuin::install(project)?;
    // Beside the build, on a real disk: a temporary folder may lie in memory, where nothing is durable.
    let home = tempfile::Builder::new()
        .prefix("bench-peers-")
        .tempdir_in(&project.target)?;
    let home = home.path();
    // It says nothing before it is asked; then the bodies are there for the others.
    let mut sides = vec![start_ours(project, options, home)?];
    let server = start_pouchdb_server(&pouchdb, home)?;
    sides.push(start_pouchdb(&pouchdb, home, &server.1)?);
    sides.push(start_anki(&anki, home)?);
    sides.push(start_atuin(&atuin, home)?);
    for turn in 0..options.rounds as usize {
        for what in ["push", "pull"] {
            // Nobody is always the first.
            let first = turn % sides.len();
            let (begin, rest) = sides.split_at_mut(first);
            for side in rest.iter_mut().chain(begin) {
                side.take(what)?;
            }
        }
    }
    print(options, &sides);
    Ok(())
}

fn at(home: &Path, name: &str) -> String {
    home.join(name).display().to_string()
}

fn start_ours(project: &Project, options: &Options, home: &Path) -> Result<Side> {
    let program = project.target.join("release").join("counterfoil-proof");
    let documents = options.documents.to_string();
    let mut args: Vec<String> = ["rounds", "--operations", &documents]
        .map(str::to_owned)
        .into();
    args.extend(["--folder".to_owned(), at(home, "ours")]);
    args.extend(["--bodies".to_owned(), at(home, "bodies.json")]);
    Side::start("ours", &program, &args)
}

/// The server, and where it listens.
fn start_pouchdb_server(peers: &Path, home: &Path) -> Result<(Worker, String)> {
    fs::create_dir(home.join("pouchdb-server"))?;
    let args = [at(peers, "server.cjs"), at(home, "pouchdb-server")];
    let mut server = Worker::start(Path::new("node"), &args)?;
    let url = server.line()?;
    Ok((server, url))
}

fn start_pouchdb(peers: &Path, home: &Path, url: &str) -> Result<Side> {
    fs::create_dir(home.join("pouchdb"))?;
    let args = [
        at(peers, "client.cjs"),
        url.to_owned(),
        at(home, "pouchdb"),
        at(home, "bodies.json"),
    ];
    Side::start("PouchDB", Path::new("node"), &args)
}

fn start_anki(peers: &Path, home: &Path) -> Result<Side> {
    fs::create_dir_all(home.join("anki").join("server"))?;
    let args = [
        at(peers, "anki-peer.py"),
        at(home, "anki"),
        at(home, "bodies.json"),
    ];
    Side::start("Anki", &peers.join("venv/bin/python"), &args)
}

fn start_atuin(peers: &Path, home: &Path) -> Result<Side> {
    let bodies = home.join("bodies.json");
    let atuin = Atuin::start(&peers.join("bin"), &home.join("atuin"), &bodies);
    Side::warm("atuin", Box::new(atuin.context("atuin")?))
}

/// Puts PouchDB's programs into the build's folder, once.
fn install_pouchdb(project: &Project) -> Result<PathBuf> {
    if !shell::has("node") || !shell::has("npm") {
        return Err(Failure::new(
            "node and npm are missing: install Node 20.19 or newer, from nodejs.org",
        ));
    }
    let folder = project.target.join("peers");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("server.cjs"), SERVER)?;
    fs::write(folder.join("client.cjs"), CLIENT)?;
    let wanted = folder.join("package.json");
    let is_there = fs::read_to_string(&wanted).is_ok_and(|text| text == PACKAGE)
        && folder.join("node_modules/.package-lock.json").is_file();
    if !is_there {
        fs::write(&wanted, PACKAGE)?;
        // What they bring for their database is built already; nothing of theirs is run while they are installed.
        let args = ["install", "--no-audit", "--no-fund", "--ignore-scripts"];
        let mut npm = project.command("npm");
        npm.current_dir(&folder).args(args).arg("--loglevel=error");
        shell::timed("installing PouchDB and its server", || shell::run(&mut npm))?;
    }
    Ok(folder)
}

/// Puts Anki into the build's folder, once.
fn install_anki(project: &Project) -> Result<PathBuf> {
    let folder = project.target.join("peers-anki");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("anki-peer.py"), ANKI)?;
    let what = "installing Anki and its server";
    once(&folder, ANKI_PACKAGE, what, || {
        let mut venv = project.command("python3");
        venv.args(["-m", "venv", "--clear"])
            .arg(folder.join("venv"));
        shell::run(&mut venv)?;
        let pip = folder.join("venv/bin/pip").display().to_string();
        let mut install = project.command(&pip);
        // Built already: nothing of it is run while it is installed.
        install.args(["install", "--quiet", "--only-binary", ":all:", ANKI_PACKAGE]);
        shell::run(&mut install)
    })?;
    Ok(folder)
}

/// Does `install` unless `wanted` is what it last put into `folder`.
fn once(folder: &Path, wanted: &str, what: &str, install: impl FnOnce() -> Result) -> Result {
    let installed = folder.join("installed");
    if fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    shell::timed(what, install)?;
    Ok(fs::write(installed, wanted)?)
}

impl Side {
    fn start(name: &'static str, program: &Path, args: &[String]) -> Result<Self> {
        Self::warm(name, Box::new(Worker::start(program, args)?))
    }

    /// Lets a peer make a round that does not count: it is for caches and logs.
    fn warm(name: &'static str, mut peer: Box<dyn Peer>) -> Result<Self> {
        for what in ["push", "pull"] {
            peer.ask(what).context(name)?;
        }
        Ok(Self {
            name,
            peer,
            push: Vec::new(),
            pull: Vec::new(),
        })
    }

    fn take(&mut self, what: &str) -> Result {
        let sample = self.peer.ask(what).context(self.name)?;
        match what {
            "push" => self.push.push(sample),
            _ => self.pull.push(sample),
        }
        Ok(())
    }
}

/// Documents a second in the median round.
fn rate(samples: &[Sample]) -> f64 {
    let mut rates: Vec<f64> = samples.iter().map(per_second).collect();
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}

fn per_second(sample: &Sample) -> f64 {
    let took = sample.total().max(Duration::from_micros(1));
    // Counts are far below what a double holds exactly.
    #[expect(clippy::cast_precision_loss, reason = "a count of some thousands")]
    let count = sample.count as f64;
    count / took.as_secs_f64()
}

fn print(options: &Options, sides: &[Side]) {
    let rates = [
        (
            "push",
            sides.iter().map(|s| rate(&s.push)).collect::<Vec<_>>(),
        ),
        ("pull", sides.iter().map(|s| rate(&s.pull)).collect()),
    ];
    let (documents, rounds) = (options.documents, options.rounds);
    if options.json {
        let figures: Vec<_> = rates
            .iter()
            .flat_map(|(what, rates)| {
                let ours = rates.first().copied().unwrap_or_default();
                sides.iter().zip(rates).skip(1).map(move |(peer, theirs)| {
                    json!({
                        "measure": what, "peer": peer.name, "ours_per_s": ours, "theirs_per_s": theirs,
                        "ratio": ours / theirs,
                    })
                })
            })
            .collect();
        let line = json!({ "documents": documents, "rounds": rounds, "figures": figures });
        println!("{line}");
        return;
    }
    println!(
        "{documents} documents a round, {rounds} rounds, medians, documents a second; in brackets ours to theirs"
    );
    let cells = sides.iter().map(|side| format!("{:>16}", side.name));
    println!("{:6}{}", "", cells.collect::<String>());
    for (what, rates) in rates {
        let ours = rates.first().copied().unwrap_or_default();
        let cells = rates.iter().enumerate().map(|(place, rate)| {
            let cell = if place == 0 {
                format!("{rate:.0}")
            } else {
                format!("{rate:.0} ({:.1}x)", ours / rate)
            };
            format!("{cell:>16}")
        });
        println!("{what:6}{}", cells.collect::<String>());
    }
    println!("{UNLIKE}");
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Sample, rate};

    #[test]
    fn the_rate_is_that_of_the_median_round() {
        let sample = |ms| Sample {
            took: vec![Duration::from_millis(ms)],
            count: 100,
            peak_mib: 0,
        };
        let rates = rate(&[sample(1000), sample(10), sample(100)]);
        assert!((rates - 1000.0).abs() < 1e-6, "{rates}");
    }
}
