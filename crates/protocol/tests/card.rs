//! Customer cards: what is accepted, and that nothing else is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use counterfoil_domain::{CustomerId, TenantId, UnixMs};
use counterfoil_protocol::card::{
    Card, CardError, PASSING_LIFE_MS, PASSING_TOLERANCE_MS, PASSING_WINDOW_S, PREFIX, TrustedKey,
    issue, issue_after, issue_passing, looks_like_card,
};
use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use uuid::Uuid;

const ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

fn shop() -> TenantId {
    TenantId(Uuid::from_u128(0x0199_1f0c_8a00_7000_8000_0000_0000_0001))
}

fn card() -> Card {
    Card {
        key_id: 7,
        tenant_id: shop(),
        customer_id: CustomerId(Uuid::from_u128(0x0199_1f0c_8a00_7000_8000_0000_0000_0002)),
    }
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn trusted(key_id: u32, seed: u8) -> TrustedKey {
    TrustedKey {
        key_id,
        public: key(seed).verifying_key().to_bytes(),
        revoked: false,
    }
}

const NOON: UnixMs = UnixMs(1_800_000_000_000);

fn verify(text: &str, tenant: TenantId, keys: &[TrustedKey]) -> Result<Card, CardError> {
    let verified = counterfoil_protocol::card::verify(text, tenant, keys, NOON)?;
    assert_eq!(verified.made_at, None, "a card lasts");
    Ok(verified.card)
}

fn check(text: &str) -> Result<Card, CardError> {
    verify(text, shop(), &[trusted(3, 1), trusted(7, 2)])
}

fn good() -> String {
    issue(&card(), &key(2))
}

#[test]
fn a_card_that_the_shop_issued_is_accepted() {
    assert_eq!(check(&good()), Ok(card()));
}

fn lost_before(text: &str) -> Option<u32> {
    let keys = [trusted(7, 2)];
    let verified = counterfoil_protocol::card::verify(text, shop(), &keys, NOON).unwrap();
    verified.lost_before
}

#[test]
fn the_first_card_of_a_customer_is_the_one_it_always_was() {
    assert_eq!(issue_after(0, &card(), &key(2)), good());
    assert_eq!(lost_before(&good()), Some(0));
}

#[test]
fn a_card_is_lost_once_more_were_lost_than_it_says() {
    let keys = [trusted(7, 2)];
    let second = issue_after(1, &card(), &key(2));
    let verified = counterfoil_protocol::card::verify(&second, shop(), &keys, NOON).unwrap();
    assert!(!verified.is_lost(0) && !verified.is_lost(1));
    assert!(verified.is_lost(2));
}

#[test]
fn a_code_on_a_phone_is_never_a_lost_card() {
    let shown = issue_passing(&card(), NOON, &key(2));
    let keys = [trusted(7, 2)];
    let verified = counterfoil_protocol::card::verify(&shown, shop(), &keys, NOON).unwrap();
    assert!(!verified.is_lost(u32::MAX));
}

#[test]
fn a_lost_card_does_not_become_a_new_one_by_its_number() {
    let bytes = |text: &str| text.strip_prefix(PREFIX).unwrap().to_owned();
    let (second, third) = (
        bytes(&issue_after(1, &card(), &key(2))),
        bytes(&issue_after(2, &card(), &key(2))),
    );
    // The number in front of the other's signature: bytes 37 to 40 are within these characters.
    let mixed = format!("{PREFIX}{}{}", &third[..63], &second[63..]);
    assert_eq!(check(&mixed), Err(CardError::Forged));
}

proptest! {
    #[test]
    fn a_card_says_how_many_were_lost_before_it(lost in any::<u32>()) {
        prop_assert_eq!(lost_before(&issue_after(lost, &card(), &key(2))), Some(lost));
    }
}

#[test]
fn a_card_says_who_it_is_for_any_customer_and_key() {
    for n in 0..40_u128 {
        let card = Card {
            key_id: u32::try_from(n * 8_589_934 % u128::from(u32::MAX)).unwrap(),
            tenant_id: shop(),
            customer_id: CustomerId(Uuid::from_u128(n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c))),
        };
        let text = issue(&card, &key(9));
        let read = verify(&text, shop(), &[trusted(card.key_id, 9)]);
        assert_eq!(read, Ok(card));
    }
}

#[test]
fn a_card_fits_the_alphanumeric_mode_of_a_qr() {
    assert!(good().chars().all(|c| ALPHABET.contains(c)));
    assert_eq!(good().len(), 156);
}

#[test]
fn a_card_is_the_same_text_every_time() {
    assert_eq!(good(), good());
}

#[test]
fn white_space_around_a_card_does_not_matter() {
    assert_eq!(check(&format!("  {}\r\n", good())), Ok(card()));
}

#[test]
fn every_misread_character_is_refused() {
    let text = good();
    for at in PREFIX.len()..text.len() {
        let own = ALPHABET.find(&text[at..=at]).unwrap();
        // The neighbour and the farthest: every character at every place takes minutes.
        for step in [1, 22] {
            let other = ALPHABET.chars().nth((own + step) % 45).unwrap();
            let wrong = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert!(check(&wrong).is_err(), "{other:?} at {at}");
        }
    }
}

#[test]
fn a_flipped_bit_in_any_byte_is_refused() {
    let bytes = unbase45(&good()[PREFIX.len()..]);
    for bit in (0..bytes.len() * 8).step_by(5) {
        let mut wrong = bytes.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        let text = format!("{PREFIX}{}", base45(&wrong));
        assert!(check(&text).is_err(), "bit {bit}");
    }
}

#[test]
fn two_characters_that_changed_places_are_refused() {
    let text = good().into_bytes();
    for at in PREFIX.len()..text.len() - 1 {
        if text[at] != text[at + 1] {
            let mut wrong = text.clone();
            wrong.swap(at, at + 1);
            assert!(check(&String::from_utf8(wrong).unwrap()).is_err(), "{at}");
        }
    }
}

#[test]
fn every_card_that_was_cut_off_is_malformed() {
    let text = good();
    for length in PREFIX.len()..text.len() {
        assert_eq!(
            check(&text[..length]),
            Err(CardError::Malformed),
            "{length}"
        );
    }
}

#[test]
fn a_card_with_something_behind_it_is_malformed() {
    for more in ["0", "00", "000", "X", "\u{e9}"] {
        let text = format!("{}{more}", good());
        assert_eq!(check(&text), Err(CardError::Malformed), "{more}");
    }
}

#[test]
fn a_card_in_small_letters_is_refused() {
    let text = good();
    let small = text.to_lowercase();
    assert_eq!(check(&small), Err(CardError::NotACard));
    let body = format!("{PREFIX}{}", small[PREFIX.len()..].to_owned());
    assert_eq!(check(&body), Err(CardError::Malformed));
}

#[test]
fn another_shops_card_is_foreign_even_when_its_signature_holds() {
    let other = Card {
        tenant_id: TenantId(Uuid::from_u128(99)),
        ..card()
    };
    assert_eq!(check(&issue(&other, &key(2))), Err(CardError::Foreign));
}

#[test]
fn a_card_under_a_key_that_the_shop_does_not_have_is_unknown() {
    let other = Card {
        key_id: 8,
        ..card()
    };
    assert_eq!(check(&issue(&other, &key(2))), Err(CardError::UnknownKey));
    assert_eq!(verify(&good(), shop(), &[]), Err(CardError::UnknownKey));
}

#[test]
fn a_card_signed_by_a_stranger_is_forged() {
    assert_eq!(check(&issue(&card(), &key(66))), Err(CardError::Forged));
}

#[test]
fn a_card_signed_by_another_key_of_the_same_shop_is_forged() {
    assert_eq!(check(&issue(&card(), &key(1))), Err(CardError::Forged));
}

#[test]
fn a_signature_of_one_customer_does_not_serve_another() {
    let mine = unbase45(&good()[PREFIX.len()..]);
    let theirs = Card {
        customer_id: CustomerId(Uuid::from_u128(5)),
        ..card()
    };
    let mut stolen = unbase45(&issue(&theirs, &key(2))[PREFIX.len()..]);
    stolen[37..].copy_from_slice(&mine[37..]);
    let text = format!("{PREFIX}{}", base45(&stolen));
    assert_eq!(check(&text), Err(CardError::Forged));
}

#[test]
fn a_signature_over_the_bare_card_without_its_context_is_forged() {
    use ed25519_dalek::Signer as _;
    let mut bytes = unbase45(&good()[PREFIX.len()..]);
    let signature = key(2).sign(&bytes[..37]).to_bytes();
    bytes[37..].copy_from_slice(&signature);
    let text = format!("{PREFIX}{}", base45(&bytes));
    assert_eq!(check(&text), Err(CardError::Forged));
}

#[test]
fn a_key_that_proves_everything_is_no_key() {
    // The neutral point of the curve accepts one signature for many messages.
    let mut public = [0; 32];
    public[0] = 1;
    let weak = TrustedKey {
        key_id: 7,
        public,
        revoked: false,
    };
    let mut bytes = unbase45(&good()[PREFIX.len()..]);
    bytes[37..].fill(0);
    bytes[37] = 1;
    let text = format!("{PREFIX}{}", base45(&bytes));
    assert!(verify(&text, shop(), &[weak]).is_err());
}

#[test]
fn what_is_no_card_is_told_from_a_damaged_one() {
    for text in ["", "CF1", "CF2:ABC", "7750182000123", "https://example.org"] {
        assert_eq!(check(text), Err(CardError::NotACard), "{text}");
    }
    for text in ["CF1:", "CF1:0", "CF1:::::::", "CF1:\u{1F3AB}"] {
        assert_eq!(check(text), Err(CardError::Malformed), "{text}");
    }
}

#[test]
fn a_card_of_a_newer_version_is_malformed_and_not_forged() {
    let mut bytes = unbase45(&good()[PREFIX.len()..]);
    bytes[0] = 2;
    let text = format!("{PREFIX}{}", base45(&bytes));
    assert_eq!(check(&text), Err(CardError::Malformed));
}

#[test]
fn only_the_prefix_makes_a_text_look_like_a_card() {
    assert!(looks_like_card(&good()));
    assert!(!looks_like_card("counterfoil:pair?hub=https://a&code=B"));
}

// An encoder of its own, so that the tests do not believe the one they test (RFC 9285).
fn base45(bytes: &[u8]) -> String {
    let digit = |n: u32| ALPHABET.chars().nth(n as usize).unwrap();
    bytes
        .chunks(2)
        .flat_map(|pair| match pair {
            [a, b] => {
                let n = u32::from(*a) * 256 + u32::from(*b);
                vec![digit(n % 45), digit(n / 45 % 45), digit(n / 2025)]
            }
            [a] => vec![digit(u32::from(*a) % 45), digit(u32::from(*a) / 45)],
            _ => vec![],
        })
        .collect()
}

fn unbase45(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text
        .chars()
        .map(|c| u32::try_from(ALPHABET.find(c).unwrap()).unwrap())
        .collect();
    digits
        .chunks(3)
        .flat_map(|group| match group {
            [a, b, c] => u16::try_from(a + b * 45 + c * 2025)
                .unwrap()
                .to_be_bytes()
                .to_vec(),
            [a, b] => vec![u8::try_from(a + b * 45).unwrap()],
            _ => vec![],
        })
        .collect()
}

/// A passing code made at noon, checked so many milliseconds later.
fn passing(later_ms: i64) -> Result<Card, CardError> {
    let code = issue_passing(&card(), NOON, &key(2));
    let now = UnixMs(NOON.0 + later_ms);
    let verified = counterfoil_protocol::card::verify(&code, shop(), &[trusted(7, 2)], now)?;
    assert_eq!(verified.made_at, Some(NOON));
    Ok(verified.card)
}

#[test]
fn a_passing_code_is_accepted_for_its_minute_and_the_clocks_tolerance() {
    let last = PASSING_LIFE_MS + PASSING_TOLERANCE_MS - 1;
    for later_ms in [-PASSING_TOLERANCE_MS, 0, PASSING_LIFE_MS, last] {
        assert_eq!(passing(later_ms), Ok(card()), "{later_ms}");
    }
    assert_eq!(passing(last + 1), Err(CardError::Expired));
    assert_eq!(passing(i64::MAX - NOON.0), Err(CardError::Expired));
    assert_eq!(passing(-PASSING_TOLERANCE_MS - 1), Err(CardError::TooEarly));
    assert_eq!(passing(i64::MIN), Err(CardError::TooEarly));
}

#[test]
fn the_window_of_a_passing_code_is_as_long_as_it_is_called() {
    let window_ms = PASSING_LIFE_MS + 2 * PASSING_TOLERANCE_MS;
    assert_eq!(window_ms, i64::from(PASSING_WINDOW_S) * 1000);
}

#[test]
fn a_passing_code_cannot_be_made_to_last() {
    let code = issue_passing(&card(), NOON, &key(2));
    // Any changed character: another time, another version, another customer.
    for at in PREFIX.len()..code.len() {
        let other = if code.as_bytes()[at] == b'0' {
            "1"
        } else {
            "0"
        };
        let changed = format!("{}{other}{}", &code[..at], &code[at + 1..]);
        let now = UnixMs(NOON.0 + 3_600_000);
        assert!(
            counterfoil_protocol::card::verify(&changed, shop(), &[trusted(7, 2)], now).is_err(),
            "{at}"
        );
    }
}

#[test]
fn a_card_of_a_retired_key_is_good_and_one_of_a_revoked_key_is_not() {
    let newer = trusted(9, 5);
    assert_eq!(verify(&good(), shop(), &[newer, trusted(7, 2)]), Ok(card()));
    let revoked = TrustedKey {
        revoked: true,
        ..trusted(7, 2)
    };
    let refused = verify(&good(), shop(), &[newer, revoked]);
    assert_eq!(refused, Err(CardError::RevokedKey));
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in "(CF1:)?[0-9A-Z $%*+./:-]{0,300}|.*") {
        prop_assert!(check(&text).is_err());
    }

    #[test]
    fn what_is_issued_is_read_for_any_customer_key_and_time(
        customer in any::<u128>(), key_id in any::<u32>(), seed in any::<u8>(), now in any::<i64>()
    ) {
        let card = Card {
            key_id,
            tenant_id: shop(),
            customer_id: CustomerId(Uuid::from_u128(customer)),
        };
        let keys = [trusted(key_id, seed)];
        let lasting = issue(&card, &key(seed));
        let passing = issue_passing(&card, UnixMs(now), &key(seed));
        let read = |text: &str| counterfoil_protocol::card::verify(text, shop(), &keys, UnixMs(now));
        prop_assert_eq!(read(&lasting).map(|v| (v.card, v.made_at)), Ok((card, None)));
        prop_assert_eq!(read(&passing).map(|v| (v.card, v.made_at)), Ok((card, Some(UnixMs(now)))));
    }
}
