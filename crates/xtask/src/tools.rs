//! Programs from crates.io that the checks bring along: built when missing, once a target folder.

use std::fs;
use std::path::{Path, PathBuf};

use counterfoil_tests::Result;

use crate::project::Project;
use crate::shell;

/// The program of that name, as the person has it or else as it was built here.
pub fn ensure(project: &Project, name: &str) -> Result<PathBuf> {
    if shell::has(name) {
        return Ok(name.into());
    }
    let tools = project.target.join("tools");
    let ours = tools.join("bin").join(name);
    if !ours.is_file() {
        shell::timed(&format!("building {name}"), || {
            let mut install = project.cargo();
            install
                .args(["install", "--quiet", "--locked", name, "--root"])
                .arg(&tools);
            // In a folder of its own, which cargo removes afterwards.
            shell::run(install.env_remove("CARGO_TARGET_DIR"))
        })?;
    }
    Ok(ours)
}

/// A program in one version, so that figures of two days are of one program.
pub struct Pinned {
    /// The package, `name@version`.
    pub package: &'static str,
    /// What else cargo is told about it.
    pub args: &'static [&'static str],
}

/// Builds `programs` into `root`, where cargo puts them below `bin`. What several need is built once.
pub fn install(project: &Project, root: &Path, programs: &[Pinned]) -> Result {
    let build = root.join("build");
    for program in programs {
        let mut install = project.cargo();
        install
            .args(["install", "--quiet", "--locked", program.package])
            .args(program.args)
            .arg("--root")
            .arg(root)
            .env("CARGO_TARGET_DIR", &build);
        shell::run(&mut install)?;
    }
    // A gigabyte that nobody asks for again; there is none when both were installed before.
    if build.exists() {
        fs::remove_dir_all(build)?;
    }
    Ok(())
}
