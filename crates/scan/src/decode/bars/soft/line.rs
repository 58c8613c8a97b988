//! A line across the bars with its digits in their places, and how well each digit fits each of them.

use super::BESIDE;
use super::align::{Aligned, align, fan_of, likeness_of, window};
use super::joint::Fits;
use crate::decode::bars::digits::{REACH, TAPS, Taps, modules_of, normalise};
use crate::decode::bars::profile::{Edge, Line, Profile};
use crate::decode::bars::upc_ean::Shape;

/// The modules of a digit with two on both sides.
const WIDE: usize = 11;

/// The contrast of the faintest digit beside that of the clearest.
const FAINTEST: f32 = 0.08;

/// A line across the bars.
pub(super) struct Across {
    pub(super) line: Line,
    pub(super) profile: Profile,
    pub(super) edges: Vec<Edge>,
    pub(super) thick: usize,
}

/// A line whose digits have their places, from the end that it is read from.
pub(super) struct Placed {
    pub(super) aligned: Aligned,
    pub(super) fits: Vec<Fits>,
    /// Whether each digit is there.
    pub(super) shows: Vec<bool>,
    /// The grey of each module, those beside the symbol as well; dark is high.
    pub(super) grey: Vec<f32>,
    pub(super) line: Line,
    pub(super) length: f32,
    pub(super) thick: usize,
    /// Whether it is read from its other end.
    pub(super) turned: bool,
}

impl Placed {
    /// The knots as distances from where the line comes closest to the frame's corner: lines side by side share those.
    pub(super) fn knots_along(&self) -> Vec<f32> {
        let start = start_of(&self.line);
        let along = |knot: &f32| {
            if self.turned {
                self.length - knot
            } else {
                *knot
            }
        };
        self.aligned
            .knots
            .iter()
            .map(|knot| start + along(knot))
            .collect()
    }

    /// Such knots on another line, from the end that this one is read from.
    pub(super) fn knots_on(&self, knots: &[f32], other: &Across) -> Vec<f32> {
        let (start, length) = (start_of(&other.line), other.profile.len() as f32);
        let along = |knot: &f32| {
            if self.turned {
                length - (knot - start)
            } else {
                knot - start
            }
        };
        knots.iter().map(along).collect()
    }

    /// The ends of the digits.
    pub(super) fn ends(&self) -> [(f32, f32); 2] {
        let knots = &self.aligned.knots;
        let at = |knot: f32| {
            self.line.at(if self.turned {
                self.length - knot
            } else {
                knot
            })
        };
        [at(knots[0]), at(knots[knots.len() - 1])]
    }
}

/// How far along its direction a line begins.
fn start_of(line: &Line) -> f32 {
    line.from.0 * line.direction.0 + line.from.1 * line.direction.1
}

pub(super) fn placed(across: &Across, knots: Vec<f32>, shape: &Shape, turned: bool) -> Placed {
    let other;
    let profile = if turned {
        other = across.profile.turned();
        &other
    } else {
        &across.profile
    };
    let aligned = align(profile, knots, shape);
    let grey = greys(profile, &aligned.knots, shape);
    let mut line = Placed {
        fits: fits_alone(profile, &aligned, shape),
        shows: shows(&grey, shape),
        line: across.line,
        length: across.profile.len() as f32,
        thick: across.thick,
        aligned,
        grey,
        turned,
    };
    blanked(&mut line.fits, &line.shows);
    line
}

/// Whether each digit is there at all: what lies on a label has no bars, and a row of unit length is made of its grain.
fn shows(grey: &[f32], shape: &Shape) -> Vec<bool> {
    let contrasts: Vec<f32> = wides(shape)
        .map(|from| {
            let mut digit = [0.0; 7];
            digit.copy_from_slice(&grey[from + 2..from + 9]);
            normalise(&mut digit)
        })
        .collect();
    let most = contrasts.iter().fold(0.0_f32, |most, one| most.max(*one));
    contrasts
        .iter()
        .map(|one| *one >= FAINTEST * most)
        .collect()
}

/// Nothing is said of digits that are not there.
fn blanked(fits: &mut [Fits], shows: &[bool]) {
    for (fits, _) in fits.iter_mut().zip(shows).filter(|(_, shows)| !**shows) {
        *fits = [0.0; 20];
    }
}

/// How well each digit fits each place, whatever its neighbours are.
fn fits_alone(profile: &Profile, aligned: &Aligned, shape: &Shape) -> Vec<Fits> {
    let fits = shape.digits().map(|(knot, is_left)| {
        let seen = window(profile, aligned.knots[knot], aligned.knots[knot + 1]);
        fan_of(is_left, shape, aligned.spread).fits(&seen)
    });
    fits.collect()
}

/// The grey of each module, those beside the symbol as well; dark is high.
fn greys(profile: &Profile, knots: &[f32], shape: &Shape) -> Vec<f32> {
    let modules = shape.knots();
    let place = |module: f32| {
        let after = modules.partition_point(|knot| (*knot as f32) < module);
        let after = after.clamp(1, modules.len() - 1);
        let (a, b) = (modules[after - 1] as f32, modules[after] as f32);
        let (from, to) = (knots[after - 1], knots[after]);
        from + (to - from) * (module - a) / (b - a)
    };
    let mut grey = vec![0.0; shape.modules + 2 * BESIDE];
    let places = (0..=grey.len()).map(|at| place(at as f32 - BESIDE as f32));
    profile.means(places, &mut grey);
    grey.iter_mut().for_each(|v| *v = -*v);
    grey
}

/// The places of the digits among the greys, with two modules before each.
fn wides(shape: &Shape) -> impl Iterator<Item = usize> + use<> {
    let starts = shape.left.iter().chain(shape.right);
    starts.map(|start| start + BESIDE - 2)
}

/// How modules look from `from` on through a blur.
fn blurred(modules: &[f32], from: usize, taps: &Taps) -> [f32; WIDE] {
    let mut seen = std::array::from_fn(|at| {
        let around = &modules[from + at - REACH..=from + at + REACH];
        around.iter().zip(taps).map(|(m, tap)| m * tap).sum()
    });
    normalise(&mut seen);
    seen
}

fn wide(grey: &[f32], from: usize) -> [f32; WIDE] {
    let mut seen = [0.0; WIDE];
    seen.copy_from_slice(&grey[from..from + WIDE]);
    normalise(&mut seen);
    seen
}

/// How well each digit fits each place, its neighbours being those of that code.
pub(super) fn fits_beside(line: &Placed, shape: &Shape, drawn: &[f32]) -> Vec<Fits> {
    let seen: Vec<[f32; WIDE]> = wides(shape).map(|from| wide(&line.grey, from)).collect();
    let fit = |taps: &Taps| -> f32 {
        let places = wides(shape).zip(&seen);
        places
            .map(|(from, seen)| likeness_of(&blurred(drawn, from, taps), seen))
            .sum()
    };
    let taps = TAPS.iter().max_by(|a, b| fit(a).total_cmp(&fit(b)));
    let Some(taps) = taps else {
        return Vec::new();
    };
    let mut modules = drawn.to_vec();
    let places = wides(shape).zip(&seen).enumerate();
    let mut fits: Vec<Fits> = places
        .map(|(place, (from, seen))| {
            let inside = from + 2..from + 9;
            let fits = std::array::from_fn(|at| {
                let set = shape.set(place, at >= 10);
                modules[inside.clone()].copy_from_slice(&modules_of(at % 10, set));
                likeness_of(&blurred(&modules, from, taps), seen)
            });
            modules[inside.clone()].copy_from_slice(&drawn[inside]);
            fits
        })
        .collect();
    blanked(&mut fits, &line.shows);
    fits
}
