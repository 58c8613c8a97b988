//! Code 128 as a symbol whose marks are compared with how they look.

mod find;
mod joint;
mod patterns;

use std::ops::Range;
use std::sync::LazyLock;

use self::patterns::{STARTS, STOP, modules_of};
use super::BESIDE;
use super::align::window;
use super::joint::{Fits, Likeliest};
use super::shape::row;
use super::symbol::{Found, Symbol};
use crate::decode::bars::digits::{Fan, TAPS, look_through};
use crate::decode::bars::profile::{Edge, Profile};
use crate::decode::bars::upc_ean::likeness;
use crate::types::ScanKind;

/// The marks that there are, and the modules of each.
const MARKS: usize = 107;
const WIDTH: usize = 11;

/// The most marks of a symbol that is looked for, start, check and stop among them.
const MARKS_MAX: usize = 40;

/// A mark with one module on both sides.
const SEEN: usize = WIDTH + 2;

/// A symbol of that many marks, start, check and stop among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code128 {
    marks: usize,
}

/// How marks look at each of the spreads. Each begins with a bar and ends with a space.
static FANS: LazyLock<Vec<Fan<MARKS, SEEN>>> = LazyLock::new(|| {
    let look = |mark: usize, taps| {
        let mut modules = [0.0; SEEN];
        modules[1..=WIDTH].copy_from_slice(&modules_of(mark));
        modules[SEEN - 1] = 1.0;
        look_through(&modules, taps)
    };
    TAPS.iter()
        .map(|taps| Fan::of(|mark| look(mark, taps)))
        .collect()
});

/// The end of a symbol: a bar of two modules, and quiet.
const END: [f32; 6] = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0];

/// The start: quiet, and the first module of a bar.
const START: [f32; 5] = [0.0, 0.0, 0.0, 1.0, 1.0];

impl Code128 {
    /// Any number of marks.
    pub(super) const ANY: Self = Self { marks: 0 };

    fn len(self) -> usize {
        self.marks * WIDTH + 2
    }
}

impl Symbol<MARKS> for Code128 {
    type Look = [f32; SEEN];

    fn find(&self, profile: &Profile, edges: &[Edge]) -> Vec<Found<Self>> {
        find::find(profile, edges)
    }

    fn kind(&self) -> ScanKind {
        ScanKind::Code128
    }

    fn modules(&self) -> usize {
        self.len()
    }

    fn knots(&self) -> Vec<usize> {
        (0..=self.marks).map(|at| at * WIDTH).collect()
    }

    fn signs(&self) -> Vec<usize> {
        (0..self.marks).collect()
    }

    fn width(&self) -> usize {
        WIDTH
    }

    fn marks(&self, place: usize) -> Range<usize> {
        if place == 0 {
            STARTS
        } else if place + 1 == self.marks {
            STOP..STOP + 1
        } else {
            0..STARTS.start
        }
    }

    fn draw(&self, _place: usize, mark: usize, modules: &mut [f32]) {
        modules.copy_from_slice(&modules_of(mark));
    }

    fn drawn(&self, marks: &[usize]) -> Vec<f32> {
        let mut modules = vec![0.0; self.len() + 2 * BESIDE];
        joint::drawn(marks, &mut modules[BESIDE..]);
        modules
    }

    fn look(&self, profile: &Profile, from: f32, to: f32) -> Self::Look {
        window(profile, from, to)
    }

    fn fits(&self, knot: usize, look: &Self::Look, spread: usize) -> Fits<MARKS> {
        let mut fits = FANS[spread].fits(look);
        let marks = self.marks(knot);
        fits[..marks.start].fill(0.0);
        fits[marks.end..].fill(0.0);
        fits
    }

    fn start_fit(&self, profile: &Profile, knot: f32, module: f32) -> f32 {
        likeness(&row(profile, knot - 3.0 * module, module), &START)
    }

    fn end_fit(&self, profile: &Profile, knot: f32, module: f32) -> f32 {
        likeness(&row(profile, knot, module), &END)
    }

    fn likeliest(&self, fits: &[Fits<MARKS>]) -> Option<Likeliest> {
        joint::likeliest(*self, fits)
    }
}
