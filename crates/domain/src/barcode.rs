//! GTIN barcodes: EAN-13, EAN-8 and UPC-A with their check digit (GS1 General Specifications, section 7.9).

/// The check digit of a GTIN's digits without it; `None` when something other than a digit is among them.
#[must_use]
pub fn check_digit(body: &str) -> Option<u32> {
    let mut sum = 0;
    for (i, c) in body.chars().rev().enumerate() {
        let digit = c.to_digit(10)?;
        sum += if i % 2 == 0 { digit * 3 } else { digit };
    }
    Some((10 - sum % 10) % 10)
}

/// Whether `code` is a GTIN of 8, 12 or 13 digits with a right check digit.
#[must_use]
pub fn is_valid_gtin(code: &str) -> bool {
    if !matches!(code.len(), 8 | 12 | 13) || !code.is_ascii() {
        return false;
    }
    let (body, last) = code.split_at(code.len() - 1);
    check_digit(body).is_some_and(|d| last.parse() == Ok(d))
}

/// The form under which a code is looked up: a UPC-A becomes its EAN-13 with a leading zero.
#[must_use]
pub fn normalised(code: &str) -> String {
    if code.len() == 12 && is_valid_gtin(code) {
        format!("0{code}")
    } else {
        code.to_owned()
    }
}
