//! Whether the database is sound.

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
