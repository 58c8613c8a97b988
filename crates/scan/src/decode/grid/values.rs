//! What a grid's modules say, from how grey they are.

use rxing::common::BitMatrix;
use rxing::qrcode::cpp_port::decoder::Decode;

use super::super::guarded;

/// Black and white by the mean of what lies around each module, and what it says.
pub(super) fn decode(values: &[f32], side: usize, strength: f32) -> Option<String> {
    const REACH: usize = 5;
    let mut bits = BitMatrix::with_single_dimension(side as u32).ok()?;
    let around = means_around(values, side, REACH);
    let near = means_around(values, side, 1);
    for at in 0..side * side {
        let sharp = values[at] + (values[at] - near[at]) * strength;
        if sharp < around[at] {
            bits.set((at % side) as u32, (at / side) as u32);
        }
    }
    guarded(|| {
        let decoded = Decode(&bits).ok()?;
        decoded.isValid().then(|| decoded.text())
    })?
}

/// The mean of the square of modules around each, as far as the grid goes.
fn means_around(values: &[f32], side: usize, reach: usize) -> Vec<f32> {
    let width = side + 1;
    let mut sums = vec![0.0_f32; width * width];
    for y in 0..side {
        let mut row = 0.0;
        for x in 0..side {
            row += values[y * side + x];
            sums[(y + 1) * width + x + 1] = sums[y * width + x + 1] + row;
        }
    }
    (0..side * side)
        .map(|at| {
            let (x, y) = (at % side, at / side);
            let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(side));
            let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(side));
            let sum = sums[bottom * width + right] + sums[top * width + left]
                - sums[top * width + right]
                - sums[bottom * width + left];
            sum / ((right - left) * (bottom - top)) as f32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_of_what_lies_around() {
        let values: Vec<f32> = (0..9).map(|v| v as f32).collect();
        let means = means_around(&values, 3, 1);
        assert_eq!((means[4], means[0]), (4.0, 2.0));
    }
}
