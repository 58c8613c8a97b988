//! What starting up and signing in read.

use counterfoil_domain::entity::{Shop, Staff};
use counterfoil_domain::{StaffId, TenantId};
use rusqlite::{Connection, OptionalExtension as _};

use crate::error::StoreError;
use crate::row;

/// The shop with its rules; none on a till that belongs to none yet.
///
/// # Errors
/// When the database fails or the row cannot be read.
pub fn find_shop(conn: &Connection) -> Result<Option<(TenantId, Shop)>, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../../queries/find_shop.sql"))?
        .query_row([], |r| Ok((row::id(r, "id")?, row::json(r, "body")?)))
        .optional()?)
}

/// Everybody who works or worked at the shop, by name.
///
/// # Errors
/// As [`find_shop`].
pub fn list_staff(conn: &Connection) -> Result<Vec<(StaffId, Staff)>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_staff.sql"))?;
    let rows = statement.query_map([], |r| Ok((row::id(r, "id")?, row::json(r, "body")?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
