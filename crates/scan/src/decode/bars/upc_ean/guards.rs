//! The bars that are the same in every symbol: where between two edges they fit best.

use super::Shape;
use crate::decode::bars::profile::Profile;
use crate::types::ScanKind;

/// The modules at both ends of a symbol, from two quiet ones on; what follows is a digit's.
pub(in crate::decode::bars) const OUTER: [f32; 7] = [0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.5];
/// Those in the middle, with one of a digit on both sides.
pub(in crate::decode::bars) const MIDDLE: [f32; 7] = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
/// The end of a UPC-E, with a quiet one.
pub(in crate::decode::bars) const END: [f32; 7] = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0];

/// How well the outer bars and the middle ones fit: they are the same in every symbol.
fn guard_fit(profile: &Profile, place: &Place, shape: &Shape) -> f32 {
    let modules = shape.modules as f32;
    let seven = |from: f32| {
        let places = (0..=7).map(|at| place.at((from + at as f32) / modules));
        let mut seen = [0.0; 7];
        profile.means(places, &mut seen);
        seen.map(|v| -v)
    };
    let left = likeness(&seven(-2.0), &OUTER);
    if shape.kind == ScanKind::UpcE {
        return (left + likeness(&seven(modules - 6.0), &END)) / 2.0;
    }
    let middle = if shape.kind == ScanKind::Ean13 {
        44.0
    } else {
        30.0
    };
    let mut right = seven(modules - 5.0);
    right.reverse();
    (left + likeness(&right, &OUTER) + likeness(&seven(middle), &MIDDLE)) / 3.0
}

/// The correlation of two short rows.
pub(in crate::decode::bars) fn likeness<const L: usize>(a: &[f32; L], b: &[f32; L]) -> f32 {
    let mean_a = a.iter().sum::<f32>() / L as f32;
    let mean_b = b.iter().sum::<f32>() / L as f32;
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
#[derive(Debug, Clone, Copy)]
pub(in crate::decode::bars) struct Place {
    pub(in crate::decode::bars) from: f32,
    pub(in crate::decode::bars) to: f32,
    /// How much wider modules are at the start than on average, and narrower at the end.
    pub(in crate::decode::bars) bend: f32,
    /// How much narrower they are at both ends, as around a bottle.
    pub(in crate::decode::bars) squeeze: f32,
    pub(in crate::decode::bars) fit: f32,
}

impl Place {
    /// Where along the line that share of the symbol lies.
    pub(in crate::decode::bars) fn at(&self, share: f32) -> f32 {
        let uneven = self.bend - self.squeeze * (1.0 - 2.0 * share);
        self.from + (self.to - self.from) * (share + uneven * share * (1.0 - share))
    }

    /// The same of the line read from its other end.
    pub(in crate::decode::bars) fn turned(&self, length: f32) -> Self {
        Self {
            from: length - self.to,
            to: length - self.from,
            bend: -self.bend,
            squeeze: self.squeeze,
            fit: self.fit,
        }
    }
}

pub(super) fn find_guards(profile: &Profile, from: f32, to: f32, shape: &Shape) -> Option<Place> {
    let module = (to - from) / shape.modules as f32;
    let mut best = Place {
        from,
        to,
        bend: 0.0,
        squeeze: 0.0,
        fit: f32::MIN,
    };
    // Blur moves the outer edges outwards or in, and a slanted surface squeezes one side.
    for bend in [0.0, -0.06, 0.06, -0.12, 0.12] {
        // Where nothing fits at all a bend will not help.
        if bend != 0.0 && best.fit < 0.3 {
            break;
        }
        for a in [0.0, -0.5, 0.5] {
            for b in [0.0, -0.5, 0.5] {
                let mut place = Place {
                    from: from + a * module,
                    to: to + b * module,
                    bend,
                    squeeze: 0.0,
                    fit: 0.0,
                };
                place.fit = guard_fit(profile, &place, shape) - bend.abs() * 0.3;
                if place.fit > best.fit {
                    best = place;
                }
            }
        }
    }
    (best.fit >= 0.55).then_some(best)
}
