//! A customer's card on the customer's own phone, which asks the hub for a code that is good for a minute.

use serde_json::{Value, json};

use crate::failure::Context as _;
use crate::stories::counter;
use crate::till::{self, id};
use crate::webdriver::Window;
use crate::{Failure, Result, http};

/// Enrols somebody, follows what the till shows for their phone to the hub's page, and holds the code that it gives before the till.
///
/// # Errors
/// When the way is not shown, the page or its code is not there, or the till does not stamp it.
pub fn stamp_from_a_phone(window: &Window) -> Result {
    let name = "Inés Apaza";
    counter::enrol(window, name, &counter::fresh_phone())?;
    till::wait_sync(window, "in_step")?;
    window.click(&id("card-phone"))?;
    window.wait_for(&id("phone-qr"))?;
    let found = till::invoke(window, "customers", &json!({"query": name, "limit": 1}))?;
    let customer = found[0]["customer_id"].clone();
    let view = till::invoke(window, "customer", &json!({"customerId": customer}))?;
    let url = view["phone"]["url"].as_str().unwrap_or_default();
    let (page, card) = url
        .split_once('#')
        .ok_or_else(|| Failure::new(format!("no way to a phone: {view}")))?;
    let shown = http::request("GET", page, None)?;
    if shown.status != 200 || !shown.body.contains("card/card.js") {
        return Err(Failure::new(format!("{page} is no page: {}", shown.status)));
    }
    let card = card.replace("%20", " ").replace("%25", "%");
    let codes = page.replace("/card", "/api/v1/codes");
    let made = http::request("POST", &codes, Some(&json!({"card": card}).to_string()))?;
    let made: Value = serde_json::from_str(&made.body).context(&codes)?;
    let code = &made["data"]["code"];
    let scan = json!({"code": code, "via": "camera"});
    let outcome = till::invoke(window, "scan_text", &scan)?;
    let (who, stamp) = (
        &outcome["customer"]["customer_id"],
        &outcome["stamp"]["kind"],
    );
    if *who == customer && stamp == "given" {
        return Ok(());
    }
    Err(Failure::new(format!("{made} was not stamped: {outcome}")))
}
