//! The shop that every run begins with: a registered owner, twelve paired tills, people and goods. Made once a process,
//! because registering and pairing take longer than a run.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use counterfoil_domain::{Clock, DeviceId, Entropy, Hlc, Op, OpId};
use counterfoil_protocol::auth::RegisterRequest;
use counterfoil_protocol::pairing::PairRequest;
use counterfoil_store::{Cursor, Store, StoreEnv};
use counterfoil_sync::steps::{self, Pushed};
use counterfoil_sync::{HubClient, HubCredentials};
use counterfoil_testkit::{ManualClock, SampleShop, SeededEntropy};
use ed25519_dalek::SigningKey;
use tempfile::TempDir;
use uuid::Uuid;

use super::disk::{self, DiskCopy};
use super::hub::{Engine, HubCopy, HubNode, NO_LIMIT, Place, file_in};
use super::storm::TILLS_MAX;
use super::world::Done;
use super::{Outcome, say};
use crate::server::make_database;

const SEED: u64 = 0x5eed;

/// A till as it comes from its pairing.
#[derive(Clone)]
pub struct Seat {
    /// What it presents at the hub.
    pub credentials: HubCredentials,
    /// Its disk with the shop's rows on it.
    pub warm: DiskCopy,
    /// Its disk before it heard of anything.
    pub cold: DiskCopy,
}

/// Something that was done before any run.
pub struct Opening {
    /// Its id.
    pub op_id: OpId,
    /// What it was.
    pub op: Op,
    /// Its clock.
    pub hlc: Hlc,
}

impl Opening {
    /// As a run keeps it.
    #[must_use]
    pub fn done(&self) -> Done {
        Done {
            op: self.op.clone(),
            till: 0,
            turn: 0,
            seen: Cursor::default(),
        }
    }
}

/// What every run begins with.
pub struct Town {
    /// The tills.
    pub seats: Vec<Seat>,
    /// What was done to set the shop up, on the first till.
    pub done: Vec<Opening>,
    /// The first till.
    pub first_device: DeviceId,
    hub: HubCopy,
    places: Vec<Place>,
    engine: Engine,
    _folder: TempDir,
}

/// A run's pages are short, and are written in slices as well.
const SLICE_ROWS: usize = 5;

/// Opens a till's database as a run does: on the system's files, without the ballast, whose megabyte would cost more than
/// the rest of a start.
///
/// # Errors
/// When the store does not open.
pub fn open_store(
    path: &Path,
    clock: &Arc<ManualClock>,
    entropy: &Arc<SeededEntropy>,
) -> Outcome<Store> {
    let mut env = StoreEnv::new(
        Arc::clone(clock) as Arc<dyn Clock>,
        Arc::clone(entropy) as Arc<dyn Entropy>,
    );
    if cfg!(unix) {
        env.vfs = Some("unix".to_owned());
    }
    env.slice_rows = SLICE_ROWS;
    Store::open(path, env).map_err(|e| say(format!("a till's database does not open: {e}")))
}

fn key(number: u128) -> String {
    Uuid::from_u128(0xc0de_0000 + number).to_string()
}

impl Town {
    /// Founds it.
    ///
    /// # Errors
    /// When the hub or a till refuses; then nothing can be simulated.
    pub async fn found(engine: &Engine) -> Outcome<Self> {
        let folder = disk::folder()?;
        let place = match engine {
            Engine::Sqlite => file_in(folder.path()),
            Engine::Postgres(admin) => {
                let name = format!("counterfoil_sim_{}", std::process::id());
                make_database(admin, &name, "template0").await?;
                Place::Server {
                    admin: admin.clone(),
                    name,
                }
            }
        };
        let mut hub = HubNode::start(place, SEED, NO_LIMIT).await?;
        let shop = shops()?.swap_remove(0);
        let owner = HubClient::new(hub.router.clone());
        let registered = owner
            .register(
                &RegisterRequest {
                    email: "owner@cafe.example".to_owned(),
                    password: "Correct1Horse".to_owned(),
                    business_name: "Café Prueba".to_owned(),
                    business_id: Some(shop.tenant_id),
                },
                &key(0),
            )
            .await?;
        let clock = ManualClock::start();
        let entropy = SeededEntropy::new(SEED + 1);
        let mut stores = Vec::new();
        for (number, shop) in shops()?.into_iter().enumerate() {
            let unique = u128::try_from(number)?;
            let code = owner
                .pairing_code(&registered.access_token, &key(100 + unique))
                .await?;
            let mut secret = [0; 32];
            entropy.fill(&mut secret);
            let signing_key = SigningKey::from_bytes(&secret);
            let paired = owner
                .pair(
                    &PairRequest {
                        code: code.code,
                        device_id: shop.device_id,
                        public_key: BASE64.encode(signing_key.verifying_key().to_bytes()),
                        name: shop.till_code.clone(),
                        tenant_id: None,
                    },
                    &key(200 + unique),
                )
                .await?;
            let path = folder.path().join(format!("till{number}.db"));
            let store = open_store(&path, &clock, &entropy)?;
            store.set_identity(
                paired.tenant_id,
                paired.device_id,
                &paired.till_code,
                Some("http://hub"),
            )?;
            let credentials = HubCredentials {
                base_url: "http://hub".to_owned(),
                device_token: paired.device_token,
                signing_key,
            };
            stores.push((store, credentials, DiskCopy::of(&path)?, path));
        }
        let done = set_up(&shop, &stores[0].0)?;
        let mut seats = Vec::new();
        for (store, credentials, cold, path) in stores {
            while steps::push_once(&store, &owner, &credentials).await? != Pushed::Nothing {}
            while !steps::pull_once(&store, &owner, &credentials)
                .await?
                .at_head
            {}
            drop(store);
            let warm = DiskCopy::of(&path)?;
            seats.push(Seat {
                credentials,
                warm,
                cold,
            });
        }
        let copy = hub.back_up().await?;
        let places = hub.close().await;
        Ok(Self {
            seats,
            done,
            first_device: shop.device_id,
            hub: copy,
            places,
            engine: engine.clone(),
            _folder: folder,
        })
    }

    /// Forgets what a server keeps of it.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn remove(self) -> Outcome<()> {
        for place in &self.places {
            place.remove().await?;
        }
        Ok(())
    }

    /// A hub of this town for one run, with its files in a folder of the run's own.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn hub(&self, folder: &Path, seed: u64, rate_limit: u32) -> Outcome<HubNode> {
        let beside = match &self.engine {
            Engine::Sqlite => file_in(folder),
            Engine::Postgres(admin) => Place::Server {
                admin: admin.clone(),
                name: String::new(),
            },
        };
        let name = match &self.engine {
            Engine::Sqlite => "hub0".to_owned(),
            Engine::Postgres(_) => format!("counterfoil_sim_{}_{seed}", std::process::id()),
        };
        let place = beside.begin_with(&self.hub, &name).await?;
        HubNode::start(place, seed, rate_limit).await
    }
}

/// The shop seen from each of its tills, with ids that begin anew: the same for every run.
///
/// # Errors
/// Never; the samples hold.
pub fn shops() -> Outcome<Vec<SampleShop>> {
    let first = SampleShop::new(SEED).map_err(|e| say(e.to_string()))?;
    let mut all = vec![first.clone()];
    for number in 2..=TILLS_MAX {
        all.push(first.other_till(&format!("T{number}")));
    }
    Ok(all)
}

fn set_up(shop: &SampleShop, store: &Store) -> Outcome<Vec<Opening>> {
    let ops = shop.setup().map_err(|e| say(e.to_string()))?;
    ops.into_iter()
        .map(|op| {
            let op_id = store.transact(op.clone(), Some(shop.owner))?;
            let hlc = store.read(|conn| {
                let sql = "SELECT hlc_ms, hlc_counter FROM outbox WHERE op_id = ?1";
                Ok(conn.query_row(sql, [op_id.to_string()], |row| {
                    Ok(Hlc {
                        ms: row.get("hlc_ms")?,
                        counter: row.get("hlc_counter")?,
                    })
                })?)
            })?;
            Ok(Opening { op_id, op, hlc })
        })
        .collect()
}
