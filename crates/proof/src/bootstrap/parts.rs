//! The parts that the measurement's program plays when it starts itself again: the hub, who fills it, and a new till.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use counterfoil_domain::op::EntityEdited;
use counterfoil_domain::{EntityKind, Op};
use counterfoil_hub::{Config, Hub, Sources};
use counterfoil_protocol::auth::RegisterRequest;
use counterfoil_protocol::image::{ImageQuery, ImageReply};
use counterfoil_protocol::pairing::PairRequest;
use counterfoil_store::{Store, StoreEnv};
use counterfoil_sync::bootstrap::{Boot, bootstrap_once};
use counterfoil_sync::client::Piece;
use counterfoil_sync::plan::{Pieces, Why};
use counterfoil_sync::steps::{self, Pushed};
use counterfoil_sync::{HttpTransport, HubClient, HubCredentials};
use counterfoil_testkit::{ManualClock, SampleShop, SeededEntropy};

use super::{Outcome, Paired, TillFigures};

/// The peak of this process's resident memory in MiB; zero where the system does not tell.
fn peak_mib() -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
            line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
        })
        .map_or(0, |kib| kib / 1024)
}

fn say(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{text}")?;
    out.flush()
}

pub(super) async fn hub(folder: &Path) -> Outcome<()> {
    let database = format!("sqlite:{}", folder.join("hub.db").display());
    let sources = Sources {
        clock: ManualClock::start(),
        // Another one each time: ids of an earlier run are taken.
        entropy: SeededEntropy::new(u64::from(std::process::id())),
    };
    let config = Config {
        rate_limit: u32::MAX,
        auth_rate_limit: u32::MAX,
        ..Config::default()
    };
    let secret = "a secret that is only good for a measurement 0123456789";
    let hub = Hub::start(&database, Some(secret), config, sources).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    say(&format!("http://{}", listener.local_addr()?))?;
    let ended = async {
        // Whoever started it lets go of the pipe.
        let _ = tokio::task::spawn_blocking(|| {
            std::io::copy(&mut std::io::stdin(), &mut std::io::sink())
        })
        .await;
    };
    counterfoil_hub::serve(listener, hub, ended).await?;
    say(&peak_mib().to_string())?;
    Ok(())
}

/// An owner of a new shop, or of the one that is there, pairs a till.
async fn pair(folder: &Path, shop: &SampleShop, name: &str) -> Outcome<Paired> {
    let url = std::fs::read_to_string(folder.join("hub.url"))?;
    let owner = HubClient::new(HttpTransport::new(&url)?);
    let (email, password) = ("owner@bench.example", "Correct1Horse");
    // Tills of one seed make the same ids; their names tell them apart.
    let salt = name
        .bytes()
        .fold(0, |salt: u128, byte| salt.rotate_left(8) ^ u128::from(byte));
    let key = || uuid::Uuid::from_u128(shop.id::<uuid::Uuid>().as_u128() ^ salt).to_string();
    let login = counterfoil_protocol::auth::LoginRequest {
        email: email.to_owned(),
        password: password.to_owned(),
    };
    let tokens = match owner.login(&login, &key()).await {
        Ok(tokens) => tokens,
        Err(_) => {
            let request = RegisterRequest {
                email: email.to_owned(),
                password: password.to_owned(),
                business_name: "Bench".to_owned(),
                business_id: Some(shop.tenant_id),
            };
            owner.register(&request, &key()).await?
        }
    };
    let code = owner.pairing_code(&tokens.access_token, &key()).await?;
    let mut seed = [0; 32];
    seed[..16].copy_from_slice(shop.id::<uuid::Uuid>().as_bytes());
    let signing_key = ed25519_dalek::SigningKey::from_bytes(&seed);
    let request = PairRequest {
        code: code.code,
        device_id: shop.device_id,
        public_key: base64(signing_key.verifying_key().as_bytes()),
        name: name.to_owned(),
        tenant_id: None,
    };
    let paired = owner.pair(&request, &key()).await?;
    Ok(Paired {
        url,
        token: paired.device_token,
        seed,
        tenant: paired.tenant_id.0,
        device: paired.device_id.0,
    })
}

/// Standard base64, with padding.
fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn open(path: &Path, paired: &Paired, seed: u64) -> Outcome<(Store, HubCredentials)> {
    let env = StoreEnv::new(ManualClock::start(), SeededEntropy::new(seed));
    let store = Store::open(path, env)?;
    store.set_identity(
        counterfoil_domain::TenantId(paired.tenant),
        counterfoil_domain::DeviceId(paired.device),
        "T",
        Some(&paired.url),
    )?;
    let credentials = HubCredentials {
        base_url: paired.url.clone(),
        device_token: paired.token.clone(),
        signing_key: ed25519_dalek::SigningKey::from_bytes(&paired.seed),
    };
    Ok((store, credentials))
}

/// Brings the shop to the hub as a till does: performed, pushed.
pub(super) async fn fill(folder: &Path, products: u32, customers: u32) -> Outcome<()> {
    let shop = SampleShop::new(1)?;
    let paired = pair(folder, &shop, "filler").await?;
    let path = folder.join("filler.db");
    let (store, by) = open(&path, &paired, 3)?;
    let client = HubClient::new(HttpTransport::new(&paired.url)?);
    let own = shop.setup()?.into_iter();
    let goods = (0..products).map(|n| product(&shop, n));
    let people = (0..customers).map(|n| {
        shop.enrol(
            &format!("Customer number {n}"),
            &format!("+51{:09}", 900_000_000 + n),
        )
        .1
    });
    let mut all = own.chain(goods).chain(people);
    loop {
        let at = counterfoil_testkit::ManualClock::START;
        let some: Vec<_> = all
            .by_ref()
            .take(5_000)
            .map(|op| (op, Some(shop.owner), at))
            .collect();
        if some.is_empty() {
            return Ok(());
        }
        store.transact_many(some)?;
        while steps::push_once(&store, &client, &by).await? != Pushed::Nothing {}
    }
}

fn product(shop: &SampleShop, n: u32) -> Op {
    let (_, sample) = &shop.products[0];
    let mut product = sample.clone();
    product.name = format!("Product number {n}");
    product.sku = format!("SKU-{n:06}");
    product.barcode = format!("{:013}", 7_750_000_000_000_u64 + u64::from(n));
    let fields = counterfoil_domain::entity::fields_of(&product).unwrap_or_default();
    Op::EntityEdited(EntityEdited {
        entity: EntityKind::Product,
        id: shop.id(),
        fields,
    })
}

/// A new till, from its first request to its shop; and the bytes for the baseline.
pub(super) async fn till(folder: &Path) -> Outcome<()> {
    let mut shop = SampleShop::new(1)?.other_till("T");
    let seed = u64::from(std::process::id());
    let random = SeededEntropy::new(seed);
    let device_id = counterfoil_domain::DeviceId(uuid::Uuid::from_u64_pair(
        random.next_u64(),
        random.next_u64(),
    ));
    shop.device_id = device_id;
    let paired = pair(folder, &shop, &seed.to_string()).await?;
    let path = folder.join(format!("till-{seed}.db"));
    let (store, by) = open(&path, &paired, seed)?;
    let client = HubClient::new(HttpTransport::new(&paired.url)?);
    let asked = Instant::now();
    let offer = loop {
        match client
            .image(
                ImageQuery {
                    repair: true,
                    ..ImageQuery::default()
                },
                &by,
            )
            .await?
        {
            ImageReply::Ready(offer) => break offer,
            ImageReply::Making { .. } => {
                tokio::time::sleep(std::time::Duration::from_millis(200)).await
            }
            ImageReply::Pull => return Err("the hub has no image".into()),
        }
    };
    let waited_ms = u64::try_from(asked.elapsed().as_millis())?;
    let began = Instant::now();
    let boot = bootstrap_once(
        &store,
        &client,
        &by,
        Why::Repair,
        Pieces::default(),
        &|_| {},
    )
    .await?;
    if !matches!(boot, Boot::Installed(_)) {
        return Err(format!("no image was installed: {boot:?}").into());
    }
    let ready_ms = u64::try_from(began.elapsed().as_millis())?;
    let figures = TillFigures {
        waited_ms,
        ready_ms,
        packed_bytes: offer.bytes,
        unpacked_bytes: offer.unpacked_bytes,
        peak_mib: peak_mib(),
    };
    let mut baseline = File::create(folder.join("baseline.gz"))?;
    let mut from = 0;
    while from < offer.bytes {
        match client
            .piece(offer.id, from, offer.bytes - from, &by)
            .await?
        {
            Piece::Bytes(bytes) => {
                baseline.write_all(&bytes)?;
                from += bytes.len() as u64;
            }
            Piece::Gone => return Err("the image is gone".into()),
        }
    }
    baseline.sync_all()?;
    drop(store);
    for ending in ["", "-wal", "-shm", ".ballast"] {
        // Only what there is.
        let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
    }
    say(&serde_json::to_string(&figures)?)?;
    Ok(())
}
