//! Customers, their cards' ledgers and what they bought.

use counterfoil_domain::entity::Customer;
use counterfoil_domain::fact::StampReason;
use counterfoil_domain::{Currency, CustomerId, Money, SaleId, StampId, UnixMs};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use crate::error::StoreError;
use crate::function::fold;
use crate::row;

/// A customer in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerRow {
    /// Who.
    pub customer_id: CustomerId,
    /// Their name.
    pub name: String,
    /// E.164 phone number.
    pub phone: String,
    /// Sum of their stamp ledger.
    pub balance: i64,
    /// Their last stamp or sale.
    pub last_seen_at: Option<UnixMs>,
}

/// What a customer did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryRow {
    /// Something with their card.
    Stamp {
        /// When.
        at: UnixMs,
        /// What.
        reason: StampReason,
    },
    /// A sale.
    Sale {
        /// When.
        at: UnixMs,
        /// Which.
        sale_id: SaleId,
        /// Its receipt's number.
        number: String,
        /// What was paid.
        total: Money,
    },
}

/// What a customer bought in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CustomerTotals {
    /// Number of sales.
    pub sales: u64,
    /// What was paid, less what was given back.
    pub spent: Money,
}

/// A stamp as undoing it needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StampRow {
    /// Whose card.
    pub customer_id: CustomerId,
    /// Whether it is a stamp that was given.
    pub given: bool,
    /// Whether it was taken back on this till.
    pub reversed: bool,
}

/// Customers whose name holds every word of the query, or whose phone holds its digits; for an empty query everybody,
/// those seen last first.
///
/// # Errors
/// When the database fails.
pub fn list_customers(
    conn: &Connection,
    query: &str,
    limit: u32,
) -> Result<Vec<CustomerRow>, StoreError> {
    let folded = fold(query);
    let words: Vec<&str> = folded.split_whitespace().collect();
    let digits: String = query.chars().filter(char::is_ascii_digit).collect();
    let is_phone = !digits.is_empty() && !query.chars().any(char::is_alphabetic);
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_customers.sql"))?;
    let rows = statement.query_map(
        named_params! {
            ":words": serde_json::to_string(&words)?,
            ":first": words.first().filter(|_| !is_phone),
            ":digits": is_phone.then_some(digits),
            ":limit": limit,
        },
        |r| {
            Ok(CustomerRow {
                customer_id: row::id(r, "id")?,
                name: text(r, "name")?,
                phone: text(r, "phone")?,
                balance: r.get("balance")?,
                last_seen_at: row::opt_at(r, "last_seen_at")?,
            })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Text that a partial row may lack.
fn text(r: &Row<'_>, name: &str) -> rusqlite::Result<String> {
    Ok(r.get::<_, Option<String>>(name)?.unwrap_or_default())
}

/// One customer, as in a list and whole.
///
/// # Errors
/// When the database fails.
pub fn find_customer(
    conn: &Connection,
    customer_id: CustomerId,
) -> Result<Option<(CustomerRow, Customer)>, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../../queries/find_customer.sql"))?
        .query_row(named_params! { ":id": customer_id.to_string() }, |r| {
            let customer: Customer = row::json(r, "body")?;
            let found = CustomerRow {
                customer_id,
                name: customer.name.clone(),
                phone: customer.phone.clone(),
                balance: r.get("balance")?,
                last_seen_at: row::opt_at(r, "last_seen_at")?,
            };
            Ok((found, customer))
        })
        .optional()?)
}

/// Who is enrolled under a phone number in E.164; the first, should there be two.
///
/// # Errors
/// When the database fails.
pub fn find_customer_by_phone(
    conn: &Connection,
    phone: &str,
) -> Result<Option<CustomerId>, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../../queries/find_customer_by_phone.sql"))?
        .query_row(named_params! { ":phone": phone }, |r| row::id(r, "id"))
        .optional()?)
}

/// What a customer bought in all, in the shop's currency.
///
/// # Errors
/// When the database fails.
pub fn sum_customer_sales(
    conn: &Connection,
    customer_id: CustomerId,
    currency: Currency,
) -> Result<CustomerTotals, StoreError> {
    let found = conn
        .prepare_cached(include_str!("../../queries/sum_customer_sales.sql"))?
        .query_row(
            named_params! { ":customer_id": customer_id.to_string(), ":currency": currency.code() },
            |r| {
                let paid = row::money(r, "spent_minor", "currency")?;
                let back = row::money(r, "refunded_minor", "currency")?;
                let spent = paid
                    .minus(back)
                    .map_err(|e| row::unusable("spent_minor", e))?;
                Ok(CustomerTotals {
                    sales: row::count(r, "sales")?,
                    spent,
                })
            },
        )
        .optional()?;
    Ok(found.unwrap_or(CustomerTotals {
        sales: 0,
        spent: Money::zero(currency),
    }))
}

/// What happened with a customer, newest first.
///
/// # Errors
/// When the database fails.
pub fn list_customer_history(
    conn: &Connection,
    customer_id: CustomerId,
    limit: u32,
) -> Result<Vec<HistoryRow>, StoreError> {
    let mut statement =
        conn.prepare_cached(include_str!("../../queries/list_customer_history.sql"))?;
    let rows = statement.query_map(
        named_params! { ":customer_id": customer_id.to_string(), ":limit": limit },
        history,
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn history(r: &Row<'_>) -> rusqlite::Result<HistoryRow> {
    let at = row::at(r, "at")?;
    let what: String = r.get("what")?;
    let reason = match what.as_str() {
        "given" => StampReason::Given,
        "reversed" => StampReason::Reversed,
        "redeemed" => StampReason::Redeemed,
        _ => {
            return Ok(HistoryRow::Sale {
                at,
                sale_id: row::id(r, "sale_id")?,
                number: r.get("number")?,
                total: row::money(r, "total_minor", "currency")?,
            });
        }
    };
    Ok(HistoryRow::Stamp { at, reason })
}

/// When a customer's card was last stamped, stamps that were taken back left out.
///
/// # Errors
/// When the database fails.
pub fn find_last_stamp(
    conn: &Connection,
    customer_id: CustomerId,
) -> Result<Option<UnixMs>, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../../queries/find_last_stamp.sql"))?
        .query_row(
            named_params! { ":customer_id": customer_id.to_string() },
            |r| row::at(r, "at"),
        )
        .optional()?)
}

/// One entry of the stamp ledger.
///
/// # Errors
/// When the database fails.
pub fn find_stamp(conn: &Connection, stamp_id: StampId) -> Result<Option<StampRow>, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../../queries/find_stamp.sql"))?
        .query_row(named_params! { ":stamp_id": stamp_id.to_string() }, |r| {
            Ok(StampRow {
                customer_id: row::id(r, "customer_id")?,
                given: r.get::<_, String>("reason")? == "given",
                reversed: r.get("reversed")?,
            })
        })
        .optional()?)
}
