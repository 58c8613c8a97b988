//! The bars that are the same in every symbol: where between two edges they fit best.

use super::{QUIET, ROOM, Shape, modules_between};
use crate::decode::bars::profile::Profile;
use crate::types::ScanKind;

/// How well the guards fit: the outer bars and the middle ones are the same in every symbol.
fn guard_fit(values: &[f32; ROOM], shape: &Shape) -> f32 {
    const OUTER: [f32; 7] = [0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.5];
    const MIDDLE: [f32; 7] = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
    let at = |module: usize| &values[module + QUIET - 2..module + QUIET + 5];
    let left = likeness(at(0), &OUTER);
    if shape.kind == ScanKind::UpcE {
        const END: [f32; 7] = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0];
        return (left + likeness(&values[QUIET + 45..QUIET + 52], &END)) / 2.0;
    }
    let middle = match shape.kind {
        ScanKind::Ean13 => 45,
        _ => 31,
    };
    let mut right: [f32; 7] = std::array::from_fn(|i| values[QUIET + shape.modules + 1 - i]);
    right[6] = (right[6] + right[4]) / 2.0;
    let middle = likeness(&values[QUIET + middle - 1..QUIET + middle + 6], &MIDDLE);
    (left + likeness(&right, &OUTER) + middle) / 3.0
}

/// The correlation of two short rows.
fn likeness(a: &[f32], b: &[f32; 7]) -> f32 {
    let mean_a = a.iter().sum::<f32>() / 7.0;
    let mean_b = b.iter().sum::<f32>() / 7.0;
    let (mut ab, mut aa, mut bb) = (0.0, 1e-3, 1e-3);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - mean_a, y - mean_b);
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    ab / (aa * bb).sqrt()
}

/// Where the guards of a symbol fit best.
pub(super) struct Place {
    pub(super) from: f32,
    pub(super) to: f32,
    pub(super) bend: f32,
    pub(super) fit: f32,
}

pub(super) fn find_guards(profile: &Profile, from: f32, to: f32, shape: &Shape) -> Option<Place> {
    let module = (to - from) / shape.modules as f32;
    // Blur moves the outer edges outwards or in, and a slanted surface squeezes one side.
    let mut best = Place {
        from,
        to,
        bend: 0.0,
        fit: f32::MIN,
    };
    for bend in [0.0, -0.06, 0.06, -0.12, 0.12] {
        // Where nothing fits at all a bend will not help.
        if bend != 0.0 && best.fit < 0.3 {
            break;
        }
        for a in [0.0, -0.5, 0.5] {
            for b in [0.0, -0.5, 0.5] {
                let (from, to) = (from + a * module, to + b * module);
                let values = modules_between(profile, from, to, bend, shape);
                let fit = guard_fit(&values, shape) - bend.abs() * 0.3;
                if fit > best.fit {
                    best = Place {
                        from,
                        to,
                        bend,
                        fit,
                    };
                }
            }
        }
    }
    (best.fit >= 0.55).then_some(best)
}
