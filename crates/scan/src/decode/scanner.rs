//! The cascade: what is cheap on every frame, what is dearer in turn over the frames that follow,
//! within a time budget, until something reads.

use std::time::Duration;

use super::bars::{Care, Lines, read_bars, read_frame, read_together};
use super::binary::Threshold;
use super::budget::{Budget, Stopwatch};
use super::field::Field;
use super::hint::{Hint, Hints};
use super::merge;
use super::tries::{Picture, Reader, TRIES, Try};
use super::vote::Ballot;
use super::work::Work;
use crate::frame::GreyFrame;
use crate::types::Found;

/// What one of the dearer tries takes, about.
const ROOM_FOR_A_TRY: Duration = Duration::from_millis(1);

/// The dearer tries that a picture above 720p gets, since each costs several times as much.
const TRIES_FOR_A_LARGE_PICTURE: usize = 9;

/// How long one frame may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanLimits {
    /// While a QR code is in view.
    pub with_a_qr_code: Duration,
    /// While bars are in view: what reads them at all reads them soon.
    pub with_bars: Duration,
    /// While something might be a corner of a QR code: letters and stickers are at times.
    pub with_corners: Duration,
    /// While the grey picture shows a corner that is hardly anything else.
    pub with_a_sure_corner: Duration,
    /// While there are only edges, as a shelf or a page of text has them.
    pub without: Duration,
}

impl Default for ScanLimits {
    fn default() -> Self {
        Self {
            with_a_qr_code: Duration::from_millis(24),
            with_bars: Duration::from_millis(13),
            with_corners: Duration::from_millis(9),
            with_a_sure_corner: Duration::from_millis(13),
            without: Duration::from_micros(2_000),
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
    /// Frames that were looked at.
    frames: usize,
    /// Frames in a row whose bars were read.
    with_bars: usize,
}

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
        self.frames = self.frames.wrapping_add(1);
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
            let more = picture.map(|picture| work.qr(picture, Threshold::Blocks, Reader::Rxing));
            merge(&mut found, more.unwrap_or_default());
            return found;
        }
        self.with_bars = 0;
        for picture in [
            Picture::Half,
            Picture::Full,
            Picture::LightHalf,
            Picture::Light,
        ] {
            if picture == Picture::Light && !work.has_light_corners() {
                continue;
            }
            let more = work.qr(picture, Threshold::Blocks, Reader::Rxing);
            merge(&mut found, more);
            if !found.is_empty() {
                return found;
            }
        }
        work.look_closely();
        if !work.has_bars() {
            work.look_for_faint_bars();
            found = self.attempt(Try::Together, work);
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
                work.has_a_qr_code(),
                work.has_bars() || self.ballot.is_open(),
            );
            let limit = if matrix {
                self.limits.with_a_qr_code
            } else if linear {
                self.limits.with_bars
            } else if work.has_a_sure_corner() {
                self.limits.with_a_sure_corner
            } else if work.has_corners() {
                self.limits.with_corners
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
            if other_kind || (next.needs_bars() && work.bars.is_empty()) {
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
            Try::Rqrr(picture) => return work.rqrr(picture),
            Try::Grid => return work.grid(),
            Try::Corners => return work.corners(),
            Try::Bars(care, turn) => {
                let bars = work.bars.iter();
                bars.map(|bars| read_bars(work.frame, bars, care, turn))
                    .collect()
            }
            Try::Faint => {
                let bars = work.faint().into_iter();
                bars.map(|bars| read_together(work.frame, &bars)).collect()
            }
            Try::Together => {
                let bars = work.next_bars(self.frames);
                bars.map_or(Lines::default(), |bars| read_together(work.frame, &bars))
            }
            Try::Lines { upright, care } => read_frame(work.frame, upright, care),
        };
        work.signs += lines.signs;
        self.ballot.add(lines.reads);
        self.ballot.winners(work.frame)
    }
}
