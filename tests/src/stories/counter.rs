//! Shop staff's story: enrol, stamp, sell.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::Album;
use crate::Result;
use crate::till::{self, Staff, id};
use crate::webdriver::Window;

/// The cashier unlocks the till, enrols a customer, stamps the card, and sells.
///
/// # Errors
/// When the screen does not show what she expects.
pub fn shop_staff(window: &Window, album: &mut Album) -> Result {
    till::lock(window)?;
    album.take(window, "lock")?;
    till::unlock(window, Staff::Rosa)?;
    till::go(window, "counter")?;
    album.take(window, "counter")?;
    enrol(window, "Lucía Vargas", &fresh_phone())?;
    album.take(window, "enrolled")?;
    stamp_shown_customer(window, 1)?;
    album.take(window, "stamped")?;
    window.click(&id("sell-to"))?;
    window.wait_for(&id("counter"))?;
    till::fill_cart(window)?;
    album.take(window, "cart")?;
    open_pay(window)?;
    album.take(window, "pay")?;
    pay_in_cash(window)?;
    album.take(window, "sold")?;
    window.click(&id("new-sale"))?;
    window.wait_for(&id("counter"))?;
    stamp_by_picture(window, album)
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

/// Opens a picture of somebody's card on the stamping place, and waits for the stamp.
///
/// # Errors
/// When the card cannot be saved, or the picture is not understood.
pub fn stamp_by_picture(window: &Window, album: &mut Album) -> Result {
    let customers = till::invoke(window, "customers", &json!({"query": "", "limit": 1}))?;
    let customer = &customers[0];
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
    album.take(window, "stamp-given")
}

/// Goes from a cart with lines to paying.
///
/// # Errors
/// When the cart is empty.
pub fn open_pay(window: &Window) -> Result {
    if window.sees(&id("open-cart"))? {
        window.click(&id("open-cart"))?;
    }
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
