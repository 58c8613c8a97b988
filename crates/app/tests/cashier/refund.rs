//! Giving back.

use counterfoil_app::domain::tender::TenderKind;
use counterfoil_app::domain::{Discount, LineId, Quantity, SaleId};
use counterfoil_app::view::{RefundInput, RefundLineInput, SaleView};

use crate::till::{CAKE, COFFEE, Till, cash, code, soles};

fn sold(till: &Till) -> SaleView {
    till.add(COFFEE, 3);
    till.add(CAKE, 1);
    // 10 % off 37.50: shares that do not divide evenly.
    till.app
        .cart_discount(Some(Discount::Percent { basis_points: 1000 }))
        .unwrap();
    till.app.complete_sale(vec![cash(5000)]).unwrap()
}

fn give_back(sale_id: SaleId, line_id: LineId, pieces: i64) -> RefundInput {
    RefundInput {
        sale_id,
        lines: vec![RefundLineInput {
            line_id,
            quantity: Quantity::pieces(pieces),
            restock: true,
        }],
        tender: TenderKind::Cash,
        reason: "Frío".to_owned(),
    }
}

#[test]
fn pieces_come_back_until_none_is_left() {
    let till = Till::open();
    let sale = sold(&till);
    let (sale_id, coffee) = (sale.tile.sale_id, sale.lines[0].line_id);
    let after = till.app.refund(give_back(sale_id, coffee, 2)).unwrap();
    assert_eq!(after.lines[0].refunded, Quantity::pieces(2));
    assert_eq!(
        code(till.app.refund(give_back(sale_id, coffee, 2))),
        "refund_over_sale"
    );
    till.app.refund(give_back(sale_id, coffee, 1)).unwrap();
    assert_eq!(
        code(till.app.refund(give_back(sale_id, coffee, 1))),
        "refund_over_sale"
    );
}

#[test]
fn parts_add_up_to_what_was_paid() {
    let till = Till::open();
    let sale = sold(&till);
    for pieces in [1, 1, 1] {
        till.app
            .refund(give_back(sale.tile.sale_id, sale.lines[0].line_id, pieces))
            .unwrap();
    }
    let after = till
        .app
        .refund(give_back(sale.tile.sale_id, sale.lines[1].line_id, 1))
        .unwrap();
    assert_eq!(after.tile.refunded, sale.tile.total);
}

#[test]
fn the_sale_stays_as_it_was_and_the_goods_go_back() {
    let till = Till::open();
    let sale = sold(&till);
    let after = till
        .app
        .refund(give_back(sale.tile.sale_id, sale.lines[0].line_id, 1))
        .unwrap();
    assert_eq!(
        (after.tile.total, after.lines[0].total),
        (sale.tile.total, sale.lines[0].total)
    );
    let products = till.app.catalogue().unwrap().products;
    let coffee = products
        .iter()
        .find(|p| p.product_id == till.product(COFFEE))
        .unwrap();
    assert_eq!(coffee.stock, Some(Quantity::pieces(8)));
}

#[test]
fn two_refunds_at_once_do_not_both_take_the_last_piece() {
    let till = Till::open();
    let sale = sold(&till);
    let (sale_id, cake) = (sale.tile.sale_id, sale.lines[1].line_id);
    let done = std::thread::scope(|scope| {
        let both: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| till.app.refund(give_back(sale_id, cake, 1))))
            .collect();
        both.into_iter()
            .map(|t| t.join().unwrap())
            .filter(Result::is_ok)
            .count()
    });
    assert_eq!(done, 1);
}

#[test]
fn a_strange_line_or_nothing_is_refused() {
    let till = Till::open();
    let sale = sold(&till);
    let stranger = LineId::from_parts(1, [1; 10]);
    assert_eq!(
        code(till.app.refund(give_back(sale.tile.sale_id, stranger, 1))),
        "refund_over_sale"
    );
    let none = give_back(sale.tile.sale_id, sale.lines[0].line_id, 0);
    assert_eq!(code(till.app.refund(none)), "amount_out_of_range");
    let nowhere = give_back(SaleId::from_parts(1, [1; 10]), stranger, 1);
    assert_eq!(code(till.app.refund(nowhere)), "sale_not_found");
    assert_eq!(
        till.app.sale(sale.tile.sale_id).unwrap().tile.refunded,
        soles(0)
    );
}

#[test]
fn what_came_back_no_longer_counts_as_spent() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    till.app.cart_set_customer(Some(maria)).unwrap();
    till.add(COFFEE, 2);
    let sale = till.app.complete_sale(vec![cash(1700)]).unwrap();
    till.app
        .refund(give_back(sale.tile.sale_id, sale.lines[0].line_id, 1))
        .unwrap();
    assert_eq!(till.app.customer(maria).unwrap().spent, soles(850));
}
