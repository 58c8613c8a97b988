//! What happened in a run, line by line.

/// Keeps lines when somebody wants to read them.
#[derive(Debug, Default)]
pub struct Trace {
    kept: Option<Vec<String>>,
}

impl Trace {
    /// A trace that keeps its lines, or one that costs nothing.
    #[must_use]
    pub fn new(kept: bool) -> Self {
        Self {
            kept: kept.then(Vec::new),
        }
    }

    /// Says what happens at a moment, in milliseconds since the run began.
    pub fn say(&mut self, at_ms: i64, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.kept {
            lines.push(format!("{at_ms:>11} {}", line()));
        }
    }

    /// The lines.
    #[must_use]
    pub fn into_lines(self) -> Vec<String> {
        self.kept.unwrap_or_default()
    }
}
