//! Where in a code its format and its bytes stand.

use rxing::qrcode::common::{ErrorCorrectionLevel, Version};

/// What a code says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) level: ErrorCorrectionLevel,
    pub(super) mask: u8,
}

/// The fifteen bits of a format, the first the highest.
fn bits_of(format: u16) -> u16 {
    let mut rest = format << 10;
    for at in (10..15).rev() {
        if rest >> at & 1 == 1 {
            rest ^= 0x537 << (at - 10);
        }
    }
    (format << 10 | rest) ^ 0x5412
}

/// The format that fits best to how dark the modules are, and by how much better than the next. `dark` is positive for dark modules.
pub(super) fn format(side: usize, dark: impl Fn(usize, usize) -> f32) -> Option<(Format, f32)> {
    let mut fits: Vec<(f32, u16)> = (0..32_u16)
        .map(|format| {
            let bits = bits_of(format);
            let fit = (0..15_usize).map(|at| {
                let [one, other] = places(at, side);
                let seen = dark(one.0, one.1) + dark(other.0, other.1);
                if bits >> (14 - at) & 1 == 1 {
                    seen
                } else {
                    -seen
                }
            });
            (fit.sum(), format)
        })
        .collect();
    fits.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (best, next) = (fits[0], fits[1]);
    let level = ErrorCorrectionLevel::forBits((best.1 >> 3) as u8).ok()?;
    let mask = (best.1 & 7) as u8;
    Some((Format { level, mask }, best.0 - next.0))
}

/// Across and down, both places of a bit of the format.
fn places(at: usize, side: usize) -> [(usize, usize); 2] {
    let beside = match at {
        0..=5 => (at, 8),
        6 => (7, 8),
        7 => (8, 8),
        8 => (8, 7),
        _ => (8, 14 - at),
    };
    let far = if at < 7 {
        (8, side - 1 - at)
    } else {
        (side - 15 + at, 8)
    };
    [beside, far]
}

/// Whether the mask turns that module over.
pub(super) fn is_masked(mask: u8, x: usize, y: usize) -> bool {
    0 == match mask {
        0 => (x + y) % 2,
        1 => y % 2,
        2 => x % 3,
        3 => (x + y) % 3,
        4 => (y / 2 + x / 3) % 2,
        5 => x * y % 2 + x * y % 3,
        6 => (x * y % 2 + x * y % 3) % 2,
        _ => ((x + y) % 2 + x * y % 3) % 2,
    }
}

/// The modules of the bytes, eight by eight, in the order in which they are written.
pub(super) fn modules(version: &Version, side: usize) -> Option<Vec<(usize, usize)>> {
    let taken = version.buildFunctionPattern().ok()?;
    let mut modules = Vec::with_capacity(version.getTotalCodewords() as usize * 8);
    let mut upwards = true;
    let mut right = side - 1;
    while right >= 1 {
        if right == 6 {
            right -= 1;
        }
        for row in 0..side {
            let y = if upwards { side - 1 - row } else { row };
            for x in [right, right - 1] {
                if !taken.get(x as u32, y as u32) {
                    modules.push((x, y));
                }
            }
        }
        upwards = !upwards;
        right = right.saturating_sub(2);
    }
    modules.truncate(version.getTotalCodewords() as usize * 8);
    Some(modules)
}

/// A block: how many of its bytes are data, and where its bytes stand among all.
pub(super) struct Block {
    pub(super) data: usize,
    pub(super) places: Vec<usize>,
}

/// The blocks: their data bytes are written in turn, then their checks in turn.
pub(super) fn blocks(version: &Version, level: ErrorCorrectionLevel) -> Vec<Block> {
    let layout = version.getECBlocksForLevel(level);
    let checks = layout.getECCodewordsPerBlock() as usize;
    let mut blocks: Vec<Block> = Vec::new();
    for kind in layout.getECBlocks() {
        for _ in 0..kind.getCount() {
            blocks.push(Block {
                data: kind.getDataCodewords() as usize,
                places: Vec::new(),
            });
        }
    }
    let most = blocks.iter().map(|block| block.data).max().unwrap_or(0);
    let mut next = 0;
    for turn in 0..most {
        for block in blocks.iter_mut().filter(|block| turn < block.data) {
            block.places.push(next);
            next += 1;
        }
    }
    for _ in 0..checks {
        for block in &mut blocks {
            block.places.push(next);
            next += 1;
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_with_a_third_of_it_gone() {
        // Level M, mask 5: 00101 and its checks, as the standard's table has it.
        let bits = 0b100_0000_1100_1110_u16;
        let side = 33;
        let mut shown = vec![0.0_f32; side * side];
        for at in 0..15 {
            let dark = if bits >> (14 - at) & 1 == 1 {
                1.0
            } else {
                -1.0
            };
            let [one, other] = places(at, side);
            shown[other.1 * side + other.0] = dark;
            if at % 3 > 0 {
                shown[one.1 * side + one.0] = dark;
            }
        }
        let (format, surer) = format(side, |x, y| shown[y * side + x]).unwrap();
        assert_eq!((format.level, format.mask), (ErrorCorrectionLevel::M, 5));
        assert!(surer > 5.0);
    }

    #[test]
    fn every_byte_is_in_one_block_and_has_its_modules() {
        for number in 1..=40 {
            let version = Version::getVersionForNumber(number).unwrap();
            let side = 17 + 4 * number as usize;
            let bytes = version.getTotalCodewords() as usize;
            assert_eq!(modules(version, side).unwrap().len(), bytes * 8);
            let blocks = blocks(version, ErrorCorrectionLevel::Q);
            let mut places: Vec<usize> =
                blocks.into_iter().flat_map(|block| block.places).collect();
            places.sort_unstable();
            assert!(places.into_iter().eq(0..bytes));
        }
    }
}
