//! How the small shop comes to be, and edits of whatever is in it.

use counterfoil_domain::entity::{
    Category, Merchant, OnboardingStep, Role, Shop, Staff, fields_of,
};
use counterfoil_domain::fact::StockReason;
use counterfoil_domain::op::{EntityDeleted, EntityEdited, StockMoved};
use counterfoil_domain::tax::{TaxClass, TaxRate};
use counterfoil_domain::visit::{DayHours, WorkingHours};
use counterfoil_domain::{EntityKind, Op, Quantity};
use serde_json::Value;
use uuid::Uuid;

use crate::shop::{SampleError, SampleShop};

impl SampleShop {
    /// Shop, people, category, products with ten pieces each, and the merchant.
    ///
    /// # Errors
    /// Never; the samples serialise.
    pub fn setup(&self) -> Result<Vec<Op>, SampleError> {
        let shop = Shop {
            name: "Café Prueba".to_owned(),
            tax_classes: vec![igv()],
            reward_name: "Un café".to_owned(),
            ..Shop::default()
        };
        let hours = WorkingHours {
            days: std::array::from_fn(|day| {
                (day < 6).then_some(DayHours {
                    from_min: 9 * 60,
                    to_min: 18 * 60,
                })
            }),
            travel_gap_min: 30,
            slot_min: 60,
        };
        let person = |name: &str, role, working_hours| Staff {
            name: name.to_owned(),
            role,
            pin_hash: String::new(),
            pin_digits: None,
            active: true,
            working_hours,
        };
        let merchant = Merchant {
            name: "Bodega Rosita".to_owned(),
            district: "Surco".to_owned(),
            steps: vec![OnboardingStep {
                code: "contract".to_owned(),
                name: "Contrato".to_owned(),
                done_at: None,
            }],
            ..Merchant::default()
        };
        let category = Category {
            name: "Todo".to_owned(),
            position: 0,
        };
        let people = [
            (self.cashier, person("Ana", Role::Cashier, None)),
            (self.owner, person("Luis", Role::Owner, None)),
            (self.installer, person("Iris", Role::Installer, Some(hours))),
        ];
        let mut ops = vec![edit_all(EntityKind::Shop, self.tenant_id.0, &shop)?];
        for (id, staff) in &people {
            ops.push(edit_all(EntityKind::Staff, id.0, staff)?);
        }
        ops.push(edit_all(EntityKind::Category, self.category.0, &category)?);
        for (id, product) in &self.products {
            ops.push(edit_all(EntityKind::Product, id.0, product)?);
            ops.push(Op::StockMoved(StockMoved {
                product_id: *id,
                quantity: Quantity::pieces(10),
                reason: StockReason::Delivered,
            }));
        }
        ops.push(edit_all(EntityKind::Merchant, self.merchant.0, &merchant)?);
        Ok(ops)
    }
}

/// One field of an entity is set.
#[must_use]
pub fn edit(entity: EntityKind, id: Uuid, field: &str, value: Value) -> Op {
    Op::EntityEdited(EntityEdited {
        entity,
        id,
        fields: [(field.to_owned(), value)].into(),
    })
}

/// An entity is deleted.
#[must_use]
pub const fn delete(entity: EntityKind, id: Uuid) -> Op {
    Op::EntityDeleted(EntityDeleted { entity, id })
}

fn edit_all<T: serde::Serialize>(
    entity: EntityKind,
    id: Uuid,
    value: &T,
) -> Result<Op, SampleError> {
    Ok(Op::EntityEdited(EntityEdited {
        entity,
        id,
        fields: fields_of(value)?,
    }))
}

pub(crate) fn igv() -> TaxClass {
    TaxClass {
        code: "igv".to_owned(),
        name: "IGV 18 %".to_owned(),
        rate: TaxRate(1800),
    }
}
