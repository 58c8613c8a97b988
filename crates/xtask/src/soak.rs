//! `cargo xtask soak`: an hour of pictures through the camera thread and the scanner, with codes that come and go.

use clap::Args;
use counterfoil_tests::Result;

use crate::project::Project;
use crate::{packages, shell};

/// For how long, and how fast.
#[derive(Args)]
pub struct Options {
    /// How many minutes
    #[arg(long, default_value_t = 60)]
    minutes: u32,
    /// Pictures a second
    #[arg(long, default_value_t = 30)]
    fps: u32,
}

/// Builds the staged camera's program and runs it; it fails where a code is lost or told twice, and where memory grows.
pub fn soak(project: &Project, options: &Options) -> Result {
    packages::ensure(project, &[packages::BUILD])?;
    let mut build = project.cargo();
    build.args(["build", "--quiet", "--package", "counterfoil-scan"]);
    build.args(["--example", "soak"]);
    shell::timed("building", || shell::run(&mut build))?;
    let program = project.target.join("debug/examples/soak");
    let mut soak = project.command(&program.to_string_lossy());
    soak.arg(options.minutes.to_string());
    soak.arg(options.fps.to_string());
    shell::timed(
        &format!("{} minutes before the camera", options.minutes),
        || shell::run(&mut soak),
    )
}
