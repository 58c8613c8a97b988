//! What is done with arbitrary bytes: the bodies of the fuzz targets, which `cargo xtask fuzz` runs under libFuzzer and an
//! ordinary test over the kept corpus. Each panics where a promise does not hold.

mod bytes;
mod frames;
mod payloads;
mod wedge;

pub use frames::frames;
pub use payloads::{Understood, payloads};
pub use wedge::wedge;

use std::collections::BTreeSet;
use std::panic;
use std::sync::{Mutex, PoisonError};

/// Lets readers panic where the scanner catches it, and says each place once. libFuzzer's own hook would end the program at
/// a panic that the product survives; one that nobody catches still ends it.
pub fn let_readers_panic() {
    static PLACES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    panic::set_hook(Box::new(|panicked| {
        let place = panicked.location().map(ToString::to_string);
        let mut places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
        if places.insert(place.unwrap_or_default()) {
            say(&panicked.to_string());
        }
    }));
}

#[allow(
    clippy::print_stderr,
    reason = "a fuzz target has no other way to say where it panicked"
)]
fn say(what: &str) {
    eprintln!("a panic, caught or not: {what}");
}
