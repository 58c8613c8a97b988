//! The database: SQLite for one machine, PostgreSQL for several hubs, the same statements for both.

mod sqlite;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Row as _, Transaction};

pub(crate) use sqlite::{private_file, sqlite_path, sqlite_url};

/// The migrations, numbered from 1 and never edited once landed.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../../migrations/hub/0001_init.sql"),
    include_str!("../../../../migrations/hub/0002_clock.sql"),
    include_str!("../../../../migrations/hub/0003_lookups_alone.sql"),
    include_str!("../../../../migrations/hub/0004_heard.sql"),
    include_str!("../../../../migrations/hub/0005_fewer_indexes.sql"),
    include_str!("../../../../migrations/hub/0006_postgres_plain_changes.sql"),
];

/// How a migration begins that only PostgreSQL carries out; SQLite counts it all the same.
const POSTGRES_ALONE: &str = "-- PostgreSQL alone:";

/// Connections to PostgreSQL, and readers of SQLite.
const CONNECTIONS_MAX: u32 = 16;

/// How long whoever wants one of the connections waits, unless told otherwise.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How long a server may take to start, and the pause before it is asked again.
const STARTING_MAX: Duration = Duration::from_secs(120);
const STARTING_PAUSE: Duration = Duration::from_millis(200);

/// Whoever writes looks rows up by their keys. A server that counted a table while it was small reads it whole, and goes on
/// so for a minute while thousands of rows come a second.
const BEGIN_POSTGRES: &str = "BEGIN; SET LOCAL enable_seqscan = off";

/// Which engine holds the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// One file beside one hub.
    Sqlite,
    /// A server that several hubs may share.
    Postgres,
}

impl std::fmt::Display for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// A database's address; its password is not printed.
#[derive(Clone)]
pub struct Address(pub String);

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address")
    }
}

/// A transaction on either engine.
pub type Tx = Transaction<'static, Any>;

/// Why the database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither `sqlite:PATH` nor `postgres://...`.
    #[error("the database's address starts with sqlite: or postgres://")]
    Address,
    /// Written by a newer program.
    #[error(
        "the database has version {found}, this program knows up to {known}: use the newer program"
    )]
    Newer {
        /// The database's version.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// Written by an older program, and not to be touched.
    #[error(
        "the database has version {found}, this program would bring it to {known}: use the program that serves it, or let \
         the hub start once with this one"
    )]
    Older {
        /// The database's version.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// There is none.
    #[error("there is no database {0}")]
    Missing(String),
    /// The engine says no.
    #[error("the database does not open: {0}")]
    Engine(#[from] sqlx::Error),
    /// The file or its folder cannot be made.
    #[error("the database's file cannot be made: {0}")]
    File(#[from] std::io::Error),
}

/// The pools of one hub.
#[derive(Debug, Clone)]
pub struct Db {
    engine: Engine,
    path: Option<PathBuf>,
    address: Address,
    writer: AnyPool,
    reader: AnyPool,
}

impl Db {
    /// Opens `sqlite:PATH` (made where there is none) or `postgres://...` and brings its schema up to date.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_patiently(url, PATIENCE).await
    }

    /// The same; whoever wants a connection waits so long for one.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open_patiently(url: &str, patience: Duration) -> Result<Self, OpenError> {
        let db = Self::connect(url, patience).await?;
        db.migrate(MIGRATIONS).await?;
        Ok(db)
    }

    /// Opens a database that is there and has this program's schema; makes and migrates nothing, since a hub may be
    /// serving from it.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open_as_it_is(url: &str) -> Result<Self, OpenError> {
        if let Some(path) = sqlite_path(url)
            && !path.exists()
        {
            return Err(OpenError::Missing(path.display().to_string()));
        }
        let db = Self::connect(url, PATIENCE).await?;
        let known = schema_version();
        let mut conn = db.reader.acquire().await?;
        match read_version(&mut conn).await {
            Ok(found) if found > known => Err(OpenError::Newer { found, known }),
            Ok(found) if found < known => Err(OpenError::Older { found, known }),
            Ok(_) => Ok(()),
            // No such table: another program's database, or an empty one.
            Err(sqlx::Error::Database(_)) => {
                Err(OpenError::Missing("of a hub at this address".to_owned()))
            }
            Err(error) => Err(error.into()),
        }?;
        drop(conn);
        Ok(db)
    }

    async fn connect(url: &str, patience: Duration) -> Result<Self, OpenError> {
        if let Some(path) = sqlite_path(url) {
            Self::open_sqlite(path, url, patience).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            probe(url).await?;
            let pool = AnyPoolOptions::new()
                .max_connections(CONNECTIONS_MAX)
                .acquire_timeout(patience)
                .connect(url)
                .await?;
            Ok(Self {
                engine: Engine::Postgres,
                path: None,
                address: Address(url.to_owned()),
                writer: pool.clone(),
                reader: pool,
            })
        } else {
            Err(OpenError::Address)
        }
    }

    async fn open_sqlite(
        path: &Path,
        address: &str,
        patience: Duration,
    ) -> Result<Self, OpenError> {
        if path.as_os_str().is_empty() || path == Path::new(":memory:") {
            return Err(OpenError::Address);
        }
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        if !path.exists() {
            private_file(path)?;
        }
        let url = sqlite_url(path);
        probe(&url).await?;
        // One connection writes, so that a writer never waits for another inside SQLite. It stays: who would put another
        // file in this one's place sees that a hub has it open, however long nobody asked it for anything.
        let pool = |connections| sqlite::pool(connections).acquire_timeout(patience);
        let writer = pool(1).idle_timeout(None).max_lifetime(None);
        let writer = writer.connect(&url).await?;
        let reader = pool(CONNECTIONS_MAX).connect_lazy(&url)?;
        Ok(Self {
            engine: Engine::Sqlite,
            path: Some(path.to_owned()),
            address: Address(address.to_owned()),
            writer,
            reader,
        })
    }

    /// The engine.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        self.engine
    }

    /// The file, with SQLite.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Where it lies, as its operator wrote it.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address.0
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// When the engine is not there.
    pub async fn write(&self) -> Result<Tx, sqlx::Error> {
        match self.engine {
            Engine::Sqlite => self.writer.begin_with("BEGIN IMMEDIATE").await,
            Engine::Postgres => begin(&self.writer, BEGIN_POSTGRES).await,
        }
    }

    /// Begins a transaction that reads one consistent state.
    ///
    /// # Errors
    /// When the engine is not there.
    pub async fn read(&self) -> Result<Tx, sqlx::Error> {
        match self.engine {
            Engine::Sqlite => self.reader.begin_with("BEGIN").await,
            Engine::Postgres => {
                let statement = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                begin(&self.reader, statement).await
            }
        }
    }

    /// The pool for single statements that only read.
    #[must_use]
    pub const fn reader(&self) -> &AnyPool {
        &self.reader
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    async fn migrate(&self, migrations: &[&'static str]) -> Result<(), OpenError> {
        let mut tx = self.write().await?;
        if self.engine == Engine::Postgres {
            // Two hubs that start together migrate one after the other.
            sqlx::raw_sql("SELECT pg_advisory_xact_lock(4806770)")
                .execute(&mut *tx)
                .await?;
        }
        let table = "CREATE TABLE IF NOT EXISTS schema_version (one BIGINT PRIMARY KEY, version BIGINT NOT NULL)";
        sqlx::query(table).execute(&mut *tx).await?;
        let found = read_version(&mut tx).await?;
        let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
        if found > known {
            return Err(OpenError::Newer { found, known });
        }
        for migration in migrations.iter().skip(usize::try_from(found).unwrap_or(0)) {
            if self.engine == Engine::Postgres || !migration.starts_with(POSTGRES_ALONE) {
                sqlx::raw_sql(*migration).execute(&mut *tx).await?;
            }
        }
        sqlx::query(
            "INSERT INTO schema_version (one, version) VALUES (1, $1)
             ON CONFLICT (one) DO UPDATE SET version = excluded.version",
        )
        .bind(known)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Begins to the end, also where the request that wanted it ends meanwhile. sqlx counts a transaction only once the server
/// has answered: given up before that, the connection goes back to the pool inside of it, and the next one who has it
/// writes into a transaction that only reads, or reads what was true long ago.
async fn begin(pool: &AnyPool, statement: &'static str) -> Result<Tx, sqlx::Error> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(statement).await });
    // It ends early only together with the program.
    begun.await.unwrap_or(Err(sqlx::Error::PoolClosed))
}

/// The version of the schema that this program brings a database to.
pub(crate) fn schema_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The hub's tables by the names that the migrations give them.
pub(crate) fn tables() -> Vec<&'static str> {
    let made = MIGRATIONS
        .iter()
        .flat_map(|m| m.lines())
        .filter_map(|line| {
            let rest = line.strip_prefix("CREATE TABLE ")?;
            rest.split([' ', '(']).find(|word| !word.is_empty())
        });
    made.chain(["schema_version"]).collect()
}

async fn read_version(conn: &mut AnyConnection) -> Result<i64, sqlx::Error> {
    let row = sqlx::query("SELECT version FROM schema_version WHERE one = 1")
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok(0), |row: AnyRow| row.try_get("version"))
}

/// One connection of its own, beside any pool.
pub(crate) async fn connect(url: &str) -> Result<AnyConnection, sqlx::Error> {
    sqlx::any::install_default_drivers();
    AnyConnection::connect(url).await
}

/// Says at once what is wrong: a pool would try again for half a minute and then only say that it did. A server that says
/// that it is starting is waited for: after a power cut both start together, and it has its log to go through.
async fn probe(url: &str) -> Result<(), OpenError> {
    let began = tokio::time::Instant::now();
    let mut conn = loop {
        match connect(url).await {
            Err(error) if is_starting(&error) && began.elapsed() < STARTING_MAX => {
                tracing::info!("the database server is starting");
                tokio::time::sleep(STARTING_PAUSE).await;
            }
            outcome => break outcome?,
        }
    };
    // SQLite reads its file with the first statement alone.
    sqlx::raw_sql("CREATE TEMPORARY TABLE probe (one BIGINT); DROP TABLE probe;")
        .execute(&mut conn)
        .await?;
    conn.close().await?;
    Ok(())
}

/// Whether the server says that it takes no connections yet.
fn is_starting(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|e| e.code());
    code.as_deref() == Some("57P03")
}
