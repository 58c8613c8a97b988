//! What every run begins with: a hub with two shops, three paired devices each, and people and goods in them. Made once,
//! because registering and pairing take longer than a run.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use counterfoil_domain::Entropy as _;
use counterfoil_protocol::auth::RegisterRequest;
use counterfoil_protocol::pairing::PairRequest;
use counterfoil_store::Store;
use counterfoil_sync::{HttpTransport, HubClient, HubCredentials};
use counterfoil_testkit::{SampleShop, SeededEntropy};
use counterfoil_tests::failure::Context as _;
use counterfoil_tests::processes::{Hub, Programs};
use counterfoil_tests::{Failure, Result};
use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::ground::{Engine, Ground, Place};
use super::till;

/// Shops on the hub.
pub const SHOPS: usize = 2;
/// Tills of a shop that work; one more device only looks on in the end.
pub const TILLS: usize = 2;

/// A paired device: where it sits and what it presents.
#[derive(Clone, Serialize, Deserialize)]
pub struct Seat {
    /// Which sample shop.
    pub shop_seed: u64,
    /// The shop's sample, seen from this till.
    pub till_code: String,
    /// The device.
    pub device_id: counterfoil_domain::DeviceId,
    /// The shop.
    pub tenant_id: counterfoil_domain::TenantId,
    device_token: String,
    signing_seed: String,
    /// Where the hub is reached.
    pub base_url: String,
}

impl Seat {
    /// The same device, reaching the hub at `base_url`.
    pub fn at(&self, base_url: String) -> Self {
        Self {
            base_url,
            ..self.clone()
        }
    }

    /// What the device presents.
    ///
    /// # Errors
    /// When the key in the seat is none.
    pub fn credentials(&self) -> Result<HubCredentials> {
        let seed = BASE64.decode(&self.signing_seed).context("the key")?;
        let seed: [u8; 32] = seed
            .try_into()
            .map_err(|_| Failure::new("a key has 32 bytes"))?;
        Ok(HubCredentials {
            base_url: self.base_url.clone(),
            device_token: self.device_token.clone(),
            signing_key: SigningKey::from_bytes(&seed),
        })
    }

    /// The sample shop with fresh ids for whatever is made from now on.
    ///
    /// # Errors
    /// Never; the samples hold.
    pub fn shop(&self, fresh: u64) -> Result<SampleShop> {
        let known = SampleShop::new(self.shop_seed).context("the sample")?;
        let mut shop = SampleShop::new(fresh).context("the sample")?;
        shop.tenant_id = known.tenant_id;
        shop.device_id = self.device_id;
        shop.till_code.clone_from(&self.till_code);
        shop.cashier = known.cashier;
        shop.owner = known.owner;
        shop.installer = known.installer;
        shop.category = known.category;
        shop.products = known.products;
        shop.merchant = known.merchant;
        Ok(shop)
    }
}

/// See the module.
pub struct Stage {
    /// The programs that were built together with this one.
    pub programs: Programs,
    /// The runtime of proxies and look-ups.
    pub runtime: Runtime,
    /// What the hubs stand on.
    pub ground: Ground,
    /// Shop by shop, its tills and last the device that looks on.
    pub seats: Vec<Vec<Seat>>,
    first: Place,
    folder: TempDir,
}

fn key(parts: &[u64]) -> String {
    let number = parts
        .iter()
        .fold(0xc0de_u128, |all, part| all * 1000 + u128::from(*part) + 1);
    Uuid::from_u128(number).to_string()
}

impl Stage {
    /// Builds it.
    ///
    /// # Errors
    /// When the hub's program or its engine is missing or refuses.
    pub fn build(engine: Engine) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let programs = Programs::beside_this()?;
        let ground = Ground::new(engine)?;
        let first = ground.first(&runtime, folder.path())?;
        let hub = Hub::start(&programs, &first.url(), folder.path())?;
        let seats = runtime.block_on(pair_all(hub.url(), folder.path()))?;
        hub.stop()?;
        Ok(Self {
            programs,
            runtime,
            ground,
            seats,
            first,
            folder,
        })
    }

    /// Puts a copy of the hub's database into a run's `folder`, or beside the other databases of the server.
    ///
    /// # Errors
    /// When the disk or the server refuses.
    pub fn copy_hub(&self, folder: &Path) -> Result<Place> {
        self.ground.copy(&self.runtime, &self.first, folder)
    }

    /// Puts a copy of a till's database to `path`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn copy_till(&self, shop: usize, place: usize, path: &Path) -> Result {
        copy_database(&till_path(self.folder.path(), shop, place), path)
    }
}

/// Copies a database that nobody uses, with the log that a kill left.
///
/// # Errors
/// When the disk refuses.
pub fn copy_database(from: &Path, to: &Path) -> Result {
    for end in ["", "-wal"] {
        let beside = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        };
        let (from, to) = (beside(from), beside(to));
        if from.exists() {
            fs::copy(from, to)?;
        } else if to.exists() {
            fs::remove_file(to)?;
        }
    }
    Ok(())
}

fn till_path(folder: &Path, shop: usize, place: usize) -> PathBuf {
    folder.join(format!("till-{shop}-{place}.sqlite3"))
}

async fn pair_all(url: &str, folder: &Path) -> Result<Vec<Vec<Seat>>> {
    let client = HubClient::new(HttpTransport::new(url).context("TLS")?);
    let entropy = SeededEntropy::new(0xdeed);
    let mut all = Vec::new();
    for shop in 0..SHOPS {
        let number = shop as u64;
        let shop_seed = 100 + number;
        let sample = SampleShop::new(shop_seed).context("the sample")?;
        let owner = client
            .register(
                &RegisterRequest {
                    email: format!("owner-{shop}@cafe.example"),
                    password: "Correct1Horse".to_owned(),
                    business_name: "Café Prueba".to_owned(),
                    business_id: Some(sample.tenant_id),
                },
                &key(&[number]),
            )
            .await
            .context("registering")?;
        let mut seats = Vec::new();
        for place in 0..=TILLS {
            let unique = [number, place as u64];
            let code = client
                .pairing_code(&owner.access_token, &key(&[unique[0], unique[1], 1]))
                .await
                .context("the pairing code")?;
            let mut secret = [0; 32];
            entropy.fill(&mut secret);
            let signing_key = SigningKey::from_bytes(&secret);
            let device = sample.other_till("");
            let paired = client
                .pair(
                    &PairRequest {
                        code: code.code,
                        device_id: device.device_id,
                        public_key: BASE64.encode(signing_key.verifying_key().to_bytes()),
                        name: format!("till {place}"),
                        tenant_id: None,
                    },
                    &key(&[unique[0], unique[1], 2]),
                )
                .await
                .context("pairing")?;
            seats.push(Seat {
                shop_seed,
                till_code: paired.till_code,
                device_id: paired.device_id,
                tenant_id: paired.tenant_id,
                device_token: paired.device_token,
                signing_seed: BASE64.encode(secret),
                base_url: url.to_owned(),
            });
        }
        for (place, seat) in seats.iter().enumerate().take(TILLS) {
            let store = till::open(&till_path(folder, shop, place), seat, number)?;
            if place == 0 {
                set_up(&store, &seat.shop(1000 + number)?)?;
            }
            till::drain(&store, seat).await?;
        }
        all.push(seats);
    }
    Ok(all)
}

fn set_up(store: &Store, shop: &SampleShop) -> Result {
    for op in shop.setup().context("the sample")? {
        store.transact(op, Some(shop.owner)).context("setting up")?;
    }
    Ok(())
}
