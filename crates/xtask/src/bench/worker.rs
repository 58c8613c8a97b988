//! A program that measures a round when a line on its stdin names it, so that several can take turns.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use counterfoil_tests::failure::Context as _;
use counterfoil_tests::group::Group;
use counterfoil_tests::{Failure, Result};
use serde_json::Value;

/// What one round took.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// Each step's time, ascending.
    pub took: Vec<Duration>,
    /// How many things all steps did together.
    pub count: u64,
    /// The most memory that was held at once, where it is measured.
    pub peak_mib: u64,
}

impl Sample {
    /// The time below which so many percent of the steps lie.
    pub fn percentile(&self, percent: usize) -> Duration {
        super::percentile(&self.took, percent)
    }

    /// All steps together.
    pub fn total(&self) -> Duration {
        self.took.iter().sum()
    }
}

/// A running program; dropping it ends it.
pub struct Worker {
    name: String,
    // Before the group, so that its end is seen.
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _group: Group,
}

impl Worker {
    /// Starts a program.
    pub fn start(program: &Path, args: &[String]) -> Result<Self> {
        let name = program.display().to_string();
        let mut command = Command::new(program);
        command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut group = Group::spawn(&mut command)?;
        let gone = || Failure::new(format!("{name} has no pipes"));
        let input = group.child().stdin.take().ok_or_else(gone)?;
        let output = BufReader::new(group.child().stdout.take().ok_or_else(gone)?);
        Ok(Self {
            name,
            input,
            output,
            _group: group,
        })
    }

    /// The next line it prints.
    pub fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err(Failure::new(format!("{} ended, see above", self.name)));
        }
        Ok(line.trim().to_owned())
    }

    /// Has one round done.
    pub fn ask(&mut self, round: &str) -> Result<Sample> {
        writeln!(self.input, "{round}")?;
        self.input.flush()?;
        let line = self.line().context(round)?;
        let said: Value = serde_json::from_str(&line).context(&line)?;
        let us = said["us"].as_array().context_of(round)?;
        let mut took: Vec<Duration> = us
            .iter()
            .filter_map(Value::as_u64)
            .map(Duration::from_micros)
            .collect();
        took.sort();
        let count = said["count"].as_u64().unwrap_or(0);
        Ok(Sample {
            took,
            count,
            peak_mib: 0,
        })
    }
}

trait ContextOf<T> {
    fn context_of(self, what: &str) -> Result<T>;
}

impl<T> ContextOf<T> for Option<T> {
    fn context_of(self, what: &str) -> Result<T> {
        self.ok_or_else(|| Failure::new(format!("{what} did not say how long it took")))
    }
}
