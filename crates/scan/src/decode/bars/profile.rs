//! The grey along a line through a frame, of any direction, and the edges in it to a fraction of
//! a pixel.

use crate::frame::GreyFrame;

/// Grey values along a line, a pixel apart.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    /// `sums[i]` is the sum of the first `i` values, so that the mean of any stretch is two
    /// look-ups.
    sums: Vec<f32>,
}

/// Where the grey changes: its place along the line, and whether it gets darker there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edge {
    pub(super) at: f32,
    pub(super) darker: bool,
    /// The steepness, in grey levels a pixel.
    pub(super) steep: f32,
}

/// What edges are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Those of bars a pixel wide as well.
    Fine,
    /// Noise is smoothed away first.
    Smooth,
    /// Only what stands out from much noise.
    Rough,
}

impl Look {
    /// Each in turn, so that every kind of picture has its lines.
    pub(super) fn of_line(number: usize) -> Self {
        [Self::Fine, Self::Smooth, Self::Rough][number % 3]
    }
}

/// A line through a frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) from: (f32, f32),
    pub(super) direction: (f32, f32),
    pub(super) length: usize,
}

impl Line {
    /// The line through a place, as far as `reach` pixels both ways, cut off at the frame's edge.
    pub(super) fn through(
        frame: &GreyFrame,
        at: (f32, f32),
        direction: (f32, f32),
        reach: f32,
    ) -> Option<Self> {
        let (right, bottom) = (frame.width() as f32 - 1.0, frame.height() as f32 - 1.0);
        let (mut low, mut high) = (-reach, reach);
        for (at, step, end) in [(at.0, direction.0, right), (at.1, direction.1, bottom)] {
            if step.abs() < 1e-4 {
                if !(0.0..=end).contains(&at) {
                    return None;
                }
                continue;
            }
            let (a, b) = (-at / step, (end - at) / step);
            low = low.max(a.min(b));
            high = high.min(a.max(b));
        }
        (high - low >= 40.0).then_some(Self {
            from: (at.0 + direction.0 * low, at.1 + direction.1 * low),
            direction,
            length: (high - low) as usize,
        })
    }

    /// The place at that distance along the line.
    pub(super) fn at(&self, distance: f32) -> (f32, f32) {
        (
            self.from.0 + self.direction.0 * distance,
            self.from.1 + self.direction.1 * distance,
        )
    }
}

impl Profile {
    /// The mean of `thick` lines side by side, a pixel apart.
    pub(super) fn along(frame: &GreyFrame, line: &Line, thick: usize) -> Self {
        let (width, height) = (frame.width() as usize, frame.height() as usize);
        let luma = frame.luma();
        let mut values = vec![0.0_f32; line.length];
        let (step_x, step_y) = line.direction;
        // Places in 1/65536 of a pixel: whole numbers are quicker to cut up.
        let fixed = |v: f32| (v * 65536.0) as i64;
        let (most_x, most_y) = (fixed((width - 1) as f32), fixed((height - 1) as f32));
        for lane in 0..thick.max(1) {
            let aside = lane as f32 - (thick.max(1) - 1) as f32 / 2.0;
            let mut x = fixed(line.from.0 - step_y * aside);
            let mut y = fixed(line.from.1 + step_x * aside);
            let (dx, dy) = (fixed(step_x), fixed(step_y));
            for value in &mut values {
                let (cx, cy) = (x.clamp(0, most_x), y.clamp(0, most_y));
                let (left, top) = ((cx >> 16) as usize, (cy >> 16) as usize);
                let (u, v) = (
                    (cx & 0xffff) as f32 / 65536.0,
                    (cy & 0xffff) as f32 / 65536.0,
                );
                let upper = top * width;
                let lower = (top + 1).min(height - 1) * width;
                let right = (left + 1).min(width - 1);
                let grey = |at: usize| f32::from(luma[at]);
                let above = grey(upper + left) + (grey(upper + right) - grey(upper + left)) * u;
                let below = grey(lower + left) + (grey(lower + right) - grey(lower + left)) * u;
                *value += above + (below - above) * v;
                x += dx;
                y += dy;
            }
        }
        let scale = 1.0 / thick.max(1) as f32;
        Self::new(values.into_iter().map(|value| value * scale))
    }

    pub(super) fn new(values: impl Iterator<Item = f32>) -> Self {
        let mut sums = vec![0.0];
        let mut sum = 0.0;
        for value in values {
            sum += value;
            sums.push(sum);
        }
        Self { sums }
    }

    /// The same from its other end.
    pub(super) fn turned(&self) -> Self {
        Self::new((0..self.len()).rev().map(|at| self.value(at)))
    }

    pub(super) fn len(&self) -> usize {
        self.sums.len() - 1
    }

    fn value(&self, at: usize) -> f32 {
        self.sums[at + 1] - self.sums[at]
    }

    /// The sum of the values before that place.
    fn sum_to(&self, place: f32) -> f32 {
        let place = place.clamp(0.0, self.len() as f32);
        let whole = (place as usize).min(self.len() - 1);
        let part = place - whole as f32;
        self.sums[whole] + part * self.value(whole)
    }

    /// The mean grey of each of the stretches between neighbouring `places`.
    pub(super) fn means(&self, mut places: impl Iterator<Item = f32>, means: &mut [f32]) {
        let mut from = places.next().unwrap_or_default();
        let mut sum = self.sum_to(from);
        for (mean, to) in means.iter_mut().zip(places) {
            let next = self.sum_to(to);
            *mean = (next - sum) / (to - from).max(0.01);
            (from, sum) = (to, next);
        }
    }

    /// The edges, dark and light in turn. What is flat beside its surroundings is noise.
    pub(super) fn edges(&self, look: Look) -> Vec<Edge> {
        let count = self.len();
        if count < 8 {
            return Vec::new();
        }
        let slope = |at: usize| {
            if look == Look::Fine {
                self.sums[at + 1] - 2.0 * self.sums[at] + self.sums[at - 1]
            } else {
                (self.sums[at + 2] - 2.0 * self.sums[at] + self.sums[at - 2]) / 2.0
            }
        };
        let least = if look == Look::Rough { 0.3 } else { 0.14 };
        let slopes: Vec<f32> = (2..count - 1).map(slope).collect();
        let steepest = strongest_around(&slopes, 48);
        let mut edges: Vec<Edge> = Vec::new();
        for at in 1..slopes.len() - 1 {
            let (before, here, after) = (slopes[at - 1], slopes[at], slopes[at + 1]);
            let steep = here.abs();
            if steep < (least * steepest[at]).max(2.0) {
                continue;
            }
            let is_peak = if here > 0.0 {
                here >= before && here > after
            } else {
                here <= before && here < after
            };
            if !is_peak {
                continue;
            }
            let bend = before - 2.0 * here + after;
            let shift = if bend.abs() > 1e-3 {
                (0.5 * (before - after) / bend).clamp(-0.5, 0.5)
            } else {
                0.0
            };
            let edge = Edge {
                at: at as f32 + 2.0 + shift,
                darker: here < 0.0,
                steep,
            };
            match edges.last_mut() {
                Some(last) if last.darker == edge.darker => {
                    if last.steep < edge.steep {
                        *last = edge;
                    }
                }
                _ => edges.push(edge),
            }
        }
        edges
    }
}

/// For each value the greatest magnitude within `reach` of it, by blocks of that size.
fn strongest_around(values: &[f32], reach: usize) -> Vec<f32> {
    let strongest: Vec<f32> = values
        .chunks(reach)
        .map(|chunk| chunk.iter().fold(0.0_f32, |most, v| most.max(v.abs())))
        .collect();
    (0..values.len())
        .map(|at| {
            let block = at / reach;
            let from = block.saturating_sub(1);
            let to = (block + 1).min(strongest.len() - 1);
            strongest[from..=to]
                .iter()
                .fold(0.0_f32, |most, v| most.max(*v))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_found_to_a_fraction_of_a_pixel() {
        // A dark bar from 20.3 to 30.8, as a sensor's pixels average it.
        let grey = |x: usize| {
            let dark = (30.8_f32.min(x as f32 + 1.0) - 20.3_f32.max(x as f32)).clamp(0.0, 1.0);
            200.0 - 150.0 * dark
        };
        let edges = Profile::new((0..60).map(grey)).edges(Look::Fine);
        assert_eq!(edges.len(), 2, "{edges:?}");
        assert!(
            (edges[0].at - 20.3).abs() < 0.2 && edges[0].darker,
            "{edges:?}"
        );
        assert!(
            (edges[1].at - 30.8).abs() < 0.2 && !edges[1].darker,
            "{edges:?}"
        );
    }

    #[test]
    fn a_line_ends_at_the_frames_edge() {
        let frame = GreyFrame::new(100, 50, vec![0; 5000]).unwrap();
        let line = Line::through(&frame, (50.0, 25.0), (1.0, 0.0), 500.0).unwrap();
        assert_eq!((line.from.0, line.length), (0.0, 99));
        assert!(Line::through(&frame, (50.0, 90.0), (1.0, 0.0), 500.0).is_none());
    }

    #[test]
    fn means_are_those_of_the_stretches() {
        let profile = Profile::new((0..10).map(|v| v as f32));
        let mut means = [0.0; 2];
        profile.means([0.0, 2.0, 2.5].into_iter(), &mut means);
        assert_eq!(means, [0.5, 2.0]);
    }
}
