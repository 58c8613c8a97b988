//! Pictures of what a shop hopes never to see: a torn book, a change that the hub refused, a hub that is gone.

use std::path::Path;

use counterfoil_tests::Result;
use counterfoil_tests::stage::{Setting, Stage};
use counterfoil_tests::stories::{counter, desk};
use counterfoil_tests::till::{self, Staff, id};

use super::album::Album;

/// Takes them all; how many.
pub fn take(folder: &Path) -> Result<usize> {
    let album = Album { folder };
    Ok(torn(&album)? + refused(&album)?)
}

fn torn(album: &Album<'_>) -> Result<usize> {
    let stage = Stage::set(&Setting {
        damaged: true,
        ..Setting::default()
    })?;
    let window = &stage.window;
    window.wait_for(&id("repair"))?;
    let mut taken = album.take(window, "repair-offer")?;
    window.click(&id("repair-start"))?;
    window.wait_for(&format!(r#"{}[data-step="done"]"#, id("repair")))?;
    taken += album.take(window, "repair-done")?;
    Ok(taken)
}

fn refused(album: &Album<'_>) -> Result<usize> {
    let mut stage = Stage::set(&Setting {
        own_shop: true,
        ..Setting::default()
    })?;
    till::unlock(&stage.window, Staff::Carmen)?;
    let claim = desk::two_claim_one_slot(&mut stage)?;
    till::fill_cart(&stage.window)?;
    counter::open_pay(&stage.window)?;
    counter::pay_in_cash(&stage.window)?;
    till::wait_sync(&stage.window, "offline")?;
    till::go(&stage.window, "sync")?;
    let mut taken = album.take(&stage.window, "sync-offline")?;
    stage.bring_hub_back()?;
    let conflict = desk::refused(&stage.window, &claim)?;
    till::go(&stage.window, "sync")?;
    let card = format!(r#"[aria-labelledby="conflict-{conflict}"]"#);
    stage.window.wait_for(&card)?;
    taken += album.take(&stage.window, "sync-refused")?;
    let other = format!("{card} {}", id("conflict-other-time"));
    stage.window.click(&other)?;
    stage.window.wait_for(&id("slot-sheet"))?;
    taken += album.take(&stage.window, "sync-other-time")?;
    Ok(taken)
}
