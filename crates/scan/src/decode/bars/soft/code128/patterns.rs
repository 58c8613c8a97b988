//! The marks of Code 128; ISO/IEC 15417, table 1.

use super::{MARKS, WIDTH};

/// The marks that a symbol begins with, in sets A, B and C, and the one that it ends with.
pub(super) const STARTS: std::ops::Range<usize> = 103..106;
pub(super) const STOP: usize = 106;

/// The widths of bars and spaces in turn, a bar first. The last mark has a bar of two modules behind it.
const WIDTHS: [u32; MARKS] = [
    212_222, 222_122, 222_221, 121_223, 121_322, 131_222, 122_213, 122_312, 132_212, 221_213,
    221_312, 231_212, 112_232, 122_132, 122_231, 113_222, 123_122, 123_221, 223_211, 221_132,
    221_231, 213_212, 223_112, 312_131, 311_222, 321_122, 321_221, 312_212, 322_112, 322_211,
    212_123, 212_321, 232_121, 111_323, 131_123, 131_321, 112_313, 132_113, 132_311, 211_313,
    231_113, 231_311, 112_133, 112_331, 132_131, 113_123, 113_321, 133_121, 313_121, 211_331,
    231_131, 213_113, 213_311, 213_131, 311_123, 311_321, 331_121, 312_113, 312_311, 332_111,
    314_111, 221_411, 431_111, 111_224, 111_422, 121_124, 121_421, 141_122, 141_221, 112_214,
    112_412, 122_114, 122_411, 142_112, 142_211, 241_211, 221_114, 413_111, 241_112, 134_111,
    111_242, 121_142, 121_241, 114_212, 124_112, 124_211, 411_212, 421_112, 421_211, 212_141,
    214_121, 412_121, 111_143, 111_341, 131_141, 114_113, 114_311, 411_113, 411_311, 113_141,
    114_131, 311_141, 411_131, 211_412, 211_214, 211_232, 233_111,
];

/// The modules of a mark, dark is 1.
pub(super) fn modules_of(mark: usize) -> [f32; WIDTH] {
    let mut modules = [0.0; WIDTH];
    let mut at = WIDTH;
    let mut widths = WIDTHS[mark];
    for place in (0..6).rev() {
        let width = (widths % 10) as usize;
        modules[at - width..at].fill(if place % 2 == 0 { 1.0 } else { 0.0 });
        at -= width;
        widths /= 10;
    }
    modules
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn marks_have_eleven_modules_in_six_stripes_with_an_even_number_of_dark_ones() {
        for (mark, widths) in WIDTHS.iter().enumerate() {
            let digits = widths.to_string().into_bytes();
            let sum: usize = digits.iter().map(|b| usize::from(b - b'0')).sum();
            assert_eq!((digits.len(), sum), (6, WIDTH), "{mark}");
            let dark: f32 = modules_of(mark).iter().sum();
            assert!(mark == STOP || dark % 2.0 == 0.0, "{mark}");
        }
        let all: HashSet<u32> = WIDTHS.into_iter().collect();
        assert_eq!(all.len(), MARKS);
    }
}
