//! What the reader of broad lines must know of a kind of symbol.

use std::ops::Range;

use super::joint::{Fits, Likeliest};
use crate::decode::bars::profile::{Edge, Profile};
use crate::decode::bars::upc_ean::Place;
use crate::types::ScanKind;

/// A symbol that may lie somewhere on a line.
pub(super) struct Found<S> {
    pub(super) symbol: S,
    pub(super) place: Place,
    /// Whether it is read from its other end, where its ends tell.
    pub(super) turned: Option<bool>,
}

/// A symbol as pieces between knots: signs, which look like one of `N` marks each, and bars that are always the same.
pub(super) trait Symbol<const N: usize>: Copy {
    /// What is compared with how marks look.
    type Look;

    /// The places where such a symbol may lie on a line, the best first.
    fn find(&self, profile: &Profile, edges: &[Edge]) -> Vec<Found<Self>>;

    fn kind(&self) -> ScanKind;

    /// From its first bar to its last.
    fn modules(&self) -> usize;

    /// The modules where pieces begin, and where the last of each side ends.
    fn knots(&self) -> Vec<usize>;

    /// Of each sign the knot that it begins at.
    fn signs(&self) -> Vec<usize>;

    /// The modules of a sign.
    fn width(&self) -> usize;

    /// The marks that may stand at a place.
    fn marks(&self, place: usize) -> Range<usize>;

    /// Draws a mark at a place; dark is 1.
    fn draw(&self, place: usize, mark: usize, modules: &mut [f32]);

    /// The modules of a symbol with these marks, and quiet ones on both sides; dark is 1.
    fn drawn(&self, marks: &[usize]) -> Vec<f32>;

    /// The grey between two knots.
    fn look(&self, profile: &Profile, from: f32, to: f32) -> Self::Look;

    /// How well each mark looks like that at a spread, whatever its neighbours are.
    fn fits(&self, knot: usize, look: &Self::Look, spread: usize) -> Fits<N>;

    /// How well bars that are always the same fit between two places, where the piece is no sign.
    fn bars_fit(&self, _profile: &Profile, _knot: usize, _between: (f32, f32)) -> Option<f32> {
        None
    }

    /// How well what lies before the first knot and behind the last one fits, at modules of that width.
    fn start_fit(&self, profile: &Profile, knot: f32, module: f32) -> f32;
    fn end_fit(&self, profile: &Profile, knot: f32, module: f32) -> f32;

    /// The likeliest marks that are a code.
    fn likeliest(&self, fits: &[Fits<N>]) -> Option<Likeliest>;
}
