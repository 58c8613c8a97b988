//! The modules of linear symbols, and what they say.

use std::collections::HashSet;

use rxing::oned::{
    CodaBarWriter, Code39Writer, Code128Writer, EAN8Writer, EAN13Writer, ITFWriter, UPCAWriter,
    UPCEWriter,
};
use rxing::{BarcodeFormat, Writer};

use crate::dice::Dice;

/// What symbols there are: products' and shops' own, and some that are no product's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ean13,
    Ean8,
    UpcA,
    UpcE,
    Code128,
    Code39,
    Itf,
    Codabar,
}

pub struct Symbol {
    pub kind: Kind,
    pub text: String,
    /// Dark is true.
    pub modules: Vec<bool>,
    /// Modules whose bars reach further down.
    pub long: HashSet<usize>,
}

impl Kind {
    /// One that is read as a product or a shop's own, in the shares of a shop.
    pub fn any(dice: &mut Dice) -> Self {
        match dice.below(100) {
            0..45 => Self::Ean13,
            45..60 => Self::UpcA,
            60..72 => Self::Ean8,
            72..82 => Self::UpcE,
            _ => Self::Code128,
        }
    }

    /// How a set names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ean13 => "ean13",
            Self::Ean8 => "ean8",
            Self::UpcA => "upca",
            Self::UpcE => "upce",
            Self::Code128 => "code128",
            Self::Code39 | Self::Itf | Self::Codabar => "neg",
        }
    }

    fn text(self, dice: &mut Dice) -> String {
        let mut digits =
            |count: usize| -> Vec<u8> { (0..count).map(|_| dice.below(10) as u8).collect() };
        match self {
            Self::Ean13 => {
                let mut body = digits(12);
                // A fifth are a scale's labels, whose weight or price is in the code.
                if dice.chance(0.2) {
                    body[0] = 2;
                    body[1] = dice.below(10) as u8;
                } else if body[0] == 0 {
                    body[0] = 4;
                }
                with_check_digit(body)
            }
            Self::Ean8 => with_check_digit(digits(7)),
            Self::UpcA => with_check_digit(digits(11)),
            Self::UpcE => {
                let mut body = digits(6);
                body.insert(0, 0);
                let check = with_check_digit(expanded(&body)).pop();
                text_of(&body) + &check.map_or(String::new(), String::from)
            }
            Self::Code128 => {
                let length = 4 + dice.below(12);
                let letters: &[u8] = match dice.below(3) {
                    0 => b"0123456789",
                    1 => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-",
                    _ => b"0123456789abcdefghijklmnopqrstuvwxyzABCDEF-/.",
                };
                let letter = |_| char::from(letters[dice.below(letters.len())]);
                (0..length).map(letter).collect()
            }
            Self::Code39 => {
                let letter =
                    |_| char::from(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. "[dice.below(39)]);
                (0..6).map(letter).collect()
            }
            Self::Itf => text_of(&digits(14)),
            Self::Codabar => format!("A{}B", text_of(&digits(10))),
        }
    }
}

/// A symbol of that kind with a text of its own.
pub fn symbol(kind: Kind, dice: &mut Dice) -> Result<Symbol, String> {
    let text = kind.text(dice);
    let matrix = match kind {
        Kind::Ean13 => EAN13Writer.encode(&text, &BarcodeFormat::EAN_13, 1, 1),
        Kind::Ean8 => EAN8Writer.encode(&text, &BarcodeFormat::EAN_8, 1, 1),
        Kind::UpcA => UPCAWriter::default().encode(&text, &BarcodeFormat::UPC_A, 1, 1),
        Kind::UpcE => UPCEWriter.encode(&text, &BarcodeFormat::UPC_E, 1, 1),
        Kind::Code128 => Code128Writer.encode(&text, &BarcodeFormat::CODE_128, 1, 1),
        Kind::Code39 => Code39Writer.encode(&text, &BarcodeFormat::CODE_39, 1, 1),
        Kind::Itf => ITFWriter.encode(&text, &BarcodeFormat::ITF, 1, 1),
        Kind::Codabar => CodaBarWriter.encode(&text, &BarcodeFormat::CODABAR, 1, 1),
    }
    .map_err(|err| format!("{kind:?} {text}: {err}"))?;
    let row: Vec<bool> = (0..matrix.width()).map(|x| matrix.get(x, 0)).collect();
    let dark = |at: Option<usize>| at.ok_or(format!("{kind:?} {text} has no bars"));
    let (first, last) = (
        dark(row.iter().position(|dark| *dark))?,
        dark(row.iter().rposition(|dark| *dark))?,
    );
    let modules = row[first..=last].to_vec();
    let all = modules.len();
    let long = match kind {
        Kind::Ean13 => (0..3).chain(45..50).chain(all - 3..all).collect(),
        Kind::UpcA => (0..10).chain(45..50).chain(all - 10..all).collect(),
        Kind::Ean8 => (0..3).chain(31..36).chain(all - 3..all).collect(),
        Kind::UpcE => (0..3).chain(all - 6..all).collect(),
        _ => HashSet::new(),
    };
    Ok(Symbol {
        kind,
        text,
        modules,
        long,
    })
}

/// The digits of a price or an issue beside a product's code: two or five (GS1 General Specifications, 5.2.6).
pub fn add_on(dice: &mut Dice) -> Vec<bool> {
    const WIDTHS: [[u8; 4]; 10] = [
        [3, 2, 1, 1],
        [2, 2, 2, 1],
        [2, 1, 2, 2],
        [1, 4, 1, 1],
        [1, 1, 3, 2],
        [1, 2, 3, 1],
        [1, 1, 1, 4],
        [1, 3, 1, 2],
        [1, 2, 1, 3],
        [3, 1, 1, 2],
    ];
    const FIVE: [u8; 10] = [
        0b11000, 0b10100, 0b10010, 0b10001, 0b01100, 0b00110, 0b00011, 0b01010, 0b01001, 0b00101,
    ];
    let count = if dice.chance(0.5) { 2 } else { 5 };
    let digits: Vec<usize> = (0..count).map(|_| dice.below(10)).collect();
    let even = if count == 2 {
        (digits[0] * 10 + digits[1]) as u8 % 4
    } else {
        let sum: usize = (0..5).map(|at| digits[at] * [3, 9, 3, 9, 3][at]).sum();
        FIVE[sum % 10]
    };
    let mut modules = vec![true, false, true, true];
    for (place, digit) in digits.iter().enumerate() {
        if place > 0 {
            modules.extend([false, true]);
        }
        let is_even = even >> (count - 1 - place) & 1 == 1;
        let mut widths = WIDTHS[*digit];
        if is_even {
            widths.reverse();
        }
        for (at, width) in widths.iter().enumerate() {
            modules.extend(vec![at % 2 == 1; usize::from(*width)]);
        }
    }
    modules
}

/// The eleven digits that the seven of a UPC-E stand for, its check digit left off.
fn expanded(short: &[u8]) -> Vec<u8> {
    let m = &short[1..];
    let middle: Vec<u8> = match m[5] {
        last @ 0..=2 => vec![m[0], m[1], last, 0, 0, 0, 0, m[2], m[3], m[4]],
        3 => vec![m[0], m[1], m[2], 0, 0, 0, 0, 0, m[3], m[4]],
        4 => vec![m[0], m[1], m[2], m[3], 0, 0, 0, 0, 0, m[4]],
        last => vec![m[0], m[1], m[2], m[3], m[4], 0, 0, 0, 0, last],
    };
    [vec![short[0]], middle].concat()
}

fn with_check_digit(body: Vec<u8>) -> String {
    let weights = body
        .iter()
        .rev()
        .zip([3, 1].into_iter().cycle())
        .map(|(digit, weight)| u32::from(*digit) * weight);
    let check = (10 - weights.sum::<u32>() % 10) % 10;
    text_of(&body) + &check.to_string()
}

fn text_of(digits: &[u8]) -> String {
    digits
        .iter()
        .map(|digit| char::from(b'0' + digit))
        .collect()
}
