//! Pictures of the sheets that come up over a place, before anything is typed.

use std::path::Path;

use counterfoil_tests::Result;
use counterfoil_tests::stage::Stage;
use counterfoil_tests::till::{self, Staff, id};
use counterfoil_tests::webdriver::key;

use super::album::Album;
use super::show;

/// A sheet's name, the place it comes up over, and the button that brings it.
const SHEETS: &[(&str, &str, &str)] = &[
    ("sheet-cards", "customers", "cards-print"),
    ("sheet-card-phone", "customers/first", "card-phone"),
    ("sheet-card-lost", "customers/first", "card-lost"),
    ("sheet-cash", "shift", "shift-cash"),
    ("sheet-close-shift", "shift", "shift-close"),
    ("sheet-book-visit", "visits", "book-visit"),
    ("sheet-scale-label", "settings", "scale-layout-add"),
    ("sheet-hub", "settings", "pair-another"),
    ("sheet-unpair", "settings", "unpair"),
];

/// Takes them all; how many.
pub fn take(folder: &Path) -> Result<usize> {
    let album = Album { folder };
    let stage = Stage::open()?;
    let window = &stage.window;
    till::unlock(window, Staff::Carmen)?;
    till::appearance(window, till::Theme::Light, "es")?;
    let mut taken = 0;
    for (name, place, button) in SHEETS {
        show(window, place)?;
        // Outside the demo shop's hours its drawer is closed.
        let closed = id("shift-open");
        window.wait_for(&format!("{}, {closed}", id(button)))?;
        if window.sees(&closed)? {
            window.fill(&id("shift-float"), "100")?;
            window.click(&closed)?;
        }
        window.wait_for(&id(button))?;
        window.click(&id(button))?;
        window.wait_for("[role=dialog]")?;
        taken += album.take(window, name)?;
        window.keys(key::ESCAPE)?;
        window.wait_gone("[role=dialog]")?;
    }
    Ok(taken)
}
