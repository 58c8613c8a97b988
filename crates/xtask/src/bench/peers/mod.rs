//! `cargo xtask bench peers`: our sync beside others' that can be run here, taking turns on one disk, for the closest
//! comparable work: N documents pushed by one client, N pulled by a second one.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use counterfoil_tests::failure::Context as _;
use counterfoil_tests::{Failure, Result};
use serde_json::json;

use super::worker::{Sample, Worker};
use crate::project::Project;
use crate::{packages, shell};

const PACKAGE: &str = include_str!("package.json");
const SERVER: &str = include_str!("pouchdb-server.cjs");
const CLIENT: &str = include_str!("pouchdb-client.cjs");

/// What is not the same on both sides, printed with every table.
const UNLIKE: &str = "\
not the same on both sides:
  ours   a commit at the till and one at the hub are synced to the disk before anybody is told (synchronous=FULL); the hub checks
         each operation's place and hash, applies it to ledgers and balances and keeps its result; the tills sign, both compress
  PouchDB  LevelDB at the clients and the server, which does not sync what it writes: a power cut may take it back; documents are
         stored as they come, with their revisions
the same: the bodies of the documents, 200 in a batch at most, one client that sends and one that fetches, HTTP over loopback, the disk";

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

/// One side, and what its rounds took.
struct Side {
    name: &'static str,
    worker: Worker,
    push: Vec<Sample>,
    pull: Vec<Sample>,
}

/// Ours and PouchDB with its server.
pub fn peers(project: &Project, options: &Options) -> Result {
    packages::ensure(project, &[packages::BUILD])?;
    let mut build = project.cargo();
    build.args(["build", "--release"]);
    build.args(["--package", "counterfoil-hub"]);
    build.args(["--package", "counterfoil-proof"]);
    shell::timed("an optimised build", || shell::run(&mut build))?;
    let peers = install(project)?;
    // Beside the build, on a real disk: a temporary folder may lie in memory, where nothing is durable.
    let home = tempfile::Builder::new()
        .prefix("bench-peers-")
        .tempdir_in(&project.target)?;
    let at = |name: &str| home.path().join(name).display().to_string();
    let ours = project.target.join("release").join("counterfoil-proof");
    let documents = options.documents.to_string();
    let mut args: Vec<String> = ["rounds", "--operations", &documents]
        .map(str::to_owned)
        .into();
    args.extend(["--folder".to_owned(), at("ours")]);
    args.extend(["--bodies".to_owned(), at("bodies.json")]);
    let mut ours = Side::new("ours", Worker::start(&ours, &args)?);
    // It says nothing before it is asked; then the bodies are there for the other side.
    ours.take("push")?;
    ours.take("pull")?;
    let node = PathBuf::from("node");
    let script = |name: &str| peers.join(name).display().to_string();
    for folder in ["server", "clients"] {
        fs::create_dir(home.path().join(folder))?;
    }
    let mut server = Worker::start(&node, &[script("server.cjs"), at("server")])?;
    let url = server.line()?;
    let clients = [script("client.cjs"), url, at("clients"), at("bodies.json")];
    let mut pouchdb = Side::new("PouchDB", Worker::start(&node, &clients)?);
    pouchdb.take("push")?;
    pouchdb.take("pull")?;
    for side in [&mut ours, &mut pouchdb] {
        // The first round of each was for caches and logs.
        side.push.clear();
        side.pull.clear();
    }
    for turn in 0..options.rounds {
        for what in ["push", "pull"] {
            let sides = if turn % 2 == 0 {
                [&mut ours, &mut pouchdb]
            } else {
                [&mut pouchdb, &mut ours]
            };
            for side in sides {
                side.take(what)?;
            }
        }
    }
    print(options, &ours, &pouchdb);
    Ok(())
}

/// Puts the peers' programs into the build's folder, once.
fn install(project: &Project) -> Result<PathBuf> {
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

impl Side {
    const fn new(name: &'static str, worker: Worker) -> Self {
        Self {
            name,
            worker,
            push: Vec::new(),
            pull: Vec::new(),
        }
    }

    fn take(&mut self, what: &str) -> Result {
        let sample = self.worker.ask(what).context(self.name)?;
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

fn print(options: &Options, ours: &Side, peer: &Side) {
    let pairs = [
        ("push", rate(&ours.push), rate(&peer.push)),
        ("pull", rate(&ours.pull), rate(&peer.pull)),
    ];
    let (documents, rounds) = (options.documents, options.rounds);
    if options.json {
        let figures: Vec<_> = pairs
            .iter()
            .map(|(what, ours, theirs)| {
                json!({ "measure": what, "ours_per_s": ours, "pouchdb_per_s": theirs, "ratio": ours / theirs })
            })
            .collect();
        let line = json!({ "documents": documents, "rounds": rounds, "figures": figures });
        println!("{line}");
        return;
    }
    println!("{documents} documents a round, {rounds} rounds, medians, documents a second");
    println!("{:6} {:>12} {:>12} {:>10}", "", "ours", peer.name, "ratio");
    for (what, ours, theirs) in pairs {
        println!("{what:6} {ours:12.0} {theirs:12.0} {:>9.1}x", ours / theirs);
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
