//! The cascade: what is cheap on every frame, what is dearer in turn over the frames that follow,
//! within a time budget, until something reads.

use std::time::Duration;

use rxing::common::BitMatrix;
use rxing::common::cpp_essentials::ConcentricPattern;
use rxing::qrcode::cpp_port::detector::{FinderPatternSet, GenerateFinderPatternSets};
use rxing::{Point, point};

use super::bars::{Care, Lines, read_bars, read_frame};
use super::binary::{Threshold, dark};
use super::budget::{Budget, Stopwatch};
use super::field::{Bars, Field};
use super::hint::{Hint, Hints, Suspect};
use super::qr::{read_dark, read_with_rqrr};
use super::vote::Ballot;
use super::{grid, guarded, merge};
use crate::frame::GreyFrame;
use crate::types::Found;

/// How long one frame may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanLimits {
    /// While a QR code is in view.
    pub with_a_qr_code: Duration,
    /// While bars are in view: what reads them at all reads them soon.
    pub with_bars: Duration,
    /// While there are only edges, as a shelf or a page of text has them.
    pub without: Duration,
}

impl Default for ScanLimits {
    fn default() -> Self {
        Self {
            with_a_qr_code: Duration::from_millis(26),
            with_bars: Duration::from_millis(13),
            without: Duration::from_millis(3),
        }
    }
}

/// What one frame showed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sight {
    /// The codes that count as read, every one of them on every frame that shows it.
    pub found: Vec<Found>,
    /// Why a code that is in view has not been read for some frames.
    pub hint: Option<Hint>,
}

/// Reads the frames of one camera, each with what the ones before it have shown.
#[derive(Debug, Default)]
pub struct Scanner {
    limits: ScanLimits,
    ballot: Ballot,
    hints: Hints,
    /// Which of the dearer tries comes next.
    turn: usize,
    /// Frames in a row whose bars were read.
    with_bars: usize,
}

/// What the picture is made into before it is made black and white.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Picture {
    Full,
    Half,
    Sharp,
    Soft,
    Inverted,
    InvertedHalf,
    Double,
}

#[derive(Debug, Clone, Copy)]
enum Reader {
    Rxing,
    Rqrr,
}

/// A dearer try.
#[derive(Debug, Clone, Copy)]
enum Try {
    Qr(Picture, Threshold, Reader),
    /// The grid laid over the grey picture, at the finder patterns that all looks have found.
    Grid,
    /// rqrr with its own threshold.
    Rqrr,
    /// Bars whose place is known, with that care, turned a little.
    Bars(Care, f32),
    /// Rows or columns of the whole frame.
    Lines {
        upright: bool,
        care: Care,
    },
}

/// What one of the dearer tries takes, about.
const ROOM_FOR_A_TRY: Duration = Duration::from_millis(1);

/// The dearer tries that a picture above 720p gets, since each costs several times as much.
const TRIES_FOR_A_LARGE_PICTURE: usize = 6;

/// Lines that must look like a product code's before bars are taken for one.
const SIGNS: usize = 2;

/// Finder patterns that are remembered, and grids that are laid in one try.
const FINDERS_MAX: usize = 40;
const GRIDS_MAX: usize = 4;

const SMALL_MEAN: Threshold = Threshold::Mean {
    share: 16,
    percent: 6,
};
const LARGE_MEAN: Threshold = Threshold::Mean {
    share: 5,
    percent: 10,
};

/// In the order of what they bring for their cost.
const TRIES: [Try; 18] = [
    Try::Grid,
    Try::Bars(Care { lines: 9, thick: 1 }, 0.0),
    Try::Qr(Picture::Sharp, Threshold::Hybrid, Reader::Rxing),
    Try::Lines {
        upright: false,
        care: Care {
            lines: 15,
            thick: 5,
        },
    },
    Try::Qr(Picture::Full, SMALL_MEAN, Reader::Rqrr),
    Try::Qr(Picture::InvertedHalf, Threshold::Hybrid, Reader::Rxing),
    Try::Bars(Care { lines: 9, thick: 9 }, 0.0),
    Try::Qr(Picture::Half, SMALL_MEAN, Reader::Rxing),
    Try::Rqrr,
    Try::Lines {
        upright: true,
        care: Care {
            lines: 15,
            thick: 5,
        },
    },
    Try::Qr(Picture::Soft, LARGE_MEAN, Reader::Rxing),
    Try::Grid,
    Try::Bars(Care { lines: 9, thick: 3 }, 0.05),
    Try::Qr(Picture::Full, LARGE_MEAN, Reader::Rxing),
    Try::Bars(Care { lines: 9, thick: 3 }, -0.05),
    Try::Qr(Picture::Inverted, SMALL_MEAN, Reader::Rqrr),
    Try::Qr(Picture::Full, Threshold::Otsu, Reader::Rxing),
    Try::Qr(Picture::Double, Threshold::Hybrid, Reader::Rxing),
];

impl Scanner {
    /// A scanner with other limits than the usual ones.
    #[must_use]
    pub fn new(limits: ScanLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// The codes in the next frame. `now` is asked how much time has passed.
    pub fn look(&mut self, frame: &GreyFrame, now: Stopwatch<'_>) -> Sight {
        let budget = Budget::starting_now(now);
        self.ballot.next_frame();
        let field = Field::of(frame);
        if !field.is_worth_reading() {
            self.hints = Hints::default();
            self.with_bars = 0;
            return Sight::default();
        }
        let mut work = Work::new(frame, &field);
        let found = self.read(&mut work, &budget);
        let hint = self.hints.after(frame, !found.is_empty(), work.suspect());
        Sight { found, hint }
    }

    fn read(&mut self, work: &mut Work<'_>, budget: &Budget<'_>) -> Vec<Found> {
        let mut found = Vec::new();
        for bars in work.bars.iter().take(2) {
            let lines = read_bars(work.frame, bars, Care { lines: 5, thick: 3 }, 0.0);
            work.signs += lines.signs;
            self.ballot.add(lines.reads);
        }
        merge(&mut found, self.ballot.winners(work.frame));
        if !found.is_empty() {
            // Once they are told they have had their time: a card beside a product is read as well.
            let picture = match self.with_bars {
                0 => None,
                frames if frames % 2 == 1 => Some(Picture::Half),
                _ => Some(Picture::Full),
            };
            self.with_bars += 1;
            let more = picture.map(|picture| work.qr(picture, Threshold::Hybrid, Reader::Rxing));
            merge(&mut found, more.unwrap_or_default());
            return found;
        }
        self.with_bars = 0;
        for picture in [Picture::Half, Picture::Full] {
            let more = work.qr(picture, Threshold::Hybrid, Reader::Rxing);
            merge(&mut found, more);
            if !found.is_empty() {
                return found;
            }
        }
        let tries = if work.is_large() {
            TRIES_FOR_A_LARGE_PICTURE
        } else {
            TRIES.len()
        };
        for _ in 0..tries {
            let (matrix, linear) = (
                work.triples > 0,
                work.signs >= SIGNS || self.ballot.is_open(),
            );
            let limit = if matrix {
                self.limits.with_a_qr_code
            } else if linear {
                self.limits.with_bars
            } else {
                self.limits.without
            };
            if !budget.has_room(ROOM_FOR_A_TRY, limit) {
                break;
            }
            let next = TRIES[self.turn % TRIES.len()];
            self.turn = (self.turn + 1) % TRIES.len();
            // What is known to be of one kind is not read as the other.
            let other_kind = matrix != linear && next.is_for_bars() != linear;
            if other_kind || (next.is_for_bars() && work.bars.is_empty()) {
                continue;
            }
            merge(&mut found, self.attempt(next, work));
            if !found.is_empty() {
                // What has read this frame will likely read the next.
                self.turn = (self.turn + TRIES.len() - 1) % TRIES.len();
                break;
            }
        }
        found
    }

    fn attempt(&mut self, what: Try, work: &mut Work<'_>) -> Vec<Found> {
        let lines = match what {
            Try::Qr(picture, threshold, reader) => return work.qr(picture, threshold, reader),
            Try::Rqrr => return read_with_rqrr(work.frame, None),
            Try::Grid => return work.grid(),
            Try::Bars(care, turn) => {
                let mut all = Lines::default();
                for bars in &work.bars {
                    let lines = read_bars(work.frame, bars, care, turn);
                    all.signs += lines.signs;
                    all.reads.extend(lines.reads);
                }
                all
            }
            Try::Lines { upright, care } => read_frame(work.frame, upright, care),
        };
        work.signs += lines.signs;
        self.ballot.add(lines.reads);
        self.ballot.winners(work.frame)
    }
}

impl Try {
    fn is_for_bars(self) -> bool {
        matches!(self, Self::Bars(..) | Self::Lines { .. })
    }
}

/// A frame, with what was made of it so far.
struct Work<'a> {
    frame: &'a GreyFrame,
    half: Option<GreyFrame>,
    bars: Vec<Bars>,
    /// Every finder pattern that any look has found, in pixels of the frame.
    finders: Vec<ConcentricPattern>,
    /// The three of them that are most likely a code's.
    triple: Option<FinderPatternSet>,
    /// Finder patterns that stand by three as those of a QR code do.
    triples: usize,
    /// Lines that look like a product code's.
    signs: usize,
}

impl<'a> Work<'a> {
    fn new(frame: &'a GreyFrame, field: &Field) -> Self {
        Self {
            frame,
            half: None,
            bars: field.bars(4),
            finders: Vec::new(),
            triple: None,
            triples: 0,
            signs: 0,
        }
    }

    fn is_large(&self) -> bool {
        self.frame.luma().len() > 2_000_000
    }

    fn qr(&mut self, picture: Picture, threshold: Threshold, reader: Reader) -> Vec<Found> {
        let made = match picture {
            Picture::Full => None,
            Picture::Half => Some(self.half().clone()),
            Picture::Sharp => Some(self.frame.sharpened()),
            Picture::Soft => Some(self.frame.softened()),
            Picture::Inverted => Some(self.frame.inverted()),
            Picture::InvertedHalf => Some(self.half().inverted()),
            Picture::Double => Some(self.half().doubled()),
        };
        let shown = made.as_ref().unwrap_or(self.frame);
        let Some(dark) = dark(shown, threshold) else {
            return Vec::new();
        };
        self.read(&dark, shown, reader)
    }

    fn read(&mut self, dark: &BitMatrix, shown: &GreyFrame, reader: Reader) -> Vec<Found> {
        match reader {
            Reader::Rqrr => read_with_rqrr(shown, Some(dark)),
            Reader::Rxing => {
                let look = read_dark(dark, shown, false);
                self.triples = self.triples.max(look.triples);
                self.remember(&look.finders, shown);
                look.found
            }
        }
    }

    /// Adds the finder patterns that are not known yet.
    fn remember(&mut self, finders: &[ConcentricPattern], shown: &GreyFrame) {
        let scale = self.frame.width() as f32 / shown.width() as f32;
        for finder in finders {
            let here = ConcentricPattern {
                p: point(finder.p.x * scale, finder.p.y * scale),
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

    fn grid(&mut self) -> Vec<Found> {
        let triples = self.likely_triples();
        self.triples = self.triples.max(triples.len());
        self.triple = triples.first().copied();
        let triples = triples.iter().take(GRIDS_MAX);
        let mut found = Vec::new();
        for triple in triples {
            merge(
                &mut found,
                guarded(|| grid::read(self.frame, triple))
                    .flatten()
                    .into_iter()
                    .collect(),
            );
        }
        found
    }

    /// Three finder patterns that stand as a code's do, the likeliest first.
    fn likely_triples(&self) -> Vec<FinderPatternSet> {
        let mut finders = self.finders.clone();
        guarded(|| GenerateFinderPatternSets(&mut finders)).unwrap_or_default()
    }

    /// Where there is a code, if there is one.
    fn suspect(&mut self) -> Option<Suspect> {
        if self.triple.is_none() && self.triples > 0 {
            // The try that lays grids had no turn on this frame.
            self.triple = self.likely_triples().first().copied();
        }
        if let Some(triple) = &self.triple {
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
        let bars = self.bars.first().filter(|_| self.signs >= SIGNS)?;
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
}
