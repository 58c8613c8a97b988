//! People's stories in the app's real window, with the real hub behind it.
//!
//! They need a display and a key store, so a plain `cargo test` passes them by; `cargo xtask test
//! --only stories` brings both and runs them all.

use std::path::Path;

use counterfoil_tests::stage::{Setting, Stage, axe};
use counterfoil_tests::stories::{self, camera, counter, desk, phone};
use counterfoil_tests::till::{self, DESKTOP, PHONE, PLACES, PLACES_WITH_ITEMS, Staff, TABLET, id};
use counterfoil_tests::video;
use counterfoil_tests::webdriver::{Window, key};
use counterfoil_tests::{Failure, Result};
use serde_json::json;

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn a_wrong_pin_does_not_unlock_the_till() -> Result {
    let stage = Stage::open()?;
    let window = &stage.window;
    window.wait_for(till::LOCK)?;
    window.click(r#"[data-testid^="staff-"]"#)?;
    for _ in 0..4 {
        window.click(&id("pin-9"))?;
    }
    window.wait_for(&format!("{}:not(:empty)", id("pin-error")))?;
    window.wait_for(till::LOCK)
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn shop_staff_enrol_stamp_and_sell_and_the_hub_hears_of_it() -> Result {
    let stage = Stage::open()?;
    stories::counter::shop_staff(&stage.window, &mut stage.album()?)?;
    till::wait_sync(&stage.window, "in_step")
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn shop_staff_do_the_same_on_a_phone() -> Result {
    let stage = Stage::open()?;
    stage.window.resize(PHONE.width, PHONE.height)?;
    stories::counter::shop_staff(&stage.window, &mut stage.album()?)
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn a_sale_made_while_the_hub_is_gone_reaches_it_when_it_is_back() -> Result {
    let mut stage = Stage::open()?;
    till::unlock(&stage.window, Staff::Rosa)?;
    till::wait_sync(&stage.window, "in_step")?;
    till::wait_pill(&stage.window, "All saved")?;
    stage.lose_hub()?;
    till::fill_cart(&stage.window)?;
    counter::open_pay(&stage.window)?;
    counter::pay_in_cash(&stage.window)?;
    till::wait_sync(&stage.window, "offline")?;
    till::wait_pill(&stage.window, "offline since")?;
    till::wait_pill(&stage.window, "waiting")?;
    stage.bring_hub_back()?;
    till::wait_sync(&stage.window, "in_step")?;
    stage
        .window
        .wait_for(&format!(r#"{}[data-state="in_step"]"#, id("sync-pill")))
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn what_one_till_did_alone_arrives_on_the_other_and_back_by_itself() -> Result {
    let mut stage = Stage::open()?;
    till::unlock(&stage.window, Staff::Carmen)?;
    let second = stage.second_till()?;
    stage.lose_hub()?;
    counter::enrol(&stage.window, "Inés Apaza", &counter::fresh_phone())?;
    counter::stamp_shown_customer(&stage.window, 1)?;
    till::wait_sync(&stage.window, "offline")?;
    stage.bring_hub_back()?;
    till::wait_sync(&stage.window, "in_step")?;
    stage.programs.cli(&second, &["sync"])?;
    stage
        .programs
        .cli(&second, &["customer", "show", "Inés Apaza"])?;
    till::go(&stage.window, "customers")?;
    stage.programs.cli(
        &second,
        &["customer", "add", "Tomás Ccori", &counter::fresh_phone()],
    )?;
    stage.programs.cli(&second, &["sync"])?;
    stage.window.fill(&id("customer-search"), "Tomás Ccori")?;
    stage.window.wait_text(&id("customer-row"), "Tomás Ccori")
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn a_sale_needs_nothing_but_the_keyboard() -> Result {
    let stage = Stage::open()?;
    let window = &stage.window;
    window.wait_for(r#"[data-testid^="staff-"]"#)?;
    unlock_by_keyboard(window, Staff::Rosa)?;
    // F2 is the search on every place; the first hit is added by Enter.
    window.keys(key::F2)?;
    window.keys("caf")?;
    window.wait_for(r#"[data-testid^="product-"]"#)?;
    window.keys(key::ENTER)?;
    window.wait_for(&id("cart-line"))?;
    window.keys(key::F9)?;
    window.wait_for(&id("pay"))?;
    window.keys(key::F8)?;
    window.wait_for(&id("change-due"))?;
    window.keys(key::F9)?;
    window.wait_for(&id("sale-done"))?;
    window.keys(key::F9)?;
    window.wait_for(&id("counter"))
}

/// Rosa's till, whose camera shows what is filmed into a file.
fn rosa_with_a_camera(eye: &Path) -> Result<Stage> {
    let stage = Stage::set(&Setting {
        camera: Some(eye.to_owned()),
        ..Setting::default()
    })?;
    till::unlock(&stage.window, Staff::Rosa)?;
    Ok(stage)
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn a_card_that_moves_before_the_camera_is_outlined_and_stamped_once() -> Result {
    let folder = tempfile::tempdir()?;
    let eye = folder.path().join("eye.y4m");
    let stage = rosa_with_a_camera(&eye)?;
    let customer =
        camera::film_a_card(&stage.window, &eye, &video::comes_and_goes(), video::SMALL)?;
    camera::follow(&stage.window, &customer)?;
    camera::pull_out_and_in(&stage.window, &eye)
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn a_customers_phone_gets_a_code_from_the_hub_that_the_till_stamps() -> Result {
    let stage = Stage::open()?;
    till::unlock(&stage.window, Staff::Rosa)?;
    phone::stamp_from_a_phone(&stage.window)
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn the_outline_lies_on_the_code_at_every_size() -> Result {
    let folder = tempfile::tempdir()?;
    let eye = folder.path().join("eye.y4m");
    let stage = rosa_with_a_camera(&eye)?;
    camera::film_a_card(&stage.window, &eye, &video::lies_there(), video::SMALL)?;
    for size in [PHONE, TABLET, DESKTOP] {
        stage.window.resize(size.width, size.height)?;
        camera::wait_for_outline(&stage.window)?;
        stage.window.settle()?;
        camera::outline_lies_on_the_code(&stage.window)?;
    }
    Ok(())
}

/// Leaving the hub forgets the shop's keys, so the shop is this story's own.
#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn a_refused_visit_gets_another_time_and_what_waits_survives_leaving_the_hub_and_is_sent_on_return()
-> Result {
    let mut stage = Stage::set(&Setting {
        own_shop: true,
        ..Setting::default()
    })?;
    till::unlock(&stage.window, Staff::Carmen)?;
    let claim = desk::two_claim_one_slot(&mut stage)?;
    stage.bring_hub_back()?;
    let conflict = desk::refused(&stage.window, &claim)?;
    desk::choose_another_time(&stage.window, &conflict, &claim)?;
    till::wait_sync(&stage.window, "in_step")?;
    stage.lose_hub()?;
    desk::take_along(&stage.window, &stage.shop.till().join("exports"))?;
    desk::leave_the_hub(&stage.window)?;
    stage.bring_hub_back()?;
    desk::come_back(&stage)
}

/// The till offers to put its book together, and the hub fills in the rest.
#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn a_damaged_book_is_put_together_on_the_screen_and_the_shop_opens() -> Result {
    let stage = Stage::set(&Setting {
        damaged: true,
        ..Setting::default()
    })?;
    let window = &stage.window;
    window.wait_for(&id("repair"))?;
    let mut found = Vec::new();
    look(window, "the offer to repair", &mut found)?;
    window.click(&id("repair-start"))?;
    window.wait_for(&format!(r#"{}[data-step="done"]"#, id("repair")))?;
    look(window, "what was repaired", &mut found)?;
    window.click(&id("repair-go-on"))?;
    till::unlock(window, Staff::Rosa)?;
    till::wait_sync(window, "in_step")?;
    till::fill_cart(window)?;
    counter::open_pay(window)?;
    counter::pay_in_cash(window)?;
    none(&found)
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn the_owner_looks_at_her_shop() -> Result {
    let stage = Stage::open()?;
    stories::owner::owner(&stage.window, &mut stage.album()?)
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn an_installer_carries_the_days_visits() -> Result {
    let stage = Stage::open()?;
    stories::visits::installer(&stage.window, &mut stage.album()?)
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn axe_finds_nothing_on_any_place_in_either_theme() -> Result {
    let stage = Stage::open()?;
    let mut found = Vec::new();
    for theme in [till::Theme::Light, till::Theme::Dark] {
        look_everywhere(&stage.window, theme, &mut found)?;
    }
    none(&found)
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn words_change_their_colour_with_the_shop_even_where_nothing_moves() -> Result {
    let stage = Stage::open()?;
    let window = &stage.window;
    till::appearance(window, till::Theme::Light, "en")?;
    till::go(window, "counter")?;
    // As the system does at sunset, and back.
    for theme in [till::Theme::Dark, till::Theme::Light] {
        till::paint(window, theme)?;
        window.settle()?;
        let stale = window.run(
            "const ink = getComputedStyle(document.body).color;
             const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
             return [...document.querySelectorAll(arguments[0])]
               .filter((e) => own(e) && getComputedStyle(e).color !== ink).map((e) => e.innerText)",
            &[json!(format!("{} p, h1, h2, h3", id("bar")))],
        )?;
        assert_eq!(stale, json!([]), "{theme:?}");
    }
    Ok(())
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn axe_finds_nothing_on_a_phone() -> Result {
    let stage = Stage::open()?;
    stage.window.resize(PHONE.width, PHONE.height)?;
    let mut found = Vec::new();
    look_everywhere(&stage.window, till::Theme::Light, &mut found)?;
    none(&found)
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn axe_finds_nothing_on_a_fresh_till() -> Result {
    let stage = Stage::set(&Setting {
        without_shop: true,
        ..Setting::default()
    })?;
    let mut found = Vec::new();
    stage.window.wait_for(&id("welcome"))?;
    look(&stage.window, "welcome", &mut found)?;
    none(&found)
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn secrets_lie_in_the_systems_key_store() -> Result {
    let stage = Stage::open()?;
    stage.window.wait_for(till::LOCK)?;
    let boot = till::invoke(&stage.window, "boot", &json!({}))?;
    assert_eq!(boot["secrets"], json!("keyring"));
    Ok(())
}

#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn without_a_key_store_the_till_says_so_and_still_sells() -> Result {
    let stage = Stage::set(&Setting {
        without_key_store: true,
        ..Setting::default()
    })?;
    let window = &stage.window;
    till::unlock(window, Staff::Rosa)?;
    let boot = till::invoke(window, "boot", &json!({}))?;
    assert_ne!(boot["secrets"], json!("keyring"));
    till::fill_cart(window)?;
    counter::open_pay(window)?;
    counter::pay_in_cash(window)
}

/// Where the page's content security policy stopped something; nothing of ours may need what it stops.
#[test]
#[ignore = "needs a display: cargo xtask test --only stories"]
fn no_place_needs_what_the_content_policy_forbids() -> Result {
    let stage = Stage::open()?;
    let window = &stage.window;
    window.wait_for(till::LOCK)?;
    window.run(
        "window.stopped = []; addEventListener('securitypolicyviolation', event =>
            window.stopped.push(`${location.hash}: ${event.violatedDirective} ${event.blockedURI}`))",
        &[],
    )?;
    till::unlock(window, Staff::Carmen)?;
    for place in PLACES {
        till::go(window, place)?;
    }
    let stopped = window.run("return window.stopped", &[])?;
    let stopped = stopped.as_array().cloned().unwrap_or_default();
    none(&stopped.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// Every place, and the first item of each that lists some, as its owner sees them.
fn look_everywhere(window: &Window, theme: till::Theme, found: &mut Vec<String>) -> Result {
    till::appearance(window, theme, "en")?;
    till::lock(window)?;
    look(window, "lock", found)?;
    till::unlock(window, Staff::Carmen)?;
    for place in PLACES {
        till::go(window, place)?;
        look(window, place, found)?;
        if PLACES_WITH_ITEMS.contains(place)
            && let Some(address) = till::first_item(window, place)?
        {
            window.go(&address)?;
            window.settle()?;
            look(window, &address, found)?;
        }
    }
    till::fill_cart(window)?;
    look(window, "a full cart", found)?;
    counter::open_pay(window)?;
    look(window, "pay", found)?;
    counter::pay_in_cash(window)?;
    look(window, "a finished sale", found)?;
    window.click(&id("new-sale"))?;
    window.wait_for(&id("counter"))
}

fn none(found: &[String]) -> Result {
    if found.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(found.join("\n")))
    }
}

/// axe looks over several turns of the page. Where sync redraws it meanwhile it sees parts of two states, which nobody
/// else does: what counts is what a second look finds as well.
fn look(window: &Window, place: &str, found: &mut Vec<String>) -> Result {
    window.settle()?;
    let mut lines = till::violations(window, &axe()?)?;
    if !lines.is_empty() {
        window.settle()?;
        lines = till::violations(window, &axe()?)?;
    }
    found.extend(lines.into_iter().map(|line| format!("{place}: {line}")));
    Ok(())
}

/// Tabs to the person and types the PIN.
fn unlock_by_keyboard(window: &Window, staff: Staff) -> Result {
    for _ in 0..10 {
        let focused = window.run("return document.activeElement?.innerText ?? ''", &[])?;
        if focused.as_str().unwrap_or_default().contains(staff.name()) {
            window.keys(key::ENTER)?;
            window.wait_for(&id("pin-dots"))?;
            window.keys(staff.pin())?;
            return window.wait_for(&id("counter"));
        }
        window.keys(key::TAB)?;
    }
    Err(Failure::new(format!("no Tab leads to {}", staff.name())))
}
