//! A line now and then on how far a long run is, for whoever waits for it.

use std::io::Write as _;
use std::time::{Duration, Instant};

/// So much silence is enough.
const EVERY: Duration = Duration::from_secs(60);

/// How a run is told; quiet before the first minute is over.
#[derive(Debug)]
pub struct Progress {
    lane: &'static str,
    total: u64,
    began: Instant,
    told: Duration,
}

impl Progress {
    /// A run of so many seeds, or of so many runs, that begins now.
    pub fn new(lane: &'static str, total: u64) -> Self {
        Self {
            lane,
            total,
            began: Instant::now(),
            told: Duration::ZERO,
        }
    }

    /// Something did not hold: said at once, for a long run may never come to its end.
    pub fn trouble(&self, seed: u64, broken: &str) {
        let lane = self.lane;
        // As below.
        let _ = writeln!(std::io::stderr(), "{lane}: seed {seed}: BROKEN: {broken}");
    }

    /// So many are done, and so many of them failed.
    pub fn tell(&mut self, done: u64, failed: usize) {
        let took = self.began.elapsed();
        if took < self.told + EVERY {
            return;
        }
        self.told = took;
        let (lane, total, seconds) = (self.lane, self.total, took.as_secs());
        // A closed pipe is no reason to stop.
        let _ = writeln!(
            std::io::stderr(),
            "{lane}: {done} of {total}, {failed} failed, {seconds} s"
        );
    }
}
