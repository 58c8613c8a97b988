//! Programs that measure a round when told: `cargo xtask bench sync` lets several of them take turns.

use std::io::{BufRead as _, Write as _};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::SampleError;

/// What one round took.
#[derive(Debug, Clone, Default)]
pub struct Round {
    /// Each step's time.
    pub took: Vec<Duration>,
    /// How many things (operations, rows) all steps did together.
    pub count: usize,
}

impl Round {
    /// Does a step of `count` things and keeps its time.
    ///
    /// # Errors
    /// The step's own.
    pub fn time<T, E>(
        &mut self,
        count: usize,
        step: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let began = Instant::now();
        let done = step()?;
        self.took.push(began.elapsed());
        self.count += count;
        Ok(done)
    }
}

/// Answers each line on stdin, the name of a round, with a line of JSON: `{"us": [..], "count": n}`.
///
/// # Errors
/// A round's own, or when the other end is gone.
pub fn answer_rounds(
    mut round: impl FnMut(&str) -> Result<Round, SampleError>,
) -> Result<(), SampleError> {
    for line in std::io::stdin().lock().lines() {
        let done = round(line?.trim())?;
        let us: Vec<u128> = done.took.iter().map(Duration::as_micros).collect();
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", json!({ "us": us, "count": done.count }))?;
        out.flush()?;
    }
    Ok(())
}
