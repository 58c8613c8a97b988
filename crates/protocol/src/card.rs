//! A customer's card: who it is, signed by the shop's key, short enough for a small QR.
//!
//! `CF1:` followed by base 45 (RFC 9285) of 101 bytes: version (1), key id (4, big-endian), tenant (16), customer (16),
//! Ed25519 signature (64) over `counterfoil-card-1` and the 37 bytes before it. A code that a phone shows for a minute has
//! version 2, the time it was made (8) before the signature, and `counterfoil-card-2` in front of what is signed. A card
//! that replaces lost ones has version 3, how many were lost (4) before the signature, and `counterfoil-card-3`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_domain::entity::CardKey;
use counterfoil_domain::{CustomerId, TenantId, UnixMs};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use uuid::Uuid;

/// What every card's text starts with.
pub const PREFIX: &str = "CF1:";
/// How long a code on a phone lives.
pub const PASSING_LIFE_MS: i64 = 60_000;
/// How far the clocks of a till and of whoever made a passing code may be apart.
pub const PASSING_TOLERANCE_MS: i64 = 30_000;
/// No passing code is accepted for longer than this, from the earliest moment to the last.
pub const PASSING_WINDOW_S: u32 = 120;
const LASTING: u8 = 1;
const PASSING: u8 = 2;
const REPLACING: u8 = 3;
const SIGNED: usize = 37;
const TIME: usize = 8;
const LOST: usize = 4;
const SIGNATURE: usize = 64;
const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// What a card says before its signature is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// Which key signed it.
    pub key_id: u32,
    /// Whose shop.
    pub tenant_id: TenantId,
    /// Who.
    pub customer_id: CustomerId,
}

/// Why a card is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// Not a card at all.
    #[error("this is not a loyalty card")]
    NotACard,
    /// A card, but damaged or of a version this program does not know.
    #[error("this card is damaged or of a newer kind")]
    Malformed,
    /// Another shop's card.
    #[error("this card belongs to another shop")]
    Foreign,
    /// Signed by a key this shop does not have.
    #[error("this card was signed by a key this shop does not use")]
    UnknownKey,
    /// Signed by a key that this shop has revoked.
    #[error(
        "this card was signed by a key that this shop has revoked; the customer needs a new one"
    )]
    RevokedKey,
    /// A code that was shown longer than it lives.
    #[error("this code has expired; the customer's phone shows a new one every minute")]
    Expired,
    /// A code from the future.
    #[error("this code is not valid yet: the clock of this till or of who made the code is wrong")]
    TooEarly,
    /// The signature does not hold.
    #[error("this card is forged: its signature does not hold")]
    Forged,
}

impl CardError {
    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotACard => "card_not_a_card",
            Self::Malformed => "card_malformed",
            Self::Foreign => "card_foreign",
            Self::UnknownKey => "card_unknown_key",
            Self::RevokedKey => "card_revoked_key",
            Self::Expired => "card_expired",
            Self::TooEarly => "card_too_early",
            Self::Forged => "card_forged",
        }
    }
}

/// A key the shop accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedKey {
    /// Its id.
    pub key_id: u32,
    /// Ed25519 public key.
    pub public: [u8; 32],
    /// Whether what it signed is refused; a retired key is not revoked, and its cards stay good.
    pub revoked: bool,
}

impl TrustedKey {
    /// One of the keys that a shop lists; nothing where it is no Ed25519 key at all.
    #[must_use]
    pub fn of(key: &CardKey) -> Option<Self> {
        Some(Self {
            key_id: key.key_id,
            public: STANDARD.decode(&key.public_key).ok()?.try_into().ok()?,
            revoked: key.revoked,
        })
    }
}

/// A card or a passing code, read and verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// What it says.
    pub card: Card,
    /// When it was made, for a code that passes; a card lasts.
    pub made_at: Option<UnixMs>,
    /// How many cards of this customer had been reported lost when it was made. None for a code that passes: it was made
    /// a minute ago, for the customer's own phone.
    pub lost_before: Option<u32>,
}

impl Verified {
    /// Whether it is one of the `lost` cards that this customer has reported.
    #[must_use]
    pub fn is_lost(&self, lost: u32) -> bool {
        self.lost_before.is_some_and(|before| before < lost)
    }
}

fn signed_bytes(version: u8, card: &Card) -> [u8; SIGNED] {
    let mut bytes = [0; SIGNED];
    bytes[0] = version;
    bytes[1..5].copy_from_slice(&card.key_id.to_be_bytes());
    bytes[5..21].copy_from_slice(card.tenant_id.0.as_bytes());
    bytes[21..37].copy_from_slice(card.customer_id.0.as_bytes());
    bytes
}

/// What is signed: words that keep a signature from meaning anything else, then the bytes.
fn message(signed: &[u8]) -> Vec<u8> {
    let context: &[u8] = match signed.first() {
        Some(&PASSING) => b"counterfoil-card-2",
        Some(&REPLACING) => b"counterfoil-card-3",
        _ => b"counterfoil-card-1",
    };
    [context, signed].concat()
}

fn sealed(signed: &[u8], key: &SigningKey) -> String {
    let signature = key.sign(&message(signed)).to_bytes();
    format!("{PREFIX}{}", base45(&[signed, &signature[..]].concat()))
}

/// The text of a card, signed with the shop's key.
#[must_use]
pub fn issue(card: &Card, key: &SigningKey) -> String {
    sealed(&signed_bytes(LASTING, card), key)
}

/// The text of the card of a customer who has lost so many before: those are told from it. The first card is that of
/// [`issue`].
#[must_use]
pub fn issue_after(lost: u32, card: &Card, key: &SigningKey) -> String {
    if lost == 0 {
        return issue(card, key);
    }
    let signed = signed_bytes(REPLACING, card);
    sealed(&[&signed[..], &lost.to_be_bytes()[..]].concat(), key)
}

/// The text of a code for a customer's phone, good for a minute from `now` on.
#[must_use]
pub fn issue_passing(card: &Card, now: UnixMs, key: &SigningKey) -> String {
    let signed = signed_bytes(PASSING, card);
    sealed(&[&signed[..], &now.0.to_be_bytes()[..]].concat(), key)
}

/// The address at which a customer's phone shows codes that pass: the hub's page with the card behind the `#`, which no
/// program sends to the hub or writes to a log.
#[must_use]
pub fn phone_link(hub: &str, card: &str) -> String {
    // Of base 45's characters these two may not stand there.
    let card = card.replace('%', "%25").replace(' ', "%20");
    format!("{}/card#{card}", hub.trim_end_matches('/'))
}

/// Whether a text claims to be a card.
#[must_use]
pub fn looks_like_card(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// What a text says before anything is verified: fit to find the shop whose keys must tell, and for nothing else.
///
/// # Errors
/// [`CardError::NotACard`] and [`CardError::Malformed`].
pub fn claimed(text: &str) -> Result<Card, CardError> {
    Parts::of(text).map(|parts| parts.card)
}

/// Reads and verifies a card, or a code on a phone, for a shop; without a network.
///
/// # Errors
/// Why it is refused.
pub fn verify(
    text: &str,
    tenant: TenantId,
    keys: &[TrustedKey],
    now: UnixMs,
) -> Result<Verified, CardError> {
    let Parts {
        card,
        bytes,
        signed,
    } = Parts::of(text)?;
    if card.tenant_id != tenant {
        return Err(CardError::Foreign);
    }
    let trusted = keys
        .iter()
        .find(|k| k.key_id == card.key_id)
        .ok_or(CardError::UnknownKey)?;
    if trusted.revoked {
        return Err(CardError::RevokedKey);
    }
    let public = VerifyingKey::from_bytes(&trusted.public).map_err(|_| CardError::UnknownKey)?;
    let signature = Signature::from_slice(&bytes[signed..]).map_err(|_| CardError::Malformed)?;
    public
        .verify_strict(&message(&bytes[..signed]), &signature)
        .map_err(|_| CardError::Forged)?;
    // Only a genuine code tells its time: who forges one learns nothing of the clock.
    let more = &bytes[SIGNED..signed];
    let made_at = made_at(more);
    made_at.map_or(Ok(()), |made_at| in_time(made_at, now))?;
    let lost_before = match made_at {
        Some(_) => None,
        None => Some(more.try_into().map_or(0, u32::from_be_bytes)),
    };
    Ok(Verified {
        card,
        made_at,
        lost_before,
    })
}

/// A card's bytes, and how many of them are signed.
struct Parts {
    card: Card,
    bytes: Vec<u8>,
    signed: usize,
}

impl Parts {
    fn of(text: &str) -> Result<Self, CardError> {
        let body = text
            .trim()
            .strip_prefix(PREFIX)
            .ok_or(CardError::NotACard)?;
        let bytes = unbase45(body).ok_or(CardError::Malformed)?;
        let signed = match bytes.first() {
            Some(&LASTING) => SIGNED,
            Some(&PASSING) => SIGNED + TIME,
            Some(&REPLACING) => SIGNED + LOST,
            _ => return Err(CardError::Malformed),
        };
        if bytes.len() != signed + SIGNATURE {
            return Err(CardError::Malformed);
        }
        let uuid_at = |at: usize| {
            let mut raw = [0; 16];
            raw.copy_from_slice(&bytes[at..at + 16]);
            Uuid::from_bytes(raw)
        };
        let mut key_id = [0; 4];
        key_id.copy_from_slice(&bytes[1..5]);
        let card = Card {
            key_id: u32::from_be_bytes(key_id),
            tenant_id: TenantId(uuid_at(5)),
            customer_id: CustomerId(uuid_at(21)),
        };
        Ok(Self {
            card,
            bytes,
            signed,
        })
    }
}

fn made_at(bytes: &[u8]) -> Option<UnixMs> {
    let bytes: [u8; TIME] = bytes.try_into().ok()?;
    Some(UnixMs(i64::from_be_bytes(bytes)))
}

fn in_time(made_at: UnixMs, now: UnixMs) -> Result<(), CardError> {
    let age_ms = now.0.saturating_sub(made_at.0);
    if age_ms < -PASSING_TOLERANCE_MS {
        Err(CardError::TooEarly)
    } else if age_ms >= PASSING_LIFE_MS + PASSING_TOLERANCE_MS {
        Err(CardError::Expired)
    } else {
        Ok(())
    }
}

fn base45(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3 / 2 + 2);
    for pair in bytes.chunks(2) {
        let (mut value, digits) = match pair {
            [a, b] => (usize::from(*a) * 256 + usize::from(*b), 3),
            [a] => (usize::from(*a), 2),
            _ => continue,
        };
        for _ in 0..digits {
            text.push(char::from(ALPHABET[value % 45]));
            value /= 45;
        }
    }
    text
}

fn unbase45(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<usize> = text
        .bytes()
        .map(|c| ALPHABET.iter().position(|a| *a == c))
        .collect::<Option<_>>()?;
    let mut bytes = Vec::with_capacity(digits.len() * 2 / 3);
    for group in digits.chunks(3) {
        match group {
            [a, b, c] => bytes.extend(u16::try_from(a + b * 45 + c * 2025).ok()?.to_be_bytes()),
            [a, b] => bytes.push(u8::try_from(a + b * 45).ok()?),
            _ => return None,
        }
    }
    Some(bytes)
}
