//! A till's shifts and what the ledgers say of them.

use counterfoil_domain::fact::CashReason;
use counterfoil_domain::{Currency, DeviceId, Money, ShiftId, UnixMs};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use crate::error::StoreError;
use crate::row;

/// A shift with its figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShiftRow {
    /// Which.
    pub shift_id: ShiftId,
    /// Who opened it.
    pub opened_by: String,
    /// When.
    pub opened_at: UnixMs,
    /// When it was closed.
    pub closed_at: Option<UnixMs>,
    /// What was in the drawer at the start.
    pub opening_float: Money,
    /// Number of sales.
    pub sales: u64,
    /// What was sold.
    pub revenue: Money,
    /// Tax within it.
    pub tax: Money,
    /// What was given back.
    pub refunds: Money,
    /// Taken in cash, less change.
    pub cash: Money,
    /// Taken by card.
    pub card: Money,
    /// Sum of its cash ledger.
    pub drawer: Money,
    /// What the ledger said when it was closed.
    pub expected: Option<Money>,
    /// What was counted.
    pub counted: Option<Money>,
}

/// Cash that was put in or taken out by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CashMoveRow {
    /// When.
    pub at: UnixMs,
    /// Why.
    pub reason: CashReason,
    /// Added (negative: taken).
    pub amount: Money,
    /// A word on it.
    pub note: String,
    /// Who.
    pub staff: String,
}

/// The shift that is open at a till's drawer.
///
/// # Errors
/// When the database fails.
pub fn find_open_shift(
    conn: &Connection,
    device_id: DeviceId,
) -> Result<Option<ShiftId>, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../../queries/find_open_shift.sql"))?
        .query_row(named_params! { ":device_id": device_id.to_string() }, |r| {
            row::id(r, "shift_id")
        })
        .optional()?)
}

fn opt_money(r: &Row<'_>, minor: &str) -> rusqlite::Result<Option<Money>> {
    match r.get::<_, Option<i64>>(minor)? {
        None => Ok(None),
        Some(_) => row::money(r, minor, "currency").map(Some),
    }
}

fn shift(r: &Row<'_>) -> rusqlite::Result<ShiftRow> {
    let money = |minor| row::money(r, minor, "currency");
    Ok(ShiftRow {
        shift_id: row::id(r, "shift_id")?,
        opened_by: r.get("opened_by")?,
        opened_at: row::at(r, "opened_at")?,
        closed_at: row::opt_at(r, "closed_at")?,
        opening_float: money("opening_float_minor")?,
        sales: row::count(r, "sales")?,
        revenue: money("revenue_minor")?,
        tax: money("tax_minor")?,
        refunds: money("refunds_minor")?,
        cash: money("cash_minor")?,
        card: money("card_minor")?,
        drawer: money("drawer_minor")?,
        expected: opt_money(r, "expected_minor")?,
        counted: opt_money(r, "counted_minor")?,
    })
}

/// A till's open or closed shifts, newest first.
///
/// # Errors
/// When the database fails.
pub fn list_shifts(
    conn: &Connection,
    device_id: DeviceId,
    open: bool,
    limit: u32,
) -> Result<Vec<ShiftRow>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_shifts.sql"))?;
    let rows = statement.query_map(
        named_params! { ":device_id": device_id.to_string(), ":open": open, ":limit": limit },
        shift,
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What was put into and taken out of a shift's drawer by hand, in order.
///
/// # Errors
/// When the database fails.
pub fn list_cash_moves(
    conn: &Connection,
    shift_id: ShiftId,
) -> Result<Vec<CashMoveRow>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_cash_moves.sql"))?;
    let rows = statement.query_map(named_params! { ":shift_id": shift_id.to_string() }, |r| {
        let reason: String = r.get("reason")?;
        Ok(CashMoveRow {
            at: row::at(r, "at")?,
            reason: match reason.as_str() {
                "paid_in" => CashReason::PaidIn,
                "paid_out" => CashReason::PaidOut,
                _ => CashReason::Drop,
            },
            amount: row::money(r, "amount_minor", "currency")?,
            note: r.get("note")?,
            staff: r.get("staff")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What should be in a shift's drawer: the sum of its cash ledger.
///
/// # Errors
/// When the database fails.
pub fn sum_drawer(
    conn: &Connection,
    shift_id: ShiftId,
    currency: Currency,
) -> Result<Money, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/sum_drawer.sql"))?;
    let sums = statement.query_map(named_params! { ":shift_id": shift_id.to_string() }, |r| {
        row::money(r, "amount_minor", "currency")
    })?;
    let mut drawer = Money::zero(currency);
    for sum in sums {
        drawer = drawer
            .plus(sum?)
            .map_err(counterfoil_domain::effect::EffectError::from)?;
    }
    Ok(drawer)
}
