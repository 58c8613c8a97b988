//! What the ledgers must add up to, worked out from what people did and by nothing that the product computes.

use std::collections::BTreeMap;

use counterfoil_domain::Op;
use counterfoil_domain::tender::TenderKind;
use uuid::Uuid;

/// Sums of ledgers, without what is zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// Stamps by customer.
    pub stamps: BTreeMap<Uuid, i64>,
    /// Thousandths of pieces by product.
    pub stock: BTreeMap<Uuid, i64>,
    /// Cash in all drawers, in minor units.
    pub cash: i64,
    /// Number of sales and what they brought, in minor units.
    pub sales: (u64, i64),
    /// Number of refunds and what they cost, in minor units.
    pub refunds: (u64, i64),
}

impl Sums {
    /// Of all these operations, each counted once.
    pub fn of<'a>(ops: impl IntoIterator<Item = &'a Op>) -> Self {
        let mut sums = Self::default();
        for op in ops {
            sums.add(op);
        }
        sums.stamps.retain(|_, sum| *sum != 0);
        sums.stock.retain(|_, sum| *sum != 0);
        sums
    }

    fn add(&mut self, op: &Op) {
        match op {
            Op::SaleCompleted(sale) => {
                for line in &sale.lines {
                    if let Some(id) = line.line.product_id {
                        *self.stock.entry(id.0).or_default() -= line.line.quantity.milli();
                    }
                }
                let cash: i64 = sale
                    .tenders
                    .iter()
                    .filter(|tender| tender.kind == TenderKind::Cash)
                    .map(|tender| tender.amount.minor())
                    .sum();
                self.cash += cash - sale.change.minor();
                self.sales.0 += 1;
                self.sales.1 += sale.total.minor();
            }
            Op::SaleRefunded(refund) => {
                for line in refund.lines.iter().filter(|line| line.restock) {
                    if let Some(id) = line.product_id {
                        *self.stock.entry(id.0).or_default() += line.quantity.milli();
                    }
                }
                if refund.tender.kind == TenderKind::Cash {
                    self.cash -= refund.total.minor();
                }
                self.refunds.0 += 1;
                self.refunds.1 += refund.total.minor();
            }
            Op::StampGiven(stamp) => *self.stamps.entry(stamp.customer_id.0).or_default() += 1,
            Op::StampReversed(stamp) => *self.stamps.entry(stamp.customer_id.0).or_default() -= 1,
            Op::RewardRedeemed(reward) => {
                *self.stamps.entry(reward.customer_id.0).or_default() -= i64::from(reward.stamps);
            }
            Op::StockMoved(moved) => {
                *self.stock.entry(moved.product_id.0).or_default() += moved.quantity.milli();
            }
            Op::CashMoved(moved) => self.cash += moved.amount.minor(),
            Op::ShiftOpened(shift) => self.cash += shift.opening_float.minor(),
            _ => {}
        }
    }
}
