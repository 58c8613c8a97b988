//! A new till beside unpacking and syncing the same bytes:
//! `cargo run --release -p counterfoil-proof --example bench_bootstrap -- [--products N] [--customers N] [--rounds N] [--folder F]`.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Parser;
use counterfoil_proof::bootstrap::{Options, Outcome, measure, role};

#[derive(Parser)]
struct Arguments {
    /// Products of the shop.
    #[arg(long, default_value_t = 100_000)]
    products: u32,
    /// Its customers.
    #[arg(long, default_value_t = 1_000_000)]
    customers: u32,
    /// New tills.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Where the hub lies; one that was filled before is used again. Default: a temporary folder.
    #[arg(long)]
    folder: Option<PathBuf>,
}

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if role(&words)? {
        return Ok(());
    }
    let arguments = Arguments::parse();
    let temporary = tempfile::tempdir()?;
    let report = measure(&Options {
        products: arguments.products,
        customers: arguments.customers,
        rounds: arguments.rounds,
        folder: arguments
            .folder
            .unwrap_or_else(|| temporary.path().to_owned()),
        program: std::env::current_exe()?,
    })?;
    writeln!(
        std::io::stdout(),
        "{}",
        serde_json::to_string_pretty(&report)?
    )?;
    Ok(())
}
