//! What somebody orders at an hour of the day.

use counterfoil_domain::{CartLine, LineId, Quantity, UnixMs};

use super::rng::Rng;
use super::setup::{Good, GoodKind};

/// A receipt has at most this many lines.
const LINES_MAX: usize = 5;

/// One line: a place among the goods, and how many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pick {
    pub(super) good: usize,
    pub(super) pieces: i64,
}

/// How likely each part of a meal is at an hour, in thousandths.
struct Appetite {
    drink: i64,
    /// Of the drinks, how many are coffees.
    coffee: i64,
    bakery: i64,
    meal: i64,
    sweet: i64,
    shelf: i64,
}

const fn appetite(minute: i64) -> Appetite {
    let (drink, coffee, bakery, meal, sweet, shelf) = match minute {
        ..690 => (930, 800, 560, 80, 60, 25),
        690..930 => (720, 450, 110, 720, 240, 25),
        _ => (860, 620, 240, 110, 460, 40),
    };
    Appetite {
        drink,
        coffee,
        bakery,
        meal,
        sweet,
        shelf,
    }
}

/// Fills a basket at a minute of the day. `left` tells how many pieces of a good may still be sold; `usual` is what the
/// first person drinks, if they are known.
pub(super) fn fill(
    goods: &[Good],
    left: impl Fn(&Good) -> i64,
    minute: i64,
    usual: Option<usize>,
    rng: &mut Rng,
) -> Vec<Pick> {
    let wants = appetite(minute);
    let mut basket = Vec::with_capacity(LINES_MAX);
    let people = match rng.between(0, 99) {
        0..=69 => 1,
        70..=93 => 2,
        _ => 3,
    };
    for person in 0..people {
        if rng.chance(wants.drink) {
            let kind = if rng.chance(wants.coffee) {
                GoodKind::Coffee
            } else {
                GoodKind::Tea
            };
            let known = usual.filter(|_| person == 0 && rng.chance(700));
            match known.and_then(|usual| usual_drink(goods, usual)) {
                Some(drink) => put(&mut basket, drink),
                None => order(&mut basket, goods, kind, &left, rng),
            }
        }
        for (kind, likely) in [
            (GoodKind::Bakery, wants.bakery),
            (GoodKind::Meal, wants.meal),
            (GoodKind::Sweet, wants.sweet),
            (GoodKind::Shelf, wants.shelf),
        ] {
            if rng.chance(likely) {
                order(&mut basket, goods, kind, &left, rng);
            }
        }
    }
    if basket.is_empty() {
        order(&mut basket, goods, GoodKind::Coffee, &left, rng);
    }
    basket
}

fn usual_drink(goods: &[Good], usual: usize) -> Option<usize> {
    let drinks: Vec<usize> = (0..goods.len())
        .filter(|place| matches!(goods[*place].kind, GoodKind::Coffee | GoodKind::Tea))
        .collect();
    drinks.get(usual % drinks.len().max(1)).copied()
}

fn order(
    basket: &mut Vec<Pick>,
    goods: &[Good],
    kind: GoodKind,
    left: impl Fn(&Good) -> i64,
    rng: &mut Rng,
) {
    let weight = |(place, good): (usize, &Good)| {
        let picked = basket.iter().find(|pick| pick.good == place);
        let wanted = picked.map_or(1, |pick| pick.pieces + 1);
        if good.kind == kind && left(good) >= wanted {
            good.demand
        } else {
            0
        }
    };
    if let Some(place) = rng.weighted(goods.iter().enumerate().map(weight)) {
        put(basket, place);
    }
}

fn put(basket: &mut Vec<Pick>, good: usize) {
    if let Some(pick) = basket.iter_mut().find(|pick| pick.good == good) {
        pick.pieces += 1;
    } else if basket.len() < LINES_MAX {
        basket.push(Pick { good, pieces: 1 });
    }
}

/// The picks as the counter rings them up.
pub(super) fn lines(goods: &[Good], basket: &[Pick], at: UnixMs, rng: &mut Rng) -> Vec<CartLine> {
    basket
        .iter()
        .map(|pick| {
            let good = &goods[pick.good];
            CartLine {
                line_id: LineId::from_parts(at.0, rng.entropy()),
                product_id: Some(good.id),
                sku: good.sku.clone(),
                name: good.name.clone(),
                quantity: Quantity::pieces(pick.pieces),
                unit_price: good.price,
                tax: good.tax.clone(),
                discount: None,
                note: note(good.kind, rng).to_owned(),
            }
        })
        .collect()
}

fn note(kind: GoodKind, rng: &mut Rng) -> &'static str {
    let notes: &[&'static str] = match kind {
        GoodKind::Coffee => &[
            "Para llevar",
            "Leche de almendras",
            "Sin azúcar",
            "Bien caliente",
        ],
        GoodKind::Tea => &["Para llevar", "Sin azúcar"],
        GoodKind::Meal => &["Sin cebolla", "Para llevar", "Ají aparte"],
        GoodKind::Bakery | GoodKind::Sweet => &["Para llevar", "Caliente, por favor"],
        GoodKind::Shelf => &[],
    };
    if rng.chance(60) {
        rng.pick(notes).copied().unwrap_or_default()
    } else {
        ""
    }
}
