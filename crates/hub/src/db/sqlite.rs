//! SQLite's side of the database: its address, its file, and how its connections work.

use std::path::Path;

use sqlx::any::AnyPoolOptions;

/// How SQLite works beside its promises: it keeps what a batch reads and writes over in memory (without the last line it
/// copies each page that a savepoint changes into a temporary file), and copies a log of 16 MB back, not one of 4 MB that
/// five batches fill.
const SQLITE_HABITS: &str =
    "PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=4096; PRAGMA temp_store=MEMORY;";

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

pub(super) fn pool(connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .after_connect(|conn, _| {
            Box::pin(async move {
                // FULL: an answered push has survived a power cut.
                let mut pragmas =
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000;
                PRAGMA foreign_keys=ON;"
                        .to_owned();
                pragmas.push_str(SQLITE_HABITS);
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
