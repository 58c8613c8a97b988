//! Where on a line a symbol of Code 128 lies, how it is stretched and how many marks it has.

use std::ops::Range;
use std::sync::LazyLock;

use super::patterns::{STARTS, STOP, modules_of};
use super::{Code128, MARKS_MAX, WIDTH};
use crate::decode::bars::profile::{Edge, Profile};
use crate::decode::bars::soft::find::{
    ASIDE, Blurred, End, LEAST, LESS_QUIET, blurred, end_fit, joined, quiet_ends,
};
use crate::decode::bars::soft::symbol::Found;

/// The modules of an end that are compared: two quiet ones and a mark.
const SEEN: usize = 2 + WIDTH;

/// How a symbol begins, and how it ends when it is read from there.
static FIRST: LazyLock<Vec<Blurred<SEEN>>> = LazyLock::new(|| {
    let starts = STARTS.map(|mark| {
        let mut modules = [0.0; SEEN];
        modules[2..].copy_from_slice(&modules_of(mark));
        blurred(&modules, 0.0)
    });
    starts.collect()
});
static LAST: LazyLock<Vec<Blurred<SEEN>>> = LazyLock::new(|| {
    let mut modules = [0.0; SEEN];
    modules[2..4].fill(1.0);
    let stop = modules_of(STOP);
    for (module, of_stop) in modules[4..].iter_mut().zip(stop.iter().rev()) {
        *module = *of_stop;
    }
    vec![blurred(&modules, 0.0)]
});

/// Edges of the fewest marks, where blur has left two thirds of them.
const EDGES_LEAST: usize = 12;

/// Places that are told.
const PLACES: usize = 4;

/// How much wider each module is that is tried at an end, and how far the widest may be from the mean.
const WIDER: f32 = 1.13;
const UNEVEN_MOST: f32 = 1.6;

/// Places and widths of an end that are kept.
const KEPT: usize = 10;

/// The places where a symbol may lie, the best first, each with whether it is read from its other end.
pub(super) fn find(profile: &Profile, edges: &[Edge]) -> Vec<Found<Code128>> {
    let mut found: Vec<Found<Code128>> = Vec::new();
    for (rank, (from, to, between)) in quiet_ends(edges, EDGES_LEAST).into_iter().enumerate() {
        let counts: Vec<usize> = marks_between(to - from, between).collect();
        let (Some(fewest), Some(most)) = (counts.first(), counts.last()) else {
            continue;
        };
        let mean = |marks: usize| (to - from) / Code128 { marks }.len() as f32;
        let widths = mean(*most) / UNEVEN_MOST..mean(*fewest) * UNEVEN_MOST;
        for turned in [false, true] {
            let (left, right) = if turned {
                (&*LAST, &*FIRST)
            } else {
                (&*FIRST, &*LAST)
            };
            let left = ends_of(profile, from, 1.0, left, widths.clone());
            let right = ends_of(profile, to, -1.0, right, widths.clone());
            for marks in &counts {
                let symbol = Code128 { marks: *marks };
                let (left, right) = (even(&left, mean(*marks)), even(&right, mean(*marks)));
                let Some(mut place) = joined(&left, &right, |_| None) else {
                    continue;
                };
                place.fit -= LESS_QUIET * rank as f32;
                if place.fit >= LEAST {
                    found.push(Found {
                        symbol,
                        place,
                        turned: Some(turned),
                    });
                }
            }
        }
    }
    found.sort_by(|a, b| b.place.fit.total_cmp(&a.place.fit));
    found.truncate(PLACES);
    found
}

/// The likeliest places of an end and widths of its modules in pixels, the symbol lying before it or behind it.
fn ends_of(
    profile: &Profile,
    edge: f32,
    sign: f32,
    looks: &[Blurred<SEEN>],
    widths: Range<f32>,
) -> Vec<End> {
    let mut ends: Vec<End> = Vec::new();
    let mut width = widths.start;
    while width < widths.end {
        for aside in ASIDE {
            let at = edge + aside * sign * width;
            let fit = end_fit(profile, at, sign * width, looks, 2.0);
            ends.push((at, width, fit - 0.02 * aside.abs()));
        }
        width *= WIDER;
    }
    ends.sort_by(|a, b| b.2.total_cmp(&a.2));
    ends.truncate(KEPT);
    ends
}

/// Those of the ends that a symbol with such modules may have, their widths as shares of the mean one.
fn even(ends: &[End], mean: f32) -> Vec<End> {
    let shares = ends
        .iter()
        .map(|(at, width, fit)| (*at, width / mean, *fit));
    shares
        .filter(|(_, share, _)| (1.0 / UNEVEN_MOST..UNEVEN_MOST).contains(share))
        .collect()
}

/// How many marks may lie on that length with that many edges: blur eats some edges, and dirt makes some.
fn marks_between(length: f32, edges: usize) -> impl Iterator<Item = usize> {
    (4..=MARKS_MAX).filter(move |marks| {
        let sharp = 6 * marks + 2;
        let module = length / Code128 { marks: *marks }.len() as f32;
        module >= 0.8 && edges * 10 >= sharp * 4 && edges <= sharp + 6
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::bars::drawn::across;
    use crate::decode::bars::profile::Look;
    use crate::decode::bars::soft::code128::joint::tests::{marks_of, modules_of_text};

    #[test]
    fn a_symbol_is_found_with_its_marks_and_the_end_that_it_is_read_from() {
        for text in ["4711", "SHELF-23", "0123456789012345"] {
            let marks = marks_of(text).len();
            for pixels in [1.4, 2.5, 4.0] {
                let modules = modules_of_text(text);
                let place = |module: f32| (12.0 + module) * pixels;
                let profile = across(&modules, pixels, place);
                for (turned, profile) in [(false, profile.clone()), (true, profile.turned())] {
                    let found = find(&profile, &profile.edges(Look::Fine));
                    let right = found
                        .iter()
                        .any(|found| found.symbol.marks == marks && found.turned == Some(turned));
                    assert!(right, "{text} at {pixels}, turned: {turned}");
                }
            }
        }
    }

    #[test]
    fn a_flat_line_holds_nothing() {
        let flat = Profile::new((0..400).map(|_| 128.0));
        assert!(find(&flat, &flat.edges(Look::Fine)).is_empty());
    }
}
