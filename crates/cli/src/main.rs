//! `counterfoil-cli`: the till's use cases from a command line, for support and scripts.
//!
//! It opens the same data folder as the app, knows no screen, and needs no PIN: whoever has the files has the shop.

mod args;
mod commands;
mod output;
mod parse;

use std::process::ExitCode;

use clap::Parser as _;
use counterfoil_app::view::Failure;
use counterfoil_app::{Config, Counterfoil, Host};
use tracing_subscriber::EnvFilter;

use crate::args::{Args, Command};
use crate::commands::Health;
use crate::output::Output;

fn main() -> ExitCode {
    let args = Args::parse();
    log_to_stderr();
    let output = Output::new(args.json);
    let outcome = open(&args).and_then(|app| commands::run(&app, &args, &output));
    match outcome {
        Ok(Health::Fine) => ExitCode::SUCCESS,
        Ok(Health::Look) => ExitCode::from(4),
        Ok(Health::Broken) => ExitCode::FAILURE,
        Err(failure) => output.failed(&failure),
    }
}

/// Quiet unless asked: what a command has to say goes to stdout.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("COUNTERFOIL_LOG").unwrap_or_else(|_| "error".into());
    // A second subscriber in one process is no reason to fail a command.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}

fn open(args: &Args) -> Result<Counterfoil, Failure> {
    let mut config = Config::at(&args.data);
    config.hub_override.clone_from(&args.hub);
    config.device_name.clone_from(&args.device_name);
    // Only these wait for the network; the others must not start what they would cut off.
    config.sync = matches!(args.command, Command::Sync { .. } | Command::Demo(_));
    let app = Counterfoil::open(config, Host::system())?;
    if let Some(pin) = &args.secrets_pin {
        commands::secrets::open(&app, pin)?;
    }
    Ok(app)
}
