//! The till's screen as a story speaks of it: who unlocks it, which places it has, how it looks.

use serde_json::{Value, json};

use crate::webdriver::Window;
use crate::{Failure, Result};

/// A person of the demo shop who may use the till.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Staff {
    /// Sells and stamps.
    Rosa,
    /// Owns the shop.
    Carmen,
}

impl Staff {
    /// The name on the lock screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rosa => "Rosa",
            Self::Carmen => "Carmen",
        }
    }

    fn pin(self) -> &'static str {
        match self {
            Self::Rosa => "2222",
            Self::Carmen => "1111",
        }
    }
}

/// A size of the window, in CSS pixels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Size {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

/// A phone held upright.
pub const PHONE: Size = Size {
    width: 390,
    height: 844,
};
/// A tablet on its side.
pub const TABLET: Size = Size {
    width: 1024,
    height: 768,
};
/// A desk.
pub const DESKTOP: Size = Size {
    width: 1440,
    height: 900,
};

/// Colours of the screen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Theme {
    /// Ink on paper.
    Light,
    /// Paper on ink.
    Dark,
}

impl Theme {
    /// The name that the UI knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// Places that an address alone opens, in the order of the work. `lock` and `pay` are reached otherwise.
pub const PLACES: &[&str] = &[
    "counter",
    "stamp",
    "customers",
    "sales",
    "shift",
    "owner",
    "visits",
    "merchants",
    "sync",
    "settings",
];

/// Places that show one of their items when its id follows in the address.
pub const PLACES_WITH_ITEMS: &[&str] = &["customers", "sales", "visits"];

/// The lock screen.
pub const LOCK: &str = r#"[data-testid="lock-screen"]"#;

/// Locks the till.
///
/// # Errors
/// When the lock screen does not come.
pub fn lock(window: &Window) -> Result {
    window.go("#/lock")?;
    window.wait_for(LOCK)
}

/// Puts the first three products into an empty cart; leaves a cart with lines alone.
///
/// # Errors
/// When there are no products.
pub fn fill_cart(window: &Window) -> Result {
    go(window, "counter")?;
    if window.count(r#"[data-testid^="cart-line-"]"#)? > 0 {
        return Ok(());
    }
    window.wait_for(r#"[data-testid^="product-"]"#)?;
    let script = r#"return [...document.querySelectorAll('[data-testid^="product-"]')]
        .slice(0, 3).map(e => e.dataset.testid)"#;
    let products = window.run(script, &[])?;
    for id in products
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        window.click(&format!(r#"[data-testid="{id}"]"#))?;
    }
    Ok(())
}

/// Unlocks the till for `staff` and waits for the counter.
///
/// # Errors
/// When the lock screen does not come, or does not open.
pub fn unlock(window: &Window, staff: Staff) -> Result {
    window.wait_for(LOCK)?;
    choose(window, staff)?;
    for digit in staff.pin().chars() {
        window.click(&format!(r#"[data-testid="pin-{digit}"]"#))?;
    }
    window.wait_for(r#"[data-testid="counter"]"#)
}

/// Clicks the person on the lock screen.
fn choose(window: &Window, staff: Staff) -> Result {
    window.wait_for(r#"[data-testid^="staff-"]"#)?;
    let script = r#"const found = [...document.querySelectorAll('[data-testid^="staff-"]')]
        .find(e => e.innerText.includes(arguments[0])); return found?.dataset.testid ?? null"#;
    let id = window.run(script, &[json!(staff.name())])?;
    let id = id
        .as_str()
        .ok_or_else(|| Failure::new(format!("{} is not on the lock screen", staff.name())))?;
    window.click(&format!(r#"[data-testid="{id}"]"#))
}

/// Opens `place` and waits until it is shown and stands still.
///
/// # Errors
/// When the place does not appear.
pub fn go(window: &Window, place: &str) -> Result {
    window.go(&format!("#/{place}"))?;
    window.wait_for(&format!(r#"[data-testid="{place}"]"#))?;
    window.settle()
}

/// The address of the first item that `place` lists, such as `#/customers/ID`.
///
/// # Errors
/// When the window is gone.
pub fn first_item(window: &Window, place: &str) -> Result<Option<String>> {
    let script = "return document.querySelector(`a[href^='#/${arguments[0]}/']`)
        ?.getAttribute('href') ?? null";
    let found = window.run(script, &[json!(place)])?;
    Ok(found.as_str().map(str::to_owned))
}

/// Sets colours and language as the settings place does, keeps things still, and starts the page anew.
///
/// # Errors
/// When the page does not come back.
pub fn appearance(window: &Window, theme: Theme, language: &str) -> Result {
    let script = "localStorage.setItem('counterfoil.preferences',
            JSON.stringify({theme: arguments[0], sounds: false, motion: 'still'}));
        localStorage.setItem('PARAGLIDE_LOCALE', arguments[1]);
        window.name = 'before'; location.reload()";
    window.run(script, &[json!(theme.name()), json!(language)])?;
    crate::wait::until(
        crate::webdriver::PATIENCE,
        "the page after its reload",
        || {
            let fresh =
                "return document.readyState === 'complete' && document.body.innerText !== ''";
            Ok(window
                .run(fresh, &[])
                .is_ok_and(|value| value == json!(true))
                .then_some(()))
        },
    )
}

/// What axe finds wrong with the page as it is now: a line for each violation.
///
/// `axe` is the source of axe-core.
///
/// # Errors
/// When axe cannot run.
pub fn violations(window: &Window, axe: &str) -> Result<Vec<String>> {
    window.run(&format!("if (!window.axe) {{ {axe} }}"), &[])?;
    let found = window.run_async(
        "const result = await axe.run(document, {resultTypes: ['violations']});
         return result.violations.map(v =>
           `${v.id} (${v.impact}): ${v.help}: ${v.nodes.map(n => n.html).slice(0, 3).join(' | ')}`)",
        &[],
    )?;
    let lines = found.as_array().cloned().unwrap_or_default();
    Ok(lines
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect())
}
