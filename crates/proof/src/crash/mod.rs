//! The process lane: the real programs, killed and stopped at random moments behind a faulty network.

mod drill;
mod ground;
mod operator;
mod process;
mod proxy;
pub mod rounds;
mod run;
mod stage;
pub mod till;
mod world;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use counterfoil_tests::Result;
use serde_json::json;

use crate::history::Verdict;
use crate::progress::Progress;
use ground::{Choice, Engine};
use stage::Stage;

/// What to run.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// How many runs
    #[arg(long, default_value_t = 10)]
    pub runs: u64,
    /// The first run's number; the choice of faults follows from it
    #[arg(long, default_value_t = 0)]
    pub from: u64,
    /// What the hubs stand on
    #[arg(long, value_enum, default_value_t = Choice::Mixed)]
    pub engine: Choice,
    /// Print the outcome as JSON
    #[arg(long)]
    pub json: bool,
    /// Keep the folder of a run that failed
    #[arg(long)]
    pub keep: bool,
}

/// What a lane counted.
#[derive(Debug, Default)]
struct Sum {
    runs: u64,
    on_postgres: u64,
    acked: u64,
    unheard: u64,
    lost: u64,
    kills: u64,
    server_kills: u64,
    stops: u64,
    storms: u64,
    restores: u64,
    findings: Vec<String>,
}

/// What one run did.
#[derive(Debug, Default, Clone, Copy)]
struct Deeds {
    kills: u64,
    server_kills: u64,
    stops: u64,
    storms: u64,
    restores: u64,
}

/// Kills and stops at random moments.
pub fn command(options: &Options) -> ExitCode {
    told("crash", options, |stage, number| {
        run::run(stage, number, options.keep)
    })
}

/// Restores hubs and tills from old copies under load.
pub fn drill(options: &Options) -> ExitCode {
    told("restore-drill", options, |stage, number| {
        drill::run(stage, number, options.keep)
    })
}

fn told(
    lane: &'static str,
    options: &Options,
    one: impl FnMut(&Stage, u64) -> Result<(Verdict, Deeds)>,
) -> ExitCode {
    let started = Instant::now();
    let (text, passed) = match all(lane, options, one) {
        Ok(sum) => {
            let seconds = started.elapsed().as_secs_f64();
            (sum.text(lane, options, seconds), sum.findings.is_empty())
        }
        Err(error) => (format!("{lane}: {error}"), false),
    };
    // A closed pipe is no reason to fail.
    let _ = writeln!(std::io::stdout(), "{text}");
    if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn all(
    lane: &'static str,
    options: &Options,
    mut one: impl FnMut(&Stage, u64) -> Result<(Verdict, Deeds)>,
) -> Result<Sum> {
    process::listen_for_the_end()?;
    let mut stages: BTreeMap<Engine, Stage> = BTreeMap::new();
    let mut sum = Sum::default();
    let mut progress = Progress::new(lane, options.runs);
    let typed = options.engine.typed();
    for number in options.from..options.from + options.runs {
        let again = format!("cargo xtask {lane} --from {number} --runs 1 --keep{typed}");
        let engine = options.engine.of(number);
        let stage = match stages.entry(engine) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(free) => free.insert(Stage::build(engine)?),
        };
        let (verdict, deeds) = match one(stage, number) {
            Ok(outcome) => outcome,
            Err(error) => {
                sum.findings
                    .push(format!("run {number}: {error}\n  again: {again}"));
                break;
            }
        };
        sum.runs += 1;
        sum.on_postgres += u64::from(engine == Engine::Postgres);
        sum.acked += verdict.acked;
        sum.unheard += verdict.unheard;
        sum.lost += verdict.lost;
        sum.kills += deeds.kills;
        sum.server_kills += deeds.server_kills;
        sum.stops += deeds.stops;
        sum.storms += deeds.storms;
        sum.restores += deeds.restores;
        if !verdict.violations.is_empty() {
            let violations = verdict.violations.join("\n  ");
            sum.findings
                .push(format!("run {number}: {violations}\n  again: {again}"));
            break;
        }
        progress.tell(sum.runs, 0);
    }
    Ok(sum)
}

impl Sum {
    fn text(&self, lane: &str, options: &Options, seconds: f64) -> String {
        if options.json {
            return json!({
                "lane": lane,
                "from": options.from,
                "runs": self.runs,
                "on_postgres": self.on_postgres,
                "acked": self.acked,
                "unheard": self.unheard,
                "lost": self.lost,
                "kills": self.kills,
                "server_kills": self.server_kills,
                "stops": self.stops,
                "storms": self.storms,
                "restores": self.restores,
                "seconds": seconds,
                "findings": self.findings,
            })
            .to_string();
        }
        let mut text = String::new();
        for finding in &self.findings {
            text.push_str(finding);
            text.push('\n');
        }
        text.push_str(&format!(
            "acked {}, lost {} ({} runs, {} of them on PostgreSQL; {} kills, {} of PostgreSQL, {} stops, {} network storms, \
             {} restores; {} operations were there whose end nobody heard; {seconds:.0} s)",
            self.acked,
            self.lost,
            self.runs,
            self.on_postgres,
            self.kills,
            self.server_kills,
            self.stops,
            self.storms,
            self.restores,
            self.unheard,
        ));
        text
    }
}
