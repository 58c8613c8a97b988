//! Where on a line a symbol lies, and how it is stretched: by the bars at its ends, each with a width of its own, and those in
//! its middle.

use crate::decode::bars::digits::{REACH, TAPS};
use crate::decode::bars::profile::{Edge, Profile};
use crate::decode::bars::upc_ean::{self, END, MIDDLE, OUTER, Place, Shape, likeness};

/// Widths of a module at an end, as shares of the mean one.
const WIDTHS: [f32; 5] = [0.6, 0.8, 1.0, 1.25, 1.55];

/// How far an end may lie from the edge that was found, in modules.
const ASIDE: [f32; 3] = [-0.5, 0.0, 0.5];

/// Of the spreads of blur, those at which guards are compared.
const BLURS: [usize; 3] = [1, 4, 5];

/// How much a share of unevenness costs.
const UNEVEN: f32 = 0.12;

/// What it costs that other ends lie more quietly.
const LESS_QUIET: f32 = 0.04;

/// Quiet modules of ends that have other print close beside them, and how many of those are looked at.
const CLOSE: std::ops::Range<f32> = 1.2..3.0;
const CLOSE_MOST: usize = 3;

/// Lines with more edges cross something else.
const EDGES_MOST: usize = 120;

/// Which share of a symbol's edges such ends have between them.
const WHOLE: f32 = 0.6;

/// Guards that fit less are none.
const LEAST: f32 = 0.75;

/// A row of modules at each of the blurs; what lies beyond it is half dark, or quiet before its first.
type Blurred = [[f32; 7]; BLURS.len()];

fn blurred(modules: &[f32; 7], before: f32) -> Blurred {
    BLURS.map(|blur| {
        let mut wide = [0.5; 7 + 2 * REACH];
        wide[..REACH].fill(before);
        wide[REACH..REACH + 7].copy_from_slice(modules);
        std::array::from_fn(|at| {
            let around = wide[at..].iter().zip(&TAPS[blur]);
            around.map(|(module, tap)| module * tap).sum()
        })
    })
}

/// Where an end may be: its place, its module's width, how well it fits.
type End = (f32, f32, f32);

/// The places where a symbol of that shape may lie, the best first.
pub(super) fn find(profile: &Profile, edges: &[Edge], shape: &Shape) -> Vec<Place> {
    let outer = blurred(&OUTER, 0.0);
    let (middle, last) = (blurred(&MIDDLE, 0.5), blurred(&reversed(&END), 0.0));
    let last = if shape.right.is_empty() {
        &last
    } else {
        &outer
    };
    let quiet = upc_ean::ends(edges).into_iter();
    let quiet = quiet.filter(|(_, _, between)| shape.may_be_blurred(*between));
    let mut pairs: Vec<(f32, f32)> = quiet.map(|(from, to, _)| (from, to)).collect();
    pairs.extend(ends_beside_print(profile, edges, shape, &outer, last));
    let mut places: Vec<Place> = pairs
        .iter()
        .enumerate()
        .filter_map(|(rank, (from, to))| {
            let module = (to - from) / shape.modules as f32;
            let left = end(profile, *from, module, &outer);
            // From the other end modules count the other way.
            let right = end(profile, *to, -module, last);
            let mut place = best_of(profile, &left, &right, shape, &middle)?;
            // The quieter its surroundings, the likelier a symbol ends there.
            place.fit -= LESS_QUIET * rank as f32;
            Some(place)
        })
        .filter(|place| place.fit >= LEAST)
        .collect();
    places.sort_by(|a, b| b.fit.total_cmp(&a.fit));
    places
}

/// Pairs of edges that may be a symbol's outer ones though other print begins close beside them: those that look most like it.
fn ends_beside_print(
    profile: &Profile,
    edges: &[Edge],
    shape: &Shape,
    first_look: &Blurred,
    last_look: &Blurred,
) -> Vec<(f32, f32)> {
    // The left half of an EAN-13 is a UPC-E but for the quiet that must follow.
    if shape.right.is_empty() || edges.len() > EDGES_MOST {
        return Vec::new();
    }
    let mut pairs = Vec::new();
    for (at, first) in edges.iter().enumerate().filter(|(_, edge)| edge.darker) {
        let before = at
            .checked_sub(1)
            .map_or(f32::MAX, |before| first.at - edges[before].at);
        for (other, last) in edges.iter().enumerate().skip(at + 1) {
            if last.darker || shape.share_of(other - at + 1) < WHOLE {
                continue;
            }
            let after = edges
                .get(other + 1)
                .map_or(f32::MAX, |after| after.at - last.at);
            let module = (last.at - first.at) / shape.modules as f32;
            if module < 0.8 || !CLOSE.contains(&(before.min(after) / module)) {
                continue;
            }
            let fit = guard(profile, first.at - 2.0 * module, module, first_look)
                + guard(profile, last.at + 2.0 * module, -module, last_look);
            pairs.push((fit, first.at, last.at));
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    pairs.truncate(CLOSE_MOST);
    pairs.into_iter().map(|(_, from, to)| (from, to)).collect()
}

/// The quiet modules of a guard: the last one of a UPC-E has one, the others two.
fn quiet_of(looks: &Blurred) -> f32 {
    if looks[0][1] > looks[0][0] + 0.5 {
        1.0
    } else {
        2.0
    }
}

fn reversed(modules: &[f32; 7]) -> [f32; 7] {
    let mut modules = *modules;
    modules.reverse();
    modules
}

/// The three likeliest places and widths of an end; a module is negative where the symbol lies before it.
fn end(profile: &Profile, edge: f32, module: f32, looks: &Blurred) -> Vec<End> {
    let quiet = quiet_of(looks);
    let mut ends: Vec<End> = Vec::new();
    for aside in ASIDE {
        let at = edge + aside * module;
        for width in WIDTHS {
            let fit = guard(profile, at - quiet * width * module, width * module, looks);
            ends.push((at, width, fit - 0.02 * aside.abs()));
        }
    }
    ends.sort_by(|a, b| b.2.total_cmp(&a.2));
    ends.truncate(3);
    ends
}

/// How well seven modules from a place on look like those, at the blur that fits best.
fn guard(profile: &Profile, from: f32, module: f32, looks: &Blurred) -> f32 {
    let mut seen = [0.0; 7];
    if module > 0.0 {
        profile.means((0..=7).map(|at| from + at as f32 * module), &mut seen);
    } else {
        profile.means((0..=7).rev().map(|at| from + at as f32 * module), &mut seen);
        seen.reverse();
    }
    seen.iter_mut().for_each(|v| *v = -*v);
    let fits = looks.iter().map(|look| likeness(&seen, look));
    fits.fold(f32::MIN, f32::max)
}

fn best_of(
    profile: &Profile,
    left: &[End],
    right: &[End],
    shape: &Shape,
    looks: &Blurred,
) -> Option<Place> {
    let pairs = left.iter().flat_map(|l| right.iter().map(move |r| (l, r)));
    let places = pairs.map(|((from, first, a), (to, last, b))| {
        let (bend, squeeze) = ((first - last) / 2.0, 1.0 - (first + last) / 2.0);
        let mut place = Place {
            from: *from,
            to: *to,
            bend,
            squeeze,
            fit: (a + b) / 2.0,
        };
        if !shape.right.is_empty() {
            place.fit = (2.0 * place.fit + middle(profile, &place, shape, looks)) / 3.0;
        }
        place.fit -= UNEVEN * (bend.abs() + squeeze.abs());
        place
    });
    places.max_by(|a, b| a.fit.total_cmp(&b.fit))
}

fn middle(profile: &Profile, place: &Place, shape: &Shape, looks: &Blurred) -> f32 {
    let count = shape.modules as f32;
    let half = count / 2.0;
    let (from, to) = (
        place.at((half - 3.5) / count),
        place.at((half + 3.5) / count),
    );
    let module = (to - from) / 7.0;
    let asides = [-0.7, 0.0, 0.7_f32];
    let fits = asides.map(|aside| guard(profile, from + aside * module, module, looks));
    fits.into_iter().fold(f32::MIN, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::bars::drawn::{line, stretched};
    use crate::decode::bars::profile::Look;
    use crate::decode::bars::upc_ean::SHAPES;

    const PENS: &str = "4006381333931";

    #[test]
    fn a_symbol_is_found_between_its_ends() {
        for pixels in [1.3, 2.4, 5.0] {
            let profile = line(PENS, pixels, pixels * 0.8);
            let place = find(&profile, &profile.edges(Look::Fine), &SHAPES[0])[0];
            let (from, to) = (14.0 * pixels, 109.0 * pixels);
            let wrong = (place.from - from).abs().max((place.to - to).abs());
            assert!(wrong < 0.6 * pixels, "{place:?} beside {from} and {to}");
        }
    }

    #[test]
    fn on_a_label_that_leans_its_middle_is_where_it_is() {
        // Modules are 3.9 pixels wide at the start and 2.1 at the end.
        let seen = |module: f32| 42.0 + 3.9 * module - 0.9 * module * module / 95.0;
        let profile = stretched(PENS, 1.5, seen);
        let place = find(&profile, &profile.edges(Look::Fine), &SHAPES[0])[0];
        let straight = f32::midpoint(place.from, place.to);
        let middle = place.at(0.5);
        assert!((middle - seen(47.5)).abs() < 3.0, "{middle}, {place:?}");
        assert!((straight - seen(47.5)).abs() > 15.0, "{straight}");
    }

    #[test]
    fn a_flat_line_holds_nothing() {
        let flat = Profile::new((0..400).map(|_| 128.0));
        assert!(find(&flat, &flat.edges(Look::Fine), &SHAPES[0]).is_empty());
    }
}
