//! What the decoding door reads from a camera's frame, and what it must not read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use common::*;
use counterfoil_scan::{Found, GreyFrame, ScanKind, decode};
use image::imageops::{rotate90, rotate180, rotate270};
use proptest::prelude::*;
use qrcode::{EcLevel, QrCode, Version};

const CARD: &str = "CF1:01936a5e-7c1e-7f3a-9a51-2f0c8a6b7d10:c2lnbmF0dXJl";

fn read(picture: &image::GrayImage) -> Vec<Found> {
    decode(&frame(picture))
}

#[test]
fn a_card_is_read_upright() {
    let found = read(&on_a_desk(&qr(CARD, 6)));
    assert_eq!(codes(&found), [CARD]);
    assert_eq!(found[0].kind, ScanKind::Qr);
}

#[test]
fn a_card_is_read_however_it_is_turned() {
    let card = qr(CARD, 6);
    for turned in [rotate90(&card), rotate180(&card), rotate270(&card)] {
        assert_eq!(codes(&read(&on_a_desk(&turned))), [CARD]);
    }
}

#[test]
fn a_card_is_read_from_a_dark_screen_in_inverted_colours() {
    assert_eq!(codes(&read(&inverted(on_a_desk(&qr(CARD, 6))))), [CARD]);
}

#[test]
fn several_cards_in_one_picture_are_all_read() {
    let mut desk = page(1280, 720, 230);
    paste(&mut desk, &qr("first-card", 6), 60, 80);
    paste(&mut desk, &qr("second-card", 6), 480, 300);
    paste(&mut desk, &qr("third-card", 6), 900, 120);
    assert_eq!(
        codes(&read(&desk)),
        ["first-card", "second-card", "third-card"]
    );
}

#[test]
fn of_the_smallest_code_two_bytes_may_be_wrong_and_three_may_not() {
    // Its seven checks could put three right, but then they vouch for nothing: other codes are as near.
    let code = QrCode::with_version("a1", Version::Normal(1), EcLevel::L).unwrap();
    let mut modules = code.to_colors();
    // One module each of bytes that are written first, from the lower right corner upwards.
    for (y, expected) in [(20, vec!["a1"]), (16, vec!["a1"]), (10, Vec::new())] {
        let wrong = &mut modules[y * 21 + 20];
        *wrong = !*wrong;
        let found = read(&on_a_desk(&drawn(&modules, 6)));
        assert_eq!(codes(&found), expected, "{y}");
    }
}

#[test]
fn a_small_card_is_read() {
    assert_eq!(codes(&read(&on_a_desk(&qr(CARD, 2)))), [CARD]);
}

#[test]
fn a_noisy_card_is_read() {
    for seed in 0..5 {
        let picture = noisy(on_a_desk(&qr(CARD, 5)), 60, seed);
        assert_eq!(codes(&read(&picture)), [CARD], "seed {seed}");
    }
}

#[test]
fn the_outline_of_a_card_is_where_the_card_is() {
    let card = qr(CARD, 6);
    let found = read(&on_a_desk(&card));
    let outline = found[0].outline.unwrap();
    let quiet = 4.0 * 6.0;
    let (left, top) = (200.0 + quiet, 120.0 + quiet);
    let (right, bottom) = (
        200.0 + card.width() as f32 - quiet,
        120.0 + card.height() as f32 - quiet,
    );
    let around = [(left, top), (right, top), (right, bottom), (left, bottom)];
    for (corner, (x, y)) in outline.iter().zip(around) {
        let near = (corner.x * 1280.0 - x).abs() < 8.0 && (corner.y * 720.0 - y).abs() < 8.0;
        assert!(near, "{corner:?} instead of {x},{y} in {outline:?}");
    }
}

#[test]
fn each_kind_of_product_code_is_read() {
    for (kind, code) in [
        (ScanKind::Ean13, "7750243012345"),
        (ScanKind::Ean13, "4006381333931"),
        (ScanKind::Ean8, "96385074"),
        (ScanKind::UpcA, "036000291452"),
        (ScanKind::UpcE, "04252614"),
        (ScanKind::Code128, "SKU-000123"),
    ] {
        let code = with_check_digit(code, kind);
        let found = read(&on_a_desk(&bars(kind, &code, 3, 200)));
        assert_eq!(codes(&found), [code.as_str()], "{kind:?}");
        assert_eq!(found[0].kind, kind);
    }
}

/// The given EAN-13 with its last digit made right.
fn with_check_digit(code: &str, kind: ScanKind) -> String {
    if kind != ScanKind::Ean13 {
        return code.to_owned();
    }
    let body = &code[..12];
    let sum: u32 = body
        .bytes()
        .enumerate()
        .map(|(i, b)| u32::from(b - b'0') * if i % 2 == 0 { 1 } else { 3 })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

#[test]
fn a_product_is_read_upside_down_and_sideways() {
    let product = bars(ScanKind::Ean13, "4006381333931", 3, 200);
    for turned in [rotate90(&product), rotate180(&product), rotate270(&product)] {
        assert_eq!(codes(&read(&on_a_desk(&turned))), ["4006381333931"]);
    }
}

#[test]
fn a_noisy_product_is_read() {
    for seed in 0..5 {
        let product = on_a_desk(&bars(ScanKind::Ean13, "4006381333931", 3, 200));
        assert_eq!(
            codes(&read(&noisy(product, 40, seed))),
            ["4006381333931"],
            "seed {seed}"
        );
    }
}

#[test]
fn the_outline_of_a_product_covers_its_bars() {
    let desk = on_a_desk(&bars(ScanKind::Ean13, "4006381333931", 3, 200));
    let outline = read(&desk)[0].outline.unwrap();
    let dark = |x: &u32| desk.get_pixel(*x, 200).0[0] == 0;
    let (first, last) = (
        (0..1280).find(dark).unwrap(),
        (0..1280).rfind(dark).unwrap(),
    );
    let (left, right) = (outline[0].x * 1280.0, outline[1].x * 1280.0);
    assert!((left - first as f32).abs() < 12.0, "{left} {first}");
    assert!((right - last as f32).abs() < 12.0, "{right} {last}");
    assert!(
        outline[0].y >= 110.0 / 720.0 && outline[2].y <= 330.0 / 720.0,
        "{outline:?}"
    );
}

#[test]
fn one_line_of_bars_is_not_enough() {
    // Two rows only: what could as well be a scratch or the edge of a label.
    let found = read(&on_a_desk(&bars(ScanKind::Ean13, "4006381333931", 3, 2)));
    assert_eq!(found, []);
}

#[test]
fn two_products_in_one_picture_are_both_read() {
    let mut desk = page(1280, 720, 230);
    paste(
        &mut desk,
        &bars(ScanKind::Ean13, "4006381333931", 3, 150),
        100,
        100,
    );
    paste(
        &mut desk,
        &bars(ScanKind::Ean8, "96385074", 3, 150),
        700,
        450,
    );
    assert_eq!(codes(&read(&desk)), ["4006381333931", "96385074"]);
}

#[test]
fn a_picture_without_a_code_gives_nothing() {
    assert_eq!(read(&page(1280, 720, 200)), []);
    assert_eq!(read(&noisy(page(1280, 720, 128), 120, 1)), []);
}

#[test]
fn stripes_and_a_chessboard_are_no_codes() {
    let stripes = image::GrayImage::from_fn(1280, 720, |x, _| {
        image::Luma([if (x / 4) % 2 == 0 { 20 } else { 240 }])
    });
    let board = image::GrayImage::from_fn(1280, 720, |x, y| {
        image::Luma([if (x / 16 + y / 16) % 2 == 0 { 20 } else { 240 }])
    });
    assert_eq!(read(&stripes), []);
    assert_eq!(read(&board), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_small_or_odd_frame_stops_the_till(
        width in 1_u32..90,
        height in 1_u32..90,
        seed in any::<u64>(),
    ) {
        let picture = noisy(page(width, height, 128), 127, seed);
        let frame: GreyFrame = frame(&picture);
        prop_assert_eq!(decode(&frame), vec![]);
    }
}
