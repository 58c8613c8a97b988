//! Which crate may know which, and who alone may name the heavy libraries.

use std::collections::BTreeSet;
use std::process::Command;

use counterfoil_tests::failure::Context as _;
use counterfoil_tests::stage::project;
use counterfoil_tests::{Failure, Result};
use serde_json::Value;

/// Every edge that the code may have. `counterfoil` is the shell in `src-tauri`.
const ALLOWED: &[(&str, &[&str])] = &[
    ("counterfoil", &["counterfoil-app"]),
    (
        "counterfoil-app",
        &[
            "counterfoil-domain",
            "counterfoil-protocol",
            "counterfoil-receipt",
            "counterfoil-scan",
            "counterfoil-store",
            "counterfoil-sync",
        ],
    ),
    ("counterfoil-cli", &["counterfoil-app"]),
    ("counterfoil-domain", &[]),
    // Feeds bytes to whatever reads a code, and ships in nothing.
    (
        "counterfoil-fuzz",
        &[
            "counterfoil-domain",
            "counterfoil-protocol",
            "counterfoil-scan",
        ],
    ),
    (
        "counterfoil-hub",
        &["counterfoil-domain", "counterfoil-protocol"],
    ),
    ("counterfoil-protocol", &["counterfoil-domain"]),
    // Attacks everything and ships in nothing.
    (
        "counterfoil-proof",
        &[
            "counterfoil-domain",
            "counterfoil-hub",
            "counterfoil-protocol",
            "counterfoil-store",
            "counterfoil-sync",
            "counterfoil-testkit",
            "counterfoil-tests",
        ],
    ),
    ("counterfoil-receipt", &["counterfoil-domain"]),
    ("counterfoil-scan", &[]),
    ("counterfoil-store", &["counterfoil-domain"]),
    (
        "counterfoil-sync",
        &[
            "counterfoil-domain",
            "counterfoil-protocol",
            "counterfoil-store",
        ],
    ),
    ("counterfoil-testkit", &["counterfoil-domain"]),
    ("counterfoil-tests", &[]),
    ("xtask", &["counterfoil-tests"]),
];

/// Crates whose tests may use everything: they hold the stories across crates.
const MAY_TEST_ALL: &[&str] = &["counterfoil-tests"];

/// Libraries that only these crates name, be it for their tests.
const ALONE: &[(&str, &[&str])] = &[
    ("tauri", &["counterfoil"]),
    ("tauri-build", &["counterfoil"]),
    ("tauri-plugin-barcode-scanner", &["counterfoil"]),
    ("tauri-specta", &["counterfoil"]),
    ("rusqlite", &["counterfoil-store"]),
    ("axum", &["counterfoil-hub"]),
    // The proof's judge reads the hub's tables itself.
    ("sqlx", &["counterfoil-hub", "counterfoil-proof"]),
    ("nokhwa", &["counterfoil-scan"]),
    ("v4l", &["counterfoil-scan"]),
    ("rqrr", &["counterfoil-scan"]),
    ("rxing", &["counterfoil-scan"]),
    ("serialport", &["counterfoil-scan"]),
    (
        "reqwest",
        &["counterfoil-sync", "counterfoil-hub", "counterfoil-tests"],
    ),
    ("keyring", &["counterfoil-app"]),
];

/// What a pure crate must not be able to reach: an executor, a clock, randomness, the network.
const IMPURE: &[&str] = &[
    "tokio",
    "futures",
    "async-trait",
    "rand",
    "getrandom",
    "reqwest",
    "tempfile",
];

struct Edge {
    from: String,
    to: String,
    for_tests: bool,
}

/// What the manifests declare. Nothing is resolved, so nothing needs to have been downloaded.
fn edges() -> Result<Vec<Edge>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version=1"])
        .current_dir(project())
        .output()?;
    let metadata: Value =
        serde_json::from_slice(&output.stdout).context(String::from_utf8_lossy(&output.stderr))?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut edges = Vec::new();
    for package in list(&metadata["packages"]) {
        for dependency in list(&package["dependencies"]) {
            edges.push(Edge {
                from: text(&package["name"]),
                to: text(&dependency["name"]),
                for_tests: dependency["kind"] == "dev",
            });
        }
    }
    Ok(edges)
}

fn none(broken: &[String]) -> Result {
    if broken.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("not allowed:\n{}", broken.join("\n"))))
}

#[test]
fn a_crate_knows_only_the_crates_it_may_know() -> Result {
    let ours: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    let broken: Vec<String> = edges()?
        .iter()
        .filter(|edge| ours.contains(edge.to.as_str()))
        .filter(|edge| {
            let may = ALLOWED.iter().find(|(name, _)| *name == edge.from);
            let in_code = may.is_some_and(|(_, to)| to.contains(&edge.to.as_str()));
            let in_tests = edge.for_tests
                && (edge.to == "counterfoil-testkit" || MAY_TEST_ALL.contains(&edge.from.as_str()));
            !in_code && !in_tests
        })
        .map(|edge| format!("{} -> {}", edge.from, edge.to))
        .collect();
    none(&broken)
}

#[test]
fn every_crate_of_the_workspace_has_its_edges_written_down() -> Result {
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    let unknown: BTreeSet<String> = edges()?
        .into_iter()
        .map(|edge| edge.from)
        .filter(|name| !known.contains(name.as_str()))
        .collect();
    none(&unknown.into_iter().collect::<Vec<_>>())
}

#[test]
fn a_heavy_library_is_named_only_by_the_crate_that_wraps_it() -> Result {
    let broken: Vec<String> = edges()?
        .iter()
        .filter(|edge| {
            ALONE
                .iter()
                .any(|(library, by)| *library == edge.to && !by.contains(&edge.from.as_str()))
        })
        .map(|edge| format!("{} -> {}", edge.from, edge.to))
        .collect();
    none(&broken)
}

#[test]
fn domain_and_protocol_can_reach_no_executor_no_network_and_no_randomness() -> Result {
    let broken: Vec<String> = edges()?
        .iter()
        .filter(|edge| !edge.for_tests)
        .filter(|edge| ["counterfoil-domain", "counterfoil-protocol"].contains(&edge.from.as_str()))
        .filter(|edge| IMPURE.contains(&edge.to.as_str()))
        .map(|edge| format!("{} -> {}", edge.from, edge.to))
        .collect();
    none(&broken)
}
