//! The database: SQLite for one machine, PostgreSQL for several hubs, the same statements for both.

use std::path::{Path, PathBuf};

use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Row as _, Transaction};

/// The migrations, numbered from 1 and never edited once landed.
const MIGRATIONS: &[&str] = &[include_str!("../../../migrations/hub/0001_init.sql")];

/// Connections to PostgreSQL, and readers of SQLite.
const CONNECTIONS_MAX: u32 = 16;

/// Which engine holds the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// One file beside one hub.
    Sqlite,
    /// A server that several hubs may share.
    Postgres,
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
    writer: AnyPool,
    reader: AnyPool,
}

impl Db {
    /// Opens `sqlite:PATH` (made where there is none) or `postgres://...` and brings its schema up to date.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let db = if let Some(path) = url.strip_prefix("sqlite:") {
            Self::open_sqlite(Path::new(path.trim_start_matches("//"))).await?
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            probe(url).await?;
            let pool = AnyPoolOptions::new()
                .max_connections(CONNECTIONS_MAX)
                .connect(url)
                .await?;
            Self {
                engine: Engine::Postgres,
                path: None,
                writer: pool.clone(),
                reader: pool,
            }
        } else {
            return Err(OpenError::Address);
        };
        db.migrate(MIGRATIONS).await?;
        Ok(db)
    }

    async fn open_sqlite(path: &Path) -> Result<Self, OpenError> {
        if path.as_os_str().is_empty() || path == Path::new(":memory:") {
            return Err(OpenError::Address);
        }
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        if !path.exists() {
            private_file(path)?;
        }
        let encoded = path
            .to_string_lossy()
            .replace('%', "%25")
            .replace('?', "%3F")
            .replace('#', "%23");
        let url = format!("sqlite:{encoded}");
        probe(&url).await?;
        // One connection writes, so that a writer never waits for another inside SQLite.
        let writer = sqlite_pool(1).connect(&url).await?;
        let reader = sqlite_pool(CONNECTIONS_MAX).connect_lazy(&url)?;
        Ok(Self {
            engine: Engine::Sqlite,
            path: Some(path.to_owned()),
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

async fn read_version(conn: &mut AnyConnection) -> Result<i64, sqlx::Error> {
    let row = sqlx::query("SELECT version FROM schema_version WHERE one = 1")
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok(0), |row: AnyRow| row.try_get("version"))
}

/// Says at once what is wrong: a pool would try again for half a minute and then only say that it did.
async fn probe(url: &str) -> Result<(), OpenError> {
    let mut conn = AnyConnection::connect(url).await?;
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
fn private_file(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            "CREATE TABLE half (a BIGINT); CREATE TABEL typo (b BIGINT);",
        ];
        assert!(db.migrate(&broken).await.is_err());
        let half = sqlx::query("SELECT count(*) AS n FROM sqlite_master WHERE name = 'half'");
        let n: i64 = half.fetch_one(db.reader()).await.unwrap().get("n");
        assert_eq!(n, 0);
        Db::open(&url).await.unwrap();
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
