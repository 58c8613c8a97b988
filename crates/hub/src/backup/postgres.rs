//! PostgreSQL: a dump of one snapshot by `pg_dump`, and its way back by `pg_restore`.

use std::ffi::OsStr;
use std::path::Path;

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

use super::BackupError;
use super::state::State;
use super::tool::{self, Target};
use crate::db::{Db, connect, private_file, tables};

/// The ending of a backup's data: PostgreSQL's custom format, which is compressed.
pub(super) const ENDING: &str = "pgdump";

const DUPLICATE_SCHEMA: &str = "42P06";

/// Dumps the hub's tables to `to`; the heads are those of the very snapshot. The hub goes on serving.
pub(super) async fn copy(db: &Db, to: &Path) -> Result<(State, String), BackupError> {
    private_file(to).map_err(BackupError::file(to))?;
    let target = Target::of(db.address())?;
    let mut tx = db.read().await?;
    let server = Server::ask(&mut tx).await?;
    let schema = server.schema.ok_or_else(no_schema)?;
    let state = State::read(&mut tx).await?;
    let row = sqlx::query("SELECT pg_export_snapshot() AS snapshot")
        .fetch_one(&mut *tx)
        .await?;
    let mut arguments = vec![
        "--format=custom".to_owned(),
        "--no-owner".to_owned(),
        "--no-privileges".to_owned(),
        format!("--snapshot={}", row.try_get::<String, _>("snapshot")?),
        format!("--file={}", to.display()),
    ];
    // By name: others may have tables in the same schema.
    let ours = tables().into_iter();
    arguments.extend(ours.map(|table| format!("--table={}.{}", quoted(&schema), quoted(table))));
    let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
    tool::run("pg_dump", server.major, &target, &arguments).await?;
    tx.rollback().await?;
    Ok((state, schema))
}

fn no_schema() -> BackupError {
    sqlx::Error::Configuration("the address names no schema that exists".into()).into()
}

/// Brings a dump back, all or nothing.
pub(super) async fn bring_back(
    address: &str,
    server_major: u32,
    dump: &Path,
) -> Result<(), BackupError> {
    let target = Target::of(address)?;
    let arguments = [
        OsStr::new("--single-transaction"),
        OsStr::new("--exit-on-error"),
        OsStr::new("--no-owner"),
        OsStr::new("--no-privileges"),
        dump.as_os_str(),
    ];
    tool::run("pg_restore", server_major, &target, &arguments).await
}

/// What a server says of itself.
#[derive(Debug)]
pub(super) struct Server {
    pub major: u32,
    /// The schema that a table without one goes to; none where the address names one that is not there.
    pub schema: Option<String>,
}

impl Server {
    pub(super) async fn ask(conn: &mut AnyConnection) -> Result<Self, BackupError> {
        let row = sqlx::query(include_str!("sql/find_server.sql"))
            .fetch_one(conn)
            .await?;
        let version: String = row.try_get("version")?;
        Ok(Self {
            major: version.parse::<u32>().unwrap_or(0) / 10_000,
            schema: row.try_get("schema_name")?,
        })
    }
}

/// A place for a dump: a connection to its database, and what lies there already.
pub(super) struct Place {
    conn: AnyConnection,
    pub major: u32,
    schema: String,
    /// The hub's tables that are there.
    tables: Vec<String>,
    /// Whether there are shops in them.
    pub has_shops: bool,
}

impl Place {
    /// Looks at the place; a schema that the address names is made where it is not there.
    pub(super) async fn look(address: &str, schema: &str) -> Result<Self, BackupError> {
        let mut conn = connect(address).await?;
        let mut server = Server::ask(&mut conn).await?;
        if server.schema.is_none() {
            let make = format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(schema));
            sqlx::raw_sql(AssertSqlSafe(make))
                .execute(&mut conn)
                .await?;
            server = Server::ask(&mut conn).await?;
        }
        let found = server.schema.unwrap_or_default();
        if found != schema {
            return Err(BackupError::OtherSchema {
                backup: schema.to_owned(),
                database: found,
            });
        }
        let known = tables();
        let rows = sqlx::query(include_str!("sql/list_tables.sql"))
            .bind(schema)
            .fetch_all(&mut conn)
            .await?;
        let mut tables: Vec<String> = Vec::new();
        for row in rows {
            let name: String = row.try_get("name")?;
            if known.contains(&name.as_str()) {
                tables.push(name);
            }
        }
        let mut has_shops = false;
        if tables.iter().any(|t| t == "tenants") {
            let row = sqlx::query("SELECT count(*) AS n FROM tenants");
            has_shops = row.fetch_one(&mut conn).await?.try_get::<i64, _>("n")? > 0;
        }
        Ok(Self {
            conn,
            major: server.major,
            schema: schema.to_owned(),
            tables,
            has_shops,
        })
    }

    /// Lets go of the database.
    pub(super) async fn leave(self) -> Result<(), BackupError> {
        Ok(self.conn.close().await?)
    }

    /// Makes room: tables with shops move to a schema of their own, whose name is returned; empty ones go.
    pub(super) async fn clear(&mut self, aside: &str) -> Result<Option<String>, BackupError> {
        if !self.has_shops {
            let mut tx = self.conn.begin().await?;
            for table in &self.tables {
                let drop = format!("DROP TABLE {}.{}", quoted(&self.schema), quoted(table));
                sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut *tx).await?;
            }
            tx.commit().await?;
            return Ok(None);
        }
        let aside = self.make_schema(aside).await?;
        let schema = self.schema.clone();
        let mut tx = self.conn.begin().await?;
        move_tables(&mut tx, &self.tables, &schema, &aside).await?;
        tx.commit().await?;
        Ok(Some(aside))
    }

    /// A schema of this name, or of one like it that is free.
    async fn make_schema(&mut self, name: &str) -> Result<String, BackupError> {
        for candidate in super::restore::names_like(name) {
            let make = format!("CREATE SCHEMA {}", quoted(&candidate));
            let made = sqlx::raw_sql(AssertSqlSafe(make)).execute(&mut self.conn);
            match made.await {
                Ok(_) => return Ok(candidate),
                Err(sqlx::Error::Database(e)) if e.code().as_deref() == Some(DUPLICATE_SCHEMA) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(no_schema())
    }

    /// Puts back what was set aside.
    pub(super) async fn put_back(&mut self, aside: &str) -> Result<(), BackupError> {
        let schema = self.schema.clone();
        let mut tx = self.conn.begin().await?;
        move_tables(&mut tx, &self.tables, aside, &schema).await?;
        let drop = format!("DROP SCHEMA {}", quoted(aside));
        sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn move_tables(
    conn: &mut AnyConnection,
    tables: &[String],
    from: &str,
    to: &str,
) -> Result<(), BackupError> {
    for table in tables {
        let (from, table, to) = (quoted(from), quoted(table), quoted(to));
        let step = format!("ALTER TABLE {from}.{table} SET SCHEMA {to}");
        sqlx::raw_sql(AssertSqlSafe(step))
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// A database that is made for one restore and dropped afterwards.
pub(super) struct Scratch {
    conn: AnyConnection,
    name: String,
    /// Where it lies.
    pub address: String,
}

impl Scratch {
    pub(super) async fn make(server: &str, name: &str, schema: &str) -> Result<Self, BackupError> {
        let mut conn = connect(server).await?;
        let make = format!("CREATE DATABASE {}", quoted(name));
        sqlx::raw_sql(AssertSqlSafe(make))
            .execute(&mut conn)
            .await?;
        Ok(Self {
            conn,
            name: name.to_owned(),
            address: tool::with_database(server, name, schema)?,
        })
    }

    pub(super) async fn drop(mut self) -> Result<(), BackupError> {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", quoted(&self.name));
        sqlx::raw_sql(AssertSqlSafe(drop))
            .execute(&mut self.conn)
            .await?;
        self.conn.close().await?;
        Ok(())
    }
}

/// A name as SQL takes it, whatever is in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
