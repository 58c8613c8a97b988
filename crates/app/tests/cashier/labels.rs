//! Labels of the shop's own scale, as they are set and as they are sold.

use counterfoil_app::domain::Quantity;
use counterfoil_app::domain::barcode::check_digit;
use counterfoil_app::view::{CartView, ScanOutcome};

use crate::till::{BEANS, COFFEE, Till, cash, code, refused, soles};

const WEIGHT: &str = "21IIIIIWWWWWC";
const PRICE: &str = "23IIIIIPPPPPC";

/// A shop whose scale weighs beans as article 4711, and whose cashier is signed in.
fn with_a_scale() -> Till {
    let till = Till::open();
    till.edit_product(BEANS, "sku", "4711");
    set(&till, &[WEIGHT, PRICE]).unwrap();
    till
}

fn set(till: &Till, layouts: &[&str]) -> counterfoil_app::Outcome<()> {
    till.app.act_as(Some("Luis")).unwrap();
    let layouts: Vec<String> = layouts.iter().map(|one| (*one).to_owned()).collect();
    let done = till.app.set_scale_labels(&layouts).map(|_| ());
    till.app.act_as(Some("Ana")).unwrap();
    done
}

fn label(body: &str) -> String {
    format!("{body}{}", check_digit(body).unwrap())
}

fn sold(outcome: ScanOutcome) -> CartView {
    let ScanOutcome::Product { cart, .. } = outcome else {
        panic!("no product was rung up: {outcome:?}");
    };
    cart
}

#[test]
fn a_weighed_pack_is_sold_by_its_grams() {
    let till = with_a_scale();
    let cart = sold(till.scan(&label("210471101505")));
    assert_eq!(cart.lines[0].product_id, Some(till.product(BEANS)));
    assert_eq!(cart.lines[0].quantity, Quantity(1505));
    // 1.505 kg at 35.90
    assert_eq!(cart.total, soles(5403));
}

#[test]
fn a_priced_pack_is_sold_at_the_price_on_it() {
    let till = with_a_scale();
    let cart = sold(till.scan(&label("230471100999")));
    // 9.99 of 35.90 a kilogram.
    assert_eq!(cart.lines[0].quantity, Quantity(278));
    assert_eq!(cart.total, soles(999));
}

#[test]
fn a_priced_pack_takes_its_weight_from_the_stock() {
    let till = with_a_scale();
    let stock = |till: &Till| {
        let products = till.app.catalogue().unwrap().products;
        let beans = till.product(BEANS);
        products
            .into_iter()
            .find(|one| one.product_id == beans)
            .and_then(|one| one.stock)
    };
    till.edit_product(BEANS, "low_stock_below", 1000);
    let before = stock(&till).unwrap();
    till.scan(&label("230471100998"));
    till.app.complete_sale(vec![cash(998)]).unwrap();
    assert_eq!(
        before.milli() - stock(&till).unwrap().milli(),
        278,
        "9.98 at 35.90 a kilogram"
    );
}

#[test]
fn a_priced_pack_of_something_without_a_price_is_one_piece() {
    let till = with_a_scale();
    till.edit_product(BEANS, "price", serde_json::Value::Null);
    let cart = sold(till.scan(&label("230471100999")));
    assert_eq!(cart.lines[0].quantity, Quantity::pieces(1));
    assert_eq!(cart.total, soles(999));
}

#[test]
fn two_packs_are_two_lines_that_cost_what_their_labels_say() {
    let till = with_a_scale();
    till.edit_product(
        BEANS,
        "price",
        serde_json::json!({"minor": 999, "currency": "PEN"}),
    );
    till.scan(&label("210471100333"));
    let cart = sold(till.scan(&label("210471100333")));
    assert_eq!(cart.lines.len(), 2);
    // 3.33 twice; their weights added up would cost 6.65.
    assert_eq!(cart.total, soles(666));
}

#[test]
fn a_label_of_an_unknown_article_says_which_and_sells_nothing() {
    let till = with_a_scale();
    let failure = refused(till.scan(&label("210999901505")));
    assert_eq!(failure.code, "label_unknown_article");
    assert_eq!(failure.params["item"], "09999");
    assert!(till.app.cart().unwrap().lines.is_empty());
}

#[test]
fn a_label_without_an_amount_sells_nothing() {
    let till = with_a_scale();
    assert_eq!(
        refused(till.scan(&label("210471100000"))).code,
        "label_empty"
    );
    assert!(till.app.cart().unwrap().lines.is_empty());
}

#[test]
fn a_weight_of_something_without_a_price_is_not_guessed() {
    let till = with_a_scale();
    till.edit_product(BEANS, "price", serde_json::Value::Null);
    let failure = refused(till.scan(&label("210471101505")));
    assert_eq!(failure.code, "label_price_missing");
}

#[test]
fn a_wrong_check_digit_sells_nothing() {
    let till = with_a_scale();
    let right = label("210471101505");
    let wrong = format!("{}{}", &right[..12], (right.as_bytes()[12] - b'0' + 1) % 10);
    let outcome = till.scan(&wrong);
    assert!(
        matches!(outcome, ScanOutcome::Unknown { .. }),
        "{outcome:?}"
    );
}

#[test]
fn a_product_under_the_label_without_its_amount_comes_first() {
    let till = with_a_scale();
    till.edit_product(COFFEE, "barcode", label("210471100000"));
    let cart = sold(till.scan(&label("210471101505")));
    assert_eq!(cart.lines[0].product_id, Some(till.product(COFFEE)));
}

#[test]
fn without_layouts_a_label_is_a_code_like_any_other() {
    let till = Till::open();
    till.edit_product(BEANS, "sku", "4711");
    let outcome = till.scan(&label("210471101505"));
    assert!(
        matches!(outcome, ScanOutcome::Unknown { .. }),
        "{outcome:?}"
    );
}

#[test]
fn only_an_owner_says_how_labels_are_laid_out() {
    let till = Till::open();
    let layouts = vec![WEIGHT.to_owned()];
    assert_eq!(
        code(till.app.set_scale_labels(&layouts)),
        "role_not_allowed"
    );
}

#[test]
fn a_layout_that_cannot_be_read_is_refused_and_the_others_stay() {
    let till = with_a_scale();
    for (layouts, expected) in [
        (vec!["21III"], "scale_layout_length"),
        (vec!["77IIIIIWWWWWC"], "scale_layout_prefix"),
        (vec!["21IIXIIWWWWWC"], "scale_layout_letter"),
        (vec!["21VVVVVWWWWWC"], "scale_layout_item"),
        (vec!["21IIIIIPPWWWC"], "scale_layout_amount"),
        (vec![WEIGHT, "21IIIIWWWWWWC"], "scale_layout_twice"),
    ] {
        assert_eq!(set(&till, &layouts).unwrap_err().code, expected);
    }
    let view = till.app.scale_labels().unwrap();
    let kept: Vec<&str> = view.layouts.iter().map(|one| one.layout.as_str()).collect();
    assert_eq!(kept, [WEIGHT, PRICE]);
}

#[test]
fn what_is_usual_in_the_country_is_offered_until_it_is_taken() {
    let till = Till::open();
    let usual = |till: &Till| -> Vec<String> {
        let view = till.app.scale_labels().unwrap();
        view.usual.into_iter().map(|one| one.layout).collect()
    };
    assert_eq!(usual(&till), [WEIGHT, PRICE]);
    set(&till, &[WEIGHT]).unwrap();
    assert_eq!(usual(&till), [PRICE]);
    let view = till.app.scale_labels().unwrap();
    assert_eq!(view.layouts[0].example, label("210012301250"));
}
