//! A till with a small shop: coffee at 8.50, cake at 12.00, beans at 35.90, 18 % tax included.

#[path = "../common/counter.rs"]
mod counter;
#[path = "../common/secrets.rs"]
mod secrets;

use std::path::Path;
use std::sync::Arc;

use counterfoil_app::domain::{CustomerId, EntityKind, ProductId, Quantity, TenantId};
use counterfoil_app::secrets::Secrets;
use counterfoil_app::view::{CartView, EnrolOutcome, Failure, ScanOutcome, ScanVia, StampOutcome};
use counterfoil_app::{Config, Counterfoil, Host};
use counterfoil_protocol::card::{Card, issue};
use counterfoil_store::{Store, StoreEnv};
use counterfoil_testkit::{ManualClock, SampleShop, SeededEntropy, edit};
use ed25519_dalek::SigningKey;

pub use counter::{card, cash, code, soles};
use secrets::MemoryKeyring;

pub const COFFEE: usize = 0;
pub const CAKE: usize = 1;
pub const BEANS: usize = 2;
pub const COFFEE_EAN: &str = "7750182000017";

pub struct Till {
    pub app: Counterfoil,
    pub clock: Arc<ManualClock>,
    pub shop: SampleShop,
    entropy: Arc<SeededEntropy>,
    secrets: Arc<MemoryKeyring>,
    dir: tempfile::TempDir,
    camera: Option<String>,
}

impl Till {
    /// A shop whose cashier is signed in.
    pub fn open() -> Self {
        Self::with_camera(None)
    }

    pub fn with_camera(camera: Option<String>) -> Self {
        let (clock, entropy) = (ManualClock::start(), SeededEntropy::new(7));
        let (dir, shop) = (tempfile::tempdir().unwrap(), SampleShop::new(1).unwrap());
        let store = Self::store_at(dir.path(), &clock, &entropy);
        store
            .set_identity(shop.tenant_id, shop.device_id, &shop.till_code, None)
            .unwrap();
        let mut ops = shop.setup().unwrap();
        let coffee = shop.products[COFFEE].0.0;
        ops.push(edit(
            EntityKind::Product,
            coffee,
            "barcode",
            COFFEE_EAN.into(),
        ));
        let steps = ops
            .into_iter()
            .map(|op| (op, Some(shop.owner), ManualClock::START));
        store.transact_many(steps.collect()).unwrap();
        drop(store);
        let secrets = Arc::new(MemoryKeyring::default());
        let app = Self::start(dir.path(), &clock, &entropy, &secrets, camera.as_deref());
        Self {
            app,
            clock,
            shop,
            entropy,
            secrets,
            dir,
            camera,
        }
    }

    fn store_at(dir: &Path, clock: &Arc<ManualClock>, entropy: &Arc<SeededEntropy>) -> Store {
        let env = StoreEnv::new(clock.clone(), entropy.clone());
        Store::open(&dir.join("till.sqlite3"), env).unwrap()
    }

    fn start(
        dir: &Path,
        clock: &Arc<ManualClock>,
        entropy: &Arc<SeededEntropy>,
        secrets: &Arc<MemoryKeyring>,
        camera: Option<&str>,
    ) -> Counterfoil {
        let host = Host {
            clock: clock.clone(),
            entropy: entropy.clone(),
            secrets: secrets.clone(),
        };
        let mut config = Config::at(dir);
        config.camera = camera.map(str::to_owned);
        let app = Counterfoil::open(config, host).unwrap();
        // Makes the key that signs cards.
        app.secrets_unlock("").unwrap();
        app.act_as(Some("Ana")).unwrap();
        app
    }

    /// The program ends, however it ends, and starts again.
    pub fn restart(self) -> Self {
        let Self {
            app,
            clock,
            shop,
            entropy,
            secrets,
            dir,
            camera,
        } = self;
        drop(app);
        let app = Self::start(dir.path(), &clock, &entropy, &secrets, camera.as_deref());
        Self {
            app,
            clock,
            shop,
            entropy,
            secrets,
            dir,
            camera,
        }
    }

    /// The database, for what only a hub or an owner's screen would write.
    pub fn store(&self) -> Store {
        Self::store_at(self.dir.path(), &self.clock, &self.entropy)
    }

    pub fn edit_product(&self, product: usize, field: &str, value: impl Into<serde_json::Value>) {
        let id = self.product(product).0;
        let op = edit(EntityKind::Product, id, field, value.into());
        self.store().transact(op, None).unwrap();
    }

    pub fn product(&self, product: usize) -> ProductId {
        self.shop.products[product].0
    }

    pub fn add(&self, product: usize, pieces: i64) -> CartView {
        self.app
            .cart_add_product(self.product(product), Quantity::pieces(pieces))
            .unwrap()
    }

    pub fn enrol(&self, name: &str, phone: &str) -> CustomerId {
        match self.app.enrol(name, phone).unwrap() {
            EnrolOutcome::Created { customer } => customer.tile.customer_id,
            EnrolOutcome::Existing { .. } => panic!("{phone} is enrolled already"),
        }
    }

    /// The shop's card for a customer, as the till prints it.
    pub fn card(&self, customer_id: CustomerId) -> String {
        self.card_of(self.shop.tenant_id, customer_id)
    }

    pub fn card_of(&self, tenant_id: TenantId, customer_id: CustomerId) -> String {
        let key = self.card_secret();
        let card = Card {
            key_id: key.0,
            tenant_id,
            customer_id,
        };
        issue(&card, &key.1)
    }

    pub fn card_secret(&self) -> (u32, SigningKey) {
        let blobs = self.secrets.0.lock().unwrap();
        let read = |blob: &String| serde_json::from_str::<Secrets>(blob).ok()?.card_key;
        let key = blobs.values().find_map(read).unwrap();
        (key.key_id, SigningKey::from_bytes(&key.seed.0))
    }

    pub fn scan(&self, code: &str) -> ScanOutcome {
        self.app.scan_text(code, ScanVia::Wedge).unwrap()
    }

    /// Stamps as often as asked, past the cooldown each time.
    pub fn stamp_times(&self, customer_id: CustomerId, times: u32) -> StampOutcome {
        let mut last = None;
        for _ in 0..times {
            self.clock.advance_ms(300_000);
            last = Some(self.app.stamp(customer_id).unwrap());
        }
        last.unwrap()
    }

    /// Operations that wait to be sent.
    pub fn waiting(&self) -> u32 {
        self.store().outbox_counts().unwrap().waiting
    }
}

pub fn refused(outcome: ScanOutcome) -> Failure {
    match outcome {
        ScanOutcome::Refused { failure } => failure,
        other => panic!("not refused: {other:?}"),
    }
}
