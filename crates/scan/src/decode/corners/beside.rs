//! The other corners of a code of which one is known: they lie along its sides.

use super::super::grid::plane::Place;
use super::Corner;
use crate::frame::GreyFrame;

/// How far corners are apart, in modules of the one that is known: a slant makes it more or less than in a code.
const APART: (f32, f32) = (9.0, 64.0);

/// How much larger or smaller the other may look.
const SIZES: [f32; 5] = [1.0, 0.8, 1.25, 0.6, 1.6];

/// In modules.
const STEP: f32 = 0.8;

/// Pixels a module, at least, of the picture in which they are looked for.
const SMALL: f32 = 1.6;

/// Of that many places that look like one a little each is looked at closely.
const LOOKED_AT: usize = 6;

/// How much like one a place must look at a glance.
const GLANCE: f32 = 0.5;

/// What looks like a finder pattern where a code with that one would have its others.
pub(in super::super) fn beside(frame: &GreyFrame, known: &Corner) -> Vec<Corner> {
    let mut seen: Vec<Corner> = Vec::new();
    let longer = frame.width().max(frame.height());
    // Small and soft, places are told at a glance from further away.
    let times = (known.module() / SMALL).max(1.0) as u32;
    let small = (times > 1)
        .then(|| frame.shrunk_to(longer / times))
        .flatten();
    let shown = small.as_ref().unwrap_or(frame);
    let scale = frame.width() as f32 / shown.width() as f32;
    let known = known.scaled(1.0 / scale);
    let [u, v] = known.sides;
    let (width, height) = (shown.width() as f32, shown.height() as f32);
    for (along, aside) in [(u, v), (v, u), (negative(u), v), (negative(v), u)] {
        let mut far = APART.0;
        while far <= APART.1 {
            let reach = ((1.5 + far * 0.1) / STEP) as i32;
            for side in -reach..=reach {
                let side = side as f32 * STEP;
                let at = (
                    known.at.0 + along.0 * far + aside.0 * side,
                    known.at.1 + along.1 * far + aside.1 * side,
                );
                if at.0 < 0.0 || at.1 < 0.0 || at.0 >= width || at.1 >= height {
                    continue;
                }
                for size in SIZES {
                    let sides = known.sides.map(|(x, y)| (x * size, y * size));
                    if let Some(like) = glance(shown, at, sides) {
                        note(&mut seen, Corner { at, sides, like });
                    }
                }
            }
            far += STEP;
        }
    }
    seen.sort_by(|a, b| b.like.total_cmp(&a.like));
    seen.truncate(LOOKED_AT);
    let close = seen
        .into_iter()
        .map(|corner| corner.scaled(scale))
        .map(|corner| Corner::seen(frame, corner.at, corner.sides).moved_to_fit(frame));
    close.filter(|corner| corner.is_one(frame)).collect()
}

fn negative((x, y): Place) -> Place {
    (-x, -y)
}

/// Keeps the best of what lies in one place.
fn note(seen: &mut Vec<Corner>, corner: Corner) {
    match seen.iter_mut().find(|other| other.is_same(&corner)) {
        Some(other) if other.like < corner.like => *other = corner,
        Some(_) => {}
        None => seen.push(corner),
    }
}

/// How much a place looks like a finder pattern by some of its modules; nothing where it does not.
fn glance(frame: &GreyFrame, at: Place, [u, v]: [Place; 2]) -> Option<f32> {
    let place = |x: f32, y: f32| {
        let (x, y) = (at.0 + u.0 * x + v.0 * y, at.1 + u.1 * x + v.1 * y);
        let x = (x.max(0.0) as usize).min(frame.width() as usize - 1);
        let y = (y.max(0.0) as usize).min(frame.height() as usize - 1);
        f32::from(frame.luma()[y * frame.width() as usize + x])
    };
    let middle = place(0.0, 0.0);
    let around = |far: f32| {
        [
            place(far, 0.0),
            place(-far, 0.0),
            place(0.0, far),
            place(0.0, -far),
        ]
    };
    let light = around(2.0);
    // Most of what is not one has no ring that is lighter than its middle.
    if light.iter().filter(|grey| **grey > middle).count() < 3 {
        return None;
    }
    let dark = around(3.0);
    let mut sums = super::Correlation::default();
    sums.add(1.0, -middle);
    sums.add(1.0, -middle);
    let inner = around(1.0);
    for (dark, values) in [
        (1.0, inner),
        (-1.0, light),
        (1.0, dark),
        (-1.0, around(4.0)),
    ] {
        for value in values {
            sums.add(dark, -value);
        }
    }
    for (dark, far) in [(-1.0, 2.0), (1.0, 3.0)] {
        for (x, y) in [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)] {
            sums.add(dark, -place(far * x, far * y));
        }
    }
    let like = sums.value();
    (like >= GLANCE).then_some(like)
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    #[test]
    fn the_others_are_found_though_a_slant_makes_them_smaller() {
        let known = [(4.0, 0.4), (-0.4, 4.0)];
        let right = [(2.9, 0.3), (-0.4, 3.1)];
        let below = [(3.2, 0.3), (-0.3, 3.0)];
        let places = [(60.0, 50.0), (150.0, 59.0), (50.5, 145.0)];
        let frame = shown(&[(places[0], known), (places[1], right), (places[2], below)]);
        let corner = Corner::seen(&frame, places[0], known);
        let mut found: Vec<Place> = beside(&frame, &corner).iter().map(|one| one.at).collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        assert_eq!(found.len(), 2, "{found:?}");
        for (found, place) in found.iter().zip([places[1], places[2]]) {
            assert!(
                (found.0 - place.0).hypot(found.1 - place.1) < 1.0,
                "{found:?}"
            );
        }
    }

    #[test]
    fn beside_a_corner_that_stands_alone_there_is_none() {
        let sides = [(4.0, 0.4), (-0.4, 4.0)];
        let frame = shown(&[((150.0, 120.0), sides)]);
        let corner = Corner::seen(&frame, (150.0, 120.0), sides);
        assert_eq!(beside(&frame, &corner), []);
    }
}
