//! The cart.

use counterfoil_app::domain::money::MAX_MINOR;
use counterfoil_app::domain::{Currency, CustomerId, Discount, Money, Quantity};

use crate::till::{BEANS, CAKE, COFFEE, Till, cash, code, soles};

fn percent(basis_points: u32) -> Option<Discount> {
    Some(Discount::Percent { basis_points })
}

fn amount(minor: i64) -> Option<Discount> {
    Some(Discount::Amount {
        amount: soles(minor),
    })
}

#[test]
fn taps_add_up_with_the_tax_within() {
    let till = Till::open();
    till.add(COFFEE, 2);
    let cart = till.add(CAKE, 1);
    assert_eq!((cart.subtotal, cart.total), (soles(2900), soles(2900)));
    assert_eq!(cart.tax, soles(442));
    assert_eq!(cart.taxes[0].name, "IGV 18 %");
}

#[test]
fn a_price_without_tax_gets_it_on_top() {
    let till = Till::open();
    till.edit_product(COFFEE, "price_includes_tax", false);
    let cart = till.add(COFFEE, 1);
    assert_eq!(
        (cart.subtotal, cart.tax, cart.total),
        (soles(850), soles(153), soles(1003))
    );
}

#[test]
fn a_line_with_a_discount_or_a_note_stays_apart() {
    let till = Till::open();
    let first = till.add(COFFEE, 1).lines[0].line_id;
    till.app.cart_set_line_note(first, " sin azúcar ").unwrap();
    let cart = till.add(COFFEE, 1);
    assert_eq!(cart.lines.len(), 2);
    assert_eq!(cart.lines[0].note, "sin azúcar");
    till.app
        .cart_discount_line(cart.lines[1].line_id, percent(5000))
        .unwrap();
    assert_eq!(till.add(COFFEE, 1).lines.len(), 3);
}

#[test]
fn discounts_of_line_and_cart_go_together() {
    let till = Till::open();
    let line = till.add(COFFEE, 2).lines[0].line_id;
    till.add(CAKE, 1);
    till.app.cart_discount_line(line, amount(200)).unwrap();
    let cart = till.app.cart_discount(percent(1000)).unwrap();
    assert_eq!(cart.discount_amount, soles(200 + 270));
    assert_eq!(cart.total, soles(2430));
    let lines: i64 = cart.lines.iter().map(|l| l.total.minor()).sum();
    assert_eq!(lines, 2430);
}

#[test]
fn a_discount_that_is_too_large_changes_nothing() {
    let till = Till::open();
    let line = till.add(COFFEE, 1).lines[0].line_id;
    assert_eq!(
        code(till.app.cart_discount_line(line, amount(851))),
        "discount_too_large"
    );
    assert_eq!(
        code(till.app.cart_discount(percent(10_001))),
        "percent_out_of_range"
    );
    assert_eq!(till.app.cart().unwrap().total, soles(850));
}

#[test]
fn a_fixed_discount_goes_when_what_is_left_is_worth_less() {
    let till = Till::open();
    till.add(COFFEE, 1);
    let cake = till.add(CAKE, 1).lines[1].line_id;
    till.app.cart_discount(amount(1500)).unwrap();
    let cart = till.app.cart_remove_line(cake).unwrap();
    assert_eq!((cart.discount, cart.total), (None, soles(850)));
}

#[test]
fn amounts_beyond_range_are_refused() {
    let till = Till::open();
    let line = till.add(BEANS, 1).lines[0].line_id;
    let huge = Quantity(Quantity::MAX.milli() + 1);
    assert_eq!(
        code(till.app.cart_set_quantity(line, huge)),
        "amount_out_of_range"
    );
    assert_eq!(
        code(till.app.cart_set_quantity(line, Quantity(-1))),
        "amount_out_of_range"
    );
    let most = Money::new(MAX_MINOR, Currency::PEN).unwrap();
    let custom = till.app.cart_add_custom("Yate", most, "igv");
    assert_eq!(code(custom), "amount_out_of_range");
    assert_eq!(till.app.cart().unwrap().lines.len(), 1);
}

#[test]
fn a_weight_is_priced_to_the_cent() {
    let till = Till::open();
    let line = till.add(BEANS, 1).lines[0].line_id;
    let cart = till.app.cart_set_quantity(line, Quantity(333)).unwrap();
    assert_eq!(cart.total, soles(1195));
}

#[test]
fn a_typed_in_line_needs_a_name() {
    let till = Till::open();
    assert_eq!(
        code(till.app.cart_add_custom("  ", soles(100), "igv")),
        "name_missing"
    );
    let cart = till
        .app
        .cart_add_custom("Propina", soles(500), "igv")
        .unwrap();
    assert_eq!((cart.total, cart.tax), (soles(500), soles(76)));
}

#[test]
fn a_quantity_of_none_takes_the_line_away() {
    let till = Till::open();
    let line = till.add(COFFEE, 1).lines[0].line_id;
    assert!(
        till.app
            .cart_set_quantity(line, Quantity(0))
            .unwrap()
            .lines
            .is_empty()
    );
    assert_eq!(code(till.app.cart_remove_line(line)), "line_not_found");
}

#[test]
fn changes_are_taken_back_one_by_one() {
    let till = Till::open();
    let line = till.add(COFFEE, 1).lines[0].line_id;
    till.app
        .cart_set_quantity(line, Quantity::pieces(3))
        .unwrap();
    assert!(till.app.cart_clear().unwrap().lines.is_empty());
    assert_eq!(
        till.app.cart_undo().unwrap().lines[0].quantity,
        Quantity::pieces(3)
    );
    assert_eq!(
        till.app.cart_undo().unwrap().lines[0].quantity,
        Quantity::pieces(1)
    );
    let empty = till.app.cart_undo().unwrap();
    assert!(empty.lines.is_empty() && !empty.can_undo);
    assert!(till.app.cart_undo().unwrap().lines.is_empty());
}

#[test]
fn the_cart_survives_a_restart() {
    let till = Till::open();
    till.add(COFFEE, 2);
    till.app.cart_set_note("Para llevar").unwrap();
    let till = till.restart();
    let cart = till.app.cart().unwrap();
    assert_eq!(
        (cart.total, cart.note.as_str()),
        (soles(1700), "Para llevar")
    );
}

#[test]
fn parked_carts_survive_a_restart_and_come_back() {
    let till = Till::open();
    till.add(COFFEE, 2);
    let cart = till.app.cart_park("Mesa 4").unwrap();
    assert!(cart.lines.is_empty());
    assert_eq!(cart.parked, 1);
    assert_eq!(code(till.app.cart_park("")), "cart_empty");
    let till = till.restart();
    let parked = till.app.parked_carts().unwrap();
    assert_eq!(
        (parked[0].label.as_str(), parked[0].total),
        ("Mesa 4", soles(1700))
    );
    let cart = till.app.cart_resume(parked[0].cart_id).unwrap();
    assert_eq!((cart.total, cart.parked), (soles(1700), 0));
}

#[test]
fn resuming_parks_the_cart_at_hand() {
    let till = Till::open();
    till.add(COFFEE, 1);
    till.app.cart_park("").unwrap();
    till.add(CAKE, 1);
    let first = till.app.parked_carts().unwrap().remove(0);
    assert_eq!(first.label, "Café americano");
    let cart = till.app.cart_resume(first.cart_id).unwrap();
    assert_eq!((cart.total, cart.parked), (soles(850), 1));
    assert_eq!(till.app.parked_carts().unwrap()[0].label, "Torta de lúcuma");
}

#[test]
fn a_cart_knows_only_customers_of_the_shop() {
    let till = Till::open();
    let stranger = CustomerId::from_parts(1, [5; 10]);
    assert_eq!(
        code(till.app.cart_set_customer(Some(stranger))),
        "customer_not_found"
    );
    let maria = till.enrol("María", "987654321");
    assert!(
        till.app
            .cart_set_customer(Some(maria))
            .unwrap()
            .customer
            .is_some()
    );
    assert!(till.app.cart_set_customer(None).unwrap().customer.is_none());
}

#[test]
fn the_catalogue_tells_what_is_left_and_what_is_low() {
    let till = Till::open();
    let coffee = |till: &Till| {
        let products = till.app.catalogue().unwrap().products;
        products
            .into_iter()
            .find(|p| p.product_id == till.product(COFFEE))
            .unwrap()
    };
    assert_eq!(
        (coffee(&till).stock, coffee(&till).low),
        (Some(Quantity::pieces(10)), false)
    );
    till.add(COFFEE, 6);
    till.app.complete_sale(vec![cash(5100)]).unwrap();
    assert_eq!(
        (coffee(&till).stock, coffee(&till).low),
        (Some(Quantity::pieces(4)), true)
    );
}

#[test]
fn a_product_no_longer_offered_is_not_sold() {
    let till = Till::open();
    till.edit_product(COFFEE, "active", false);
    let added = till
        .app
        .cart_add_product(till.product(COFFEE), Quantity::pieces(1));
    assert_eq!(code(added), "product_not_found");
    assert!(
        till.app
            .catalogue()
            .unwrap()
            .products
            .iter()
            .all(|p| p.product_id != till.product(COFFEE))
    );
}
