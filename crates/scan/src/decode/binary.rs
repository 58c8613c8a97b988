//! Black and white from grey, in several ways: where one loses a code another keeps it.

mod blocks;

use rxing::common::{BitArray, BitMatrix};

use crate::frame::GreyFrame;

/// How a picture becomes black and white.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Threshold {
    /// Blocks of eight pixels, each with the mean of its neighbours.
    Blocks,
    /// Darker than the mean of a square of that share of the longer side, less that much percent.
    Mean { share: u32, percent: u32 },
    /// One threshold for the whole picture, between its two heaps of grey.
    Otsu,
}

/// The dark pixels of the picture.
pub(super) fn dark(frame: &GreyFrame, threshold: Threshold) -> Option<BitMatrix> {
    match threshold {
        Threshold::Blocks => blocks::dark(frame),
        Threshold::Mean { share, percent } => by_mean(frame, share, percent),
        Threshold::Otsu => {
            let limit = otsu(frame.luma());
            matrix(frame, |_, row, dark| {
                for (dark, value) in dark.iter_mut().zip(row) {
                    *dark = u8::from(*value <= limit);
                }
            })
        }
    }
}

/// A matrix from rows of which each pixel is dark (1) or not (0).
fn matrix(frame: &GreyFrame, mut dark: impl FnMut(u32, &[u8], &mut [u8])) -> Option<BitMatrix> {
    const BITS: usize = usize::BITS as usize;
    let width = frame.width() as usize;
    let mut matrix = BitMatrix::new(frame.width(), frame.height()).ok()?;
    let mut row = BitArray::with_size(width);
    let mut pixels = vec![0_u8; width.next_multiple_of(BITS)];
    for y in 0..frame.height() {
        dark(y, frame.row(y), &mut pixels[..width]);
        for (word, chunk) in pixels.chunks_exact(BITS).enumerate() {
            let bytes = chunk.chunks_exact(8).enumerate();
            let bits = bytes.fold(0, |bits, (at, eight)| bits | bits_of(eight) << (8 * at));
            row.setBulk(word * BITS, bits);
        }
        matrix.setRow(y, &row);
    }
    Some(matrix)
}

/// Eight bytes of 0 or 1 as the bits of one, the first the lowest.
fn bits_of(eight: &[u8]) -> usize {
    let Ok(bytes) = eight.try_into() else {
        return 0;
    };
    // Each byte's one bit lands in the highest byte, and no two in one place.
    (u64::from_le_bytes(bytes).wrapping_mul(0x0102_0408_1020_4080) >> 56) as usize
}

fn by_mean(frame: &GreyFrame, share: u32, percent: u32) -> Option<BitMatrix> {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let radius = (frame.width().max(frame.height()) / share.max(1) / 2).max(2) as usize;
    // Sums over the columns of the square, moved down a row at a time.
    let mut columns = vec![0_u32; width];
    for y in 0..=radius.min(height - 1) {
        for (sum, value) in columns.iter_mut().zip(frame.row(y as u32)) {
            *sum += u32::from(*value);
        }
    }
    let mut running = vec![0_u32; width + 1];
    let keep = 100 - percent.min(99);
    matrix(frame, |y, row, dark| {
        let y = y as usize;
        if y > 0 {
            if y + radius < height {
                let enters = frame.row((y + radius) as u32);
                columns
                    .iter_mut()
                    .zip(enters)
                    .for_each(|(sum, v)| *sum += u32::from(*v));
            }
            if y > radius {
                let leaves = frame.row((y - radius - 1) as u32);
                columns
                    .iter_mut()
                    .zip(leaves)
                    .for_each(|(sum, v)| *sum -= u32::from(*v));
            }
        }
        let rows = ((y + radius).min(height - 1) - y.saturating_sub(radius) + 1) as u32;
        let mut sum = 0_u32;
        for (total, column) in running[1..].iter_mut().zip(&columns) {
            sum += column;
            *total = sum;
        }
        for (x, dark) in dark.iter_mut().enumerate() {
            let (from, to) = (x.saturating_sub(radius), (x + radius + 1).min(width));
            let count = (to - from) as u32 * rows;
            let sum = running[to] - running[from];
            let is_dark =
                u64::from(row[x]) * u64::from(count) * 100 <= u64::from(sum) * u64::from(keep);
            *dark = u8::from(is_dark);
        }
    })
}

/// The grey that parts the two heaps best (Otsu 1979).
fn otsu(luma: &[u8]) -> u8 {
    let mut counts = [0_u64; 256];
    for value in luma {
        counts[usize::from(*value)] += 1;
    }
    let total: u64 = counts.iter().sum();
    let all: u64 = (0_u64..)
        .zip(&counts)
        .map(|(grey, count)| grey * count)
        .sum();
    let (mut below, mut sum_below) = (0_u64, 0_u64);
    let mut best = (0.0_f64, 127_u8);
    for (grey, count) in (0_u8..=255).zip(&counts) {
        below += count;
        sum_below += u64::from(grey) * count;
        let above = total - below;
        if below == 0 || above == 0 {
            continue;
        }
        let distance = sum_below as f64 / below as f64 - (all - sum_below) as f64 / above as f64;
        let between = below as f64 * above as f64 * distance * distance;
        if between > best.0 {
            best = (between, grey);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, grey: impl Fn(u32, u32) -> u8) -> GreyFrame {
        let luma = (0..width * height).map(|at| grey(at % width, at / width));
        GreyFrame::new(width, height, luma.collect()).unwrap()
    }

    #[test]
    fn one_threshold_parts_two_heaps_of_grey() {
        let half = picture(70, 20, |x, _| if x < 30 { 60 } else { 190 });
        let dark = dark(&half, Threshold::Otsu).unwrap();
        assert!(dark.get(29, 10) && !dark.get(30, 10));
    }

    #[test]
    fn a_local_mean_finds_marks_in_shadow_and_in_light() {
        let shaded = picture(200, 40, |x, y| {
            let paper = 60 + x as u8 / 2 * 2 / 2;
            if x % 20 < 5 && y % 20 < 5 {
                paper - 30
            } else {
                paper
            }
        });
        let share = Threshold::Mean {
            share: 8,
            percent: 8,
        };
        let dark = dark(&shaded, share).unwrap();
        for x in [2, 82, 182] {
            assert!(dark.get(x, 22), "{x}");
            assert!(!dark.get(x + 9, 22), "{x}");
        }
    }
}
