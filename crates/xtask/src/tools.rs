//! Programs from crates.io that the checks bring along: built when missing, once a target folder.

use std::path::PathBuf;

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
