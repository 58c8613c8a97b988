//! Secrets that are forgotten with whoever holds them: a keyring for tests and measurements.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use counterfoil_app::secrets::{SecretError, SecretStore};

#[derive(Default)]
pub struct MemoryKeyring(pub Mutex<HashMap<String, String>>);

impl SecretStore for MemoryKeyring {
    fn load(&self, account: &str) -> Result<Option<String>, SecretError> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(kept.get(account).cloned())
    }

    fn save(&self, account: &str, blob: &str) -> Result<(), SecretError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(account.to_owned(), blob.to_owned());
        Ok(())
    }
}
