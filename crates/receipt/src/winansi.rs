//! Windows code page 1252, which both PDF's simple fonts and receipt printers know. It holds Spanish whole.

use unicode_normalization::UnicodeNormalization as _;

/// What 0x80 to 0x9F stand for; the blanks stand for nothing.
const HIGH: [char; 32] = [
    '€', ' ', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', ' ', 'Ž', ' ', ' ', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', ' ', 'ž', 'Ÿ',
];

fn byte(c: char) -> Option<u8> {
    match u32::from(c) {
        code @ (0x20..=0x7e | 0xa0..=0xff) => u8::try_from(code).ok(),
        _ if c == ' ' => None,
        _ => {
            let place = HIGH.iter().position(|h| *h == c)?;
            u8::try_from(0x80 + place).ok()
        }
    }
}

/// The character that a byte stands for.
pub(crate) fn char_of(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte) - 0x80],
        _ => char::from(byte),
    }
}

/// Text in code page 1252, a byte a character. A letter it lacks loses its accents; what is left over becomes `?`.
pub(crate) fn encode(text: &str) -> Vec<u8> {
    text.nfc()
        .map(|c| {
            byte(c)
                .or_else(|| std::iter::once(c).nfd().next().and_then(byte))
                .unwrap_or(b'?')
        })
        .collect()
}
