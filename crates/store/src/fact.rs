//! Facts into their tables. Ours are pending until the hub's copy comes back; inserting twice is the same as once.

use counterfoil_domain::fact::{
    CashEntry, Refund, Sale, ShiftClosed, ShiftOpened, StampEntry, StockEntry,
};
use counterfoil_domain::{FactRow, OpId};
use rusqlite::{Connection, named_params};
use uuid::Uuid;

use crate::error::StoreError;

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// This till, just now: the row must be new.
    Here,
    /// The hub: an own row is confirmed by it.
    Hub,
}

pub(crate) fn insert(
    conn: &Connection,
    fact: &FactRow,
    op_id: Option<OpId>,
    source: Source,
) -> Result<(), StoreError> {
    let op_id = op_id.map(|o| o.to_string());
    let pending = source == Source::Here;
    let written = match fact {
        FactRow::Sale(sale) => insert_sale(conn, sale, op_id, pending)?,
        FactRow::Refund(refund) => insert_refund(conn, refund, op_id, pending)?,
        FactRow::Stamp(entry) => insert_stamp(conn, entry, op_id, pending)?,
        FactRow::Stock(entry) => insert_stock(conn, entry, op_id, pending)?,
        FactRow::Cash(entry) => insert_cash(conn, entry, op_id, pending)?,
        FactRow::ShiftOpened(shift) => open_shift(conn, shift, op_id, pending)?,
        FactRow::ShiftClosed(shift) => close_shift(conn, shift, op_id, pending)?,
    };
    if written == 0 && source == Source::Here {
        return Err(StoreError::invalid(
            "exists_already",
            format!("{} {} exists already", fact.name(), fact.id()),
        ));
    }
    Ok(())
}

fn text(id: Option<Uuid>) -> Option<String> {
    id.map(|i| i.to_string())
}

/// The name an enum has in JSON.
fn name<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(name) => Ok(name),
        other => Ok(other.to_string()),
    }
}

fn insert_sale(
    conn: &Connection,
    sale: &Sale,
    op_id: Option<String>,
    pending: bool,
) -> Result<usize, StoreError> {
    let sale_id = sale.sale_id.to_string();
    let written = conn
        .prepare_cached(include_str!("../queries/insert_sale.sql"))?
        .execute(named_params! {
            ":sale_id": sale_id,
            ":op_id": op_id,
            ":device_id": sale.device_id.to_string(),
            ":till_code": sale.till_code,
            ":number": sale.number,
            ":at": sale.at.0,
            ":staff_id": sale.staff_id.to_string(),
            ":shift_id": text(sale.shift_id.map(|s| s.0)),
            ":customer_id": text(sale.customer_id.map(|c| c.0)),
            ":currency": sale.currency.code(),
            ":subtotal_minor": sale.subtotal.minor(),
            ":discount_minor": sale.discount.minor(),
            ":net_minor": sale.net.minor(),
            ":tax_minor": sale.tax.minor(),
            ":total_minor": sale.total.minor(),
            ":change_minor": sale.change.minor(),
            ":body": serde_json::to_string(sale)?,
            ":pending": pending,
        })?;
    let mut line_statement =
        conn.prepare_cached(include_str!("../queries/insert_sale_line.sql"))?;
    for (position, line) in (0_i64..).zip(&sale.lines) {
        let amounts = &line.amounts;
        line_statement.execute(named_params! {
            ":sale_id": sale_id,
            ":line_id": line.line.line_id.to_string(),
            ":position": position,
            ":product_id": text(line.line.product_id.map(|p| p.0)),
            ":sku": line.line.sku,
            ":name": line.line.name,
            ":quantity_milli": line.line.quantity.milli(),
            ":unit_price_minor": line.line.unit_price.minor(),
            ":list_minor": amounts.list.minor(),
            ":discount_minor": amounts
                .discount
                .plus(amounts.cart_discount)
                .map_err(counterfoil_domain::effect::EffectError::from)?
                .minor(),
            ":net_minor": amounts.net.minor(),
            ":tax_minor": amounts.tax.minor(),
            ":total_minor": amounts.total.minor(),
        })?;
    }
    let mut tender_statement =
        conn.prepare_cached(include_str!("../queries/insert_sale_tender.sql"))?;
    for (position, tender) in (0_i64..).zip(&sale.tenders) {
        tender_statement.execute(named_params! {
            ":sale_id": sale_id,
            ":position": position,
            ":kind": name(&tender.kind)?,
            ":amount_minor": tender.amount.minor(),
            ":reference": tender.reference,
        })?;
    }
    Ok(written)
}

fn insert_refund(
    conn: &Connection,
    refund: &Refund,
    op_id: Option<String>,
    pending: bool,
) -> Result<usize, StoreError> {
    let refund_id = refund.refund_id.to_string();
    let written = conn
        .prepare_cached(include_str!("../queries/insert_refund.sql"))?
        .execute(named_params! {
            ":refund_id": refund_id,
            ":op_id": op_id,
            ":sale_id": refund.sale_id.to_string(),
            ":device_id": refund.device_id.to_string(),
            ":at": refund.at.0,
            ":staff_id": refund.staff_id.to_string(),
            ":shift_id": text(refund.shift_id.map(|s| s.0)),
            ":currency": refund.total.currency().code(),
            ":total_minor": refund.total.minor(),
            ":tax_minor": refund.tax.minor(),
            ":tender_kind": name(&refund.tender.kind)?,
            ":reason": refund.reason,
            ":body": serde_json::to_string(refund)?,
            ":pending": pending,
        })?;
    let mut statement = conn.prepare_cached(include_str!("../queries/insert_refund_line.sql"))?;
    for (position, line) in (0_i64..).zip(&refund.lines) {
        statement.execute(named_params! {
            ":refund_id": refund_id,
            ":position": position,
            ":line_id": line.line_id.to_string(),
            ":product_id": text(line.product_id.map(|p| p.0)),
            ":name": line.name,
            ":quantity_milli": line.quantity.milli(),
            ":total_minor": line.total.minor(),
            ":tax_minor": line.tax.minor(),
            ":restock": line.restock,
        })?;
    }
    Ok(written)
}

fn insert_stamp(
    conn: &Connection,
    entry: &StampEntry,
    op_id: Option<String>,
    pending: bool,
) -> Result<usize, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../queries/insert_stamp.sql"))?
        .execute(named_params! {
            ":stamp_id": entry.stamp_id.to_string(),
            ":op_id": op_id,
            ":customer_id": entry.customer_id.to_string(),
            ":stamps": entry.stamps,
            ":reason": name(&entry.reason)?,
            ":at": entry.at.0,
            ":staff_id": entry.staff_id.to_string(),
            ":device_id": entry.device_id.to_string(),
            ":pending": pending,
        })?)
}

fn insert_stock(
    conn: &Connection,
    entry: &StockEntry,
    op_id: Option<String>,
    pending: bool,
) -> Result<usize, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../queries/insert_stock.sql"))?
        .execute(named_params! {
            ":entry_id": entry.entry_id.to_string(),
            ":op_id": op_id,
            ":product_id": entry.product_id.to_string(),
            ":quantity_milli": entry.quantity.milli(),
            ":reason": name(&entry.reason)?,
            ":at": entry.at.0,
            ":device_id": entry.device_id.to_string(),
            ":pending": pending,
        })?)
}

fn insert_cash(
    conn: &Connection,
    entry: &CashEntry,
    op_id: Option<String>,
    pending: bool,
) -> Result<usize, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../queries/insert_cash.sql"))?
        .execute(named_params! {
            ":entry_id": entry.entry_id.to_string(),
            ":op_id": op_id,
            ":shift_id": text(entry.shift_id.map(|s| s.0)),
            ":amount_minor": entry.amount.minor(),
            ":currency": entry.amount.currency().code(),
            ":reason": name(&entry.reason)?,
            ":note": entry.note,
            ":at": entry.at.0,
            ":staff_id": entry.staff_id.to_string(),
            ":device_id": entry.device_id.to_string(),
            ":pending": pending,
        })?)
}

fn open_shift(
    conn: &Connection,
    shift: &ShiftOpened,
    op_id: Option<String>,
    pending: bool,
) -> Result<usize, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../queries/open_shift.sql"))?
        .execute(named_params! {
            ":shift_id": shift.shift_id.to_string(),
            ":device_id": shift.device_id.to_string(),
            ":opened_by": shift.staff_id.to_string(),
            ":opened_at": shift.at.0,
            ":opening_float_minor": shift.opening_float.minor(),
            ":currency": shift.opening_float.currency().code(),
            ":op_id": op_id,
            ":pending": pending,
        })?)
}

fn close_shift(
    conn: &Connection,
    shift: &ShiftClosed,
    op_id: Option<String>,
    pending: bool,
) -> Result<usize, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../queries/close_shift.sql"))?
        .execute(named_params! {
            ":shift_id": shift.shift_id.to_string(),
            ":device_id": shift.device_id.to_string(),
            ":closed_by": shift.staff_id.to_string(),
            ":closed_at": shift.at.0,
            ":expected_minor": shift.expected.minor(),
            ":counted_minor": shift.counted.minor(),
            ":currency": shift.counted.currency().code(),
            ":note": shift.note,
            ":op_id": op_id,
            ":pending": pending,
        })?)
}
