//! One frame, with what was made of it and what was found in it so far.

use std::borrow::Cow;

use rxing::common::cpp_essentials::ConcentricPattern;
use rxing::qrcode::cpp_port::detector::FinderPatternSet;
use rxing::{Point, point};

use super::binary::{Threshold, dark};
use super::field::{Bars, Field};
use super::hint::Suspect;
use super::qr::{read_dark, read_with_rqrr};
use super::tries::{Picture, Reader};
use super::{grid, guarded, merge, share, triples};
use crate::frame::GreyFrame;
use crate::types::Found;

/// Lines that must look like a product code's before bars are taken for one.
const SIGNS: usize = 2;

/// Finder patterns that are remembered, and grids that are laid in one try.
const FINDERS_MAX: usize = 40;
const GRIDS_MAX: usize = 2;

/// The most pixels that are doubled near a code.
const NEAR_MAX: usize = 160_000;

/// In pixels, across and down.
type Place = (f32, f32);

/// How well a grid must fit for there to be a code, read or not; text by chance stays below.
const NEARLY_FITS: f32 = 0.33;

/// What was seen of codes that are dark on light, or of those that are light on dark.
#[derive(Debug, Default)]
struct Ink {
    /// Every finder pattern that any look has found, in pixels of the frame.
    finders: Vec<ConcentricPattern>,
    /// Those by three where a grid was laid already, and how well the best of the grids fit.
    laid: Vec<FinderPatternSet>,
    fit: f32,
    /// Finder patterns that stand by three as those of a QR code do, at most in any look.
    triples: usize,
}

/// A frame, with what was made of it so far.
pub(super) struct Work<'a> {
    pub(super) frame: &'a GreyFrame,
    half: Option<GreyFrame>,
    /// With dark and light exchanged.
    light: Option<GreyFrame>,
    pub(super) bars: Vec<Bars>,
    dark_ink: Ink,
    light_ink: Ink,
    /// Lines that look like a product code's.
    pub(super) signs: usize,
}

impl<'a> Work<'a> {
    pub(super) fn new(frame: &'a GreyFrame, field: &Field) -> Self {
        Self {
            frame,
            half: None,
            light: None,
            bars: field.bars(4),
            dark_ink: Ink::default(),
            light_ink: Ink::default(),
            signs: 0,
        }
    }

    pub(super) fn is_large(&self) -> bool {
        self.frame.luma().len() > 2_000_000
    }

    pub(super) fn has_a_qr_code(&self) -> bool {
        self.dark_ink.may_be_a_code() || self.light_ink.may_be_a_code()
    }

    /// Whether lines look like a product code's.
    pub(super) fn has_bars(&self) -> bool {
        self.signs >= SIGNS
    }

    pub(super) fn has_corners(&self) -> bool {
        self.dark_ink.finders.len() >= 2 || self.has_light_corners()
    }

    pub(super) fn has_light_corners(&self) -> bool {
        self.light_ink.finders.len() >= 2
    }

    /// Reads a picture that was made of the frame, black and white by that threshold.
    pub(super) fn qr(
        &mut self,
        picture: Picture,
        threshold: Threshold,
        reader: Reader,
    ) -> Vec<Found> {
        let Some(shown) = self.shown(picture) else {
            return Vec::new();
        };
        let Some(dark) = dark(&shown.picture, threshold) else {
            return Vec::new();
        };
        let found = match reader {
            Reader::Rqrr => read_with_rqrr(&shown.picture, Some(&dark)),
            Reader::Rxing => {
                let look = read_dark(&dark, &shown.picture, shown.is_near());
                let ink = match picture {
                    Picture::Light | Picture::LightHalf => &mut self.light_ink,
                    _ => &mut self.dark_ink,
                };
                ink.triples = ink.triples.max(look.triples);
                ink.remember(&look.finders, &shown);
                look.found
            }
        };
        shown.found_in(self.frame, found)
    }

    /// Reads a picture that was made of the frame with rqrr's own threshold.
    pub(super) fn rqrr(&mut self, picture: Picture) -> Vec<Found> {
        let shown = self.shown(picture);
        shown.map_or(Vec::new(), |shown| {
            let found = read_with_rqrr(&shown.picture, None);
            shown.found_in(self.frame, found)
        })
    }

    /// The picture, where there is one: nothing is near before corners were seen.
    fn shown(&mut self, picture: Picture) -> Option<Shown<'a>> {
        let frame = self.frame;
        let made = match picture {
            Picture::Full => Cow::Borrowed(frame),
            Picture::Half => Cow::Owned(self.half().clone()),
            Picture::Sharp => Cow::Owned(frame.sharpened()),
            Picture::Soft => Cow::Owned(frame.softened()),
            Picture::Light => Cow::Owned(self.light().clone()),
            Picture::LightHalf => Cow::Owned(self.half().inverted()),
            Picture::Double => Cow::Owned(self.half().doubled()),
            Picture::Near | Picture::NearDouble => {
                let (from, to) = self.dark_ink.near()?;
                let (left, top, piece) = frame.piece(from, to)?;
                let scale = if picture == Picture::Near { 1.0 } else { 0.5 };
                let is_large = piece.luma().len() > NEAR_MAX;
                if is_large && picture == Picture::NearDouble {
                    return None;
                }
                let picture = match picture {
                    Picture::Near => piece,
                    _ => piece.doubled(),
                };
                return Some(Shown {
                    picture: Cow::Owned(picture),
                    left: left as f32,
                    top: top as f32,
                    scale,
                });
            }
        };
        let scale = frame.width() as f32 / made.width() as f32;
        Some(Shown {
            picture: made,
            left: 0.0,
            top: 0.0,
            scale,
        })
    }

    /// Lays a grid wherever three finder patterns may be a code's that had none yet.
    pub(super) fn grid(&mut self) -> Vec<Found> {
        let mut found = Vec::new();
        for triple in self.dark_ink.not_laid_yet() {
            let laid = guarded(|| grid::read(self.frame, &triple)).unwrap_or_default();
            self.dark_ink.fit = self.dark_ink.fit.max(laid.fit);
            merge(&mut found, laid.found.into_iter().collect());
        }
        for triple in self.light_ink.not_laid_yet() {
            let light = self.light();
            let laid = guarded(|| grid::read(light, &triple)).unwrap_or_default();
            self.light_ink.fit = self.light_ink.fit.max(laid.fit);
            merge(&mut found, laid.found.into_iter().collect());
        }
        found
    }

    /// Where there is a code, if there is one.
    pub(super) fn suspect(&self) -> Option<Suspect> {
        let inks = [&self.dark_ink, &self.light_ink];
        let seen = inks.into_iter().find(|ink| ink.triples > 0);
        if let Some(triple) = seen.and_then(|ink| triples::likely(&ink.finders).first().copied()) {
            let [tl, tr, bl] = [triple.tl, triple.tr, triple.bl].map(|finder| finder.p);
            let br = point(tr.x + bl.x - tl.x, tr.y + bl.y - tl.y);
            let module = (triple.tl.size + triple.tr.size + triple.bl.size) as f32 / 21.0;
            let reach = 3.5 * module;
            let corners = [tl, tr, bl, br];
            let ends = |axis: fn(&Point) -> f32| {
                let low = corners.iter().map(axis).fold(f32::MAX, f32::min);
                let high = corners.iter().map(axis).fold(f32::MIN, f32::max);
                (low - reach, high + reach)
            };
            let ((left, right), (top, bottom)) = (ends(|p| p.x), ends(|p| p.y));
            return Some(Suspect {
                left,
                top,
                right,
                bottom,
                module,
            });
        }
        let bars = self.bars.first().filter(|_| self.has_bars())?;
        let (sin, cos) = (bars.direction.sin().abs(), bars.direction.cos().abs());
        let reach_x = bars.half_length * cos + bars.half_height * sin;
        let reach_y = bars.half_length * sin + bars.half_height * cos;
        Some(Suspect {
            left: bars.x - reach_x,
            top: bars.y - reach_y,
            right: bars.x + reach_x,
            bottom: bars.y + reach_y,
            module: bars.half_length * 2.0 / 95.0,
        })
    }

    fn half(&mut self) -> &GreyFrame {
        let frame = self.frame;
        self.half.get_or_insert_with(|| {
            let longer = frame.width().max(frame.height());
            frame.shrunk_to(longer / 2).unwrap_or_else(|| frame.clone())
        })
    }

    fn light(&mut self) -> &GreyFrame {
        let frame = self.frame;
        self.light.get_or_insert_with(|| frame.inverted())
    }
}

/// A picture made of a frame: where in it, and how many pixels of it a pixel is.
struct Shown<'a> {
    picture: Cow<'a, GreyFrame>,
    left: f32,
    top: f32,
    scale: f32,
}

impl Shown<'_> {
    fn is_near(&self) -> bool {
        self.scale < 1.0
    }

    /// The place in pixels of the frame.
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.left + x * self.scale, self.top + y * self.scale)
    }

    /// What was found in the picture, where it lies in the frame.
    fn found_in(&self, frame: &GreyFrame, mut found: Vec<Found>) -> Vec<Found> {
        let (width, height) = (self.picture.width() as f32, self.picture.height() as f32);
        for corner in found
            .iter_mut()
            .filter_map(|one| one.outline.as_mut())
            .flatten()
        {
            let (x, y) = self.place(corner.x * width, corner.y * height);
            *corner = share(x, y, frame);
        }
        found
    }
}

impl Ink {
    /// Where a code may lie: around the likeliest three corners, or around the two largest that are as large as each other
    /// and not too far apart. Its lowest and its highest place.
    fn near(&self) -> Option<(Place, Place)> {
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
    fn may_be_a_code(&self) -> bool {
        self.triples > 0 && (self.laid.is_empty() || self.fit >= NEARLY_FITS)
    }

    /// Adds the finder patterns that are not known yet.
    fn remember(&mut self, finders: &[ConcentricPattern], shown: &Shown<'_>) {
        for finder in finders {
            let (x, y) = shown.place(finder.p.x, finder.p.y);
            let here = ConcentricPattern {
                p: point(x, y),
                size: (finder.size as f32 * shown.scale).round() as i32,
            };
            let near = |known: &ConcentricPattern| {
                (known.p.x - here.p.x).hypot(known.p.y - here.p.y) < here.size as f32 / 2.0
            };
            if self.finders.len() < FINDERS_MAX && !self.finders.iter().any(near) {
                self.finders.push(here);
            }
        }
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
