//! What a host lends the app: time, randomness, a place for secrets, and where its files lie.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use counterfoil_domain::{Clock, Entropy, UnixMs};
use rand::Rng as _;

use crate::secrets::{KeyringStore, SecretStore};

/// How the app is to be opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// Where the database, exports and wrapped secrets lie.
    pub data_dir: PathBuf,
    /// A hub's address that replaces the stored one, e.g. because its port changes from start to start.
    pub hub_override: Option<String>,
    /// `file:PATH` puts a video or a folder of pictures in the camera's place.
    pub camera: Option<String>,
    /// What this device is called on the hub.
    pub device_name: String,
    /// Whether to sync from the start on; a command line that only looks something up leaves the network alone.
    pub sync: bool,
}

impl Config {
    /// A till in a folder, without any overrides.
    #[must_use]
    pub fn at(data_dir: &Path) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
            hub_override: None,
            camera: None,
            device_name: "Till".to_owned(),
            sync: true,
        }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.data_dir.join("till.sqlite3")
    }

    pub(crate) fn wrapped_secrets(&self) -> PathBuf {
        self.data_dir.join("secrets.json")
    }

    /// Where files for people are written.
    #[must_use]
    pub fn exports(&self) -> PathBuf {
        self.data_dir.join("exports")
    }
}

/// What the app takes from outside.
#[derive(Clone)]
pub struct Host {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, good enough for keys.
    pub entropy: Arc<dyn Entropy>,
    /// Where secrets are kept.
    pub secrets: Arc<dyn SecretStore>,
}

impl Host {
    /// The system's clock, randomness and keyring.
    #[must_use]
    pub fn system() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            secrets: Arc::new(KeyringStore::new()),
        }
    }
}

/// The system's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMs {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        UnixMs(since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// The system's randomness, through a generator that it seeds.
#[derive(Debug, Clone, Copy)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill(bytes);
    }
}
