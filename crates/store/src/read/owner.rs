//! The owner's figures: sums over stretches of time, each over an index.

use counterfoil_domain::{CustomerId, ProductId, Quantity, UnixMs};
use rusqlite::{Connection, named_params};

use crate::error::StoreError;
use crate::row;

/// A stretch of time, its end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// From.
    pub from: UnixMs,
    /// To.
    pub to: UnixMs,
}

/// Sums over a stretch; amounts in minor units of the shop's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    /// Number of sales.
    pub sales: u32,
    /// What they brought, tax included.
    pub sold_minor: i64,
    /// What was paid back.
    pub refunded_minor: i64,
    /// Stamps given, less those taken back.
    pub stamps: i64,
    /// Rewards handed out.
    pub rewards: u32,
    /// Customers who enrolled.
    pub new_customers: u32,
}

/// Revenue under a label: an hour or a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The hour, 0 to 23, or the local date.
    pub label: String,
    /// Sales less refunds, in minor units.
    pub revenue_minor: i64,
    /// Number of sales.
    pub sales: u32,
}

/// A product that sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seller {
    /// Which; none for typed-in lines.
    pub product_id: Option<ProductId>,
    /// Its name.
    pub name: String,
    /// How much, less what came back.
    pub quantity: Quantity,
    /// What it brought, in minor units.
    pub revenue_minor: i64,
}

/// A product below its threshold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Low {
    /// Which.
    pub product_id: ProductId,
    /// Its name.
    pub name: String,
    /// What is left.
    pub stock: Quantity,
    /// Its threshold.
    pub below: Quantity,
}

/// A customer who came often and is not seen any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quiet {
    /// Who.
    pub customer_id: CustomerId,
    /// Their name.
    pub name: String,
    /// The first visit of the window before the last one.
    pub first_at: UnixMs,
    /// The last visit.
    pub last_at: UnixMs,
    /// Visits in that window, both included.
    pub visits: u32,
}

/// What makes a customer a quiet regular.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietRule {
    /// The moment of looking.
    pub now: UnixMs,
    /// Last visits before this are forgotten.
    pub since: UnixMs,
    /// Only customers whose last visit was at this moment or earlier.
    pub quiet_since: UnixMs,
    /// Length of the window before the last visit.
    pub window_ms: i64,
    /// Visits within it.
    pub visits_min: u32,
}

/// Sums over a stretch.
///
/// # Errors
/// When the database fails.
pub fn find_sums(conn: &Connection, stretch: Stretch) -> Result<Sums, StoreError> {
    let range = named_params! { ":from": stretch.from.0, ":to": stretch.to.0 };
    let (sales, sold_minor) = conn
        .prepare_cached(include_str!("../../queries/find_trade_figures.sql"))?
        .query_row(range, |r| Ok((r.get("sales")?, r.get("total_minor")?)))?;
    let refunded_minor = conn
        .prepare_cached(include_str!("../../queries/find_refund_figures.sql"))?
        .query_row(range, |r| r.get("total_minor"))?;
    let (stamps, rewards) = conn
        .prepare_cached(include_str!("../../queries/find_stamp_figures.sql"))?
        .query_row(range, |r| Ok((r.get("stamps")?, r.get("rewards")?)))?;
    let new_customers = conn
        .prepare_cached(include_str!("../../queries/count_new_customers.sql"))?
        .query_row(range, |r| r.get("customers"))?;
    Ok(Sums {
        sales,
        sold_minor,
        refunded_minor,
        stamps,
        rewards,
        new_customers,
    })
}

/// Revenue by hour of the day, for hours with any.
///
/// # Errors
/// When the database fails.
pub fn list_by_hour(conn: &Connection, stretch: Stretch) -> Result<Vec<Bar>, StoreError> {
    let mut statement =
        conn.prepare_cached(include_str!("../../queries/list_revenue_by_hour.sql"))?;
    let rows = statement.query_map(
        named_params! { ":from": stretch.from.0, ":to": stretch.to.0 },
        |r| {
            Ok(Bar {
                label: format!("{:02}", r.get::<_, i64>("hour")?),
                revenue_minor: r.get("revenue_minor")?,
                sales: r.get("sales")?,
            })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Revenue by local day, for days with any.
///
/// # Errors
/// When the database fails.
pub fn list_by_day(conn: &Connection, stretch: Stretch) -> Result<Vec<Bar>, StoreError> {
    let mut statement =
        conn.prepare_cached(include_str!("../../queries/list_revenue_by_day.sql"))?;
    let rows = statement.query_map(
        named_params! { ":from": stretch.from.0, ":to": stretch.to.0 },
        |r| {
            Ok(Bar {
                label: r.get("day")?,
                revenue_minor: r.get("revenue_minor")?,
                sales: r.get("sales")?,
            })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What sold best, by revenue.
///
/// # Errors
/// When the database fails.
pub fn list_top_products(
    conn: &Connection,
    stretch: Stretch,
    limit: u32,
) -> Result<Vec<Seller>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_top_products.sql"))?;
    let rows = statement.query_map(
        named_params! { ":from": stretch.from.0, ":to": stretch.to.0, ":limit": limit },
        |r| {
            Ok(Seller {
                product_id: row::opt_id(r, "product_id")?,
                name: r.get("name")?,
                quantity: Quantity(r.get("quantity_milli")?),
                revenue_minor: r.get("revenue_minor")?,
            })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Products below their threshold, the emptiest first.
///
/// # Errors
/// When the database fails.
pub fn list_low_stock(conn: &Connection, limit: u32) -> Result<Vec<Low>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_low_stock.sql"))?;
    let rows = statement.query_map(named_params! { ":limit": limit }, |r| {
        Ok(Low {
            product_id: row::id(r, "id")?,
            name: r.get("name")?,
            stock: Quantity(r.get("quantity_milli")?),
            below: Quantity(r.get("low_stock_below")?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Customers who came often before their last visit, which is a while ago; most visits first.
///
/// # Errors
/// When the database fails.
pub fn list_quiet_regulars(conn: &Connection, rule: QuietRule) -> Result<Vec<Quiet>, StoreError> {
    let mut statement =
        conn.prepare_cached(include_str!("../../queries/list_quiet_regulars.sql"))?;
    let rows = statement.query_map(
        named_params! {
            ":now": rule.now.0,
            ":since": rule.since.0,
            ":quiet_since": rule.quiet_since.0,
            ":window_ms": rule.window_ms,
            ":visits_min": rule.visits_min,
        },
        |r| {
            Ok(Quiet {
                customer_id: row::id(r, "customer_id")?,
                name: r.get("name")?,
                first_at: row::at(r, "first_at")?,
                last_at: row::at(r, "last_at")?,
                visits: r.get("visits")?,
            })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}
