//! Mistakes that others made, or that are easily made, planted one by one: a simulation that misses one is too weak.

use super::command::Arguments;
use super::{Outcome, say};

/// Switches a mistake on for the rest of this process.
///
/// # Errors
/// When this build holds none.
pub fn switch_on(_name: &str) -> Outcome<()> {
    Err(say("this build holds no planted mistakes"))
}

/// Runs the mistakes.
///
/// # Errors
/// When this build holds none.
pub fn command(_arguments: &Arguments, _name: &str) -> Outcome<bool> {
    Err(say("this build holds no planted mistakes"))
}
