//! `counterfoil-hub`: serves the hosted API, and keeps its database.

mod commands;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Parser, Subcommand};
use counterfoil_domain::{Clock, Entropy, UnixMs};
use counterfoil_hub::{Config, Hub, Sources};
use rand::RngCore as _;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::commands::{Backup, OwnBackups, Restore, Verify};

/// The hosted API of Counterfoil.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Without a command the hub serves.
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the API until SIGTERM or Ctrl-C.
    Serve(Serve),
    /// Prints the API's description (OpenAPI 3.1).
    Openapi,
    /// Begins a new epoch after a backup was restored, so that tills send again what the backup lacks.
    NewEpoch {
        /// `sqlite:PATH` or `postgres://...`.
        #[arg(long, env = "COUNTERFOIL_HUB_DATABASE")]
        database: String,
    },
    /// Backs the database up while hubs serve from it, and tells tills what may be let go of.
    Backup(Backup),
    /// Restores a backup and begins a new epoch, so that tills send again what it lacks.
    Restore(Restore),
    /// Verifies a backup or a live database; exits with 1 where it is not sound.
    Verify(Verify),
}

#[derive(clap::Args)]
struct Serve {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:7878")]
    listen: String,
    /// `sqlite:PATH` or `postgres://...`.
    #[arg(
        long,
        env = "COUNTERFOIL_HUB_DATABASE",
        default_value = "sqlite:counterfoil-hub.db"
    )]
    database: String,
    /// A file that gets the hub's address once it listens.
    #[arg(long)]
    port_file: Option<PathBuf>,
    /// The hub's address as tills reach it, for pairing codes.
    #[arg(long, env = "COUNTERFOIL_HUB_PUBLIC_URL")]
    public_url: Option<String>,
    /// Requests in 15 minutes by a token, or by an address without one.
    #[arg(long, env = "COUNTERFOIL_HUB_RATE_LIMIT", default_value_t = 1000)]
    rate_limit: u32,
    /// Requests in 15 minutes by an address to register, log in and refresh.
    #[arg(long, env = "COUNTERFOIL_HUB_AUTH_RATE_LIMIT", default_value_t = 5)]
    auth_rate_limit: u32,
    /// Believe a proxy's X-Forwarded-For and X-Forwarded-Proto.
    #[arg(long)]
    trust_proxy: bool,
    /// Seconds that requests in flight may take after the signal to stop.
    #[arg(long, default_value_t = 20)]
    grace_s: u64,
    #[command(flatten)]
    backups: OwnBackups,
}

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMs {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        UnixMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    // What a panic says may hold somebody's data: the log gets its place alone.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("counterfoil-hub: {error}"), &mut std::io::stderr());
            ExitCode::FAILURE
        }
    }
}

fn say(line: &str, to: &mut impl std::io::Write) {
    // A closed pipe is no reason to stop serving.
    let _ = writeln!(to, "{line}").and_then(|()| to.flush());
}

fn run(args: Args) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let sources = Sources {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    };
    match args.command {
        None => runtime.block_on(run_hub(args.serve, sources)),
        Some(Command::Openapi) => {
            say(&counterfoil_hub::document()?, &mut std::io::stdout());
            Ok(())
        }
        Some(Command::NewEpoch { database }) => {
            let epoch = runtime.block_on(counterfoil_hub::begin_epoch(&database, &sources))?;
            say(
                &serde_json::json!({ "epoch": epoch }).to_string(),
                &mut std::io::stdout(),
            );
            Ok(())
        }
        Some(Command::Backup(backup)) => {
            let line = runtime.block_on(backup.run(&sources))?;
            say(&line, &mut std::io::stdout());
            Ok(())
        }
        Some(Command::Restore(restore)) => {
            let secret = given_secret();
            let (line, hint) = runtime.block_on(restore.run(secret.as_deref(), &sources))?;
            say(&line, &mut std::io::stdout());
            if let Some(hint) = hint {
                say(&format!("counterfoil-hub: {hint}"), &mut std::io::stderr());
            }
            Ok(())
        }
        Some(Command::Verify(verify)) => {
            let (text, sound) = runtime.block_on(verify.run(&sources))?;
            say(&text, &mut std::io::stdout());
            if sound {
                Ok(())
            } else {
                Err("what was verified is not sound".into())
            }
        }
        Some(Command::Serve(serve)) => runtime.block_on(run_hub(serve, sources)),
    }
}

/// The hub's secret where its operator gives one; never on the command line, which others may read.
fn given_secret() -> Option<String> {
    std::env::var("COUNTERFOIL_HUB_SECRET").ok()
}

async fn run_hub(args: Serve, sources: Sources) -> Outcome {
    let config = Config {
        public_url: args.public_url,
        rate_limit: args.rate_limit,
        auth_rate_limit: args.auth_rate_limit,
        trust_proxy: args.trust_proxy,
        grace: Duration::from_secs(args.grace_s),
        backup: args.backups.plan()?,
        ..Config::default()
    };
    let secret = given_secret();
    let hub = Hub::start(&args.database, secret.as_deref(), config, sources).await?;
    let listener = TcpListener::bind(&args.listen).await?;
    let stop = stop_signal()?;
    let url = format!("http://{}", listener.local_addr()?);
    if let Some(file) = &args.port_file {
        // Appears whole: whoever waits for it never reads half an address.
        let half = file.with_extension("half");
        std::fs::File::create(&half)?.write_all(format!("{url}\n").as_bytes())?;
        std::fs::rename(&half, file)?;
    }
    say(
        &serde_json::json!({ "listening": url }).to_string(),
        &mut std::io::stdout(),
    );
    counterfoil_hub::serve(listener, hub, stop).await?;
    tracing::info!("stopped");
    Ok(())
}

#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        // Without a handler the process simply ends.
        let _ = tokio::signal::ctrl_c().await;
    })
}
