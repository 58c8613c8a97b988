//! QR codes whose modules no threshold parts any more: the grid is laid over the grey picture so
//! that finder, timing and alignment patterns fit best, and each module is judged beside its
//! neighbours.

mod known;
mod mesh;
mod over;
pub(super) mod plane;
mod values;

use rxing::qrcode::cpp_port::detector::FinderPatternSet;

use self::known::known_modules;
use self::mesh::Mesh;
pub(super) use self::over::{fit_at_first, read_set};
use self::plane::{Correlation, Place, distance, grey, perspective};
use self::values::{decode, limits};
use super::share;
use crate::frame::GreyFrame;
use crate::types::{Found, ScanKind};

/// How well the known patterns must fit for the modules to be worth reading.
const FIT: f32 = 0.42;

/// How well they must fit for the rest to be worth bending until it fits as well.
const FIT_TO_BEND: f32 = 0.55;

/// What is further away is smaller, and along the slant once more: sizes are of both directions.
const SIZE_TO_DEPTH: f32 = 0.67;

/// How well they must fit before places and bends are sought, and of how many versions that is done.
const FIT_AT_FIRST: f32 = 0.15;
const REFINED: usize = 2;
const WITH_A_FOURTH_CORNER: usize = 4;

/// What a grid over three finder patterns showed.
#[derive(Debug, Default)]
pub(super) struct Laid {
    /// How well the patterns that every code has fit: 1 for perfectly, 0 for not at all.
    pub(super) fit: f32,
    pub(super) found: Option<Found>,
}

/// Lays a grid over those three finder patterns and reads it, where it fits.
pub(super) fn read(frame: &GreyFrame, triple: &FinderPatternSet) -> Laid {
    let Some(grid) = laid(frame, triple) else {
        return Laid::default();
    };
    Laid {
        fit: grid.fit,
        found: (grid.fit >= FIT).then(|| grid.read(frame)).flatten(),
    }
}

/// The grid that fits best.
fn laid(frame: &GreyFrame, triple: &FinderPatternSet) -> Option<Grid> {
    let [tl, tr, bl] = [triple.tl, triple.tr, triple.bl].map(|f| (f.p.x, f.p.y));
    let module = (triple.tl.size + triple.tr.size + triple.bl.size) as f32 / 21.0;
    if module < 1.0 {
        return None;
    }
    let across = (distance(tl, tr) + distance(tl, bl)) / 2.0 / module + 7.0;
    let version = ((across - 17.0) / 4.0).round();
    // Seen straight on, and from the side where the sizes of the patterns say so.
    let sizes = [triple.tl, triple.tr, triple.bl].map(|f| f.size.max(1) as f32);
    let depths = sizes.map(|size| (sizes[0] / size).powf(SIZE_TO_DEPTH));
    let is_slanted = depths.iter().any(|depth| (depth - 1.0).abs() > 0.06);
    let depths = &[[1.0; 3], depths][..1 + usize::from(is_slanted)];
    let mut grids = Vec::new();
    // A slanted code has its modules measured too wide or too narrow.
    for other in [0.0, -1.0, 1.0, -2.0, 2.0] {
        let version = version + other;
        if !(1.0..=40.0).contains(&version) || (other.abs() > 1.0 && version < 4.0) {
            continue;
        }
        for depths in depths {
            let mut grid = Grid::new(17 + 4 * version as usize, [tl, tr, bl], *depths);
            grid.fit = grid.fit_of(frame);
            grids.push(grid);
        }
    }
    // Where the fourth corner is costs the most to find, and how many modules there are shows without it.
    grids.sort_by(|a, b| b.fit.total_cmp(&a.fit));
    grids.truncate(WITH_A_FOURTH_CORNER);
    for grid in &mut grids {
        grid.find_fourth_corner(frame, 0.12);
        grid.fit = grid.fit_of(frame);
    }
    // What is far off at first is seldom moved to where it fits.
    grids.retain(|grid| grid.fit >= FIT_AT_FIRST);
    grids.sort_by(|a, b| b.fit.total_cmp(&a.fit));
    grids.truncate(REFINED);
    grids.iter_mut().for_each(|grid| grid.refine(frame));
    grids.into_iter().max_by(|a, b| a.fit.total_cmp(&b.fit))
}

/// A square grid as perspective shows it.
struct Grid {
    /// Modules a side.
    side: usize,
    /// Four places of the grid, in modules and in pixels: top left, top right, bottom left and near
    /// the fourth corner.
    modules: [Place; 4],
    pixels: [Place; 4],
    /// From modules to pixels.
    transform: [f32; 8],
    /// How paper that is bent moves modules across and down, in modules: as a cup does it, alike on
    /// both sides of the middle, and as a curled edge does it.
    bend: [f32; 4],
    /// Modules whose colour is known: where, and 1 for dark, -1 for light.
    known: Vec<(Place, f32)>,
    fit: f32,
}

impl Grid {
    /// Over three finder patterns that are that deep in the picture, each beside the first.
    fn new(side: usize, [tl, tr, bl]: [Place; 3], [_, right, below]: [f32; 3]) -> Self {
        let far = side as f32 - 3.5;
        // Where the alignment pattern is, or would be.
        let near = side as f32 - 6.5;
        let share = (near - 3.5) / (far - 3.5);
        // On a plane depths, and places times depths, change evenly.
        let depth = (1.0 + (right - 1.0) * share + (below - 1.0) * share).max(0.2);
        let guess = |axis: fn(Place) -> f32| {
            let even = axis(tl)
                + (axis(tr) * right - axis(tl)) * share
                + (axis(bl) * below - axis(tl)) * share;
            even / depth
        };
        Self::through(side, [tl, tr, bl, (guess(|p| p.0), guess(|p| p.1))])
    }

    /// With the middles of the three corners and of the place near the fourth there.
    fn through(side: usize, pixels: [Place; 4]) -> Self {
        let far = side as f32 - 3.5;
        // Where the alignment pattern is, or would be.
        let near = side as f32 - 6.5;
        let mut grid = Self {
            side,
            modules: [(3.5, 3.5), (far, 3.5), (3.5, far), (near, near)],
            pixels,
            transform: [0.0; 8],
            bend: [0.0; 4],
            known: known_modules(side),
            fit: f32::MIN,
        };
        grid.update();
        grid
    }

    fn update(&mut self) -> bool {
        match perspective(&self.modules, &self.pixels) {
            Some(transform) => {
                self.transform = transform;
                true
            }
            None => false,
        }
    }

    fn place(&self, at: Place) -> Place {
        let half = self.side as f32 / 2.0;
        let bent = |at: f32, cup: f32, curl: f32| {
            let from_middle = at / half - 1.0;
            let inside = 1.0 - from_middle * from_middle;
            at + inside * (cup * from_middle + curl)
        };
        let u = bent(at.0, self.bend[0], self.bend[1]);
        let v = bent(at.1, self.bend[2], self.bend[3]);
        let t = &self.transform;
        let w = t[6] * u + t[7] * v + 1.0;
        (
            (t[0] * u + t[1] * v + t[2]) / w,
            (t[3] * u + t[4] * v + t[5]) / w,
        )
    }

    /// Looks around the guess for what is most like an alignment pattern, as far as that share of the way between corners.
    fn find_fourth_corner(&mut self, frame: &GreyFrame, share: f32) {
        if self.side < 25 {
            return;
        }
        let [tl, tr, bl, guess] = self.pixels;
        let span = self.side as f32 - 7.0;
        let right = ((tr.0 - tl.0) / span, (tr.1 - tl.1) / span);
        let down = ((bl.0 - tl.0) / span, (bl.1 - tl.1) / span);
        let at = |(u, v): Place| {
            (
                guess.0 + right.0 * u + down.0 * v,
                guess.1 + right.1 * u + down.1 * v,
            )
        };
        let reach = (3.0 + span * share) as i32 * 2;
        let mut best = (0.45, (0.0, 0.0));
        for step_v in -reach..=reach {
            for step_u in -reach..=reach {
                let (u, v) = (step_u as f32 / 2.0, step_v as f32 / 2.0);
                let mut sums = Correlation::default();
                for y in -2_i32..=2 {
                    for x in -2_i32..=2 {
                        let dark = if x.abs().max(y.abs()) == 1 { -1.0 } else { 1.0 };
                        sums.add(dark, -grey(frame, at((u + x as f32, v + y as f32))));
                    }
                }
                // Far from where it should be it must look the better.
                let fit = sums.value() - (u.abs() + v.abs()) * 0.012;
                if fit > best.0 {
                    best = (fit, (u, v));
                }
            }
        }
        self.pixels[3] = at(best.1);
        self.update();
    }

    fn fit_of(&self, frame: &GreyFrame) -> f32 {
        let mut sums = Correlation::default();
        for (at, dark) in &self.known {
            sums.add(*dark, -grey(frame, self.place(*at)));
        }
        sums.value()
    }

    /// Moves the four places, and bends the paper, until the known modules fit best.
    fn refine(&mut self, frame: &GreyFrame) {
        let module = distance(self.pixels[0], self.pixels[1]) / (self.side as f32 - 7.0);
        for step in [0.6, 0.6, 0.3, 0.3, 0.15] {
            for corner in 0..4 {
                for (dx, dy) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
                    // The fourth one is the least certain.
                    let far = if corner == 3 { 2.0 } else { 1.0 };
                    let before = self.pixels[corner];
                    self.pixels[corner].0 += dx * step * module * far;
                    self.pixels[corner].1 += dy * step * module * far;
                    let fit = if self.update() {
                        self.fit_of(frame)
                    } else {
                        f32::MIN
                    };
                    if fit > self.fit {
                        self.fit = fit;
                    } else {
                        self.pixels[corner] = before;
                        self.update();
                    }
                }
            }
            for way in 0..self.bend.len() {
                for sign in [1.0, -1.0] {
                    let before = self.bend[way];
                    self.bend[way] += sign * step * 1.5;
                    let fit = self.fit_of(frame);
                    if fit > self.fit {
                        self.fit = fit;
                    } else {
                        self.bend[way] = before;
                    }
                }
            }
        }
    }

    fn read(&self, frame: &GreyFrame) -> Option<Found> {
        let values = self.values(|at| grey(frame, self.place(at)));
        let code = decode(&values, self.side).or_else(|| {
            let shown = |at| grey(frame, self.place(at));
            let bent = (self.fit >= FIT_TO_BEND)
                .then(|| Mesh::of(self.side, &self.known, &limits(&values, self.side), shown))?;
            let values = self.values(|at| grey(frame, self.place(bent.moved(at))));
            decode(&values, self.side)
        })?;
        let end = self.side as f32;
        let corners = [(0.0, 0.0), (end, 0.0), (end, end), (0.0, end)].map(|at| self.place(at));
        Some(Found {
            code,
            kind: ScanKind::Qr,
            outline: Some(corners.map(|(x, y)| share(x, y, frame))),
        })
    }

    /// The grey of each module, around its middle, by that of each place.
    fn values(&self, grey: impl Fn(Place) -> f32) -> Vec<f32> {
        const AROUND: [Place; 5] = [
            (0.0, 0.0),
            (0.2, 0.2),
            (-0.2, 0.2),
            (0.2, -0.2),
            (-0.2, -0.2),
        ];
        (0..self.side * self.side)
            .map(|at| {
                let (u, v) = ((at % self.side) as f32 + 0.5, (at / self.side) as f32 + 0.5);
                let sum: f32 = AROUND.iter().map(|(du, dv)| grey((u + du, v + dv))).sum();
                sum / AROUND.len() as f32
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_projection_takes_its_four_places_where_they_belong() {
        let from = [(3.5, 3.5), (41.5, 3.5), (3.5, 41.5), (38.5, 38.5)];
        let to = [(100.0, 80.0), (300.0, 95.0), (90.0, 290.0), (270.0, 265.0)];
        let mut grid = Grid::new(45, [to[0], to[1], to[2]], [1.0; 3]);
        grid.modules = from;
        grid.pixels = to;
        assert!(grid.update());
        for (from, to) in from.iter().zip(to) {
            assert!(distance(grid.place(*from), to) < 0.01);
        }
    }

    #[test]
    fn the_fourth_corner_of_a_code_seen_from_the_side_is_guessed_by_depth() {
        // A plane that leans away to the right: depth 1 on the left, 1.5 on the right.
        let shown = |(u, v): Place| {
            let depth = 1.0 + 0.5 * (u - 3.5) / 30.0;
            (100.0 + 10.0 * u / depth, 100.0 + 10.0 * v / depth)
        };
        let corners = [(3.5, 3.5), (33.5, 3.5), (3.5, 33.5)].map(shown);
        let far = |depths| {
            let grid = Grid::new(37, corners, depths);
            distance(grid.pixels[3], shown((30.5, 30.5)))
        };
        assert!(far([1.0, 1.5, 1.0]) < 0.1);
        assert!(far([1.0; 3]) > 50.0);
    }
}
