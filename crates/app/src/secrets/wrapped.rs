//! Secrets wrapped under a PIN: Argon2id (RFC 9106) makes a key of it, XChaCha20-Poly1305 seals under that key.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use counterfoil_domain::Entropy;
use serde::{Deserialize, Serialize};

use super::{SecretError, Secrets, WRAP_PIN_MIN};

const CONTEXT: &[u8] = b"counterfoil-secrets-1";
/// Memory in KiB, rounds and lanes: a short PIN needs a slow key, and a till has the second to spare.
const COST: (u32, u32, u32) = (64 * 1024, 3, 1);

/// The file.
#[derive(Serialize, Deserialize)]
struct Sealed {
    version: u32,
    memory_kib: u32,
    rounds: u32,
    lanes: u32,
    salt: String,
    nonce: String,
    sealed: String,
}

/// An opened wrapping: what it takes to seal again without asking for the PIN.
pub(super) struct Wrapping {
    key: [u8; 32],
    salt: [u8; 16],
}

fn derive(pin: &str, salt: &[u8], cost: (u32, u32, u32)) -> Result<[u8; 32], SecretError> {
    let damaged = |e: argon2::Error| SecretError::Damaged(e.to_string());
    let params = Params::new(cost.0, cost.1, cost.2, Some(32)).map_err(damaged)?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(pin.as_bytes(), salt, &mut key)
        .map_err(damaged)?;
    Ok(key)
}

impl Wrapping {
    /// A new wrapping under a PIN.
    pub(super) fn under(pin: &str, entropy: &dyn Entropy) -> Result<Self, SecretError> {
        if pin.len() < WRAP_PIN_MIN || !pin.bytes().all(|b| b.is_ascii_digit()) {
            return Err(SecretError::PinTooShort);
        }
        let mut salt = [0; 16];
        entropy.fill(&mut salt);
        Ok(Self {
            key: derive(pin, &salt, COST)?,
            salt,
        })
    }

    /// Opens a file with its PIN.
    pub(super) fn open(path: &Path, pin: &str) -> Result<(Self, Secrets), SecretError> {
        let damaged = |what: &str| SecretError::Damaged(what.to_owned());
        let text = fs::read_to_string(path).map_err(|e| SecretError::Disk(e.to_string()))?;
        let file: Sealed = serde_json::from_str(&text).map_err(|_| damaged("not our file"))?;
        if file.version != 1 || file.memory_kib > 1024 * 1024 || file.rounds > 64 {
            return Err(damaged("a version this program does not read"));
        }
        let bytes = |text: &str| BASE64.decode(text).map_err(|_| damaged("not base64"));
        let salt: [u8; 16] = bytes(&file.salt)?.try_into().map_err(|_| damaged("salt"))?;
        let nonce: [u8; 24] = bytes(&file.nonce)?
            .try_into()
            .map_err(|_| damaged("nonce"))?;
        let key = derive(pin, &salt, (file.memory_kib, file.rounds, file.lanes))?;
        let payload = Payload {
            msg: &bytes(&file.sealed)?,
            aad: CONTEXT,
        };
        let clear = XChaCha20Poly1305::new(&key.into())
            .decrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| SecretError::PinWrong)?;
        let secrets = serde_json::from_slice(&clear).map_err(|_| damaged("not our secrets"))?;
        Ok((Self { key, salt }, secrets))
    }

    /// Writes the file anew, whole or not at all.
    pub(super) fn write(
        &self,
        path: &Path,
        secrets: &Secrets,
        entropy: &dyn Entropy,
    ) -> Result<(), SecretError> {
        let mut nonce = [0; 24];
        entropy.fill(&mut nonce);
        let clear = serde_json::to_vec(secrets).map_err(|e| SecretError::Disk(e.to_string()))?;
        let payload = Payload {
            msg: &clear,
            aad: CONTEXT,
        };
        let sealed = XChaCha20Poly1305::new(&self.key.into())
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| SecretError::Disk("sealing failed".to_owned()))?;
        let (memory_kib, rounds, lanes) = COST;
        let file = Sealed {
            version: 1,
            memory_kib,
            rounds,
            lanes,
            salt: BASE64.encode(self.salt),
            nonce: BASE64.encode(nonce),
            sealed: BASE64.encode(sealed),
        };
        let text = serde_json::to_vec(&file).map_err(|e| SecretError::Disk(e.to_string()))?;
        replace(path, &text).map_err(|e| SecretError::Disk(e.to_string()))
    }
}

fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = fs::File::create(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(fresh, path)
}
