//! The hub's one secret and what is derived from it: the signing of access tokens and the sealing of what lies in
//! the database. Tokens themselves are stored as hashes.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use counterfoil_domain::Entropy;
use hkdf::Hkdf;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::db::{Db, Engine};

/// The shortest secret that is accepted, in bytes.
const SECRET_BYTES_MIN: usize = 32;
const NONCE_BYTES: usize = 24;

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// PostgreSQL without `COUNTERFOIL_HUB_SECRET`.
    #[error(
        "set COUNTERFOIL_HUB_SECRET to at least {SECRET_BYTES_MIN} random characters, the same for every hub on this \
         PostgreSQL; for example the output of: openssl rand -base64 48"
    )]
    Missing,
    /// Too short to be one.
    #[error("the hub's secret has fewer than {SECRET_BYTES_MIN} characters")]
    TooShort,
    /// The file beside the database.
    #[error("the secret's file {0} cannot be read or made: {1}")]
    File(String, std::io::Error),
    /// The derivation failed; does not happen with these lengths.
    #[error("keys cannot be derived from the secret")]
    Derivation,
}

/// Something sealed that does not open: another secret, or damage.
#[derive(Debug, thiserror::Error)]
#[error("what was sealed does not open with this hub's secret")]
pub struct SealError;

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: uuid::Uuid,
    /// The tenant.
    pub tid: uuid::Uuid,
    /// Issued at, Unix seconds.
    pub iat: i64,
    /// Expires at, Unix seconds.
    pub exp: i64,
}

/// Keys derived from the hub's secret.
pub struct Secrets {
    signing: EncodingKey,
    verifying: DecodingKey,
    sealing: [u8; 32],
    pepper: [u8; 32],
}

impl Secrets {
    /// Takes the secret given, or with SQLite the file beside the database, made at the first start.
    ///
    /// # Errors
    /// See [`SecretError`].
    pub fn load(given: Option<&str>, db: &Db, entropy: &dyn Entropy) -> Result<Self, SecretError> {
        if let Some(secret) = given.filter(|s| !s.is_empty()) {
            return Self::derive(secret.as_bytes());
        }
        let (Engine::Sqlite, Some(database)) = (db.engine(), db.path()) else {
            return Err(SecretError::Missing);
        };
        let path = secret_file(database);
        if !path.exists() {
            let mut bytes = [0; 48];
            entropy.fill(&mut bytes);
            write_private(&path, STANDARD.encode(bytes).as_bytes())
                .map_err(|e| SecretError::File(path.display().to_string(), e))?;
        }
        Self::read(&path)
    }

    /// The secret given, else that of the file beside a SQLite database; none where there is neither. Makes nothing.
    ///
    /// # Errors
    /// See [`SecretError`].
    pub fn find(given: Option<&str>, database: Option<&Path>) -> Result<Option<Self>, SecretError> {
        if let Some(secret) = given.filter(|s| !s.is_empty()) {
            return Self::derive(secret.as_bytes()).map(Some);
        }
        let file = database.map(secret_file).filter(|path| path.exists());
        file.map(|path| Self::read(&path)).transpose()
    }

    fn read(path: &Path) -> Result<Self, SecretError> {
        let mut secret = String::new();
        std::fs::File::open(path)
            .and_then(|mut f| f.read_to_string(&mut secret))
            .map_err(|e| SecretError::File(path.display().to_string(), e))?;
        Self::derive(secret.trim().as_bytes())
    }

    /// Derives the keys from a secret.
    ///
    /// # Errors
    /// When it is too short.
    pub fn derive(secret: &[u8]) -> Result<Self, SecretError> {
        if secret.len() < SECRET_BYTES_MIN {
            return Err(SecretError::TooShort);
        }
        let hkdf = Hkdf::<Sha256>::new(Some(b"counterfoil-hub-1"), secret);
        let key = |label: &[u8]| {
            let mut bytes = [0; 32];
            hkdf.expand(label, &mut bytes)
                .map_err(|_| SecretError::Derivation)?;
            Ok::<_, SecretError>(bytes)
        };
        let access = key(b"access tokens")?;
        Ok(Self {
            signing: EncodingKey::from_secret(&access),
            verifying: DecodingKey::from_secret(&access),
            sealing: key(b"sealing")?,
            pepper: key(b"pairing codes")?,
        })
    }

    /// Signs an access token.
    ///
    /// # Errors
    /// When the claims do not serialise.
    pub fn sign(&self, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.signing)
    }

    /// Reads an access token that is good at `now_s` (Unix seconds).
    #[must_use]
    pub fn verify(&self, token: &str, now_s: i64) -> Option<Claims> {
        let mut validation = Validation::new(Algorithm::HS256);
        // The hub's own clock decides below: it is an argument.
        validation.validate_exp = false;
        validation.validate_aud = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.verifying, &validation)
            .ok()?
            .claims;
        (claims.exp > now_s).then_some(claims)
    }

    /// Seals bytes for the database; `purpose` must be the same to open them.
    ///
    /// # Errors
    /// Never with these lengths; the signature is honest.
    pub fn seal(
        &self,
        purpose: &str,
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<String, SealError> {
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce);
        let payload = Payload {
            msg: plain,
            aad: purpose.as_bytes(),
        };
        let cipher = XChaCha20Poly1305::new(&self.sealing.into());
        let sealed = cipher
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| SealError)?;
        Ok(STANDARD.encode([&nonce[..], &sealed].concat()))
    }

    /// Opens what was sealed.
    ///
    /// # Errors
    /// When it was sealed under another secret or purpose, or is damaged.
    pub fn open(&self, purpose: &str, sealed: &str) -> Result<Vec<u8>, SealError> {
        let bytes = STANDARD.decode(sealed).map_err(|_| SealError)?;
        let (nonce, body) = bytes.split_at_checked(NONCE_BYTES).ok_or(SealError)?;
        let payload = Payload {
            msg: body,
            aad: purpose.as_bytes(),
        };
        let cipher = XChaCha20Poly1305::new(&self.sealing.into());
        cipher
            .decrypt(XNonce::from_slice(nonce), payload)
            .map_err(|_| SealError)
    }

    /// The hash under which a short pairing code is stored; keyed, because the code has few bits.
    #[must_use]
    pub fn code_hash(&self, code: &str) -> String {
        hex(&Sha256::new()
            .chain_update(self.pepper)
            .chain_update(code)
            .finalize())
    }
}

/// The hash under which a token of 256 random bits is stored.
#[must_use]
pub fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token))
}

/// A new token with a prefix that tells its kind.
#[must_use]
pub fn new_token(prefix: &str, entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Whether two texts are equal, in a time that does not tell where they differ.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// Bytes as lower-case hex digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Where a SQLite database's secret lies when its operator gives none.
fn secret_file(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".secret");
    PathBuf::from(path)
}

fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    fn secrets(text: &str) -> Secrets {
        Secrets::derive(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_under_the_same_secret_and_purpose_alone() {
        let ours = secrets("0123456789abcdef0123456789abcdef");
        let sealed = ours.seal("card key", b"seed", &Zeros).unwrap();
        assert_eq!(ours.open("card key", &sealed).unwrap(), b"seed");
        assert!(ours.open("answer", &sealed).is_err());
        assert!(
            secrets("another secret of enough length!!")
                .open("card key", &sealed)
                .is_err()
        );
    }

    #[test]
    fn an_access_token_ends_with_its_time_and_its_hub() {
        let ours = secrets("0123456789abcdef0123456789abcdef");
        let claims = Claims {
            sub: uuid::Uuid::nil(),
            tid: uuid::Uuid::max(),
            iat: 100,
            exp: 1000,
        };
        let token = ours.sign(&claims).unwrap();
        assert_eq!(ours.verify(&token, 999), Some(claims));
        assert_eq!(ours.verify(&token, 1000), None);
        assert_eq!(
            secrets("another secret of enough length!!").verify(&token, 999),
            None
        );
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(matches!(
            Secrets::derive(b"short"),
            Err(SecretError::TooShort)
        ));
    }
}
