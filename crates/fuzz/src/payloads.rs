//! Texts as a code may carry them through everything that reads one.

use std::sync::LazyLock;

use counterfoil_domain::scale_label::{self, Layout};
use counterfoil_domain::{CustomerId, TenantId, UnixMs, barcode};
use counterfoil_protocol::ErrorCode;
use counterfoil_protocol::card::{self, Card, TrustedKey, Verified};
use counterfoil_protocol::pairing::PairingUri;
use counterfoil_scan::{Found, ScanKind};
use ed25519_dalek::SigningKey;
use uuid::Uuid;

use crate::bytes::Bytes;

/// The shop whose cards are good here.
const SHOP: TenantId = TenantId(Uuid::from_u128(0x0199_1f0c_8a00_7000_8000_0000_0000_0001));
/// The key that signs them.
const KEY_ID: u32 = 7;
const SEED: [u8; 32] = [2; 32];

/// What a text was taken for; several at once is possible.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Understood {
    /// A genuine card of the shop.
    pub card: bool,
    /// The code that a till is paired by.
    pub pairing: bool,
    /// A product's code with a right check digit.
    pub product: bool,
    /// A layout and a label that fits it.
    pub label: bool,
}

/// Reads a text in every way, and a genuine card that was tampered with.
///
/// Eight bytes are the time, then comes the text. A layout of scale labels ends with `|`; a code follows.
///
/// # Panics
/// Where a card is accepted that nobody signed, or what was read does not survive being written.
pub fn payloads(bytes: &[u8]) -> Understood {
    let mut bytes = Bytes::new(bytes);
    let now = UnixMs(i64::from_le_bytes(bytes.take()));
    let rest = bytes.rest();
    let text = String::from_utf8_lossy(rest);
    tampered(rest, now);
    if let Some(code) = ErrorCode::from_text(&text) {
        assert_eq!(code.text(), text, "an error code is its text");
    }
    Understood {
        card: card(&text, now),
        pairing: pairing(&text),
        product: product(&text),
        label: label(&text),
    }
}

/// The shop's keys: one in use, one revoked.
static KEYS: LazyLock<[TrustedKey; 2]> = LazyLock::new(|| {
    let public = |seed| SigningKey::from_bytes(&seed).verifying_key().to_bytes();
    [
        TrustedKey {
            key_id: KEY_ID,
            public: public(SEED),
            revoked: false,
        },
        TrustedKey {
            key_id: 8,
            public: public([3; 32]),
            revoked: true,
        },
    ]
});
static SIGNING: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&SEED));

/// Whether it is a good card, which only the holder of the key can have written.
fn card(text: &str, now: UnixMs) -> bool {
    let Ok(read) = card::verify(text, SHOP, &*KEYS, now) else {
        return false;
    };
    let Verified {
        card,
        made_at,
        lost_before,
    } = read;
    let written = match made_at {
        None => card::issue_after(lost_before.unwrap_or(0), &card, &SIGNING),
        Some(made_at) => card::issue_passing(&card, made_at, &SIGNING),
    };
    assert_eq!(
        written,
        text.trim(),
        "a card can be written in one way only"
    );
    assert!(
        card::looks_like_card(text.trim()),
        "a good card looks like one"
    );
    true
}

/// A genuine card with some of its bytes overwritten, and one under a key of anybody's choice.
fn tampered(edits: &[u8], now: UnixMs) {
    let mut edits = Bytes::new(edits);
    let genuine = Card {
        key_id: KEY_ID,
        tenant_id: SHOP,
        customer_id: CustomerId(Uuid::from_bytes(edits.take())),
    };
    let text = if edits.byte() & 1 == 0 {
        card::issue(&genuine, &SIGNING)
    } else {
        card::issue_passing(&genuine, now, &SIGNING)
    };
    let read = card::verify(&text, SHOP, &*KEYS, now).map(|verified| verified.card);
    assert_eq!(read, Ok(genuine), "a genuine card is accepted");
    let mut changed = text.clone().into_bytes();
    while !edits.is_empty() {
        let [at, letter] = edits.take();
        let at = usize::from(at) % changed.len();
        changed[at] = letter;
    }
    let changed = String::from_utf8_lossy(&changed);
    assert!(
        changed.trim() == text || card::verify(&changed, SHOP, &*KEYS, now).is_err(),
        "a card that was changed is refused: {changed}"
    );
    let other = TrustedKey {
        key_id: KEY_ID,
        public: key_of_nobody(&changed),
        revoked: false,
    };
    assert!(
        card::verify(&text, SHOP, &[other], now).is_err(),
        "a card is good under its own key alone"
    );
}

/// Thirty-two bytes that are no key of the shop's.
fn key_of_nobody(text: &str) -> [u8; 32] {
    let mut public = [0; 32];
    for (at, byte) in text.bytes().enumerate() {
        public[at % 32] ^= byte;
    }
    public
}

fn pairing(text: &str) -> bool {
    let Some(pairing) = PairingUri::parse(text) else {
        return false;
    };
    assert_eq!(
        PairingUri::parse(&pairing.text()).as_ref(),
        Some(&pairing),
        "a pairing code survives being written"
    );
    true
}

fn product(text: &str) -> bool {
    let is_gtin = barcode::is_valid_gtin(text);
    let normal = barcode::normalised(text);
    assert_eq!(
        barcode::normalised(&normal),
        normal,
        "a code is looked up under one form"
    );
    for (kind, digits) in [(ScanKind::Ean13, 13), (ScanKind::UpcA, 12)] {
        let found = Found {
            code: text.to_owned(),
            kind,
            outline: None,
        };
        let number = found.product_number();
        assert_eq!(
            number.is_some(),
            is_gtin && text.len() == digits,
            "scanner and shop agree on what a product's code is: {text:?}"
        );
        assert!(
            number.is_none_or(|number| number == normal),
            "scanner and shop look a code up under the same number: {text:?}"
        );
    }
    is_gtin
}

fn label(text: &str) -> bool {
    let (layout, code) = text.split_once('|').unwrap_or(("21IIIIIWWWWWC", text));
    let Ok(layout) = Layout::parse(layout) else {
        return false;
    };
    let Some(label) = scale_label::read(code, std::slice::from_ref(&layout)) else {
        return false;
    };
    let written = layout.write(&label);
    let read = written.as_deref().and_then(|code| layout.read(code));
    assert_eq!(
        read,
        Some(label),
        "a label survives being written: {written:?}"
    );
    true
}
