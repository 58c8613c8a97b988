//! Shop staff's story: enrol, stamp, sell.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::Album;
use crate::till::{self, Staff, id};
use crate::webdriver::{PATIENCE, Window, key};
use crate::{Failure, Result, wait};

/// A message that comes and goes.
const TOAST: &str = "[data-sonner-toast]";

/// The cashier unlocks the till, enrols a customer, stamps the card, sells, and gives a reward.
///
/// # Errors
/// When the screen does not show what she expects.
pub fn shop_staff(window: &Window, album: &mut Album) -> Result {
    till::lock(window)?;
    album.take(window, "lock")?;
    till::unlock(window, Staff::Rosa)?;
    till::go(window, "counter")?;
    empty_cart(window)?;
    album.take(window, "counter")?;
    enrol(window, "Lucía Vargas", &fresh_phone())?;
    album.take(window, "enrolled")?;
    stamp_shown_customer(window, 1)?;
    album.take(window, "stamped")?;
    window.click(&id("sell-to"))?;
    window.wait_for(&id("counter"))?;
    search_scan_and_tap(window)?;
    discount(window)?;
    album.take(window, "cart")?;
    open_pay(window)?;
    album.take(window, "pay")?;
    pay_with_a_note(window)?;
    album.take(window, "sold")?;
    window.click(&id("save-receipt"))?;
    window.wait_for(TOAST)?;
    window.click(&id("new-sale"))?;
    window.wait_for(&id("counter"))?;
    scan_the_last_stamp_and_redeem(window, album)
}

/// Parks what an earlier customer left on the counter.
fn empty_cart(window: &Window) -> Result {
    let cart = till::invoke(window, "cart", &json!({}))?;
    if cart["lines"] == json!([]) {
        return Ok(());
    }
    till::invoke(window, "cart_park", &json!({"label": ""}))?;
    till::wait_lines(window, 0)
}

/// Fills an empty cart in the three ways: by search, by the hand scanner, by a tap.
///
/// # Errors
/// When one of them adds no line.
pub fn search_scan_and_tap(window: &Window) -> Result {
    window.fill(&id("search"), "espresso")?;
    window.wait_text(r#"[data-testid^="product-"]"#, "Espresso")?;
    window.keys(key::ENTER)?;
    till::wait_lines(window, 1)?;
    let catalogue = till::invoke(window, "catalogue", &json!({}))?;
    let products = catalogue["products"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let mut others = products.iter().filter(|product| {
        let name = product["name"].as_str().unwrap_or_default();
        !product["price"].is_null() && !name.contains("Espresso")
    });
    let scanned = others
        .find(|product| product["barcode"] != json!(""))
        .ok_or_else(|| Failure::new("no product has a barcode"))?;
    let barcode = scanned["barcode"].as_str().unwrap_or_default();
    scan_by_hand(window, barcode)?;
    till::wait_lines(window, 2)?;
    let tapped = others
        .next()
        .ok_or_else(|| Failure::new("there are too few products"))?;
    let sku = tapped["sku"].as_str().unwrap_or_default();
    window.fill(&id("search"), "")?;
    window.click(&id(&format!("product-{sku}")))?;
    till::wait_lines(window, 3)
}

/// Scans with a scanner that types, wherever the focus is. The keys come from within the page, a moment apart as a
/// scanner's do: the driver's own may be torn apart on a busy machine.
fn scan_by_hand(window: &Window, code: &str) -> Result {
    let before = till::cart_lines(window)?;
    window.run(
        "for (const key of [...arguments[0], 'Enter']) {
           const target = document.activeElement ?? document.body;
           target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
         }",
        &[code.into()],
    )?;
    wait::until(
        PATIENCE,
        &format!("an answer to the scan of {code}"),
        || Ok((till::cart_lines(window)? > before).then_some(())),
    )
}

/// Gives ten percent on the whole cart.
///
/// # Errors
/// When the cart does not show it.
pub fn discount(window: &Window) -> Result {
    show_cart(window)?;
    window.click(&id("cart-discount"))?;
    window.click(&id("discount-10"))?;
    window.click(&id("discount-apply"))?;
    window.wait_gone(&id("discount-sheet"))?;
    window.wait_for(&id("cart-discount-amount"))
}

/// Pays with the largest note that is offered, gives change and waits for the receipt.
///
/// # Errors
/// When there is nothing to give back, or the sale is refused.
pub fn pay_with_a_note(window: &Window) -> Result {
    let note = r#"[data-testid^="quick-cash-"]"#;
    window.wait_for(note)?;
    let script = "return [...document.querySelectorAll(arguments[0])].at(-1).dataset.testid";
    let largest = window.run(script, &[json!(note)])?;
    window.click(&id(largest.as_str().unwrap_or_default()))?;
    window.wait_for(&id("change-due"))?;
    let change = window.text(&id("change-due"))?;
    if !change.contains(|c: char| ('1'..='9').contains(&c)) {
        return Err(Failure::new(format!("the change is {change}")));
    }
    window.click(&id("finish-sale"))?;
    window.wait_for(&id("sale-done"))?;
    window.wait_text(&id("sale-done"), &change)?;
    window.wait_text(&id("receipt"), "TOTAL")
}

/// Enrols a customer and waits for the customer's page.
///
/// # Errors
/// When the enrolment is refused.
pub fn enrol(window: &Window, name: &str, phone: &str) -> Result {
    till::go(window, "customers")?;
    window.click(&id("enrol-button"))?;
    window.fill(&id("enrol-name"), name)?;
    window.fill(&id("enrol-phone"), phone)?;
    window.click(&id("enrol-save"))?;
    window.wait_for(&id("customer-page"))?;
    window.wait_text("h1", name)
}

/// Stamps the card of the customer whose page is open, and waits until the card shows `stamps`.
///
/// # Errors
/// When the stamp is refused.
pub fn stamp_shown_customer(window: &Window, stamps: u32) -> Result {
    window.click(&id("give-stamp"))?;
    window.wait_text(&id("stamp-count"), &stamps.to_string())
}

/// Opens a picture of a card that lacks one stamp, and hands out the reward that it brings.
///
/// # Errors
/// When the card cannot be saved, the picture is not understood, or there is no reward.
pub fn scan_the_last_stamp_and_redeem(window: &Window, album: &mut Album) -> Result {
    let customers = till::invoke(window, "customers", &json!({"query": "", "limit": 500}))?;
    let customers = customers.as_array().cloned().unwrap_or_default();
    let lacks_one = |customer: &&Value| {
        let card = &customer["card"];
        let count = card["count"].as_u64().unwrap_or_default();
        card["required"].as_u64() == Some(count + 1) && card["rewards"] == json!(0)
    };
    // Whoever was here longest ago has no stamp of the last minutes.
    let customer = customers
        .iter()
        .filter(lacks_one)
        .min_by_key(|customer| customer["last_seen_at"].as_i64())
        .ok_or_else(|| Failure::new("nobody lacks one stamp: begin anew with --reset"))?;
    let wanted = json!({"customerId": customer["customer_id"], "format": "png"});
    let saved = till::invoke(window, "save_card", &wanted)?;
    let file = saved["path"].as_str().unwrap_or_default();
    till::go(window, "stamp")?;
    album.take(window, "stamp-waiting")?;
    window.choose_file(&id("picture-file"), file)?;
    window.wait_for(&id("stamp-word"))?;
    window.wait_text(
        &id("stamp-card"),
        customer["name"].as_str().unwrap_or_default(),
    )?;
    window.wait_for(&id("redeem"))?;
    album.take(window, "reward")?;
    window.click(&id("redeem"))?;
    window.wait_gone(&id("redeem"))?;
    album.take(window, "redeemed")
}

/// Opens the cart where it is a sheet; elsewhere it is always there.
fn show_cart(window: &Window) -> Result {
    if window.sees(&id("open-cart"))? && !window.sees(&id("cart"))? {
        window.click(&id("open-cart"))?;
    }
    window.wait_for(&id("cart"))
}

/// Goes from a cart with lines to paying.
///
/// # Errors
/// When the cart is empty.
pub fn open_pay(window: &Window) -> Result {
    show_cart(window)?;
    window.click(&id("pay-button"))?;
    window.wait_for(&id("pay"))
}

/// Pays the exact amount in cash, finishes the sale and waits for its receipt.
///
/// # Errors
/// When the sale is refused.
pub fn pay_in_cash(window: &Window) -> Result {
    window.click(&id("tender-cash"))?;
    window.click(&id("finish-sale"))?;
    window.wait_for(&id("sale-done"))
}

/// A mobile number of the shop's country that nobody was enrolled with a second ago.
pub fn fresh_phone() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!("9{:08}", now.as_secs() % 100_000_000)
}
