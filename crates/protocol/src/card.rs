//! A customer's card: who it is, signed by the shop's key, short enough for a small QR.
//!
//! `CF1:` followed by base 45 (RFC 9285) of 101 bytes: version (1), key id (4, big-endian), tenant (16), customer (16),
//! Ed25519 signature (64) over `counterfoil-card-1` and the 37 bytes before it.

use counterfoil_domain::{CustomerId, TenantId};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use uuid::Uuid;

/// What every card's text starts with.
pub const PREFIX: &str = "CF1:";
const CONTEXT: &[u8] = b"counterfoil-card-1";
const SIGNED: usize = 37;
const WHOLE: usize = SIGNED + 64;
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
    /// Signed by a key this shop does not have, or has revoked.
    #[error("this card was signed by a key this shop does not use")]
    UnknownKey,
    /// The signature does not hold.
    #[error("this card is forged: its signature does not hold")]
    Forged,
}

/// A key the shop accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedKey {
    /// Its id.
    pub key_id: u32,
    /// Ed25519 public key.
    pub public: [u8; 32],
}

fn signed_bytes(card: &Card) -> [u8; SIGNED] {
    let mut bytes = [0; SIGNED];
    bytes[0] = 1;
    bytes[1..5].copy_from_slice(&card.key_id.to_be_bytes());
    bytes[5..21].copy_from_slice(card.tenant_id.0.as_bytes());
    bytes[21..37].copy_from_slice(card.customer_id.0.as_bytes());
    bytes
}

fn message(signed: &[u8]) -> Vec<u8> {
    [CONTEXT, signed].concat()
}

/// The text of a card, signed with the shop's key.
#[must_use]
pub fn issue(card: &Card, key: &SigningKey) -> String {
    let signed = signed_bytes(card);
    let signature = key.sign(&message(&signed)).to_bytes();
    format!(
        "{PREFIX}{}",
        base45(&[&signed[..], &signature[..]].concat())
    )
}

/// Whether a text claims to be a card.
#[must_use]
pub fn looks_like_card(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// Reads and verifies a card for a shop, without a network.
///
/// # Errors
/// Why it is refused.
pub fn verify(text: &str, tenant: TenantId, keys: &[TrustedKey]) -> Result<Card, CardError> {
    let body = text
        .trim()
        .strip_prefix(PREFIX)
        .ok_or(CardError::NotACard)?;
    let bytes = unbase45(body).ok_or(CardError::Malformed)?;
    if bytes.len() != WHOLE || bytes[0] != 1 {
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
    if card.tenant_id != tenant {
        return Err(CardError::Foreign);
    }
    let trusted = keys
        .iter()
        .find(|k| k.key_id == card.key_id)
        .ok_or(CardError::UnknownKey)?;
    let public = VerifyingKey::from_bytes(&trusted.public).map_err(|_| CardError::UnknownKey)?;
    let signature = Signature::from_slice(&bytes[SIGNED..]).map_err(|_| CardError::Malformed)?;
    public
        .verify_strict(&message(&bytes[..SIGNED]), &signature)
        .map_err(|_| CardError::Forged)?;
    Ok(card)
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
