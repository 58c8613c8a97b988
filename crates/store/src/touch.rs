//! Which rows an operation concerns: what it must not overtake when it is sent, and what it edits.

use std::collections::BTreeMap;

use counterfoil_domain::effect::Effect;
use counterfoil_domain::entity::Fields;
use counterfoil_domain::{EntityKind, Op};
use uuid::Uuid;

/// A row by kind and id; beside the entities' kinds there are `sale` and `shift`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Touch {
    /// The kind of row.
    pub kind: String,
    /// Its id.
    pub id: Uuid,
}

const SALE: &str = "sale";
const SHIFT: &str = "shift";

/// Every row an operation concerns, with whether it edits that entity.
pub(crate) fn touches(op: &Op, effects: &[Effect]) -> BTreeMap<(&'static str, Uuid), bool> {
    let mut all = BTreeMap::new();
    let mut names = |kind: &'static str, id: Uuid| {
        all.entry((kind, id)).or_insert(false);
    };
    let customer = EntityKind::Customer.name();
    let product = EntityKind::Product.name();
    match op {
        Op::SaleCompleted(sale) => {
            names(SALE, sale.sale_id.0);
            if let Some(id) = sale.shift_id {
                names(SHIFT, id.0);
            }
            if let Some(id) = sale.customer_id {
                names(customer, id.0);
            }
            for id in sale.lines.iter().filter_map(|l| l.line.product_id) {
                names(product, id.0);
            }
        }
        Op::SaleRefunded(refund) => {
            names(SALE, refund.sale_id.0);
            if let Some(id) = refund.shift_id {
                names(SHIFT, id.0);
            }
            for id in refund.lines.iter().filter_map(|l| l.product_id) {
                names(product, id.0);
            }
        }
        Op::StampGiven(s) => names(customer, s.customer_id.0),
        Op::StampReversed(s) => names(customer, s.customer_id.0),
        Op::RewardRedeemed(s) => names(customer, s.customer_id.0),
        Op::StockMoved(m) => names(product, m.product_id.0),
        Op::CashMoved(m) => {
            if let Some(id) = m.shift_id {
                names(SHIFT, id.0);
            }
        }
        Op::ShiftOpened(s) => names(SHIFT, s.shift_id.0),
        Op::ShiftClosed(s) => names(SHIFT, s.shift_id.0),
        Op::VisitBooked(v) => {
            names(EntityKind::Merchant.name(), v.merchant_id.0);
            names(EntityKind::Staff.name(), v.installer_id.0);
        }
        Op::VisitMoved(v) => names(EntityKind::Staff.name(), v.installer_id.0),
        Op::EntityEdited(e) => {
            for (kind, id) in references(&e.fields) {
                names(kind, id);
            }
        }
        // What these edit is added below.
        Op::CustomerEnrolled(_)
        | Op::VisitDone(_)
        | Op::VisitCancelled(_)
        | Op::EntityDeleted(_) => {}
    }
    for (kind, id) in effects.iter().filter_map(Effect::entity) {
        all.insert((kind.name(), id), true);
    }
    all
}

/// Entities that an edit's fields refer to: a product's category comes before the product.
fn references(fields: &Fields) -> impl Iterator<Item = (&'static str, Uuid)> + '_ {
    [
        ("category_id", EntityKind::Category),
        ("merchant_id", EntityKind::Merchant),
        ("installer_id", EntityKind::Staff),
    ]
    .into_iter()
    .filter_map(|(field, kind)| {
        let text = fields.get(field)?.as_str()?;
        Some((kind.name(), Uuid::parse_str(text).ok()?))
    })
}
