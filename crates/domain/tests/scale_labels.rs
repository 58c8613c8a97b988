//! Labels of a shop's own scale: read as the shop lays them out, and never taken from a maker's code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use counterfoil_domain::barcode::check_digit;
use counterfoil_domain::scale_label::{
    LabelAmount, Layout, LayoutError, ScaleLabel, read, sold_as, usual_layouts,
};
use counterfoil_domain::{Currency, Money, Quantity};
use proptest::prelude::*;

fn layout(text: &str) -> Layout {
    Layout::parse(text).unwrap()
}

fn with_check_digit(body: &str) -> String {
    format!("{body}{}", check_digit(body).unwrap())
}

#[test]
fn a_weighed_article_is_read_in_grams() {
    let code = with_check_digit("210012301505");
    let label = layout("21IIIIIWWWWWC").read(&code).unwrap();
    assert_eq!(label.item, "00123");
    assert_eq!(label.amount, LabelAmount::Weight(1505));
}

#[test]
fn a_priced_article_is_read_in_minor_units_past_the_digit_that_checks_the_price() {
    let code = with_check_digit("024711301234");
    let label = layout("02IIIIVPPPPPC").read(&code).unwrap();
    let expected = ScaleLabel {
        item: "4711".to_owned(),
        amount: LabelAmount::Price(1234),
    };
    assert_eq!(label, expected);
}

#[test]
fn a_upc_a_that_begins_with_2_is_the_same_label() {
    let code = with_check_digit("024711301234");
    let labels = layout("02IIIIVPPPPPC");
    assert_eq!(labels.read(&code[1..]), labels.read(&code));
    assert!(labels.read(&code).is_some());
}

#[test]
fn a_makers_product_is_never_a_label() {
    let all = [layout("02IIIIVPPPPPC"), layout("29IIIIIWWWWWC")];
    assert_eq!(read("4006381333931", &all), None);
    assert_eq!(read("96385074", &all), None);
}

#[test]
fn a_wrong_check_digit_is_no_label() {
    let code = with_check_digit("210012301505");
    let last = (code[12..].parse::<u8>().unwrap() + 1) % 10;
    assert_eq!(
        layout("21IIIIIWWWWWC").read(&format!("{}{last}", &code[..12])),
        None
    );
}

/// Any layout that makes sense: the article before the amount or behind it, with or without digits between.
fn any_layout() -> impl Strategy<Value = Layout> {
    let prefix = prop_oneof![
        Just("02".to_owned()),
        (20..30_u8).prop_map(|n| n.to_string())
    ];
    (prefix, 1..9_usize, 0..3_usize, any::<bool>(), any::<bool>()).prop_map(
        |(prefix, item, passed, weight, first)| {
            let (item, passed) = (item, passed.min(9 - item));
            let amount = 10 - item - passed;
            let amount = if weight { "W" } else { "P" }.repeat(amount);
            let (item, passed) = ("I".repeat(item), "V".repeat(passed));
            let parts = if first {
                [item, passed, amount]
            } else {
                [amount, passed, item]
            };
            layout(&format!("{prefix}{}C", parts.concat()))
        },
    )
}

proptest! {
    #[test]
    fn whatever_is_written_into_a_label_is_read_from_it(
        (layout, item, amount) in any_layout().prop_flat_map(|layout| {
            let room = u32::try_from(layout.item_digits()).unwrap();
            let amount = 10_u64.pow(10 - room);
            (Just(layout), 0..10_u64.pow(room), 0..amount)
        })
    ) {
        let label = ScaleLabel {
            item: format!("{item:0width$}", width = layout.item_digits()),
            amount: if layout.is_weight() {
                LabelAmount::Weight(amount)
            } else {
                LabelAmount::Price(amount)
            },
        };
        // An amount that is too long for its places is not cut: there is no such label.
        if let Some(code) = layout.write(&label) {
            prop_assert_eq!(layout.read(&code), Some(label));
        } else {
            prop_assert!(amount.to_string().len() + layout.item_digits() > 10 - passed_over(&layout));
        }
    }

    #[test]
    fn no_text_makes_a_layout_or_a_label_panic(text in ".*", code in "[0-9]{0,16}|.*") {
        if let Ok(layout) = Layout::parse(&text) {
            prop_assert_eq!(layout.text(), text);
        }
        let _ = layout("21IIIIIWWWWWC").read(&code);
    }
}

fn passed_over(layout: &Layout) -> usize {
    layout.text().matches('V').count()
}

#[test]
fn the_usual_layouts_of_every_country_make_sense() {
    for country in ["PE", "ES", "US", "CA", "SE", "DE", ""] {
        for text in usual_layouts(country) {
            assert_eq!(layout(text).text(), *text);
        }
    }
}

#[test]
fn a_layout_that_makes_no_sense_says_what_is_wrong() {
    let wrong = |text| Layout::parse(text).unwrap_err();
    assert_eq!(wrong("21IIIII"), LayoutError::Length(7));
    assert_eq!(wrong("40IIIIIWWWWWC"), LayoutError::Prefix("40".to_owned()));
    assert_eq!(wrong("éèIIIIIWWWWWC"), LayoutError::Prefix("éè".to_owned()));
    assert_eq!(
        wrong("21IIxIIWWWWWC"),
        LayoutError::Letter {
            place: 5,
            letter: 'x'
        }
    );
    assert_eq!(
        wrong("21IICIIWWWWWC"),
        LayoutError::Letter {
            place: 5,
            letter: 'C'
        }
    );
    assert_eq!(wrong("21VVVVVWWWWWC"), LayoutError::Item);
    assert_eq!(wrong("21IIWWWIIWWWC"), LayoutError::Item);
    assert_eq!(wrong("21IIIIIPPWWWC"), LayoutError::Amount);
    assert_eq!(wrong("21IIIIIVVVVVC"), LayoutError::Amount);
}

fn soles(minor: i64) -> Money {
    Money::new(minor, Currency::PEN).unwrap()
}

#[test]
fn a_priced_pack_holds_what_its_price_buys() {
    // 9.98 at 35.90 a kilogram.
    let sold = sold_as(soles(998), soles(3590)).unwrap();
    assert_eq!(sold, Some((Quantity(278), soles(3590))));
}

#[test]
fn a_label_that_was_printed_at_another_unit_price_is_paid_to_the_cent() {
    // No weight in grams costs 9.99 at 35.90 a kilogram.
    let (quantity, unit) = sold_as(soles(999), soles(3590)).unwrap().unwrap();
    assert_eq!(quantity, Quantity(278));
    assert_eq!(unit.scale(quantity.milli(), 1000).unwrap(), soles(999));
}

#[test]
fn a_pack_at_the_price_of_one_unit_is_one_unit() {
    let sold = sold_as(soles(1200), soles(1200)).unwrap();
    assert_eq!(sold, Some((Quantity::pieces(1), soles(1200))));
}

#[test]
fn what_has_no_unit_price_holds_no_quantity() {
    assert_eq!(sold_as(soles(999), soles(0)), Ok(None));
    let dollars = Money::new(999, "USD".parse().unwrap()).unwrap();
    assert!(sold_as(dollars, soles(3590)).is_err());
}

proptest! {
    /// What a scale weighed and priced comes back: the same unit price, and the weight to the grams that cost the same.
    #[test]
    fn a_scales_price_gives_its_weight_back(grams in 1..100_000_i64, unit in 1..1_000_000_i64) {
        let price = soles(unit).scale(grams, 1000).unwrap();
        prop_assume!(price.minor() > 0);
        let (quantity, at) = sold_as(price, soles(unit)).unwrap().unwrap();
        prop_assert_eq!(at, soles(unit));
        prop_assert_eq!(at.scale(quantity.milli(), 1000).unwrap(), price);
        // Half a minor unit to each side, and the rounding of the weight itself.
        prop_assert!((quantity.milli() - grams).abs() * unit <= 1000 + unit);
    }

    /// Whatever the label says is what the customer pays.
    #[test]
    fn a_quantity_always_costs_what_its_label_says(total in 1..10_000_000_i64, unit in 1..10_000_000_i64) {
        if let Some((quantity, at)) = sold_as(soles(total), soles(unit)).unwrap() {
            prop_assert_eq!(at.scale(quantity.milli(), 1000).unwrap(), soles(total));
            // And it is as much as the till's own unit price makes of it, to a hundredth of a unit.
            let exact = i128::from(total) * 1000 / i128::from(unit);
            prop_assert!((i128::from(quantity.milli()) - exact).abs() <= 11);
        }
    }

    /// Of less than one unit some quantity costs just that.
    #[test]
    fn up_to_one_unit_every_price_has_a_quantity(total in 1..100_000_i64, more in 0..1_000_000_i64) {
        prop_assert!(sold_as(soles(total), soles(total + more)).unwrap().is_some());
    }
}
