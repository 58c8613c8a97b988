//! What happens before the camera: cards and products that come into view, move a little, and leave.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use counterfoil_scan::{CameraError, Frame, FrameSource, GreyFrame};
use qrcode::{Color, EcLevel, QrCode};
use rxing::oned::EAN13Writer;
use rxing::{BarcodeFormat, Writer as _};

const WIDTH: usize = 1280;
const HEIGHT: usize = 720;
/// How long a code is in view, and how long the desk is empty then, in milliseconds: longer than a code must be gone to count again.
const SHOWN_MS: u32 = 1500;
const EMPTY_MS: u32 = 1700;
/// After how many codes the cable comes loose.
const CODES_A_CABLE: u32 = 90;

/// The play that goes on, whichever camera looks at it.
pub struct Play {
    interval: Duration,
    /// Pictures of one scene, and of those the ones that show something.
    scene: u32,
    shown_of_scene: u32,
    at: u32,
    number: u32,
    codes: Vec<Code>,
    due: Instant,
    seq: u64,
    closed: bool,
    /// How often each code came into view.
    pub shown: BTreeMap<String, u32>,
    /// How often the cable came loose.
    pub pulled: u64,
}

/// A code as a picture, and where it lies.
struct Code {
    width: usize,
    height: usize,
    luma: Vec<u8>,
    left: usize,
    top: usize,
}

impl Play {
    pub fn new(fps: u32) -> Self {
        let pictures = |ms: u32| (ms * fps).div_ceil(1000).max(1);
        Self {
            interval: Duration::from_secs(1) / fps,
            scene: pictures(SHOWN_MS) + pictures(EMPTY_MS),
            shown_of_scene: pictures(SHOWN_MS),
            at: 0,
            number: 0,
            codes: Vec::new(),
            due: Instant::now(),
            seq: 0,
            closed: false,
            shown: BTreeMap::new(),
            pulled: 0,
        }
    }

    /// Nothing comes into view any more.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// The next picture, and when it is due.
    fn next(&mut self) -> Result<(Instant, Frame), CameraError> {
        // A busy machine makes a picture late; the ones after it do not hurry.
        self.due = (self.due + self.interval).max(Instant::now());
        if self.at == 0 && !self.closed {
            self.codes = self.enter()?;
        }
        if self.at == self.shown_of_scene {
            self.codes.clear();
        }
        self.at = (self.at + 1) % self.scene;
        // In the middle of the empty time, when nothing is left that could be told twice.
        let is_between = self.at == self.shown_of_scene + (self.scene - self.shown_of_scene) / 2;
        if is_between && !self.closed && self.number.is_multiple_of(CODES_A_CABLE) {
            self.pulled += 1;
            return Err(CameraError::Gone);
        }
        let grey = self.picture()?;
        let seq = self.seq;
        self.seq += 1;
        Ok((self.due, Frame { seq, grey }))
    }

    /// What comes into view: a card, a product, both, or the first card again.
    fn enter(&mut self) -> Result<Vec<Code>, CameraError> {
        let number = self.number;
        self.number += 1;
        let card = format!(
            "CF1:{:0>32X}COUNTERFOIL{:0>64X}",
            number / 4,
            u64::from(number) * 7919
        );
        let returning = format!("CF1:THE SAME CARD AGAIN{:0>60}", 0);
        let product = product(number);
        let texts = match number % 4 {
            0 => vec![(card, true)],
            1 => vec![(product, false)],
            2 => vec![(card, true), (product, false)],
            _ => vec![(returning, true)],
        };
        let drawn = texts.iter().enumerate().map(|(at, (text, is_card))| {
            let left = 120 + at * 560;
            if *is_card {
                Code::card(text, left)
            } else {
                Code::product(text, left)
            }
        });
        let drawn = drawn
            .collect::<Result<_, _>>()
            .map_err(CameraError::Failed)?;
        for (text, _) in texts {
            *self.shown.entry(text).or_default() += 1;
        }
        Ok(drawn)
    }

    fn picture(&self) -> Result<GreyFrame, CameraError> {
        let mut luma = vec![215_u8; WIDTH * HEIGHT];
        // A hand that is not quite still.
        let wave = |step: u32| (self.at * step % 14) as usize;
        for code in &self.codes {
            let (left, top) = (code.left + wave(3), code.top + wave(5));
            for (row, line) in code.luma.chunks(code.width).enumerate().take(code.height) {
                let start = (top + row) * WIDTH + left;
                luma[start..start + code.width].copy_from_slice(line);
            }
        }
        // A sensor that is not quite quiet.
        let mut random = self.seq | 1;
        for pixel in &mut luma {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            *pixel = pixel.saturating_sub((random >> 61) as u8);
        }
        GreyFrame::new(WIDTH as u32, HEIGHT as u32, luma)
            .map_err(|err| CameraError::Failed(err.to_string()))
    }
}

/// Thirteen digits, the last one checks the others.
fn product(number: u32) -> String {
    let body = format!("40{:010}", number);
    let sum: u32 = body
        .bytes()
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

impl Code {
    fn card(text: &str, left: usize) -> Result<Self, String> {
        let code =
            QrCode::with_error_correction_level(text, EcLevel::M).map_err(|err| err.to_string())?;
        let (side, colors) = (code.width(), code.to_colors());
        let dark = |x: usize, y: usize| colors[y * side + x] == Color::Dark;
        Ok(Self::drawn(side, side, 6, dark, left))
    }

    fn product(text: &str, left: usize) -> Result<Self, String> {
        let bars = EAN13Writer
            .encode(text, &BarcodeFormat::EAN_13, 1, 1)
            .map_err(|err| err.to_string())?;
        let dark = |x: usize, _: usize| bars.get(x as u32, 0);
        Ok(Self::drawn(bars.width() as usize, 60, 3, dark, left))
    }

    /// With white paper around it.
    fn drawn(
        across: usize,
        down: usize,
        module: usize,
        dark: impl Fn(usize, usize) -> bool,
        left: usize,
    ) -> Self {
        let quiet = 11;
        let (width, height) = ((across + 2 * quiet) * module, (down + 2 * quiet) * module);
        let shade = |x: usize, y: usize| {
            let (x, y) = (
                (x / module).checked_sub(quiet),
                (y / module).checked_sub(quiet),
            );
            match (x, y) {
                (Some(x), Some(y)) if x < across && y < down && dark(x, y) => 35,
                _ => 235,
            }
        };
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Self {
            width,
            height,
            luma: pixels.map(|(x, y)| shade(x, y)).collect(),
            left,
            top: 80,
        }
    }
}

/// A camera that looks at the play.
pub struct StagedCamera(Arc<Mutex<Play>>);

impl StagedCamera {
    pub fn open(play: &Arc<Mutex<Play>>) -> Self {
        Self(Arc::clone(play))
    }
}

impl FrameSource for StagedCamera {
    fn next_frame(&mut self) -> Result<Option<Frame>, CameraError> {
        let next = self.0.lock().unwrap_or_else(PoisonError::into_inner).next();
        let (due, frame) = next?;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        Ok(Some(frame))
    }

    fn describe(&self) -> String {
        "a staged camera".to_owned()
    }
}
