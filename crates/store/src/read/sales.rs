//! Completed sales with the names they need, and what came back of them.

use std::collections::BTreeMap;

use counterfoil_domain::fact::Sale;
use counterfoil_domain::refund::Returned;
use counterfoil_domain::{LineId, Money, Quantity, SaleId};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use crate::error::StoreError;
use crate::function::fold;
use crate::row;

/// A sale as a screen needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleRow {
    /// The sale as it was completed.
    pub sale: Sale,
    /// Whether the hub has not confirmed it yet.
    pub pending: bool,
    /// Who sold.
    pub staff: String,
    /// The customer's name, or empty.
    pub customer: String,
    /// What was given back since.
    pub refunded: Money,
}

fn sale(r: &Row<'_>) -> rusqlite::Result<SaleRow> {
    Ok(SaleRow {
        sale: row::json(r, "body")?,
        pending: r.get("pending")?,
        staff: r.get("staff")?,
        customer: r.get("customer")?,
        refunded: row::money(r, "refunded_minor", "currency")?,
    })
}

/// Sales whose number, customer or products match, newest first; all for an empty query.
///
/// # Errors
/// When the database fails.
pub fn list_sales(conn: &Connection, query: &str, limit: u32) -> Result<Vec<SaleRow>, StoreError> {
    let query = fold(query.trim());
    let number: Option<i64> = query.parse().ok();
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_sales.sql"))?;
    let rows = statement.query_map(
        named_params! { ":query": query, ":number": number, ":limit": limit },
        sale,
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One sale.
///
/// # Errors
/// When the database fails.
pub fn find_sale(conn: &Connection, sale_id: SaleId) -> Result<Option<SaleRow>, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../../queries/find_sale.sql"))?
        .query_row(named_params! { ":sale_id": sale_id.to_string() }, sale)
        .optional()?)
}

/// What came back of a sale's lines, by any till; lines of which nothing came back are absent.
///
/// # Errors
/// When the database fails.
pub fn list_returned(
    conn: &Connection,
    sale_id: SaleId,
) -> Result<BTreeMap<LineId, Returned>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_returned.sql"))?;
    let rows = statement.query_map(named_params! { ":sale_id": sale_id.to_string() }, |r| {
        let returned = Returned {
            quantity: Quantity(r.get("quantity_milli")?),
            total: row::money(r, "total_minor", "currency")?,
            tax: row::money(r, "tax_minor", "currency")?,
        };
        Ok((row::id(r, "line_id")?, returned))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
