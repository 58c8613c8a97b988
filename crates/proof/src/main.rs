//! `counterfoil-proof`: the lanes from a command line. `cargo xtask sim`, `disk`, `crash` and `restore-drill` call it.

use std::process::ExitCode;

use clap::Parser;
use counterfoil_proof::{crash, disk, sim};

#[derive(Parser)]
#[command(name = "counterfoil-proof", about = "Attacks on the sync, from a seed")]
struct Arguments {
    #[command(subcommand)]
    lane: Lane,
}

#[derive(clap::Subcommand)]
enum Lane {
    /// Tills and a hub in virtual time, under every fault
    Sim(sim::Arguments),
    /// The store on a disk that loses power, tears sectors, fills up and fails to sync
    Disk(disk::Options),
    /// The real programs, killed and stopped at random moments behind a faulty network
    Crash(crash::Options),
    /// Hubs and tills restored from old copies under load
    RestoreDrill(crash::Options),
    /// Operations from till to hub to till, timed; `cargo xtask bench peers` asks
    #[command(hide = true)]
    Rounds(crash::rounds::Options),
    /// One till's process
    #[command(hide = true)]
    Till(crash::till::Options),
}

fn main() -> ExitCode {
    match Arguments::parse().lane {
        Lane::Sim(arguments) => sim::command(&arguments),
        Lane::Disk(options) => disk::command(&options),
        Lane::Crash(options) => crash::command(&options),
        Lane::RestoreDrill(options) => crash::drill(&options),
        Lane::Rounds(options) => crash::rounds::command(&options),
        Lane::Till(options) => crash::till::command(&options),
    }
}
