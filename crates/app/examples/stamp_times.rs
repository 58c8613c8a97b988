//! How long a stamp takes, from the text of a decoded card to the commit, on the demo shop.
//!
//! `stamp_times FOLDER COUNT` makes the demo shop in an empty folder, scans each customer's card once, and prints
//! microseconds, a line for each stamp that was given. `cargo xtask bench stamp` reads them.
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

#[path = "../tests/common/secrets.rs"]
mod secrets;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use counterfoil_app::view::{CardFormat, Failure, ScanOutcome, ScanVia, StampOutcome};
use counterfoil_app::{Config, Counterfoil, Host};
use secrets::MemoryKeyring;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("which folder?")?;
    let count: u32 = args.next().ok_or("how many stamps?")?.parse()?;
    let config = Config {
        sync: false,
        ..Config::at(Path::new(&folder))
    };
    let host = Host {
        secrets: Arc::new(MemoryKeyring::default()),
        ..Host::system()
    };
    let app = Counterfoil::open(config, host).map_err(worded)?;
    app.load_demo().map_err(worded)?;
    app.act_as(Some("Rosa")).map_err(worded)?;
    // What the camera would hand over, read from the cards that customers carry.
    let mut cards = Vec::new();
    for customer in app.customers("", count).map_err(worded)? {
        let saved = app
            .save_card(customer.customer_id, CardFormat::Png)
            .map_err(worded)?;
        let picture = std::fs::read(&saved.path)?;
        let codes = app.inspect_picture(&picture).map_err(worded)?;
        cards.extend(codes.into_iter().map(|found| found.code));
    }
    for card in cards {
        let started = Instant::now();
        let outcome = app.scan_text(&card, ScanVia::Camera).map_err(worded)?;
        let took = started.elapsed();
        // Who was stamped in the last minutes of the demo's day has to wait.
        if let ScanOutcome::Customer {
            stamp: StampOutcome::Given { .. },
            ..
        } = outcome
        {
            println!("{}", took.as_micros());
        }
    }
    Ok(())
}

fn worded(failure: Failure) -> String {
    format!("{}: {}", failure.code, failure.message)
}
