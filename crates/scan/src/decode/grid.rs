//! QR codes whose modules no threshold parts any more: the grid is laid over the grey picture so
//! that finder, timing and alignment patterns fit best, and each module is judged beside its
//! neighbours.

use rxing::common::BitMatrix;
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::FinderPatternSet;

use super::{guarded, share};
use crate::frame::GreyFrame;
use crate::types::{Found, ScanKind};

/// How much of the difference to its neighbours is added to a module before it is judged.
const SHARPENINGS: [f32; 4] = [0.0, 0.6, 1.4, 2.4];

/// How well the known patterns must fit for the modules to be worth reading.
const FIT: f32 = 0.42;

type Place = (f32, f32);

/// The code at those three finder patterns.
pub(super) fn read(frame: &GreyFrame, triple: &FinderPatternSet) -> Option<Found> {
    let [tl, tr, bl] = [triple.tl, triple.tr, triple.bl].map(|f| (f.p.x, f.p.y));
    let module = (triple.tl.size + triple.tr.size + triple.bl.size) as f32 / 21.0;
    if module < 1.0 {
        return None;
    }
    let across = (distance(tl, tr) + distance(tl, bl)) / 2.0 / module + 7.0;
    let version = ((across - 17.0) / 4.0).round();
    let mut best: Option<Grid> = None;
    // A slanted code has its modules measured too wide or too narrow.
    for other in [0.0, -1.0, 1.0, -2.0, 2.0] {
        let version = version + other;
        if !(1.0..=40.0).contains(&version) || (other.abs() > 1.0 && version < 4.0) {
            continue;
        }
        let mut grid = Grid::new(17 + 4 * version as usize, [tl, tr, bl]);
        grid.find_fourth_corner(frame);
        grid.refine(frame);
        if best.as_ref().is_none_or(|b| grid.fit > b.fit) {
            best = Some(grid);
        }
    }
    let grid = best.filter(|grid| grid.fit >= FIT)?;
    let values = grid.values(frame);
    let code = SHARPENINGS
        .iter()
        .find_map(|strength| decode(&values, grid.side, *strength))?;
    let end = grid.side as f32;
    let corners = [(0.0, 0.0), (end, 0.0), (end, end), (0.0, end)].map(|at| grid.place(at));
    Some(Found {
        code,
        kind: ScanKind::Qr,
        outline: Some(corners.map(|(x, y)| share(x, y, frame))),
    })
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
    fn new(side: usize, [tl, tr, bl]: [Place; 3]) -> Self {
        let far = side as f32 - 3.5;
        // Where the alignment pattern is, or would be.
        let near = side as f32 - 6.5;
        let share = (near - 3.5) / (far - 3.5);
        let guess = |axis: fn(Place) -> f32| {
            axis(tl) + (axis(tr) - axis(tl)) * share + (axis(bl) - axis(tl)) * share
        };
        let mut grid = Self {
            side,
            modules: [(3.5, 3.5), (far, 3.5), (3.5, far), (near, near)],
            pixels: [tl, tr, bl, (guess(|p| p.0), guess(|p| p.1))],
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

    /// Looks around the guess for what is most like an alignment pattern.
    fn find_fourth_corner(&mut self, frame: &GreyFrame) {
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
        let reach = (3.0 + span * 0.12) as i32 * 2;
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
        self.fit = self.fit_of(frame);
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

    /// The grey of each module, around its middle.
    fn values(&self, frame: &GreyFrame) -> Vec<f32> {
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
                let sum: f32 = AROUND
                    .iter()
                    .map(|(du, dv)| grey(frame, self.place((u + du, v + dv))))
                    .sum();
                sum / AROUND.len() as f32
            })
            .collect()
    }
}

/// Finder patterns with their margin, timing patterns and the alignment pattern near the corner.
fn known_modules(side: usize) -> Vec<(Place, f32)> {
    let mut known = Vec::new();
    let mut add = |x: usize, y: usize, dark: bool| {
        let at = (x as f32 + 0.5, y as f32 + 0.5);
        known.push((at, if dark { 1.0 } else { -1.0 }));
    };
    for y in 0..8_usize {
        for x in 0..8_usize {
            // Rings around the middle: 0 and 1 dark, 2 light, 3 dark, 4 the margin.
            let ring = x.abs_diff(3).max(y.abs_diff(3));
            let dark = ring != 2 && ring != 4;
            add(x, y, dark);
            add(side - 1 - x, y, dark);
            add(x, side - 1 - y, dark);
        }
    }
    for at in 8..side - 8 {
        add(at, 6, at % 2 == 0);
        add(6, at, at % 2 == 0);
    }
    if side >= 25 {
        for y in 0..5_usize {
            for x in 0..5_usize {
                let dark = x.abs_diff(2).max(y.abs_diff(2)) != 1;
                add(side - 9 + x, side - 9 + y, dark);
            }
        }
    }
    known
}

/// Black and white by the mean of what lies around each module, and what it says.
fn decode(values: &[f32], side: usize, strength: f32) -> Option<String> {
    const REACH: usize = 5;
    let mut bits = BitMatrix::with_single_dimension(side as u32).ok()?;
    let around = means_around(values, side, REACH);
    let near = means_around(values, side, 1);
    for at in 0..side * side {
        let sharp = values[at] + (values[at] - near[at]) * strength;
        if sharp < around[at] {
            bits.set((at % side) as u32, (at / side) as u32);
        }
    }
    guarded(|| {
        let decoded = Decode(&bits).ok()?;
        decoded.isValid().then(|| decoded.text())
    })?
}

/// The mean of the square of modules around each, as far as the grid goes.
fn means_around(values: &[f32], side: usize, reach: usize) -> Vec<f32> {
    let width = side + 1;
    let mut sums = vec![0.0_f32; width * width];
    for y in 0..side {
        let mut row = 0.0;
        for x in 0..side {
            row += values[y * side + x];
            sums[(y + 1) * width + x + 1] = sums[y * width + x + 1] + row;
        }
    }
    (0..side * side)
        .map(|at| {
            let (x, y) = (at % side, at / side);
            let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(side));
            let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(side));
            let sum = sums[bottom * width + right] + sums[top * width + left]
                - sums[top * width + right]
                - sums[bottom * width + left];
            sum / ((right - left) * (bottom - top)) as f32
        })
        .collect()
}

/// The grey at a place between pixels; outside it is that of the edge.
fn grey(frame: &GreyFrame, (x, y): Place) -> f32 {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    // Places are of pixels' corners, values of their middles.
    let x = (x - 0.5).clamp(0.0, (width - 1) as f32);
    let y = (y - 0.5).clamp(0.0, (height - 1) as f32);
    let (left, top) = (x as usize, y as usize);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let (u, v) = (x - left as f32, y - top as f32);
    let at = |x: usize, y: usize| f32::from(frame.luma()[y * width + x]);
    let above = at(left, top) + (at(right, top) - at(left, top)) * u;
    let below = at(left, bottom) + (at(right, bottom) - at(left, bottom)) * u;
    above + (below - above) * v
}

/// How well one row of numbers follows another.
#[derive(Default)]
struct Correlation {
    count: f32,
    a: f32,
    b: f32,
    aa: f32,
    bb: f32,
    ab: f32,
}

impl Correlation {
    fn add(&mut self, a: f32, b: f32) {
        self.count += 1.0;
        self.a += a;
        self.b += b;
        self.aa += a * a;
        self.bb += b * b;
        self.ab += a * b;
    }

    /// From -1 to 1.
    fn value(&self) -> f32 {
        let with = self.ab - self.a * self.b / self.count;
        let of_a = self.aa - self.a * self.a / self.count;
        let of_b = self.bb - self.b * self.b / self.count;
        with / (of_a * of_b).max(1.0).sqrt()
    }
}

fn distance(a: Place, b: Place) -> f32 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// The projection that takes four places to four others; `None` where three lie on a line.
fn perspective(from: &[Place; 4], to: &[Place; 4]) -> Option<[f32; 8]> {
    let mut rows = [[0.0_f64; 9]; 8];
    for (at, (&(u, v), &(x, y))) in from.iter().zip(to).enumerate() {
        let [u, v, x, y] = [u, v, x, y].map(f64::from);
        rows[2 * at] = [u, v, 1.0, 0.0, 0.0, 0.0, -u * x, -v * x, x];
        rows[2 * at + 1] = [0.0, 0.0, 0.0, u, v, 1.0, -u * y, -v * y, y];
    }
    // Gauss and Jordan, the largest pivot first.
    for column in 0..8 {
        let pivot = (column..8).max_by(|a, b| {
            let size = |row: usize| rows[row][column].abs();
            size(*a).total_cmp(&size(*b))
        })?;
        rows.swap(column, pivot);
        let lead = rows[column];
        if lead[column].abs() < 1e-9 {
            return None;
        }
        for (number, row) in rows.iter_mut().enumerate() {
            if number != column {
                let factor = row[column] / lead[column];
                for (value, lead) in row.iter_mut().zip(lead) {
                    *value -= factor * lead;
                }
            }
        }
    }
    Some(std::array::from_fn(|at| {
        (rows[at][8] / rows[at][at]) as f32
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_projection_takes_its_four_places_where_they_belong() {
        let from = [(3.5, 3.5), (41.5, 3.5), (3.5, 41.5), (38.5, 38.5)];
        let to = [(100.0, 80.0), (300.0, 95.0), (90.0, 290.0), (270.0, 265.0)];
        let mut grid = Grid::new(45, [to[0], to[1], to[2]]);
        grid.modules = from;
        grid.pixels = to;
        assert!(grid.update());
        for (from, to) in from.iter().zip(to) {
            assert!(distance(grid.place(*from), to) < 0.01);
        }
    }

    #[test]
    fn places_in_a_line_have_no_projection() {
        let from = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)];
        let to = [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)];
        assert!(perspective(&from, &to).is_none());
    }

    #[test]
    fn means_are_of_what_lies_around() {
        let values: Vec<f32> = (0..9).map(|v| v as f32).collect();
        let means = means_around(&values, 3, 1);
        assert_eq!((means[4], means[0]), (4.0, 2.0));
    }
}
