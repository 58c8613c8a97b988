//! `cargo xtask fuzz`: libFuzzer on what reads frames, payloads and keys. The bodies are in `crates/fuzz`; what is found
//! lies in the target folder, next to the corpus that grew.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, ValueEnum};
use counterfoil_tests::failure::Context as _;
use counterfoil_tests::{Failure, Result};

use crate::project::Project;
use crate::{packages, shell, tools};

/// Which targets, and for how long.
#[derive(Args)]
pub struct Options {
    /// One target; all of them, one after the other, without it
    target: Option<Target>,
    /// How long each one runs
    #[arg(long, default_value_t = 60)]
    minutes: u64,
    /// One input through the target, such as a crash that was found
    #[arg(long, requires = "target", conflicts_with = "minutes")]
    input: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    /// Pictures of any size, layout and content through the scanner
    Frames,
    /// Texts through everything that reads a code's text
    Payloads,
    /// Keys at any time through the keyboard wedge
    Wedge,
}

/// The most memory that a target may take, in megabytes.
const RSS_MB_MAX: u32 = 1024;
/// The longest that one input may take, in seconds of a wall clock: a busy machine is no hang.
const INPUT_S_MAX: u32 = 60;
/// What is shown of a log that ends badly.
const LINES_SHOWN: usize = 40;

impl Target {
    fn name(self) -> &'static str {
        match self {
            Self::Frames => "frames",
            Self::Payloads => "payloads",
            Self::Wedge => "wedge",
        }
    }

    /// The longest input, in bytes.
    fn bytes_max(self) -> u32 {
        match self {
            Self::Frames => 16_384,
            Self::Payloads | Self::Wedge => 2_048,
        }
    }
}

/// Builds the targets and runs them; fails at the first input that breaks a promise, hangs or takes too much memory.
pub fn fuzz(project: &Project, options: &Options) -> Result {
    let programs = build(project)?;
    let targets = match options.target {
        Some(target) => vec![target],
        None => Target::value_variants().to_vec(),
    };
    let runs = targets.into_iter().map(|target| Run {
        target,
        program: programs.join(target.name()),
        kept: project.root.join("crates/fuzz/corpus").join(target.name()),
        folder: project.target.join("fuzz").join(target.name()),
    });
    if let Some(input) = &options.input {
        let input = input.canonicalize().context(input.display())?;
        let mut once = runs.map(|run| run.command(&[&input]));
        return once.try_for_each(|mut command| shell::run(&mut command));
    }
    let said = runs.map(|run| run.fuzz(options.minutes));
    said.collect::<Result<Vec<String>>>().map(|said| {
        for line in said {
            println!("{line}");
        }
    })
}

/// The folder with the programs. Coverage is counted by what the compiler inserts for everybody; the sanitizers, which
/// only its nightly releases have, stay off.
fn build(project: &Project) -> Result<PathBuf> {
    packages::ensure(project, &[packages::BUILD, packages::FUZZ])?;
    let cargo_fuzz = tools::ensure(project, "cargo-fuzz")?;
    let target = project.target.join("fuzz/build");
    shell::timed("building the fuzz targets", || {
        let mut command = project.command(&cargo_fuzz.to_string_lossy());
        command.args(["fuzz", "build", "--sanitizer", "none"]);
        command.args(["--fuzz-dir", "crates/fuzz/harness"]);
        shell::run(command.env("CARGO_TARGET_DIR", &target))
    })?;
    let builds = fs::read_dir(&target).context(target.display())?;
    builds
        .filter_map(|entry| Some(entry.ok()?.path().join("release")))
        .find(|folder| folder.join(Target::Frames.name()).is_file())
        .ok_or_else(|| Failure::new(format!("no fuzz target was built in {}", target.display())))
}

struct Run {
    target: Target,
    program: PathBuf,
    /// The corpus that lies in the repository.
    kept: PathBuf,
    /// What grew, what was found, and what was said.
    folder: PathBuf,
}

impl Run {
    fn command(&self, inputs: &[&Path]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(inputs);
        command.arg(format!("-rss_limit_mb={RSS_MB_MAX}"));
        command.arg(format!("-timeout={INPUT_S_MAX}"));
        command.arg(format!("-artifact_prefix={}/", self.found().display()));
        command
    }

    fn found(&self) -> PathBuf {
        self.folder.join("found")
    }

    /// What it says in one line.
    fn fuzz(&self, minutes: u64) -> Result<String> {
        let name = self.target.name();
        let grown = self.folder.join("corpus");
        fs::create_dir_all(&grown)?;
        fs::create_dir_all(self.found())?;
        let log = self.folder.join("log");
        let words = File::create(&log).context(log.display())?;
        let mut command = self.command(&[&grown, &self.kept]);
        command.arg(format!("-max_total_time={}", minutes * 60));
        command.arg(format!("-max_len={}", self.target.bytes_max()));
        command.arg("-print_final_stats=1");
        command.stdout(words.try_clone()?).stderr(words);
        let ran = shell::timed(&format!("{name}, {minutes} min"), || {
            shell::run(&mut command)
        });
        let said = fs::read_to_string(&log).context(log.display())?;
        if let Err(error) = ran {
            let lines: Vec<&str> = said.lines().collect();
            let last = &lines[lines.len().saturating_sub(LINES_SHOWN)..];
            return Err(Failure::new(format!(
                "{}\n{name}: {error}; the input is in {}; again: cargo xtask fuzz {name} --input FILE",
                last.join("\n"),
                self.found().display()
            )));
        }
        Ok(format!("{name}: {}", Figures::of(&said)))
    }
}

/// What libFuzzer says at its end.
#[derive(Debug, Default, PartialEq, Eq)]
struct Figures {
    executions: u64,
    a_second: u64,
    peak_mb: u64,
    /// Counters that were reached.
    covered: u64,
    inputs: u64,
    /// Places that panicked and were caught.
    panics: usize,
}

impl Figures {
    fn of(said: &str) -> Self {
        let stat = |name: &str| {
            let line = said.lines().rev().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.trim().parse().ok()).unwrap_or(0)
        };
        let done = said.lines().rev().find(|line| line.contains(" cov: "));
        let word_after = |name: &str| {
            let mut words = done.unwrap_or_default().split_whitespace();
            words.find(|word| *word == name)?;
            words.next()?.split('/').next()?.parse().ok()
        };
        let caught = |line: &&str| line.starts_with("a panic, caught or not: ");
        Self {
            executions: stat("stat::number_of_executed_units:"),
            a_second: stat("stat::average_exec_per_sec:"),
            peak_mb: stat("stat::peak_rss_mb:"),
            covered: word_after("cov:").unwrap_or(0),
            inputs: word_after("corp:").unwrap_or(0),
            panics: said.lines().filter(caught).count(),
        }
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "nothing found in {} executions ({} a second), {} places covered by {} inputs, at most {} MB; \
             readers panicked in {} places and were caught",
            self.executions, self.a_second, self.covered, self.inputs, self.peak_mb, self.panics
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Figures;

    #[test]
    fn what_libfuzzer_says_at_its_end_is_understood() {
        let said = "a panic, caught or not: panicked at x.rs:1\n\
            #4096\tDONE   cov: 2317 ft: 9000 corp: 412/33Kb lim: 4096 exec/s: 68 rss: 120Mb\n\
            Done 4096 runs in 61 second(s)\n\
            stat::number_of_executed_units: 4096\n\
            stat::average_exec_per_sec:     67\n\
            stat::peak_rss_mb:              131\n";
        let figures = Figures {
            executions: 4096,
            a_second: 67,
            peak_mb: 131,
            covered: 2317,
            inputs: 412,
            panics: 1,
        };
        assert_eq!(Figures::of(said), figures);
    }
}
