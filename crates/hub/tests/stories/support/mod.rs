//! A hub in a test's hand: its clock, its engine, its tills.

pub mod archive;
mod bucket;
mod till;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use counterfoil_domain::{Clock, Entropy, UnixMs};
use counterfoil_hub::{Config, Hub, Sources, router};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub use bucket::Bucket;
pub use till::{Till, as_change, fact_of, sale};

pub const SECRET: &str = "a secret for tests, long enough to be one";
pub const PASSWORD: &str = "Secreto123";

/// A clock that a test moves.
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }
}

/// Repeatable bytes that are unique within a test run (`SplitMix64`).
pub struct TestEntropy(AtomicU64);

impl Entropy for TestEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

/// Where a story's database lies.
pub struct Place {
    pub database: String,
    _folder: tempfile::TempDir,
}

impl Place {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            database: format!("sqlite:{}", folder.path().join("hub.db").display()),
            _folder: folder,
        }
    }

    /// A schema of its own in the cluster that the environment names.
    pub async fn postgres() -> Option<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let url = std::env::var("COUNTERFOIL_TEST_POSTGRES_URL").ok()?;
        let schema = format!(
            "hub_{}_{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::SeqCst)
        );
        sqlx::any::install_default_drivers();
        let pool = sqlx::any::AnyPoolOptions::new()
            .max_connections(1)
            .connect(&url)
            .await
            .unwrap();
        let sql = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema};");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
        let sign = if url.contains('?') { '&' } else { '?' };
        let database = format!("{url}{sign}options=-c%20search_path%3D{schema}");
        Some(Self {
            database,
            _folder: tempfile::tempdir().unwrap(),
        })
    }

    pub fn is_postgres(&self) -> bool {
        !self.database.starts_with("sqlite:")
    }
}

/// One hub.
pub struct World {
    pub hub: Hub,
    pub clock: Arc<TestClock>,
    pub place: Arc<Place>,
    router: Router,
}

/// An answer of the API.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    pub json: Value,
}

impl Answer {
    /// The content of a success.
    #[track_caller]
    pub fn data(&self) -> &Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.json);
        &self.json["data"]
    }

    /// Status and code of a refusal.
    pub fn refusal(&self) -> (u16, &str) {
        (
            self.status.as_u16(),
            self.json["error"]["code"].as_str().unwrap_or_default(),
        )
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    }
}

/// Runs a story on every engine there is.
pub async fn on_each_engine(story: impl AsyncFn(World)) {
    on_each_engine_with(lenient(), story).await;
}

/// Limits that no story meets by accident.
pub fn lenient() -> Config {
    Config {
        rate_limit: 100_000,
        auth_rate_limit: 100_000,
        ..Config::default()
    }
}

/// As [`on_each_engine`], with what an operator set.
pub async fn on_each_engine_with(config: Config, story: impl AsyncFn(World)) {
    let mut places = vec![Place::sqlite()];
    places.extend(Place::postgres().await);
    for place in places {
        let world = World::start(Arc::new(place), config.clone()).await;
        let db = world.hub.db.clone();
        story(world).await;
        db.close().await;
    }
}

impl World {
    pub async fn start(place: Arc<Place>, config: Config) -> Self {
        static SEED: AtomicU64 = AtomicU64::new(1);
        Self::seeded(place, config, SEED.fetch_add(1, Ordering::SeqCst)).await
    }

    /// A world whose random bytes are those of its seed.
    pub async fn seeded(place: Arc<Place>, config: Config, seed: u64) -> Self {
        // 2026-01-05, a Monday, 12:00 in Lima.
        let clock = Arc::new(TestClock(AtomicI64::new(1_767_632_400_000)));
        let seed = seed << 32;
        let sources = Sources {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            entropy: Arc::new(TestEntropy(AtomicU64::new(seed))),
        };
        let hub = Hub::start(&place.database, Some(SECRET), config, sources)
            .await
            .unwrap();
        Self {
            router: router(hub.clone()),
            hub,
            clock,
            place,
        }
    }

    /// Another hub over the same database.
    pub async fn second_hub(&self) -> Self {
        Self::start(Arc::clone(&self.place), self.hub.config.clone()).await
    }

    pub fn now(&self) -> UnixMs {
        self.clock.now()
    }

    pub fn new_id(&self) -> uuid::Uuid {
        self.hub.new_id()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer {
            status: parts.status,
            headers: parts.headers,
            bytes,
            json,
        }
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(plain(Method::GET, path, token).body(Body::empty()).unwrap())
            .await
    }

    pub async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.send(
            plain(Method::POST, path, token)
                .body(Body::from(body.to_string()))
                .unwrap(),
        )
        .await
    }

    /// A post that may be repeated.
    pub async fn post_keyed(&self, path: &str, token: &str, key: &str, body: &Value) -> Answer {
        let request = plain(Method::POST, path, token).header("idempotency-key", key);
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    /// An owner with a shop; the content of the answer.
    pub async fn register(&self, email: &str) -> Value {
        let body = json!({ "email": email, "password": PASSWORD, "business_name": "Café Lima" });
        self.post("/api/v1/auth/register", "", &body)
            .await
            .data()
            .clone()
    }

    /// An owner's access token.
    pub async fn owner(&self, email: &str) -> String {
        self.register(email).await["access_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub async fn pairing_code(&self, owner: &str) -> String {
        let answer = self
            .post("/api/v1/devices/pairing-codes", owner, &json!({}))
            .await;
        answer.data()["code"].as_str().unwrap().to_owned()
    }

    /// A till of the owner's shop.
    pub async fn till(&self, owner: &str) -> Till {
        let code = self.pairing_code(owner).await;
        Till::pair(self, &code).await
    }

    /// Changes the database behind the hub's back.
    pub async fn run_sql(&self, sql: &str) {
        use sqlx::Connection as _;
        let mut conn = sqlx::AnyConnection::connect(&self.place.database)
            .await
            .unwrap();
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    }

    /// Makes the database large by so many MB that do not pack well.
    pub async fn bury_noise(&self, megabytes: u32) {
        let mut tx = self.hub.db.write().await.unwrap();
        for seq in 0..megabytes {
            let mut noise = vec![0; 512 * 1024];
            self.hub.entropy().fill(&mut noise);
            let hex: String = noise.iter().map(|b| format!("{b:02x}")).collect();
            sqlx::query(
                "INSERT INTO dead_letters (tenant_id, device_id, incarnation, seq, op_id, raw, reason, received_at)
                 VALUES ('t', 'd', 'i', $1, 'o', $2, '', 0)",
            )
            .bind(i64::from(seq))
            .bind(hex)
            .execute(&mut *tx)
            .await
            .unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// How many rows a statement counts.
    pub async fn count(&self, sql: &'static str) -> i64 {
        use sqlx::Row as _;
        sqlx::query(sql)
            .fetch_one(self.hub.db.reader())
            .await
            .unwrap()
            .get(0)
    }
}

pub fn plain(method: Method, path: &str, token: &str) -> axum::http::request::Builder {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json");
    if token.is_empty() {
        request
    } else {
        request.header("authorization", format!("Bearer {token}"))
    }
}
