//! A receipt as ESC/POS, the language of receipt printers.
//! Source: Epson's "ESC/POS Command Reference"; text in its code page 16, WPC1252.

use crate::line::{Line, spread};
use crate::winansi::encode;

const ESC: u8 = 0x1b;
const GS: u8 = 0x1d;
const LEFT: u8 = 0;
const CENTRE: u8 = 1;
/// Character size: low nibble height, high nibble width, each one less than the factor.
const NORMAL: u8 = 0x00;
const TALL: u8 = 0x01;
const DOUBLE: u8 = 0x11;

/// The bytes of a receipt, cut at its end.
#[must_use]
pub fn escpos(lines: &[Line]) -> Vec<u8> {
    let mut out = vec![ESC, b'@', ESC, b't', 16];
    for line in lines {
        match line {
            Line::Text(text) => row(&mut out, LEFT, text),
            Line::Pair { left, right } => row(&mut out, LEFT, &spread(left, right)),
            Line::Strong { left, right } => {
                out.extend([ESC, b'E', 1, GS, b'!', TALL]);
                row(&mut out, LEFT, &spread(left, right));
                out.extend([GS, b'!', NORMAL, ESC, b'E', 0]);
            }
            Line::Centred(text) => row(&mut out, CENTRE, text),
            Line::Big(text) => {
                out.extend([ESC, b'E', 1, GS, b'!', DOUBLE]);
                row(&mut out, CENTRE, text);
                out.extend([GS, b'!', NORMAL, ESC, b'E', 0]);
            }
            Line::Rule => row(&mut out, LEFT, &"-".repeat(crate::COLUMNS)),
            Line::Blank => out.push(b'\n'),
            Line::Qr(text) => qr(&mut out, text),
            Line::Barcode(text) => barcode(&mut out, text),
        }
    }
    // Feed past the knife, then a partial cut.
    out.extend([GS, b'V', 66, 3]);
    out
}

/// The bytes that open the drawer at the printer's first plug.
#[must_use]
pub const fn open_drawer() -> [u8; 5] {
    [ESC, b'p', 0, 25, 250]
}

fn row(out: &mut Vec<u8>, align: u8, text: &str) {
    out.extend([ESC, b'a', align]);
    out.extend(encode(text));
    out.push(b'\n');
}

/// GS ( k: model 2, six dots a square, error correction M, store, print.
fn qr(out: &mut Vec<u8>, text: &str) {
    let Ok(length) = u16::try_from(text.len() + 3) else {
        return;
    };
    let [low, high] = length.to_le_bytes();
    out.extend([ESC, b'a', CENTRE]);
    out.extend([GS, b'(', b'k', 4, 0, 49, 65, 50, 0]);
    out.extend([GS, b'(', b'k', 3, 0, 49, 67, 6]);
    out.extend([GS, b'(', b'k', 3, 0, 49, 69, 49]);
    out.extend([GS, b'(', b'k', low, high, 49, 80, 48]);
    out.extend(text.as_bytes());
    out.extend([GS, b'(', b'k', 3, 0, 49, 81, 48]);
    out.push(b'\n');
}

/// GS k 73: Code 128 in set B, its text below. Anything but plain ASCII below the brace is printed as text alone.
fn barcode(out: &mut Vec<u8>, text: &str) {
    let plain = text.bytes().all(|b| (0x20..0x7b).contains(&b));
    let length = u8::try_from(text.len() + 2)
        .ok()
        .filter(|_| plain && !text.is_empty());
    let Some(length) = length else {
        return row(out, CENTRE, text);
    };
    out.extend([ESC, b'a', CENTRE, GS, b'h', 60, GS, b'w', 2, GS, b'H', 2]);
    out.extend([GS, b'k', 73, length, b'{', b'B']);
    out.extend(text.as_bytes());
    out.push(b'\n');
}
