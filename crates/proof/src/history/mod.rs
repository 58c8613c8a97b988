//! The checker: reads what was asked, answered and stored, and says what cannot have happened.
//!
//! It knows nothing of a till's own bookkeeping: it reads the lines that tills wrote about what they were asked and what
//! they answered, what a stranger pulls from the hub afterwards, and the rows that tills show in the end.

mod check;
mod lines;
#[cfg(test)]
mod tests;

pub use check::{Evidence, Replica, Verdict, check};
pub use lines::{History, Line, Recorder};
