//! Writing a sheet down: a few statements a table, whatever the number of operations.

use counterfoil_domain::fact::{CashEntry, Refund, Sale, StampEntry, StockEntry};
use counterfoil_domain::{DeviceId, FactRow, UnixMs};
use serde::Serialize;
use uuid::Uuid;

use super::Fault;
use super::cells::Cells;
use super::many;
use super::sheet::{NewFact, Sheet};

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
    /// See [`Fault`]; the caller rolls back to before the first of them.
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
        fn begun<'c>(cells: &'c mut Cells, tenant: &str, id: Uuid, new: &NewFact) -> &'c mut Cells {
            cells.text(tenant).id(id).id(new.op_id.0)
        }
        many::insert(
            conn,
            include_str!("sql/insert_sale.sql"),
            &facts.sales,
            |cells, (new, sale)| {
                begun(cells, tenant, sale.sale_id.0, new)
                    .id(sale.device_id.0)
                    .text(&*sale.till_code)
                    .number(i64::from(sale.number))
                    .number(sale.at.0)
                    .maybe_id(sale.customer_id.map(|c| c.0))
                    .text(sale.currency.code())
                    .number(sale.total.minor())
                    .number(sale.tax.minor())
                    .text(&*new.body);
            },
        )
        .await?;
        many::insert(
            conn,
            include_str!("sql/insert_refund.sql"),
            &facts.refunds,
            |cells, (new, refund)| {
                begun(cells, tenant, refund.refund_id.0, new)
                    .id(refund.sale_id.0)
                    .number(refund.at.0)
                    .text(refund.total.currency().code())
                    .number(refund.total.minor())
                    .text(&*new.body);
            },
        )
        .await?;
        many::insert(
            conn,
            include_str!("sql/insert_stamp.sql"),
            &facts.stamps,
            |cells, (new, entry, reason)| {
                begun(cells, tenant, entry.stamp_id.0, new)
                    .id(entry.customer_id.0)
                    .number(i64::from(entry.stamps))
                    .text(&**reason)
                    .number(entry.at.0)
                    .text(&*new.body);
            },
        )
        .await?;
        many::insert(
            conn,
            include_str!("sql/insert_stock.sql"),
            &facts.stock,
            |cells, (new, entry, reason)| {
                begun(cells, tenant, entry.entry_id.0, new)
                    .id(entry.product_id.0)
                    .number(entry.quantity.milli())
                    .text(&**reason)
                    .number(entry.at.0)
                    .text(&*new.body);
            },
        )
        .await?;
        many::insert(
            conn,
            include_str!("sql/insert_cash.sql"),
            &facts.cash,
            |cells, (new, entry, reason)| {
                begun(cells, tenant, entry.entry_id.0, new)
                    .maybe_id(entry.shift_id.map(|s| s.0))
                    .number(entry.amount.minor())
                    .text(entry.amount.currency().code())
                    .text(&**reason)
                    .number(entry.at.0)
                    .text(&*new.body);
            },
        )
        .await?;
        many::insert(
            conn,
            include_str!("sql/insert_shift.sql"),
            &facts.shifts,
            |cells, (new, device, at)| {
                cells
                    .text(&**tenant)
                    .id(new.row.id())
                    .text(new.row.name())
                    .id(new.op_id.0)
                    .id(device.0)
                    .number(at.0)
                    .text(&*new.body);
            },
        )
        .await?;
        Ok(())
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
            |cells, (kept, body, clocks)| {
                let row = &kept.stored.row;
                cells
                    .text(&**tenant)
                    .text(row.kind.name())
                    .id(row.id)
                    .text(&**body)
                    .text(&**clocks)
                    .number(i64::from(row.deleted))
                    .maybe_text(kept.lookup.as_deref())
                    .maybe_number(kept.lookup_at);
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
            |cells, (customer, sum)| {
                cells
                    .text(&**tenant)
                    .id(**customer)
                    .number(sum.balance)
                    .maybe_number(sum.last_given_at.map(|at| at.0));
            },
        )
        .await?;
        let stock: Vec<_> = self.written.stock.iter().collect();
        many::insert(
            &mut *self.conn,
            include_str!("sql/save_stock_balance.sql"),
            &stock,
            |cells, (product, milli)| {
                cells.text(&**tenant).id(**product).number(**milli);
            },
        )
        .await?;
        Ok(())
    }
}
