//! People's stories in the app's real window, with the real hub behind it.
//!
//! They need a display and a key store, so a plain `cargo test` passes them by; `cargo xtask test
//! --only stories` brings both and runs them all.

use counterfoil_tests::stage::{Stage, axe};
use counterfoil_tests::till::{self, PLACES, Staff};
use counterfoil_tests::{Failure, Result};

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn the_cashier_unlocks_the_till_with_her_pin() -> Result {
    let stage = Stage::open()?;
    till::unlock(&stage.window, Staff::Rosa)
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn the_owner_unlocks_the_till_with_her_pin() -> Result {
    let stage = Stage::open()?;
    till::unlock(&stage.window, Staff::Carmen)
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn axe_finds_nothing_on_any_place() -> Result {
    let stage = Stage::open()?;
    let axe = axe()?;
    let window = &stage.window;
    window.wait_for(r#"[data-testid="lock-screen"]"#)?;
    let mut found = Vec::new();
    let mut look = |place: &str| -> Result {
        let lines = till::violations(window, &axe)?;
        found.extend(lines.into_iter().map(|line| format!("{place}: {line}")));
        Ok(())
    };
    look("lock")?;
    till::unlock(window, Staff::Carmen)?;
    for place in PLACES {
        till::go(window, place)?;
        look(place)?;
    }
    if found.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(found.join("\n")))
    }
}
