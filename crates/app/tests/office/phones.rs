//! A customer's card on the customer's own phone.

use counterfoil_app::view::{CustomerView, EnrolOutcome};
use counterfoil_protocol::card::claimed;

use crate::common::Till;

fn enrolled(till: &Till) -> CustomerView {
    // Makes the key that signs cards.
    till.app.secrets_unlock("").unwrap();
    till.app.act_as(None).unwrap();
    match till.app.enrol("María Quispe", "987654321").unwrap() {
        EnrolOutcome::Created { customer } | EnrolOutcome::Existing { customer } => customer,
    }
}

#[test]
fn a_till_with_a_hub_shows_the_way_to_the_card_on_its_page() {
    let till = Till::new();
    let maria = enrolled(&till).tile.customer_id;
    let hub = Some("https://hub.example");
    till.store
        .set_identity(till.shop.tenant_id, till.shop.device_id, "T1", hub)
        .unwrap();
    let phone = till.app.customer(maria).unwrap().phone.unwrap();
    let (page, card) = phone.url.split_once('#').unwrap();
    assert_eq!(page, "https://hub.example/card");
    let card = claimed(&card.replace("%20", " ").replace("%25", "%")).unwrap();
    assert_eq!(card.customer_id, maria);
    assert!(phone.qr_svg.starts_with("<svg"));
}

#[test]
fn a_till_without_a_hub_has_no_page_to_lead_to() {
    assert_eq!(enrolled(&Till::new()).phone, None);
}
