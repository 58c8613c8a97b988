//! `counterfoil-proof sim`: many seeds, or one to look at.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::hub::Engine;
use super::storm::{Fault, Wishes};
use super::town::Town;
use super::world::Tally;
use super::{Outcome, plants, run, say, shrink};
use crate::progress::Progress;

/// Failures that are printed in full; more of them say nothing new.
const FAILURES_SHOWN: usize = 10;

/// What the lane takes.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// How many seeds
    #[arg(long, default_value_t = 1000)]
    pub seeds: u64,
    /// The first one
    #[arg(long, default_value_t = 1)]
    pub from: u64,
    /// Only this seed
    #[arg(long)]
    pub seed: Option<u64>,
    /// Print what happens, step by step
    #[arg(long, requires = "seed")]
    pub trace: bool,
    /// Look for a smaller run of the seed that still fails
    #[arg(long, requires = "seed")]
    pub shrink: bool,
    /// So many tills in place of what the seed says
    #[arg(long)]
    pub tills: Option<usize>,
    /// So many things that people do in place of what the seed says
    #[arg(long)]
    pub actions: Option<usize>,
    /// Leave these faults out
    #[arg(long, value_delimiter = ',')]
    pub without: Vec<Fault>,
    /// The hub's engine
    #[arg(long, value_parser = ["sqlite", "postgres"], default_value = "sqlite")]
    pub engine: String,
    /// With postgres: any database of a server that lets databases be made
    #[arg(long, env = "COUNTERFOIL_TEST_POSTGRES_URL", hide_env_values = true)]
    pub database: Option<String>,
    /// Runs at a time; the machine's cores by default
    #[arg(long)]
    pub jobs: Option<usize>,
    /// Go on after failures
    #[arg(long)]
    pub keep_going: bool,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
    /// Switch this planted mistake on, or all one after the other; needs a build with the feature `planted`
    #[arg(long)]
    pub planted: Option<String>,
    /// With --planted: run every seed, to count how many catch the mistake
    #[arg(long)]
    pub count: bool,
}

impl Arguments {
    /// What is wished in place of what the seeds say.
    #[must_use]
    pub fn wishes(&self) -> Wishes {
        Wishes {
            tills: self.tills,
            actions: self.actions,
            without: self.without.iter().copied().collect(),
        }
    }

    fn engine(&self) -> Outcome<Engine> {
        if self.engine == "sqlite" {
            return Ok(Engine::Sqlite);
        }
        self.database
            .clone()
            .map(Engine::Postgres)
            .ok_or_else(|| say("--engine postgres needs --database postgres://..."))
    }

    /// How many runs at a time.
    #[must_use]
    pub fn jobs(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.jobs.unwrap_or_else(cores).max(1)
    }
}

/// A run that did not hold.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// What did not hold.
    pub broken: String,
    /// Its conditions.
    pub storm: String,
}

/// How many runs went.
#[derive(Debug, Default)]
pub struct Report {
    /// Runs that were made.
    pub runs: u64,
    /// Those that did not hold, by seed.
    pub failures: Vec<Failure>,
    /// What happened how often.
    pub tally: Tally,
}

/// One thread's runtime: everything in a run happens on it, one thing at a time.
///
/// # Errors
/// When the system gives no more threads.
pub fn runtime() -> Outcome<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

/// Keeps this thread, and those that it starts, on one core: a run's threads hand one piece of work to and fro, and waking
/// another core for it costs as much again as the run. Where the system refuses, the run is slower and nothing else.
#[cfg(target_os = "linux")]
fn stay_on(core: usize) {
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    use nix::unistd::Pid;

    let this = Pid::from_raw(0);
    let Ok(allowed) = sched_getaffinity(this) else {
        return;
    };
    let cores = (0..CpuSet::count()).filter(|core| allowed.is_set(*core).unwrap_or(false));
    let cores: Vec<usize> = cores.collect();
    let mut one = CpuSet::new();
    let taken = cores
        .get(core % cores.len().max(1))
        .map(|core| one.set(*core));
    if let Some(Ok(())) = taken {
        let _ = sched_setaffinity(this, &one);
    }
}

/// Elsewhere the system decides.
#[cfg(not(target_os = "linux"))]
const fn stay_on(_: usize) {}

/// Makes many runs on several threads.
///
/// # Errors
/// When the town cannot be founded.
pub fn many(arguments: &Arguments, stop_at_first: bool) -> Outcome<Report> {
    let engine = arguments.engine()?;
    let wishes = arguments.wishes();
    let town = runtime()?.block_on(Town::found(&engine))?;
    let end = arguments.from.saturating_add(arguments.seeds);
    let next = AtomicU64::new(arguments.from);
    let stopped = AtomicBool::new(false);
    let progress = Progress::new("sim", arguments.seeds);
    let report = Mutex::new((Report::default(), progress));
    let work = |core: usize| -> Outcome<()> {
        stay_on(core);
        let runtime = runtime()?;
        loop {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= end || stopped.load(Ordering::SeqCst) {
                return Ok(());
            }
            let run = runtime.block_on(run(&town, seed, &wishes, false));
            let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
            let (report, progress) = &mut *report;
            report.runs += 1;
            report.tally.add(&run.tally);
            if let Some(broken) = run.broken {
                progress.trouble(seed, &broken);
                report.failures.push(Failure {
                    seed,
                    broken,
                    storm: run.storm.to_string(),
                });
                stopped.fetch_or(stop_at_first, Ordering::SeqCst);
            }
            progress.tell(report.runs, report.failures.len());
        }
    };
    let work = &work;
    std::thread::scope(|scope| -> Outcome<()> {
        let threads: Vec<_> = (0..arguments.jobs())
            .map(|core| scope.spawn(move || work(core)))
            .collect();
        for thread in threads {
            thread.join().map_err(|_| say("a run panicked"))??;
        }
        Ok(())
    })?;
    runtime()?.block_on(town.remove())?;
    let (mut report, _) = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.failures.sort_by_key(|failure| failure.seed);
    Ok(report)
}

/// The lane.
#[must_use]
pub fn command(arguments: &Arguments) -> ExitCode {
    let done = match (&arguments.planted, arguments.seed) {
        (Some(name), None) => plants::command(arguments, name),
        (planted, Some(seed)) => planted
            .as_deref()
            .map_or(Ok(()), plants::switch_on)
            .and_then(|()| one(arguments, seed)),
        (None, None) => all(arguments),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            super::print_error(&format!("sim: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn one(arguments: &Arguments, seed: u64) -> Outcome<bool> {
    let runtime = runtime()?;
    let town = runtime.block_on(Town::found(&arguments.engine()?))?;
    let wishes = arguments.wishes();
    if arguments.shrink {
        let held = runtime.block_on(shrink::shrink(&town, seed, wishes));
        runtime.block_on(town.remove())?;
        return held;
    }
    let run = runtime.block_on(run(&town, seed, &wishes, arguments.trace));
    runtime.block_on(town.remove())?;
    for line in &run.trace {
        super::print(line);
    }
    super::print(&format!("seed {seed}: {}", run.storm));
    match &run.broken {
        Some(broken) => super::print(&format!("seed {seed}: BROKEN: {broken}")),
        None => super::print(&format!("seed {seed}: all held")),
    }
    Ok(run.broken.is_none())
}

fn all(arguments: &Arguments) -> Outcome<bool> {
    let began = Instant::now();
    let report = many(arguments, !arguments.keep_going)?;
    let seconds = began.elapsed().as_secs_f64();
    if arguments.json {
        let said = serde_json::json!({
            "engine": arguments.engine, "from": arguments.from, "runs": report.runs,
            "failures": report.failures, "seconds": seconds,
            "runs_per_second": f64::from(u32::try_from(report.runs)?) / seconds,
            "happened": report.tally.0,
        });
        super::print(&said.to_string());
        return Ok(report.failures.is_empty());
    }
    for failure in report.failures.iter().take(FAILURES_SHOWN) {
        super::print(&format!("seed {}: {}", failure.seed, failure.storm));
        super::print(&format!(
            "seed {}: BROKEN: {}",
            failure.seed, failure.broken
        ));
        let again = format!(
            "--seed {}{}{}",
            failure.seed,
            arguments.wishes(),
            engine_options(arguments)
        );
        super::print(&format!("    again:   cargo xtask sim {again} --trace"));
        super::print(&format!("    smaller: cargo xtask sim {again} --shrink"));
    }
    let happened: Vec<_> = report
        .tally
        .0
        .iter()
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    super::print(&format!("happened: {}", happened.join(", ")));
    super::print(&format!(
        "sim: {} runs on {}, {} failed, {seconds:.0} s, {:.1} runs/s",
        report.runs,
        arguments.engine,
        report.failures.len(),
        f64::from(u32::try_from(report.runs)?) / seconds,
    ));
    Ok(report.failures.is_empty())
}

fn engine_options(arguments: &Arguments) -> &'static str {
    if arguments.engine == "sqlite" {
        ""
    } else {
        " --engine postgres"
    }
}
