//! Passwords: their rules, and Argon2id off the threads that serve.

use std::sync::Arc;

use argon2::password_hash::{
    Output, ParamsString, PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString,
};
use argon2::{Algorithm, Argon2, Params, Version};
use counterfoil_domain::Entropy;
use counterfoil_protocol::ErrorCode;
use tokio::sync::Semaphore;

use crate::http::Failure;

/// Each hash takes 19 MiB: no more than so many at a time.
const HASHES_AT_ONCE: usize = 4;
const PASSWORD_BYTES_MAX: usize = 1024;

/// Hashes and verifies passwords.
pub struct Passwords {
    places: Arc<Semaphore>,
    decoy: String,
}

fn hash_now(password: &[u8], salt: [u8; 16]) -> Result<String, argon2::password_hash::Error> {
    let salt = SaltString::encode_b64(&salt)?;
    Ok(Argon2::default()
        .hash_password(password, &salt)?
        .to_string())
}

/// A hash that no known password has, of the same cost as any other. It is drawn, not worked out, so that a hub starts
/// without working for it.
fn decoy(entropy: &dyn Entropy) -> Result<String, argon2::password_hash::Error> {
    let mut nobody = [0; Params::DEFAULT_OUTPUT_LEN];
    entropy.fill(&mut nobody);
    let salt = SaltString::encode_b64(&salt(entropy))?;
    let hash = PasswordHash {
        algorithm: Algorithm::default().ident(),
        version: Some(Version::default().into()),
        params: ParamsString::try_from(&Params::default())?,
        salt: Some(salt.as_salt()),
        hash: Some(Output::new(&nobody)?),
    };
    Ok(hash.to_string())
}

fn salt(entropy: &dyn Entropy) -> [u8; 16] {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    bytes
}

impl Passwords {
    /// Prepares the hash that an unknown e-mail is compared with.
    ///
    /// # Errors
    /// When Argon2 refuses its parameters.
    pub fn new(entropy: &dyn Entropy) -> Result<Self, argon2::password_hash::Error> {
        Ok(Self {
            places: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            decoy: decoy(entropy)?,
        })
    }

    /// Hashes a password with Argon2id.
    ///
    /// # Errors
    /// When the thread that hashes fails.
    pub async fn hash(&self, password: String, entropy: &dyn Entropy) -> Result<String, Failure> {
        let salt = salt(entropy);
        self.blocking(move || hash_now(password.as_bytes(), salt))
            .await?
            .map_err(Failure::internal)
    }

    /// Whether a password is the one that was hashed; without a hash it takes as long and is wrong.
    ///
    /// # Errors
    /// When the thread that hashes fails.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Failure> {
        if password.len() > PASSWORD_BYTES_MAX {
            return Ok(false);
        }
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let same = self.blocking(move || {
            PasswordHash::new(&hash).is_ok_and(|hash| {
                Argon2::default()
                    .verify_password(password.as_bytes(), &hash)
                    .is_ok()
            })
        });
        Ok(same.await? && known)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(Failure::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        done.await.map_err(Failure::internal)
    }
}

/// At least 8 characters, a capital and a digit.
pub(super) fn strong(password: &str) -> Result<(), Failure> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(Failure::field("password", "too_long"));
    }
    let good = password.chars().count() >= 8
        && password.chars().any(char::is_uppercase)
        && password.chars().any(|c| c.is_ascii_digit());
    if good {
        Ok(())
    } else {
        Err(Failure::new(ErrorCode::PasswordWeak))
    }
}

/// An address that looks deliverable, in lower case.
pub(super) fn email(text: &str) -> Result<String, Failure> {
    let text = text.trim().to_lowercase();
    let good = text.len() <= 254
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && local.len() <= 64
                && !domain.contains('@')
                && domain.split('.').count() >= 2
                && domain.split('.').all(|part| {
                    !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '-')
                })
        })
        && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if good {
        Ok(text)
    } else {
        Err(Failure::new(ErrorCode::EmailInvalid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_testkit::SeededEntropy;

    #[test]
    fn the_decoy_costs_what_a_real_hash_costs() {
        let decoy = decoy(&*SeededEntropy::new(1)).unwrap();
        let real = hash_now(b"Secreto1", [7; 16]).unwrap();
        let [decoy, real] = [&decoy, &real].map(|text| PasswordHash::new(text).unwrap());
        assert_eq!(
            (decoy.algorithm, decoy.version, &decoy.params),
            (real.algorithm, real.version, &real.params)
        );
        let lengths = |hash: &PasswordHash<'_>| {
            let salt = hash.salt.map(|salt| salt.len());
            (salt, hash.hash.map(|output| output.len()))
        };
        assert_eq!(lengths(&decoy), lengths(&real));
        assert_ne!(decoy.hash, real.hash);
    }

    #[test]
    fn a_password_needs_length_a_capital_and_a_digit() {
        assert!(strong("Secreto1").is_ok());
        for weak in ["Secret1", "secreto12", "SecretoSecreto", ""] {
            assert_eq!(
                strong(weak).unwrap_err().code,
                ErrorCode::PasswordWeak,
                "{weak}"
            );
        }
    }

    #[test]
    fn an_address_has_a_name_and_a_domain() {
        assert_eq!(
            email(" Owner@CafeLima.example ").unwrap(),
            "owner@cafelima.example"
        );
        for bad in [
            "owner", "@lima.pe", "a@b", "a@@b.pe", "a b@c.pe", "a@b..pe", "",
        ] {
            assert!(email(bad).is_err(), "{bad}");
        }
    }
}
