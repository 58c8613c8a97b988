//! Where codes were read last, and for how long that is worth drawing.

use crate::presence::ms_between;
use crate::types::Point;

/// How far a picture may be from the one in which codes were read to still be drawn with their outlines: one unreadable frame
/// makes no flicker, and a card that left takes its outline along.
const OUTLINE_MS_MAX: i64 = 150;
/// How far a corner lies from where it was for the code to have moved, as a share of the picture. A code that lies still is
/// found within a tenth of that.
const MOVED: f32 = 0.004;

/// Where codes were read last.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Outlines {
    corners: Vec<[Point; 4]>,
    /// When the picture was taken that they were read in.
    at_ms: i64,
    moved: bool,
}

impl Outlines {
    /// Takes the corners of all codes that were read in a picture.
    pub(super) fn renew(&mut self, corners: Vec<[Point; 4]>, at_ms: i64) {
        let far = |a: &Point, b: &Point| (a.x - b.x).abs().max((a.y - b.y).abs()) > MOVED;
        self.moved = self.corners.len() != corners.len()
            || self
                .corners
                .as_flattened()
                .iter()
                .zip(corners.as_flattened())
                .any(|(before, now)| far(before, now));
        self.corners = corners;
        self.at_ms = at_ms;
    }

    /// Whether there is something to be drawn in a picture of that time.
    pub(super) fn are_of(&self, at_ms: i64) -> bool {
        !self.corners.is_empty() && ms_between(at_ms, self.at_ms) <= OUTLINE_MS_MAX
    }

    /// Whether they would lie beside the codes in the next picture.
    pub(super) fn move_at(&self, at_ms: i64) -> bool {
        self.moved && self.are_of(at_ms)
    }

    /// What is drawn in a picture of that time.
    pub(super) fn at(&self, at_ms: i64) -> Vec<[Point; 4]> {
        if self.are_of(at_ms) {
            self.corners.clone()
        } else {
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(left: f32) -> Vec<[Point; 4]> {
        let at = |x, y| Point { x, y };
        vec![[
            at(left, 0.2),
            at(left + 0.2, 0.2),
            at(left + 0.2, 0.6),
            at(left, 0.6),
        ]]
    }

    #[test]
    fn a_code_that_lies_still_does_not_move_for_the_noise_of_its_reading() {
        let mut outlines = Outlines::default();
        outlines.renew(square(0.2), 0);
        assert!(outlines.move_at(33), "it came");
        outlines.renew(square(0.2005), 33);
        assert!(!outlines.move_at(66));
        outlines.renew(square(0.22), 66);
        assert!(outlines.move_at(99));
    }

    #[test]
    fn outlines_are_drawn_for_a_while_and_no_longer() {
        let mut outlines = Outlines::default();
        outlines.renew(square(0.2), 1000);
        assert_eq!(outlines.at(1000 + OUTLINE_MS_MAX), square(0.2));
        assert!(outlines.at(1001 + OUTLINE_MS_MAX).is_empty());
        assert!(!outlines.move_at(1001 + OUTLINE_MS_MAX));
        assert!(outlines.at(i64::MIN).is_empty(), "the clock was set back");
    }
}
