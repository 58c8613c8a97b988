//! `cargo xtask test`: everything that must pass before a change lands.

use std::process::Command;

use counterfoil_tests::postgres::Cluster;
use counterfoil_tests::{Failure, Result};

use crate::packages;
use crate::project::Project;
use crate::steps::{self, Step};
use crate::{desktop, proof, shell, tools, ui};

/// What the steps share.
struct Run {
    project: Project,
    cluster: Option<Cluster>,
}

/// The order is by cost: what is wrong at a glance fails in the first minute.
const STEPS: &[Step<Run>] = &[
    Step {
        name: "packages",
        about: "the system has what a build and the stories need",
        needs: &[],
        work: |run| {
            let all = [packages::BUILD, packages::WINDOW, packages::DATABASE];
            packages::ensure(&run.project, &all)
        },
    },
    Step {
        name: "npm",
        about: "the UI's packages are installed as locked",
        needs: &[],
        work: |run| ui::install(&run.project),
    },
    Step {
        name: "fmt",
        about: "Rust is formatted",
        needs: &[],
        work: |run| done(run.project.cargo().args(["fmt", "--all", "--check"])),
    },
    Step {
        name: "ui-build",
        about: "the UI builds",
        needs: &["npm"],
        work: |run| ui::build(&run.project),
    },
    Step {
        name: "ui-check",
        about: "the UI's types fit",
        needs: &["npm"],
        work: |run| ui_script(run, "check"),
    },
    Step {
        name: "ui-lint",
        about: "the UI passes its lints",
        needs: &["npm"],
        work: |run| ui_script(run, "lint"),
    },
    Step {
        name: "ui-fmt",
        about: "the UI is formatted",
        needs: &["npm"],
        work: |run| ui_script(run, "format:check"),
    },
    Step {
        name: "ui-test",
        about: "the UI's unit tests",
        needs: &["npm"],
        work: |run| ui_script(run, "test"),
    },
    Step {
        name: "deny",
        about: "every dependency's licence and source is allowed, nothing banned is in",
        needs: &[],
        work: deny,
    },
    Step {
        name: "clippy",
        about: "Rust passes its lints",
        needs: &["packages", "ui-build"],
        work: |run| {
            let args = [
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ];
            done(run.project.cargo().args(args))
        },
    },
    Step {
        name: "planted",
        about: "the mistakes that the proof must catch still build",
        needs: &["packages", "ui-build"],
        work: |run| {
            let args = [
                "clippy",
                "--workspace",
                "--lib",
                "--bins",
                "--features",
                "counterfoil-proof/planted",
                "--",
                "-D",
                "warnings",
            ];
            done(run.project.cargo().args(args))
        },
    },
    Step {
        name: "build",
        about: "every program and every test builds",
        needs: &["packages", "ui-build"],
        work: |run| {
            done(
                run.project
                    .cargo()
                    .args(["build", "--workspace", "--all-targets"]),
            )
        },
    },
    Step {
        name: "postgres",
        about: "a throw-away PostgreSQL cluster runs",
        needs: &["packages"],
        work: |run| {
            let cluster = Cluster::start()?;
            let url = cluster.url();
            run.cluster = Some(cluster);
            Ok(url)
        },
    },
    Step {
        name: "rust-test",
        about: "the Rust tests, the hub's on both engines",
        needs: &["build", "postgres"],
        work: rust_test,
    },
    Step {
        name: "sim",
        about: "1,000 seeds of the simulation",
        needs: &["build"],
        work: |run| {
            let said = proof::lane(&run.project, "sim", &["--seeds", "1000"])?;
            Ok(last_line(&said, "sim: "))
        },
    },
    Step {
        name: "disk",
        about: "20,000 seeds of a till on a disk that fails in every way",
        needs: &["build"],
        work: |run| {
            let said = proof::lane(&run.project, "disk", &["--seeds", "20000"])?;
            Ok(format!("acked {}", last_line(&said, "acked ")))
        },
    },
    Step {
        name: "doc-test",
        about: "the examples in the documentation",
        needs: &["build"],
        work: |run| {
            let said =
                shell::run_and_keep(run.project.cargo().args(["test", "--workspace", "--doc"]))?;
            Ok(format!("{} passed", count_passed(&said.out)))
        },
    },
    Step {
        name: "stories",
        about: "people's stories in the real window, with the real hub",
        needs: &["build"],
        work: stories,
    },
];

/// Prints the steps.
pub fn list() {
    for step in STEPS {
        println!("{:10} {}", step.name, step.about);
    }
}

/// Does the steps named in `only`, all when it is empty.
pub fn test(project: Project, only: &[String]) -> Result {
    steps::run(
        STEPS,
        only,
        &mut Run {
            project,
            cluster: None,
        },
    )
}

fn done(command: &mut Command) -> Result<String> {
    shell::run(command)?;
    Ok(String::new())
}

fn ui_script(run: &mut Run, name: &str) -> Result<String> {
    ui::script(&run.project, name)?;
    Ok(String::new())
}

fn deny(run: &mut Run) -> Result<String> {
    let project = &run.project;
    let program = tools::ensure(project, "cargo-deny")?;
    // The check itself stays offline, so all that the lock file names must be here.
    shell::run(project.cargo().args(["fetch", "--locked"]))?;
    let check = |args: &[&str]| {
        let mut command = Command::new(&program);
        command
            .current_dir(&project.root)
            .args(["--offline", "check", "--hide-inclusion-graph"]);
        shell::run(command.args(args))
    };
    check(&["licenses", "bans", "sources"])?;
    if has_advisories() {
        check(&["advisories"])?;
        return Ok("with the advisories of the local database".to_owned());
    }
    println!("    advisories were not looked up: there is no local copy of the advisory database");
    Ok("advisories not looked up: no local database".to_owned())
}

/// Whether cargo-deny finds a copy of the advisory database without a network.
fn has_advisories() -> bool {
    let home = std::env::var_os("CARGO_HOME")
        .map(std::path::PathBuf::from)
        .or_else(|| {
            std::env::var_os("HOME").map(|home| std::path::Path::new(&home).join(".cargo"))
        });
    home.and_then(|home| std::fs::read_dir(home.join("advisory-dbs")).ok())
        .is_some_and(|mut found| found.any(|entry| entry.is_ok_and(|entry| entry.path().is_dir())))
}

fn rust_test(run: &mut Run) -> Result<String> {
    let mut command = run.project.cargo();
    let nextest = shell::has("cargo-nextest");
    if nextest {
        command.args([
            "nextest",
            "run",
            "--config-file",
            ".ci/nextest.toml",
            "--workspace",
            "--no-fail-fast",
        ]);
        command.args(["--status-level", "slow", "--final-status-level", "fail"]);
    } else {
        command.args([
            "test",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
            "--no-fail-fast",
        ]);
    }
    if let Some(cluster) = &run.cluster {
        command.env("COUNTERFOIL_TEST_POSTGRES_URL", cluster.url());
    }
    let said = shell::run_and_keep(&mut command)?;
    if !nextest {
        return Ok(format!("{} passed", count_passed(&said.out)));
    }
    let summary = said
        .err
        .lines()
        .rev()
        .find(|line| line.contains("tests run:"));
    Ok(summary
        .and_then(|line| line.split_once("] "))
        .map_or_else(String::new, |(_, rest)| rest.trim().to_owned()))
}

fn stories(run: &mut Run) -> Result<String> {
    let home = tempfile::Builder::new()
        .prefix("counterfoil-desktop-")
        .tempdir()?;
    let cargo = run.project.cargo();
    let mut command = desktop::command(home.path(), cargo.get_program())?;
    command
        .current_dir(&run.project.root)
        .args(["test", "--workspace", "--test", "e2e"])
        .args(["--", "--ignored", "--test-threads=1"])
        .env_remove("CARGO_MANIFEST_DIR")
        .env("COUNTERFOIL_E2E_FOLDER", home.path());
    let passed = count_passed(&shell::run_and_keep(&mut command)?.out);
    if passed == 0 {
        return Err(Failure::new("no story ran"));
    }
    Ok(format!("{passed} passed"))
}

/// What a lane says at its end.
fn last_line(said: &str, begins: &str) -> String {
    let line = said
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix(begins));
    line.unwrap_or_default().to_owned()
}

/// Adds up what the summary lines of the standard test harness say.
fn count_passed(said: &str) -> usize {
    said.lines()
        .filter_map(|line| {
            line.split_once("test result: ok. ")?
                .1
                .split(' ')
                .next()?
                .parse::<usize>()
                .ok()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::{STEPS, count_passed};

    #[test]
    fn passed_tests_are_added_up_over_all_programs() {
        let said =
            "test result: ok. 2 passed; 0 failed\nnoise\ntest result: ok. 5 passed; 0 failed";
        assert_eq!(count_passed(said), 7);
    }

    #[test]
    fn every_step_comes_after_what_it_needs() {
        for (index, step) in STEPS.iter().enumerate() {
            for need in step.needs {
                let place = STEPS.iter().position(|other| other.name == *need);
                assert!(
                    place.is_some_and(|place| place < index),
                    "{} needs {need}",
                    step.name
                );
            }
        }
    }
}
