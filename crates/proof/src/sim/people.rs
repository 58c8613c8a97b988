//! What people do at a till: whatever it shows them at that moment, they do something with.

use counterfoil_domain::entity::EntityKind;
use counterfoil_domain::fact::{CashReason, Sale, ShiftClosed, ShiftOpened};
use counterfoil_domain::op::{CashMoved, StampReversed, VisitDone};
use counterfoil_domain::{Currency, Money, Op, ShiftId, StampId, UnixMs, VisitId};
use counterfoil_store::Store;
use counterfoil_testkit::{SampleShop, delete, edit};
use serde_json::json;
use uuid::Uuid;

use super::dice::Dice;
use super::node::texts;
use super::{Outcome, say};

const DAY_MS: i64 = 24 * 3_600_000;

/// Draws the next thing somebody does at a till; none when it needs something that the till does not show.
///
/// # Errors
/// When the till's database fails.
pub fn draw(dice: &mut Dice, shop: &SampleShop, store: &Store, now: UnixMs) -> Outcome<Option<Op>> {
    Ok(match dice.below(100) {
        0..=21 => Some(sale(dice, shop, store, now)?),
        22..=28 => refund(dice, shop, store, now)?,
        29..=38 => Some(enrol(dice, shop)),
        39..=53 => customer(dice, store)?.map(|id| shop.stamp(id.into())),
        54..=57 => reverse(dice, shop, store)?,
        58..=60 => customer(dice, store)?.map(|id| shop.redeem(id.into())),
        61..=65 => Some(shop.deliver(dice.below(3), dice.between(-4, 12))),
        66..=69 => Some(cash(dice)?),
        70..=73 => shift(dice, shop, store, now)?,
        74..=81 => edit_customer(dice, store)?,
        82..=83 => customer(dice, store)?.map(|id| delete(EntityKind::Customer, id)),
        84..=87 => Some(reprice(dice, shop)?),
        88..=89 => Some(edit(
            EntityKind::Merchant,
            shop.merchant.0,
            "contact",
            json!(format!("Señora {}", dice.below(100))),
        )),
        90..=97 => visit(dice, shop, store, now)?,
        _ => resolve(dice, store)?,
    })
}

fn one(dice: &mut Dice, store: &Store, sql: &'static str) -> Outcome<Option<Uuid>> {
    let all = texts(store, sql)?;
    dice.pick(&all)
        .map(|text| Uuid::parse_str(text).map_err(|e| say(e.to_string())))
        .transpose()
}

fn customer(dice: &mut Dice, store: &Store) -> Outcome<Option<Uuid>> {
    one(dice, store, "SELECT id FROM customer ORDER BY id")
}

fn sale(dice: &mut Dice, shop: &SampleShop, store: &Store, now: UnixMs) -> Outcome<Op> {
    let number = store.read(|conn| {
        let sql = "SELECT coalesce(max(number), 0) + 1 AS number FROM sale WHERE device_id = ?1";
        Ok(conn
            .prepare_cached(sql)?
            .query_row([shop.device_id.to_string()], |row| row.get("number"))?)
    })?;
    let lines = dice.below(3) + 1;
    let pieces: Vec<_> = (0..lines)
        .map(|_| (dice.below(3), dice.between(1, 3)))
        .collect();
    let customer = if dice.percent(40) {
        customer(dice, store)?
    } else {
        None
    };
    let mut sale = shop
        .sale(number, &pieces, customer.map(Into::into), now)
        .map_err(|e| say(e.to_string()))?;
    sale.shift_id = open_shift(store, shop)?;
    Ok(Op::SaleCompleted(sale))
}

fn refund(dice: &mut Dice, shop: &SampleShop, store: &Store, now: UnixMs) -> Outcome<Option<Op>> {
    let sales = texts(store, "SELECT body FROM sale ORDER BY sale_id")?;
    let Some(body) = dice.pick(&sales) else {
        return Ok(None);
    };
    let sale: Sale = serde_json::from_str(body)?;
    let refund = shop.refund(&sale, now).map_err(|e| say(e.to_string()))?;
    Ok(Some(Op::SaleRefunded(refund)))
}

fn enrol(dice: &mut Dice, shop: &SampleShop) -> Op {
    let number = dice.below(1000);
    // Few numbers on purpose: some day two customers have the same.
    let phone = format!("+519876543{:02}", number % 40);
    shop.enrol(&format!("Ana {number}"), &phone).1
}

fn reverse(dice: &mut Dice, shop: &SampleShop, store: &Store) -> Outcome<Option<Op>> {
    let sql =
        "SELECT stamp_id || ' ' || customer_id FROM stamp WHERE reason = 'given' ORDER BY stamp_id";
    let given = texts(store, sql)?;
    let Some((stamp, customer)) = dice.pick(&given).and_then(|pair| pair.split_once(' ')) else {
        return Ok(None);
    };
    let reverses: StampId = stamp.parse()?;
    Ok(Some(Op::StampReversed(StampReversed {
        stamp_id: shop.id(),
        reverses,
        customer_id: customer.parse()?,
    })))
}

fn soles(minor: i64) -> Outcome<Money> {
    Ok(Money::new(minor, Currency::PEN)?)
}

fn cash(dice: &mut Dice) -> Outcome<Op> {
    let minor = dice.between(100, 20_000);
    let (amount, reason) = match dice.below(3) {
        0 => (minor, CashReason::PaidIn),
        1 => (-minor, CashReason::PaidOut),
        _ => (-minor, CashReason::Drop),
    };
    Ok(Op::CashMoved(CashMoved {
        shift_id: None,
        amount: soles(amount)?,
        reason,
        note: String::new(),
    }))
}

fn open_shift(store: &Store, shop: &SampleShop) -> Outcome<Option<ShiftId>> {
    let device = shop.device_id.to_string();
    let open: Option<String> = store.read(|conn| {
        let sql =
            "SELECT max(shift_id) AS id FROM shift WHERE closed_at IS NULL AND device_id = ?1";
        Ok(conn
            .prepare_cached(sql)?
            .query_row([device], |row| row.get("id"))?)
    })?;
    Ok(open.map(|id| id.parse()).transpose()?)
}

fn shift(dice: &mut Dice, shop: &SampleShop, store: &Store, now: UnixMs) -> Outcome<Option<Op>> {
    let Some(shift_id) = open_shift(store, shop)? else {
        return Ok(Some(Op::ShiftOpened(ShiftOpened {
            shift_id: shop.id(),
            device_id: shop.device_id,
            staff_id: shop.cashier,
            at: now,
            opening_float: soles(dice.between(0, 30_000))?,
        })));
    };
    Ok(Some(Op::ShiftClosed(ShiftClosed {
        shift_id,
        device_id: shop.device_id,
        staff_id: shop.cashier,
        at: now,
        expected: soles(0)?,
        counted: soles(dice.between(0, 50_000))?,
        note: String::new(),
    })))
}

fn edit_customer(dice: &mut Dice, store: &Store) -> Outcome<Option<Op>> {
    let Some(id) = customer(dice, store)? else {
        return Ok(None);
    };
    let number = dice.below(1000);
    let (field, value) = match dice.below(3) {
        0 => ("name", json!(format!("Ana María {number}"))),
        1 => ("note", json!(format!("sin azúcar {number}"))),
        _ => ("phone", json!(format!("+519876543{:02}", number % 40))),
    };
    Ok(Some(edit(EntityKind::Customer, id, field, value)))
}

fn reprice(dice: &mut Dice, shop: &SampleShop) -> Outcome<Op> {
    let (product_id, product) = dice
        .pick(&shop.products)
        .ok_or_else(|| say("the sample shop sells something"))?;
    let price = serde_json::to_value(soles(dice.between(100, 9_000))?)?;
    let (field, value) = match dice.below(3) {
        0 => (
            "name",
            json!(format!("{} {}", product.name, dice.below(100))),
        ),
        1 => ("active", json!(dice.percent(70))),
        _ => ("price", price),
    };
    Ok(edit(EntityKind::Product, product_id.0, field, value))
}

fn visit(dice: &mut Dice, shop: &SampleShop, store: &Store, now: UnixMs) -> Outcome<Option<Op>> {
    // Few days and hours on purpose: tills ask for the same slot.
    let day = now.0.div_euclid(DAY_MS) + dice.between(1, 3);
    let slot = UnixMs(day * DAY_MS + dice.between(14, 20) * 3_600_000);
    let known = one(
        dice,
        store,
        "SELECT id FROM visit WHERE status = 'booked' ORDER BY id",
    )?;
    let Some(id) = known.filter(|_| dice.percent(55)) else {
        return Ok(Some(shop.book(slot).1));
    };
    let visit_id = VisitId(id);
    Ok(Some(match dice.below(3) {
        0 => shop.move_visit(visit_id, slot),
        1 => shop.cancel_visit(visit_id),
        _ => Op::VisitDone(VisitDone {
            visit_id,
            note: "listo".to_owned(),
            done_at: now,
        }),
    }))
}

fn resolve(dice: &mut Dice, store: &Store) -> Outcome<Option<Op>> {
    let sql = "SELECT id FROM conflict WHERE status = 'open' ORDER BY id";
    let open = one(dice, store, sql)?;
    Ok(open.map(|id| edit(EntityKind::Conflict, id, "status", json!("resolved"))))
}
