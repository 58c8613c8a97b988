//! Visits with the names they need, what keeps an installer busy, and merchants.

use counterfoil_domain::entity::Merchant;
use counterfoil_domain::visit::{Slot, VisitStatus};
use counterfoil_domain::{MerchantId, StaffId, UnixMs, VisitId};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use crate::error::StoreError;
use crate::row;

/// A visit as a screen needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRow {
    /// Which.
    pub visit_id: VisitId,
    /// Whom.
    pub merchant_id: MerchantId,
    /// Who goes.
    pub installer_id: StaffId,
    /// When.
    pub slot: Slot,
    /// Where it stands.
    pub status: VisitStatus,
    /// Why.
    pub purpose: String,
    /// What was found and done.
    pub note: String,
    /// Whether the hub has not confirmed it yet.
    pub pending: bool,
    /// The merchant's name.
    pub merchant: String,
    /// Street.
    pub address: String,
    /// District.
    pub district: String,
    /// E.164 phone of the merchant.
    pub phone: String,
    /// The installer's name.
    pub installer: String,
}

/// Which visits are asked for: those that begin within a stretch, its end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitFilter {
    /// From.
    pub from: UnixMs,
    /// To.
    pub to: UnixMs,
    /// One installer's alone.
    pub installer_id: Option<StaffId>,
    /// One merchant's alone.
    pub merchant_id: Option<MerchantId>,
}

/// A merchant with the next booked visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MerchantRow {
    /// Which.
    pub merchant_id: MerchantId,
    /// The merchant.
    pub merchant: Merchant,
    /// When somebody goes there next.
    pub next_visit_at: Option<UnixMs>,
}

fn visit(r: &Row<'_>) -> rusqlite::Result<VisitRow> {
    let status: String = r.get("status")?;
    Ok(VisitRow {
        visit_id: row::id(r, "id")?,
        merchant_id: row::id(r, "merchant_id")?,
        installer_id: row::id(r, "installer_id")?,
        slot: Slot {
            starts_at: row::at(r, "starts_at")?,
            ends_at: row::at(r, "ends_at")?,
        },
        status: match status.as_str() {
            "done" => VisitStatus::Done,
            "cancelled" => VisitStatus::Cancelled,
            _ => VisitStatus::Booked,
        },
        purpose: r.get::<_, Option<String>>("purpose")?.unwrap_or_default(),
        note: r.get::<_, Option<String>>("note")?.unwrap_or_default(),
        pending: r.get("pending")?,
        merchant: r.get("merchant")?,
        address: r.get("address")?,
        district: r.get("district")?,
        phone: r.get("phone")?,
        installer: r.get("installer")?,
    })
}

/// Visits by their beginning.
///
/// # Errors
/// When the database fails.
pub fn list_visits(conn: &Connection, filter: VisitFilter) -> Result<Vec<VisitRow>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_visits.sql"))?;
    let rows = statement.query_map(
        named_params! {
            ":from": filter.from.0,
            ":to": filter.to.0,
            ":installer_id": filter.installer_id.map(|i| i.to_string()),
            ":merchant_id": filter.merchant_id.map(|m| m.to_string()),
        },
        visit,
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One visit.
///
/// # Errors
/// When the database fails.
pub fn find_visit(conn: &Connection, visit_id: VisitId) -> Result<Option<VisitRow>, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../../queries/find_visit.sql"))?
        .query_row(named_params! { ":visit_id": visit_id.to_string() }, visit)
        .optional()?)
}

/// What keeps an installer busy around a stretch; visits never last longer than a day, so one day of margin finds
/// those that reach into it. `except` is left out: a visit does not stand in its own way.
///
/// # Errors
/// When the database fails.
pub fn list_busy(
    conn: &Connection,
    installer_id: StaffId,
    from: UnixMs,
    to: UnixMs,
    except: Option<VisitId>,
) -> Result<Vec<Slot>, StoreError> {
    const DAY_MS: i64 = 86_400_000;
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_busy_slots.sql"))?;
    let rows = statement.query_map(
        named_params! {
            ":installer_id": installer_id.to_string(),
            ":from": from.plus_ms(-DAY_MS).0,
            ":to": to.plus_ms(DAY_MS).0,
            ":except": except.map(|v| v.to_string()),
        },
        |r| {
            Ok(Slot {
                starts_at: row::at(r, "starts_at")?,
                ends_at: row::at(r, "ends_at")?,
            })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Merchants by name, or the one asked for.
///
/// # Errors
/// When the database fails.
pub fn list_merchants(
    conn: &Connection,
    now: UnixMs,
    only: Option<MerchantId>,
) -> Result<Vec<MerchantRow>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_merchants.sql"))?;
    let rows = statement.query_map(
        named_params! { ":now": now.0, ":merchant_id": only.map(|m| m.to_string()) },
        |r| {
            Ok(MerchantRow {
                merchant_id: row::id(r, "id")?,
                merchant: row::json(r, "body")?,
                next_visit_at: row::opt_at(r, "next_visit_at")?,
            })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}
