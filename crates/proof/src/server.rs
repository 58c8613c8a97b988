//! The databases of a PostgreSQL server, made and dropped for a run.

use sqlx::Connection as _;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// The address of another database of the same server.
pub fn database_of(admin: &str, name: &str) -> String {
    let (base, rest) = admin
        .split_once('?')
        .map_or((admin, String::new()), |(base, rest)| {
            (base, format!("?{rest}"))
        });
    let server = base.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    format!("{server}/{name}{rest}")
}

/// Makes a database like another one.
///
/// # Errors
/// When the server refuses, be it because somebody is connected to the other one.
pub async fn make_database(admin: &str, name: &str, like: &str) -> Result<()> {
    run_sql(admin, format!("CREATE DATABASE {name} TEMPLATE {like}")).await
}

/// Drops a database and whoever is connected to it; one that is not there is no error.
///
/// # Errors
/// When the server refuses.
pub async fn drop_database(admin: &str, name: &str) -> Result<()> {
    let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    run_sql(admin, sql).await
}

async fn run_sql(url: &str, sql: String) -> Result<()> {
    sqlx::any::install_default_drivers();
    let mut conn = sqlx::AnyConnection::connect(url).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&mut conn)
        .await?;
    conn.close().await
}
