//! Where along a line each digit of a symbol begins: paper that leans, bends or is crumpled has modules of many widths.

use super::symbol::Symbol;
use crate::decode::bars::digits::{TAPS, normalise};
use crate::decode::bars::profile::Profile;
use crate::decode::bars::upc_ean::Place;

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

/// The knots of a symbol at that place.
pub(super) fn knots_at<const N: usize>(place: &Place, symbol: &impl Symbol<N>) -> Vec<f32> {
    let count = symbol.modules() as f32;
    let knots = symbol.knots().into_iter();
    knots
        .map(|module| place.at(module as f32 / count))
        .collect()
}

/// Moves knots that lie about there to where they fit best.
pub(super) fn align<const N: usize>(
    profile: &Profile,
    knots: Vec<f32>,
    symbol: &impl Symbol<N>,
) -> Aligned {
    let modules = symbol.knots();
    let mut aligned = Aligned {
        knots,
        spread: 0,
        fit: f32::MIN,
    };
    for share in STEPS {
        // Digits that are not in their places look more blurred than they are.
        aligned.spread = best_spread(profile, &aligned.knots, symbol);
        step(profile, symbol, &modules, share, &mut aligned);
        if aligned.fit < HOPEFUL {
            return aligned;
        }
    }
    aligned.spread = best_spread(profile, &aligned.knots, symbol);
    aligned
}

/// The modules between two knots, with one more on both sides; dark is high.
pub(super) fn window<const SEEN: usize>(profile: &Profile, from: f32, to: f32) -> [f32; SEEN] {
    let mut seen = [0.0; SEEN];
    let modules = (SEEN - 2) as f32;
    let places = (0..=SEEN).map(|at| from + (to - from) * (at as f32 - 1.0) / modules);
    profile.means(places, &mut seen);
    seen.iter_mut().for_each(|v| *v = -*v);
    normalise(&mut seen);
    seen
}

/// The best of what looks fit.
pub(super) fn most(fits: &[f32]) -> f32 {
    fits.iter().fold(f32::MIN, |most, fit| most.max(*fit))
}

/// Of two rows of unit length.
pub(super) fn likeness_of(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn best_spread<const N: usize>(profile: &Profile, knots: &[f32], symbol: &impl Symbol<N>) -> usize {
    let looks: Vec<_> = symbol
        .signs()
        .into_iter()
        .map(|knot| (knot, symbol.look(profile, knots[knot], knots[knot + 1])))
        .collect();
    let fit = |spread: usize| -> f32 {
        let fits = looks.iter();
        fits.map(|(knot, look)| most(&symbol.fits(*knot, look, spread)))
            .sum()
    };
    let fits: Vec<f32> = (0..TAPS.len()).map(fit).collect();
    (0..fits.len())
        .max_by(|a, b| fits[*a].total_cmp(&fits[*b]))
        .unwrap_or_default()
}

/// Moves the knots to where digits and guards fit best, by steps of that share of a module.
fn step<const N: usize>(
    profile: &Profile,
    symbol: &impl Symbol<N>,
    modules: &[usize],
    share: f32,
    aligned: &mut Aligned,
) {
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
        *fit = symbol.start_fit(profile, moved(0, offset), module_at(0));
    }
    let mut ways: Vec<[usize; OFFSETS]> = Vec::new();
    for at in 0..last {
        let mut next = [f32::MIN; OFFSETS];
        let mut way = [0; OFFSETS];
        for (offset, before) in fits.iter().enumerate() {
            let from = moved(at, offset);
            for to in offset.saturating_sub(1)..=(offset + 1).min(OFFSETS - 1) {
                let end = moved(at + 1, to);
                let bars = symbol.bars_fit(profile, at, (from, end));
                let fit = bars.unwrap_or_else(|| {
                    let look = symbol.look(profile, from, end);
                    most(&symbol.fits(at, &look, aligned.spread))
                });
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
        *fit += symbol.end_fit(profile, moved(last, offset), module_at(last));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::bars::drawn::stretched;
    use crate::decode::bars::upc_ean::{SHAPES, Shape};

    const PENS: &str = "4006381333931";
    const EAN_13: &Shape = &SHAPES[0];

    /// Modules of 3 pixels on paper with waves in it.
    fn wavy(module: f32) -> f32 {
        42.0 + 3.0 * (module + 0.8 * (module / 14.0).sin())
    }

    /// How far knots lie from where digits begin, in modules, at most.
    fn wrong(knots: &[f32]) -> f32 {
        let begin = EAN_13.knots().into_iter();
        let each = begin.zip(knots);
        each.map(|(module, knot)| (wavy(module as f32) - knot).abs() / 3.0)
            .fold(0.0, f32::max)
    }

    #[test]
    fn digits_on_wavy_paper_are_found_where_they_begin() {
        let profile = stretched(PENS, 1.5, wavy);
        let (from, to) = (wavy(0.0), wavy(95.0));
        let even: Vec<f32> = EAN_13
            .knots()
            .iter()
            .map(|module| from + (to - from) * *module as f32 / 95.0)
            .collect();
        assert!(wrong(&even) > 0.7);
        let aligned = align(&profile, even, &EAN_13);
        assert!(wrong(&aligned.knots) < 0.3, "{aligned:?}");
        assert!(aligned.fit > 0.9, "{aligned:?}");
    }

    #[test]
    fn where_there_is_no_symbol_nothing_fits() {
        let stripes = Profile::new((0..400).map(|x| if x / 6 % 2 == 0 { 50.0 } else { 210.0 }));
        let even = EAN_13.knots().into_iter();
        let even = even.map(|module| 40.0 + 3.0 * module as f32);
        let aligned = align(&stripes, even.collect(), &EAN_13);
        assert!(aligned.fit < HOPEFUL, "{aligned:?}");
    }
}
