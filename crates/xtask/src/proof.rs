//! The lanes of the proof: `cargo xtask sim`, `disk`, `crash` and `restore-drill` build `counterfoil-proof` and hand it what was typed.

use std::ffi::OsString;

use clap::Args;
use counterfoil_tests::Result;

use crate::project::{Profile, Project};
use crate::{packages, shell};

/// What every lane takes; everything else is the lane's own: see its `--help`.
#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Options {
    /// What the lane is told
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "OPTIONS"
    )]
    options: Vec<OsString>,
}

/// Which build a lane wants.
struct Build {
    profile: Profile,
    planted: bool,
}

/// Builds the lanes and runs one. `--release` is meant for the build; `--planted` brings in the planted mistakes, which
/// no other build holds.
pub fn run(project: &Project, lane: &str, options: &Options) -> Result {
    let typed: Vec<&str> = options.options.iter().filter_map(|o| o.to_str()).collect();
    let named = |name: &str| {
        typed
            .iter()
            .any(|o| *o == name || o.starts_with(&format!("{name}=")))
    };
    let build = Build {
        profile: Profile::asked(named("--release")),
        // The other lanes plant theirs outside the product.
        planted: lane == "sim" && named("--planted"),
    };
    // The lanes of processes start a server of their own, unless they are told not to.
    let on_files = typed.contains(&"--engine=sqlite")
        || typed.windows(2).any(|two| two == ["--engine", "sqlite"]);
    if ["crash", "restore-drill"].contains(&lane) && !on_files {
        packages::ensure(project, &[packages::DATABASE])?;
    }
    let program = built(project, &build)?;
    let rest = options.options.iter().filter(|o| *o != "--release");
    shell::run(project.command(&program).arg(lane).args(rest))
}

/// Runs a lane as it is tested, with the program that the whole workspace's build left. Its result, without what it told on the way.
pub fn lane(project: &Project, lane: &str, options: &[&str]) -> Result<String> {
    let program = project.programs(Profile::Debug).path("counterfoil-proof")?;
    let mut command = project.command(&program.to_string_lossy());
    Ok(shell::run_and_keep(command.arg(lane).args(options))?.out)
}

/// Where the program lies after it was built.
fn built(project: &Project, build: &Build) -> Result<String> {
    packages::ensure(project, &[packages::BUILD])?;
    let mut cargo = project.cargo();
    // The lanes of processes start the hub's program, which lies beside the proof's.
    cargo.args(["build", "--quiet", "--package", "counterfoil-proof"]);
    cargo.args(["--package", "counterfoil-hub"]);
    build.profile.ask(&mut cargo);
    if build.planted {
        cargo.args(["--features", "planted"]);
    }
    shell::timed("building the proof", || shell::run(&mut cargo))?;
    let program = project.programs(build.profile).path("counterfoil-proof")?;
    Ok(program.to_string_lossy().into_owned())
}
