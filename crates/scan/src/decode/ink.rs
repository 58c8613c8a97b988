//! The corners of codes that are dark on light, or of those that are light on dark, and where grids were laid over them.

use rxing::common::cpp_essentials::ConcentricPattern;
use rxing::qrcode::cpp_port::detector::FinderPatternSet;
use rxing::{Point, point};

use super::corners::{self, Corner, Set};
use super::qr::Look;
use super::{grid, guarded, merge, triples};
use crate::frame::GreyFrame;
use crate::types::Found;

/// How much like a finder pattern a corner looks that is hardly anything else.
const SURE: f32 = 0.8;

/// Sure corners of which two are taken for a code's, and how well a grid must fit at first whose third is made up.
const SURE_MAX: usize = 4;
const FITS_MADE_UP: f32 = 0.3;

/// Finder patterns that are remembered, and grids that are laid in one try.
const FINDERS_MAX: usize = 40;
const GRIDS_MAX: usize = 1;

/// Corners beside which others are looked for.
const SEARCHED_MAX: usize = 6;

/// In pixels, across and down.
type Place = (f32, f32);

/// How well a grid must fit for there to be a code, read or not; text by chance stays below.
const NEARLY_FITS: f32 = 0.33;

/// What was seen of codes that are dark on light, or of those that are light on dark.
#[derive(Debug, Default)]
pub(super) struct Ink {
    /// Every finder pattern that any look has found, in pixels of the frame.
    finders: Vec<ConcentricPattern>,
    /// Those by three where a grid was laid already, and how well the best of the grids fit.
    laid: Vec<FinderPatternSet>,
    sets: Vec<Set>,
    /// The finder patterns that were looked at closely: how many of all, and those that the grey picture shows as well.
    looked_at: usize,
    corners: Vec<Corner>,
    /// Beside how many of them others were looked for.
    searched: usize,
    fit: f32,
    /// Finder patterns that stand by three as those of a QR code do, at most in any look.
    triples: usize,
}

impl Ink {
    /// Where a code may lie: around the likeliest three corners, or around the two largest that are as large as each other
    /// and not too far apart. Its lowest and its highest place.
    pub(super) fn near(&self) -> Option<(Place, Place)> {
        let likely = triples::likely(&self.finders).first().copied();
        let (corners, margin) = match likely {
            Some(triple) => (vec![triple.tl, triple.tr, triple.bl], 0.5),
            None => (self.pair()?.to_vec(), 1.1),
        };
        let ends = |axis: fn(&Point) -> f32| {
            let places = corners.iter().map(|corner| axis(&corner.p));
            let low = places.clone().fold(f32::MAX, f32::min);
            (low, places.fold(f32::MIN, f32::max))
        };
        let ((left, right), (top, bottom)) = (ends(|p| p.x), ends(|p| p.y));
        let reach = (right - left).max(bottom - top) * margin;
        Some(((left - reach, top - reach), (right + reach, bottom + reach)))
    }

    fn pair(&self) -> Option<[ConcentricPattern; 2]> {
        let mut finders = self.finders.clone();
        finders.sort_by_key(|finder| std::cmp::Reverse(finder.size));
        let is_pair = |two: &&[ConcentricPattern]| {
            let apart = Point::distance(two[0].p, two[1].p) / two[0].size.max(1) as f32;
            two[0].size < 2 * two[1].size && (1.5..25.0).contains(&apart)
        };
        let two = finders.windows(2).find(is_pair)?;
        Some([two[0], two[1]])
    }

    /// Whether finder patterns stand as a code's do, and no grid has shown that there is none.
    pub(super) fn may_be_a_code(&self) -> bool {
        let nothing_laid = self.laid.is_empty() && self.sets.is_empty();
        (self.triples > 0 && nothing_laid) || self.fit >= NEARLY_FITS
    }

    /// The three finder patterns that are the likeliest to be a code's, if any stand so.
    pub(super) fn likeliest(&self) -> Option<FinderPatternSet> {
        let seen = (self.triples > 0).then(|| triples::likely(&self.finders))?;
        seen.first().copied()
    }

    pub(super) fn has_finders(&self) -> bool {
        !self.finders.is_empty()
    }

    pub(super) fn has_two_finders(&self) -> bool {
        self.finders.len() >= 2
    }

    pub(super) fn has_a_sure_corner(&self) -> bool {
        self.corners.iter().any(|corner| corner.like >= SURE)
    }

    /// Whether there may be corners of a code.
    pub(super) fn has_corners(&self) -> bool {
        self.has_two_finders() || !self.corners.is_empty()
    }

    /// Looks closely at what is new of what looks at black and white took for finder patterns.
    pub(super) fn look_closely(&mut self, frame: &GreyFrame) {
        for finder in &self.finders[self.looked_at..] {
            let corner = guarded(|| Corner::of(frame, finder)).flatten();
            corner
                .into_iter()
                .for_each(|corner| corners::add(&mut self.corners, corner));
        }
        self.looked_at = self.finders.len();
    }

    /// Lays a grid over three corners that are a code's; where there are none that had no grid yet, others are looked for beside
    /// one of those that are known.
    pub(super) fn read_corners(&mut self, frame: &GreyFrame) -> Vec<Found> {
        self.look_closely(frame);
        if let Some(set) = self.next_set() {
            return self.read_set(frame, set);
        }
        if self.searched < SEARCHED_MAX
            && let Some(seed) = self.corners.get(self.searched).copied()
        {
            self.searched += 1;
            let beside = guarded(|| corners::beside(frame, &seed)).unwrap_or_default();
            for corner in beside {
                corners::add(&mut self.corners, corner);
            }
        }
        let set = self.next_set().or_else(|| self.made_up(frame));
        set.map_or(Vec::new(), |set| self.read_set(frame, set))
    }

    /// Two corners that are sure and a third that is made up, where what should be there is there.
    fn made_up(&self, frame: &GreyFrame) -> Option<Set> {
        let sure = self.corners.iter().filter(|corner| corner.like >= SURE);
        let sure: Vec<Corner> = sure.copied().take(SURE_MAX).collect();
        let new = corners::with_one_made_up(&sure).into_iter();
        let new = new.filter(|set| !self.sets.iter().any(|known| known.is_same(set)));
        let fits = new.map(|set| (grid::fit_at_first(frame, &set), set));
        let best = fits.max_by(|a, b| a.0.total_cmp(&b.0))?;
        (best.0 >= FITS_MADE_UP).then_some(best.1)
    }

    /// The likeliest three corners that had no grid yet.
    fn next_set(&self) -> Option<Set> {
        let is_known = |set: &Set| self.sets.iter().any(|known| known.is_same(set));
        let sets = corners::sets(&self.corners);
        sets.into_iter().find(|set| !is_known(set))
    }

    fn read_set(&mut self, frame: &GreyFrame, set: Set) -> Vec<Found> {
        self.sets.push(set);
        let laid = guarded(|| grid::read_set(frame, &set)).unwrap_or_default();
        self.fit = self.fit.max(laid.fit);
        laid.found.into_iter().collect()
    }

    /// Adds what a look at black and white has found; where it was is in the picture that was looked at, which is that much
    /// smaller than the frame.
    pub(super) fn remember(&mut self, look: &Look, place: impl Fn(f32, f32) -> Place, scale: f32) {
        self.triples = self.triples.max(look.triples);
        for finder in &look.finders {
            let (x, y) = place(finder.p.x, finder.p.y);
            let here = ConcentricPattern {
                p: point(x, y),
                size: (finder.size as f32 * scale).round() as i32,
            };
            let near = |known: &ConcentricPattern| {
                (known.p.x - here.p.x).hypot(known.p.y - here.p.y) < here.size as f32 / 2.0
            };
            if self.finders.len() < FINDERS_MAX && !self.finders.iter().any(near) {
                self.finders.push(here);
            }
        }
    }

    /// Lays a grid wherever three finder patterns may be a code's that had none yet.
    pub(super) fn read_triples(&mut self, frame: &GreyFrame) -> Vec<Found> {
        let mut found = Vec::new();
        for triple in self.not_laid_yet() {
            let laid = guarded(|| grid::read(frame, &triple)).unwrap_or_default();
            self.fit = self.fit.max(laid.fit);
            merge(&mut found, laid.found.into_iter().collect());
        }
        found
    }

    /// The likeliest places of a code that were not tried yet, which then count as tried.
    fn not_laid_yet(&mut self) -> Vec<FinderPatternSet> {
        let likely = triples::likely(&self.finders).into_iter();
        let new: Vec<_> = likely
            .filter(|triple| {
                !self
                    .laid
                    .iter()
                    .any(|known| triples::is_same(known, triple))
            })
            .take(GRIDS_MAX)
            .collect();
        self.laid.extend(&new);
        new
    }
}
