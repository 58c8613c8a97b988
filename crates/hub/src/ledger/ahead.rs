//! Reading ahead: what a batch of operations will want to know, read in a few statements.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_domain::{EntityKind, Op, UnixMs};
use sqlx::Row as _;
use uuid::Uuid;

use super::sheet::{Sheet, StampSum};
use super::{Fault, many, read};

/// What operations will ask for. Whatever is not named here is read when it is asked for.
#[derive(Debug, Default)]
pub(super) struct Wants {
    entities: BTreeMap<EntityKind, BTreeSet<Uuid>>,
    phones: BTreeSet<String>,
    stamps: BTreeSet<Uuid>,
    stock: BTreeSet<Uuid>,
}

impl Wants {
    pub(super) fn of<'a>(ops: impl Iterator<Item = &'a Op>) -> Self {
        let mut wants = Self::default();
        for op in ops {
            wants.add(op);
        }
        wants
    }

    fn entity(&mut self, kind: EntityKind, id: Uuid) {
        self.entities.entry(kind).or_default().insert(id);
    }

    fn customer(&mut self, id: Uuid) {
        self.entity(EntityKind::Customer, id);
        self.stamps.insert(id);
    }

    fn add(&mut self, op: &Op) {
        match op {
            Op::SaleCompleted(sale) => {
                if let Some(id) = sale.customer_id {
                    self.entity(EntityKind::Customer, id.0);
                }
                let products = sale.lines.iter().filter_map(|l| l.line.product_id);
                self.stock.extend(products.map(|p| p.0));
            }
            Op::SaleRefunded(refund) => {
                let products = refund.lines.iter().filter_map(|l| l.product_id);
                self.stock.extend(products.map(|p| p.0));
            }
            Op::StampGiven(s) => self.customer(s.customer_id.0),
            Op::StampReversed(s) => self.customer(s.customer_id.0),
            Op::RewardRedeemed(s) => self.customer(s.customer_id.0),
            Op::StockMoved(m) => {
                self.stock.insert(m.product_id.0);
            }
            Op::CustomerEnrolled(c) => {
                self.entity(EntityKind::Customer, c.customer_id.0);
                self.phone(&c.customer.phone);
            }
            Op::EntityEdited(e) => {
                self.entity(e.entity, e.id);
                let phone = e.fields.get("phone").and_then(serde_json::Value::as_str);
                if let (EntityKind::Customer, Some(phone)) = (e.entity, phone) {
                    self.phone(phone);
                }
            }
            Op::EntityDeleted(e) => self.entity(e.entity, e.id),
            Op::VisitDone(v) => self.entity(EntityKind::Visit, v.visit_id.0),
            Op::VisitBooked(v) => self.entity(EntityKind::Visit, v.visit_id.0),
            Op::VisitMoved(v) => self.entity(EntityKind::Visit, v.visit_id.0),
            Op::VisitCancelled(v) => self.entity(EntityKind::Visit, v.visit_id.0),
            Op::CashMoved(_) | Op::ShiftOpened(_) | Op::ShiftClosed(_) => {}
        }
    }

    fn phone(&mut self, phone: &str) {
        // What an engine cannot hold it cannot be asked for either.
        if !phone.is_empty() && !phone.contains('\0') {
            self.phones.insert(phone.to_owned());
        }
    }
}

fn texts(ids: &BTreeSet<Uuid>) -> Vec<String> {
    ids.iter().map(Uuid::to_string).collect()
}

impl Sheet<'_> {
    /// Reads what will be wanted.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn read_ahead(&mut self, wants: &Wants) -> Result<(), Fault> {
        for (kind, ids) in &wants.entities {
            self.read_entities(*kind, ids).await?;
        }
        self.read_phones(&wants.phones).await?;
        let tenant = self.tenant.clone();
        let rows = many::list(
            &mut *self.conn,
            include_str!("sql/list_stamp_balances.sql"),
            &texts(&wants.stamps),
            |s| s.bind(tenant.clone()),
        )
        .await?;
        let none = |id: &Uuid| (*id, StampSum::default());
        self.known.stamps.extend(wants.stamps.iter().map(none));
        for row in rows {
            let sum = StampSum {
                balance: row.try_get("balance")?,
                last_given_at: row.try_get::<Option<i64>, _>("last_given_at")?.map(UnixMs),
            };
            let customer = read::uuid(&row, "customer_id")?;
            self.known.stamps.insert(customer, sum);
        }
        let rows = many::list(
            &mut *self.conn,
            include_str!("sql/list_stock_balances.sql"),
            &texts(&wants.stock),
            |s| s.bind(tenant.clone()),
        )
        .await?;
        self.known
            .stock
            .extend(wants.stock.iter().map(|id| (*id, 0)));
        for row in rows {
            let product = read::uuid(&row, "product_id")?;
            self.known
                .stock
                .insert(product, row.try_get("quantity_milli")?);
        }
        Ok(())
    }

    async fn read_entities(&mut self, kind: EntityKind, ids: &BTreeSet<Uuid>) -> Result<(), Fault> {
        let tenant = self.tenant.clone();
        let rows = many::list(
            &mut *self.conn,
            include_str!("sql/list_entities_by_id.sql"),
            &texts(ids),
            |s| s.bind(tenant.clone()).bind(kind.name()),
        )
        .await?;
        let none = |id: &Uuid| ((kind, *id), None);
        self.known.entities.extend(ids.iter().map(none));
        for row in rows {
            let subject = (kind, read::uuid(&row, "entity_id")?);
            let raw = read::Raw::of(&row, subject)?;
            self.known.entities.insert(subject, Some(raw));
        }
        Ok(())
    }

    async fn read_phones(&mut self, phones: &BTreeSet<String>) -> Result<(), Fault> {
        let kind = EntityKind::Customer;
        let tenant = self.tenant.clone();
        let asked: Vec<String> = phones.iter().cloned().collect();
        let rows = many::list(
            &mut *self.conn,
            include_str!("sql/list_entities_by_lookup.sql"),
            &asked,
            |s| s.bind(tenant.clone()).bind(kind.name()),
        )
        .await?;
        let known = &mut self.known.ids_by_lookup;
        known.extend(asked.into_iter().map(|phone| ((kind, phone), Vec::new())));
        for row in rows {
            let phone: String = row.try_get("lookup")?;
            let id = read::uuid(&row, "entity_id")?;
            known.entry((kind, phone)).or_default().push(id);
        }
        known.values_mut().for_each(|ids| ids.sort_unstable());
        Ok(())
    }
}
