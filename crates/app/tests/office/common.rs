//! A till on a temporary folder.

#[path = "../common/secrets.rs"]
mod secrets;

use std::path::Path;
use std::sync::Arc;

use counterfoil_app::secrets::{SecretError, SecretStore};
use counterfoil_app::{Config, Counterfoil, Host};
use counterfoil_domain::{Op, StaffId, UnixMs};
use counterfoil_store::{Store, StoreEnv};
use counterfoil_testkit::{ManualClock, SampleShop, SeededEntropy};
use tempfile::TempDir;

pub use secrets::MemoryKeyring;

/// A system without a keyring.
pub struct NoKeyring;

impl SecretStore for NoKeyring {
    fn load(&self, _: &str) -> Result<Option<String>, SecretError> {
        Err(SecretError::Unavailable("no bus".to_owned()))
    }

    fn save(&self, account: &str, _: &str) -> Result<(), SecretError> {
        self.load(account).map(|_| ())
    }
}

pub fn open(folder: &Path, clock: &Arc<ManualClock>, secrets: Arc<dyn SecretStore>) -> Counterfoil {
    let host = Host {
        clock: clock.clone(),
        entropy: SeededEntropy::new(7),
        secrets,
    };
    Counterfoil::open(Config::at(folder), host).unwrap()
}

/// The sample shop's till, and a second door to its database for what happened in the past.
pub struct Till {
    pub folder: TempDir,
    pub shop: SampleShop,
    pub store: Store,
    pub app: Counterfoil,
}

impl Till {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::start();
        let shop = SampleShop::new(1).unwrap();
        let env = StoreEnv::new(clock.clone(), SeededEntropy::new(3));
        let store = Store::open(&folder.path().join("till.sqlite3"), env).unwrap();
        store
            .set_identity(shop.tenant_id, shop.device_id, &shop.till_code, None)
            .unwrap();
        let past = ManualClock::START.plus_ms(-100 * 86_400_000);
        for op in shop.setup().unwrap() {
            store.transact_at(op, None, past).unwrap();
        }
        let app = open(folder.path(), &clock, Arc::new(MemoryKeyring::default()));
        Self {
            folder,
            shop,
            store,
            app,
        }
    }

    pub fn happened(&self, op: Op, at: UnixMs) {
        self.by(self.shop.cashier, op, at);
    }

    fn by(&self, who: StaffId, op: Op, at: UnixMs) {
        self.store.transact_at(op, Some(who), at).unwrap();
    }
}

pub fn minutes_ago(minutes: i64) -> UnixMs {
    ManualClock::START.plus_minutes(-minutes)
}

pub fn days_ago(days: i64) -> UnixMs {
    ManualClock::START.plus_ms(-days * 86_400_000)
}
