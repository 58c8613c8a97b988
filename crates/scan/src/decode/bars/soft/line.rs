//! A line across the bars with its digits in their places, and how well each digit fits each of them.

use super::BESIDE;
use super::align::{Aligned, align, likeness_of};
use super::joint::Fits;
use super::symbol::Symbol;
use crate::decode::bars::digits::{REACH, TAPS, Taps, normalise};
use crate::decode::bars::profile::{Edge, Line, Profile};

/// Modules on both sides of a sign that are compared with it.
const ASIDE: usize = 2;

/// The modules of the widest sign with those beside it.
const WIDE: usize = 11 + 2 * ASIDE;

/// The contrast of the faintest sign beside that of the clearest.
const FAINTEST: f32 = 0.08;

/// A line across the bars.
pub(super) struct Across {
    pub(super) line: Line,
    pub(super) profile: Profile,
    pub(super) edges: Vec<Edge>,
    pub(super) thick: usize,
}

/// A line whose signs have their places, from the end that it is read from.
pub(super) struct Placed<const N: usize> {
    pub(super) aligned: Aligned,
    pub(super) fits: Vec<Fits<N>>,
    /// Whether each sign is there.
    pub(super) shows: Vec<bool>,
    /// The grey of each module, those beside the symbol as well; dark is high.
    pub(super) grey: Vec<f32>,
    pub(super) line: Line,
    pub(super) length: f32,
    pub(super) thick: usize,
    /// Whether it is read from its other end.
    pub(super) turned: bool,
}

impl<const N: usize> Placed<N> {
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

    /// The ends of the signs.
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

pub(super) fn placed<const N: usize>(
    across: &Across,
    knots: Vec<f32>,
    symbol: &impl Symbol<N>,
    turned: bool,
) -> Placed<N> {
    let other;
    let profile = if turned {
        other = across.profile.turned();
        &other
    } else {
        &across.profile
    };
    let aligned = align(profile, knots, symbol);
    let grey = greys(profile, &aligned.knots, symbol);
    let mut line = Placed {
        fits: fits_alone(profile, &aligned, symbol),
        shows: shows(&grey, symbol),
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

/// Whether each sign is there at all: what lies on a label has no bars, and a row of unit length is made of its grain.
fn shows<const N: usize>(grey: &[f32], symbol: &impl Symbol<N>) -> Vec<bool> {
    let contrasts: Vec<f32> = begins(symbol)
        .into_iter()
        .map(|from| {
            let mut sign = [0.0; WIDE];
            let sign = &mut sign[..symbol.width()];
            sign.copy_from_slice(&grey[from..from + symbol.width()]);
            normalise(sign)
        })
        .collect();
    let most = contrasts.iter().fold(0.0_f32, |most, one| most.max(*one));
    contrasts
        .iter()
        .map(|one| *one >= FAINTEST * most)
        .collect()
}

/// Nothing is said of signs that are not there.
fn blanked<const N: usize>(fits: &mut [Fits<N>], shows: &[bool]) {
    for (fits, _) in fits.iter_mut().zip(shows).filter(|(_, shows)| !**shows) {
        *fits = [0.0; N];
    }
}

/// How well each mark fits each place, whatever its neighbours are.
fn fits_alone<const N: usize>(
    profile: &Profile,
    aligned: &Aligned,
    symbol: &impl Symbol<N>,
) -> Vec<Fits<N>> {
    let signs = symbol.signs().into_iter();
    signs
        .map(|knot| {
            let look = symbol.look(profile, aligned.knots[knot], aligned.knots[knot + 1]);
            symbol.fits(knot, &look, aligned.spread)
        })
        .collect()
}

/// The grey of each module, those beside the symbol as well; dark is high.
fn greys<const N: usize>(profile: &Profile, knots: &[f32], symbol: &impl Symbol<N>) -> Vec<f32> {
    let modules = symbol.knots();
    let place = |module: f32| {
        let after = modules.partition_point(|knot| (*knot as f32) < module);
        let after = after.clamp(1, modules.len() - 1);
        let (a, b) = (modules[after - 1] as f32, modules[after] as f32);
        let (from, to) = (knots[after - 1], knots[after]);
        from + (to - from) * (module - a) / (b - a)
    };
    let mut grey = vec![0.0; symbol.modules() + 2 * BESIDE];
    let places = (0..=grey.len()).map(|at| place(at as f32 - BESIDE as f32));
    profile.means(places, &mut grey);
    grey.iter_mut().for_each(|v| *v = -*v);
    grey
}

/// Where the signs begin among the greys.
fn begins<const N: usize>(symbol: &impl Symbol<N>) -> Vec<usize> {
    let modules = symbol.knots();
    let signs = symbol.signs().into_iter();
    signs.map(|knot| modules[knot] + BESIDE).collect()
}

/// How a sign and what lies beside it look through a blur.
fn blurred(modules: &[f32], from: usize, width: usize, taps: &Taps) -> [f32; WIDE] {
    let mut seen = [0.0; WIDE];
    let wide = width + 2 * ASIDE;
    for (at, seen) in seen[..wide].iter_mut().enumerate() {
        let around = from + at - ASIDE;
        let around = &modules[around - REACH..=around + REACH];
        *seen = around.iter().zip(taps).map(|(m, tap)| m * tap).sum();
    }
    normalise(&mut seen[..wide]);
    seen
}

fn wide(grey: &[f32], from: usize, width: usize) -> [f32; WIDE] {
    let mut seen = [0.0; WIDE];
    let wide = width + 2 * ASIDE;
    seen[..wide].copy_from_slice(&grey[from - ASIDE..from + width + ASIDE]);
    normalise(&mut seen[..wide]);
    seen
}

/// How well each mark fits each place, its neighbours being those of that code.
pub(super) fn fits_beside<const N: usize>(
    line: &Placed<N>,
    symbol: &impl Symbol<N>,
    drawn: &[f32],
) -> Vec<Fits<N>> {
    let width = symbol.width();
    let seen: Vec<(usize, [f32; WIDE])> = begins(symbol)
        .into_iter()
        .map(|from| (from, wide(&line.grey, from, width)))
        .collect();
    let fit = |taps: &Taps| -> f32 {
        let places = seen.iter();
        places
            .map(|(from, seen)| likeness_of(&blurred(drawn, *from, width, taps), seen))
            .sum()
    };
    let taps = TAPS.iter().max_by(|a, b| fit(a).total_cmp(&fit(b)));
    let Some(taps) = taps else {
        return Vec::new();
    };
    let mut modules = drawn.to_vec();
    let places = seen.iter().enumerate();
    let mut fits: Vec<Fits<N>> = places
        .map(|(place, (from, seen))| {
            let inside = *from..from + width;
            let mut fits = [0.0; N];
            for mark in symbol.marks(place) {
                symbol.draw(place, mark, &mut modules[inside.clone()]);
                fits[mark] = likeness_of(&blurred(&modules, *from, width, taps), seen);
            }
            modules[inside.clone()].copy_from_slice(&drawn[inside]);
            fits
        })
        .collect();
    blanked(&mut fits, &line.shows);
    fits
}
