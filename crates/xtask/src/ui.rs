//! The UI's own tools, and building it only when something in it changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use counterfoil_tests::{Failure, Result};
use serde_json::{Map, Value};

use crate::project::Project;
use crate::shell;

/// Installs the UI's packages, exactly as locked, unless that was done already.
pub fn install(project: &Project) -> Result<String> {
    if !shell::has("npm") {
        return Err(Failure::new(
            "npm is missing: install Node 20.19 or newer, from nodejs.org",
        ));
    }
    if is_installed(&project.ui()) {
        return Ok("unchanged".to_owned());
    }
    shell::timed("npm ci", || {
        shell::run(npm(project).args(["ci", "--no-audit", "--no-fund"]))
    })?;
    Ok(String::new())
}

/// Whether what npm noted as installed is what the lock file asks for.
fn is_installed(ui: &Path) -> bool {
    let packages = |file: &str| -> Option<Map<String, Value>> {
        let text = fs::read_to_string(ui.join(file)).ok()?;
        serde_json::from_str::<Value>(&text)
            .ok()?
            .get("packages")?
            .as_object()
            .cloned()
    };
    let locked = packages("package-lock.json");
    let installed = packages("node_modules/.package-lock.json");
    let (Some(locked), Some(installed)) = (locked, installed) else {
        return false;
    };
    let version = |package: &Value| package.get("version").cloned();
    // What is optional is there or not, depending on the system; the first entry is the UI itself.
    let is_needed = |name: &str, package: &Value| {
        !name.is_empty() && package.get("optional") != Some(&Value::Bool(true))
    };
    let is_locked = |(name, package): (&String, &Value)| {
        locked
            .get(name)
            .is_some_and(|wanted| version(wanted) == version(package))
    };
    installed.iter().all(is_locked)
        && locked
            .iter()
            .filter(|(name, package)| is_needed(name, package))
            .all(|(name, _)| installed.contains_key(name))
}

/// Builds the UI unless what lies in `ui/dist` came from the same sources.
pub fn build(project: &Project) -> Result<String> {
    let ui = project.ui();
    let mark = project.mark(ui.join("node_modules/.xtask-built"), &sources(project)?)?;
    if mark.is_set() && ui.join("dist/index.html").is_file() {
        return Ok("unchanged".to_owned());
    }
    shell::timed("building the UI", || script(project, "build"))?;
    mark.set()?;
    Ok(String::new())
}

/// Runs a script of `ui/package.json`.
pub fn script(project: &Project, name: &str) -> Result {
    shell::run(npm(project).args(["run", "--silent", name]))
}

fn npm(project: &Project) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(project.ui());
    command
}

/// Everything that the UI is built from, without what a build makes.
fn sources(project: &Project) -> Result<Vec<PathBuf>> {
    let ui = project.ui();
    let made = ["node_modules", "dist", "src", "coverage"].map(|name| ui.join(name));
    let paraglide = ui.join("src/paraglide");
    let mut sources = vec![project.root.join("assets")];
    for folder in [ui.clone(), ui.join("src")] {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if !made.contains(&path) && path != paraglide {
                sources.push(path);
            }
        }
    }
    sources.sort();
    Ok(sources)
}
