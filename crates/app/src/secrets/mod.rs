//! Where this till's secrets lie: the system's keyring, or wrapped under a PIN where there is none. Never in clear.

mod keyring;
mod vault;
mod wrapped;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

pub use self::keyring::KeyringStore;
pub(crate) use self::vault::Vault;

/// The shortest PIN under which secrets are wrapped: it must stand against somebody who has the file.
pub const WRAP_PIN_MIN: usize = 6;

/// A place outside the data folder that keeps one blob an account.
pub trait SecretStore: Send + Sync {
    /// The account's blob; none when nothing was kept.
    ///
    /// # Errors
    /// [`SecretError::Unavailable`] when there is no such place.
    fn load(&self, account: &str) -> Result<Option<String>, SecretError>;

    /// Keeps a blob.
    ///
    /// # Errors
    /// As [`SecretStore::load`].
    fn save(&self, account: &str, blob: &str) -> Result<(), SecretError>;
}

/// Why secrets cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The system offers no keyring, or does not let this program in.
    #[error("there is no usable keyring: {0}")]
    Unavailable(String),
    /// The keyring did not answer in time; it may be asking somebody for its own password.
    #[error("the keyring does not answer")]
    TimedOut,
    /// What was kept cannot be read.
    #[error("the kept secrets cannot be read: {0}")]
    Damaged(String),
    /// Wrapped under a PIN that was not given yet.
    #[error("the secrets are locked")]
    Locked,
    /// Not the PIN.
    #[error("that is not the PIN under which the secrets are wrapped")]
    PinWrong,
    /// A PIN that is too short to wrap secrets, or not made of digits.
    #[error("the PIN needs at least {WRAP_PIN_MIN} digits")]
    PinTooShort,
    /// The wrapped file cannot be written.
    #[error("the secrets cannot be written: {0}")]
    Disk(String),
}

/// A 32-byte key seed that is written as base64.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl Serialize for Seed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_base64(&text).ok_or_else(|| serde::de::Error::custom("not a key's seed"))
    }
}

impl Seed {
    pub(crate) fn from_base64(text: &str) -> Option<Self> {
        BASE64.decode(text).ok()?.try_into().ok().map(Self)
    }
}

/// The key that signs customer cards.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardSecret {
    /// Its id, as cards carry it.
    pub key_id: u32,
    /// The Ed25519 seed.
    pub seed: Seed,
}

/// What this till must keep to itself.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Secrets {
    /// Seed of the device's own signing key.
    pub device_seed: Option<Seed>,
    /// Bearer token at the hub.
    pub device_token: Option<String>,
    /// The key that signs cards.
    pub card_key: Option<CardSecret>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}
