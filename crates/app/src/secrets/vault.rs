//! The one place that knows where the secrets are at the moment.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use counterfoil_domain::Entropy;

use super::wrapped::Wrapping;
use super::{SecretError, SecretStore, Secrets};
use crate::view::SecretsView;

/// Written before this till has secrets, to learn whether there is a keyring that keeps them.
const PROBE: &str = "probe";

enum Place {
    /// Not looked yet, or the keyring did not answer last time.
    Unknown,
    Keyring(Secrets),
    Locked,
    Wrapped(Wrapping, Secrets),
}

/// The till's secrets.
pub(crate) struct Vault {
    store: Arc<dyn SecretStore>,
    entropy: Arc<dyn Entropy>,
    file: PathBuf,
    inner: Mutex<(Option<String>, Place)>,
}

impl Vault {
    pub(crate) fn new(
        store: Arc<dyn SecretStore>,
        entropy: Arc<dyn Entropy>,
        file: PathBuf,
        account: Option<String>,
    ) -> Self {
        Self {
            store,
            entropy,
            file,
            inner: Mutex::new((account, Place::Unknown)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, (Option<String>, Place)> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks where the secrets are, where that is not known yet. A wrapped file goes before the keyring: somebody chose it.
    fn look(&self, inner: &mut (Option<String>, Place)) -> Result<(), SecretError> {
        if !matches!(inner.1, Place::Unknown) {
            return Ok(());
        }
        if self.file.exists() {
            inner.1 = Place::Locked;
            return Ok(());
        }
        let account = inner.0.as_deref().unwrap_or(PROBE);
        let secrets = match self.store.load(account)? {
            Some(blob) => serde_json::from_str(&blob)
                .map_err(|_| SecretError::Damaged("not our entry".to_owned()))?,
            None => {
                // A locked keyring finds nothing without complaint: only writing tells.
                self.store.save(PROBE, "{}")?;
                Secrets::default()
            }
        };
        inner.1 = Place::Keyring(secrets);
        Ok(())
    }

    /// Where the secrets are, for a screen.
    pub(crate) fn view(&self) -> SecretsView {
        let mut inner = self.lock();
        match (self.look(&mut inner), &inner.1) {
            (Err(error), _) => {
                tracing::warn!(%error, "secrets are out of reach");
                SecretsView::NeedsPin
            }
            (_, Place::Keyring(_)) => SecretsView::Keyring,
            (_, Place::Locked) => SecretsView::Locked,
            (_, Place::Wrapped(..)) => SecretsView::Wrapped,
            (_, Place::Unknown) => SecretsView::NeedsPin,
        }
    }

    /// The secrets.
    ///
    /// # Errors
    /// When they are locked or out of reach.
    pub(crate) fn open(&self) -> Result<Secrets, SecretError> {
        let mut inner = self.lock();
        self.look(&mut inner)?;
        match &inner.1 {
            Place::Keyring(secrets) | Place::Wrapped(_, secrets) => Ok(secrets.clone()),
            Place::Locked => Err(SecretError::Locked),
            Place::Unknown => Err(SecretError::TimedOut),
        }
    }

    /// Keeps changed secrets under this device's account before anything relies on them.
    ///
    /// # Errors
    /// When they are locked or out of reach; nothing changed then.
    pub(crate) fn keep(&self, account: &str, secrets: Secrets) -> Result<(), SecretError> {
        let mut inner = self.lock();
        self.look(&mut inner)?;
        inner.0 = Some(account.to_owned());
        match &mut inner.1 {
            Place::Keyring(held) => {
                let blob = serde_json::to_string(&secrets)
                    .map_err(|e| SecretError::Damaged(e.to_string()))?;
                self.store.save(account, &blob)?;
                *held = secrets;
                Ok(())
            }
            Place::Wrapped(wrapping, held) => {
                wrapping.write(&self.file, &secrets, &*self.entropy)?;
                *held = secrets;
                Ok(())
            }
            Place::Locked => Err(SecretError::Locked),
            Place::Unknown => Err(SecretError::TimedOut),
        }
    }

    /// Looks for the secrets of another device from now on: the one a database turned out to be.
    pub(crate) fn belongs_to(&self, account: &str) {
        let mut inner = self.lock();
        if inner.0.as_deref() != Some(account) {
            inner.0 = Some(account.to_owned());
            if matches!(inner.1, Place::Keyring(_)) {
                inner.1 = Place::Unknown;
            }
        }
    }

    /// Wraps the secrets under a PIN from now on: only where there is no keyring, or to change the PIN while open.
    ///
    /// # Errors
    /// When the PIN is too short, the file cannot be written, or a wrapped file is locked.
    pub(crate) fn set_pin(&self, pin: &str) -> Result<(), SecretError> {
        let mut inner = self.lock();
        let looked = self.look(&mut inner);
        let secrets = match (&looked, &inner.1) {
            (Err(SecretError::Unavailable(_)), _) => Secrets::default(),
            (Err(error), _) => return Err(error.clone()),
            (_, Place::Locked) => return Err(SecretError::Locked),
            // The keyring is there: it stays the place.
            (_, Place::Keyring(_)) => return Ok(()),
            (_, Place::Wrapped(_, secrets)) => secrets.clone(),
            (_, Place::Unknown) => Secrets::default(),
        };
        let wrapping = Wrapping::under(pin, &*self.entropy)?;
        wrapping.write(&self.file, &secrets, &*self.entropy)?;
        inner.1 = Place::Wrapped(wrapping, secrets);
        Ok(())
    }

    /// Opens the wrapped secrets.
    ///
    /// # Errors
    /// When it is not the PIN, or the file is damaged.
    pub(crate) fn unlock(&self, pin: &str) -> Result<(), SecretError> {
        let mut inner = self.lock();
        self.look(&mut inner)?;
        if matches!(inner.1, Place::Locked) {
            let (wrapping, secrets) = Wrapping::open(&self.file, pin)?;
            inner.1 = Place::Wrapped(wrapping, secrets);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Seed;
    use super::*;

    struct NoKeyring;

    impl SecretStore for NoKeyring {
        fn load(&self, _: &str) -> Result<Option<String>, SecretError> {
            Err(SecretError::Unavailable("no bus".to_owned()))
        }

        fn save(&self, _: &str, _: &str) -> Result<(), SecretError> {
            Err(SecretError::Unavailable("no bus".to_owned()))
        }
    }

    struct Counting;

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for (place, byte) in bytes.iter_mut().enumerate() {
                *byte = u8::try_from(place % 251).unwrap();
            }
        }
    }

    fn vault(folder: &std::path::Path) -> Vault {
        let file = folder.join("secrets.json");
        Vault::new(Arc::new(NoKeyring), Arc::new(Counting), file, None)
    }

    fn secrets() -> Secrets {
        Secrets {
            device_seed: Some(Seed([7; 32])),
            device_token: Some("cfd_of-this-till-alone".to_owned()),
            card_key: None,
        }
    }

    #[test]
    fn what_was_kept_under_a_pin_comes_back_with_that_pin_alone() {
        let folder = tempfile::tempdir().unwrap();
        let first = vault(folder.path());
        assert_eq!(
            first.keep("till", secrets()),
            Err(SecretError::Unavailable("no bus".to_owned()))
        );
        first.set_pin("482193").unwrap();
        first.keep("till", secrets()).unwrap();
        let second = vault(folder.path());
        assert_eq!(second.open(), Err(SecretError::Locked));
        assert_eq!(second.unlock("482194"), Err(SecretError::PinWrong));
        second.unlock("482193").unwrap();
        assert_eq!(second.open(), Ok(secrets()));
    }

    #[test]
    fn the_wrapped_file_holds_nothing_in_clear() {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(folder.path());
        vault.set_pin("482193").unwrap();
        vault.keep("till", secrets()).unwrap();
        let text = std::fs::read_to_string(folder.path().join("secrets.json")).unwrap();
        let seed = serde_json::to_string(&Seed([7; 32])).unwrap();
        for secret in ["cfd_of-this-till-alone", seed.trim_matches('"'), "482193"] {
            assert!(!text.contains(secret), "{secret}");
        }
    }

    #[test]
    fn a_file_that_was_tampered_with_does_not_open() {
        let folder = tempfile::tempdir().unwrap();
        vault(folder.path()).set_pin("482193").unwrap();
        let file = folder.path().join("secrets.json");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("\"rounds\":3", "\"rounds\":2")).unwrap();
        assert_eq!(
            vault(folder.path()).unlock("482193"),
            Err(SecretError::PinWrong)
        );
    }
}
