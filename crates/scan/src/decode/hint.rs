//! Why a code that is in view can't be read, measured from its place in the picture.

use serde::{Deserialize, Serialize};

use crate::frame::GreyFrame;

/// What a person can do something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// There is too little light on the code.
    TooDark,
    /// A lamp or a window is mirrored in it.
    Glare,
    /// Its modules are smaller than the camera's pixels can tell apart.
    TooFar,
    /// It is out of focus, or moved.
    TooBlurred,
}

/// Unread frames in a row before a hint is given: most codes are read before anyone could read it.
const PATIENCE: u32 = 6;

/// The brightest grey of a code that is too dark.
const DARK: u8 = 62;

/// From this grey on a pixel says nothing but light.
const WHITE: u8 = 250;

/// Side of the squares that are looked for among modules, in modules: in a code no such square is all white.
const BLANK: f32 = 5.0;

/// The share of such squares that makes glare.
const GLARE: f32 = 0.06;

/// Pixels a module below which it is too far away.
const FAR: f32 = 1.0;

/// Modules over which an edge stretches from dark to light when it is too blurred.
const BLURRED: f32 = 1.25;

/// Pixels a module below which no edge is called blurred: a sharp one stretches over as many.
const SHARP: f32 = 1.6;

/// Where a code lies, in pixels, and how wide its modules are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Suspect {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) right: f32,
    pub(super) bottom: f32,
    pub(super) module: f32,
}

/// Counts the frames in which a code was in view and not read.
#[derive(Debug, Default)]
pub(super) struct Hints {
    unread: u32,
}

impl Hints {
    /// Takes what a frame showed, read or not, and tells what to say to the person.
    pub(super) fn after(
        &mut self,
        frame: &GreyFrame,
        read: bool,
        suspect: Option<Suspect>,
    ) -> Option<Hint> {
        let Some(suspect) = suspect.filter(|_| !read) else {
            self.unread = 0;
            return None;
        };
        self.unread = self.unread.saturating_add(1);
        (self.unread >= PATIENCE).then(|| why(frame, &suspect))?
    }
}

/// What keeps the code from being read; `None` where the picture looks good.
fn why(frame: &GreyFrame, suspect: &Suspect) -> Option<Hint> {
    let clip = |at: f32, most: u32| (at.max(0.0) as usize).min(most as usize - 1);
    let (left, right) = (
        clip(suspect.left, frame.width()),
        clip(suspect.right, frame.width()),
    );
    let (top, bottom) = (
        clip(suspect.top, frame.height()),
        clip(suspect.bottom, frame.height()),
    );
    if right < left + 8 || bottom < top + 8 {
        return Some(Hint::TooFar);
    }
    let rows: Vec<&[u8]> = (top..=bottom)
        .map(|y| &frame.row(y as u32)[left..=right])
        .collect();
    let mut counts = [0_usize; 256];
    rows.iter()
        .copied()
        .flatten()
        .for_each(|v| counts[usize::from(*v)] += 1);
    let pixels = (right - left + 1) * (bottom - top + 1);
    let grey_at = |share: f32| {
        let mut left = (pixels as f32 * share) as usize;
        let found = counts.iter().position(|count| {
            let here = left < *count;
            left = left.saturating_sub(*count);
            here
        });
        u8::try_from(found.unwrap_or(255)).unwrap_or(u8::MAX)
    };
    let (dark, light) = (grey_at(0.05), grey_at(0.95));
    if light < DARK {
        Some(Hint::TooDark)
    } else if blank_squares(&rows, (suspect.module * BLANK).max(8.0) as usize) > GLARE {
        Some(Hint::Glare)
    } else if edge_width(&rows, light - dark) > BLURRED * suspect.module.max(SHARP) {
        // Before the distance, since in a blur modules are measured badly.
        Some(Hint::TooBlurred)
    } else if suspect.module < FAR {
        Some(Hint::TooFar)
    } else {
        None
    }
}

/// The share of squares of that side that are white all over.
fn blank_squares(rows: &[&[u8]], side: usize) -> f32 {
    let (mut all, mut blank) = (0_usize, 0_usize);
    for band in rows.chunks_exact(side) {
        for x in (0..band[0].len().saturating_sub(side - 1)).step_by(side) {
            all += 1;
            let white = |row: &&[u8]| row[x..x + side].iter().all(|v| *v >= WHITE);
            blank += usize::from(band.iter().all(white));
        }
    }
    blank as f32 / all.max(1) as f32
}

/// Over how many pixels the steeper edges go from dark to light.
fn edge_width(rows: &[&[u8]], contrast: u8) -> f32 {
    let mut steps = [0_usize; 256];
    let mut count = 0_usize;
    for pair in rows.windows(2) {
        for x in 0..pair[0].len() - 1 {
            let here = pair[0][x];
            let step = here.abs_diff(pair[0][x + 1]).max(here.abs_diff(pair[1][x]));
            steps[usize::from(step)] += 1;
            count += 1;
        }
    }
    // Two in a hundred pixels lie on the steepest part of an edge.
    let mut left = count / 50;
    let steep = steps.iter().rposition(|of_it| {
        let here = left < *of_it;
        left = left.saturating_sub(*of_it);
        here
    });
    f32::from(contrast) / steep.unwrap_or(0).max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Suspect = Suspect {
        left: 0.0,
        top: 0.0,
        right: 200.0,
        bottom: 200.0,
        module: 4.0,
    };

    /// A chessboard of that many pixels a square, seen through a blur and under a light.
    fn board(square: f32, blur: f32, light: impl Fn(f32, f32) -> f32) -> GreyFrame {
        let wave = |at: f32| {
            let wave = (at / square * std::f32::consts::PI).sin();
            (wave * square / blur).clamp(-1.0, 1.0)
        };
        let pixel = |at: usize| {
            let (x, y) = ((at % 200) as f32 + 0.5, (at / 200) as f32 + 0.5);
            (120.0 + 90.0 * wave(x) * wave(y) + light(x, y)).clamp(0.0, 255.0) as u8
        };
        GreyFrame::new(200, 200, (0..200 * 200).map(pixel).collect()).unwrap()
    }

    fn hint(frame: &GreyFrame, suspect: Suspect) -> Option<Hint> {
        let mut hints = Hints::default();
        (0..PATIENCE).fold(None, |_, _| hints.after(frame, false, Some(suspect)))
    }

    #[test]
    fn a_good_picture_earns_no_hint() {
        assert_eq!(hint(&board(4.0, 1.5, |_, _| 0.0), WHOLE), None);
    }

    #[test]
    fn darkness_is_told() {
        let dark = board(4.0, 1.5, |_, _| 0.0);
        let luma = dark.luma().iter().map(|v| v / 5).collect();
        let dark = GreyFrame::new(200, 200, luma).unwrap();
        assert_eq!(hint(&dark, WHOLE), Some(Hint::TooDark));
    }

    #[test]
    fn a_mirrored_lamp_is_told() {
        let lamp = |x: f32, y: f32| {
            if (x - 100.0).hypot(y - 90.0) < 55.0 {
                250.0
            } else {
                0.0
            }
        };
        assert_eq!(hint(&board(4.0, 1.5, lamp), WHOLE), Some(Hint::Glare));
    }

    #[test]
    fn a_code_of_tiny_modules_is_too_far() {
        let far = Suspect {
            module: 0.9,
            ..WHOLE
        };
        assert_eq!(hint(&board(2.0, 1.0, |_, _| 0.0), far), Some(Hint::TooFar));
    }

    #[test]
    fn soft_edges_are_too_blurred() {
        assert_eq!(
            hint(&board(12.0, 12.0, |_, _| 0.0), WHOLE),
            Some(Hint::TooBlurred)
        );
    }

    #[test]
    fn nothing_is_said_before_some_frames_have_gone_unread() {
        let dark = GreyFrame::new(200, 200, vec![20; 200 * 200]).unwrap();
        let mut hints = Hints::default();
        for _ in 1..PATIENCE {
            assert_eq!(hints.after(&dark, false, Some(WHOLE)), None);
        }
        assert!(hints.after(&dark, false, Some(WHOLE)).is_some());
        assert_eq!(hints.after(&dark, true, Some(WHOLE)), None);
        assert_eq!(hints.after(&dark, false, Some(WHOLE)), None);
    }
}
