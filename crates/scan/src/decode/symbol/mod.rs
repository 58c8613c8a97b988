//! What a code says whose modules are not all certain: the least certain bytes are taken for unknown, so that twice as many may be
//! wrong as where nothing is known about them.

mod layout;
mod solomon;

use rxing::qrcode::common::{Version, VersionRef};
use rxing::qrcode::cpp_port::decoder::DecodeBitStream;

use self::layout::{Format, blocks, is_masked, modules};

/// How bytes are told that are wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// By the checks alone: each byte is as good as any other.
    None,
    /// The least certain ones are taken for unknown.
    Least,
}

/// Checks that must be left over in a block, and in one that is alone, so that no chance makes a code of what is none.
const LEFT_OVER: usize = 2;
const LEFT_OVER_ALONE: usize = 4;

/// The same where no byte is taken for unknown: in the smallest code, in others of one block, and in each of many.
const UNDOUBTED: [usize; 3] = [3, 2, 0];

/// Shares of a block's checks that are spent on bytes taken for unknown, in sixteenths.
const SPENT: [usize; 5] = [4, 7, 10, 12, 14];

/// What the modules say that are that dark: positive for dark, negative for light, near 0 where it is not certain.
pub(super) fn read(dark: &[f32], side: usize, doubt: Doubt) -> Option<String> {
    let version = Version::getVersionForNumber(((side - 17) / 4) as u32).ok()?;
    let upright = |x: usize, y: usize| dark[y * side + x];
    let mirrored = |x: usize, y: usize| dark[x * side + y];
    let (one, other) = (
        layout::format(side, upright)?,
        layout::format(side, mirrored)?,
    );
    if one.1 >= other.1 {
        text_of(version, one.0, doubt, side, upright)
    } else {
        text_of(version, other.0, doubt, side, mirrored)
    }
}

/// What a code says whose modules somebody else made black and white: other readers put the smallest codes right beyond what
/// their checks vouch for.
pub(super) fn read_bits(side: usize, is_dark: impl Fn(usize, usize) -> bool) -> Option<String> {
    let is_a_code = (21..=177).contains(&side) && side % 4 == 1;
    let modules = (0..side * side).map(|at| is_dark(at % side, at / side));
    let dark: Vec<f32> =
        is_a_code.then(|| modules.map(|dark| if dark { 1.0 } else { -1.0 }).collect())?;
    read(&dark, side, Doubt::None)
}

fn text_of(
    version: VersionRef,
    format: Format,
    doubt: Doubt,
    side: usize,
    dark: impl Fn(usize, usize) -> f32,
) -> Option<String> {
    let modules = modules(version, side)?;
    let bytes: Vec<(u8, f32)> = modules
        .chunks_exact(8)
        .map(|eight| {
            let (mut byte, mut certain) = (0_u8, f32::MAX);
            for (x, y) in eight {
                let value = dark(*x, *y);
                let one = (value > 0.0) != is_masked(format.mask, *x, *y);
                byte = byte << 1 | u8::from(one);
                certain = certain.min(value.abs());
            }
            (byte, certain)
        })
        .collect();
    let blocks = blocks(version, format.level);
    let must = match (doubt, blocks.len()) {
        (Doubt::Least, 1) => LEFT_OVER_ALONE,
        (Doubt::Least, _) => LEFT_OVER,
        (Doubt::None, 1) if side == 21 => UNDOUBTED[0],
        (Doubt::None, 1) => UNDOUBTED[1],
        (Doubt::None, _) => UNDOUBTED[2],
    };
    let mut data = Vec::new();
    for block in &blocks {
        let read: Vec<(u8, f32)> = block
            .places
            .iter()
            .map(|at| bytes.get(*at).copied())
            .collect::<Option<_>>()?;
        data.extend(data_of(&read, block.data, doubt, must)?);
    }
    let said = DecodeBitStream(&data, version, format.level).ok()?;
    let text = said.text();
    (said.isValid() && !text.is_empty()).then_some(text)
}

/// The data of a block of bytes that are that certain.
fn data_of(bytes: &[(u8, f32)], data: usize, doubt: Doubt, must: usize) -> Option<Vec<u8>> {
    let checks = bytes.len().checked_sub(data)?;
    let mut doubtful: Vec<usize> = (0..bytes.len()).collect();
    doubtful.sort_by(|a, b| bytes[*a].1.total_cmp(&bytes[*b].1));
    let mut tried = usize::MAX;
    let shares = match doubt {
        Doubt::None => &[0][..],
        Doubt::Least => &SPENT,
    };
    shares.iter().find_map(|share| {
        let spent = (checks * share / 16).min(checks.saturating_sub(must));
        if spent == tried {
            return None;
        }
        tried = spent;
        let mut block: Vec<u8> = bytes.iter().map(|byte| byte.0).collect();
        let left = solomon::put_right(&mut block, checks, &doubtful[..spent])?;
        (left >= must).then(|| block[..data].to_vec())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use qrcode::types::Color;
    use qrcode::{EcLevel, QrCode, Version as Number};

    const SAYS: &str = "what it says, whatever lies on it";

    fn code(level: EcLevel) -> (Vec<f32>, usize) {
        let code = QrCode::with_version(SAYS, Number::Normal(5), level).unwrap();
        let dark = code.to_colors().into_iter();
        let dark = dark.map(|color| if color == Color::Dark { 1.0 } else { -1.0 });
        (dark.collect(), code.width())
    }

    /// A square of modules says nothing, nearly.
    fn covered(dark: &mut [f32], side: usize, from: usize, to: usize) {
        for y in from..to {
            for x in from..to {
                dark[y * side + x] = 0.01;
            }
        }
    }

    #[test]
    fn a_code_says_what_it_says() {
        for level in [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H] {
            let (dark, side) = code(level);
            for doubt in [Doubt::None, Doubt::Least] {
                assert_eq!(read(&dark, side, doubt).as_deref(), Some(SAYS));
            }
        }
    }

    #[test]
    fn mirrored_it_says_the_same() {
        let (dark, side) = code(EcLevel::M);
        let mirrored: Vec<f32> = (0..side * side)
            .map(|at| dark[at % side * side + at / side])
            .collect();
        assert_eq!(read(&mirrored, side, Doubt::None).as_deref(), Some(SAYS));
    }

    #[test]
    fn more_is_read_around_what_covers_it_than_if_that_were_taken_for_modules() {
        let (mut dark, side) = code(EcLevel::M);
        covered(&mut dark, side, 11, 26);
        assert_eq!(read(&dark, side, Doubt::Least).as_deref(), Some(SAYS));
        for value in &mut dark {
            *value = value.signum();
        }
        assert_eq!(read(&dark, side, Doubt::Least), None);
    }

    #[test]
    fn with_its_format_gone_on_one_side_it_is_still_read() {
        let (mut dark, side) = code(EcLevel::Q);
        covered(&mut dark, side, 7, 9);
        for at in 0..9 {
            dark[8 * side + at] = 0.01;
            dark[at * side + 8] = 0.01;
        }
        assert_eq!(read(&dark, side, Doubt::Least).as_deref(), Some(SAYS));
    }

    #[test]
    fn the_smallest_code_is_not_put_right_up_to_its_last_check() {
        // Seven checks could put three bytes right, and take one code for another; the standard allows for two.
        let code = QrCode::with_version("a1", Number::Normal(1), EcLevel::L).unwrap();
        let dark = code.to_colors().into_iter();
        let mut dark: Vec<f32> = dark
            .map(|color| if color == Color::Dark { 1.0 } else { -1.0 })
            .collect();
        // Of the bytes that are written first, from the lower right corner upwards, one module each.
        for (y, read) in [(20, true), (16, true), (10, false)] {
            dark[y * 21 + 20] *= -1.0;
            assert_eq!(super::read(&dark, 21, Doubt::None).is_some(), read, "{y}");
        }
    }

    #[test]
    fn chance_says_nothing() {
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..400 {
            for side in [21, 25, 29] {
                let dark: Vec<f32> = (0..side * side)
                    .map(|_| {
                        random ^= random << 13;
                        random ^= random >> 7;
                        random ^= random << 17;
                        (random >> 40) as f32 / (1 << 23) as f32 - 1.0
                    })
                    .collect();
                for doubt in [Doubt::None, Doubt::Least] {
                    assert_eq!(read(&dark, side, doubt), None);
                }
            }
        }
    }
}
