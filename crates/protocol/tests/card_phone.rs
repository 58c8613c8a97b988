//! A card's way to a customer's phone.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use counterfoil_domain::{CustomerId, TenantId};
use counterfoil_protocol::card::{Card, CardError, claimed, issue, issue_after, phone_link};
use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use uuid::Uuid;

fn card(tenant: u128, customer: u128) -> Card {
    Card {
        key_id: 7,
        tenant_id: TenantId(Uuid::from_u128(tenant)),
        customer_id: CustomerId(Uuid::from_u128(customer)),
    }
}

/// What a browser makes of the part behind the `#`.
fn read(link: &str) -> String {
    let (_, coded) = link.split_once('#').unwrap();
    coded.replace("%20", " ").replace("%25", "%")
}

proptest! {
    #[test]
    fn a_browser_reads_the_card_from_its_link(tenant: u128, customer: u128, lost: u32, seed: [u8; 32]) {
        let text = issue_after(lost, &card(tenant, customer), &SigningKey::from_bytes(&seed));
        let link = phone_link("https://hub.example", &text);
        prop_assert!(!link.contains(' '));
        prop_assert_eq!(read(&link), text);
    }

    #[test]
    fn a_card_claims_what_it_was_made_for(tenant: u128, customer: u128, seed: [u8; 32]) {
        let card = card(tenant, customer);
        prop_assert_eq!(claimed(&issue(&card, &SigningKey::from_bytes(&seed))), Ok(card));
    }
}

#[test]
fn a_hub_may_be_named_with_a_stroke_behind_it() {
    let text = issue(&card(1, 2), &SigningKey::from_bytes(&[1; 32]));
    assert_eq!(
        phone_link("https://hub.example/", &text),
        phone_link("https://hub.example", &text)
    );
}

#[test]
fn what_is_no_card_claims_nothing() {
    assert_eq!(claimed("7751234567890"), Err(CardError::NotACard));
    assert_eq!(claimed("CF1:00"), Err(CardError::Malformed));
}
