//! What a grid's modules say, from how grey they are.

use super::super::guarded;
use super::super::symbol::{self, Doubt};

/// How much of the difference to its neighbours is added to a module before it is judged, where every module counts alike and
/// where the least certain ones are taken for unknown.
const SHARPENINGS: [f32; 4] = [0.0, 0.6, 1.4, 2.4];
const DOUBTED: [f32; 3] = [0.0, 0.9, 1.8];

/// Modules around each whose mean parts dark from light.
const REACH: usize = 5;

/// What parts dark from light around each module.
pub(super) fn limits(values: &[f32], side: usize) -> Vec<f32> {
    means_around(values, side, REACH)
}

/// What the modules say that are that grey; each is judged beside its neighbours, at several strengths.
pub(super) fn decode(values: &[f32], side: usize) -> Option<String> {
    let around = limits(values, side);
    let near = means_around(values, side, 1);
    let dark = |strength: f32| -> Vec<f32> {
        let modules = values.iter().zip(&near).zip(&around);
        modules
            .map(|((value, near), around)| around - (value + (value - near) * strength))
            .collect()
    };
    let says = |strengths: &[f32], doubt: Doubt| {
        let mut read = strengths.iter().map(|strength| {
            let dark = dark(*strength);
            guarded(|| symbol::read(&dark, side, doubt)).flatten()
        });
        read.find_map(|text| text)
    };
    says(&SHARPENINGS, Doubt::None).or_else(|| says(&DOUBTED, Doubt::Least))
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
