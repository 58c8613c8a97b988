//! Where answers go: stdout, as words or as JSON. Progress goes to stderr.

use std::io::Write as _;
use std::process::ExitCode;

use counterfoil_app::domain::Money;
use counterfoil_app::view::Failure;
use serde::Serialize;

/// Where answers go.
pub struct Output {
    json: bool,
}

impl Output {
    /// As JSON, or in words.
    pub const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints an answer: as it is, or in the words made of it.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn answer<T: Serialize>(
        &self,
        value: &T,
        words: impl FnOnce(&T) -> Vec<String>,
    ) -> Result<(), Failure> {
        if self.json {
            print(&serde_json::to_string_pretty(value)?);
            return Ok(());
        }
        for line in words(value) {
            print(&line);
        }
        Ok(())
    }

    /// Tells how far a long command is.
    pub fn progress(&self, words: &str) {
        progress(words);
    }

    /// Prints why a command was refused and gives the exit code.
    pub fn failed(&self, failure: &Failure) -> ExitCode {
        if self.json {
            print(&serde_json::json!({ "error": failure }).to_string());
        } else {
            self.progress(&format!("error: {} ({})", failure.message, failure.code));
        }
        ExitCode::from(if failure.retry { 3 } else { 1 })
    }
}

/// Tells how far a long command is.
pub fn progress(words: &str) {
    // Nobody listens to stderr: then nobody waits for the words either.
    let _ = writeln!(std::io::stderr(), "{words}");
}

fn print(line: &str) {
    // A reader that went away, as in `| head`, needs no more lines.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// An amount in the digits of its currency, e.g. `8.50 PEN`.
pub fn money(amount: Money) -> String {
    let decimals = amount.currency().decimals() as usize;
    let digits = format!(
        "{:0width$}",
        amount.minor().unsigned_abs(),
        width = decimals + 1
    );
    let (whole, part) = digits.split_at(digits.len() - decimals);
    let sign = if amount.is_negative() { "-" } else { "" };
    let point = if decimals == 0 { "" } else { "." };
    format!("{sign}{whole}{point}{part} {}", amount.currency())
}

/// A quantity without needless zeros, e.g. `2` or `1.5`.
pub fn quantity(milli: i64) -> String {
    let sign = if milli < 0 { "-" } else { "" };
    let text = format!("{sign}{}.{:03}", milli.abs() / 1000, milli.abs() % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
