//! A threshold for each block of eight pixels, the mean of those around it: shadows and gradients do no harm. What is
//! flat has no threshold of its own and takes its neighbours'.

use rxing::common::BitMatrix;

use super::{Threshold, matrix};
use crate::frame::GreyFrame;

const SIDE: usize = 8;

/// Blocks on either side whose thresholds are averaged.
const AROUND: usize = 2;

/// Grey levels in a block up to which it is flat, in a picture of the least contrast and of much.
const FLAT: (u8, u8) = (6, 24);

/// The share of blocks, in hundredths, that show how much contrast the picture has: a code may be small.
const LIVELY: usize = 3;

/// Darkest, lightest and mean grey.
#[derive(Debug, Clone, Copy)]
struct Block {
    low: u8,
    high: u8,
    mean: u8,
}

/// The dark pixels.
pub(super) fn dark(frame: &GreyFrame) -> Option<BitMatrix> {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    if width < SIDE || height < SIDE {
        return super::dark(frame, Threshold::Otsu);
    }
    let columns = width.div_ceil(SIDE);
    let blocks = blocks_of(frame, columns);
    let thresholds = smoothed(&thresholds_of(&blocks, columns), columns);
    matrix(frame, |y, row, dark| {
        let line = &thresholds[y as usize / SIDE * columns..][..columns];
        let pixels = dark.chunks_mut(SIDE).zip(row.chunks(SIDE));
        for ((dark, row), limit) in pixels.zip(line) {
            for (dark, value) in dark.iter_mut().zip(row) {
                *dark = u8::from(value <= limit);
            }
        }
    })
}

/// The blocks, row by row; the last ones reach back where the picture ends.
fn blocks_of(frame: &GreyFrame, columns: usize) -> Vec<Block> {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let mut blocks = Vec::with_capacity(columns * height.div_ceil(SIDE));
    for top in (0..height).step_by(SIDE) {
        let top = top.min(height - SIDE);
        for left in (0..width).step_by(SIDE) {
            let left = left.min(width - SIDE);
            let (mut low, mut high) = ([u8::MAX; SIDE], [u8::MIN; SIDE]);
            let mut sums = [0_u16; SIDE];
            for y in top..top + SIDE {
                let row = &frame.luma()[y * width + left..][..SIDE];
                for (at, value) in row.iter().enumerate() {
                    low[at] = low[at].min(*value);
                    high[at] = high[at].max(*value);
                    sums[at] += u16::from(*value);
                }
            }
            blocks.push(Block {
                low: low.into_iter().fold(u8::MAX, u8::min),
                high: high.into_iter().fold(u8::MIN, u8::max),
                mean: (sums.into_iter().sum::<u16>() / (SIDE * SIDE) as u16) as u8,
            });
        }
    }
    blocks
}

/// The range of grey that all but few blocks stay below: from dark to light within a code, nearly.
fn contrast_of(blocks: &[Block]) -> u8 {
    let mut counts = [0_usize; 256];
    for block in blocks {
        counts[usize::from(block.high - block.low)] += 1;
    }
    let mut more = 0;
    let contrast = (0..=u8::MAX).rev().find(|range| {
        more += counts[usize::from(*range)];
        more * 100 > blocks.len() * LIVELY
    });
    contrast.unwrap_or(u8::MAX)
}

fn thresholds_of(blocks: &[Block], columns: usize) -> Vec<u8> {
    let contrast = contrast_of(blocks);
    let flat = (contrast / 4).clamp(FLAT.0, FLAT.1);
    // Ink is darker than that. Behind fog it is not half as dark as paper.
    let less_than_paper = |paper: u8| {
        if flat < FLAT.1 {
            paper.saturating_sub(contrast / 2).max(paper / 2)
        } else {
            paper / 2
        }
    };
    let mut thresholds: Vec<u8> = Vec::with_capacity(blocks.len());
    for (at, block) in blocks.iter().enumerate() {
        let mut threshold = block.mean;
        if block.high - block.low <= flat {
            // Flat is taken for paper, unless what is beside it says that it is the inside of a dark place.
            threshold = less_than_paper(block.low);
            if at >= columns && at % columns > 0 {
                let [above, before, aslant] =
                    [at - columns, at - 1, at - columns - 1].map(|at| u16::from(thresholds[at]));
                let near = ((above + 2 * before + aslant) / 4) as u8;
                if block.low < near {
                    threshold = near;
                }
            }
        }
        thresholds.push(threshold);
    }
    thresholds
}

/// The mean of the thresholds around each, always as many: at the picture's edge those that are there.
fn smoothed(thresholds: &[u8], columns: usize) -> Vec<u8> {
    let rows = thresholds.len() / columns;
    let window = |at: usize, count: usize| {
        let from = at
            .saturating_sub(AROUND)
            .min(count.saturating_sub(2 * AROUND + 1));
        from..(from + 2 * AROUND + 1).min(count)
    };
    let mut across = Vec::with_capacity(thresholds.len());
    for line in thresholds.chunks_exact(columns) {
        for column in 0..columns {
            let near = &line[window(column, columns)];
            across.push(near.iter().map(|v| u16::from(*v)).sum::<u16>());
        }
    }
    let wide = window(0, columns).len() as u16;
    let mut means = Vec::with_capacity(thresholds.len());
    for row in 0..rows {
        let near = window(row, rows);
        let count = wide * near.len() as u16;
        for column in 0..columns {
            let sum: u16 = near.clone().map(|row| across[row * columns + column]).sum();
            means.push((sum / count) as u8);
        }
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, grey: impl Fn(u32, u32) -> u8) -> GreyFrame {
        let luma = (0..width * height).map(|at| grey(at % width, at / width));
        GreyFrame::new(width, height, luma.collect()).unwrap()
    }

    fn is_marked(x: u32, y: u32) -> bool {
        (x / 6 + y / 6).is_multiple_of(2)
    }

    #[test]
    fn marks_are_dark_and_paper_is_not_whatever_the_light() {
        for (paper, step) in [(200_u8, 150), (90, 60), (60, 14)] {
            let shown = picture(
                157,
                91,
                |x, y| {
                    if is_marked(x, y) { paper - step } else { paper }
                },
            );
            let dark = dark(&shown).unwrap();
            for (x, y) in [(3, 3), (80, 45), (152, 86), (156, 90), (9, 3), (0, 90)] {
                assert_eq!(dark.get(x, y), is_marked(x, y), "{x}, {y} on {paper}");
            }
        }
    }

    #[test]
    fn the_inside_of_a_dark_place_is_dark() {
        let shown = picture(120, 120, |x, y| {
            let inside = (30..90).contains(&x) && (30..90).contains(&y);
            if inside { 40 } else { 210 }
        });
        let dark = dark(&shown).unwrap();
        assert!(dark.get(60, 60) && dark.get(33, 80) && !dark.get(10, 60) && !dark.get(100, 100));
    }

    #[test]
    fn a_picture_of_any_size_has_as_many_pixels_as_it_had() {
        for (width, height) in [(1, 1), (7, 30), (8, 8), (9, 8), (40, 17), (129, 65)] {
            let dark = dark(&picture(width, height, |x, _| (x * 40) as u8)).unwrap();
            assert_eq!((dark.width(), dark.height()), (width, height));
        }
    }
}
