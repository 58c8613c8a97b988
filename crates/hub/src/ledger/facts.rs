//! What happened: inserted once, never edited; the balances move in the same transaction.

use counterfoil_domain::fact::{CashEntry, Refund, Sale, StampEntry, StampReason, StockEntry};
use counterfoil_domain::{CustomerId, FactRow, OpId, UnixMs};
use serde::Serialize;
use sqlx::AnyConnection;
use sqlx::Row as _;

use super::{Book, Fault};

/// What an insert did.
#[derive(Debug, Default)]
pub(super) struct Inserted {
    /// The row that stood under this id before, from another operation.
    pub(super) stored: Option<FactRow>,
    /// The balance after it, for stamps and stock.
    pub(super) balance: Option<i64>,
}

/// The name of a serde unit variant, as it travels.
fn wire(value: &impl Serialize) -> Result<String, Fault> {
    Ok(serde_json::to_value(value)?
        .as_str()
        .unwrap_or_default()
        .to_owned())
}

/// Inserts a fact's row.
pub(super) async fn insert(
    conn: &mut AnyConnection,
    book: &Book,
    op_id: OpId,
    fact: &FactRow,
) -> Result<Inserted, Fault> {
    let op = op_id.to_string();
    let body = serde_json::to_string(fact)?;
    let fresh = match fact {
        FactRow::Sale(sale) => insert_sale(conn, book, &op, sale, &body).await?,
        FactRow::Refund(refund) => insert_refund(conn, book, &op, refund, &body).await?,
        FactRow::Stamp(entry) => insert_stamp(conn, book, &op, entry, &body).await?,
        FactRow::Stock(entry) => insert_stock(conn, book, &op, entry, &body).await?,
        FactRow::Cash(entry) => insert_cash(conn, book, &op, entry, &body).await?,
        FactRow::ShiftOpened(s) => {
            insert_shift(conn, book, &op, fact, (s.device_id.0, s.at), &body).await?
        }
        FactRow::ShiftClosed(s) => {
            insert_shift(conn, book, &op, fact, (s.device_id.0, s.at), &body).await?
        }
    };
    if !fresh {
        return Ok(Inserted {
            stored: Some(find(conn, book, fact).await?),
            balance: None,
        });
    }
    let balance = match fact {
        FactRow::Stamp(entry) => Some(add_stamps(conn, book, entry).await?),
        FactRow::Stock(entry) => Some(add_stock(conn, book, entry).await?),
        _ => None,
    };
    Ok(Inserted {
        stored: None,
        balance,
    })
}

async fn insert_sale(
    conn: &mut AnyConnection,
    book: &Book,
    op: &str,
    sale: &Sale,
    body: &str,
) -> Result<bool, Fault> {
    let done = sqlx::query(include_str!("sql/insert_sale.sql"))
        .bind(&book.key)
        .bind(sale.sale_id.to_string())
        .bind(op)
        .bind(sale.device_id.to_string())
        .bind(&sale.till_code)
        .bind(i64::from(sale.number))
        .bind(sale.at.0)
        .bind(sale.customer_id.map(|c| c.to_string()))
        .bind(sale.currency.code())
        .bind(sale.total.minor())
        .bind(sale.tax.minor())
        .bind(body)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

async fn insert_refund(
    conn: &mut AnyConnection,
    book: &Book,
    op: &str,
    refund: &Refund,
    body: &str,
) -> Result<bool, Fault> {
    let done = sqlx::query(include_str!("sql/insert_refund.sql"))
        .bind(&book.key)
        .bind(refund.refund_id.to_string())
        .bind(op)
        .bind(refund.sale_id.to_string())
        .bind(refund.at.0)
        .bind(refund.total.currency().code())
        .bind(refund.total.minor())
        .bind(body)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

async fn insert_stamp(
    conn: &mut AnyConnection,
    book: &Book,
    op: &str,
    entry: &StampEntry,
    body: &str,
) -> Result<bool, Fault> {
    let done = sqlx::query(include_str!("sql/insert_stamp.sql"))
        .bind(&book.key)
        .bind(entry.stamp_id.to_string())
        .bind(op)
        .bind(entry.customer_id.to_string())
        .bind(i64::from(entry.stamps))
        .bind(wire(&entry.reason)?)
        .bind(entry.at.0)
        .bind(body)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

async fn insert_stock(
    conn: &mut AnyConnection,
    book: &Book,
    op: &str,
    entry: &StockEntry,
    body: &str,
) -> Result<bool, Fault> {
    let done = sqlx::query(include_str!("sql/insert_stock.sql"))
        .bind(&book.key)
        .bind(entry.entry_id.to_string())
        .bind(op)
        .bind(entry.product_id.to_string())
        .bind(entry.quantity.milli())
        .bind(wire(&entry.reason)?)
        .bind(entry.at.0)
        .bind(body)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

async fn insert_cash(
    conn: &mut AnyConnection,
    book: &Book,
    op: &str,
    entry: &CashEntry,
    body: &str,
) -> Result<bool, Fault> {
    let done = sqlx::query(include_str!("sql/insert_cash.sql"))
        .bind(&book.key)
        .bind(entry.entry_id.to_string())
        .bind(op)
        .bind(entry.shift_id.map(|s| s.to_string()))
        .bind(entry.amount.minor())
        .bind(entry.amount.currency().code())
        .bind(wire(&entry.reason)?)
        .bind(entry.at.0)
        .bind(body)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

async fn insert_shift(
    conn: &mut AnyConnection,
    book: &Book,
    op: &str,
    fact: &FactRow,
    (device, at): (uuid::Uuid, UnixMs),
    body: &str,
) -> Result<bool, Fault> {
    let done = sqlx::query(include_str!("sql/insert_shift.sql"))
        .bind(&book.key)
        .bind(fact.id().to_string())
        .bind(fact.name())
        .bind(op)
        .bind(device.to_string())
        .bind(at.0)
        .bind(body)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

async fn find(conn: &mut AnyConnection, book: &Book, fact: &FactRow) -> Result<FactRow, Fault> {
    let query = sqlx::query(match fact {
        FactRow::Sale(_) => include_str!("sql/find_sale.sql"),
        FactRow::Refund(_) => include_str!("sql/find_refund.sql"),
        FactRow::Stamp(_) => include_str!("sql/find_stamp.sql"),
        FactRow::Stock(_) => include_str!("sql/find_stock.sql"),
        FactRow::Cash(_) => include_str!("sql/find_cash.sql"),
        FactRow::ShiftOpened(_) | FactRow::ShiftClosed(_) => include_str!("sql/find_shift.sql"),
    });
    let mut query = query.bind(&book.key).bind(fact.id().to_string());
    if matches!(fact, FactRow::ShiftOpened(_) | FactRow::ShiftClosed(_)) {
        query = query.bind(fact.name());
    }
    let row = query.fetch_one(conn).await?;
    Ok(serde_json::from_str(&row.try_get::<String, _>("body")?)?)
}

async fn add_stamps(
    conn: &mut AnyConnection,
    book: &Book,
    entry: &StampEntry,
) -> Result<i64, Fault> {
    let given_at = (entry.reason == StampReason::Given).then_some(entry.at.0);
    let row = sqlx::query(include_str!("sql/add_to_stamp_balance.sql"))
        .bind(&book.key)
        .bind(entry.customer_id.to_string())
        .bind(i64::from(entry.stamps))
        .bind(given_at)
        .fetch_one(conn)
        .await?;
    Ok(row.try_get("balance")?)
}

async fn add_stock(
    conn: &mut AnyConnection,
    book: &Book,
    entry: &StockEntry,
) -> Result<i64, Fault> {
    let row = sqlx::query(include_str!("sql/add_to_stock_balance.sql"))
        .bind(&book.key)
        .bind(entry.product_id.to_string())
        .bind(entry.quantity.milli())
        .fetch_one(conn)
        .await?;
    Ok(row.try_get("quantity_milli")?)
}

/// A customer's balance of stamps and when the last one was given.
///
/// # Errors
/// When the database fails.
pub async fn stamp_balance(
    conn: &mut AnyConnection,
    tenant: &str,
    customer: CustomerId,
) -> Result<(i64, Option<UnixMs>), sqlx::Error> {
    let row = sqlx::query(include_str!("sql/find_stamp_balance.sql"))
        .bind(tenant)
        .bind(customer.to_string())
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok((0, None)), |row| {
        Ok((
            row.try_get("balance")?,
            row.try_get::<Option<i64>, _>("last_given_at")?.map(UnixMs),
        ))
    })
}
