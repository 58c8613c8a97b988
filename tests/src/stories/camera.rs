//! The camera's story: a card moves before it, is stamped, outlined, and the camera comes and goes.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::counter;
use crate::till::{self, id};
use crate::video::{self, Grey, Pose};
use crate::webdriver::{PATIENCE, Window};
use crate::{Failure, Result, wait};

/// The polygon around a code in the preview.
const OUTLINE: &str = r#"[data-testid="camera-outline"] polygon:last-child"#;

/// Enrols a customer and films the card that the till makes for her; gives back the customer's id.
///
/// # Errors
/// When the enrolment is refused, or the card cannot be saved.
pub fn film_a_card(
    window: &Window,
    eye: &Path,
    poses: &[Option<Pose>],
    format: video::Format,
) -> Result<String> {
    let name = "Valeria Quispe";
    counter::enrol(window, name, &counter::fresh_phone())?;
    let found = till::invoke(window, "customers", &json!({"query": name, "limit": 1}))?;
    let customer = found[0]["customer_id"].as_str().unwrap_or_default();
    let wanted = json!({"customerId": customer, "format": "png"});
    let saved = till::invoke(window, "save_card", &wanted)?;
    let card = fs::read(saved["path"].as_str().unwrap_or_default())?;
    video::film(eye, &Grey::from_png(&card)?, poses, format)?;
    Ok(customer.to_owned())
}

/// How many stamps the customer has.
///
/// # Errors
/// When the till does not answer.
pub fn stamps(window: &Window, customer: &str) -> Result<u64> {
    let shown = till::invoke(window, "customer", &json!({"customerId": customer}))?;
    shown["tile"]["card"]["count"]
        .as_u64()
        .ok_or_else(|| Failure::new(format!("no card: {shown}")))
}

/// Goes to the stamp place and follows a card that comes, turns, goes and comes back.
///
/// # Errors
/// When it is not stamped once, or its outline does not go with it.
pub fn follow(window: &Window, customer: &str) -> Result {
    till::go(window, "stamp")?;
    window.wait_for(OUTLINE)?;
    let first = corners(window)?;
    wait::until(PATIENCE, "an outline that moves with the card", || {
        let now = corners(window)?;
        let moved = now
            .iter()
            .zip(&first)
            .any(|(now, first)| (now.0 - first.0).abs() > 20.0 || (now.1 - first.1).abs() > 20.0);
        Ok(moved.then_some(()))
    })?;
    window.wait_for(&id("stamp-word"))?;
    wait::until(PATIENCE, "one stamp", || {
        Ok((stamps(window, customer)? == 1).then_some(()))
    })?;
    window.wait_gone(OUTLINE)?;
    // It comes back within the pause between two stamps: the screen says so, and the card has no stamp more.
    window.wait_for(r#"[data-testid="stamp-word"][data-outcome="cooldown"]"#)?;
    let counted = stamps(window, customer)?;
    if counted == 1 {
        return Ok(());
    }
    Err(Failure::new(format!(
        "one card was stamped {counted} times"
    )))
}

/// Takes the camera's file away and puts it back.
///
/// # Errors
/// When the screen does not say so, or does not go on by itself.
pub fn pull_out_and_in(window: &Window, eye: &Path) -> Result {
    let away = eye.with_extension("away");
    fs::rename(eye, &away)?;
    window.wait_for(&id("camera-waiting"))?;
    if window.sees(&id("camera-frame"))? {
        return Err(Failure::new("a picture of a camera that is not there"));
    }
    fs::rename(&away, eye)?;
    window.wait_for(&id("camera-frame"))?;
    window.wait_for(OUTLINE)
}

/// Waits until a card that lies still is outlined.
///
/// # Errors
/// When it is not.
pub fn wait_for_outline(window: &Window) -> Result {
    till::go(window, "stamp")?;
    window.wait_for(OUTLINE)
}

/// Judges by the picture on the screen whether the outline lies on the code: what it holds is black and white in
/// about equal parts, what lies just around it is the code's white margin.
///
/// # Errors
/// When it lies elsewhere.
pub fn outline_lies_on_the_code(window: &Window) -> Result {
    let ratio = window.run("return devicePixelRatio", &[])?;
    let ratio = ratio.as_f64().unwrap_or(1.0) as f32;
    let corners = corners(window)?;
    let screen = Grey::from_png(&window.screenshot()?)?;
    let inside = darkness(&screen, ratio, &corners, &[0.2, 0.35, 0.5, 0.65, 0.8, 0.9]);
    let around = darkness(&screen, ratio, &corners, &[1.1]);
    if (0.3..0.7).contains(&inside) && around < 0.05 {
        return Ok(());
    }
    Err(Failure::new(format!(
        "the outline {corners:?} holds {inside} of black, and {around} lies around it"
    )))
}

/// The share of black along the outline drawn smaller or larger by these factors.
fn darkness(screen: &Grey, ratio: f32, corners: &[(f32, f32)], factors: &[f32]) -> f32 {
    let count = corners.len() as f32;
    let middle = corners.iter().fold((0.0, 0.0), |sum, c| {
        (sum.0 + c.0 / count, sum.1 + c.1 / count)
    });
    let (mut dark, mut seen) = (0_u32, 0_u32);
    for factor in factors {
        for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
            for step in 0_u16..100 {
                let share = f32::from(step) / 100.0;
                let along = |from: f32, to: f32, middle: f32| {
                    (middle + (from + (to - from) * share - middle) * factor) * ratio
                };
                let (x, y) = (along(from.0, to.0, middle.0), along(from.1, to.1, middle.1));
                if let Some(grey) = screen.at(x, y) {
                    seen += 1;
                    dark += u32::from(grey < 110);
                }
            }
        }
    }
    dark as f32 / seen.max(1) as f32
}

/// The outline's corners on the page, in CSS pixels.
fn corners(window: &Window) -> Result<Vec<(f32, f32)>> {
    let script = "const polygon = document.querySelector(arguments[0]);
        if (!polygon) return [];
        const to = polygon.getScreenCTM();
        return [...polygon.points].map(p => p.matrixTransform(to)).map(p => [p.x, p.y])";
    let found = window.run(script, &[json!(OUTLINE)])?;
    let found = found.as_array().cloned().unwrap_or_default();
    let number = |value: &serde_json::Value| value.as_f64().unwrap_or_default() as f32;
    Ok(found
        .iter()
        .map(|pair| (number(&pair[0]), number(&pair[1])))
        .collect())
}
