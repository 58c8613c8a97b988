//! The till's screen as a story speaks of it: who unlocks it, which places it has, how it looks.

use std::time::Duration;

use serde_json::{Value, json};

use crate::webdriver::{PATIENCE, Window};
use crate::{Failure, Result, wait};

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

    /// What opens the till for them.
    pub fn pin(self) -> &'static str {
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
pub const PLACES_WITH_ITEMS: &[&str] = &["customers", "sales", "visits", "merchants"];

/// How long sync may take to get somewhere: where a hint got lost, the poll behind it comes after twenty seconds.
const SYNC_PATIENCE: Duration = Duration::from_secs(30);

/// The lock screen.
pub const LOCK: &str = r#"[data-testid="lock-screen"]"#;

/// What finds the element that carries this test id.
pub fn id(name: &str) -> String {
    format!(r#"[data-testid="{name}"]"#)
}

/// The element that shows `place` when it is open.
fn element_of(place: &str) -> String {
    // These two share their names with what is done there.
    match place {
        "stamp" => id("stamp-place"),
        "sync" => id("sync-desk"),
        _ => id(place),
    }
}

/// Locks the till.
///
/// # Errors
/// When the lock screen does not come.
pub fn lock(window: &Window) -> Result {
    if window.sees(LOCK)? {
        return Ok(());
    }
    invoke(window, "lock", &json!({}))?;
    reload(window)?;
    window.wait_for(LOCK)?;
    window.wait_for(r#"[data-testid^="staff-"]"#)
}

/// Puts the first three products into an empty cart; leaves a cart with lines alone.
///
/// # Errors
/// When there are no products.
pub fn fill_cart(window: &Window) -> Result {
    go(window, "counter")?;
    if cart_lines(window)? > 0 {
        return Ok(());
    }
    window.wait_for(r#"[data-testid^="product-"]"#)?;
    let script = r#"return [...document.querySelectorAll('[data-testid^="product-"]')]
        .slice(0, 3).map(e => e.dataset.testid)"#;
    let products = window.run(script, &[])?;
    let products = products.as_array().cloned().unwrap_or_default();
    for (before, product) in products.iter().filter_map(Value::as_str).enumerate() {
        window.click(&id(product))?;
        wait_lines(window, before + 1)?;
    }
    Ok(())
}

/// How many lines the cart has.
///
/// # Errors
/// When the till is locked.
pub fn cart_lines(window: &Window) -> Result<usize> {
    let cart = invoke(window, "cart", &json!({}))?;
    Ok(cart["lines"].as_array().map_or(0, Vec::len))
}

/// Waits until the cart has so many lines.
///
/// # Errors
/// When it does not get there.
pub fn wait_lines(window: &Window, lines: usize) -> Result {
    wait::until(PATIENCE, &format!("{lines} lines in the cart"), || {
        Ok((cart_lines(window)? == lines).then_some(()))
    })
    .map_err(|error| window.explain(&error))
}

/// Unlocks the till for `staff`; it shows the place where it was locked.
///
/// # Errors
/// When the lock screen does not come, or does not open.
pub fn unlock(window: &Window, staff: Staff) -> Result {
    window.wait_for(LOCK)?;
    choose(window, staff)?;
    for digit in staff.pin().chars() {
        window.click(&format!(r#"[data-testid="pin-{digit}"]"#))?;
    }
    window.wait_gone(LOCK)
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
    window.wait_for(&element_of(place))?;
    window.wait_gone(&id("loading"))?;
    window.settle()
}

/// Waits until sync is in `state` (`in_step`, `offline`...), and in step means that nothing waits.
///
/// The pill puts what needs a person before that, and the demo shop has conflicts on purpose.
///
/// # Errors
/// When it does not get there.
pub fn wait_sync(window: &Window, state: &str) -> Result {
    wait::until(SYNC_PATIENCE, &format!("sync {state}"), || {
        let status = invoke(window, "sync_status", &json!({}))?;
        let all_sent = state != "in_step" || status["waiting"] == json!(0);
        Ok((status["state"] == json!(state) && all_sent).then_some(()))
    })
}

/// Waits until the pill in the bar says `words`, as a person reads it.
///
/// # Errors
/// When it does not.
pub fn wait_pill(window: &Window, words: &str) -> Result {
    window.wait_text(&id("sync-pill"), words)
}

/// The address of the first item that `place` lists, such as `#/customers/ID`.
///
/// # Errors
/// When the window is gone.
pub fn first_item(window: &Window, place: &str) -> Result<Option<String>> {
    let script = "return document.querySelector(`a[href^='#/${arguments[0]}/']`)
        ?.getAttribute('href') ?? null";
    let found = window.run(script, &[json!(place)])?;
    if let Some(address) = found.as_str() {
        return Ok(Some(address.to_owned()));
    }
    // A list of buttons: press the first row and see where that leads.
    let row = format!(r#"[data-testid="{}-row"]"#, place.trim_end_matches('s'));
    if window.count(&row)? == 0 {
        return Ok(None);
    }
    window.click(&row)?;
    wait::until(PATIENCE, "the item", || {
        let hash = window.run("return location.hash", &[])?;
        let hash = hash.as_str().unwrap_or_default().to_owned();
        Ok((hash.matches('/').count() > 1).then_some(Some(hash)))
    })
}

/// Asks the program behind the screen, as the screen itself does.
///
/// # Errors
/// When the command is refused.
pub fn invoke(window: &Window, command: &str, arguments: &Value) -> Result<Value> {
    window.run_async(
        "try { return await window.__TAURI_INTERNALS__.invoke(args[0], args[1]) }
         catch (refused) { throw new Error(args[0] + ': ' + JSON.stringify(refused)) }",
        &[json!(command), arguments.clone()],
    )
}

/// Sets colours and language as the settings place does, keeps things still, and starts the page anew.
/// A locked till is unlocked by its owner for it.
///
/// # Errors
/// When the settings are refused or the page does not come back.
pub fn appearance(window: &Window, theme: Theme, language: &str) -> Result {
    window.wait_for(&format!("{LOCK}, {}", id("bar")))?;
    if window.sees(LOCK)? {
        unlock(window, Staff::Carmen)?;
    }
    let mut settings = invoke(window, "settings", &json!({}))?;
    settings["theme"] = json!(theme.name());
    settings["language"] = json!(language);
    settings["sounds"] = json!(false);
    settings["motion"] = json!(false);
    invoke(window, "set_settings", &json!({"settings": settings}))?;
    reload(window)
}

/// Shows the page in other colours until it starts anew; the settings stay.
///
/// # Errors
/// When the window is gone.
pub fn paint(window: &Window, theme: Theme) -> Result {
    let script = "document.documentElement.dataset.theme = arguments[0]";
    window.run(script, &[json!(theme.name())])?;
    Ok(())
}

/// Starts the page anew and waits until it shows something.
fn reload(window: &Window) -> Result {
    window.run("window.isOld = true; location.reload()", &[])?;
    wait::until(PATIENCE, "the page after its reload", || {
        let fresh = "return !window.isOld && document.readyState === 'complete'
            && document.body.innerText.trim() !== ''";
        Ok(window
            .run(fresh, &[])
            .is_ok_and(|value| value == json!(true))
            .then_some(()))
    })
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
           `${v.id} (${v.impact}): ${v.help}: ${v.nodes.map(n =>
              `${n.html} ${[...n.any, ...n.all, ...n.none].map(c => c.message).join('; ')}`
           ).slice(0, 5).join(' | ')}`)",
        &[],
    )?;
    let lines = found.as_array().cloned().unwrap_or_default();
    Ok(lines
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect())
}
