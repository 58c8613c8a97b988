//! Writing a sheet down: a few statements a table, whatever the number of operations.

use counterfoil_domain::fact::{CashEntry, Refund, Sale, StampEntry, StockEntry};
use counterfoil_domain::{DeviceId, FactRow, UnixMs};
use serde::Serialize;
use uuid::Uuid;

use super::Fault;
use super::many::{self, Statement};
use super::sheet::{Kept, NewFact, Sheet};

/// The name of a serde unit variant, as it travels.
fn wire(value: &impl Serialize) -> Result<String, Fault> {
    Ok(serde_json::to_value(value)?
        .as_str()
        .unwrap_or_default()
        .to_owned())
}

/// New facts by their tables.
#[derive(Default)]
struct Facts<'a> {
    sales: Vec<(&'a NewFact, &'a Sale)>,
    refunds: Vec<(&'a NewFact, &'a Refund)>,
    stamps: Vec<(&'a NewFact, &'a StampEntry, String)>,
    stock: Vec<(&'a NewFact, &'a StockEntry, String)>,
    cash: Vec<(&'a NewFact, &'a CashEntry, String)>,
    shifts: Vec<(&'a NewFact, DeviceId, UnixMs)>,
}

impl<'a> Facts<'a> {
    fn sorted(new: impl Iterator<Item = &'a NewFact>) -> Result<Self, Fault> {
        let mut all = Self::default();
        for fact in new {
            match &fact.row {
                FactRow::Sale(r) => all.sales.push((fact, r)),
                FactRow::Refund(r) => all.refunds.push((fact, r)),
                FactRow::Stamp(r) => all.stamps.push((fact, r, wire(&r.reason)?)),
                FactRow::Stock(r) => all.stock.push((fact, r, wire(&r.reason)?)),
                FactRow::Cash(r) => all.cash.push((fact, r, wire(&r.reason)?)),
                FactRow::ShiftOpened(r) => all.shifts.push((fact, r.device_id, r.at)),
                FactRow::ShiftClosed(r) => all.shifts.push((fact, r.device_id, r.at)),
            }
        }
        Ok(all)
    }
}

impl Sheet<'_> {
    /// Writes down what the operations that held wrote.
    ///
    /// # Errors
    /// [`Fault::Standing`] when a fact that was taken for new was there already; else see [`Fault`]. The caller rolls
    /// back to before the first of them.
    pub(super) async fn flush(&mut self) -> Result<(), Fault> {
        self.flush_facts().await?;
        self.flush_entities().await?;
        self.flush_balances().await?;
        for (device, at) in &self.written.flagged_clocks {
            sqlx::query(include_str!("sql/flag_clock.sql"))
                .bind(&self.tenant)
                .bind(device.to_string())
                .bind(at.0)
                .execute(&mut *self.conn)
                .await?;
        }
        Ok(())
    }

    async fn flush_facts(&mut self) -> Result<(), Fault> {
        let tenant = &self.tenant;
        let conn = &mut *self.conn;
        let facts = Facts::sorted(self.written.facts.values())?;
        let begun = |statement: Statement, id: Uuid, new: &NewFact| {
            statement
                .bind(tenant.clone())
                .bind(id.to_string())
                .bind(new.op_id.to_string())
        };
        let mut inserted = 0;
        inserted += many::insert(
            conn,
            include_str!("sql/insert_sale.sql"),
            &facts.sales,
            |s, (new, sale)| {
                begun(s, sale.sale_id.0, new)
                    .bind(sale.device_id.to_string())
                    .bind(sale.till_code.clone())
                    .bind(i64::from(sale.number))
                    .bind(sale.at.0)
                    .bind(sale.customer_id.map(|c| c.to_string()))
                    .bind(sale.currency.code())
                    .bind(sale.total.minor())
                    .bind(sale.tax.minor())
                    .bind(new.body.clone())
            },
        )
        .await?;
        inserted += many::insert(
            conn,
            include_str!("sql/insert_refund.sql"),
            &facts.refunds,
            |s, (new, refund)| {
                begun(s, refund.refund_id.0, new)
                    .bind(refund.sale_id.to_string())
                    .bind(refund.at.0)
                    .bind(refund.total.currency().code())
                    .bind(refund.total.minor())
                    .bind(new.body.clone())
            },
        )
        .await?;
        inserted += many::insert(
            conn,
            include_str!("sql/insert_stamp.sql"),
            &facts.stamps,
            |s, (new, entry, reason)| {
                begun(s, entry.stamp_id.0, new)
                    .bind(entry.customer_id.to_string())
                    .bind(i64::from(entry.stamps))
                    .bind(reason.clone())
                    .bind(entry.at.0)
                    .bind(new.body.clone())
            },
        )
        .await?;
        inserted += many::insert(
            conn,
            include_str!("sql/insert_stock.sql"),
            &facts.stock,
            |s, (new, entry, reason)| {
                begun(s, entry.entry_id.0, new)
                    .bind(entry.product_id.to_string())
                    .bind(entry.quantity.milli())
                    .bind(reason.clone())
                    .bind(entry.at.0)
                    .bind(new.body.clone())
            },
        )
        .await?;
        inserted += many::insert(
            conn,
            include_str!("sql/insert_cash.sql"),
            &facts.cash,
            |s, (new, entry, reason)| {
                begun(s, entry.entry_id.0, new)
                    .bind(entry.shift_id.map(|s| s.to_string()))
                    .bind(entry.amount.minor())
                    .bind(entry.amount.currency().code())
                    .bind(reason.clone())
                    .bind(entry.at.0)
                    .bind(new.body.clone())
            },
        )
        .await?;
        inserted += many::insert(
            conn,
            include_str!("sql/insert_shift.sql"),
            &facts.shifts,
            |s, (new, device, at)| {
                s.bind(tenant.clone())
                    .bind(new.row.id().to_string())
                    .bind(new.row.name())
                    .bind(new.op_id.to_string())
                    .bind(device.to_string())
                    .bind(at.0)
                    .bind(new.body.clone())
            },
        )
        .await?;
        if inserted == self.written.facts.len() as u64 {
            Ok(())
        } else {
            Err(Fault::Standing)
        }
    }

    async fn flush_entities(&mut self) -> Result<(), Fault> {
        let tenant = &self.tenant;
        let mut rows = Vec::with_capacity(self.written.entities.len());
        for kept in self.written.entities.values() {
            let body = serde_json::to_string(&kept.stored.row.fields)?;
            rows.push((kept, body, serde_json::to_string(&kept.stored.clocks)?));
        }
        many::insert(
            &mut *self.conn,
            include_str!("sql/save_entity.sql"),
            &rows,
            |s,
             (
                Kept {
                    stored,
                    lookup,
                    lookup_at,
                },
                body,
                clocks,
            )| {
                s.bind(tenant.clone())
                    .bind(stored.row.kind.name())
                    .bind(stored.row.id.to_string())
                    .bind(body.clone())
                    .bind(clocks.clone())
                    .bind(i64::from(stored.row.deleted))
                    .bind(lookup.clone())
                    .bind(*lookup_at)
            },
        )
        .await?;
        Ok(())
    }

    async fn flush_balances(&mut self) -> Result<(), Fault> {
        let tenant = &self.tenant;
        let stamps: Vec<_> = self.written.stamps.iter().collect();
        many::insert(
            &mut *self.conn,
            include_str!("sql/save_stamp_balance.sql"),
            &stamps,
            |s, (customer, sum)| {
                s.bind(tenant.clone())
                    .bind(customer.to_string())
                    .bind(sum.balance)
                    .bind(sum.last_given_at.map(|at| at.0))
            },
        )
        .await?;
        let stock: Vec<_> = self.written.stock.iter().collect();
        many::insert(
            &mut *self.conn,
            include_str!("sql/save_stock_balance.sql"),
            &stock,
            |s, (product, milli)| {
                s.bind(tenant.clone())
                    .bind(product.to_string())
                    .bind(**milli)
            },
        )
        .await?;
        Ok(())
    }
}
