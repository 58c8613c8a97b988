//! Rounds of two tills and a hub on one machine: `sync_rounds FOLDER` does what a line on stdin names.
//!
//! `idle` and `draining` time sales without and with a backlog on its way to the hub, `pull TEMPLATE` applies a shop's
//! changes to an empty till and keeps a copy of it, `live` follows one till's change to another, and `trip` is what that
//! cannot do without: two syncs and a round trip. `cargo xtask bench sync` asks.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_domain::{Clock, CustomerId, DeviceId, Entropy as _, Hlc, Op, SaleId, UnixMs};
use counterfoil_hub::{Config, Hub, Sources};
use counterfoil_protocol::auth::RegisterRequest;
use counterfoil_protocol::pairing::PairRequest;
use counterfoil_protocol::sync::{Change, PullQuery, PullReply};
use counterfoil_store::{Store, StoreEnv};
use counterfoil_sync::{
    HttpTransport, HubClient, HubCredentials, SyncConfig, SyncEngine, SyncHandle, convert,
};
use counterfoil_testkit::{Round, SampleError, SampleShop, SeededEntropy, answer_rounds};
use ed25519_dalek::SigningKey;
use uuid::Uuid;

/// Sales in a round, one every so often: faster than any cashier.
const SALES: usize = 200;
const SALE_EVERY: Duration = Duration::from_millis(10);
/// Stamps that wait to be sent when a backlog drains.
const BACKLOG: usize = 20_000;
/// Changes followed in a round, one at a time.
const CHANGES: usize = 100;
/// Operations of the shop that is pulled.
const PULLED: usize = 10_000;
const PATIENCE: Duration = Duration::from_secs(20);

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMs {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        UnixMs(since.map_or(0, |t| i64::try_from(t.as_millis()).unwrap_or(i64::MAX)))
    }
}

fn main() -> Result<(), SampleError> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    fs::create_dir_all(&folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let mut bench = runtime.block_on(Bench::start(&folder))?;
    let _inside = runtime.enter();
    answer_rounds(|line| match line.split_once(' ').unwrap_or((line, "")) {
        ("idle", _) => bench.sell(),
        ("draining", _) => runtime.block_on(bench.sell_while_draining()),
        ("pull", template) => {
            if bench.pages.is_empty() {
                bench.pages = runtime.block_on(bench.fill())?;
            }
            bench.pull(Path::new(template))
        }
        ("live", _) => runtime.block_on(bench.follow()),
        ("trip", _) => bench.trip(),
        (other, _) => Err(format!("no such round: {other}").into()),
    })
}

/// A till that is paired with the hub of the bench.
struct Till {
    store: Store,
    credentials: HubCredentials,
    device: DeviceId,
}

impl Till {
    fn engine(&self, live: bool) -> Result<SyncHandle, SampleError> {
        let config = SyncConfig {
            store: self.store.clone(),
            transport: HttpTransport::new(&self.credentials.base_url)?,
            credentials: self.credentials.clone(),
            clock: Arc::new(SystemClock),
            entropy: SeededEntropy::new(1),
            live,
        };
        Ok(SyncEngine::start(config, Box::new(|_| {})))
    }
}

struct Bench {
    folder: PathBuf,
    url: String,
    shop: SampleShop,
    entropy: Arc<SeededEntropy>,
    owner: String,
    seller: Till,
    watcher: Till,
    pages: Vec<String>,
    probe: File,
    echo: TcpStream,
    rounds: u32,
}

impl Bench {
    async fn start(folder: &Path) -> Result<Self, SampleError> {
        let entropy = SeededEntropy::new(u64::try_from(SystemClock.now().0)?);
        let sources = Sources {
            clock: Arc::new(SystemClock),
            entropy: Arc::clone(&entropy) as _,
        };
        let config = Config {
            rate_limit: u32::MAX,
            auth_rate_limit: u32::MAX,
            ..Config::default()
        };
        let database = format!("sqlite:{}", folder.join("hub.db").display());
        let secret = "only for as long as this program runs";
        let hub = Hub::start(&database, Some(secret), config, sources).await?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        tokio::spawn(counterfoil_hub::serve(
            listener,
            hub,
            std::future::pending(),
        ));
        let client = HubClient::new(HttpTransport::new(&url)?);
        let request = RegisterRequest {
            email: "o@bench.example".to_owned(),
            password: "Secreto123".to_owned(),
            business_name: "Café".to_owned(),
            business_id: None,
        };
        let owner = client
            .register(&request, &key(&entropy))
            .await?
            .access_token;
        let seller = pair(&client, &url, &owner, folder, "seller", &entropy).await?;
        let watcher = pair(&client, &url, &owner, folder, "watcher", &entropy).await?;
        let mut shop = SampleShop::new(11)?;
        shop.device_id = seller.device;
        let setup = shop.setup()?.into_iter();
        let ops = setup.map(|op| (op, Some(shop.owner), SystemClock.now()));
        seller.store.transact_many(ops.collect())?;
        let probe = folder.join("probe");
        fs::write(&probe, vec![1; 64 * 4096])?;
        Ok(Self {
            folder: folder.to_owned(),
            url,
            shop,
            entropy,
            owner,
            seller,
            watcher,
            pages: Vec::new(),
            probe: File::options().write(true).open(probe)?,
            echo: echo()?,
            rounds: 0,
        })
    }

    fn stamp(&self) -> Op {
        let customer: CustomerId = self.shop.id();
        self.shop.stamp(customer)
    }

    fn sell(&self) -> Result<Round, SampleError> {
        let mut round = Round::default();
        for n in 0..SALES {
            let began = Instant::now();
            let now = SystemClock.now();
            let mut sale = self.shop.sale(
                u32::try_from(n)?,
                &[(0, 1), (1, 2), (2, 1), (0, 3), (1, 1)],
                None,
                now,
            )?;
            sale.sale_id = SaleId::from_parts(now.0, self.entropy.id_entropy());
            let op = Op::SaleCompleted(sale);
            round.time(1, || {
                self.seller
                    .store
                    .transact_at(op, Some(self.shop.cashier), now)
            })?;
            if n % 10 == 0 {
                self.seller.store.tidy()?;
            }
            // A pace, not a wait: the next customer.
            std::thread::sleep(SALE_EVERY.saturating_sub(began.elapsed()));
        }
        Ok(round)
    }

    async fn sell_while_draining(&self) -> Result<Round, SampleError> {
        let now = SystemClock.now();
        let backlog = (0..BACKLOG).map(|_| (self.stamp(), Some(self.shop.cashier), now));
        self.seller.store.transact_many(backlog.collect())?;
        let engine = self.seller.engine(false)?;
        let round = tokio::task::block_in_place(|| self.sell())?;
        let left = self.seller.store.outbox_counts()?.waiting;
        engine.stop().await;
        if left == 0 {
            return Err("the backlog drained before the sales were over".into());
        }
        Ok(round)
    }

    /// Another shop's life, as pages of a pull.
    async fn fill(&self) -> Result<Vec<String>, SampleError> {
        let client = HubClient::new(HttpTransport::new(&self.url)?);
        let till = pair(
            &client,
            &self.url,
            &self.owner,
            &self.folder,
            "filler",
            &self.entropy,
        )
        .await?;
        let after = till_head(&client, &till).await?;
        let mut ops = Vec::with_capacity(PULLED);
        for n in 0..PULLED {
            let now = SystemClock.now();
            let op = if n.is_multiple_of(2) {
                let mut sale =
                    self.shop
                        .sale(u32::try_from(n)?, &[(n % 3, 1), (1, 2)], None, now)?;
                sale.sale_id = SaleId::from_parts(now.0, self.entropy.id_entropy());
                Op::SaleCompleted(sale)
            } else if n % 10 == 1 {
                self.shop.enrol("Rosa Quispe", &format!("+519{n:08}")).1
            } else {
                self.stamp()
            };
            ops.push((op, None, now));
        }
        till.store.transact_many(ops)?;
        while counterfoil_sync::steps::push_once(&till.store, &client, &till.credentials).await?
            != counterfoil_sync::steps::Pushed::Nothing
        {}
        let mut pages = Vec::new();
        let mut cursor = after;
        loop {
            let query = PullQuery {
                epoch: None,
                after: cursor,
                limit: None,
            };
            let PullReply::Changes { mut changes, .. } =
                client.pull(query, &till.credentials).await?
            else {
                return Err("the hub began a new epoch".into());
            };
            let Some(last) = changes.last() else {
                return Ok(pages);
            };
            cursor = last.seq;
            // As a hub would number them that had nothing else.
            for change in &mut changes {
                change.seq -= after;
            }
            pages.push(serde_json::to_string(&changes)?);
        }
    }

    /// Pages as they come from the network, read and applied to an empty till.
    fn pull(&mut self, template: &Path) -> Result<Round, SampleError> {
        self.rounds += 1;
        let folder = self.folder.join(format!("pull-{}", self.rounds));
        fs::create_dir_all(&folder)?;
        let store = open(&folder.join("till.sqlite3"))?;
        let device: DeviceId = self.shop.id();
        store.set_identity(self.shop.tenant_id, device, "T9", None)?;
        let epoch = Uuid::from_u128(1);
        let mut round = Round::default();
        for page in &self.pages {
            round.time(1, || -> Result<(), SampleError> {
                let changes: Vec<Change> = serde_json::from_str(page)?;
                let changes = changes.into_iter().map(|c| convert::confirmed(c, device));
                store.apply_changes(epoch, Hlc::default(), changes.collect())?;
                Ok(())
            })?;
        }
        if !template.exists() {
            store.backup_copy(template)?;
        }
        drop(store);
        fs::remove_dir_all(&folder)?;
        Ok(round)
    }

    /// From a person's stamp at one till until the other till has it.
    async fn follow(&self) -> Result<Round, SampleError> {
        let (seen, arrivals) = mpsc::channel();
        let store = self.watcher.store.clone();
        store.on_commit(Box::new(move |info| {
            if info.areas.contains(&"customers") {
                // Nobody listens once the round is over.
                let _ = seen.send(());
            }
        }));
        let engines = [self.seller.engine(true)?, self.watcher.engine(true)?];
        // What other rounds left waiting goes first, which may take long; that nothing moves may not.
        let (mut before, mut moved) = (None, Instant::now());
        loop {
            let (a, b) = (self.seller.store.cursor()?, self.watcher.store.cursor()?);
            let waiting = self.seller.store.outbox_counts()?.waiting;
            if waiting == 0 && a.seq == b.seq && a.seq > 0 {
                break;
            }
            let now = Some((waiting, a.seq, b.seq));
            if now != before {
                (before, moved) = (now, Instant::now());
            }
            if moved.elapsed() > PATIENCE {
                return Err("the tills do not settle".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut round = Round::default();
        tokio::task::block_in_place(|| -> Result<(), SampleError> {
            for _ in 0..CHANGES {
                while arrivals.try_recv().is_ok() {}
                let op = self.stamp();
                round.time(1, || -> Result<(), SampleError> {
                    self.seller.store.transact(op, Some(self.shop.cashier))?;
                    engines[0].written();
                    arrivals.recv_timeout(PATIENCE)?;
                    Ok(())
                })?;
            }
            Ok(())
        })?;
        for engine in engines {
            engine.stop().await;
        }
        Ok(round)
    }

    fn trip(&mut self) -> Result<Round, SampleError> {
        let mut round = Round::default();
        let block = [7; 4096];
        for n in 0..CHANGES as u64 {
            round.time(1, || -> std::io::Result<()> {
                for half in [0, 1] {
                    self.probe
                        .write_all_at(&block, (n * 2 + half) % 64 * 4096)?;
                    self.probe.sync_data()?;
                }
                self.echo.write_all(&[1])?;
                self.echo.read_exact(&mut [0])
            })?;
        }
        Ok(round)
    }
}

async fn till_head(client: &HubClient<HttpTransport>, till: &Till) -> Result<u64, SampleError> {
    let query = PullQuery {
        epoch: None,
        after: 0,
        limit: Some(1),
    };
    match client.pull(query, &till.credentials).await? {
        PullReply::Changes { head, .. } => Ok(head),
        PullReply::EpochChanged { .. } => Err("the hub began a new epoch".into()),
    }
}

fn key(entropy: &SeededEntropy) -> String {
    format!("{:032x}", u128::from(entropy.next_u64()))
}

fn open(path: &Path) -> Result<Store, SampleError> {
    let env = StoreEnv::new(
        Arc::new(SystemClock),
        SeededEntropy::new(u64::try_from(SystemClock.now().0)? ^ path.as_os_str().len() as u64),
    );
    Ok(Store::open(path, env)?)
}

async fn pair(
    client: &HubClient<HttpTransport>,
    url: &str,
    owner: &str,
    folder: &Path,
    name: &str,
    entropy: &SeededEntropy,
) -> Result<Till, SampleError> {
    let mut seed = [0; 32];
    counterfoil_domain::Entropy::fill(entropy, &mut seed);
    let signing_key = SigningKey::from_bytes(&seed);
    let device = DeviceId::from_parts(SystemClock.now().0, entropy.id_entropy());
    let code = client.pairing_code(owner, &key(entropy)).await?.code;
    let request = PairRequest {
        code,
        device_id: device,
        public_key: STANDARD.encode(signing_key.verifying_key().to_bytes()),
        name: name.to_owned(),
        tenant_id: None,
    };
    let reply = client.pair(&request, &key(entropy)).await?;
    let store = open(&folder.join(format!("{name}.sqlite3")))?;
    store.set_identity(reply.tenant_id, device, &reply.till_code, Some(url))?;
    let credentials = HubCredentials {
        base_url: url.to_owned(),
        device_token: reply.device_token,
        signing_key,
    };
    Ok(Till {
        store,
        credentials,
        device,
    })
}

/// A connection whose other end sends every byte back.
fn echo() -> Result<TcpStream, SampleError> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let near = TcpStream::connect(listener.local_addr()?)?;
    near.set_nodelay(true)?;
    let (mut far, _) = listener.accept()?;
    far.set_nodelay(true)?;
    std::thread::spawn(move || {
        let mut byte = [0];
        while far.read_exact(&mut byte).is_ok() && far.write_all(&byte).is_ok() {}
    });
    Ok(near)
}
