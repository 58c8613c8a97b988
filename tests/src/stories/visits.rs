//! The installer's story.

use serde_json::{Value, json};

use super::Album;
use crate::till::{self, Staff, id};
use crate::webdriver::{PATIENCE, Window};
use crate::{Failure, Result, wait};

/// A free slot is booked for a merchant, moved, and marked done with a note.
///
/// # Errors
/// When the screen does not show what is expected.
pub fn installer(window: &Window, album: &mut Album) -> Result {
    till::lock(window)?;
    till::unlock(window, Staff::Carmen)?;
    till::go(window, "visits")?;
    album.take(window, "visits")?;
    let visit = book(window, album, &format!("Printer {}", std::process::id()))?;
    open(window, &visit)?;
    album.take(window, "visit")?;
    window.click(&id("visit-move"))?;
    window.click(&id("free-slot"))?;
    window.click(&id("move-confirm"))?;
    window.click(&id("visit-done"))?;
    let note = "Both printers print.";
    window.fill(&id("visit-note"), note)?;
    somebody_moves(window, &visit)?;
    let typed = window.run(
        "return document.querySelector(arguments[0])?.value ?? null",
        &[json!(id("visit-note"))],
    )?;
    if typed != json!(note) {
        return Err(Failure::new(format!(
            "news of the visit left {typed} of its note"
        )));
    }
    window.click(&id("done-confirm"))?;
    window.wait_for(&format!("{}.done", id("visit-status")))?;
    album.take(window, "visit-done")
}

/// The open visit gets another time behind its sheet, as it does when the office moves it, and the sheet shows it.
fn somebody_moves(window: &Window, visit: &str) -> Result {
    let heading = ".sheet-description";
    let before = window.text(heading)?;
    let installers = till::invoke(window, "installers", &json!({}))?;
    let installer = &installers[0]["staff_id"];
    let asked = json!({"installerId": installer, "from": 0, "days": 14});
    let slots = till::invoke(window, "free_slots", &asked)?;
    let last = slots.as_array().and_then(|slots| slots.last());
    let slot = last.ok_or_else(|| Failure::new("nobody is free"))?;
    let wanted = json!({
        "visitId": visit, "installerId": installer, "startsAt": slot["starts_at"],
    });
    till::invoke(window, "move_visit", &wanted)?;
    wait::until(PATIENCE, "the visit's new time", || {
        Ok((window.text(heading)? != before).then_some(()))
    })
    .map_err(|error| window.explain(&error))
}

/// Books the first free slot for the first merchant, and gives back the visit's id.
///
/// # Errors
/// When there is no free slot, or the booking is refused.
pub fn book(window: &Window, album: &mut Album, purpose: &str) -> Result<String> {
    till::go(window, "merchants")?;
    album.take(window, "merchants")?;
    let merchants = till::invoke(window, "merchants", &json!({}))?;
    let merchant = &merchants[0]["merchant_id"];
    window.go(&format!(
        "#/merchants/{}",
        merchant.as_str().unwrap_or_default()
    ))?;
    window.wait_for(&id("merchant-page"))?;
    album.take(window, "merchant")?;
    window.click(&id("book-visit"))?;
    window.fill(&id("book-purpose"), purpose)?;
    window.click(&id("free-slot"))?;
    album.take(window, "booking")?;
    window.click(&id("book-confirm"))?;
    window.wait_gone(&id("book-sheet"))?;
    let merchant = till::invoke(window, "merchant", &json!({"merchantId": merchant}))?;
    let visits = merchant["visits"].as_array().cloned().unwrap_or_default();
    visits
        .iter()
        .find(|visit| visit["purpose"] == json!(purpose))
        .and_then(|visit| visit["visit_id"].as_str())
        .map(str::to_owned)
        .ok_or_else(|| {
            Failure::new(format!(
                "the booking is not there: {}",
                Value::from(visits.clone())
            ))
        })
}

/// Opens the sheet of one visit.
///
/// # Errors
/// When it does not appear.
pub fn open(window: &Window, visit: &str) -> Result {
    window.go(&format!("#/visits/{visit}"))?;
    window.wait_for(&id("visit-sheet"))
}
