//! The disk lane: the real SQLite on a disk that loses power, tears sectors, fills up and fails to sync.

mod check;
mod errands;
mod file;
mod found;
mod hub;
mod machine;
mod model;
mod seed;
#[cfg(test)]
mod tests;
mod till;
mod vfs;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use crate::progress::Progress;
use crate::trace::Trace;
use machine::Disk;
use seed::{Figures, Template};

pub use machine::Planted;

/// What to run.
#[derive(Debug, Clone, Default, Args)]
pub struct Options {
    /// How many seeds
    #[arg(long, default_value_t = 1000)]
    pub seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    pub from: u64,
    /// Only this seed
    #[arg(long)]
    pub seed: Option<u64>,
    /// Print each step
    #[arg(long, requires = "seed")]
    pub trace: bool,
    /// Threads; as many as there are processors unless told
    #[arg(long)]
    pub jobs: Option<usize>,
    /// Go on after a seed that failed
    #[arg(long)]
    pub keep_going: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    pub json: bool,
    /// A known mistake of the disk, which must be caught
    #[arg(long)]
    pub planted: Option<Planted>,
}

/// A seed that failed.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Which.
    pub seed: u64,
    /// What does not hold.
    pub what: String,
}

/// How a run went.
#[derive(Debug, Default)]
pub struct Report {
    /// Seeds that were run.
    pub seeds: u64,
    /// What they counted.
    figures: Figures,
    /// Seeds that failed; unless it is told to go on, a run ends soon after the first.
    pub findings: Vec<Finding>,
    /// How long it took.
    pub took: Duration,
}

/// Runs what the command line asks for and prints how it went.
pub fn command(options: &Options) -> ExitCode {
    let (text, passed) = match run(options) {
        Ok(report) => (report.text(options), report.passed(options)),
        Err(error) => (error, false),
    };
    // A closed pipe is no reason to fail.
    let _ = writeln!(std::io::stdout(), "{text}");
    if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs the seeds; ends after the first that fails, unless it is told to go on.
///
/// # Errors
/// When the disk or the template cannot be made.
pub fn run(options: &Options) -> Result<Report, String> {
    let started = Instant::now();
    let (first, count) = match options.seed {
        Some(seed) => (seed, 1),
        None => (options.from, options.seeds),
    };
    let threads = options.jobs.unwrap_or_else(|| {
        std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
    });
    let next = AtomicU64::new(0);
    let failed = AtomicBool::new(false);
    let report = Mutex::new((Report::default(), Progress::new("disk", count)));
    let work = || -> Result<(), String> {
        let disk = Disk::register().map_err(|code| format!("SQLite takes no disk: {code}"))?;
        let template = Template::make(&disk)?;
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if number >= count || failed.load(Ordering::SeqCst) {
                return Ok(());
            }
            let seed = first + number;
            let mut trace = Trace::new(options.trace);
            let outcome = seed::run(&disk, &template, seed, options.planted, &mut trace);
            let Ok(mut report) = report.lock() else {
                return Ok(());
            };
            let (report, progress) = &mut *report;
            report.seeds += 1;
            match outcome {
                Ok(figures) => report.figures.add(&figures),
                Err(what) => {
                    failed.store(!options.keep_going, Ordering::SeqCst);
                    report.findings.push(Finding { seed, what });
                }
            }
            progress.tell(report.seeds, report.findings.len());
        }
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        all.into_iter().try_for_each(|one| {
            one.join()
                .unwrap_or_else(|_| Err("a thread panicked, see above".to_owned()))
        })
    })?;
    let (mut report, _) = report.into_inner().map_err(|error| error.to_string())?;
    report.findings.sort_by_key(|found| found.seed);
    report.took = started.elapsed();
    Ok(report)
}

impl Report {
    /// Whether the run is as it should be: clean, or caught where a mistake was planted.
    pub fn passed(&self, options: &Options) -> bool {
        self.findings.is_empty() == options.planted.is_none()
    }

    /// The outcome in words, or as JSON.
    pub fn text(&self, options: &Options) -> String {
        let figures = &self.figures;
        let seconds = self.took.as_secs_f64();
        if options.json {
            let findings: Vec<_> = self
                .findings
                .iter()
                .map(|found| json!({ "seed": found.seed, "what": found.what }))
                .collect();
            return json!({
                "lane": "disk",
                "from": options.from,
                "seeds": self.seeds,
                "acked": figures.acked,
                "lost": self.findings.len(),
                "lives": figures.lives,
                "power_cuts": figures.power_cuts,
                "faults": figures.faults,
                "unsure_kept": figures.unsure_kept,
                "unsure_gone": figures.unsure_gone,
                "seconds": seconds,
                "findings": findings,
            })
            .to_string();
        }
        let mut text = String::new();
        for found in &self.findings {
            text.push_str(&format!(
                "seed {}: {}\n  again: cargo xtask disk --seed {} --trace{}\n",
                found.seed,
                found.what,
                found.seed,
                options.planted.map_or_else(String::new, |planted| format!(
                    " --planted {}",
                    name(planted)
                ))
            ));
        }
        text.push_str(&format!(
            "acked {}, lost {} ({} seeds, {} lives, {} power cuts, {} faults; of operations that failed for an unknown end \
             {} were there and {} were not; {seconds:.0} s)",
            figures.acked,
            self.findings.len(),
            self.seeds,
            figures.lives,
            figures.power_cuts,
            figures.faults,
            figures.unsure_kept,
            figures.unsure_gone,
        ));
        text
    }
}

fn name(planted: Planted) -> String {
    use clap::ValueEnum as _;
    planted
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}
