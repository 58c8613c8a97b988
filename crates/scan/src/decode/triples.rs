//! Finder patterns that stand as the three of one code do, also where it is seen from the side or far off its plane.

use rxing::common::cpp_essentials::ConcentricPattern;
use rxing::qrcode::cpp_port::detector::{FinderPatternSet, GenerateFinderPatternSets};

use super::guarded;

/// Of more finder patterns than these most are texture; the largest are looked at.
const FINDERS_MAX: usize = 24;

/// From which strangeness on three patterns are not worth a grid.
const STRANGE: f32 = 1.6;

/// The likeliest first: those that stand squarely, then those that might be seen from the side.
pub(super) fn likely(finders: &[ConcentricPattern]) -> Vec<FinderPatternSet> {
    let mut known = finders.to_vec();
    let mut triples = guarded(|| GenerateFinderPatternSets(&mut known)).unwrap_or_default();
    for triple in slanted(finders) {
        if !triples.iter().any(|one| is_same(one, &triple)) {
            triples.push(triple);
        }
    }
    triples
}

/// Whether both name the same corners.
pub(super) fn is_same(one: &FinderPatternSet, other: &FinderPatternSet) -> bool {
    let same = |a: &ConcentricPattern, b: &ConcentricPattern| a.p == b.p;
    same(&one.tl, &other.tl)
        && (same(&one.tr, &other.tr) && same(&one.bl, &other.bl)
            || same(&one.tr, &other.bl) && same(&one.bl, &other.tr))
}

fn slanted(finders: &[ConcentricPattern]) -> Vec<FinderPatternSet> {
    let mut finders = finders.to_vec();
    finders.sort_by_key(|finder| std::cmp::Reverse(finder.size));
    finders.truncate(FINDERS_MAX);
    let mut triples: Vec<(f32, FinderPatternSet)> = Vec::new();
    for (third, c) in finders.iter().enumerate() {
        for (second, b) in finders[..third].iter().enumerate() {
            for a in &finders[..second] {
                let corners = [(a, b, c), (b, a, c), (c, a, b)];
                let best = corners
                    .into_iter()
                    .filter_map(|(tl, one, other)| around(tl, one, other))
                    .min_by(|x, y| x.0.total_cmp(&y.0));
                triples.extend(best);
            }
        }
    }
    triples.sort_by(|x, y| x.0.total_cmp(&y.0));
    triples.into_iter().map(|(_, triple)| triple).collect()
}

/// The three with `tl` between the others, and how strange that would be; nothing where no view shows a code so.
fn around(
    tl: &ConcentricPattern,
    one: &ConcentricPattern,
    other: &ConcentricPattern,
) -> Option<(f32, FinderPatternSet)> {
    let arm = |end: &ConcentricPattern| {
        let (x, y) = (end.p.x - tl.p.x, end.p.y - tl.p.y);
        let module = (tl.size + end.size) as f32 / 14.0;
        (x, y, x.hypot(y) / module.max(0.1) + 7.0)
    };
    let ((ux, uy, across), (vx, vy, down)) = (arm(one), arm(other));
    if !(15.0..=200.0).contains(&across) || !(15.0..=200.0).contains(&down) {
        return None;
    }
    let lengths = ux.hypot(uy) * vx.hypot(vy);
    let slant = ((ux * vx + uy * vy) / lengths).abs();
    let sizes = [tl.size, one.size, other.size].map(|size| size.max(1) as f32);
    let most = sizes.iter().copied().fold(0.0, f32::max);
    let least = sizes.iter().copied().fold(f32::MAX, f32::min);
    let strange = slant + (across / down).ln().abs() * 1.2 + (most / least).ln() * 0.8;
    if slant > 0.85 || most > least * 2.8 || strange > STRANGE {
        return None;
    }
    let (tr, bl) = if ux * vy - uy * vx > 0.0 {
        (*one, *other)
    } else {
        (*other, *one)
    };
    Some((strange, FinderPatternSet { bl, tl: *tl, tr }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rxing::point;

    fn finder(x: f32, y: f32, size: i32) -> ConcentricPattern {
        ConcentricPattern {
            p: point(x, y),
            size,
        }
    }

    #[test]
    fn a_code_seen_from_the_side_has_its_corners_named_in_order() {
        // Its right side is further away, and its corner looks far wider than it is.
        let finders = [
            finder(200.0, 200.0, 42),
            finder(380.0, 140.0, 30),
            finder(130.0, 360.0, 40),
            finder(600.0, 20.0, 7),
        ];
        let triple = likely(&finders)[0];
        assert_eq!(triple.tl.p, finders[0].p);
        assert_eq!(triple.tr.p, finders[1].p);
        assert_eq!(triple.bl.p, finders[2].p);
    }

    #[test]
    fn patterns_in_a_line_are_no_code() {
        let row = [0.0, 80.0, 160.0].map(|x| finder(x, 50.0, 21));
        assert!(likely(&row).is_empty());
    }

    #[test]
    fn three_are_tried_once_whichever_is_named_first() {
        let [tl, tr, bl] = [(0.0, 0.0), (90.0, 0.0), (0.0, 90.0)].map(|(x, y)| finder(x, y, 21));
        let one = FinderPatternSet { bl, tl, tr };
        let mirrored = FinderPatternSet { bl: tr, tl, tr: bl };
        assert!(is_same(&one, &mirrored));
        assert_eq!(likely(&[tl, tr, bl]).len(), 1);
    }
}
