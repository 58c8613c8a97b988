//! Products' codes as symbols: their digits' places and sets, and the modules that they are drawn with.

use std::ops::Range;

use super::BESIDE;
use super::align::window;
use super::find::find;
use super::joint::{Fits, Likeliest, likeliest};
use super::symbol::{Found, Symbol};
use crate::decode::bars::digits::{FANS, Look, Set, modules_of};
use crate::decode::bars::profile::{Edge, Profile};
use crate::decode::bars::upc_ean::{END, MIDDLE, OUTER, Shape, likeness};
use crate::types::ScanKind;

/// A digit's marks: those of the odd set or the right one, then those of the even one.
pub(super) const MARKS: usize = 20;

impl Shape {
    /// Whether the left digits are of two sets.
    fn has_parity(&self) -> bool {
        self.kind != ScanKind::Ean8
    }

    /// Whether the middle guard lies between that knot and the next.
    fn is_middle(&self, knot: usize) -> bool {
        knot == self.left.len() && !self.right.is_empty()
    }

    fn set(&self, place: usize, mark: usize) -> Set {
        match (place < self.left.len(), mark < 10) {
            (true, true) => Set::Odd,
            (true, false) => Set::Even,
            (false, _) => Set::Right,
        }
    }
}

impl Symbol<MARKS> for &Shape {
    type Look = Look;

    fn find(&self, profile: &Profile, edges: &[Edge]) -> Vec<Found<Self>> {
        let places = find(profile, edges, self).into_iter();
        let symbol = *self;
        places
            .map(|place| Found {
                symbol,
                place,
                turned: None,
            })
            .collect()
    }

    fn kind(&self) -> ScanKind {
        self.kind
    }

    fn modules(&self) -> usize {
        self.modules
    }

    fn knots(&self) -> Vec<usize> {
        let side = |starts: &[usize]| -> Vec<usize> {
            let end = starts.last().map(|last| last + 7);
            starts.iter().copied().chain(end).collect()
        };
        [side(self.left), side(self.right)].concat()
    }

    fn signs(&self) -> Vec<usize> {
        let (left, right) = (self.left.len(), self.right.len());
        (0..left).chain(left + 1..left + 1 + right).collect()
    }

    fn width(&self) -> usize {
        7
    }

    fn marks(&self, _place: usize) -> Range<usize> {
        0..MARKS
    }

    fn draw(&self, place: usize, mark: usize, modules: &mut [f32]) {
        modules.copy_from_slice(&modules_of(mark % 10, self.set(place, mark)));
    }

    fn drawn(&self, marks: &[usize]) -> Vec<f32> {
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
        for (place, (start, mark)) in starts.zip(marks).enumerate() {
            let from = BESIDE + start;
            self.draw(place, *mark, &mut modules[from..from + 7]);
        }
        modules
    }

    fn look(&self, profile: &Profile, from: f32, to: f32) -> Look {
        window(profile, from, to)
    }

    fn fits(&self, knot: usize, look: &Look, spread: usize) -> Fits<MARKS> {
        let fans = &FANS[spread];
        let fan = match (knot < self.left.len(), self.has_parity()) {
            (true, true) => &fans.both,
            (true, false) => &fans.odd,
            (false, _) => &fans.right,
        };
        fan.fits(look)
    }

    fn bars_fit(&self, profile: &Profile, knot: usize, (from, to): (f32, f32)) -> Option<f32> {
        let module = (to - from) / 5.0;
        self.is_middle(knot)
            .then(|| likeness(&row(profile, from - module, module), &MIDDLE))
    }

    fn start_fit(&self, profile: &Profile, knot: f32, module: f32) -> f32 {
        likeness(&row(profile, knot - 5.0 * module, module), &OUTER)
    }

    fn end_fit(&self, profile: &Profile, knot: f32, module: f32) -> f32 {
        if self.right.is_empty() {
            return likeness(&row(profile, knot, module), &END);
        }
        let mut seen = row(profile, knot - 2.0 * module, module);
        seen.reverse();
        likeness(&seen, &OUTER)
    }

    fn likeliest(&self, fits: &[Fits<MARKS>]) -> Option<Likeliest> {
        likeliest(fits, self.kind)
    }
}

/// Modules of that width from a place on; dark is high.
pub(super) fn row<const L: usize>(profile: &Profile, from: f32, module: f32) -> [f32; L] {
    let mut seen = [0.0; L];
    profile.means((0..=L).map(|at| from + at as f32 * module), &mut seen);
    seen.map(|v| -v)
}
