//! One frame, with what was made of it and what was found in it so far.

use std::borrow::Cow;

use rxing::{Point, point};

use super::binary::{Threshold, dark};
use super::field::{Bars, Field};
use super::hint::Suspect;
use super::ink::Ink;
use super::qr::{read_dark, read_with_rqrr};
use super::tries::{Picture, Reader};
use super::{merge, share};
use crate::frame::GreyFrame;
use crate::types::Found;

/// Lines that must look like a product code's before bars are taken for one.
const SIGNS: usize = 2;

/// The most places with bars that are read.
const BARS_MAX: usize = 4;

/// Bars that are less than that share of others are a part of them.
const WHOLE: f32 = 0.75;

/// The most pixels that are doubled near a code.
const NEAR_MAX: usize = 160_000;

/// A frame, with what was made of it so far.
pub(super) struct Work<'a> {
    pub(super) frame: &'a GreyFrame,
    half: Option<GreyFrame>,
    /// With dark and light exchanged.
    light: Option<GreyFrame>,
    pub(super) bars: Vec<Bars>,
    /// Bars that noise hides.
    faint: Option<Vec<Bars>>,
    dark_ink: Ink,
    light_ink: Ink,
    /// Lines that look like a product code's.
    pub(super) signs: usize,
    /// How many of the bars' lines were read together.
    together: usize,
}

impl<'a> Work<'a> {
    pub(super) fn new(frame: &'a GreyFrame, field: &Field) -> Self {
        Self {
            frame,
            half: None,
            light: None,
            bars: field.bars(BARS_MAX, false),
            faint: None,
            dark_ink: Ink::default(),
            light_ink: Ink::default(),
            signs: 0,
            together: 0,
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
        self.dark_ink.has_corners() || self.light_ink.has_corners()
    }

    pub(super) fn has_a_sure_corner(&self) -> bool {
        self.dark_ink.has_a_sure_corner() || self.light_ink.has_a_sure_corner()
    }

    pub(super) fn has_light_corners(&self) -> bool {
        self.light_ink.has_two_finders()
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
                ink.remember(&look, |x, y| shown.place(x, y), shown.scale);
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

    /// Looks for bars that noise hides, in half the size, where it is half as strong.
    pub(super) fn look_for_faint_bars(&mut self) {
        let half = Field::of(self.half());
        let known = |bars: &Bars| {
            let near = |other: &Bars| {
                let far = (other.x - bars.x).hypot(other.y - bars.y);
                // What shows through noise may be a part alone.
                far < bars.half_length.max(bars.half_height) / 2.0
                    && other.half_length > WHOLE * bars.half_length
            };
            self.bars.iter().any(near)
        };
        let faint = half.bars(2, true).into_iter().map(|bars| bars.scaled(2.0));
        self.faint = Some(faint.filter(|bars| !known(bars)).collect());
    }

    /// The bars that noise hides.
    pub(super) fn faint(&mut self) -> Vec<Bars> {
        if self.faint.is_none() {
            self.look_for_faint_bars();
        }
        self.faint.clone().unwrap_or_default()
    }

    /// The bars whose lines were not yet read together, in the frame of that number.
    pub(super) fn next_bars(&mut self, frame: usize) -> Option<Bars> {
        let faint = self.faint.iter().flatten();
        let count = self.bars.len() + faint.clone().count();
        // Where lines look like a code's, the most striking come first; else each has its turn, every other frame.
        let (first, most) = match (self.has_bars(), frame % 2) {
            (true, _) => (0, count),
            (false, 0) => (frame / 2, count.min(1)),
            (false, _) => return None,
        };
        if self.together >= most {
            return None;
        }
        let at = (first + self.together) % count;
        self.together += 1;
        self.bars.iter().chain(faint).copied().nth(at)
    }

    /// Lays a grid wherever three finder patterns may be a code's that had none yet.
    pub(super) fn grid(&mut self) -> Vec<Found> {
        let mut found = self.dark_ink.read_triples(self.frame);
        if self.light_ink.has_finders() {
            self.light();
            if let Some(light) = &self.light {
                merge(&mut found, self.light_ink.read_triples(light));
            }
        }
        found
    }

    /// Looks closely at the finder patterns that were found, lays a grid wherever three of them are a code's, and where they are
    /// not looks for others beside them.
    pub(super) fn corners(&mut self) -> Vec<Found> {
        let mut found = self.dark_ink.read_corners(self.frame);
        if found.is_empty() && self.light_ink.has_finders() {
            self.light();
            if let Some(light) = &self.light {
                found = self.light_ink.read_corners(light);
            }
        }
        found
    }

    /// Looks closely at what the looks at black and white took for finder patterns.
    pub(super) fn look_closely(&mut self) {
        self.dark_ink.look_closely(self.frame);
        if self.light_ink.has_finders() {
            self.light();
            if let Some(light) = &self.light {
                self.light_ink.look_closely(light);
            }
        }
    }

    /// Where there is a code, if there is one.
    pub(super) fn suspect(&self) -> Option<Suspect> {
        let inks = [&self.dark_ink, &self.light_ink];
        if let Some(triple) = inks.into_iter().find_map(Ink::likeliest) {
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
