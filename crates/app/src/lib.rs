//! The use cases a screen calls, and nothing that knows of a screen.

pub mod camera;
pub mod card_keys;
pub mod counter;
pub mod customers;
pub mod demo;
pub mod desk;
pub mod doctor;
pub mod failure;
pub mod host;
pub mod inspect;
pub mod labels;
pub mod owner;
pub mod pairing;
pub mod repair;
pub mod sales;
pub mod scanner;
pub mod scanning;
pub mod secrets;
pub mod session;
pub mod settings;
pub mod shift;
pub mod stamps;
mod sync_glue;
mod tidy;
pub mod unpair;
pub mod view;
pub mod visits;

use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;

use counterfoil_domain::time::ShopZone;
use counterfoil_domain::{IdEntropy, TenantId, UnixMs, entity};
use counterfoil_store::{CommitInfo, Identity, Store, StoreEnv};

pub use counterfoil_domain as domain;
pub use failure::Outcome;
pub use host::{Config, Host};

use crate::view::{DataChanged, Failure, RepairProgress, ScanOutcome, ScannerView, SyncStatusView};

/// What the app tells its host by itself.
#[derive(Debug, Clone, PartialEq)]
pub enum AppEvent {
    /// The pill's truth changed.
    SyncStatus(SyncStatusView),
    /// Rows changed.
    DataChanged(DataChanged),
    /// How far putting a damaged database together is.
    Repair(RepairProgress),
    /// The scanner on a serial port read a code, and this is what it did.
    Scanned(Box<ScanOutcome>),
    /// That scanner came or went.
    Scanner(ScannerView),
}

type Listener = Box<dyn Fn(AppEvent) + Send + Sync>;

/// The running app: every use case is a method. Cheap to clone; methods block unless they are async.
#[derive(Clone)]
pub struct Counterfoil {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    config: Config,
    host: Host,
    /// Why there is none, where there is none.
    store: RwLock<Result<Store, Failure>>,
    vault: secrets::Vault,
    session: session::SessionState,
    shop: RwLock<Option<Arc<ShopInfo>>>,
    /// Told when the shop or its people changed.
    shop_changed: (Mutex<()>, Condvar),
    listeners: RwLock<Vec<Listener>>,
    sync: sync_glue::SyncGlue,
    pub(crate) counter: counter::CounterState,
    pub(crate) camera: camera::CameraState,
    pub(crate) scanner: scanner::ScannerState,
    pub(crate) repair: repair::RepairState,
}

/// The shop as use cases need it.
#[derive(Debug, Clone)]
pub(crate) struct ShopInfo {
    pub(crate) tenant_id: TenantId,
    pub(crate) shop: entity::Shop,
    pub(crate) zone: ShopZone,
}

impl Counterfoil {
    /// Opens the app on its data folder, making it where needed. A database that cannot be used still gives an app,
    /// in phase `trouble`.
    ///
    /// # Errors
    /// When the folder cannot be made, or no threads can be started.
    pub fn open(config: Config, host: Host) -> Outcome<Self> {
        std::fs::create_dir_all(&config.data_dir)?;
        let env = StoreEnv::new(Arc::clone(&host.clock), Arc::clone(&host.entropy));
        let store = Store::open(&config.database(), env).map_err(Failure::from);
        if let Err(failure) = &store {
            tracing::error!(code = failure.code, "the database cannot be used");
        }
        let identity = match &store {
            Ok(store) => store.identity()?,
            Err(_) => None,
        };
        let vault = secrets::Vault::new(
            Arc::clone(&host.secrets),
            Arc::clone(&host.entropy),
            config.wrapped_secrets(),
            identity.map(|i| i.device_id.to_string()),
        );
        let inner = Arc::new(Inner {
            config,
            host,
            store: RwLock::new(store),
            vault,
            session: session::SessionState::default(),
            shop: RwLock::new(None),
            shop_changed: (Mutex::new(()), Condvar::new()),
            listeners: RwLock::new(Vec::new()),
            sync: sync_glue::SyncGlue::new()?,
            counter: counter::CounterState::default(),
            camera: camera::CameraState::default(),
            scanner: scanner::ScannerState::default(),
            repair: repair::RepairState::default(),
        });
        let app = Self { inner };
        if let Ok(store) = app.store() {
            app.listen_to(&store);
        }
        // The tables of phone numbers take a while to unfold: not when the first customer is looked for.
        std::thread::spawn(|| domain::phone::display("+12015550123"));
        if app.config().sync {
            app.start_sync_soon()?;
        }
        Ok(app)
    }

    /// Calls `listener` with what the app has to tell, on any thread.
    pub fn on_event(&self, listener: Listener) {
        self.inner
            .listeners
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(listener);
    }

    /// The database.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(crate) fn store(&self) -> Outcome<Store> {
        self.inner
            .store
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Works with another database from now on, or with none for a reason.
    pub(crate) fn use_store(&self, store: Outcome<Store>) {
        *self
            .inner
            .store
            .write()
            .unwrap_or_else(PoisonError::into_inner) = store.clone();
        *self
            .inner
            .shop
            .write()
            .unwrap_or_else(PoisonError::into_inner) = None;
        if let Ok(store) = store {
            self.listen_to(&store);
        }
    }

    fn listen_to(&self, store: &Store) {
        let weak = self.weak();
        let tidying = tidy::start(weak.clone());
        store.on_commit(Box::new(move |info| {
            committed(&weak, info);
            tidying.tell();
        }));
    }

    pub(crate) fn store_env(&self) -> StoreEnv {
        StoreEnv::new(
            Arc::clone(&self.host().clock),
            Arc::clone(&self.host().entropy),
        )
    }

    /// The database turned out to be damaged: nothing reads or writes it from now on, and every screen learns why.
    pub(crate) fn give_up_store(&self, failure: Failure) {
        tracing::error!(code = failure.code, "the database is given up");
        if let Ok(store) = self.store() {
            store.retire();
            self.use_store(Err(failure));
        }
        let areas = vec!["shop".to_owned()];
        self.inner
            .emit(&AppEvent::DataChanged(DataChanged { areas }));
    }

    pub(crate) fn host(&self) -> &Host {
        &self.inner.host
    }

    pub(crate) fn config(&self) -> &Config {
        &self.inner.config
    }

    pub(crate) fn vault(&self) -> &secrets::Vault {
        &self.inner.vault
    }

    pub(crate) fn now(&self) -> UnixMs {
        self.inner.host.clock.now()
    }

    /// A fresh id of any kind.
    pub(crate) fn new_id<T: From<uuid::Uuid>>(&self) -> T {
        let entropy: IdEntropy = self.inner.host.entropy.id_entropy();
        T::from(domain::id::uuid_v7(self.now().0, entropy))
    }

    /// Who this till is; none before there is a shop.
    pub(crate) fn identity(&self) -> Outcome<Option<Identity>> {
        Ok(self.store()?.identity()?)
    }

    /// The shop with its rules.
    ///
    /// # Errors
    /// `no_shop` before there is one on this device.
    pub(crate) fn shop(&self) -> Outcome<Arc<ShopInfo>> {
        self.find_shop()?
            .ok_or_else(|| Failure::new("no_shop", "there is no shop on this device yet"))
    }

    pub(crate) fn find_shop(&self) -> Outcome<Option<Arc<ShopInfo>>> {
        let cached = self
            .inner
            .shop
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if cached.is_some() {
            return Ok(cached.clone());
        }
        drop(cached);
        let found = self
            .store()?
            .read(counterfoil_store::read::session::find_shop)?;
        let Some((tenant_id, shop)) = found else {
            return Ok(None);
        };
        let zone = ShopZone::named(&shop.time_zone)?;
        let info = Arc::new(ShopInfo {
            tenant_id,
            shop,
            zone,
        });
        *self
            .inner
            .shop
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&info));
        Ok(Some(info))
    }

    /// Waits until the first pull brought the shop, for at most `patience`.
    pub(crate) fn await_shop(&self, patience: Duration) -> Outcome<()> {
        let (lock, told) = &self.inner.shop_changed;
        let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = self.find_shop();
        let waited = told.wait_timeout_while(guard, patience, |()| {
            found = self.find_shop();
            matches!(found, Ok(None))
        });
        drop(waited);
        found.map(|_| ())
    }

    pub(crate) fn weak(&self) -> Weak<Inner> {
        Arc::downgrade(&self.inner)
    }
}

impl Inner {
    pub(crate) fn emit(&self, event: &AppEvent) {
        let listeners = self
            .listeners
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        for listener in listeners.iter() {
            listener(event.clone());
        }
    }
}

fn committed(weak: &Weak<Inner>, info: &CommitInfo) {
    let Some(inner) = weak.upgrade() else { return };
    if info.areas.contains(&"shop") {
        *inner.shop.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
    let areas: Vec<String> = info
        .areas
        .iter()
        .filter(|area| **area != "outbox")
        .map(|area| (*area).to_owned())
        .collect();
    if !areas.is_empty() {
        inner.emit(&AppEvent::DataChanged(DataChanged { areas }));
    }
    let app = Counterfoil { inner };
    app.watch_disk();
    if info.local_write {
        app.nudge_sync();
    } else if info.areas.contains(&"conflicts") {
        app.publish_status();
    }
}
