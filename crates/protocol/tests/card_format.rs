//! What `docs/card-format.md` says of cards is what the code does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use counterfoil_domain::{CustomerId, TenantId, UnixMs};
use counterfoil_protocol::card::{
    Card, CardError, TrustedKey, issue, issue_after, issue_passing, verify,
};
use ed25519_dalek::SigningKey;
use uuid::Uuid;

const PAGE: &str = include_str!("../../../docs/card-format.md");

struct Vector {
    key: SigningKey,
    public: [u8; 32],
    card: Card,
    text: String,
    made_at: UnixMs,
    passing: String,
    lost_before: u32,
    replacing: String,
}

/// The row of the table of vectors that begins with `field`: its first and its second value.
fn row(field: &str) -> [String; 2] {
    let line = PAGE
        .lines()
        .find(|line| line.starts_with(&format!("| {field} | `")))
        .unwrap_or_else(|| panic!("the page has no vectors for {field}"));
    let values: Vec<String> = line
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    values.try_into().unwrap()
}

fn bytes(hex: &str) -> [u8; 32] {
    let pairs = hex.as_bytes().chunks(2);
    let bytes: Vec<u8> = pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    bytes.try_into().unwrap()
}

fn vectors() -> [Vector; 2] {
    let texts: Vec<&str> = PAGE
        .lines()
        .filter(|line| line.starts_with("CF1:"))
        .collect();
    let [seeds, publics, ids, tenants, customers, made, lost] = [
        "seed",
        "public key",
        "key id",
        "tenant",
        "customer",
        "made at",
        "lost before",
    ]
    .map(row);
    [0, 1].map(|at| Vector {
        key: SigningKey::from_bytes(&bytes(&seeds[at])),
        public: bytes(&publics[at]),
        card: Card {
            key_id: ids[at].parse().unwrap(),
            tenant_id: TenantId(Uuid::parse_str(&tenants[at]).unwrap()),
            customer_id: CustomerId(Uuid::parse_str(&customers[at]).unwrap()),
        },
        text: texts[at].to_owned(),
        made_at: UnixMs(made[at].parse().unwrap()),
        passing: texts[at + 2].to_owned(),
        lost_before: lost[at].parse().unwrap(),
        replacing: texts[at + 4].to_owned(),
    })
}

fn check(vector: &Vector, text: &str) -> Result<Card, CardError> {
    check_at(vector, text, vector.made_at.0)
}

fn check_at(vector: &Vector, text: &str, now: i64) -> Result<Card, CardError> {
    let key = TrustedKey {
        key_id: vector.card.key_id,
        public: vector.public,
        revoked: false,
    };
    verify(text, vector.card.tenant_id, &[key], UnixMs(now)).map(|verified| verified.card)
}

#[test]
fn the_vectors_of_the_page_are_what_is_issued() {
    for vector in vectors() {
        assert_eq!(vector.key.verifying_key().to_bytes(), vector.public);
        assert_eq!(issue(&vector.card, &vector.key), vector.text);
        let passing = issue_passing(&vector.card, vector.made_at, &vector.key);
        assert_eq!(passing, vector.passing);
        let replacing = issue_after(vector.lost_before, &vector.card, &vector.key);
        assert_eq!(replacing, vector.replacing);
    }
}

#[test]
fn the_vectors_of_the_page_are_accepted() {
    for vector in vectors() {
        assert_eq!(check(&vector, &vector.text), Ok(vector.card));
        assert_eq!(check(&vector, &vector.passing), Ok(vector.card));
        assert_eq!(check(&vector, &vector.replacing), Ok(vector.card));
    }
}

#[test]
fn the_texts_that_the_page_calls_wrong_are_refused_as_it_says() {
    let [first, second] = vectors();
    let text = &first.text;
    let changed = format!("{}1", &text[..text.len() - 1]);
    assert_ne!(&changed, text);
    assert_eq!(check(&first, &changed), Err(CardError::Forged));
    assert_eq!(
        check(&first, &text[..text.len() - 3]),
        Err(CardError::Malformed)
    );
    assert_eq!(
        check(&first, &text.to_lowercase()),
        Err(CardError::NotACard)
    );
    assert_eq!(check(&first, &second.text), Err(CardError::Foreign));
}

#[test]
fn a_card_is_as_long_as_the_page_says() {
    for length in ["156", "162", "168"] {
        assert!(PAGE.contains(&format!("{length} characters")), "{length}");
    }
    for vector in vectors() {
        assert_eq!(vector.text.len(), 156);
        assert_eq!(vector.passing.len(), 168);
        assert_eq!(vector.replacing.len(), 162);
    }
}

#[test]
fn a_passing_code_is_refused_when_the_page_says() {
    let [first, _] = vectors();
    let after = |seconds: i64| check_at(&first, &first.passing, first.made_at.0 + seconds * 1000);
    assert_eq!(after(-31), Err(CardError::TooEarly));
    assert_eq!(after(89), Ok(first.card));
    assert_eq!(after(90), Err(CardError::Expired));
}
