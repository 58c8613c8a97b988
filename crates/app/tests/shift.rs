//! The drawer's shift: what is in it, and what its report says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use common::{BEANS, CAKE, COFFEE, Till, card, cash, code, soles};
use counterfoil_app::domain::fact::CashReason;
use counterfoil_app::domain::tender::TenderKind;
use counterfoil_app::domain::{Currency, Money, Quantity};
use counterfoil_app::view::{RefundInput, RefundLineInput, SaleView, ShiftReport};

fn opened(float: i64) -> Till {
    let till = Till::new();
    till.app.shift_open(soles(float)).unwrap();
    till
}

fn x_report(till: &Till) -> ShiftReport {
    till.app.shift().unwrap().open.unwrap()
}

fn give_back(till: &Till, sale: &SaleView, tender: TenderKind) {
    let lines = sale.lines.iter().map(|line| RefundLineInput {
        line_id: line.line_id,
        quantity: Quantity::pieces(1),
        restock: true,
    });
    let input = RefundInput {
        sale_id: sale.tile.sale_id,
        lines: lines.collect(),
        tender,
        reason: String::new(),
    };
    till.app.refund(input).unwrap();
}

#[test]
fn a_new_till_has_no_shift() {
    let view = Till::new().app.shift().unwrap();
    assert!(view.open.is_none() && view.closed.is_empty());
}

#[test]
fn a_new_shift_holds_its_float() {
    let report = x_report(&opened(10_000));
    assert_eq!(report.opened_by, "Ana");
    assert_eq!(report.opening_float, soles(10_000));
    assert_eq!(report.expected, soles(10_000));
    assert_eq!(
        (report.sales, report.counted, report.closed_at),
        (0, None, None)
    );
}

#[test]
fn a_second_shift_waits_until_the_first_is_closed() {
    let till = opened(0);
    assert_eq!(code(till.app.shift_open(soles(0))), "shift_already_open");
    till.app.shift_close(soles(0), "").unwrap();
    assert!(till.app.shift_open(soles(0)).is_ok());
}

#[test]
fn change_does_not_stay_in_the_drawer() {
    let till = opened(10_000);
    till.sell(&[(COFFEE, 1)], vec![cash(2_000)]);
    let report = x_report(&till);
    assert_eq!((report.cash, report.expected), (soles(850), soles(10_850)));
}

#[test]
fn cards_never_reach_the_drawer() {
    let till = opened(10_000);
    till.sell(&[(BEANS, 1)], vec![card(3_000), cash(590)]);
    let report = x_report(&till);
    assert_eq!((report.card, report.cash), (soles(3_000), soles(590)));
    assert_eq!(report.expected, soles(10_590));
}

#[test]
fn the_report_sums_what_the_receipts_say() {
    let till = opened(0);
    let sales = [
        till.sell(&[(COFFEE, 1)], vec![cash(850)]),
        till.sell(&[(CAKE, 2)], vec![card(2_400)]),
        till.sell(&[(BEANS, 1), (COFFEE, 3)], vec![cash(10_000)]),
    ];
    let report = x_report(&till);
    let sum =
        |pick: fn(&SaleView) -> Money| Money::sum(Currency::PEN, sales.iter().map(pick)).unwrap();
    assert_eq!(report.sales, 3);
    assert_eq!(report.revenue, sum(|s| s.tile.total));
    assert_eq!(report.tax, sum(|s| s.tax));
    assert_eq!(report.cash.plus(report.card).unwrap(), report.revenue);
}

#[test]
fn a_refund_in_cash_leaves_the_drawer_and_one_by_card_does_not() {
    let till = opened(10_000);
    let coffee = till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    let cake = till.sell(&[(CAKE, 1)], vec![card(1_200)]);
    give_back(&till, &coffee, TenderKind::Cash);
    give_back(&till, &cake, TenderKind::Card);
    let report = x_report(&till);
    assert_eq!(
        (report.refunds, report.expected),
        (soles(2_050), soles(10_000))
    );
}

#[test]
fn cash_that_is_paid_in_paid_out_or_dropped_moves_what_is_expected() {
    let till = opened(10_000);
    let moved = |amount, reason| {
        till.clock.advance_ms(1_000);
        till.app
            .shift_cash(soles(amount), reason, " hielo ")
            .unwrap();
    };
    moved(5_000, CashReason::PaidIn);
    moved(1_200, CashReason::PaidOut);
    moved(8_000, CashReason::Drop);
    let report = x_report(&till);
    assert_eq!(report.expected, soles(5_800));
    let moves: Vec<i64> = report.moves.iter().map(|m| m.amount.minor()).collect();
    assert_eq!(moves, [5_000, -1_200, -8_000]);
    assert_eq!(
        (&*report.moves[0].note, &*report.moves[0].staff),
        ("hielo", "Ana")
    );
}

#[test]
fn sales_and_the_float_are_no_movements_by_hand() {
    let till = opened(10_000);
    till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    assert!(x_report(&till).moves.is_empty());
    let refused = till.app.shift_cash(soles(1), CashReason::Sale, "");
    assert_eq!(code(refused), "reason_invalid");
}

#[test]
fn without_a_shift_no_cash_moves_and_none_is_closed() {
    let till = Till::new();
    let moved = till.app.shift_cash(soles(100), CashReason::PaidIn, "");
    assert_eq!(code(moved), "shift_not_open");
    assert_eq!(code(till.app.shift_close(soles(0), "")), "shift_not_open");
}

#[test]
fn amounts_that_cannot_lie_in_a_drawer_are_refused() {
    let till = opened(0);
    for amount in [0, -100] {
        let moved = till.app.shift_cash(soles(amount), CashReason::PaidIn, "");
        assert_eq!(code(moved), "amount_out_of_range");
    }
    assert_eq!(
        code(till.app.shift_close(soles(-1), "")),
        "amount_out_of_range"
    );
    let dollars = Money::new(100, "USD".parse().unwrap()).unwrap();
    assert_eq!(code(till.app.shift_close(dollars, "")), "currency_mismatch");
}

#[test]
fn closing_a_shift_keeps_the_difference_to_what_was_counted() {
    let till = opened(10_000);
    till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    till.clock.advance_ms(60_000);
    let view = till
        .app
        .shift_close(soles(10_800), "faltan monedas")
        .unwrap();
    assert!(view.open.is_none());
    let z_report = &view.closed[0];
    assert_eq!(z_report.expected, soles(10_850));
    assert_eq!(z_report.counted, Some(soles(10_800)));
    assert_eq!(z_report.difference, Some(soles(-50)));
}

#[test]
fn the_z_report_says_what_the_last_x_report_said() {
    let till = opened(10_000);
    let sale = till.sell(&[(BEANS, 1), (CAKE, 1)], vec![card(1_000), cash(5_000)]);
    give_back(&till, &sale, TenderKind::Cash);
    till.app
        .shift_cash(soles(700), CashReason::PaidOut, "")
        .unwrap();
    let x_report = x_report(&till);
    let mut z_report = till.app.shift_close(soles(0), "").unwrap().closed.remove(0);
    (z_report.closed_at, z_report.counted, z_report.difference) = (None, None, None);
    assert_eq!(z_report, x_report);
}

#[test]
fn what_happens_after_closing_belongs_to_the_next_shift() {
    let till = opened(0);
    let sale = till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    let before = till.app.shift_close(soles(850), "").unwrap().closed;
    till.app.shift_open(soles(1_000)).unwrap();
    give_back(&till, &sale, TenderKind::Cash);
    let view = till.app.shift().unwrap();
    assert_eq!(view.closed, before);
    assert_eq!(view.open.unwrap().expected, soles(150));
}

#[test]
fn a_sale_without_a_shift_is_in_no_report() {
    let till = Till::new();
    till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    till.app.shift_open(soles(0)).unwrap();
    assert_eq!(x_report(&till).sales, 0);
}

#[test]
fn the_shift_that_was_closed_last_comes_first_and_thirty_are_shown() {
    let till = Till::new();
    for float in 1..=31 {
        till.clock.advance_ms(60_000);
        till.app.shift_open(soles(float)).unwrap();
        till.clock.advance_ms(60_000);
        till.app.shift_close(soles(float), "").unwrap();
    }
    let closed = till.app.shift().unwrap().closed;
    let floats: Vec<i64> = closed.iter().map(|s| s.opening_float.minor()).collect();
    assert_eq!(floats, (2..=31).rev().collect::<Vec<_>>());
}

#[test]
fn nobody_opens_the_drawer_of_a_locked_till() {
    let till = Till::locked();
    assert_eq!(code(till.app.shift_open(soles(0))), "not_signed_in");
    till.app.act_as(Some("Iris")).unwrap();
    assert_eq!(code(till.app.shift_open(soles(0))), "role_not_allowed");
}

#[test]
fn a_shift_stays_open_over_a_restart() {
    let till = opened(10_000);
    till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    let report = x_report(&till);
    let config = till.config.clone();
    let again = counterfoil_app::Counterfoil::open(config, common::host(&till.clock)).unwrap();
    assert_eq!(again.shift().unwrap().open, Some(report));
}
