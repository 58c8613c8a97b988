//! The project's own commands: `cargo xtask run`, `test`, `screenshots`, `bench`, and the proof's lanes.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a developer's command has to say belongs on the terminal"
)]

mod bench;
mod camera_vm;
mod check_android;
mod desktop;
mod fuzz;
mod interrupt;
mod packages;
mod project;
mod proof;
mod run;
mod screenshots;
mod shell;
mod soak;
mod steps;
mod test;
mod tools;
mod ui;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use project::Profile;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Counterfoil's own commands",
    disable_version_flag = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing, build, and open the demo shop paired to a hub
    Run(run::Options),
    /// Pass everything that must pass
    Test {
        /// Only this step and what it needs; may be repeated
        #[arg(long, value_name = "STEP")]
        only: Vec<String>,
        /// Name the steps and end
        #[arg(long)]
        list: bool,
    },
    /// Take pictures of every place from the running app
    Screenshots(screenshots::Options),
    /// Measure
    #[command(subcommand)]
    Bench(Bench),
    /// Prove the sync by simulation
    Sim(proof::Options),
    /// Prove the store on failing disks
    Disk(proof::Options),
    /// Prove the programs by killing them
    Crash(proof::Options),
    /// Prove that restored hubs and tills fill each other again
    RestoreDrill(proof::Options),
    /// Feed arbitrary bytes to what reads frames, payloads and keys
    Fuzz(fuzz::Options),
    /// See what the camera code does on a kernel that has cameras, in an emulated machine
    CameraVm(camera_vm::Options),
    /// Check the whole app for Android, by Debian's own compiler
    CheckAndroid,
    /// Hold codes before a staged camera for an hour, and count
    Soak(soak::Options),
}

#[derive(Subcommand)]
enum Bench {
    /// From the start of the app to its first usable screen: median of some starts
    Startup {
        /// How many starts
        #[arg(long, default_value_t = 5)]
        times: usize,
        /// Where the prepared shop lies; set by the command itself
        #[arg(long, hide = true)]
        inside: Option<PathBuf>,
    },
    /// What the camera's picture on the screen costs: pictures a second and shares of a core, a camera of 720p at 30
    Preview(bench::preview::Options),
    /// Recall, false reads and time of the code readers on a set of pictures
    Scan(bench::scan::Options),
    /// From the text of a decoded card to its committed stamp, beside what SQLite needs for one row
    Stamp {
        /// How many customers' cards
        #[arg(long, default_value_t = 200)]
        customers: u32,
        /// Measure the optimised build; making it takes minutes
        #[arg(long)]
        release: bool,
    },
    /// The sync beside what the machine can do at all: medians of ratios, see docs/benchmarks.md
    Sync(bench::SyncOptions),
    /// The sync beside others': documents pushed by one client and pulled by a second
    Peers(bench::peers::Options),
}

fn main() -> ExitCode {
    let task = Arguments::parse().command;
    if let Err(error) = interrupt::listen() {
        eprintln!("xtask: {error}");
        return ExitCode::FAILURE;
    }
    let result = project::Project::find().and_then(|project| match task {
        Task::Run(options) => run::run(&project, &options),
        Task::Test { list: true, .. } => {
            test::list();
            Ok(())
        }
        Task::Test { only, .. } => test::test(project, &only),
        Task::Screenshots(options) => screenshots::take(&project, &options),
        Task::Bench(Bench::Startup { times, inside }) => {
            bench::startup(&project, times, inside.as_deref())
        }
        Task::Bench(Bench::Preview(options)) => bench::preview::preview(&project, &options),
        Task::Bench(Bench::Scan(options)) => bench::scan::scan(&project, &options),
        Task::Bench(Bench::Stamp { customers, release }) => {
            bench::stamp(&project, customers, Profile::asked(release))
        }
        Task::Bench(Bench::Sync(options)) => bench::sync(&project, &options),
        Task::Bench(Bench::Peers(options)) => bench::peers::peers(&project, &options),
        Task::Sim(options) => proof::run(&project, "sim", &options),
        Task::Disk(options) => proof::run(&project, "disk", &options),
        Task::Crash(options) => proof::run(&project, "crash", &options),
        Task::RestoreDrill(options) => proof::run(&project, "restore-drill", &options),
        Task::Fuzz(options) => fuzz::fuzz(&project, &options),
        Task::CameraVm(options) => camera_vm::run(&project, &options),
        Task::CheckAndroid => check_android::run(&project),
        Task::Soak(options) => soak::soak(&project, &options),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if interrupt::happened() => ExitCode::from(130),
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
