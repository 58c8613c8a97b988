//! Where on a line a symbol lies, and how it is stretched: by the bars at its ends, each with a width of its own, and those in
//! its middle.

use crate::decode::bars::digits::{REACH, TAPS};
use crate::decode::bars::profile::{Edge, Profile};
use crate::decode::bars::upc_ean::{self, END, MIDDLE, OUTER, Place, Shape, likeness};

/// Widths of a module at an end, as shares of the mean one.
const WIDTHS: [f32; 5] = [0.6, 0.8, 1.0, 1.25, 1.55];

/// How far an end may lie from the edge that was found, in modules.
pub(super) const ASIDE: [f32; 3] = [-0.5, 0.0, 0.5];

/// Of the spreads of blur, those at which guards are compared.
const BLURS: [usize; 3] = [1, 4, 5];

/// How much a share of unevenness costs.
const UNEVEN: f32 = 0.12;

/// What it costs that other ends lie more quietly.
pub(super) const LESS_QUIET: f32 = 0.04;

/// Quiet modules of ends that have other print close beside them, and how many of those are looked at.
const CLOSE: std::ops::Range<f32> = 1.2..3.0;
const CLOSE_MOST: usize = 3;

/// Lines with more edges cross something else.
const EDGES_MOST: usize = 120;

/// Which share of a symbol's edges such ends have between them.
const WHOLE: f32 = 0.6;

/// How quiet it must be beside a symbol, in what lies between two edges on average, and how many such places are looked at.
const QUIET: f32 = 1.8;
const QUIET_MOST: usize = 4;

/// Places whose guards fit that are told.
const PLACES: usize = 3;

/// Guards that fit less are none.
pub(super) const LEAST: f32 = 0.75;

/// A row of modules at each of the blurs; what lies beyond it is half dark, or quiet before its first.
pub(super) type Blurred<const L: usize> = [[f32; L]; BLURS.len()];

pub(super) fn blurred<const L: usize>(modules: &[f32; L], before: f32) -> Blurred<L> {
    let module = |at: usize| match at.checked_sub(REACH) {
        None => before,
        Some(at) => *modules.get(at).unwrap_or(&0.5),
    };
    BLURS.map(|blur| {
        std::array::from_fn(|at| {
            let around = TAPS[blur].iter().enumerate();
            around.map(|(far, tap)| module(at + far) * tap).sum()
        })
    })
}

/// Where an end may be: its place, its module's width, how well it fits.
pub(super) type End = (f32, f32, f32);

/// The places where a symbol of that shape may lie, the best first.
pub(super) fn find(profile: &Profile, edges: &[Edge], shape: &Shape) -> Vec<Place> {
    let outer = blurred(&OUTER, 0.0);
    let (middle, last) = (blurred(&MIDDLE, 0.5), blurred(&reversed(&END), 0.0));
    let (last, quiet) = if shape.right.is_empty() {
        (&last, 1.0)
    } else {
        (&outer, 2.0)
    };
    let ends = upc_ean::ends(edges).into_iter();
    let ends = ends.filter(|(_, _, between)| shape.may_be_blurred(*between));
    let mut pairs: Vec<(f32, f32)> = ends.map(|(from, to, _)| (from, to)).collect();
    pairs.extend(ends_beside_print(profile, edges, shape, &outer, last));
    let even = pairs.first().map(|(from, to)| Place {
        from: *from,
        to: *to,
        bend: 0.0,
        squeeze: 0.0,
        fit: LEAST,
    });
    let mut places: Vec<Place> = pairs
        .iter()
        .enumerate()
        .filter_map(|(rank, (from, to))| {
            let module = (to - from) / shape.modules as f32;
            let left = ends_at(profile, *from, module, &[outer], 2.0);
            // From the other end modules count the other way.
            let right = ends_at(profile, *to, -module, &[*last], quiet);
            let in_middle = |place: &Place| self::middle(profile, place, shape, &middle);
            let mut place = joined(&left, &right, |place| {
                (!shape.right.is_empty()).then(|| in_middle(place))
            })?;
            // The quieter its surroundings, the likelier a symbol ends there.
            place.fit -= LESS_QUIET * rank as f32;
            Some(place)
        })
        .filter(|place| place.fit >= LEAST)
        .collect();
    places.sort_by(|a, b| b.fit.total_cmp(&a.fit));
    places.truncate(PLACES);
    // Where blur has left nothing of the guards, what is quiet beside them is still there.
    places.extend(even.filter(|_| !shape.right.is_empty()));
    places
}

/// Pairs of edges with quiet outside and lively between, so many at least, the quietest first, and how many edges that makes.
pub(super) fn quiet_ends(edges: &[Edge], least: usize) -> Vec<(f32, f32, usize)> {
    let before = |at: usize| match at {
        0 => edges[0].at,
        _ => edges[at].at - edges[at - 1].at,
    };
    let after = |at: usize| {
        edges
            .get(at + 1)
            .map_or(f32::MAX, |next| next.at - edges[at].at)
    };
    let mut pairs = Vec::new();
    for (first, edge) in edges.iter().enumerate().filter(|(_, edge)| edge.darker) {
        let lasts = edges.iter().enumerate().skip(first + least);
        for (last, end) in lasts.filter(|(_, end)| !end.darker) {
            let between = last - first + 1;
            let mean = (end.at - edge.at) / (between - 1) as f32;
            let quiet = before(first).min(after(last)) / mean;
            if quiet >= QUIET {
                pairs.push((quiet, edge.at, end.at, between));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    pairs.truncate(QUIET_MOST);
    pairs
        .into_iter()
        .map(|(_, from, to, between)| (from, to, between))
        .collect()
}

/// Pairs of edges that may be a symbol's outer ones though other print begins close beside them: those that look most like it.
fn ends_beside_print(
    profile: &Profile,
    edges: &[Edge],
    shape: &Shape,
    first_look: &Blurred<7>,
    last_look: &Blurred<7>,
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

fn reversed(modules: &[f32; 7]) -> [f32; 7] {
    let mut modules = *modules;
    modules.reverse();
    modules
}

/// The three likeliest places and widths of an end that may look like each of those, with that many quiet modules; a module is negative where the symbol
/// lies before it.
fn ends_at<const L: usize>(
    profile: &Profile,
    edge: f32,
    module: f32,
    looks: &[Blurred<L>],
    quiet: f32,
) -> Vec<End> {
    let mut ends: Vec<End> = Vec::new();
    for aside in ASIDE {
        let at = edge + aside * module;
        for width in WIDTHS {
            let fit = end_fit(profile, at, width * module, looks, quiet);
            ends.push((at, width, fit - 0.02 * aside.abs()));
        }
    }
    ends.sort_by(|a, b| b.2.total_cmp(&a.2));
    ends.truncate(3);
    ends
}

/// How well an end that lies there looks like one of those, with that many quiet modules.
pub(super) fn end_fit<const L: usize>(
    profile: &Profile,
    at: f32,
    module: f32,
    looks: &[Blurred<L>],
    quiet: f32,
) -> f32 {
    let fits = looks
        .iter()
        .map(|looks| guard(profile, at - quiet * module, module, looks));
    fits.fold(f32::MIN, f32::max)
}

/// How well modules from a place on look like those, at the blur that fits best.
fn guard<const L: usize>(profile: &Profile, from: f32, module: f32, looks: &Blurred<L>) -> f32 {
    let mut seen = [0.0; L];
    if module > 0.0 {
        profile.means((0..=L).map(|at| from + at as f32 * module), &mut seen);
    } else {
        profile.means((0..=L).rev().map(|at| from + at as f32 * module), &mut seen);
        seen.reverse();
    }
    seen.iter_mut().for_each(|v| *v = -*v);
    let fits = looks.iter().map(|look| likeness(&seen, look));
    fits.fold(f32::MIN, f32::max)
}

/// The best place between two ends. What is in its middle counts as much as an end, where there is something.
pub(super) fn joined(
    left: &[End],
    right: &[End],
    middle: impl Fn(&Place) -> Option<f32>,
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
        if let Some(middle) = middle(&place) {
            place.fit = (2.0 * place.fit + middle) / 3.0;
        }
        place.fit -= UNEVEN * (bend.abs() + squeeze.abs());
        place
    });
    places.max_by(|a, b| a.fit.total_cmp(&b.fit))
}

fn middle(profile: &Profile, place: &Place, shape: &Shape, looks: &Blurred<7>) -> f32 {
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
