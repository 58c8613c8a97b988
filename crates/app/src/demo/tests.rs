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
        let sale = |row| match row {
            &FactRow::Sale(ref sale) => Some(sale),
            _ => None,
        };
        self.facts.iter().filter_map(sale).collect()
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
fn before_seven_there_are_all_customers_and_no_sales_today() {
    let six = UnixMs(NOW.0 - (9 * 60 + 40) * 60_000);
    let rows = Rows::after(&history(six));
    let customers = rows
        .entities
        .keys()
        .filter(|(k, _)| *k == EntityKind::Customer);
    assert_eq!(customers.count(), 300);
    assert!(
        rows.sales()
            .iter()
            .all(|sale| day_of(sale.at) < day_of(NOW))
    );
}

#[test]
fn just_after_seven_there_are_a_few_sales_today() {
    let seven = UnixMs(NOW.0 - (8 * 60 + 39) * 60_000);
    let rows = Rows::after(&history(seven));
    let sales = rows.sales();
    let today = sales.iter().filter(|sale| day_of(sale.at) == day_of(NOW));
    assert!(today.count() >= 3);
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
fn phone_numbers_are_valid_and_unique() {
    let rows = &*ROWS;
    let customers = rows.read::<counterfoil_domain::entity::Customer>(EntityKind::Customer);
    let phones: BTreeSet<_> = customers.iter().map(|(_, c)| c.phone.clone()).collect();
    assert_eq!(phones.len(), 300);
    let merchants = rows.read::<Merchant>(EntityKind::Merchant);
    for number in phones
        .into_iter()
        .chain(merchants.into_iter().map(|(_, m)| m.phone))
    {
        assert_eq!(phone::to_e164(&number, "PE"), Ok(number));
    }
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

#[test]
fn tenders_minus_change_equal_the_total_of_every_sale() {
    let rows = &*ROWS;
    for sale in rows.sales() {
        let settled = settle(sale.total, &sale.tenders).unwrap();
        assert_eq!(settled.change, sale.change);
        assert_eq!(settled.tendered.minus(sale.change), Ok(sale.total));
        assert!(settled.due.is_zero());
    }
}

#[test]
fn every_sale_is_priced_as_the_domain_prices_its_cart() {
    let rows = &*ROWS;
    for sale in rows.sales() {
        let mut cart = Cart::empty(CartId(Uuid::nil()), sale.currency);
        cart.lines = sale.lines.iter().map(|l| l.line.clone()).collect();
        let shared = Money::sum(
            sale.currency,
            sale.lines.iter().map(|l| l.amounts.cart_discount),
        );
        cart.discount = Some(counterfoil_domain::Discount::Amount {
            amount: shared.unwrap(),
        });
        assert_eq!(cart.price().unwrap(), sale.priced());
        assert!((1..=5).contains(&sale.lines.len()));
    }
}

#[test]
fn sales_are_numbered_without_gaps() {
    let rows = &*ROWS;
    let numbers: Vec<u32> = rows.sales().iter().map(|sale| sale.number).collect();
    let expected: Vec<u32> = (1..=u32::try_from(numbers.len()).unwrap()).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn ninety_full_days_have_fifty_to_a_hundred_sales_each() {
    let rows = &*ROWS;
    let mut a_day: BTreeMap<i64, usize> = BTreeMap::new();
    for sale in rows.sales() {
        *a_day.entry(day_of(sale.at)).or_default() += 1;
    }
    a_day.remove(&day_of(NOW));
    assert_eq!(a_day.len(), 90);
    assert!(
        a_day.values().all(|count| (50..=100).contains(count)),
        "{a_day:?}"
    );
}

#[test]
fn mondays_are_the_quietest_weekday_and_saturdays_the_busiest() {
    let rows = &*ROWS;
    let mut sums: [(i32, BTreeSet<i64>); 7] = std::array::from_fn(|_| (0, BTreeSet::new()));
    for sale in rows.sales().iter().filter(|s| day_of(s.at) < day_of(NOW)) {
        // 1 January 1970 was a Thursday.
        let weekday = usize::try_from((day_of(sale.at) + 3).rem_euclid(7)).unwrap();
        sums[weekday].0 += 1;
        sums[weekday].1.insert(day_of(sale.at));
    }
    let mean = sums.map(|(count, days)| count * 10 / i32::try_from(days.len()).unwrap());
    assert!(mean[1..].iter().all(|other| *other > mean[0]), "{mean:?}");
    assert!(mean[..5].iter().all(|other| *other < mean[5]), "{mean:?}");
}

#[test]
fn rush_hours_are_busier_than_the_hours_between() {
    let rows = &*ROWS;
    let mut by_hour = [0; 24];
    for sale in rows.sales() {
        let hour = (sale.at.0 - 5 * 3_600_000).rem_euclid(DAY_MS) / 3_600_000;
        by_hour[usize::try_from(hour).unwrap()] += 1;
    }
    assert!(
        by_hour[8] > 2 * by_hour[10] && by_hour[13] > 2 * by_hour[11],
        "{by_hour:?}"
    );
    assert!(by_hour[17] > 2 * by_hour[15], "{by_hour:?}");
}

#[test]
fn about_a_third_of_the_sales_have_a_customer_with_a_card() {
    let rows = &*ROWS;
    let sales = rows.sales();
    let with_card = sales.iter().filter(|s| s.customer_id.is_some()).count();
    let percent = with_card * 100 / sales.len();
    assert!((30..=40).contains(&percent), "{percent} %");
}

#[test]
fn nobody_is_stamped_before_they_enrolled_nor_redeems_more_than_they_earned() {
    let (mut enrolled, mut balances) = (BTreeSet::new(), BTreeMap::<CustomerId, i64>::new());
    let mut redeemed = 0;
    for step in STEPS.iter() {
        match &step.op {
            Op::CustomerEnrolled(c) => assert!(enrolled.insert(c.customer_id)),
            Op::StampGiven(s) => {
                assert!(enrolled.contains(&s.customer_id));
                *balances.entry(s.customer_id).or_default() += 1;
            }
            Op::RewardRedeemed(r) => {
                redeemed += 1;
                *balances.entry(r.customer_id).or_default() -= i64::from(r.stamps);
            }
            _ => {}
        }
        assert!(balances.values().all(|balance| *balance >= 0));
    }
    assert!(redeemed > 100, "{redeemed}");
}

#[test]
fn lapsed_regulars_came_weekly_and_stopped_three_to_five_weeks_ago() {
    let rows = &*ROWS;
    let mut days: BTreeMap<CustomerId, Vec<i64>> = BTreeMap::new();
    for sale in rows.sales() {
        if let Some(customer) = sale.customer_id {
            days.entry(customer)
                .or_default()
                .push(day_of(sale.at) - day_of(NOW));
        }
    }
    let lapsed = days.values().filter(|days| {
        let last = *days.last().unwrap();
        let weeks: BTreeSet<i64> = days.iter().map(|day| (day - last).div_euclid(7)).collect();
        (-42..=-21).contains(&last) && (-5..0).all(|week| weeks.contains(&week))
    });
    assert!(lapsed.count() >= 10);
}

#[test]
fn four_or_five_products_are_low_and_none_is_below_zero() {
    let rows = &*ROWS;
    let pieces = rows.pieces();
    let mut low = Vec::new();
    for (id, product) in rows.read::<Product>(EntityKind::Product) {
        let Some(mark) = product.low_stock_below else {
            continue;
        };
        let left = pieces[&ProductId(id)];
        assert!(left >= 0, "{} {left}", product.sku);
        if left < mark.milli() {
            low.push(product.sku);
        }
    }
    assert!((4..=5).contains(&low.len()), "{low:?}");
}

#[test]
fn every_closed_shift_expects_what_the_ledger_says() {
    let rows = &*ROWS;
    let (mut drawers, mut opened, mut closed) = (HashMap::new(), 0, 0);
    let mut drops = 0;
    for row in &rows.facts {
        match row {
            FactRow::Cash(entry) => {
                drops += usize::from(entry.reason == CashReason::Drop);
                *drawers.entry(entry.shift_id).or_insert(0) += entry.amount.minor();
                assert!(drawers[&entry.shift_id] >= 0);
            }
            FactRow::ShiftOpened(_) => opened += 1,
            FactRow::ShiftClosed(shift) => {
                closed += 1;
                assert_eq!(drawers[&Some(shift.shift_id)], shift.expected.minor());
            }
            _ => {}
        }
    }
    assert_eq!((opened, closed), (91, 90));
    assert!(drops > 60, "{drops}");
}

#[test]
fn refunds_are_few_and_never_above_their_line() {
    let rows = &*ROWS;
    let lines: HashMap<_, _> = rows
        .sales()
        .into_iter()
        .flat_map(|sale| sale.lines.iter().map(|l| (l.line.line_id, l.amounts.total)))
        .collect();
    let mut seen = BTreeSet::new();
    for row in &rows.facts {
        if let FactRow::Refund(refund) = row {
            let line = &refund.lines[0];
            assert_eq!(lines[&line.line_id], refund.total);
            assert!(seen.insert(line.line_id));
        }
    }
    assert!((20..=80).contains(&seen.len()), "{}", seen.len());
}

#[test]
fn visits_keep_to_working_hours_and_never_clash() {
    let rows = &*ROWS;
    let staff = rows.read::<Staff>(EntityKind::Staff);
    let hours: BTreeMap<Uuid, WorkingHours> = staff
        .into_iter()
        .filter_map(|(id, s)| Some((id, s.working_hours?)))
        .collect();
    let zone = ShopZone::named("America/Lima").unwrap();
    let visits = rows.read::<counterfoil_domain::entity::Visit>(EntityKind::Visit);
    let mut busy: BTreeMap<Uuid, Vec<Slot>> = BTreeMap::new();
    for (_, visit) in visits
        .iter()
        .filter(|(_, v)| v.status != VisitStatus::Cancelled)
    {
        let slot = Slot {
            starts_at: visit.starts_at,
            ends_at: visit.ends_at,
        };
        let taken = busy.entry(visit.installer_id.0).or_default();
        assert_eq!(
            check_slot(&hours[&visit.installer_id.0], taken, slot, &zone),
            Ok(())
        );
        taken.push(slot);
    }
    assert_eq!(busy.len(), 2);
}

#[test]
fn the_week_of_visits_has_some_done_some_booked_and_some_today() {
    let rows = &*ROWS;
    let visits = rows.read::<counterfoil_domain::entity::Visit>(EntityKind::Visit);
    let count = |status| visits.iter().filter(|(_, v)| v.status == status).count();
    assert!(count(VisitStatus::Done) >= 8);
    assert!(count(VisitStatus::Booked) >= 8);
    assert_eq!(count(VisitStatus::Cancelled), 1);
    assert!(
        visits
            .iter()
            .any(|(_, v)| day_of(v.starts_at) == day_of(NOW))
    );
    let moved = history(NOW)
        .into_iter()
        .filter(|s| matches!(s.op, Op::VisitMoved(_)));
    assert_eq!(moved.count(), 1);
    let past = visits.iter().filter(|(_, v)| v.ends_at <= NOW);
    assert!(
        past.into_iter()
            .all(|(_, v)| v.status != VisitStatus::Booked)
    );
    let ids: BTreeSet<_> = visits.iter().map(|(id, _)| VisitId(*id)).collect();
    assert_eq!(ids.len(), visits.len());
}

#[test]
fn every_weekday_has_visits_today() {
    for shift in 0..7 {
        let now = UnixMs(NOW.0 + shift * DAY_MS);
        let rows = Rows::after(&history(now));
        let visits = rows.read::<counterfoil_domain::entity::Visit>(EntityKind::Visit);
        assert!(
            visits
                .iter()
                .any(|(_, v)| day_of(v.starts_at) == day_of(now)),
            "{shift}"
        );
    }
}

#[test]
fn merchants_stand_at_different_stages() {
    let rows = &*ROWS;
    let merchants = rows.read::<Merchant>(EntityKind::Merchant);
    let stages: BTreeSet<_> = merchants
        .iter()
        .map(|(_, m)| m.steps.iter().filter(|s| s.done_at.is_some()).count())
        .collect();
    assert_eq!(stages, (0..=6).collect());
    assert!(merchants.iter().all(|(_, m)| m.steps.len() == 6));
}

#[test]
fn the_demo_people_have_their_pins() {
    let people = people().unwrap();
    let named: Vec<_> = people
        .iter()
        .map(|p| (p.name.as_str(), p.pin.as_str()))
        .collect();
    let expected = [
        ("Rosa", "2222"),
        ("Carmen", "1111"),
        ("Luis", "3333"),
        ("Mateo", "4444"),
    ];
    assert_eq!(named, expected);
}
