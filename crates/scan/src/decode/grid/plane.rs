//! Planes seen in perspective: where their places lie among the pixels, and how alike two rows of greys are.

use crate::frame::GreyFrame;

/// Across and down, in pixels or in modules.
pub(in super::super) type Place = (f32, f32);

/// The grey at a place between pixels; outside it is that of the edge.
pub(in super::super) fn grey(frame: &GreyFrame, (x, y): Place) -> f32 {
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
pub(in super::super) struct Correlation {
    count: f32,
    a: f32,
    b: f32,
    aa: f32,
    bb: f32,
    ab: f32,
}

impl Correlation {
    pub(in super::super) fn add(&mut self, a: f32, b: f32) {
        self.count += 1.0;
        self.a += a;
        self.b += b;
        self.aa += a * a;
        self.bb += b * b;
        self.ab += a * b;
    }

    /// From -1 to 1.
    pub(in super::super) fn value(&self) -> f32 {
        let with = self.ab - self.a * self.b / self.count;
        let of_a = self.aa - self.a * self.a / self.count;
        let of_b = self.bb - self.b * self.b / self.count;
        with / (of_a * of_b).max(1.0).sqrt()
    }
}

pub(in super::super) fn distance(a: Place, b: Place) -> f32 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// The projection that takes four places to four others; `None` where three lie on a line.
pub(in super::super) fn perspective(from: &[Place; 4], to: &[Place; 4]) -> Option<[f32; 8]> {
    let mut rows = [[0.0_f64; 9]; 8];
    for (at, (&(u, v), &(x, y))) in from.iter().zip(to).enumerate() {
        let [u, v, x, y] = [u, v, x, y].map(f64::from);
        rows[2 * at] = [u, v, 1.0, 0.0, 0.0, 0.0, -u * x, -v * x, x];
        rows[2 * at + 1] = [0.0, 0.0, 0.0, u, v, 1.0, -u * y, -v * y, y];
    }
    solved(rows)
}

/// The eight unknowns of eight equations, whose right sides come last; by Gauss and Jordan, the largest pivot first.
fn solved(mut rows: [[f64; 9]; 8]) -> Option<[f32; 8]> {
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

/// The projection that takes places nearest to where others are.
pub(in super::super) struct Projection {
    transform: [f32; 8],
    from: Frame,
    to: Frame,
}

/// A middle and a scale, by which places are made small numbers.
#[derive(Clone, Copy)]
struct Frame {
    middle: Place,
    scale: f32,
}

impl Frame {
    fn around(places: impl Iterator<Item = Place> + Clone) -> Self {
        let count = places.clone().count().max(1) as f32;
        let (x, y) = places
            .clone()
            .fold((0.0, 0.0), |(x, y), at| (x + at.0, y + at.1));
        let middle = (x / count, y / count);
        let reach = places.map(|at| distance(at, middle)).fold(0.0, f32::max);
        Self {
            middle,
            scale: reach.max(1e-3),
        }
    }

    fn inward(&self, at: Place) -> Place {
        (
            (at.0 - self.middle.0) / self.scale,
            (at.1 - self.middle.1) / self.scale,
        )
    }

    fn outward(&self, at: Place) -> Place {
        (
            at.0 * self.scale + self.middle.0,
            at.1 * self.scale + self.middle.1,
        )
    }
}

impl Projection {
    /// By least squares; nothing where the places don't say enough.
    pub(in super::super) fn fitted(pairs: &[(Place, Place)]) -> Option<Self> {
        let from = Frame::around(pairs.iter().map(|pair| pair.0));
        let to = Frame::around(pairs.iter().map(|pair| pair.1));
        let mut rows = [[0.0_f64; 9]; 8];
        for (at, shown) in pairs {
            let ((u, v), (x, y)) = (from.inward(*at), to.inward(*shown));
            let [u, v, x, y] = [u, v, x, y].map(f64::from);
            for line in [
                [u, v, 1.0, 0.0, 0.0, 0.0, -u * x, -v * x, x],
                [0.0, 0.0, 0.0, u, v, 1.0, -u * y, -v * y, y],
            ] {
                for (row, factor) in rows.iter_mut().zip(line) {
                    for (sum, value) in row.iter_mut().zip(line) {
                        *sum += factor * value;
                    }
                }
            }
        }
        let transform = solved(rows)?;
        Some(Self {
            transform,
            from,
            to,
        })
    }

    pub(in super::super) fn place(&self, at: Place) -> Place {
        let (u, v) = self.from.inward(at);
        let t = &self.transform;
        let w = t[6] * u + t[7] * v + 1.0;
        self.to.outward((
            (t[0] * u + t[1] * v + t[2]) / w,
            (t[3] * u + t[4] * v + t[5]) / w,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_places_that_agree_have_the_projection_that_they_agree_on() {
        let shown = |(u, v): Place| {
            let depth = 1.0 + 0.01 * u + 0.004 * v;
            ((900.0 + 9.0 * u + v) / depth, (300.0 - u + 7.0 * v) / depth)
        };
        let places = [
            (0.5, 3.5),
            (3.5, 0.5),
            (6.5, 3.5),
            (3.5, 6.5),
            (41.5, 3.5),
            (3.5, 41.5),
        ];
        let pairs: Vec<_> = places.iter().map(|at| (*at, shown(*at))).collect();
        let projection = Projection::fitted(&pairs).unwrap();
        for at in [(41.5, 41.5), (20.0, 7.0)] {
            assert!(distance(projection.place(at), shown(at)) < 0.5);
        }
    }

    #[test]
    fn places_in_a_line_have_no_projection() {
        let from = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)];
        let to = [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)];
        assert!(perspective(&from, &to).is_none());
    }
}
