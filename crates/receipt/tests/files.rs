//! The bytes for printers, and the files for people.
#![allow(clippy::unwrap_used, missing_docs)]

use counterfoil_receipt::{
    CARDS_A_PAGE, CardFace, Line, Locale, Matrix, Poster, RenderError, card_sheet, escpos,
    open_drawer, roll_pdf, svg,
};

fn card(code: &str) -> CardFace<'_> {
    CardFace {
        shop_name: "Café Lima",
        customer_name: "María Ñahui Quispe",
        reward_name: "Un café gratis",
        stamps_required: 5,
        code,
    }
}

const CODE: &str = "CF1:6BFOXN*TS0BI$ZDYSHG ZDYSHO97.%8VU2+C4Y9RW:6LIQ0A1B2C3D4E5F6G7H8J9K";

#[test]
fn a_printer_gets_exactly_these_bytes() {
    let lines = [
        Line::Big("Café".to_owned()),
        Line::Rule,
        Line::Pair {
            left: "Ñandú".to_owned(),
            right: "€ 1.00".to_owned(),
        },
        Line::Strong {
            left: "TOTAL".to_owned(),
            right: "S/ 1.00".to_owned(),
        },
        Line::Qr("AB".to_owned()),
        Line::Barcode("T1-1".to_owned()),
    ];
    let mut expected = b"\x1b@\x1bt\x10".to_vec();
    expected.extend(b"\x1bE\x01\x1d!\x11\x1ba\x01Caf\xe9\n\x1d!\x00\x1bE\x00");
    expected.extend(b"\x1ba\x00------------------------------------------\n");
    expected.extend(b"\x1ba\x00\xd1and\xfa                               \x80 1.00\n");
    expected.extend(b"\x1bE\x01\x1d!\x01\x1ba\x00TOTAL                              S/ 1.00\n\x1d!\x00\x1bE\x00");
    expected.extend(b"\x1ba\x01\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x06\x1d(k\x03\x001E1");
    expected.extend(b"\x1d(k\x05\x001P0AB\x1d(k\x03\x001Q0\n");
    expected.extend(b"\x1ba\x01\x1dh\x3c\x1dw\x02\x1dH\x02\x1dk\x49\x06{BT1-1\n");
    expected.extend(b"\x1dVB\x03");
    assert_eq!(escpos(&lines), expected);
}

#[test]
fn a_letter_the_printer_lacks_loses_its_accent() {
    let bytes = escpos(&[Line::Text("Łódź ć 漢".to_owned())]);
    let row = &bytes[8..bytes.len() - 5];
    assert_eq!(row, b"?\xf3dz c ?");
}

#[test]
fn the_drawer_opens_by_five_bytes() {
    assert_eq!(open_drawer(), *b"\x1bp\x00\x19\xfa");
}

#[test]
fn a_receipt_is_a_pdf_with_its_own_typeface() {
    let lines = [Line::Centred("Hola".to_owned()), Line::Qr(CODE.to_owned())];
    let pdf = roll_pdf(&lines, "T1-000042").unwrap();
    let has = |part: &[u8]| pdf.windows(part.len()).any(|w| w == part);
    assert!(pdf.starts_with(b"%PDF-1."));
    assert!(has(b"/FontFile2") && has(b"(Hola)") && has(b"%%EOF"));
}

#[test]
fn a_cards_page_is_as_large_as_a_bank_card() {
    let pdf = card(CODE).pdf().unwrap();
    let text = String::from_utf8_lossy(&pdf).into_owned();
    assert!(
        text.contains("/MediaBox [0 0 242.64568 153.07088]"),
        "{}",
        &text[..400]
    );
}

#[test]
fn a_cards_picture_has_a_white_margin_and_ink_for_both_names() {
    let picture = image::load_from_memory(&card(CODE).png().unwrap())
        .unwrap()
        .into_luma8();
    let (width, height) = picture.dimensions();
    let dark =
        |x0, x1, y0, y1| (y0..y1).any(|y| (x0..x1).any(|x| picture.get_pixel(x, y).0[0] < 128));
    assert!(!dark(0, 40, 0, height), "the left margin is white");
    assert!(dark(0, width, 48, 110), "the shop's name is there");
    assert!(
        dark(0, width, height - 110, height - 40),
        "the customer's name is there"
    );
}

/// How many pages of 210 x 297 mm there are, to a tenth of a point.
fn a4_pages(pdf: &str) -> usize {
    let boxes = pdf.split("/MediaBox [0 0 ").skip(1);
    let sizes = boxes.filter_map(|rest| rest.split_once(']')?.0.split_once(' '));
    let near = |text: &str, points: f32| text.parse().is_ok_and(|n: f32| (n - points).abs() < 0.1);
    sizes
        .filter(|(width, height)| near(width, 595.3) && near(height, 841.9))
        .count()
}

#[test]
fn eleven_cards_fill_a_page_of_ten_and_begin_another() {
    let names: Vec<String> = (0..11).map(|at| format!("Customer {at}")).collect();
    let cards: Vec<CardFace<'_>> = names
        .iter()
        .map(|customer_name| CardFace {
            customer_name,
            ..card(CODE)
        })
        .collect();
    let pdf = card_sheet("Cards", &cards).unwrap();
    let text = String::from_utf8_lossy(&pdf).into_owned();
    assert_eq!(CARDS_A_PAGE, 10);
    assert_eq!(a4_pages(&text), 2);
    assert!(text.contains("/Count 2"));
    for name in &names {
        assert_eq!(text.matches(&format!("({name})")).count(), 1, "{name}");
    }
    // The typeface is in it once, however many pages there are.
    assert_eq!(text.matches("/FontFile2").count(), 2);
}

#[test]
fn a_code_on_a_sheet_is_larger_than_two_centimetres() {
    let pdf = card_sheet("Cards", &[card(CODE)]).unwrap();
    let text = String::from_utf8_lossy(&pdf).into_owned();
    // Every square of a code is a rectangle: x, y, width, height.
    let squares = text.lines().filter_map(|line| line.strip_suffix(" re"));
    let left_and_right: Vec<(f32, f32)> = squares
        .map(|square| {
            let n: Vec<f32> = square.split(' ').map(|n| n.parse().unwrap()).collect();
            (n[0], n[0] + n[2])
        })
        .collect();
    let left = left_and_right
        .iter()
        .map(|(x, _)| *x)
        .fold(f32::MAX, f32::min);
    let right = left_and_right.iter().map(|(_, x)| *x).fold(0.0, f32::max);
    let millimetres = (right - left) / 72.0 * 25.4;
    assert!((20.0..41.0).contains(&millimetres), "{millimetres} mm");
}

#[test]
fn the_poster_is_worded_in_both_languages() {
    let poster = |language| Poster {
        shop_name: "Café Lima",
        reward_name: "Un pan",
        stamps_required: 5,
        code: "Café Lima",
        locale: Locale::of("PE", language),
    };
    let has = |pdf: &[u8], part: &[u8]| pdf.windows(part.len()).any(|w| w == part);
    assert!(has(&poster("es").pdf().unwrap(), b"Junte 5 sellos"));
    assert!(has(&poster("en").pdf().unwrap(), b"Collect 5 stamps"));
}

#[test]
fn an_svg_has_the_quiet_zone() {
    let side = Matrix::of("hola").unwrap().side + 8;
    assert!(
        svg("hola")
            .unwrap()
            .contains(&format!("viewBox=\"0 0 {side} {side}\""))
    );
}

#[test]
fn too_long_a_text_is_refused() {
    assert!(matches!(svg(&"x".repeat(3000)), Err(RenderError::Qr(_))));
}
