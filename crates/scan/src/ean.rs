//! Check digits of product codes (GS1 General Specifications, section 7.9), so that a read is
//! never passed on with a wrong one.

use crate::types::ScanKind;

/// The check digit for the digits before it: weights 3 and 1 in turn, from the right.
pub(crate) fn check_digit(body: &[u8]) -> Option<u8> {
    let mut sum = 0_u32;
    for (place, byte) in body.iter().rev().enumerate() {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        sum += if place % 2 == 0 { digit * 3 } else { digit };
    }
    u8::try_from((10 - sum % 10) % 10).ok()
}

fn ends_in_its_check_digit(code: &str) -> bool {
    match code.as_bytes().split_last() {
        Some((last, body)) if last.is_ascii_digit() => check_digit(body) == Some(last - b'0'),
        _ => false,
    }
}

/// The twelve digits that an eight-digit UPC-E stands for.
pub(crate) fn expand_upc_e(code: &str) -> Option<String> {
    let d = code.as_bytes();
    if d.len() != 8 || !d.iter().all(u8::is_ascii_digit) || d[0] > b'1' {
        return None;
    }
    let (system, middle, check) = (&code[0..1], &code[1..7], &code[7..8]);
    let long = match d[6] {
        b'0'..=b'2' => format!("{}{}0000{}", &middle[0..2], &middle[5..6], &middle[2..5]),
        b'3' => format!("{}00000{}", &middle[0..3], &middle[3..5]),
        b'4' => format!("{}00000{}", &middle[0..4], &middle[4..5]),
        _ => format!("{}0000{}", &middle[0..5], &middle[5..6]),
    };
    Some(format!("{system}{long}{check}"))
}

/// Whether `code` is a well-formed code of its kind; kinds without a check digit always are.
pub(crate) fn is_valid(code: &str, kind: ScanKind) -> bool {
    match kind {
        ScanKind::Ean13 => code.len() == 13 && ends_in_its_check_digit(code),
        ScanKind::Ean8 => code.len() == 8 && ends_in_its_check_digit(code),
        ScanKind::UpcA => code.len() == 12 && ends_in_its_check_digit(code),
        ScanKind::UpcE => expand_upc_e(code).is_some_and(|long| ends_in_its_check_digit(&long)),
        ScanKind::Qr | ScanKind::Code128 | ScanKind::Unknown => !code.is_empty(),
    }
}

/// The kind that bare text most likely is: a hand scanner sends no kind along.
pub(crate) fn guess_kind(code: &str) -> ScanKind {
    let by_length = match code.len() {
        13 => ScanKind::Ean13,
        12 => ScanKind::UpcA,
        8 => ScanKind::Ean8,
        _ => return ScanKind::Unknown,
    };
    if is_valid(code, by_length) {
        by_length
    } else if is_valid(code, ScanKind::UpcE) {
        ScanKind::UpcE
    } else {
        ScanKind::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_published_examples_carry_their_check_digit() {
        assert!(is_valid("4006381333931", ScanKind::Ean13));
        assert!(is_valid("96385074", ScanKind::Ean8));
        assert!(is_valid("036000291452", ScanKind::UpcA));
        assert!(is_valid("04252614", ScanKind::UpcE));
    }

    #[test]
    fn upc_e_expands_by_its_last_digit() {
        assert_eq!(expand_upc_e("04252614").as_deref(), Some("042100005264"));
        assert_eq!(expand_upc_e("01234531").as_deref(), Some("012300000451"));
        assert_eq!(expand_upc_e("01234543").as_deref(), Some("012340000053"));
        assert_eq!(expand_upc_e("01234565").as_deref(), Some("012345000065"));
    }

    #[test]
    fn letters_and_foreign_digits_are_refused() {
        assert!(!is_valid("40063813339É", ScanKind::Ean13));
        assert!(!is_valid("400638133393a", ScanKind::Ean13));
        assert_eq!(expand_upc_e("0425261é"), None);
        assert_eq!(guess_kind("HELLO-WORLD"), ScanKind::Unknown);
    }

    proptest! {
        #[test]
        fn any_single_wrong_digit_is_noticed(body in "[0-9]{12}", at in 0_usize..13, add in 1_u8..10) {
            let check = check_digit(body.as_bytes()).unwrap();
            let code = format!("{body}{check}");
            prop_assert!(is_valid(&code, ScanKind::Ean13));
            let mut wrong = code.into_bytes();
            wrong[at] = b'0' + (wrong[at] - b'0' + add) % 10;
            prop_assert!(!is_valid(&String::from_utf8(wrong).unwrap(), ScanKind::Ean13));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,20}") {
            let _ = guess_kind(&text);
        }
    }
}
