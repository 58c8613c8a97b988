//! Which code the digits of a symbol are, by the sets that they are of and their check digit.

use crate::ean;
use crate::types::ScanKind;

/// Which of the six left digits are of the even set (B), the first digit's bit highest.
pub(in crate::decode::bars) const FIRST_DIGIT: [u8; 10] = [
    0b00_0000, 0b00_1011, 0b00_1101, 0b00_1110, 0b01_0011, 0b01_1001, 0b01_1100, 0b01_0101,
    0b01_0110, 0b01_1010,
];

/// The same for UPC-E's check digit, number system 0; system 1 has them the other way round.
pub(in crate::decode::bars) const UPC_E_CHECK: [u8; 10] = [
    0b11_1000, 0b11_0100, 0b11_0010, 0b11_0001, 0b10_1100, 0b10_0110, 0b10_0011, 0b10_1010,
    0b10_1001, 0b10_0101,
];

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Digits {
    values: [u8; 12],
    pub(super) count: usize,
    /// A bit for each left digit, set for the even set, the first digit's highest.
    even: u8,
}

impl Digits {
    pub(super) fn push(&mut self, digit: u8, even: bool) {
        self.values[self.count] = digit;
        self.count += 1;
        if self.count <= 6 {
            self.even = self.even << 1 | u8::from(even);
        }
    }

    fn text(&self) -> String {
        let digits = self.values[..self.count].iter();
        digits.map(|digit| char::from(b'0' + digit)).collect()
    }
}

/// The digits as a code, where their sets and their check digit agree.
pub(super) fn text_of(digits: &Digits, kind: ScanKind) -> Option<(String, ScanKind)> {
    let (code, kind) = match kind {
        ScanKind::Ean13 => {
            let first = FIRST_DIGIT.iter().position(|sets| *sets == digits.even)?;
            // A leading zero is how a UPC-A looks as an EAN-13.
            match first {
                0 => (digits.text(), ScanKind::UpcA),
                _ => (format!("{first}{}", digits.text()), ScanKind::Ean13),
            }
        }
        ScanKind::UpcE => {
            let zero = UPC_E_CHECK.iter().position(|sets| *sets == digits.even);
            let one = UPC_E_CHECK
                .iter()
                .position(|sets| *sets ^ 0b11_1111 == digits.even);
            let (system, check) = zero.map(|c| (0, c)).or(one.map(|c| (1, c)))?;
            (format!("{system}{}{check}", digits.text()), ScanKind::UpcE)
        }
        _ => (digits.text(), kind),
    };
    ean::is_valid(&code, kind).then_some((code, kind))
}
