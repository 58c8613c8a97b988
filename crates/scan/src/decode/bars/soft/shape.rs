//! What belongs to a symbol's shape: its digits' places and sets, and the modules that it is drawn with.

use super::BESIDE;
use crate::decode::bars::digits::{Set, modules_of};
use crate::decode::bars::upc_ean::Shape;
use crate::types::ScanKind;

impl Shape {
    /// Whether the left digits are of two sets.
    pub(super) fn has_parity(&self) -> bool {
        self.kind != ScanKind::Ean8
    }

    /// Whether the middle guard lies between that knot and the next.
    pub(super) fn is_middle(&self, knot: usize) -> bool {
        knot == self.left.len() && !self.right.is_empty()
    }

    /// Of each digit the knot that it begins at, and whether it is a left one.
    pub(super) fn digits(&self) -> impl Iterator<Item = (usize, bool)> + use<> {
        let (left, right) = (self.left.len(), self.right.len());
        let others = (0..right).map(move |at| (left + 1 + at, false));
        (0..left).map(|at| (at, true)).chain(others)
    }

    /// The modules of a symbol with these digits, and quiet ones on both sides; dark is 1.
    pub(super) fn drawn(&self, digits: &[(usize, bool)]) -> Vec<f32> {
        let mut modules = vec![0.0; self.modules + 2 * BESIDE];
        let mut set = |from: usize, dark: &[f32]| {
            modules[BESIDE + from..BESIDE + from + dark.len()].copy_from_slice(dark);
        };
        set(0, &[1.0, 0.0, 1.0]);
        if self.right.is_empty() {
            set(self.modules - 6, &[0.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
        } else {
            set(
                self.left[self.left.len() - 1] + 7,
                &[0.0, 1.0, 0.0, 1.0, 0.0],
            );
            set(self.modules - 3, &[1.0, 0.0, 1.0]);
        }
        let starts = self.left.iter().chain(self.right);
        for (place, (start, (digit, even))) in starts.zip(digits).enumerate() {
            set(*start, &modules_of(*digit, self.set(place, *even)));
        }
        modules
    }

    pub(super) fn set(&self, place: usize, even: bool) -> Set {
        match (place < self.left.len(), even) {
            (true, false) => Set::Odd,
            (true, true) => Set::Even,
            (false, _) => Set::Right,
        }
    }
}
