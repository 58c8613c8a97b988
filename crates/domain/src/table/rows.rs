//! How entities and facts are laid out as rows.

use serde::Serialize;

use super::{Table, TableRow};
use crate::entity::EntityRow;
use crate::fact::{FactRow, Refund, Sale};
use crate::money::MoneyError;

/// Why a row cannot be laid out.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// Its amounts are out of range.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// Its body cannot be written.
    #[error("a row cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// The name an enum has in JSON.
fn name<T: Serialize>(value: &T) -> Result<String, RowError> {
    Ok(match serde_json::to_value(value)? {
        serde_json::Value::String(name) => name,
        other => other.to_string(),
    })
}

/// An entity as the hub confirmed it.
///
/// # Errors
/// When its fields cannot be written.
pub fn entity_row(row: &EntityRow) -> Result<TableRow<'static>, RowError> {
    Ok(TableRow {
        table: Table::Entity,
        cells: vec![
            row.kind.name().into(),
            row.id.into(),
            serde_json::to_string(&row.fields)?.into(),
            i64::from(row.deleted).into(),
        ],
    })
}

/// A fact's row, followed by the rows of its parts.
///
/// # Errors
/// When its amounts are out of range or its body cannot be written.
pub fn fact_rows(fact: &FactRow) -> Result<Vec<TableRow<'_>>, RowError> {
    let one = |table, cells| vec![TableRow { table, cells }];
    Ok(match fact {
        FactRow::Sale(sale) => sale_rows(sale)?,
        FactRow::Refund(refund) => refund_rows(refund)?,
        FactRow::Stamp(entry) => one(
            Table::Stamp,
            vec![
                entry.stamp_id.0.into(),
                entry.customer_id.0.into(),
                i64::from(entry.stamps).into(),
                name(&entry.reason)?.into(),
                entry.at.0.into(),
                entry.staff_id.0.into(),
                entry.device_id.0.into(),
            ],
        ),
        FactRow::Stock(entry) => one(
            Table::Stock,
            vec![
                entry.entry_id.0.into(),
                entry.product_id.0.into(),
                entry.quantity.milli().into(),
                name(&entry.reason)?.into(),
                entry.at.0.into(),
                entry.device_id.0.into(),
            ],
        ),
        FactRow::Cash(entry) => one(
            Table::Cash,
            vec![
                entry.entry_id.0.into(),
                entry.shift_id.map(|s| s.0).into(),
                entry.amount.minor().into(),
                entry.amount.currency().code().to_owned().into(),
                name(&entry.reason)?.into(),
                entry.note.as_str().into(),
                entry.at.0.into(),
                entry.staff_id.0.into(),
                entry.device_id.0.into(),
            ],
        ),
        FactRow::ShiftOpened(shift) => one(
            Table::ShiftOpened,
            vec![
                shift.shift_id.0.into(),
                shift.device_id.0.into(),
                shift.staff_id.0.into(),
                shift.at.0.into(),
                shift.opening_float.minor().into(),
                shift.opening_float.currency().code().to_owned().into(),
            ],
        ),
        FactRow::ShiftClosed(shift) => one(
            Table::ShiftClosed,
            vec![
                shift.shift_id.0.into(),
                shift.device_id.0.into(),
                shift.staff_id.0.into(),
                shift.at.0.into(),
                shift.expected.minor().into(),
                shift.counted.minor().into(),
                shift.counted.currency().code().to_owned().into(),
                shift.note.as_str().into(),
            ],
        ),
    })
}

fn sale_rows(sale: &Sale) -> Result<Vec<TableRow<'_>>, RowError> {
    let mut rows = vec![TableRow {
        table: Table::Sale,
        cells: vec![
            sale.sale_id.0.into(),
            sale.device_id.0.into(),
            sale.till_code.as_str().into(),
            i64::from(sale.number).into(),
            sale.at.0.into(),
            sale.staff_id.0.into(),
            sale.shift_id.map(|s| s.0).into(),
            sale.customer_id.map(|c| c.0).into(),
            sale.currency.code().to_owned().into(),
            sale.subtotal.minor().into(),
            sale.discount.minor().into(),
            sale.net.minor().into(),
            sale.tax.minor().into(),
            sale.total.minor().into(),
            sale.change.minor().into(),
            serde_json::to_string(sale)?.into(),
        ],
    }];
    for (position, line) in (0_i64..).zip(&sale.lines) {
        let amounts = &line.amounts;
        rows.push(TableRow {
            table: Table::SaleLine,
            cells: vec![
                sale.sale_id.0.into(),
                position.into(),
                line.line.line_id.0.into(),
                line.line.product_id.map(|p| p.0).into(),
                line.line.sku.as_str().into(),
                line.line.name.as_str().into(),
                line.line.quantity.milli().into(),
                line.line.unit_price.minor().into(),
                amounts.list.minor().into(),
                amounts.discount.plus(amounts.cart_discount)?.minor().into(),
                amounts.net.minor().into(),
                amounts.tax.minor().into(),
                amounts.total.minor().into(),
            ],
        });
    }
    for (position, tender) in (0_i64..).zip(&sale.tenders) {
        rows.push(TableRow {
            table: Table::SaleTender,
            cells: vec![
                sale.sale_id.0.into(),
                position.into(),
                name(&tender.kind)?.into(),
                tender.amount.minor().into(),
                tender.reference.as_deref().into(),
            ],
        });
    }
    Ok(rows)
}

fn refund_rows(refund: &Refund) -> Result<Vec<TableRow<'_>>, RowError> {
    let mut rows = vec![TableRow {
        table: Table::Refund,
        cells: vec![
            refund.refund_id.0.into(),
            refund.sale_id.0.into(),
            refund.device_id.0.into(),
            refund.at.0.into(),
            refund.staff_id.0.into(),
            refund.shift_id.map(|s| s.0).into(),
            refund.total.currency().code().to_owned().into(),
            refund.total.minor().into(),
            refund.tax.minor().into(),
            name(&refund.tender.kind)?.into(),
            refund.reason.as_str().into(),
            serde_json::to_string(refund)?.into(),
        ],
    }];
    for (position, line) in (0_i64..).zip(&refund.lines) {
        rows.push(TableRow {
            table: Table::RefundLine,
            cells: vec![
                refund.refund_id.0.into(),
                position.into(),
                line.line_id.0.into(),
                line.product_id.map(|p| p.0).into(),
                line.name.as_str().into(),
                line.quantity.milli().into(),
                line.total.minor().into(),
                line.tax.minor().into(),
                i64::from(line.restock).into(),
            ],
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Cell;

    #[test]
    fn a_body_is_written_with_its_names_in_order() {
        // Both sides hash a body's text: it must not depend on the order in which names came.
        let fields = serde_json::from_str(r#"{"b":{"z":1,"a":2},"a":[{"y":1,"x":2}]}"#).unwrap();
        let row = EntityRow {
            kind: crate::EntityKind::Product,
            id: uuid::Uuid::nil(),
            fields,
            deleted: false,
        };
        let expected = r#"{"a":[{"x":2,"y":1}],"b":{"a":2,"z":1}}"#;
        assert_eq!(
            entity_row(&row).unwrap().cell("body"),
            Some(&Cell::from(expected))
        );
    }

    #[test]
    fn every_row_has_a_value_for_each_column() {
        for fact in crate::table::samples::facts() {
            for row in fact_rows(&fact).unwrap() {
                let columns = row.table.columns();
                assert_eq!(row.cells.len(), columns.len(), "{}", row.table.name());
            }
        }
    }
}
