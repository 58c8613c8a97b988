//! What happened step by step, for whoever replays a seed.

use std::io::Write as _;

/// Prints each line at once, or nothing at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trace {
    on: bool,
    lines: u64,
}

impl Trace {
    /// A trace that prints when it is `on`.
    pub const fn new(on: bool) -> Self {
        Self { on, lines: 0 }
    }

    /// Prints a line; `say` runs only then.
    pub fn line(&mut self, say: impl FnOnce() -> String) {
        if self.on {
            self.lines += 1;
            // A closed pipe is no reason to stop.
            let _ = writeln!(std::io::stdout(), "{:4} {}", self.lines, say());
        }
    }
}
