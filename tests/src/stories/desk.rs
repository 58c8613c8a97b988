//! The sync desk's story: a refused visit gets another time, what waits is taken along, leaving the hub warns.

use std::path::Path;

use serde_json::{Value, json};

use super::counter;
use crate::failure::Context as _;
use crate::stage::Stage;
use crate::till::{self, id};
use crate::webdriver::{PATIENCE, Window};
use crate::{Failure, Result, wait};

/// A claim on a slot that two tills made.
pub struct Claim {
    /// The visit's merchant.
    pub merchant: String,
    /// Who was to go.
    pub installer: String,
    /// The slot's beginning, in Unix milliseconds.
    pub starts_at: i64,
}

/// A free slot far enough ahead that nothing else of the story wants it.
///
/// # Errors
/// When there is none.
fn free_slot(window: &Window) -> Result<Claim> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let merchants = till::invoke(window, "merchants", &json!({}))?;
    let installers = till::invoke(window, "installers", &json!({}))?;
    let installer = text(&installers[0]["staff_id"]);
    let now = window.run("return Date.now()", &[])?;
    let asked = json!({"installerId": installer, "from": now, "days": 21});
    let slots = till::invoke(window, "free_slots", &asked)?;
    let last = slots.as_array().and_then(|all| all.last()).cloned();
    let starts_at = last.as_ref().and_then(|slot| slot["starts_at"].as_i64());
    Ok(Claim {
        merchant: text(&merchants[0]["merchant_id"]),
        installer,
        starts_at: starts_at.ok_or_else(|| Failure::new("nobody is free for three weeks"))?,
    })
}

/// Books it on the window's till.
///
/// # Errors
/// When this till refuses.
fn book_here(window: &Window, claim: &Claim) -> Result {
    let visit = json!({
        "merchant_id": claim.merchant, "installer_id": claim.installer, "starts_at": claim.starts_at, "purpose": "Here",
    });
    till::invoke(window, "book_visit", &json!({ "visit": visit }))?;
    Ok(())
}

/// Books it on another till and brings it to a hub at `hub`, before the window's till can.
///
/// # Errors
/// When the other till or its hub refuses.
fn book_there(stage: &Stage, till: &Path, hub: &str, claim: &Claim) -> Result {
    let local = stage.window.run(
        "return new Intl.DateTimeFormat('sv-SE', {timeZone: 'America/Lima', dateStyle: 'short', timeStyle: 'short'})
            .format(arguments[0]).replace(' ', 'T')",
        &[json!(claim.starts_at)],
    )?;
    let local = local.as_str().unwrap_or_default();
    let book = [
        "visits",
        "book",
        "--merchant",
        &claim.merchant,
        "--installer",
        &claim.installer,
        "--at",
        local,
    ];
    stage.programs.cli(till, &book)?;
    stage.programs.cli(till, &["--hub", hub, "sync"])?;
    Ok(())
}

/// Books one slot on two tills while the window's hub is gone, the other till first. That one reaches the hub because it
/// lives meanwhile at an address that the window's till does not know.
///
/// # Errors
/// When a till or a hub refuses.
pub fn two_claim_one_slot(stage: &mut Stage) -> Result<Claim> {
    let second = stage.second_till()?;
    till::wait_sync(&stage.window, "in_step")?;
    let claim = free_slot(&stage.window)?;
    stage.lose_hub()?;
    let elsewhere = stage.shop.start_hub(&stage.programs)?;
    book_there(stage, &second, elsewhere.url(), &claim)?;
    elsewhere.stop()?;
    book_here(&stage.window, &claim)?;
    Ok(claim)
}

/// Waits for the conflict about a claim and gives back its id.
///
/// # Errors
/// When it does not come.
pub fn refused(window: &Window, claim: &Claim) -> Result<String> {
    wait::until(PATIENCE, "the refused visit on the desk", || {
        let desk = till::invoke(window, "sync_desk", &json!({}))?;
        let conflicts = desk["conflicts"].as_array().cloned().unwrap_or_default();
        let ours = |c: &&Value| c["wanted"]["starts_at"].as_i64() == Some(claim.starts_at);
        Ok(conflicts
            .iter()
            .find(ours)
            .and_then(|c| c["conflict_id"].as_str().map(str::to_owned)))
    })
}

/// Chooses another free time for it in the form, and sees that it is booked.
///
/// # Errors
/// When the screen does not show what is expected.
pub fn choose_another_time(window: &Window, conflict: &str, claim: &Claim) -> Result {
    till::go(window, "sync")?;
    let card = format!(r#"[aria-labelledby="conflict-{conflict}"]"#);
    window.wait_for(&card)?;
    window.click(&format!("{card} {}", id("conflict-other-time")))?;
    window.wait_for(&id("slot-sheet"))?;
    window.click(&format!("{} {}", id("slot-sheet"), id("free-slot")))?;
    window.click(&id("slot-confirm"))?;
    window.wait_gone(&card)?;
    let merchant = till::invoke(window, "merchant", &json!({"merchantId": claim.merchant}))?;
    let visits = merchant["visits"].as_array().cloned().unwrap_or_default();
    let elsewhere = |visit: &Value| {
        visit["purpose"] == json!("Here") && visit["slot"]["starts_at"] != json!(claim.starts_at)
    };
    if visits.iter().any(elsewhere) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "no visit at another time: {merchant}"
    )))
}

/// Sells something while there is no hub, and saves what waits to a file.
///
/// # Errors
/// When the file does not hold the sale.
pub fn take_along(window: &Window, exports: &Path) -> Result {
    till::fill_cart(window)?;
    counter::open_pay(window)?;
    counter::pay_in_cash(window)?;
    till::go(window, "sync")?;
    window.wait_for(&id("unsent-money"))?;
    window.click(&id("export-all"))?;
    let data = wait::until(PATIENCE, "the file of changes", || {
        let Ok(entries) = std::fs::read_dir(exports) else {
            return Ok(None);
        };
        let mut paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let data = paths.find(|path| path.extension().is_some_and(|e| e == "json"));
        // The readable one is written last.
        Ok(data.filter(|data| data.with_extension("txt").exists()))
    })?;
    let held: Value = serde_json::from_str(&std::fs::read_to_string(&data)?).context("the file")?;
    let operations = held["operations"].as_array().cloned().unwrap_or_default();
    if operations
        .iter()
        .any(|op| op["kind"] == json!("sale_completed"))
    {
        return Ok(());
    }
    Err(Failure::new(format!(
        "the sale is not among {operations:?}"
    )))
}

/// Leaves the hub: what waits is said with its money first, and stays.
///
/// # Errors
/// When the screen does not warn, or something is gone afterwards.
pub fn leave_the_hub(window: &Window) -> Result {
    let waiting = |window: &Window| -> Result<Value> {
        Ok(till::invoke(window, "unsent", &json!({}))?["changes"].clone())
    };
    till::go(window, "settings")?;
    let before = waiting(window)?;
    window.click(&id("unpair"))?;
    window.wait_for(&id("unpair-waiting"))?;
    window.wait_text(&id("unsent-words"), "Sales of S/")?;
    window.click(&id("unpair-cancel"))?;
    window.wait_gone(&id("unpair-sheet"))?;
    window.wait_text(&id("till-hub"), "Paired")?;
    window.click(&id("unpair"))?;
    window.click(&id("unpair-confirm"))?;
    window.wait_text(&id("till-hub"), "Works alone")?;
    let after = waiting(window)?;
    if before == after {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{before} waited before, {after} after"
    )))
}

/// Joins the shop's hub again by a code that its owner shows elsewhere: what was kept is sent.
///
/// # Errors
/// When the till does not get in, or something still waits afterwards.
pub fn come_back(stage: &Stage) -> Result {
    let window = &stage.window;
    let code = stage.pairing_code()?;
    window.click(&id("connect-hub"))?;
    window.click(&id("hub-account-code"))?;
    window.fill(&id("hub-address"), &stage.address)?;
    window.fill(&id("hub-code"), &code)?;
    window.click(&id("hub-submit"))?;
    window.wait_text(&id("till-hub"), "Paired")?;
    till::wait_sync(window, "in_step")?;
    let unsent = till::invoke(window, "unsent", &json!({}))?;
    if unsent["changes"] == json!(0) {
        return Ok(());
    }
    Err(Failure::new(format!("still waiting: {unsent}")))
}
