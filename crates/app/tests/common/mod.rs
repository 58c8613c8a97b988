//! A till in a temporary folder, with the small sample shop and a clock that a test holds in its hand.
#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "each test file uses its part, and may fail loudly"
)]

mod counter;
mod secrets;

use std::path::PathBuf;
use std::sync::Arc;

use counterfoil_app::domain::Quantity;
use counterfoil_app::domain::tender::Tender;
use counterfoil_app::view::SaleView;
use counterfoil_app::{Config, Counterfoil, Host};
use counterfoil_store::{Store, StoreEnv};
use counterfoil_testkit::{ManualClock, SampleShop, SeededEntropy};
use tempfile::TempDir;

pub use counter::{card, cash, code, soles};
use secrets::MemoryKeyring;

/// Coffee at 8.50, cake at 12.00, beans at 35.90.
pub const COFFEE: usize = 0;
pub const CAKE: usize = 1;
pub const BEANS: usize = 2;

pub struct Till {
    pub app: Counterfoil,
    pub clock: Arc<ManualClock>,
    pub shop: SampleShop,
    pub config: Config,
    _folder: TempDir,
}

pub fn host(clock: &Arc<ManualClock>) -> Host {
    Host {
        clock: clock.clone(),
        entropy: SeededEntropy::new(99),
        secrets: Arc::new(MemoryKeyring::default()),
    }
}

impl Till {
    /// A till of the sample shop at which nobody is signed in.
    pub fn locked() -> Self {
        let folder = TempDir::new().unwrap();
        let config = Config::at(folder.path());
        let clock = ManualClock::start();
        let shop = SampleShop::new(1).unwrap();
        let env = StoreEnv::new(clock.clone(), SeededEntropy::new(2));
        let store = Store::open(&folder.path().join("till.sqlite3"), env).unwrap();
        store
            .set_identity(shop.tenant_id, shop.device_id, &shop.till_code, None)
            .unwrap();
        let setup = shop.setup().unwrap();
        let steps = setup
            .into_iter()
            .map(|op| (op, Some(shop.owner), ManualClock::START));
        store.transact_many(steps.collect()).unwrap();
        drop(store);
        let app = Counterfoil::open(config.clone(), host(&clock)).unwrap();
        Self {
            app,
            clock,
            shop,
            config,
            _folder: folder,
        }
    }

    /// The same till with the cashier signed in.
    pub fn new() -> Self {
        let till = Self::locked();
        till.app.act_as(Some("Ana")).unwrap();
        till
    }

    pub fn exports(&self) -> PathBuf {
        self.config.exports()
    }

    /// Sells pieces by product, a minute after whatever was before.
    pub fn sell(&self, pieces: &[(usize, i64)], tenders: Vec<Tender>) -> SaleView {
        self.clock.advance_ms(60_000);
        for (product, count) in pieces {
            let product_id = self.shop.products[*product].0;
            self.app
                .cart_add_product(product_id, Quantity::pieces(*count))
                .unwrap();
        }
        self.app.complete_sale(tenders).unwrap()
    }
}
