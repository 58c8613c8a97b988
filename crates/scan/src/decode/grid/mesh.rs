//! Paper that is bent in more ways than one: from the corners, where it is known what lies there, the grid is moved a little from
//! place to place, to where its modules are the clearest.

use rxing::qrcode::common::Version;

use super::plane::Place;

/// Modules from one place that is moved to the next.
const STEP: usize = 6;

/// Modules around such a place by which it is judged where it belongs.
const REACH: usize = 4;

/// Modules a side from which on fewer of them are asked.
const LARGE: usize = 81;

/// How far it is moved from where its neighbours were, in modules: first by the half of it, then more finely.
const MOVES: [f32; 3] = [0.25, 0.25, 0.12];

/// What a module of distance from the neighbours costs, of the contrast.
const STRAYING: f32 = 0.12;

/// How far the places of a grid are moved, in modules.
pub(super) struct Mesh {
    columns: usize,
    step: f32,
    moved: Vec<Place>,
}

impl Mesh {
    /// Moves places until modules differ the most from `limits`, what parts dark from light around them. `grey` is that of a
    /// place in modules.
    pub(super) fn of(
        side: usize,
        known: &[(Place, f32)],
        limits: &[f32],
        grey: impl Fn(Place) -> f32,
    ) -> Self {
        let columns = (side.div_ceil(STEP)).max(2) + 1;
        let mut mesh = Self {
            columns,
            step: side as f32 / (columns - 1) as f32,
            moved: vec![(0.0, 0.0); columns * columns],
        };
        let signs = signs(side, known);
        let apart = if side > LARGE { 4 } else { 2 };
        let contrast = limits.iter().sum::<f32>().max(1.0) / limits.len() as f32;
        let clearness = |at: Place, (du, dv): Place| {
            let ends = |at: f32| {
                let middle = at as usize;
                middle.saturating_sub(REACH)..(middle + REACH + 1).min(side)
            };
            let (mut sum, mut count) = (0.0_f32, 0.0_f32);
            for y in ends(at.1) {
                for x in ends(at.0) {
                    let sign = signs[y * side + x];
                    // Of those that may be either some are enough.
                    if sign == 0.0 && (x + 3 * y) % apart > 0 {
                        continue;
                    }
                    let shown = grey((x as f32 + 0.5 + du, y as f32 + 0.5 + dv));
                    let dark = limits[y * side + x] - shown;
                    sum += if sign == 0.0 {
                        dark.abs()
                    } else {
                        2.0 * dark * sign
                    };
                    count += if sign == 0.0 { 1.0 } else { 2.0 };
                }
            }
            sum / count.max(1.0) / contrast
        };
        let mut done = vec![false; columns * columns];
        for at in mesh.outwards(side) {
            let from = mesh.expected(at, &done);
            let place = mesh.place(at);
            let cost = |moved: Place| {
                let stray = (moved.0 - from.0).hypot(moved.1 - from.1);
                clearness(place, moved) - STRAYING * stray
            };
            let mut best = (cost(from), from);
            for step in MOVES {
                let middle = best.1;
                for (x, y) in AROUND {
                    let moved = (middle.0 + x * step, middle.1 + y * step);
                    let value = cost(moved);
                    if value > best.0 {
                        best = (value, moved);
                    }
                }
            }
            mesh.moved[at] = best.1;
            done[at] = true;
        }
        mesh
    }

    /// Where a place of the grid has been moved to.
    pub(super) fn moved(&self, (u, v): Place) -> Place {
        let last = (self.columns - 1) as f32;
        let (x, y) = (
            (u / self.step).clamp(0.0, last),
            (v / self.step).clamp(0.0, last),
        );
        let (left, top) = (
            (x as usize).min(self.columns - 2),
            (y as usize).min(self.columns - 2),
        );
        let (x, y) = (x - left as f32, y - top as f32);
        let at = |column: usize, row: usize| self.moved[row * self.columns + column];
        let mix = |axis: fn(Place) -> f32| {
            let above = axis(at(left, top)) * (1.0 - x) + axis(at(left + 1, top)) * x;
            let below = axis(at(left, top + 1)) * (1.0 - x) + axis(at(left + 1, top + 1)) * x;
            above * (1.0 - y) + below * y
        };
        (u + mix(|p| p.0), v + mix(|p| p.1))
    }

    fn place(&self, at: usize) -> Place {
        (
            (at % self.columns) as f32 * self.step,
            (at / self.columns) as f32 * self.step,
        )
    }

    /// The places in the order of how far they are from a finder pattern.
    fn outwards(&self, side: usize) -> Vec<usize> {
        let far = side as f32 - 3.5;
        let known = [(3.5, 3.5), (far, 3.5), (3.5, far)];
        let distance = |at: usize| {
            let (u, v) = self.place(at);
            let each = known.iter().map(|(x, y)| (u - x).hypot(v - y));
            each.fold(f32::MAX, f32::min)
        };
        let mut order: Vec<usize> = (0..self.moved.len()).collect();
        order.sort_by(|a, b| distance(*a).total_cmp(&distance(*b)));
        order
    }

    /// How far a place will be moved, by those beside it.
    fn expected(&self, at: usize, done: &[bool]) -> Place {
        let (column, row) = (at % self.columns, at / self.columns);
        let (mut sum, mut count) = ((0.0, 0.0), 0.0_f32);
        for y in row.saturating_sub(1)..=(row + 1).min(self.columns - 1) {
            for x in column.saturating_sub(1)..=(column + 1).min(self.columns - 1) {
                let beside = y * self.columns + x;
                if done[beside] {
                    sum.0 += self.moved[beside].0;
                    sum.1 += self.moved[beside].1;
                    count += 1.0;
                }
            }
        }
        (sum.0 / count.max(1.0), sum.1 / count.max(1.0))
    }
}

const AROUND: [Place; 8] = [
    (1.0, 0.0),
    (-1.0, 0.0),
    (0.0, 1.0),
    (0.0, -1.0),
    (1.0, 1.0),
    (-1.0, 1.0),
    (1.0, -1.0),
    (-1.0, -1.0),
];

/// Of every module whether it is known to be dark (1) or light (-1).
fn signs(side: usize, known: &[(Place, f32)]) -> Vec<f32> {
    let mut signs = vec![0.0; side * side];
    for ((x, y), dark) in known {
        signs[*y as usize * side + *x as usize] = *dark;
    }
    let version = Version::getVersionForNumber(((side - 17) / 4) as u32);
    let centers = version.map_or(&[][..], |version| version.getAlignmentPatternCenters());
    for v in centers {
        for u in centers {
            let (u, v) = (*u as usize, *v as usize);
            if signs[v * side + u] != 0.0 {
                continue;
            }
            for y in v - 2..=v + 2 {
                for x in u - 2..=u + 2 {
                    let ring = x.abs_diff(u).max(y.abs_diff(v));
                    signs[y * side + x] = if ring == 1 { -1.0 } else { 1.0 };
                }
            }
        }
    }
    signs
}

#[cfg(test)]
mod tests {
    use super::super::known::known_modules;
    use super::*;
    use qrcode::types::Color;
    use qrcode::{EcLevel, QrCode, Version as Number};

    #[test]
    fn waves_in_the_paper_are_followed_from_the_corners_to_the_middle() {
        let code = QrCode::with_version("waves", Number::Normal(8), EcLevel::M).unwrap();
        let side = code.width();
        // More than half a module, so that its neighbour is seen in its place.
        let wave = |(u, v): Place| (0.8 * (v / 12.0).sin(), 0.8 * (u / 11.0).sin());
        let module = |(u, v): Place| {
            let clip = |at: f32| (at.max(0.0) as usize).min(side - 1);
            let dark = code[(clip(u), clip(v))] == Color::Dark;
            if dark { 40.0 } else { 200.0 }
        };
        // As a lens shows it: a little soft.
        let grey = |(u, v): Place| {
            let (du, dv) = wave((u, v));
            let near = [(-0.3, -0.3), (0.3, -0.3), (-0.3, 0.3), (0.3, 0.3)];
            near.iter()
                .map(|(x, y)| module((u + du + x, v + dv + y)))
                .sum::<f32>()
                / 4.0
        };
        let mesh = Mesh::of(side, &known_modules(side), &vec![120.0; side * side], grey);
        let wrong = |place: &dyn Fn(Place) -> Place| {
            (0..side * side)
                .filter(|at| {
                    let (x, y) = (at % side, at / side);
                    let shown = grey(place((x as f32 + 0.5, y as f32 + 0.5)));
                    (shown < 120.0) != (code[(x, y)] == Color::Dark)
                })
                .count()
        };
        let (straight, followed) = (wrong(&|at| at), wrong(&|at| mesh.moved(at)));
        assert!(straight > 200 && followed < 80, "{straight}, {followed}");
    }
}
