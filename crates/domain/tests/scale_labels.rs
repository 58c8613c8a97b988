//! Labels of a shop's own scale: read as the shop lays them out, and never taken from a maker's code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use counterfoil_domain::barcode::check_digit;
use counterfoil_domain::scale_label::{LabelAmount, Layout, LayoutError, ScaleLabel, read};

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

#[test]
fn whatever_is_written_into_a_label_is_read_from_it() {
    let labels = layout("27IIIIIPPPPPC");
    for n in 0..5_000_u64 {
        let (item, price) = (n * 7_919 % 100_000, n * 104_729 % 100_000);
        let code = with_check_digit(&format!("27{item:05}{price:05}"));
        let expected = ScaleLabel {
            item: format!("{item:05}"),
            amount: LabelAmount::Price(price),
        };
        assert_eq!(labels.read(&code), Some(expected));
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
