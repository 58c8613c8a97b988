//! The one place that knows where the secrets are at the moment.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use counterfoil_domain::Entropy;

use super::wrapped::Wrapping;
use super::{SecretError, SecretStore, Secrets};
use crate::view::SecretsView;

/// Asked for once before this till has an identity, to learn whether there is a keyring at all.
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
            None => Secrets::default(),
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
