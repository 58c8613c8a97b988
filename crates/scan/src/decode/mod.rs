//! The decoding door: a grey picture goes in, the codes in it come out.
//!
//! [`Scanner`] holds the cascade of readers over the frames of a camera; [`decode`] shows it one
//! picture and gives it all the time it wants.

mod bars;
mod binary;
mod budget;
mod corners;
mod field;
mod grid;
mod guard;
mod hint;
mod ink;
mod qr;
mod scanner;
mod symbol;
mod tries;
mod triples;
mod vote;
mod work;

pub use budget::Stopwatch;
pub use guard::caught_panics;
pub(crate) use guard::guarded;
pub use hint::Hint;
pub use scanner::{ScanLimits, Scanner, Sight};

use std::time::Duration;

use crate::ean;
use crate::frame::GreyFrame;
use crate::types::{Found, Point};

/// The codes in a picture that there is only one of: everything is tried until something reads.
#[must_use]
pub fn decode(frame: &GreyFrame) -> Vec<Found> {
    // A clock that stands still never ends the budget.
    Scanner::default().look(frame, &|| Duration::ZERO).found
}

/// Adds what is new and valid: the same code read twice is one code.
pub(crate) fn merge(found: &mut Vec<Found>, more: Vec<Found>) {
    for one in more {
        let known = found
            .iter()
            .any(|f| f.code == one.code && f.kind == one.kind);
        if !known && ean::is_valid(&one.code, one.kind) {
            found.push(one);
        }
    }
}

/// A place in pixels as shares of a picture's size.
fn share(x: f32, y: f32, frame: &GreyFrame) -> Point {
    Point {
        x: (x / frame.width() as f32).clamp(0.0, 1.0),
        y: (y / frame.height() as f32).clamp(0.0, 1.0),
    }
}
