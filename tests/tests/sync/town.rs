//! A hub over real HTTP and tills with the real store, for one story.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use counterfoil_domain::{Clock, Entropy as _, Op, OpId, UnixMs};
use counterfoil_hub::{Config, Hub, Sources};
use counterfoil_protocol::auth::{RegisterRequest, TokenReply};
use counterfoil_protocol::pairing::PairRequest;
use counterfoil_store::{Store, StoreEnv};
use counterfoil_sync::http::Method;
use counterfoil_sync::steps::{self, Pushed};
use counterfoil_sync::{
    HttpTransport, HubClient, HubCredentials, Request, SyncError, Transport as _,
};
use counterfoil_testkit::{ManualClock, SampleShop, SeededEntropy};
use ed25519_dalek::SigningKey;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::faults::FaultyNetwork;

/// The hub's secret.
pub const SECRET: &str = "a secret that is only good for stories 0123456789";

/// The engines a story runs on: SQLite always, PostgreSQL where the test command started one.
pub fn engines() -> Vec<Option<String>> {
    let postgres = std::env::var("COUNTERFOIL_TEST_POSTGRES_URL").ok();
    std::iter::once(None).chain(postgres.map(Some)).collect()
}

/// An id that no other story has: several share one PostgreSQL.
fn fresh() -> Uuid {
    let random = || RandomState::new().build_hasher().finish();
    Uuid::from_u64_pair(random(), random())
}

/// A hub, its owner and the clock everybody lives by.
pub struct Town {
    pub folder: TempDir,
    pub clock: Arc<ManualClock>,
    entropy: Arc<SeededEntropy>,
    pub shop: SampleShop,
    pub url: String,
    owner: TokenReply,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
}

/// A till in town.
pub struct Till {
    pub shop: SampleShop,
    pub store: Store,
    pub client: HubClient<FaultyNetwork>,
    pub network: FaultyNetwork,
    pub credentials: HubCredentials,
    pub path: PathBuf,
}

impl Town {
    /// A hub on an engine (`None`: SQLite in a folder of its own) with one registered shop.
    pub async fn found(postgres: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let seed = fresh().as_u64_pair().0;
        let clock = ManualClock::start();
        let entropy = SeededEntropy::new(seed);
        let shop = SampleShop::new(seed).expect("the samples hold");
        let database = postgres.map_or_else(|| sqlite(folder.path()), str::to_owned);
        let (url, stop, served) = serve(&database, &clock, &entropy).await;
        let client = HubClient::new(HttpTransport::new(&url).expect("TLS can be set up"));
        let owner = client
            .register(
                &RegisterRequest {
                    email: format!("owner-{}@cafe.example", fresh()),
                    password: "Correct1Horse".to_owned(),
                    business_name: "Café Prueba".to_owned(),
                    business_id: Some(shop.tenant_id),
                },
                &fresh().to_string(),
            )
            .await
            .expect("the owner registers");
        Self {
            folder,
            clock,
            entropy,
            shop,
            url,
            owner,
            stop: Some(stop),
            served,
        }
    }

    /// The hub's database in its folder.
    pub fn database(&self) -> String {
        sqlite(self.folder.path())
    }

    /// The clock and the chance that the hub lives by.
    pub fn sources(&self) -> Sources {
        Sources {
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
        }
    }

    /// Starts the hub again on its database as it is.
    pub async fn start_again(&mut self) {
        let (url, stop, served) = serve(&self.database(), &self.clock, &self.entropy).await;
        (self.url, self.stop) = (url, Some(stop));
        self.served = served;
    }

    /// The owner asks the hub for something.
    async fn ask(&self, method: Method, path: &str) -> Value {
        let token = format!("Bearer {}", self.owner.access_token);
        let request = Request {
            method,
            path: format!("/api/v1{path}"),
            headers: vec![("authorization", token)],
            body: Vec::new(),
        };
        let http = HttpTransport::new(&self.url).expect("TLS can be set up");
        let answer = http.send(request).await.expect("the hub answers");
        let answer: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert!(answer["error"].is_null(), "{answer}");
        answer["data"].clone()
    }

    /// The owner takes a till off the shop.
    pub async fn revoke(&self, till: &Till) {
        let path = format!("/devices/{}/revoke", till.shop.device_id);
        self.ask(Method::Post, &path).await;
    }

    /// How many operations of a till are kept aside.
    pub async fn held(&self, till: &Till) -> u64 {
        let devices = self.ask(Method::Get, "/devices").await;
        let id = till.shop.device_id.to_string();
        let device = devices
            .as_array()
            .and_then(|all| all.iter().find(|device| device["device_id"] == id.as_str()));
        device
            .and_then(|device| device["held_operations"].as_u64())
            .expect("the till is listed")
    }

    /// Stops the hub and starts it again on another database file, as after restoring a backup.
    pub async fn restart_on(&mut self, database: &Path) {
        self.close().await;
        let database = format!("sqlite:{}", database.display());
        let sources = Sources {
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
        };
        counterfoil_hub::begin_epoch(&database, &sources)
            .await
            .expect("a new epoch begins");
        let (url, stop, served) = serve(&database, &self.clock, &self.entropy).await;
        (self.url, self.stop) = (url, Some(stop));
        self.served = served;
    }

    /// Asks the hub to finish and waits for it.
    pub async fn close(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).expect("the hub listens for the signal");
            (&mut self.served).await.expect("the hub ends by itself");
        }
    }

    /// A till of this town's shop, paired by a one-time code; the first one brings the shop's data.
    pub async fn till(&self, name: &str) -> Till {
        let shop = if name == "T1" {
            self.shop.clone()
        } else {
            self.shop.other_till(name)
        };
        let path = self.folder.path().join(format!("{name}.db"));
        let owner = HubClient::new(HttpTransport::new(&self.url).expect("TLS can be set up"));
        let code = owner
            .pairing_code(&self.owner.access_token, &fresh().to_string())
            .await
            .expect("the owner gets a code");
        let mut seed = [0; 32];
        self.entropy.fill(&mut seed);
        let signing_key = SigningKey::from_bytes(&seed);
        let paired = owner
            .pair(
                &PairRequest {
                    code: code.code,
                    device_id: shop.device_id,
                    public_key: BASE64.encode(signing_key.verifying_key().to_bytes()),
                    name: name.to_owned(),
                    tenant_id: None,
                },
                &fresh().to_string(),
            )
            .await
            .expect("the till is paired");
        let store = open(&path, &self.clock, &self.entropy);
        store
            .set_identity(
                paired.tenant_id,
                paired.device_id,
                &paired.till_code,
                Some(&self.url),
            )
            .expect("the till knows who it is");
        let credentials = HubCredentials {
            base_url: self.url.clone(),
            device_token: paired.device_token,
            signing_key,
        };
        let network = FaultyNetwork::to(&self.url);
        let client = HubClient::new(network.clone());
        Till {
            shop,
            store,
            client,
            network,
            credentials,
            path,
        }
    }

    /// A second life of a till's database file, e.g. a copy.
    pub fn reopen(&self, till: &mut Till, path: &Path) {
        till.store = open(path, &self.clock, &self.entropy);
        path.clone_into(&mut till.path);
    }

    /// The same till at the hub's new address.
    pub fn follow(&self, till: &mut Till) {
        till.network = FaultyNetwork::to(&self.url);
        till.client = HubClient::new(till.network.clone());
        till.credentials.base_url.clone_from(&self.url);
    }

    /// What a till's database takes from outside.
    pub fn env(&self) -> StoreEnv {
        StoreEnv::new(self.clock.clone(), self.entropy.clone())
    }

    /// Now, by the clock that tills and hub share.
    pub fn now(&self) -> UnixMs {
        self.clock.now()
    }
}

fn sqlite(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("hub.db").display())
}

fn open(path: &Path, clock: &Arc<ManualClock>, entropy: &Arc<SeededEntropy>) -> Store {
    Store::open(path, StoreEnv::new(clock.clone(), entropy.clone()))
        .expect("the till's database opens")
}

async fn serve(
    database: &str,
    clock: &Arc<ManualClock>,
    entropy: &Arc<SeededEntropy>,
) -> (String, oneshot::Sender<()>, JoinHandle<()>) {
    let sources = Sources {
        clock: clock.clone(),
        entropy: entropy.clone(),
    };
    let config = Config {
        // However small the shop, so that every engine that starts anew takes one.
        image_from_changes: 1,
        ..Config::default()
    };
    let hub = Hub::start(database, Some(SECRET), config, sources)
        .await
        .expect("the hub starts");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (stop, stopped) = oneshot::channel();
    let served = tokio::spawn(async move {
        let signal = async {
            // A dropped sender stops the hub as well.
            let _ = stopped.await;
        };
        counterfoil_hub::serve(listener, hub, signal)
            .await
            .expect("the hub serves");
    });
    (url, stop, served)
}

impl Till {
    /// Does operations as the cashier.
    pub fn perform(&self, ops: impl IntoIterator<Item = Op>) -> Vec<OpId> {
        ops.into_iter()
            .map(|op| {
                self.store
                    .transact(op, Some(self.shop.cashier))
                    .expect("the operation is committed")
            })
            .collect()
    }

    /// Brings the shop's own rows: people, products, a merchant.
    pub fn set_up(&self) {
        self.perform(self.shop.setup().expect("the samples hold"));
    }

    /// Pushes until nothing waits, then pulls to the head.
    pub async fn sync(&self) -> Result<(), SyncError> {
        while steps::push_once(&self.store, &self.client, &self.credentials).await?
            != Pushed::Nothing
        {}
        self.pull().await
    }

    /// Pulls to the head.
    pub async fn pull(&self) -> Result<(), SyncError> {
        while !steps::pull_once(&self.store, &self.client, &self.credentials)
            .await?
            .at_head
        {}
        Ok(())
    }

    /// One number from the till's database.
    pub fn count(&self, sql: &'static str) -> i64 {
        self.store
            .read(|conn| Ok(conn.query_row(sql, [], |row| row.get(0))?))
            .expect("the till answers")
    }

    /// How many operations wait or are not confirmed yet.
    pub fn unconfirmed(&self) -> i64 {
        self.count("SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sealed', 'acked')")
    }
}
