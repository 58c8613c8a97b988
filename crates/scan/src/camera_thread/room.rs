//! What of a picture is seen where a screen has room for it.

use crate::frame::GreyFrame;
use crate::types::Point;

/// The room that a screen has for pictures, in its own pixels. A picture fills it, so what lies beyond its shape is not seen,
/// and not made. Without a width or a height it is the whole picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Room {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// A piece of a picture, in its pixels, and by which whole number it is made smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
    factor: usize,
    /// The whole picture's size.
    of: (usize, usize),
}

impl Part {
    /// The middle of a picture in the shape of `room`, small enough to be made of `pixels_max`. By a whole number, so that each
    /// pixel stands for as many as its neighbour: a code's edges stay even.
    pub(super) fn seen(picture: &GreyFrame, room: Room, pixels_max: u32) -> Self {
        let of = (picture.width() as usize, picture.height() as usize);
        let (mut width, mut height) = of;
        if room.width > 0 && room.height > 0 {
            let share = |side: usize, by: u32, to: u32| {
                let scaled = side as u64 * u64::from(by) / u64::from(to);
                usize::try_from(scaled).unwrap_or(usize::MAX)
            };
            // One of them is no smaller than it was.
            width = width.min(share(height, room.width, room.height)).max(1);
            height = height.min(share(of.0, room.height, room.width)).max(1);
        }
        let shortest = width.min(height);
        let fits = |factor: &usize| {
            let pixels = (width / factor).saturating_mul(height / factor);
            pixels <= pixels_max as usize
        };
        let factor = (1..shortest).find(fits).unwrap_or(shortest);
        let (width, height) = (width / factor * factor, height / factor * factor);
        Self {
            left: (of.0 - width) / 2,
            top: (of.1 - height) / 2,
            width,
            height,
            factor,
            of,
        }
    }

    /// The part of `picture`, each pixel the mean of those it stands for.
    pub(super) fn cut(&self, picture: &GreyFrame) -> GreyFrame {
        let (width, height) = (self.width / self.factor, self.height / self.factor);
        let mut luma = Vec::with_capacity(width * height);
        let row = |y: usize| {
            let start = y * self.of.0 + self.left;
            &picture.luma()[start..start + self.width]
        };
        let mut sums = vec![0_u32; width];
        let count = u32::try_from(self.factor * self.factor).unwrap_or(u32::MAX);
        for top in (self.top..self.top + self.height).step_by(self.factor) {
            sums.fill(0);
            for y in top..top + self.factor {
                match self.factor {
                    // Those that cameras need, with loops whose length is known.
                    1 => add::<1>(&mut sums, row(y)),
                    2 => add::<2>(&mut sums, row(y)),
                    3 => add::<3>(&mut sums, row(y)),
                    factor => {
                        for (sum, cells) in sums.iter_mut().zip(row(y).chunks_exact(factor)) {
                            *sum += cells.iter().map(|cell| u32::from(*cell)).sum::<u32>();
                        }
                    }
                }
            }
            luma.extend(sums.iter().map(|sum| (sum / count) as u8));
        }
        // As many pixels as the size says, by the loops above.
        GreyFrame::new(width as u32, height as u32, luma).unwrap_or_else(|_| picture.clone())
    }

    /// Where a place of the whole picture lies in this part; beyond 0 and 1 where it lies beside it.
    pub(super) fn place(&self, at: Point) -> Point {
        let along = |at: f32, all: usize, start: usize, length: usize| {
            (at * all as f32 - start as f32) / length as f32
        };
        Point {
            x: along(at.x, self.of.0, self.left, self.width),
            y: along(at.y, self.of.1, self.top, self.height),
        }
    }
}

fn add<const FACTOR: usize>(sums: &mut [u32], row: &[u8]) {
    let (cells, _) = row.as_chunks::<FACTOR>();
    for (sum, cells) in sums.iter_mut().zip(cells) {
        *sum += cells.iter().map(|cell| u32::from(*cell)).sum::<u32>();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn picture(width: u32, height: u32) -> GreyFrame {
        let luma = (0..width * height).map(|at| (at % 251) as u8).collect();
        GreyFrame::new(width, height, luma).unwrap()
    }

    fn room(width: u32, height: u32) -> Room {
        Room { width, height }
    }

    #[test]
    fn the_whole_picture_is_halved_where_nothing_is_known_of_the_screen() {
        let whole = picture(1280, 720);
        let seen = Part::seen(&whole, Room::default(), 640 * 360).cut(&whole);
        assert_eq!((seen.width(), seen.height()), (640, 360));
        let four = [0, 1, 1280, 1281].map(|at| u32::from(whole.luma()[at]));
        assert_eq!(u32::from(seen.luma()[0]), four.iter().sum::<u32>() / 4);
    }

    #[test]
    fn beside_the_middle_nothing_is_seen_in_an_upright_room_and_nothing_above_it_in_a_flat_one() {
        let whole = picture(1280, 720);
        let size = |room| {
            let seen = Part::seen(&whole, room, 640 * 360).cut(&whole);
            (seen.width(), seen.height())
        };
        assert_eq!(size(room(390, 780)), (180, 360));
        assert_eq!(size(room(1000, 250)), (640, 160));
    }

    #[test]
    fn a_place_of_the_picture_is_found_again_in_its_part() {
        let whole = picture(1280, 720);
        let part = Part::seen(&whole, room(100, 100), 640 * 360);
        assert_eq!(
            part.place(Point { x: 0.5, y: 0.5 }),
            Point { x: 0.5, y: 0.5 }
        );
        let corner = Point {
            x: 280.0 / 1280.0,
            y: 0.0,
        };
        assert_eq!(part.place(corner), Point { x: 0.0, y: 0.0 });
        assert!(part.place(Point { x: 0.0, y: 0.0 }).x < 0.0);
    }

    proptest! {
        #[test]
        fn any_part_of_an_even_picture_is_even_and_no_larger_than_wanted(
            width in 1_u32..200,
            height in 1_u32..200,
            across in 0_u32..300,
            down in 0_u32..300,
            pixels_max in 0_u32..5000,
        ) {
            let even = GreyFrame::new(width, height, vec![77; (width * height) as usize]).unwrap();
            let seen = Part::seen(&even, room(across, down), pixels_max).cut(&even);
            prop_assert!(seen.width() <= width && seen.height() <= height);
            // A strip can be no thinner than a pixel.
            let fits = seen.width() * seen.height() <= pixels_max;
            prop_assert!(fits || seen.width().min(seen.height()) == 1);
            prop_assert!(seen.luma().iter().all(|v| *v == 77));
        }
    }
}
