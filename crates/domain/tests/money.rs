//! The money core over a hundred thousand random carts a fact: nothing is lost, made, or wraps around.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use common::Rng;
use counterfoil_domain::cart::{Cart, CartLine, Discount, PricedCart};
use counterfoil_domain::money::MAX_MINOR;
use counterfoil_domain::refund::{RefundError, Returned, share};
use counterfoil_domain::tax::{LineTax, TaxRate};
use counterfoil_domain::tender::{Tender, TenderKind, quick_cash, settle};
use counterfoil_domain::{CartId, Currency, LineId, Money, MoneyError, Quantity};

const CARTS: u64 = 100_000;
const SEED: u64 = 20_261_121;

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn soles(minor: i64) -> Money {
    Money::new(minor, Currency::PEN).unwrap()
}

/// Yen, soles and dinars: 0, 2 and 3 decimals.
fn any_currency(rng: &mut Rng) -> Currency {
    currency(rng.pick::<&str>(&["JPY", "PEN", "KWD"]))
}

fn any_line(rng: &mut Rng, currency: Currency) -> CartLine {
    let price = match rng.between(0, 9) {
        0 => 0,
        1 => rng.between(0, 5_000_000_000),
        2 => rng.between(0, 9),
        _ => rng.between(1, 50_000),
    };
    let quantity = match rng.between(0, 3) {
        0 => Quantity(rng.between(1, 7_999)),
        1 => Quantity::pieces(rng.between(1, 500)),
        _ => Quantity::pieces(rng.between(1, 4)),
    };
    let unit_price = Money::new(price, currency).unwrap();
    let list = unit_price.scale(quantity.milli(), 1000).unwrap();
    CartLine {
        line_id: LineId(uuid::Uuid::nil()),
        product_id: None,
        sku: String::new(),
        name: String::new(),
        quantity,
        unit_price,
        tax: any_tax(rng),
        discount: rng.one_in(3).then(|| any_discount(rng, list)),
        note: String::new(),
    }
}

fn any_tax(rng: &mut Rng) -> LineTax {
    let (code, rate) = *rng.pick(&[("none", 0), ("low", 400), ("igv", 1800), ("odd", 2175)]);
    LineTax {
        code: code.to_owned(),
        name: String::new(),
        rate: TaxRate(rate),
        inclusive: rng.one_in(2),
    }
}

fn any_discount(rng: &mut Rng, base: Money) -> Discount {
    match rng.between(0, 4) {
        0 => Discount::Percent {
            basis_points: 10_000,
        },
        1 => Discount::Amount { amount: base },
        2 => Discount::Amount {
            amount: Money::new(rng.between(0, base.minor()), base.currency()).unwrap(),
        },
        _ => Discount::Percent {
            basis_points: u32::try_from(rng.between(0, 10_000)).unwrap(),
        },
    }
}

/// A cart of one to six lines with its prices.
fn any_cart(rng: &mut Rng) -> (Cart, PricedCart) {
    let currency = any_currency(rng);
    let mut cart = Cart::empty(CartId(uuid::Uuid::nil()), currency);
    for _ in 0..rng.between(1, 6) {
        cart.lines.push(any_line(rng, currency));
    }
    if rng.one_in(2) {
        let plain = cart.price().unwrap();
        let base = plain.subtotal.minus(plain.discount).unwrap();
        cart.discount = Some(any_discount(rng, base));
    }
    let priced = cart.price().unwrap();
    (cart, priced)
}

fn every_cart(check: impl Fn(&Cart, &PricedCart)) {
    let mut rng = Rng(SEED);
    for _ in 0..CARTS {
        let (cart, priced) = any_cart(&mut rng);
        check(&cart, &priced);
    }
}

fn sum(currency: Currency, amounts: impl Iterator<Item = Money>) -> Money {
    Money::sum(currency, amounts).unwrap()
}

#[test]
fn the_lines_of_any_cart_sum_to_its_totals() {
    every_cart(|cart, priced| {
        let lines = || priced.lines.iter();
        let of = |amounts: Vec<Money>| sum(cart.currency, amounts.into_iter());
        assert_eq!(of(lines().map(|l| l.total).collect()), priced.total);
        assert_eq!(of(lines().map(|l| l.net).collect()), priced.net);
        assert_eq!(of(lines().map(|l| l.tax).collect()), priced.tax);
        assert_eq!(of(lines().map(|l| l.list).collect()), priced.subtotal);
    });
}

#[test]
fn net_and_tax_are_the_total_of_every_line_and_every_cart() {
    every_cart(|_, priced| {
        assert_eq!(priced.net.plus(priced.tax).unwrap(), priced.total);
        for line in &priced.lines {
            assert_eq!(line.net.plus(line.tax).unwrap(), line.total);
        }
    });
}

#[test]
fn the_tax_classes_of_any_cart_sum_to_its_net_and_tax() {
    every_cart(|cart, priced| {
        let net = sum(cart.currency, priced.taxes.iter().map(|t| t.net));
        let tax = sum(cart.currency, priced.taxes.iter().map(|t| t.tax));
        assert_eq!((net, tax), (priced.net, priced.tax));
    });
}

#[test]
fn no_discount_makes_an_amount_negative() {
    every_cart(|_, priced| {
        assert!(!priced.total.is_negative());
        for line in &priced.lines {
            let amounts = [line.list, line.discount, line.cart_discount];
            assert!(amounts.iter().all(|a| !a.is_negative()), "{line:?}");
            let amounts = [line.net, line.tax, line.total];
            assert!(amounts.iter().all(|a| !a.is_negative()), "{line:?}");
        }
    });
}

#[test]
fn the_shares_of_a_cart_discount_sum_to_it_exactly() {
    every_cart(|cart, priced| {
        let shares = sum(cart.currency, priced.lines.iter().map(|l| l.cart_discount));
        let own = sum(cart.currency, priced.lines.iter().map(|l| l.discount));
        let base = priced.subtotal.minus(own).unwrap();
        let expected = cart
            .discount
            .map_or(Money::zero(cart.currency), |d| d.of(base).unwrap());
        assert_eq!(shares, expected);
        assert_eq!(own.plus(shares).unwrap(), priced.discount);
    });
}

#[test]
fn what_was_tendered_less_the_change_is_the_total() {
    let mut rng = Rng(SEED);
    for _ in 0..CARTS {
        let (_, priced) = any_cart(&mut rng);
        let total = priced.total;
        let money = |minor| Money::new(minor, total.currency()).unwrap();
        let card = rng.between(0, total.minor());
        let cash = rng.between(total.minor() - card, total.minor() - card + 10_000);
        let tender = |kind, minor| Tender {
            kind,
            amount: money(minor),
            reference: None,
        };
        let tenders = [
            tender(TenderKind::Card, card),
            tender(TenderKind::Cash, cash),
        ];
        let settled = settle(total, &tenders).unwrap();
        assert!(settled.due.is_zero());
        assert_eq!(settled.tendered.minus(settled.change).unwrap(), total);
    }
}

#[test]
fn what_is_still_due_completes_a_payment_that_falls_short() {
    let total = soles(1_250);
    let tenders = [Tender {
        kind: TenderKind::Cash,
        amount: soles(1_000),
        reference: None,
    }];
    let settled = settle(total, &tenders).unwrap();
    assert_eq!((settled.due, settled.change), (soles(250), soles(0)));
}

#[test]
fn a_card_is_never_charged_more_than_the_total() {
    let tenders = [Tender {
        kind: TenderKind::Card,
        amount: soles(1_251),
        reference: None,
    }];
    let refused = settle(soles(1_250), &tenders);
    assert_eq!(refused, Err(MoneyError::CardOverTotal));
}

#[test]
fn splitting_any_amount_over_any_weights_loses_nothing() {
    let mut rng = Rng(SEED);
    for _ in 0..CARTS {
        let currency = any_currency(&mut rng);
        let most = *rng.pick(&[9, 100_000, MAX_MINOR]);
        let amount = Money::new(rng.between(-most, most), currency).unwrap();
        let heaviest = *rng.pick(&[0, 3, 1_000_000, MAX_MINOR]);
        let weights: Vec<i64> = (0..rng.between(1, 8))
            .map(|_| rng.between(0, heaviest))
            .collect();
        let parts = amount.split(&weights).unwrap();
        assert_eq!(parts.len(), weights.len());
        assert_eq!(sum(currency, parts.iter().copied()), amount);
    }
}

#[test]
fn a_part_of_a_split_is_less_than_one_minor_unit_from_its_exact_share() {
    let mut rng = Rng(SEED);
    for _ in 0..CARTS {
        let amount = soles(rng.between(-100_000, 100_000));
        let weights: Vec<i64> = (0..rng.between(1, 8))
            .map(|_| rng.between(1, 500))
            .collect();
        let whole: i64 = weights.iter().sum();
        for (part, weight) in amount.split(&weights).unwrap().iter().zip(&weights) {
            let off = part.minor() * whole - amount.minor() * weight;
            assert!(off.abs() < whole, "{amount:?} over {weights:?}");
        }
    }
}

#[test]
fn sums_and_products_are_exact_or_an_error_and_never_wrap() {
    let mut rng = Rng(SEED);
    for _ in 0..CARTS {
        let a = rng.between(-MAX_MINOR, MAX_MINOR);
        let b = rng.between(-MAX_MINOR, MAX_MINOR);
        let exact = i128::from(a) + i128::from(b);
        match soles(a).plus(soles(b)) {
            Ok(total) => assert_eq!(i128::from(total.minor()), exact),
            Err(error) => {
                assert_eq!(error, MoneyError::OutOfRange);
                assert!(exact.abs() > i128::from(MAX_MINOR));
            }
        }
        let (factor, per) = (rng.between(-5_000_000_000, 5_000_000_000), 1_000);
        let exact = i128::from(a) * i128::from(factor);
        match soles(a).scale(factor, per) {
            Ok(scaled) => assert!((i128::from(scaled.minor()) * 1_000 - exact).abs() <= 500),
            Err(error) => {
                assert_eq!(error, MoneyError::OutOfRange);
                assert!(exact.abs() >= i128::from(MAX_MINOR) * 1_000);
            }
        }
    }
}

#[test]
fn an_amount_beyond_the_range_cannot_be_made() {
    assert_eq!(
        Money::new(MAX_MINOR + 1, Currency::PEN),
        Err(MoneyError::OutOfRange)
    );
    assert_eq!(
        Money::new(i64::MIN, Currency::PEN),
        Err(MoneyError::OutOfRange)
    );
    let wire = format!(r#"{{"minor":{},"currency":"PEN"}}"#, i64::MAX);
    assert!(serde_json::from_str::<Money>(&wire).is_err());
}

#[test]
fn a_cart_beyond_the_range_is_an_error() {
    let mut rng = Rng(SEED);
    let mut cart = Cart::empty(CartId(uuid::Uuid::nil()), Currency::PEN);
    let mut line = any_line(&mut rng, Currency::PEN);
    line.discount = None;
    line.quantity = Quantity::pieces(1);
    line.unit_price = soles(MAX_MINOR);
    line.tax.rate = TaxRate(0);
    cart.lines = vec![line.clone()];
    assert_eq!(cart.price().unwrap().total, soles(MAX_MINOR));
    cart.lines.push(line.clone());
    assert_eq!(cart.price(), Err(MoneyError::OutOfRange));
    line.quantity = Quantity(i64::MAX);
    cart.lines = vec![line];
    assert_eq!(cart.price(), Err(MoneyError::OutOfRange));
}

#[test]
fn a_tax_on_top_that_leaves_the_range_is_an_error() {
    let mut rng = Rng(SEED);
    let mut cart = Cart::empty(CartId(uuid::Uuid::nil()), Currency::PEN);
    let mut line = any_line(&mut rng, Currency::PEN);
    line.discount = None;
    line.quantity = Quantity::pieces(1);
    line.unit_price = soles(MAX_MINOR);
    line.tax.rate = TaxRate(1800);
    line.tax.inclusive = false;
    cart.lines = vec![line];
    assert_eq!(cart.price(), Err(MoneyError::OutOfRange));
}

#[test]
fn a_discount_larger_than_its_base_is_refused() {
    let discount = Discount::Amount { amount: soles(101) };
    assert_eq!(discount.of(soles(100)), Err(MoneyError::DiscountTooLarge));
    let discount = Discount::Percent {
        basis_points: 10_001,
    };
    assert_eq!(discount.of(soles(100)), Err(MoneyError::PercentOutOfRange));
    let discount = Discount::Amount { amount: soles(-1) };
    assert!(matches!(
        discount.of(soles(100)),
        Err(MoneyError::Negative(_))
    ));
}

#[test]
fn two_currencies_do_not_meet_in_one_cart() {
    let mut rng = Rng(SEED);
    let mut cart = Cart::empty(CartId(uuid::Uuid::nil()), Currency::PEN);
    cart.lines = vec![any_line(&mut rng, currency("USD"))];
    assert!(matches!(
        cart.price(),
        Err(MoneyError::CurrencyMismatch(..))
    ));
}

#[test]
fn a_line_without_quantity_is_refused() {
    let mut rng = Rng(SEED);
    let mut cart = Cart::empty(CartId(uuid::Uuid::nil()), Currency::PEN);
    for milli in [0, -1, i64::MIN] {
        let mut line = any_line(&mut rng, Currency::PEN);
        line.quantity = Quantity(milli);
        cart.lines = vec![line];
        assert!(matches!(cart.price(), Err(MoneyError::Empty(_))), "{milli}");
    }
}

#[test]
fn currencies_have_their_own_decimals() {
    let decimals = |code| currency(code).decimals();
    assert_eq!(
        [decimals("JPY"), decimals("PEN"), decimals("KWD")],
        [0, 2, 3]
    );
}

#[test]
fn quick_cash_begins_with_the_amount_due_and_only_goes_up() {
    let mut rng = Rng(SEED);
    for _ in 0..10_000 {
        let currency = any_currency(&mut rng);
        let due = Money::new(rng.between(1, 5_000_000), currency).unwrap();
        let offers: Vec<i64> = quick_cash(due).iter().map(|m| m.minor()).collect();
        assert_eq!(offers[0], due.minor());
        assert!(offers.is_sorted_by(|a, b| a < b), "{offers:?}");
    }
}

#[test]
fn quick_cash_at_the_end_of_the_range_offers_no_impossible_amount() {
    let offers = quick_cash(soles(MAX_MINOR));
    assert!(offers.iter().all(|m| m.minor() <= MAX_MINOR));
}

#[test]
fn quick_cash_in_yen_offers_coins_and_notes_that_exist() {
    let yen = |minor| Money::new(minor, currency("JPY")).unwrap();
    let offers = quick_cash(yen(1_280));
    assert_eq!(
        offers,
        [1_280, 1_300, 1_500, 2_000, 5_000, 10_000]
            .map(yen)
            .to_vec()
    );
}

/// Gives a line back in random parts until nothing is left.
fn give_back_in_parts(rng: &mut Rng, sold: Quantity, line: &counterfoil_domain::PricedLine) {
    let mut returned = Returned::nothing(line.total.currency());
    while returned.quantity < sold {
        let left = sold.milli() - returned.quantity.milli();
        let most = if rng.one_in(4) { left } else { left.min(2_500) };
        let quantity = Quantity(rng.between(1, most).max(left / 8).max(1));
        let part = share(sold, line, returned, quantity).unwrap();
        assert!(!part.total.is_negative() && !part.tax.is_negative());
        assert!(!part.total.minus(part.tax).unwrap().is_negative());
        returned = returned.plus(quantity, part).unwrap();
    }
    assert_eq!((returned.total, returned.tax), (line.total, line.tax));
}

#[test]
fn a_line_given_back_in_any_parts_pays_back_exactly_what_was_paid() {
    let mut rng = Rng(SEED);
    for _ in 0..20_000 {
        let (cart, priced) = any_cart(&mut rng);
        for (line, amounts) in cart.lines.iter().zip(&priced.lines) {
            give_back_in_parts(&mut rng, line.quantity, amounts);
        }
    }
}

#[test]
fn no_more_of_a_line_comes_back_than_was_sold() {
    let mut rng = Rng(SEED);
    let (cart, priced) = any_cart(&mut rng);
    let (sold, amounts) = (cart.lines[0].quantity, &priced.lines[0]);
    let nothing = Returned::nothing(cart.currency);
    let over = Quantity(sold.milli() + 1);
    assert_eq!(
        share(sold, amounts, nothing, over),
        Err(RefundError::OverSale { left: sold })
    );
    let all = share(sold, amounts, nothing, sold).unwrap();
    let returned = nothing.plus(sold, all).unwrap();
    assert_eq!(
        share(sold, amounts, returned, Quantity(1)),
        Err(RefundError::OverSale { left: Quantity(0) })
    );
}
