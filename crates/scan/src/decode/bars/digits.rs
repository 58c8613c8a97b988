//! How the digits of EAN and UPC look to a sensor, at several strengths of blur.

use std::sync::LazyLock;

/// Widths of the digits of the odd set (A), a space first; GS1 General Specifications, 5.2.1.2.
pub(super) const WIDTHS: [[u8; 4]; 10] = [
    [3, 2, 1, 1],
    [2, 2, 2, 1],
    [2, 1, 2, 2],
    [1, 4, 1, 1],
    [1, 1, 3, 2],
    [1, 2, 3, 1],
    [1, 1, 1, 4],
    [1, 3, 1, 2],
    [1, 2, 1, 3],
    [3, 1, 1, 2],
];

/// How much of a module's grey its neighbours have each.
pub(super) const BLURS: [f32; 4] = [0.04, 0.14, 0.24, 0.31];

/// A module's worth of neighbours on both sides belongs to the comparison.
pub(super) const SEEN: usize = 9;

/// What a digit looks like: unit length, mean zero.
pub(super) type Look = [f32; SEEN];

/// The looks of all digits at one blur: left odd, left even, right.
pub(super) struct Looks {
    pub(super) odd: [Look; 10],
    pub(super) even: [Look; 10],
    pub(super) right: [Look; 10],
}

pub(super) static LOOKS: LazyLock<[Looks; BLURS.len()]> = LazyLock::new(|| BLURS.map(looks_at));

fn looks_at(blur: f32) -> Looks {
    let look = |modules: [f32; 7], before: f32, after: f32| -> Look {
        // Dark is 1. Beyond the neighbours' first module little is known: half dark.
        let mut wide = [0.5; SEEN + 2];
        wide[1] = before;
        wide[2..9].copy_from_slice(&modules);
        wide[9] = after;
        let mut seen: Look = std::array::from_fn(|i| {
            wide[i + 1] * (1.0 - 2.0 * blur) + (wide[i] + wide[i + 2]) * blur
        });
        normalise(&mut seen);
        seen
    };
    let modules = |digit: usize| {
        let mut modules = [0.0; 7];
        let mut at = 0;
        for (place, width) in WIDTHS[digit].iter().enumerate() {
            for _ in 0..*width {
                modules[at] = (place % 2) as f32;
                at += 1;
            }
        }
        modules
    };
    let digits: [[f32; 7]; 10] = std::array::from_fn(modules);
    let flipped = |digit: usize| digits[digit].map(|dark| 1.0 - dark);
    Looks {
        odd: std::array::from_fn(|d| look(digits[d], 1.0, 0.0)),
        even: std::array::from_fn(|d| {
            let mut even = flipped(d);
            even.reverse();
            look(even, 1.0, 0.0)
        }),
        right: std::array::from_fn(|d| look(flipped(d), 0.0, 1.0)),
    }
}

/// Takes off the mean and brings to unit length; tells the length that it had.
pub(super) fn normalise(values: &mut Look) -> f32 {
    let mean = values.iter().sum::<f32>() / SEEN as f32;
    for value in values.iter_mut() {
        *value -= mean;
    }
    let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    if length > 1e-6 {
        for value in values.iter_mut() {
            *value /= length;
        }
    }
    length
}
