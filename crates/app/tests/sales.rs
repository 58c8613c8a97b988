//! Sales that were completed: finding them, their receipts, and giving lines back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use common::{BEANS, CAKE, COFFEE, Till, card, cash, code, soles};
use counterfoil_app::domain::tender::TenderKind;
use counterfoil_app::domain::{LineId, Quantity, SaleId};
use counterfoil_app::view::{EnrolOutcome, RefundInput, RefundLineInput, SaleView};

fn part(sale: &SaleView, line: usize, milli: i64) -> RefundInput {
    RefundInput {
        sale_id: sale.tile.sale_id,
        lines: vec![RefundLineInput {
            line_id: sale.lines[line].line_id,
            quantity: Quantity(milli),
            restock: true,
        }],
        tender: TenderKind::Cash,
        reason: "frío".to_owned(),
    }
}

fn numbers(till: &Till, query: &str) -> Vec<String> {
    let found = till.app.sales(query, 10).unwrap();
    found.into_iter().map(|tile| tile.number).collect()
}

#[test]
fn the_newest_sale_comes_first() {
    let till = Till::new();
    till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    till.sell(&[(CAKE, 1)], vec![cash(1200)]);
    assert_eq!(numbers(&till, ""), ["T1-000002", "T1-000001"]);
}

#[test]
fn no_more_sales_are_listed_than_asked_for() {
    let till = Till::new();
    for _ in 0..3 {
        till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    }
    assert_eq!(till.app.sales("", 2).unwrap().len(), 2);
}

#[test]
fn a_sale_is_found_by_its_number_however_it_is_typed() {
    let till = Till::new();
    till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    till.sell(&[(CAKE, 1)], vec![cash(1200)]);
    for query in ["2", "T1-000002", " t1-000002 ", "000002"] {
        assert_eq!(numbers(&till, query), ["T1-000002"], "{query}");
    }
}

#[test]
fn a_bare_number_finds_that_sale_and_not_those_that_contain_it() {
    let till = Till::new();
    for _ in 0..11 {
        till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    }
    assert_eq!(numbers(&till, "1"), ["T1-000001"]);
}

#[test]
fn a_sale_is_found_by_its_product_without_accents() {
    let till = Till::new();
    till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    till.sell(&[(CAKE, 1)], vec![cash(1200)]);
    assert_eq!(numbers(&till, "LUCUMA"), ["T1-000002"]);
}

#[test]
fn a_sale_is_found_by_its_customer_without_accents() {
    let till = Till::new();
    till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    let EnrolOutcome::Created { customer } = till.app.enrol("María Ñique", "987654321").unwrap()
    else {
        panic!("a new customer is created");
    };
    let customer_id = customer.tile.customer_id;
    till.app.cart_set_customer(Some(customer_id)).unwrap();
    till.sell(&[(CAKE, 1)], vec![cash(1200)]);
    assert_eq!(numbers(&till, "maria nique"), ["T1-000002"]);
    assert_eq!(till.app.sales("", 1).unwrap()[0].customer, "María Ñique");
}

#[test]
fn signs_that_a_database_reads_in_its_own_way_are_plain_text_in_a_search() {
    let till = Till::new();
    till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    for query in ["%", "_", "'", "\"", "*", "\\"] {
        assert!(numbers(&till, query).is_empty(), "{query}");
    }
}

#[test]
fn a_tile_names_who_sold_what() {
    let till = Till::new();
    let pieces = [(COFFEE, 2), (CAKE, 1)];
    let sale = till.sell(&pieces, vec![card(2900)]);
    assert_eq!(sale.tile.staff, "Ana");
    assert_eq!(sale.tile.summary, "2 × Café americano, Torta de lúcuma");
    assert_eq!(
        (sale.tile.total, sale.tile.refunded),
        (soles(2900), soles(0))
    );
}

#[test]
fn a_sale_that_no_hub_has_seen_is_pending() {
    let till = Till::new();
    assert!(till.sell(&[(COFFEE, 1)], vec![cash(850)]).tile.pending);
}

#[test]
fn a_receipt_fits_its_paper_and_names_number_and_total() {
    let till = Till::new();
    let sale = till.sell(&[(BEANS, 2), (CAKE, 1)], vec![cash(10_000)]);
    let receipt = &sale.receipt_text;
    assert!(receipt.iter().all(|line| line.chars().count() <= 42));
    let whole = receipt.join("\n");
    assert!(
        whole.contains("T1-000001") && whole.contains("83.80"),
        "{whole}"
    );
    assert!(sale.receipt_qr_svg.contains("<svg"));
}

#[test]
fn a_receipt_is_saved_as_a_page_that_does_not_replace_an_earlier_one() {
    let till = Till::new();
    let sale = till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    let first = till.app.save_receipt_pdf(sale.tile.sale_id).unwrap();
    let second = till.app.save_receipt_pdf(sale.tile.sale_id).unwrap();
    assert_ne!(first, second);
    assert!(first.path.starts_with(till.exports().to_str().unwrap()));
    assert!(std::fs::read(&first.path).unwrap().starts_with(b"%PDF"));
}

#[test]
fn a_sale_that_is_not_there_is_not_found() {
    let till = Till::new();
    let nobodys: SaleId = till.shop.id();
    assert_eq!(code(till.app.sale(nobodys)), "sale_not_found");
    assert_eq!(code(till.app.save_receipt_pdf(nobodys)), "sale_not_found");
    let input = RefundInput {
        sale_id: nobodys,
        lines: Vec::new(),
        tender: TenderKind::Cash,
        reason: String::new(),
    };
    assert_eq!(code(till.app.refund(input)), "sale_not_found");
}

#[test]
fn a_line_given_back_in_three_parts_pays_back_exactly_its_price() {
    let till = Till::new();
    let one_centimo = counterfoil_app::domain::Discount::Amount { amount: soles(1) };
    let product_id = till.shop.products[BEANS].0;
    let pieces = Quantity::pieces(3);
    till.app.cart_add_product(product_id, pieces).unwrap();
    till.app.cart_discount(Some(one_centimo)).unwrap();
    let sale = till.app.complete_sale(vec![cash(10_769)]).unwrap();
    let mut refunded = Vec::new();
    for _ in 0..3 {
        let after = till.app.refund(part(&sale, 0, 1000)).unwrap();
        refunded.push(after.tile.refunded.minor());
    }
    assert_eq!(refunded, [3590, 7179, 10_769]);
}

#[test]
fn a_refund_shows_on_its_sale_and_the_sale_stays_as_it_was() {
    let till = Till::new();
    let sale = till.sell(&[(COFFEE, 3), (CAKE, 1)], vec![cash(3750)]);
    let after = till.app.refund(part(&sale, 0, 2000)).unwrap();
    assert_eq!(after.lines[0].refunded, Quantity::pieces(2));
    assert_eq!(after.lines[1].refunded, Quantity(0));
    assert_eq!(after.tile.refunded, soles(1700));
    assert_eq!((after.tile.total, after.tax), (sale.tile.total, sale.tax));
}

#[test]
fn no_more_comes_back_than_was_sold() {
    let till = Till::new();
    let sale = till.sell(&[(COFFEE, 2)], vec![cash(1700)]);
    assert_eq!(
        code(till.app.refund(part(&sale, 0, 2001))),
        "refund_over_sale"
    );
    till.app.refund(part(&sale, 0, 1500)).unwrap();
    let refused = till.app.refund(part(&sale, 0, 501)).unwrap_err();
    assert_eq!(refused.code, "refund_over_sale");
    assert_eq!(refused.params["left_milli"], "500");
    till.app.refund(part(&sale, 0, 500)).unwrap();
    assert_eq!(code(till.app.refund(part(&sale, 0, 1))), "refund_over_sale");
}

#[test]
fn one_refund_cannot_name_a_line_twice_to_get_more() {
    let till = Till::new();
    let sale = till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    let mut input = part(&sale, 0, 1000);
    input.lines.push(input.lines[0].clone());
    assert_eq!(code(till.app.refund(input)), "refund_over_sale");
}

#[test]
fn a_refused_refund_writes_nothing() {
    let till = Till::new();
    let sale = till.sell(&[(COFFEE, 1), (CAKE, 1)], vec![cash(2050)]);
    let mut input = part(&sale, 0, 1000);
    input.lines.extend(part(&sale, 1, 2000).lines);
    assert_eq!(code(till.app.refund(input)), "refund_over_sale");
    assert_eq!(till.app.sale(sale.tile.sale_id).unwrap(), sale);
}

#[test]
fn a_line_of_another_sale_is_not_given_back() {
    let till = Till::new();
    let sale = till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    let mut input = part(&sale, 0, 1000);
    input.lines[0].line_id = till.shop.id::<LineId>();
    assert_eq!(code(till.app.refund(input)), "refund_over_sale");
}

#[test]
fn nothing_is_not_given_back() {
    let till = Till::new();
    let sale = till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    for milli in [0, -1000, i64::MIN] {
        let refused = code(till.app.refund(part(&sale, 0, milli)));
        assert_eq!(refused, "amount_out_of_range");
    }
    let mut input = part(&sale, 0, 1000);
    input.lines.clear();
    assert_eq!(code(till.app.refund(input)), "amount_out_of_range");
}

#[test]
fn a_refund_pays_back_what_its_quote_said() {
    let till = Till::new();
    let sale = till.sell(&[(BEANS, 3)], vec![cash(10_770)]);
    let input = part(&sale, 0, 1234);
    let quote = till.app.refund_quote(&input).unwrap();
    assert_eq!(till.app.sale(sale.tile.sale_id).unwrap(), sale);
    assert_eq!(till.app.refund(input).unwrap().tile.refunded, quote);
}

#[test]
fn nobody_gives_money_back_at_a_locked_till() {
    let till = Till::new();
    let sale = till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    till.app.lock().unwrap();
    let refused = code(till.app.refund(part(&sale, 0, 1000)));
    assert_eq!(refused, "not_signed_in");
}

#[test]
fn an_installer_gives_no_money_back() {
    let till = Till::new();
    let sale = till.sell(&[(COFFEE, 1)], vec![cash(850)]);
    till.app.act_as(Some("Iris")).unwrap();
    let refused = code(till.app.refund(part(&sale, 0, 1000)));
    assert_eq!(refused, "role_not_allowed");
}

fn stock(till: &Till, product: usize) -> Option<Quantity> {
    let product_id = till.shop.products[product].0;
    let catalogue = till.app.catalogue().unwrap();
    let found = catalogue
        .products
        .iter()
        .find(|p| p.product_id == product_id);
    found.unwrap().stock
}

#[test]
fn goods_that_go_back_on_the_shelf_are_in_stock_again() {
    let till = Till::new();
    let sale = till.sell(&[(CAKE, 3)], vec![cash(3600)]);
    till.app.refund(part(&sale, 0, 1000)).unwrap();
    assert_eq!(stock(&till, CAKE), Some(Quantity::pieces(8)));
}

#[test]
fn broken_goods_are_paid_back_and_stay_out_of_stock() {
    let till = Till::new();
    let sale = till.sell(&[(CAKE, 3)], vec![cash(3600)]);
    let mut input = part(&sale, 0, 1000);
    input.lines[0].restock = false;
    let after = till.app.refund(input).unwrap();
    assert_eq!(after.tile.refunded, soles(1200));
    assert_eq!(stock(&till, CAKE), Some(Quantity::pieces(7)));
}

#[test]
fn refunds_survive_a_restart_of_the_till() {
    let till = Till::new();
    let sale = till.sell(&[(COFFEE, 2)], vec![cash(1700)]);
    let after = till.app.refund(part(&sale, 0, 1000)).unwrap();
    let config = till.config.clone();
    let again = counterfoil_app::Counterfoil::open(config, common::host(&till.clock)).unwrap();
    assert_eq!(again.sale(sale.tile.sale_id).unwrap(), after);
}
