//! Three corners that are those of one code, told by how their sides run and by how many modules they are apart.

use super::super::grid::plane::{Place, Projection, distance};
use super::Corner;

/// How far, as the sine of an angle, a side may point past the other corner.
const PAST: f32 = 0.3;

/// Three corners of one code.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Set {
    /// Between the others, to its right, below it; each with its sides across and down.
    pub(in super::super) corners: [Corner; 3],
    /// Modules from a corner to the next.
    pub(in super::super) apart: f32,
    strange: f32,
}

impl Set {
    pub(in super::super) fn is_same(&self, other: &Self) -> bool {
        let [a, b, c] = &self.corners;
        let [x, y, z] = &other.corners;
        a.is_same(x) && (b.is_same(y) && c.is_same(z) || b.is_same(z) && c.is_same(y))
    }
}

/// The sets there may be, the likeliest first.
pub(in super::super) fn sets(corners: &[Corner]) -> Vec<Set> {
    let mut sets = Vec::new();
    for (first, tl) in corners.iter().enumerate() {
        let arms: Vec<(usize, Arm)> = corners
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != first)
            .filter_map(|(other, end)| Some((other, Arm::between(tl, end)?)))
            .collect();
        for (at, (_, one)) in arms.iter().enumerate() {
            for (_, other) in &arms[at + 1..] {
                sets.extend(set(tl, one, other));
            }
        }
    }
    sets.sort_by(|a, b| a.strange.total_cmp(&b.strange));
    sets
}

/// The sets that there may be where only two corners of a code show: the third is made up, on either side and of either end.
pub(in super::super) fn with_one_made_up(corners: &[Corner]) -> Vec<Set> {
    let mut sets = Vec::new();
    for (at, one) in corners.iter().enumerate() {
        for other in &corners[at + 1..] {
            for (tl, end) in [(one, other), (other, one)] {
                let Some(arm) = Arm::between(tl, end) else {
                    continue;
                };
                for third in third_corners(tl, &arm) {
                    let other = Arm::between(tl, &third);
                    sets.extend(other.and_then(|other| set(tl, &arm, &other)));
                }
            }
        }
    }
    sets
}

/// Where a third corner would be that lies beside the first one, on either side of the arm.
fn third_corners(tl: &Corner, arm: &Arm) -> Vec<Corner> {
    let way = (arm.end.at.0 - tl.at.0, arm.end.at.1 - tl.at.1);
    let along = [towards(tl.sides[arm.along], way), arm.sides[0]];
    let aside = [tl.sides[1 - arm.along], arm.sides[1]];
    let aside = [aside[0], towards(aside[1], aside[0])];
    let sides = [[along[0], aside[0]], [along[1], aside[1]]];
    let near = [tl.at, arm.end.at].into_iter().zip([0.0, arm.length]);
    let mut pairs = Vec::new();
    for ((at, u), sides) in near.zip(sides) {
        let corner = Corner {
            at,
            sides,
            like: 0.0,
        };
        for (du, dv) in [(0.0, 0.0), (3.0, 0.0), (-3.0, 0.0), (0.0, 3.0), (0.0, -3.0)] {
            pairs.push(((u + du, dv), corner.place(du, dv)));
        }
    }
    let Some(plane) = Projection::fitted(&pairs) else {
        return Vec::new();
    };
    [arm.length, -arm.length]
        .map(|v| {
            let at = plane.place((0.0, v));
            let side = |u: f32, v: f32| {
                let to = plane.place((u, v));
                (to.0 - at.0, to.1 - at.1)
            };
            Corner {
                at,
                sides: [side(1.0, v), side(0.0, v + 1.0)],
                like: 0.0,
            }
        })
        .to_vec()
}

/// From a corner to the next one along its side.
#[derive(Debug, Clone, Copy)]
struct Arm {
    end: Corner,
    /// Which of the sides of the first runs along it.
    along: usize,
    /// The sides of the end along the arm and aside from it, along away from the first.
    sides: [Place; 2],
    /// Modules.
    length: f32,
    strange: f32,
}

impl Arm {
    fn between(from: &Corner, end: &Corner) -> Option<Self> {
        let way = (end.at.0 - from.at.0, end.at.1 - from.at.1);
        let (along, past) = runs_along(from, way);
        let (end_along, end_past) = runs_along(end, way);
        if past.max(end_past) > PAST {
            return None;
        }
        let (near, far) = (from.sides[along], end.sides[end_along]);
        // In perspective exactly so, since what is further away is smaller evenly.
        let length = distance(from.at, end.at) / (size(near) * size(far)).sqrt();
        if !(12.0..=190.0).contains(&length) {
            return None;
        }
        Some(Self {
            end: *end,
            along,
            sides: [towards(far, way), end.sides[1 - end_along]],
            length,
            strange: past + end_past + (size(near) / size(far)).ln().abs() * 0.2,
        })
    }
}

/// Which side of the corner runs that way or against it, and how far it points past, as the sine of the angle.
fn runs_along(corner: &Corner, way: Place) -> (usize, f32) {
    let past = corner
        .sides
        .map(|side| cross(side, way).abs() / (size(side) * size(way)).max(1e-6));
    if past[0] <= past[1] {
        (0, past[0])
    } else {
        (1, past[1])
    }
}

fn set(tl: &Corner, one: &Arm, other: &Arm) -> Option<Set> {
    if one.along == other.along {
        return None;
    }
    let differ = (one.length / other.length).ln().abs();
    // A module more or less of few is much.
    if differ > 0.12 + 2.0 / one.length {
        return None;
    }
    let way = |arm: &Arm| (arm.end.at.0 - tl.at.0, arm.end.at.1 - tl.at.1);
    let (across, down) = if cross(way(one), way(other)) > 0.0 {
        (one, other)
    } else {
        (other, one)
    };
    let (right, below) = (way(across), way(down));
    let mut corners = [*tl, across.end, down.end];
    corners[0].sides = [
        towards(tl.sides[across.along], right),
        towards(tl.sides[down.along], below),
    ];
    corners[1].sides = [across.sides[0], towards(across.sides[1], below)];
    corners[2].sides = [towards(down.sides[1], right), down.sides[0]];
    let like: f32 = corners.iter().map(|corner| 1.0 - corner.like).sum();
    Some(Set {
        corners,
        apart: (one.length + other.length) / 2.0,
        strange: one.strange + other.strange + differ + like,
    })
}

fn towards(side: Place, way: Place) -> Place {
    if side.0 * way.0 + side.1 * way.1 < 0.0 {
        (-side.0, -side.1)
    } else {
        side
    }
}

fn size(side: Place) -> f32 {
    side.0.hypot(side.1)
}

fn cross(a: Place, b: Place) -> f32 {
    a.0 * b.1 - a.1 * b.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The corner of a code in the plane that leans away to the right, its middle at that module.
    fn leaning(u: f32, v: f32) -> Corner {
        let shown = |u: f32, v: f32| {
            let depth = 1.0 + 0.012 * u;
            (100.0 + 10.0 * u / depth, 100.0 + 10.0 * v / depth)
        };
        let at = shown(u, v);
        let side = |to: Place| ((to.0 - at.0) * 10.0, (to.1 - at.1) * 10.0);
        Corner {
            at,
            // Which side is which, and which way it points, is not known.
            sides: [side(shown(u, v - 0.1)), side(shown(u + 0.1, v))],
            like: 0.9,
        }
    }

    #[test]
    fn a_code_seen_from_the_side_has_as_many_modules_as_it_has() {
        let corners = [(30.0, 0.0), (0.0, 30.0), (0.0, 0.0)].map(|(u, v)| leaning(u, v));
        let set = sets(&corners)[0];
        assert!((set.apart - 30.0).abs() < 0.6, "{set:?}");
        let [tl, tr, bl] = set.corners;
        assert_eq!(
            [tl.at, tr.at, bl.at],
            [corners[2].at, corners[0].at, corners[1].at]
        );
        for corner in [tl, tr, bl] {
            assert!(
                corner.sides[0].0 > 0.0 && corner.sides[1].1 > 0.0,
                "{corner:?}"
            );
        }
    }

    #[test]
    fn a_third_corner_that_nobody_sees_is_made_up_where_it_is() {
        let [tl, tr, bl] = [(0.0, 0.0), (30.0, 0.0), (0.0, 30.0)].map(|(u, v)| leaning(u, v));
        for two in [[tl, tr], [tl, bl]] {
            let made = with_one_made_up(&two);
            let is_right = |set: &Set| {
                let seen = set.corners.iter().zip([tl, tr, bl]);
                seen.clone()
                    .all(|(made, seen)| distance(made.at, seen.at) < 6.0)
            };
            assert!(made.iter().any(is_right), "{made:?}");
            assert!(made.len() <= 4);
        }
    }

    #[test]
    fn corners_that_are_turned_otherwise_are_of_other_codes() {
        let mut corners = [(30.0, 0.0), (0.0, 30.0), (0.0, 0.0)].map(|(u, v)| leaning(u, v));
        corners[0].sides = [(5.0, 5.0), (-5.0, 5.0)];
        assert!(sets(&corners).is_empty());
    }

    #[test]
    fn arms_of_unlike_length_are_of_no_code() {
        let corners = [(50.0, 0.0), (0.0, 30.0), (0.0, 0.0)].map(|(u, v)| leaning(u, v));
        assert!(sets(&corners).is_empty());
    }
}
