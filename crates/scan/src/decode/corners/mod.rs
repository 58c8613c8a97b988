//! Finder patterns as the grey picture shows them: where they are, how large, and how they lean. What blur, glare or a slant
//! hides from every threshold is still looked for where a code with one corner here would have its others.

mod beside;
mod sets;

pub(super) use beside::beside;
pub(super) use sets::{Set, sets, with_one_made_up};

use rxing::common::cpp_essentials::ConcentricPattern;

use super::grid::plane::{Correlation, Place, grey};
use crate::frame::GreyFrame;

/// How much like a finder pattern it must look to be one.
const LIKE: f32 = 0.66;

/// How light the ring within its rim must be, of the way from the rim to the margin; blur darkens it.
const RING: f32 = 0.15;

/// A finder pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Corner {
    pub(super) at: Place,
    /// One module along either of its sides, in pixels; which side is which is not known.
    pub(super) sides: [Place; 2],
    /// How much it looks like one: 1 for perfectly, 0 for not at all.
    pub(super) like: f32,
}

impl Corner {
    /// What a look at black and white took for a finder pattern, as the grey picture shows it; nothing where it does not.
    pub(super) fn of(frame: &GreyFrame, finder: &ConcentricPattern) -> Option<Self> {
        const EIGHTH: f32 = std::f32::consts::FRAC_PI_8;
        let mut best: Option<Self> = None;
        for size in [1.0, 0.78] {
            for turn in 0_u8..4 {
                let module = finder.size as f32 / 7.0 * size;
                let (sin, cos) = (f32::from(turn) * EIGHTH).sin_cos();
                let sides = [(module * cos, module * sin), (-module * sin, module * cos)];
                let corner = Self::seen(frame, (finder.p.x, finder.p.y), sides);
                if best.is_none_or(|best| corner.like > best.like) {
                    best = Some(corner);
                }
            }
        }
        let corner = best?.moved_to_fit(frame);
        corner.is_one(frame).then_some(corner)
    }

    /// Whether it looks enough like a finder pattern to be one, with a light ring around its middle.
    fn is_one(&self, frame: &GreyFrame) -> bool {
        let mean = |far: f32| {
            let beside = [(far, 0.0), (-far, 0.0), (0.0, far), (0.0, -far)];
            let aslant = [(far, far), (-far, far), (far, -far), (-far, -far)];
            let places = beside.into_iter().chain(aslant);
            places
                .map(|(x, y)| grey(frame, self.place(x, y)))
                .sum::<f32>()
                / 8.0
        };
        let (ring, rim) = (mean(2.0), mean(3.0));
        let middle = grey(frame, self.at);
        self.like >= LIKE && ring - rim > RING * (mean(4.0) - rim) && ring > middle
    }

    fn seen(frame: &GreyFrame, at: Place, sides: [Place; 2]) -> Self {
        let mut corner = Self {
            at,
            sides,
            like: 0.0,
        };
        corner.like = corner.likeness(frame);
        corner
    }

    /// The place of a module, counted from the middle.
    pub(super) fn place(&self, across: f32, down: f32) -> Place {
        let [u, v] = self.sides;
        (
            self.at.0 + u.0 * across + v.0 * down,
            self.at.1 + u.1 * across + v.1 * down,
        )
    }

    /// As a picture shows it that is so many times as large.
    fn scaled(&self, times: f32) -> Self {
        let scaled = |(x, y): Place| (x * times, y * times);
        Self {
            at: scaled(self.at),
            sides: self.sides.map(scaled),
            like: self.like,
        }
    }

    /// Pixels a module, of both directions.
    pub(super) fn module(&self) -> f32 {
        let [u, v] = self.sides;
        (u.0 * v.1 - u.1 * v.0).abs().sqrt()
    }

    /// How much what is there looks like a finder pattern with its margin.
    fn likeness(&self, frame: &GreyFrame) -> f32 {
        let mut sums = Correlation::default();
        for y in -4_i8..=4 {
            for x in -4_i8..=4 {
                // Rings around the middle: 0 and 1 dark, 2 light, 3 dark, 4 the margin.
                let ring = x.unsigned_abs().max(y.unsigned_abs());
                let dark = if ring == 2 || ring == 4 { -1.0 } else { 1.0 };
                sums.add(dark, -grey(frame, self.place(x.into(), y.into())));
            }
        }
        sums.value()
    }

    /// Moved, turned, stretched and leant until it looks most like a finder pattern.
    pub(super) fn moved_to_fit(mut self, frame: &GreyFrame) -> Self {
        for step in [0.5_f32, 0.25, 0.25, 0.12, 0.06] {
            let module = self.module();
            for what in 0..6 {
                for sign in [1.0, -1.0] {
                    let mut moved = self;
                    let by = sign * step * module;
                    // The rim is four modules away: a quarter there moves it as far.
                    match what {
                        0 => moved.at.0 += by,
                        1 => moved.at.1 += by,
                        2 => moved.sides[0].0 += by / 4.0,
                        3 => moved.sides[0].1 += by / 4.0,
                        4 => moved.sides[1].0 += by / 4.0,
                        _ => moved.sides[1].1 += by / 4.0,
                    }
                    moved.like = moved.likeness(frame);
                    if moved.like > self.like {
                        self = moved;
                        break;
                    }
                }
            }
        }
        self
    }

    /// Whether both are the same one.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let far = (self.at.0 - other.at.0).hypot(self.at.1 - other.at.1);
        far < 3.0 * self.module().max(other.module())
    }
}

/// Adds a corner, unless it is known.
pub(super) fn add(corners: &mut Vec<Corner>, corner: Corner) {
    match corners.iter_mut().find(|known| known.is_same(&corner)) {
        Some(known) if known.like < corner.like => *known = corner,
        Some(_) => {}
        None => corners.push(corner),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use rxing::point;

    /// Finder patterns of 210 on 40 grey, each around a place with its sides, the light falling off to the right.
    pub(crate) fn shown(finders: &[(Place, [Place; 2])]) -> GreyFrame {
        let (width, height) = (320_u32, 240_u32);
        let luma = (0..width * height).map(|at| {
            let (x, y) = ((at % width) as f32 + 0.5, (at / width) as f32 + 0.5);
            let dark = finders.iter().any(|(middle, [u, v])| {
                let (x, y) = (x - middle.0, y - middle.1);
                let area = u.0 * v.1 - u.1 * v.0;
                let across = ((x * v.1 - y * v.0) / area).abs();
                let down = ((y * u.0 - x * u.1) / area).abs();
                let far = across.max(down);
                far < 1.5 || (2.5..3.5).contains(&far)
            });
            let grey = if dark { 40.0 } else { 210.0 };
            (grey * (1.0 - x / 800.0)) as u8
        });
        GreyFrame::new(width, height, luma.collect()).unwrap()
    }

    fn finder(x: f32, y: f32, size: i32) -> ConcentricPattern {
        ConcentricPattern {
            p: point(x, y),
            size,
        }
    }

    #[test]
    fn how_a_pattern_leans_is_told_by_the_grey() {
        let sides = [(4.0, 1.2), (-0.6, 3.0)];
        let frame = shown(&[((101.3, 90.7), sides)]);
        let corner = Corner::of(&frame, &finder(102.0, 90.0, 26)).unwrap();
        assert!(
            (corner.at.0 - 101.3).hypot(corner.at.1 - 90.7) < 0.5,
            "{corner:?}"
        );
        assert!((corner.module() - 3.57).abs() < 0.2, "{corner:?}");
        for rim in [corner.place(3.0, 0.0), corner.place(0.0, 3.0)] {
            assert!(grey(&frame, rim) < 60.0, "{corner:?}");
        }
    }

    #[test]
    fn a_dark_square_is_none() {
        let luma = (0..200 * 200).map(|at| {
            let inside = (60..140).contains(&(at % 200)) && (60..140).contains(&(at / 200));
            if inside { 30 } else { 220 }
        });
        let frame = GreyFrame::new(200, 200, luma.collect()).unwrap();
        assert_eq!(Corner::of(&frame, &finder(100.0, 100.0, 80)), None);
    }

    #[test]
    fn the_surer_of_two_in_one_place_is_kept() {
        let corner = |x: f32, like: f32| Corner {
            at: (x, 50.0),
            sides: [(3.0, 0.0), (0.0, 3.0)],
            like,
        };
        let mut corners = vec![corner(40.0, 0.8)];
        add(&mut corners, corner(44.0, 0.9));
        add(&mut corners, corner(120.0, 0.7));
        assert_eq!(corners, [corner(44.0, 0.9), corner(120.0, 0.7)]);
    }
}
