//! The drawer.

use counterfoil_app::domain::Quantity;
use counterfoil_app::domain::fact::CashReason;
use counterfoil_app::domain::tender::TenderKind;
use counterfoil_app::view::{RefundInput, RefundLineInput};

use crate::till::{COFFEE, Till, card, cash, code, soles};

#[test]
fn the_report_adds_up() {
    let till = Till::open();
    till.app.shift_open(soles(10_000)).unwrap();
    till.add(COFFEE, 2);
    till.app.complete_sale(vec![cash(2000)]).unwrap();
    till.add(COFFEE, 4);
    let sale = till
        .app
        .complete_sale(vec![card(1400), cash(2000)])
        .unwrap();
    till.app
        .refund(RefundInput {
            sale_id: sale.tile.sale_id,
            lines: vec![RefundLineInput {
                line_id: sale.lines[0].line_id,
                quantity: Quantity::pieces(1),
                restock: false,
            }],
            tender: TenderKind::Cash,
            reason: String::new(),
        })
        .unwrap();
    till.app
        .shift_cash(soles(3000), CashReason::PaidIn, "Cambio")
        .unwrap();
    let open = till
        .app
        .shift_cash(soles(5000), CashReason::Drop, "")
        .unwrap()
        .open
        .unwrap();
    assert_eq!(
        (open.sales, open.revenue, open.refunds),
        (2, soles(5100), soles(850))
    );
    assert_eq!((open.cash, open.card), (soles(3700), soles(1400)));
    assert_eq!(open.expected, soles(10_000 + 3700 - 850 + 3000 - 5000));
    assert_eq!(open.moves.len(), 2);

    let view = till.app.shift_close(soles(10_800), "falta").unwrap();
    assert!(view.open.is_none());
    let closed = &view.closed[0];
    assert_eq!(
        (closed.expected, closed.counted),
        (soles(10_850), Some(soles(10_800)))
    );
    assert_eq!(closed.difference, Some(soles(-50)));
}

#[test]
fn one_shift_at_a_time() {
    let till = Till::open();
    assert_eq!(code(till.app.shift_close(soles(0), "")), "shift_not_open");
    assert_eq!(
        code(till.app.shift_cash(soles(1), CashReason::Drop, "")),
        "shift_not_open"
    );
    till.app.shift_open(soles(0)).unwrap();
    assert_eq!(code(till.app.shift_open(soles(0))), "shift_already_open");
    assert_eq!(
        code(till.app.shift_cash(soles(-1), CashReason::Drop, "")),
        "amount_out_of_range"
    );
}

#[test]
fn a_shift_survives_a_restart() {
    let till = Till::open();
    till.app.shift_open(soles(500)).unwrap();
    let till = till.restart();
    till.add(COFFEE, 1);
    till.app.complete_sale(vec![cash(1000)]).unwrap();
    assert_eq!(
        till.app.shift().unwrap().open.unwrap().expected,
        soles(1350)
    );
}
