//! The history while it is written: the steps, and the ledgers' sums that later steps depend on.

use std::collections::HashMap;

use counterfoil_domain::fact::FactRow;
use counterfoil_domain::{
    Currency, DeviceId, Effect, Hlc, Money, Op, OpId, OpMeta, ProductId, StaffId, TenantId, UnixMs,
    effects,
};
use uuid::Uuid;

use super::{DemoError, DemoStep, DemoTill};

/// Steps so far, and what they did to stock and drawer by the domain's own account.
pub(super) struct Book {
    pub(super) tenant_id: TenantId,
    pub(super) device_id: DeviceId,
    pub(super) till_code: String,
    pub(super) currency: Currency,
    steps: Vec<DemoStep>,
    stock: HashMap<ProductId, i64>,
    drawer: Money,
    sales: u32,
}

impl Book {
    pub(super) fn new(till: &DemoTill, currency: Currency) -> Self {
        Self {
            tenant_id: till.tenant_id,
            device_id: till.device_id,
            till_code: till.till_code.clone(),
            currency,
            steps: Vec::new(),
            stock: HashMap::new(),
            drawer: Money::zero(currency),
            sales: 0,
        }
    }

    /// Writes a step and carries its stock and cash entries into the sums.
    pub(super) fn write(&mut self, at: UnixMs, staff_id: StaffId, op: Op) -> Result<(), DemoError> {
        let meta = OpMeta {
            op_id: OpId(Uuid::nil()),
            device_id: self.device_id,
            staff_id: Some(staff_id),
            at,
            hlc: Hlc::default(),
            redoes: None,
        };
        for effect in effects(&op, &meta)? {
            match effect {
                Effect::Insert(FactRow::Stock(entry)) => {
                    *self.stock.entry(entry.product_id).or_default() += entry.quantity.milli();
                }
                Effect::Insert(FactRow::Cash(entry)) => {
                    self.drawer = self.drawer.plus(entry.amount)?;
                }
                _ => {}
            }
        }
        self.steps.push(DemoStep { op, at, staff_id });
        Ok(())
    }

    /// Whole pieces on the shelf.
    pub(super) fn pieces(&self, product: ProductId) -> i64 {
        self.stock.get(&product).copied().unwrap_or(0) / 1000
    }

    /// What should be in the drawer.
    pub(super) const fn drawer(&self) -> Money {
        self.drawer
    }

    /// The drawer was emptied after the shift: the next one begins with its own float.
    pub(super) const fn empty_drawer(&mut self) {
        self.drawer = Money::zero(self.currency);
    }

    /// The till's next gapless number.
    pub(super) const fn next_number(&mut self) -> u32 {
        self.sales += 1;
        self.sales
    }

    /// The history up to a moment, in time order; what was written first stays first within a moment.
    pub(super) fn steps_until(self, now: UnixMs) -> Vec<DemoStep> {
        let mut steps = self.steps;
        steps.retain(|step| step.at <= now);
        steps.sort_by_key(|step| step.at);
        steps
    }
}
