//! What the window may call is written down, and is exactly what the shell offers.
//!
//! `COUNTERFOIL_BLESS=1 cargo test -p counterfoil-tests --test rights` writes the list anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use counterfoil_tests::stage::project;
use counterfoil_tests::{Failure, Result};

const LIST: &str = "src-tauri/permissions/till.toml";

/// The functions marked as commands under `src-tauri/src/commands`.
fn commands() -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(project().join("src-tauri/src/commands"))? {
        let source = fs::read_to_string(entry?.path())?;
        for part in source.split("#[tauri::command").skip(1) {
            let function = part.split_once("fn ").map_or("", |(_, rest)| rest);
            let end = function.find(['(', '<']).unwrap_or(0);
            names.insert(function.get(..end).unwrap_or_default().to_owned());
        }
    }
    Ok(names)
}

fn list(commands: &BTreeSet<String>) -> Result<String> {
    let mut text = String::from(
        "# The app's own commands, and no others. Held by tests/tests/rights.rs.\n\n\
         [[permission]]\nidentifier = \"till\"\ndescription = \"Everything a person at the till can ask for.\"\n\
         commands.allow = [\n",
    );
    for command in commands {
        writeln!(text, "    \"{command}\",").map_err(|error| Failure::new(error.to_string()))?;
    }
    text.push_str("]\n");
    Ok(text)
}

#[test]
fn the_window_may_call_exactly_the_shells_commands() -> Result {
    let wanted = list(&commands()?)?;
    let file = project().join(LIST);
    if std::env::var_os("COUNTERFOIL_BLESS").is_some() {
        fs::write(&file, &wanted)?;
    }
    let written = fs::read_to_string(&file)?;
    if written == wanted {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{LIST} differs from the commands in src-tauri/src/commands; to write it anew:\n  \
         COUNTERFOIL_BLESS=1 cargo test -p counterfoil-tests --test rights\nwanted:\n{wanted}"
    )))
}
