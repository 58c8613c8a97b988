//! Whether the database is sound.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::StoreError;

/// What a thorough look at the file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Broken pages, indexes or rows; empty when sound.
    pub errors: Vec<String>,
    /// The schema's version.
    pub schema_version: i64,
    /// Balances that do not equal their ledger's sum.
    pub wrong_balances: u32,
}

/// Looks at every page; takes a second on a large database.
///
/// # Errors
/// When the file cannot be read at all.
pub fn check_health(conn: &Connection) -> Result<Health, StoreError> {
    let mut statement = conn.prepare(include_str!("../../queries/list_integrity_errors.sql"))?;
    let found = statement.query_map([], |r| r.get::<_, String>("integrity_check"))?;
    let mut errors = found.collect::<Result<Vec<_>, _>>()?;
    errors.retain(|line| line != "ok");
    let schema_version = conn.query_row(
        include_str!("../../queries/find_schema_version.sql"),
        [],
        |r| r.get("user_version"),
    )?;
    let wrong_balances = conn.query_row(
        include_str!("../../queries/count_wrong_balances.sql"),
        [],
        |r| r.get("wrong"),
    )?;
    Ok(Health {
        errors,
        schema_version,
        wrong_balances,
    })
}

/// How many rows each table has, by its name.
///
/// # Errors
/// When the database fails.
pub fn count_rows(conn: &Connection) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut statement = conn.prepare(include_str!("../../queries/list_tables.sql"))?;
    let names = statement.query_map([], |r| r.get::<_, String>("name"))?;
    names
        .map(|name| {
            let name = name?;
            // The names are the schema's own; a table's name cannot be a parameter.
            let sql = format!("SELECT count(*) AS rows_there FROM \"{name}\"");
            let rows: i64 = conn.query_row(&sql, [], |r| r.get("rows_there"))?;
            Ok((name, rows.unsigned_abs()))
        })
        .collect()
}

/// How many operations of each kind stand where, as `kind/state`.
///
/// # Errors
/// When the database fails.
pub fn count_states(conn: &Connection) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut statement = conn.prepare(include_str!("../../queries/count_op_states.sql"))?;
    let rows = statement.query_map([], |r| {
        let (kind, state): (String, String) = (r.get("kind")?, r.get("state")?);
        Ok((format!("{kind}/{state}"), crate::row::count(r, "ops")?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
