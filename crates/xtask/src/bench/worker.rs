//! A program that measures a round when a line on its stdin names it, so that several can take turns.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use counterfoil_tests::failure::Context as _;
use counterfoil_tests::group::Group;
use counterfoil_tests::{Failure, Result, wait};
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

/// How long a program may take to end what it started itself.
const GRACE: Duration = Duration::from_secs(10);

/// A running program; dropping it ends it. It sees the end of its input first, so that it can end what it started, which is
/// in groups of its own.
pub struct Worker {
    name: String,
    /// Nothing once it is to end.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    group: Group,
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
            input: Some(input),
            output,
            group,
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
        if let Some(input) = &mut self.input {
            writeln!(input, "{round}")?;
            input.flush()?;
        }
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

impl Drop for Worker {
    fn drop(&mut self) {
        self.input = None;
        // Whoever does not end is ended with its group.
        let _ = wait::until(GRACE, "the end of the program", || self.group.ended());
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

#[cfg(all(test, unix))]
mod tests {
    use std::path::Path;

    use super::Worker;

    #[test]
    fn a_program_that_is_let_go_of_ends_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let tidied = folder.path().join("tidied");
        let script = format!("echo ready; cat; touch {}", tidied.display());
        let args = ["-c".to_owned(), script];
        let mut worker = Worker::start(Path::new("sh"), &args).unwrap();
        assert_eq!(worker.line().unwrap(), "ready");
        drop(worker);
        assert!(tidied.exists());
    }
}
