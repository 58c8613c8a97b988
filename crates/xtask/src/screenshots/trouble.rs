//! Pictures of what a shop hopes never to see: a torn book, a change that the hub refused, a hub that is gone.

use std::fs;
use std::path::Path;

use counterfoil_tests::Result;
use counterfoil_tests::stage::{Setting, Stage};
use counterfoil_tests::stories::{counter, desk};
use counterfoil_tests::till::{self, DESKTOP, PHONE, Size, Staff, TABLET, id};
use counterfoil_tests::webdriver::Window;

/// Takes them all; how many.
pub fn take(folder: &Path) -> Result<usize> {
    let album = Album { folder };
    Ok(torn(&album)? + refused(&album)?)
}

struct Album<'a> {
    folder: &'a Path,
}

impl Album<'_> {
    /// One state at every size, and in the dark, in the demo shop's own language.
    fn take(&self, window: &Window, name: &str) -> Result<usize> {
        let looks: [(Size, till::Theme); 4] = [
            (PHONE, till::Theme::Light),
            (TABLET, till::Theme::Light),
            (DESKTOP, till::Theme::Light),
            (TABLET, till::Theme::Dark),
        ];
        for (size, theme) in looks {
            window.resize(size.width, size.height)?;
            till::paint(window, theme)?;
            window.settle()?;
            let (width, height) = (size.width, size.height);
            let file = format!("{name}-{width}x{height}-{}-es.png", theme.name());
            fs::write(self.folder.join(&file), window.screenshot()?)?;
            println!("    {file}");
        }
        till::paint(window, till::Theme::Light)?;
        Ok(looks.len())
    }
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
