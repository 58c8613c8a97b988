//! What every request of one hub shares.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_domain::{Clock, Entropy, UnixMs};
use sqlx::{AnyConnection, Row as _};
use uuid::Uuid;

use crate::backup::{Plan, Watch};
use crate::db::{Db, OpenError, PATIENCE};
use crate::http::limit::Limiter;
use crate::rooms::auth::Passwords;
use crate::rooms::sync::image::Shelf;
use crate::rooms::sync::live::Live;
use crate::secret::{SecretError, Secrets};

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct Config {
    /// The hub's address as tills reach it; absent: what the request was sent to.
    pub public_url: Option<String>,
    /// Requests in 15 minutes by a token, or by an address without one.
    pub rate_limit: u32,
    /// Requests in 15 minutes by an address to register, log in and refresh.
    pub auth_rate_limit: u32,
    /// Whether a proxy in front names the caller's address in `X-Forwarded-For`.
    pub trust_proxy: bool,
    /// How long requests in flight may take after the signal to stop.
    pub grace: Duration,
    /// How often the heads of watched tenants are looked up, when several hubs may share the database.
    pub live_poll: Duration,
    /// From so many changes on a new till is offered an image instead of pulling them.
    pub image_from_changes: u64,
    /// Where and how often the hub backs its database up by itself; absent: not at all.
    pub backup: Option<Plan>,
    /// How long a request waits for one of the database's connections before it is told to come back.
    pub patience: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: None,
            rate_limit: 1000,
            auth_rate_limit: 5,
            trust_proxy: false,
            grace: Duration::from_secs(20),
            live_poll: Duration::from_millis(300),
            image_from_changes: 2_000,
            backup: None,
            patience: PATIENCE,
        }
    }
}

/// Where time and randomness come from.
#[derive(Clone)]
pub struct Sources {
    /// The hub's clock.
    pub clock: Arc<dyn Clock>,
    /// Random bytes for tokens, keys and ids.
    pub entropy: Arc<dyn Entropy>,
}

/// Why a hub does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its database.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// Its secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Its threads.
    #[error("passwords cannot be hashed: {0}")]
    Passwords(String),
}

/// A running hub; cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

/// The parts of a hub.
pub struct Inner {
    /// Its database.
    pub db: Db,
    /// The database's epoch: changes when it was restored from a backup.
    pub epoch: Uuid,
    /// Its keys.
    pub secrets: Secrets,
    /// Time and randomness.
    pub sources: Sources,
    /// What its operator set.
    pub config: Config,
    /// Counts requests.
    pub limiter: Limiter,
    /// Who waits for hints.
    pub live: Live,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Images for new tills.
    pub images: Shelf,
    /// How the hub's own backups go.
    pub backups: Watch,
}

impl std::ops::Deref for Hub {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Hub {
    /// Opens the database and makes ready to serve.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(
        database: &str,
        secret: Option<&str>,
        config: Config,
        sources: Sources,
    ) -> Result<Self, StartError> {
        let db = Db::open_patiently(database, config.patience).await?;
        let secrets = Secrets::load(secret, &db, &*sources.entropy)?;
        let fresh =
            counterfoil_domain::id::uuid_v7(sources.clock.now().0, sources.entropy.id_entropy());
        let epoch = epoch(&db, fresh, sources.clock.now(), false).await?;
        let passwords =
            Passwords::new(&*sources.entropy).map_err(|e| StartError::Passwords(e.to_string()))?;
        Ok(Self(Arc::new(Inner {
            db,
            epoch,
            secrets,
            limiter: Limiter::default(),
            live: Live::default(),
            passwords,
            images: Shelf::default(),
            backups: Watch::default(),
            config,
            sources,
        })))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> UnixMs {
        self.sources.clock.now()
    }

    /// A new id.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        counterfoil_domain::id::uuid_v7(self.now().0, self.entropy().id_entropy())
    }

    /// Random bytes.
    #[must_use]
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.sources.entropy
    }
}

/// Begins a new epoch, as an operator does after restoring a backup: tills then start anew and send again what the
/// backup lacks.
///
/// # Errors
/// When the database does not open.
pub async fn begin_epoch(database: &str, sources: &Sources) -> Result<Uuid, OpenError> {
    let db = Db::open(database).await?;
    let now = sources.clock.now();
    let fresh = counterfoil_domain::id::uuid_v7(now.0, sources.entropy.id_entropy());
    let epoch = epoch(&db, fresh, now, true).await?;
    db.close().await;
    Ok(epoch)
}

async fn epoch(db: &Db, fresh: Uuid, now: UnixMs, replace: bool) -> Result<Uuid, OpenError> {
    let mut tx = db.write().await?;
    let epoch = set_epoch(&mut tx, fresh, now, replace).await?;
    tx.commit().await?;
    Ok(epoch)
}

/// The database's epoch: `fresh` where there is none yet, or where the one it has is to end.
pub(crate) async fn set_epoch(
    conn: &mut AnyConnection,
    fresh: Uuid,
    now: UnixMs,
    replace: bool,
) -> Result<Uuid, OpenError> {
    if replace {
        sqlx::query("DELETE FROM hub").execute(&mut *conn).await?;
    }
    sqlx::query(
        "INSERT INTO hub (one, epoch, created_at) VALUES (1, $1, $2) ON CONFLICT (one) DO NOTHING",
    )
    .bind(fresh.to_string())
    .bind(now.0)
    .execute(&mut *conn)
    .await?;
    let row = sqlx::query("SELECT epoch FROM hub WHERE one = 1")
        .fetch_one(conn)
        .await?;
    let text: String = row.try_get("epoch").map_err(OpenError::Engine)?;
    Uuid::parse_str(&text).map_err(|e| OpenError::Engine(sqlx::Error::Decode(Box::new(e))))
}
