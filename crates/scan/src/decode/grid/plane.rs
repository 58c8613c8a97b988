//! Planes seen in perspective: where their places lie among the pixels, and how alike two rows of greys are.

use crate::frame::GreyFrame;

/// Across and down, in pixels or in modules.
pub(super) type Place = (f32, f32);

/// The grey at a place between pixels; outside it is that of the edge.
pub(super) fn grey(frame: &GreyFrame, (x, y): Place) -> f32 {
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
pub(super) struct Correlation {
    count: f32,
    a: f32,
    b: f32,
    aa: f32,
    bb: f32,
    ab: f32,
}

impl Correlation {
    pub(super) fn add(&mut self, a: f32, b: f32) {
        self.count += 1.0;
        self.a += a;
        self.b += b;
        self.aa += a * a;
        self.bb += b * b;
        self.ab += a * b;
    }

    /// From -1 to 1.
    pub(super) fn value(&self) -> f32 {
        let with = self.ab - self.a * self.b / self.count;
        let of_a = self.aa - self.a * self.a / self.count;
        let of_b = self.bb - self.b * self.b / self.count;
        with / (of_a * of_b).max(1.0).sqrt()
    }
}

pub(super) fn distance(a: Place, b: Place) -> f32 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// The projection that takes four places to four others; `None` where three lie on a line.
pub(super) fn perspective(from: &[Place; 4], to: &[Place; 4]) -> Option<[f32; 8]> {
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
    fn places_in_a_line_have_no_projection() {
        let from = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)];
        let to = [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)];
        assert!(perspective(&from, &to).is_none());
    }
}
