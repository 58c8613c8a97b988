//! `counterfoil-proof`: the lanes from a command line. `cargo xtask sim`, `disk`, `crash` and `restore-drill` call it.

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(name = "counterfoil-proof", about = "Attacks on the sync, from a seed")]
struct Arguments {
    #[command(subcommand)]
    lane: Lane,
}

#[derive(clap::Subcommand)]
enum Lane {}

fn main() -> ExitCode {
    match Arguments::parse().lane {}
}
