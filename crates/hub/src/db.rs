//! The database: SQLite for one machine, PostgreSQL for several hubs, the same statements for both.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Row as _, Transaction};

/// The migrations, numbered from 1 and never edited once landed.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/hub/0001_init.sql"),
    include_str!("../../../migrations/hub/0002_clock.sql"),
];

/// Connections to PostgreSQL, and readers of SQLite.
const CONNECTIONS_MAX: u32 = 16;

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
        let db = Self::connect(url).await?;
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
        let db = Self::connect(url).await?;
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

    async fn connect(url: &str) -> Result<Self, OpenError> {
        if let Some(path) = sqlite_path(url) {
            Self::open_sqlite(path, url).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            probe(url).await?;
            let pool = AnyPoolOptions::new()
                .max_connections(CONNECTIONS_MAX)
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

    async fn open_sqlite(path: &Path, address: &str) -> Result<Self, OpenError> {
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
        let writer = sqlite_pool(1).idle_timeout(None).max_lifetime(None);
        let writer = writer.connect(&url).await?;
        let reader = sqlite_pool(CONNECTIONS_MAX).connect_lazy(&url)?;
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
            Engine::Postgres => self.writer.begin().await,
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
                self.reader
                    .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .await
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
            sqlx::raw_sql(*migration).execute(&mut *tx).await?;
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

/// The file that a `sqlite:` address names.
pub(crate) fn sqlite_path(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite:")?;
    Some(Path::new(path.trim_start_matches("//")))
}

/// A file's path as an address.
pub(crate) fn sqlite_url(path: &Path) -> String {
    let encoded = path
        .to_string_lossy()
        .replace('%', "%25")
        .replace('?', "%3F")
        .replace('#', "%23");
    format!("sqlite:{encoded}")
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

/// Says at once what is wrong: a pool would try again for half a minute and then only say that it did.
async fn probe(url: &str) -> Result<(), OpenError> {
    let mut conn = connect(url).await?;
    // SQLite reads its file with the first statement alone.
    sqlx::raw_sql("CREATE TEMPORARY TABLE probe (one BIGINT); DROP TABLE probe;")
        .execute(&mut conn)
        .await?;
    conn.close().await?;
    Ok(())
}

fn sqlite_pool(connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .after_connect(|conn, _| {
            Box::pin(async move {
                // FULL: an answered push has survived a power cut.
                let mut pragmas =
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000;
                PRAGMA foreign_keys=ON;"
                        .to_owned();
                if cfg!(target_vendor = "apple") {
                    pragmas.push_str("PRAGMA fullfsync=ON;");
                }
                sqlx::raw_sql(sqlx::AssertSqlSafe(pragmas))
                    .execute(conn)
                    .await?;
                Ok(())
            })
        })
}

/// Makes an empty file that only its owner reads.
pub(crate) fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_tables_are_known_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&sqlite_url(&folder.path().join("hub.db")))
            .await
            .unwrap();
        let made = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table'");
        let made = made.fetch_all(db.reader()).await.unwrap();
        let mut made: Vec<String> = made.iter().map(|row| row.get("name")).collect();
        let mut known = tables();
        made.sort();
        known.sort_unstable();
        assert_eq!(made, known);
    }

    #[tokio::test]
    async fn a_database_that_is_opened_as_it_is_is_neither_made_nor_migrated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.db");
        let url = sqlite_url(&path);
        let missing = Db::open_as_it_is(&url).await.unwrap_err();
        assert!(matches!(missing, OpenError::Missing(_)), "{missing}");
        assert!(!path.exists());
        Db::open(&url).await.unwrap().close().await;
        let db = Db::open_as_it_is(&url).await.unwrap();
        sqlx::query("UPDATE schema_version SET version = 0")
            .execute(&db.writer)
            .await
            .unwrap();
        db.close().await;
        let older = Db::open_as_it_is(&url).await.unwrap_err();
        assert!(
            matches!(older, OpenError::Older { found: 0, .. }),
            "{older}"
        );
    }

    #[tokio::test]
    async fn an_address_is_not_printed() {
        let address = Address("postgres://hub:hush@host/db".to_owned());
        assert!(!format!("{address:?}").contains("hush"));
    }

    #[tokio::test]
    async fn a_database_of_a_newer_program_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("hub.db").display());
        let db = Db::open(&url).await.unwrap();
        sqlx::query("UPDATE schema_version SET version = 99")
            .execute(&db.writer)
            .await
            .unwrap();
        db.close().await;
        let refused = Db::open(&url).await.unwrap_err();
        assert!(
            matches!(refused, OpenError::Newer { found: 99, .. }),
            "{refused}"
        );
    }

    #[tokio::test]
    async fn a_migration_that_fails_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("hub.db").display());
        let db = Db::open(&url).await.unwrap();
        let broken = [
            MIGRATIONS[0],
            MIGRATIONS[1],
            "CREATE TABLE half (a BIGINT); CREATE TABEL typo (b BIGINT);",
        ];
        assert!(db.migrate(&broken).await.is_err());
        let half = sqlx::query("SELECT count(*) AS n FROM sqlite_master WHERE name = 'half'");
        let n: i64 = half.fetch_one(db.reader()).await.unwrap().get("n");
        assert_eq!(n, 0);
        Db::open(&url).await.unwrap();
    }

    #[tokio::test]
    async fn a_shop_from_before_clocks_were_kept_has_one_that_no_field_exceeds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.db");
        private_file(&path).unwrap();
        let mut old = connect(&sqlite_url(&path)).await.unwrap();
        let rows = "CREATE TABLE schema_version (one BIGINT PRIMARY KEY, version BIGINT NOT NULL);
            INSERT INTO schema_version VALUES (1, 1);
            INSERT INTO tenants VALUES ('busy', 0, 2, 0, 1, 'h', 'k1'), ('new', 0, 0, 0, 0, 'h', 'k2');
            INSERT INTO operations VALUES ('busy', 'd', 'i', 1, 'a', '', '', '', 1000), ('busy', 'd', 'i', 2, 'b', '', '', '', 2000)";
        for sql in [MIGRATIONS[0], rows] {
            sqlx::raw_sql(sql).execute(&mut old).await.unwrap();
        }
        old.close().await.unwrap();
        let db = Db::open(&sqlite_url(&path)).await.unwrap();
        let clocks = sqlx::query("SELECT clock_ms FROM tenants ORDER BY tenant_id");
        let clocks = clocks.fetch_all(db.reader()).await.unwrap();
        let clocks: Vec<i64> = clocks.iter().map(|row| row.get("clock_ms")).collect();
        assert_eq!(clocks, [2000 + counterfoil_domain::hlc::MAX_AHEAD_MS, 0]);
    }

    #[tokio::test]
    async fn a_damaged_database_is_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.db");
        std::fs::write(&path, "a shopping list, and no database at all".repeat(99)).unwrap();
        let open = Db::open(&format!("sqlite:{}", path.display())).await;
        let error = open.unwrap_err().to_string();
        assert!(error.contains("not a database"), "{error}");
    }

    #[tokio::test]
    async fn sqlite_survives_a_power_cut_after_commit() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("hub.db").display());
        let db = Db::open(&url).await.unwrap();
        let row = sqlx::query("PRAGMA synchronous")
            .fetch_one(&db.writer)
            .await
            .unwrap();
        assert_eq!(row.get::<i64, _>(0), 2, "FULL");
        let row = sqlx::query("PRAGMA journal_mode")
            .fetch_one(&db.writer)
            .await
            .unwrap();
        assert_eq!(row.get::<String, _>(0), "wal");
    }
}
