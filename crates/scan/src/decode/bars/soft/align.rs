//! Where along a line each digit of a symbol begins: paper that leans, bends or is crumpled has modules of many widths.

use crate::decode::bars::digits::{FANS, Fan, Look, SEEN, normalise};
use crate::decode::bars::profile::Profile;
use crate::decode::bars::upc_ean::{END, MIDDLE, OUTER, Place, Shape, likeness};

/// How far a digit may begin from where it should: that many steps either way, of these shares of a module in turn.
const AWAY: usize = 3;
const OFFSETS: usize = 2 * AWAY + 1;
const STEPS: [f32; 3] = [0.4, 0.3, 0.12];

/// Lines that fit less are no symbol, or another.
const HOPEFUL: f32 = 0.66;

/// What a digit that is a module wider than it should be costs.
const STRAIN: f32 = 0.35;

/// A line whose digits have their places.
#[derive(Debug, Clone)]
pub(super) struct Aligned {
    /// Where the digits begin and where those of a side end, in pixels along the line.
    pub(super) knots: Vec<f32>,
    /// Which of the spreads fits best.
    pub(super) spread: usize,
    /// How well digits and guards fit, at most 1.
    pub(super) fit: f32,
}

impl Shape {
    /// The modules where digits begin and where those of a side end.
    pub(super) fn knots(&self) -> Vec<usize> {
        let side = |starts: &[usize]| -> Vec<usize> {
            let end = starts.last().map(|last| last + 7);
            starts.iter().copied().chain(end).collect()
        };
        [side(self.left), side(self.right)].concat()
    }
}

/// The knots of a symbol at that place.
pub(super) fn knots_at(place: &Place, shape: &Shape) -> Vec<f32> {
    let count = shape.modules as f32;
    let knots = shape.knots().into_iter();
    knots
        .map(|module| place.at(module as f32 / count))
        .collect()
}

/// Moves knots that lie about there to where they fit best.
pub(super) fn align(profile: &Profile, knots: Vec<f32>, shape: &Shape) -> Aligned {
    let modules = shape.knots();
    let mut aligned = Aligned {
        knots,
        spread: 0,
        fit: f32::MIN,
    };
    for share in STEPS {
        // Digits that are not in their places look more blurred than they are.
        aligned.spread = best_spread(profile, &aligned.knots, shape);
        step(profile, shape, &modules, share, &mut aligned);
        if aligned.fit < HOPEFUL {
            return aligned;
        }
    }
    aligned.spread = best_spread(profile, &aligned.knots, shape);
    aligned
}

/// The seven modules between two knots, with one more on both sides; dark is high.
pub(super) fn window(profile: &Profile, from: f32, to: f32) -> Look {
    let mut seen = [0.0; SEEN];
    let places = (0..=SEEN).map(|at| from + (to - from) * (at as f32 - 1.0) / 7.0);
    profile.means(places, &mut seen);
    seen.iter_mut().for_each(|v| *v = -*v);
    normalise(&mut seen);
    seen
}

/// The looks that a digit of that side may have.
pub(super) fn fan_of(is_left: bool, shape: &Shape, spread: usize) -> &'static Fan {
    let fans = &FANS[spread];
    match (is_left, shape.has_parity()) {
        (true, true) => &fans.both,
        (true, false) => &fans.odd,
        (false, _) => &fans.right,
    }
}

/// How well a digit fits at most.
fn best_digit(seen: &Look, fan: &Fan) -> f32 {
    fan.fits(seen)
        .iter()
        .fold(f32::MIN, |most, fit| most.max(*fit))
}

/// Of two rows of unit length.
pub(super) fn likeness_of(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn best_spread(profile: &Profile, knots: &[f32], shape: &Shape) -> usize {
    let windows: Vec<(bool, Look)> = shape
        .digits()
        .map(|(at, is_left)| (is_left, window(profile, knots[at], knots[at + 1])))
        .collect();
    let fit = |spread: usize| -> f32 {
        let fits = windows.iter();
        fits.map(|(is_left, seen)| best_digit(seen, fan_of(*is_left, shape, spread)))
            .sum()
    };
    let fits: Vec<f32> = (0..FANS.len()).map(fit).collect();
    (0..fits.len())
        .max_by(|a, b| fits[*a].total_cmp(&fits[*b]))
        .unwrap_or_default()
}

/// Moves the knots to where digits and guards fit best, by steps of that share of a module.
fn step(profile: &Profile, shape: &Shape, modules: &[usize], share: f32, aligned: &mut Aligned) {
    let knots = &aligned.knots;
    let last = knots.len() - 1;
    let module_at = |at: usize| {
        let (a, b) = (at.saturating_sub(1), (at + 1).min(last));
        (knots[b] - knots[a]) / (modules[b] - modules[a]) as f32
    };
    let moved = |at: usize, offset: usize| {
        knots[at] + (offset as f32 - AWAY as f32) * share * module_at(at)
    };
    let mut fits = [0.0; OFFSETS];
    for (offset, fit) in fits.iter_mut().enumerate() {
        *fit = start_fit(profile, moved(0, offset), module_at(0));
    }
    let mut ways: Vec<[usize; OFFSETS]> = Vec::new();
    for at in 0..last {
        let fan = fan_of(at < shape.left.len(), shape, aligned.spread);
        let mut next = [f32::MIN; OFFSETS];
        let mut way = [0; OFFSETS];
        for (offset, before) in fits.iter().enumerate() {
            let from = moved(at, offset);
            for to in offset.saturating_sub(1)..=(offset + 1).min(OFFSETS - 1) {
                let end = moved(at + 1, to);
                let fit = if shape.is_middle(at) {
                    middle_fit(profile, from, end)
                } else {
                    best_digit(&window(profile, from, end), fan)
                };
                let strain = offset.abs_diff(to) as f32 * share;
                let fit = before + fit - STRAIN * strain * strain;
                if fit > next[to] {
                    next[to] = fit;
                    way[to] = offset;
                }
            }
        }
        ways.push(way);
        fits = next;
    }
    for (offset, fit) in fits.iter_mut().enumerate() {
        *fit += end_fit(profile, moved(last, offset), module_at(last), shape);
    }
    let mut offset = (0..OFFSETS)
        .max_by(|a, b| fits[*a].total_cmp(&fits[*b]))
        .unwrap_or(AWAY);
    let fit = fits[offset] / (last + 2) as f32;
    let mut places = vec![0.0; last + 1];
    for at in (0..=last).rev() {
        places[at] = moved(at, offset);
        if at > 0 {
            offset = ways[at - 1][offset];
        }
    }
    aligned.knots = places;
    aligned.fit = fit;
}

/// Modules of that width from a place on; dark is high.
fn seven(profile: &Profile, from: f32, module: f32) -> [f32; 7] {
    let mut seen = [0.0; 7];
    profile.means((0..=7).map(|at| from + at as f32 * module), &mut seen);
    seen.map(|v| -v)
}

fn start_fit(profile: &Profile, knot: f32, module: f32) -> f32 {
    likeness(&seven(profile, knot - 5.0 * module, module), &OUTER)
}

fn end_fit(profile: &Profile, knot: f32, module: f32, shape: &Shape) -> f32 {
    if shape.right.is_empty() {
        return likeness(&seven(profile, knot, module), &END);
    }
    let mut seen = seven(profile, knot - 2.0 * module, module);
    seen.reverse();
    likeness(&seen, &OUTER)
}

fn middle_fit(profile: &Profile, from: f32, to: f32) -> f32 {
    let module = (to - from) / 5.0;
    likeness(&seven(profile, from - module, module), &MIDDLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::bars::drawn::stretched;
    use crate::decode::bars::upc_ean::SHAPES;

    const PENS: &str = "4006381333931";

    /// Modules of 3 pixels on paper with waves in it.
    fn wavy(module: f32) -> f32 {
        42.0 + 3.0 * (module + 0.8 * (module / 14.0).sin())
    }

    /// How far knots lie from where digits begin, in modules, at most.
    fn wrong(knots: &[f32]) -> f32 {
        let begin = SHAPES[0].knots().into_iter();
        let each = begin.zip(knots);
        each.map(|(module, knot)| (wavy(module as f32) - knot).abs() / 3.0)
            .fold(0.0, f32::max)
    }

    #[test]
    fn digits_on_wavy_paper_are_found_where_they_begin() {
        let profile = stretched(PENS, 1.5, wavy);
        let (from, to) = (wavy(0.0), wavy(95.0));
        let even: Vec<f32> = SHAPES[0]
            .knots()
            .iter()
            .map(|module| from + (to - from) * *module as f32 / 95.0)
            .collect();
        assert!(wrong(&even) > 0.7);
        let aligned = align(&profile, even, &SHAPES[0]);
        assert!(wrong(&aligned.knots) < 0.3, "{aligned:?}");
        assert!(aligned.fit > 0.9, "{aligned:?}");
    }

    #[test]
    fn where_there_is_no_symbol_nothing_fits() {
        let stripes = Profile::new((0..400).map(|x| if x / 6 % 2 == 0 { 50.0 } else { 210.0 }));
        let even = SHAPES[0].knots().into_iter();
        let even = even.map(|module| 40.0 + 3.0 * module as f32);
        let aligned = align(&stripes, even.collect(), &SHAPES[0]);
        assert!(aligned.fit < HOPEFUL, "{aligned:?}");
    }
}
