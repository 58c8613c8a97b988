//! Rounds of pushes beside the engine's bare inserts: `push_rounds DATABASE BARE` does what a line on stdin names.
//!
//! `push` sends fresh batches of 200 operations to a hub over DATABASE, `again` the same ones once more, and `bare`
//! inserts as many operations' bytes as rows into the database BARE. `cargo xtask bench sync` asks. `pull` reads all that was
//! pushed, a page a step, `squeezed` the same compressed.

use std::io::Read as _;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_domain::{
    Clock, CustomerId, DeviceId, Entropy as _, Hlc, Incarnation, Op, OpEnvelope, OpHash, OpId,
    SaleId, UnixMs, id::uuid_v7,
};
use counterfoil_hub::{Config, Hub, Sources, router};
use counterfoil_protocol::sync::{PullReply, PushReply, PushRequest, SIGNATURE_HEADER};
use counterfoil_testkit::{Round, SampleError, SampleShop, SeededEntropy, answer_rounds, edit};
use ed25519_dalek::{Signer as _, SigningKey};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyPool, AssertSqlSafe, Executor as _};
use tower::ServiceExt as _;

const BATCH_OPS: usize = 200;
/// Batches in a round.
const BATCHES: usize = 10;
/// Customers who come again and again.
const REGULARS: usize = 500;

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMs {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        UnixMs(since.map_or(0, |t| i64::try_from(t.as_millis()).unwrap_or(i64::MAX)))
    }
}

#[tokio::main]
async fn main() -> Result<(), SampleError> {
    let mut args = std::env::args().skip(1);
    let database = args.next().ok_or("which database for the hub?")?;
    let bare = args.next().ok_or("which database for bare rows?")?;
    let mut till = Till::pair(&database).await?;
    let bare = open_bare(&bare).await?;
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        answer_rounds(|line| {
            runtime.block_on(async {
                match line {
                    "push" => till.push().await,
                    "again" => till.push_again().await,
                    "bare" => till.insert_bare(&bare).await,
                    "pull" => till.pull(false).await,
                    "squeezed" => till.pull(true).await,
                    other => Err(format!("no such round: {other}").into()),
                }
            })
        })
    })
}

/// A table for the bytes alone.
async fn open_bare(database: &str) -> Result<AnyPool, SampleError> {
    sqlx::any::install_default_drivers();
    let sqlite = database.starts_with("sqlite:");
    let pool = AnyPoolOptions::new()
        .max_connections(1)
        .connect(&if sqlite {
            format!("{database}?mode=rwc")
        } else {
            database.to_owned()
        })
        .await?;
    if sqlite {
        // As the hub opens its own.
        pool.execute(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=4096;",
        )
        .await?;
    }
    pool.execute("CREATE TABLE bare (device TEXT NOT NULL, seq BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (device, seq))")
        .await?;
    Ok(pool)
}

/// A till with a day's work to send.
struct Till {
    router: Router,
    shop: SampleShop,
    entropy: Arc<SeededEntropy>,
    key: SigningKey,
    token: String,
    device: DeviceId,
    incarnation: Incarnation,
    seq: u64,
    prev_hash: OpHash,
    regulars: Vec<CustomerId>,
    sent: Vec<Vec<u8>>,
    bare_seq: i64,
}

impl Till {
    async fn pair(database: &str) -> Result<Self, SampleError> {
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
        let secret = "only for as long as this program runs";
        let hub = Hub::start(database, Some(secret), config, sources).await?;
        let mut seed = [0; 32];
        counterfoil_domain::Entropy::fill(&*entropy, &mut seed);
        let shop = SampleShop::new(entropy.next_u64())?;
        let mut till = Self {
            router: router(hub),
            key: SigningKey::from_bytes(&seed),
            token: String::new(),
            device: shop.device_id,
            incarnation: Incarnation(uuid_v7(SystemClock.now().0, entropy.id_entropy())),
            seq: 0,
            prev_hash: OpHash::GENESIS,
            regulars: (0..REGULARS).map(|_| shop.id()).collect(),
            sent: Vec::new(),
            bare_seq: 0,
            shop,
            entropy,
        };
        let owner = json!({ "email": format!("{}@bench.example", till.device), "password": "Secreto123", "business_name": "Café" });
        let owner = till.post("/api/v1/auth/register", &owner).await?;
        till.token = text(&owner["access_token"])?;
        let code = till
            .post("/api/v1/devices/pairing-codes", &json!({}))
            .await?;
        let public_key = STANDARD.encode(till.key.verifying_key().to_bytes());
        let device = json!({ "code": code["code"], "device_id": till.device, "public_key": public_key, "name": "Counter" });
        let paired = till.post("/api/v1/devices", &device).await?;
        till.token = text(&paired["device_token"])?;
        let setup = till.shop.setup()?;
        till.seal_and_send(setup).await?;
        Ok(till)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, SampleError> {
        self.send(path, body.to_string().into_bytes(), None).await
    }

    async fn send(
        &self,
        path: &str,
        body: Vec<u8>,
        signature: Option<String>,
    ) -> Result<Value, SampleError> {
        let mut request = Request::post(path).header("content-type", "application/json");
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        if let Some(signature) = signature {
            request = request.header(SIGNATURE_HEADER, signature);
        }
        let answer = self
            .router
            .clone()
            .oneshot(request.body(Body::from(body))?)
            .await?;
        let bytes = answer.into_body().collect().await?.to_bytes();
        let mut answer: Value = serde_json::from_slice(&bytes)?;
        match answer.get_mut("data").map(Value::take) {
            Some(data) => Ok(data),
            None => Err(format!("{path}: {answer}").into()),
        }
    }

    /// What a counter does: of twenty operations nine sales, eight stamps, a delivery, an enrolment and a new price.
    fn work(&self, n: usize) -> Result<Op, SampleError> {
        let regular = self.regulars[n * 7 % REGULARS];
        let product = n % self.shop.products.len();
        Ok(match n % 20 {
            0..9 => {
                let customer = n.is_multiple_of(2).then_some(regular);
                let now = SystemClock.now();
                let mut sale = self
                    .shop
                    .sale(u32::try_from(n)?, &[(product, 1)], customer, now)?;
                sale.sale_id = SaleId::from_parts(now.0, self.entropy.id_entropy());
                Op::SaleCompleted(sale)
            }
            9..17 => self.shop.stamp(regular),
            17 => self.shop.deliver(product, 20),
            18 => {
                let phone = format!("+51{:09}", self.entropy.next_u64() % 1_000_000_000);
                self.shop.enrol("Rosa Quispe", &phone).1
            }
            _ => edit(
                counterfoil_domain::EntityKind::Product,
                self.shop.products[product].0.0,
                "name",
                json!(format!("Café {n}")),
            ),
        })
    }

    fn seal(&mut self, op: &Op) -> Result<OpEnvelope, SampleError> {
        self.seq += 1;
        let at = SystemClock.now();
        let envelope = OpEnvelope {
            op_id: OpId::from_parts(at.0, self.entropy.id_entropy()),
            device_id: self.device,
            incarnation: self.incarnation,
            seq: self.seq,
            prev_hash: self.prev_hash,
            staff_id: Some(self.shop.cashier),
            at,
            hlc: Hlc {
                ms: at.0,
                counter: u32::try_from(self.seq)?,
            },
            kind: op.kind().to_owned(),
            version: Op::VERSION,
            payload: op.payload()?,
            redoes: None,
        };
        self.prev_hash = envelope.hash();
        Ok(envelope)
    }

    fn next_batch(&mut self) -> Result<Vec<OpEnvelope>, SampleError> {
        (0..BATCH_OPS)
            .map(|n| self.work(n).and_then(|op| self.seal(&op)))
            .collect()
    }

    fn body(&self, ops: Vec<OpEnvelope>) -> Result<Vec<u8>, SampleError> {
        let incarnation = self.incarnation;
        Ok(serde_json::to_vec(&PushRequest { incarnation, ops })?)
    }

    async fn seal_and_send(&mut self, ops: Vec<Op>) -> Result<(), SampleError> {
        let ops = ops
            .iter()
            .map(|op| self.seal(op))
            .collect::<Result<Vec<_>, _>>()?;
        let body = self.body(ops)?;
        self.push_body(&body).await
    }

    async fn push_body(&self, body: &[u8]) -> Result<(), SampleError> {
        let signature = STANDARD.encode(self.key.sign(body).to_bytes());
        let data = self
            .send("/api/v1/sync/push", body.to_vec(), Some(signature))
            .await?;
        match serde_json::from_value(data)? {
            PushReply::Accepted { .. } => Ok(()),
            other => Err(format!("not accepted: {other:?}").into()),
        }
    }

    async fn push(&mut self) -> Result<Round, SampleError> {
        self.sent.clear();
        for _ in 0..BATCHES {
            let ops = self.next_batch()?;
            self.sent.push(self.body(ops)?);
        }
        self.push_again().await
    }

    async fn push_again(&self) -> Result<Round, SampleError> {
        let mut round = Round::default();
        for body in &self.sent {
            let began = std::time::Instant::now();
            self.push_body(body).await?;
            round.took.push(began.elapsed());
            round.count += BATCH_OPS;
        }
        Ok(round)
    }

    /// What the hub does for a pull of everything; counts changes.
    async fn pull(&self, squeezed: bool) -> Result<Round, SampleError> {
        let mut round = Round::default();
        loop {
            let path = format!("/api/v1/sync/pull?after={}", round.count);
            let request = Request::get(path)
                .header("authorization", format!("Bearer {}", self.token))
                .header(
                    "accept-encoding",
                    if squeezed { "gzip" } else { "identity" },
                );
            let began = std::time::Instant::now();
            let answer = self
                .router
                .clone()
                .oneshot(request.body(Body::empty())?)
                .await?;
            let bytes = answer.into_body().collect().await?.to_bytes();
            let took = began.elapsed();
            let text = if squeezed {
                gunzip(&bytes)?
            } else {
                bytes.to_vec()
            };
            let mut answer: Value = serde_json::from_slice(&text)?;
            match serde_json::from_value(answer["data"].take())? {
                PullReply::Changes { changes, .. } if changes.is_empty() => return Ok(round),
                PullReply::Changes { changes, .. } => round.count += changes.len(),
                other @ PullReply::EpochChanged { .. } => {
                    return Err(format!("not answered: {other:?}").into());
                }
            }
            round.took.push(took);
        }
    }

    /// The same operations' bytes, a row each, 200 in one statement and one commit.
    async fn insert_bare(&mut self, pool: &AnyPool) -> Result<Round, SampleError> {
        let tx = pool.begin().await?;
        // SQLite looks up each numbered place by its name; the baseline shall not pay for that.
        let nameless = tx.backend_name() == "SQLite";
        tx.rollback().await?;
        let rows: Vec<String> = (0..BATCH_OPS)
            .map(|n| {
                if nameless {
                    "(?, ?, ?)".to_owned()
                } else {
                    format!("(${}, ${}, ${})", 3 * n + 1, 3 * n + 2, 3 * n + 3)
                }
            })
            .collect();
        let sql = format!(
            "INSERT INTO bare (device, seq, body) VALUES {}",
            rows.join(", ")
        );
        let mut round = Round::default();
        for _ in 0..BATCHES {
            let mut bodies = Vec::with_capacity(BATCH_OPS);
            // What is sealed here is never sent: the chain goes on as if it had not been.
            let chain = (self.seq, self.prev_hash);
            for op in self.next_batch()? {
                self.bare_seq += 1;
                bodies.push((self.bare_seq, serde_json::to_string(&op)?));
            }
            (self.seq, self.prev_hash) = chain;
            let device = self.device.to_string();
            let began = std::time::Instant::now();
            let mut tx = pool.begin().await?;
            let mut insert = sqlx::query(AssertSqlSafe(sql.clone()));
            for (seq, body) in &bodies {
                insert = insert.bind(&device).bind(*seq).bind(body);
            }
            insert.execute(&mut *tx).await?;
            tx.commit().await?;
            round.took.push(began.elapsed());
            round.count += BATCH_OPS;
        }
        Ok(round)
    }
}

fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, SampleError> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain)?;
    Ok(plain)
}

fn text(value: &Value) -> Result<String, SampleError> {
    Ok(value.as_str().ok_or("the hub did not say")?.to_owned())
}
