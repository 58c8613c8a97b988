//! Paying.

use counterfoil_app::domain::tender::{Tender, TenderKind};
use counterfoil_app::domain::{Currency, Money};

use crate::till::{CAKE, COFFEE, Till, card, cash, code, soles};

#[test]
fn cash_and_card_pay_together_and_change_is_given() {
    let till = Till::open();
    till.add(COFFEE, 2);
    till.add(CAKE, 1);
    let view = till.app.pay_view(vec![card(900)]).unwrap();
    assert_eq!(
        (view.total, view.settlement.due),
        (soles(2900), soles(2000))
    );
    assert_eq!(view.quick_cash[0], soles(2000));
    let sale = till.app.complete_sale(vec![card(900), cash(5000)]).unwrap();
    assert_eq!((sale.tile.total, sale.change), (soles(2900), soles(3000)));
    assert_eq!(sale.net.plus(sale.tax).unwrap(), sale.tile.total);
}

#[test]
fn numbers_are_gapless_over_failed_attempts_and_restarts() {
    let mut till = Till::open();
    for number in 1..=3 {
        till.add(COFFEE, 1);
        assert_eq!(
            code(till.app.complete_sale(vec![cash(849)])),
            "tenders_short"
        );
        let sale = till.app.complete_sale(vec![cash(850)]).unwrap();
        assert_eq!(sale.tile.number, format!("T1-{number:06}"));
        till = till.restart();
    }
}

#[test]
fn a_sale_closes_its_cart_in_the_same_breath() {
    let till = Till::open();
    till.add(COFFEE, 1);
    till.app.complete_sale(vec![cash(1000)]).unwrap();
    let till = till.restart();
    assert!(till.app.cart().unwrap().lines.is_empty());
    assert!(!till.app.cart().unwrap().can_undo);
    assert_eq!(code(till.app.complete_sale(vec![cash(1000)])), "cart_empty");
    assert_eq!(till.app.sales("", 10).unwrap().len(), 1);
}

#[test]
fn what_does_not_cover_the_total_is_refused() {
    let till = Till::open();
    assert_eq!(code(till.app.pay_view(vec![])), "cart_empty");
    till.add(COFFEE, 1);
    assert_eq!(code(till.app.complete_sale(vec![])), "tenders_short");
    assert_eq!(
        code(till.app.complete_sale(vec![card(900)])),
        "card_over_total"
    );
    assert_eq!(
        code(till.app.complete_sale(vec![cash(-850)])),
        "amount_out_of_range"
    );
    let dollars = Tender {
        kind: TenderKind::Cash,
        amount: Money::new(850, "USD".parse::<Currency>().unwrap()).unwrap(),
        reference: None,
    };
    assert_eq!(
        code(till.app.complete_sale(vec![dollars])),
        "currency_mismatch"
    );
    assert_eq!(till.app.cart().unwrap().total, soles(850));
}

#[test]
fn two_taps_on_the_button_make_one_sale() {
    let till = Till::open();
    till.add(COFFEE, 1);
    let sold = std::thread::scope(|scope| {
        let taps: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| till.app.complete_sale(vec![cash(850)])))
            .collect();
        taps.into_iter()
            .map(|t| t.join().unwrap())
            .filter(Result::is_ok)
            .count()
    });
    assert_eq!(sold, 1);
    assert_eq!(till.app.sales("", 10).unwrap().len(), 1);
}

#[test]
fn nobody_sells_without_signing_in() {
    let till = Till::open();
    till.add(COFFEE, 1);
    till.app.lock().unwrap();
    assert_eq!(
        code(till.app.complete_sale(vec![cash(850)])),
        "not_signed_in"
    );
}

#[test]
fn a_gift_needs_no_tender() {
    let till = Till::open();
    till.add(COFFEE, 1);
    let all = counterfoil_app::domain::Discount::Percent {
        basis_points: 10_000,
    };
    till.app.cart_discount(Some(all)).unwrap();
    let sale = till.app.complete_sale(vec![]).unwrap();
    assert_eq!(sale.tile.total, soles(0));
}

#[test]
fn the_customer_on_the_cart_stands_on_the_sale() {
    let till = Till::open();
    let maria = till.enrol("María Quispe", "987654321");
    till.scan(&till.card(maria));
    till.add(COFFEE, 2);
    let sale = till.app.complete_sale(vec![card(1700)]).unwrap();
    assert_eq!(
        (sale.customer_id, sale.tile.customer.as_str()),
        (Some(maria), "María Quispe")
    );
    let view = till.app.customer(maria).unwrap();
    assert_eq!((view.spent, view.sales), (soles(1700), 1));
    assert!(till.app.cart().unwrap().customer.is_none());
}
