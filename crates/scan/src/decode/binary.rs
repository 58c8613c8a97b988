//! Black and white from grey, in several ways: where one loses a code another keeps it.

use rxing::common::{BitArray, BitMatrix, HybridBinarizer};
use rxing::{Binarizer as _, Luma8Source};

use crate::frame::GreyFrame;

/// How a picture becomes black and white.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Threshold {
    /// Blocks of eight pixels with their neighbours' mean, as rxing does it.
    Hybrid,
    /// Darker than the mean of a square of that share of the longer side, less that much percent.
    Mean { share: u32, percent: u32 },
    /// One threshold for the whole picture, between its two heaps of grey.
    Otsu,
}

/// The dark pixels of the picture.
pub(super) fn dark(frame: &GreyFrame, threshold: Threshold) -> Option<BitMatrix> {
    match threshold {
        Threshold::Hybrid => {
            let source =
                Luma8Source::new_with_slice(frame.luma(), frame.width(), frame.height()).ok()?;
            HybridBinarizer::new(source)
                .get_black_matrix()
                .ok()
                .cloned()
        }
        Threshold::Mean { share, percent } => by_mean(frame, share, percent),
        Threshold::Otsu => {
            let limit = otsu(frame.luma());
            matrix(frame, |_, row| row.iter().map(|v| *v <= limit).collect())
        }
    }
}

/// A matrix from rows of which each pixel is dark or not.
fn matrix(frame: &GreyFrame, mut dark: impl FnMut(u32, &[u8]) -> Vec<bool>) -> Option<BitMatrix> {
    let mut matrix = BitMatrix::new(frame.width(), frame.height()).ok()?;
    let mut row = BitArray::with_size(frame.width() as usize);
    let size = usize::BITS as usize;
    for y in 0..frame.height() {
        for (word, chunk) in dark(y, frame.row(y)).chunks(size).enumerate() {
            let bits = chunk.iter().enumerate();
            let bits = bits.fold(0, |bits, (at, dark)| bits | usize::from(*dark) << at);
            row.setBulk(word * size, bits);
        }
        matrix.setRow(y, &row);
    }
    Some(matrix)
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
    matrix(frame, |y, row| {
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
        (0..width)
            .map(|x| {
                let (from, to) = (x.saturating_sub(radius), (x + radius + 1).min(width));
                let count = (to - from) as u32 * rows;
                let sum = running[to] - running[from];
                u64::from(row[x]) * u64::from(count) * 100 <= u64::from(sum) * u64::from(keep)
            })
            .collect()
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
