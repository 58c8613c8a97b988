mod people;
mod trade;
mod visits;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use counterfoil_domain::barcode::is_valid_gtin;
use counterfoil_domain::entity::{EntityKind, Merchant, Product, Role, Shop, Staff};
use counterfoil_domain::fact::{CashReason, FactRow, Sale};
use counterfoil_domain::tender::settle;
use counterfoil_domain::visit::{Slot, VisitStatus, WorkingHours, check_slot};
use counterfoil_domain::{
    Cart, CartId, CustomerId, Effect, EntityRow, Hlc, Money, OpId, OpMeta, ProductId, VisitId,
    effects, phone,
};
use uuid::Uuid;

use super::*;

/// Saturday 21 November 2026, 15:40 in Lima.
const NOW: UnixMs = UnixMs(1_795_293_600_000);
const DAY_MS: i64 = 86_400_000;

fn till() -> DemoTill {
    DemoTill {
        tenant_id: TenantId(Uuid::from_u128(1)),
        device_id: DeviceId(Uuid::from_u128(2)),
        till_code: "T1".to_owned(),
    }
}

fn history(now: UnixMs) -> Vec<DemoStep> {
    operations(&till(), now, SEED).unwrap().collect()
}

/// The history up to [`NOW`], made once for all tests.
static STEPS: LazyLock<Vec<DemoStep>> = LazyLock::new(|| history(NOW));
static ROWS: LazyLock<Rows> = LazyLock::new(|| Rows::after(&STEPS));

/// The rows a store would hold after the history.
#[derive(Default)]
struct Rows {
    entities: BTreeMap<(EntityKind, Uuid), EntityRow>,
    facts: Vec<FactRow>,
}

impl Rows {
    fn after(steps: &[DemoStep]) -> Self {
        let mut rows = Self::default();
        for (place, step) in steps.iter().enumerate() {
            let meta = OpMeta {
                op_id: OpId(Uuid::from_u128((place as u128) << 16)),
                device_id: till().device_id,
                staff_id: Some(step.staff_id),
                at: step.at,
                hlc: Hlc::default(),
                redoes: None,
            };
            for effect in effects(&step.op, &meta).unwrap() {
                match effect {
                    Effect::Insert(row) => rows.facts.push(row),
                    Effect::Patch { kind, id, fields } => {
                        let row = rows.entities.entry((kind, id)).or_insert(EntityRow {
                            kind,
                            id,
                            fields: Default::default(),
                            deleted: false,
                        });
                        row.fields.extend(fields);
                    }
                    Effect::Delete { .. } => panic!("the demo deletes nothing"),
                }
            }
        }
        rows
    }

    fn read<T: serde::de::DeserializeOwned>(&self, kind: EntityKind) -> Vec<(Uuid, T)> {
        let of_kind = self.entities.iter().filter(|((k, _), _)| *k == kind);
        of_kind
            .map(|((_, id), row)| (*id, row.read().unwrap()))
            .collect()
    }

    fn sales(&self) -> Vec<&Sale> {
        let sales = self.facts.iter().filter_map(|row| match row {
            FactRow::Sale(sale) => Some(sale),
            _ => None,
        });
        sales.collect()
    }

    fn pieces(&self) -> HashMap<ProductId, i64> {
        let mut pieces = HashMap::new();
        for row in &self.facts {
            if let FactRow::Stock(entry) = row {
                *pieces.entry(entry.product_id).or_default() += entry.quantity.milli();
            }
        }
        pieces
    }
}

fn day_of(at: UnixMs) -> i64 {
    (at.0 - 5 * 3_600_000).div_euclid(DAY_MS)
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let bytes = |steps: &[DemoStep]| {
        let lines = steps.iter().map(|step| {
            let payload = step.op.payload().unwrap();
            format!(
                "{} {} {} {payload}\n",
                step.at.0,
                step.staff_id,
                step.op.kind()
            )
        });
        lines.collect::<String>()
    };
    assert_eq!(bytes(&history(NOW)), bytes(&STEPS));
}

#[test]
fn another_seed_gives_another_history() {
    let other: Vec<_> = operations(&till(), NOW, SEED + 1).unwrap().collect();
    assert_ne!(*STEPS, other);
}

#[test]
fn an_earlier_now_gives_a_prefix() {
    let (early, late) = (history(UnixMs(NOW.0 - 4 * 3_600_000)), &*STEPS);
    assert!(early.len() < late.len());
    assert!(late.starts_with(&early));
}

#[test]
fn the_history_is_in_time_order_and_ends_by_now() {
    let steps = &*STEPS;
    assert!(steps.is_sorted_by_key(|step| step.at));
    let last = steps.last().unwrap().at;
    assert!(last <= NOW && NOW.since(last) < 30 * 60_000);
}

#[test]
fn the_counts_are_those_of_the_demo_shop() {
    let rows = &*ROWS;
    assert_eq!(rows.read::<Product>(EntityKind::Product).len(), 60);
    let count = |kind| rows.entities.keys().filter(|(k, _)| *k == kind).count();
    assert_eq!(count(EntityKind::Shop), 1);
    assert_eq!(count(EntityKind::Category), 6);
    assert_eq!(count(EntityKind::Customer), 300);
    assert_eq!(count(EntityKind::Merchant), 8);
    let staff = rows.read::<Staff>(EntityKind::Staff);
    let installers = staff.iter().filter(|(_, s)| s.role == Role::Installer);
    assert_eq!((staff.len(), installers.count()), (4, 2));
    assert!(
        staff
            .iter()
            .all(|(_, s)| s.active && s.pin_hash.starts_with("$argon2id$"))
    );
}

#[test]
fn barcodes_are_valid_and_unique() {
    let rows = &*ROWS;
    let products = rows.read::<Product>(EntityKind::Product);
    let codes: BTreeSet<_> = products.iter().map(|(_, p)| p.barcode.as_str()).collect();
    assert_eq!(codes.len(), 60);
    assert!(
        codes
            .iter()
            .all(|code| code.len() == 13 && is_valid_gtin(code))
    );
}

#[test]
fn every_product_has_its_picture() {
    let rows = &*ROWS;
    for (_, product) in rows.read::<Product>(EntityKind::Product) {
        let svg = picture(&product.picture).unwrap();
        assert!(
            svg.starts_with(b"<svg ") && svg.len() < 3072,
            "{}",
            product.sku
        );
        assert_eq!(picture(&product.sku), Some(svg));
    }
    assert_eq!(picture("nothing"), None);
}

#[test]
fn settings_leave_the_card_keys_alone() {
    let steps = &*STEPS;
    let Op::EntityEdited(edit) = &steps[0].op else {
        panic!("the shop comes first");
    };
    assert_eq!(
        (edit.entity, edit.id),
        (EntityKind::Shop, till().tenant_id.0)
    );
    assert!(!edit.fields.contains_key("card_keys"));
    let shop: Shop = ROWS.read(EntityKind::Shop).remove(0).1;
    assert_eq!((shop.stamps_required, shop.stamp_cooldown_s), (5, 300));
}
