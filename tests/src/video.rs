//! What a camera would see: a card that moves over a desk, as a video without colours.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use crate::failure::Context as _;
use crate::{Failure, Result};

/// How large a video is, and how fast.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Format {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Pictures a second.
    pub fps: u32,
}

/// Enough for a story: a camera's own shape, and little to be drawn.
pub const SMALL: Format = Format {
    width: 960,
    height: 540,
    fps: 15,
};
/// What a camera usually gives.
pub const HD: Format = Format {
    width: 1280,
    height: 720,
    fps: 30,
};

/// What the desk is grey of, and how white paper is under a shop's lamp.
const DESK: u8 = 176;
const PAPER: u8 = 240;

/// A picture in greys.
#[derive(Clone, Debug)]
pub struct Grey {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    pixels: Vec<u8>,
}

/// How the card lies before the camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// The card's middle, as a share of the picture's width.
    pub x: f32,
    /// The same for its height.
    pub y: f32,
    /// The card's height as a share of the picture's.
    pub size: f32,
    /// Turned clockwise.
    pub degrees: f32,
}

impl Grey {
    /// Reads a PNG of whatever colours.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_png(bytes: &[u8]) -> Result<Self> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().context("the picture")?;
        let size = reader
            .output_buffer_size()
            .ok_or_else(|| Failure::new("the picture is too large"))?;
        let mut bytes = vec![0; size];
        let info = reader.next_frame(&mut bytes).context("the picture")?;
        let samples = info.color_type.samples();
        let pixels = bytes[..info.buffer_size()].chunks_exact(samples);
        Ok(Self {
            width: info.width,
            height: info.height,
            // Green stands for grey; with two samples or one the first is grey itself.
            pixels: pixels
                .map(|pixel| pixel[usize::from(samples > 2)])
                .collect(),
        })
    }

    /// How light the picture is there, from 0 to 255; nothing beyond its edges.
    pub fn at(&self, x: f32, y: f32) -> Option<u8> {
        let inside = x >= 0.0 && y >= 0.0 && x < self.width as f32 && y < self.height as f32;
        inside.then(|| self.pixels[y as usize * self.width as usize + x as usize])
    }
}

/// Writes a video (Y4M) in this `format` that shows `card` in one pose after the other; none is the empty desk.
///
/// # Errors
/// When the disk refuses.
pub fn film(path: &Path, card: &Grey, poses: &[Option<Pose>], format: Format) -> Result {
    let mut video = BufWriter::new(File::create(path)?);
    let Format { width, height, fps } = format;
    writeln!(video, "YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 Cmono")?;
    for pose in poses {
        video.write_all(b"FRAME\n")?;
        video.write_all(&frame(card, *pose, format))?;
    }
    video.flush()?;
    Ok(())
}

fn frame(card: &Grey, pose: Option<Pose>, format: Format) -> Vec<u8> {
    let Format { width, height, .. } = format;
    let mut pixels = vec![DESK; (width * height) as usize];
    let Some(pose) = pose else { return pixels };
    let scale = card.height as f32 / (pose.size * height as f32);
    let (sin, cos) = pose.degrees.to_radians().sin_cos();
    let (middle_x, middle_y) = (pose.x * width as f32, pose.y * height as f32);
    let seen = |x: f32, y: f32| {
        let (x, y) = (x - middle_x, y - middle_y);
        let across = (x * cos + y * sin) * scale + card.width as f32 / 2.0;
        let down = (y * cos - x * sin) * scale + card.height as f32 / 2.0;
        card.at(across, down).map_or(DESK, |grey| grey.min(PAPER))
    };
    for (index, pixel) in pixels.iter_mut().enumerate() {
        let (x, y) = (index as u32 % width, index as u32 / width);
        // Nine looks a pixel, as a sensor gathers light over its face.
        let looks = (0..9).map(|look| {
            let (dx, dy) = (look % 3, look / 3);
            let at = |pixel: u32, part: u32| pixel as f32 + (part as f32 + 0.5) / 3.0;
            u32::from(seen(at(x, dx), at(y, dy)))
        });
        *pixel = (looks.sum::<u32>() / 9) as u8;
    }
    pixels
}

/// The card comes in from the right and turns, leaves to the left, comes back from above and stays a while.
pub fn comes_and_goes() -> Vec<Option<Pose>> {
    let nothing = |frames: usize| vec![None; frames];
    let path = |frames: u16, from: Pose, to: Pose| -> Vec<Option<Pose>> {
        (0..frames)
            .map(|at| Some(from.towards(to, f32::from(at) / f32::from(frames))))
            .collect()
    };
    let pose = |x, y, degrees| Pose {
        x,
        y,
        size: 0.8,
        degrees,
    };
    let (right, left, above) = (
        pose(1.3, 0.7, -25.0),
        pose(-0.3, 0.4, 30.0),
        pose(0.5, -0.5, 0.0),
    );
    let (first, turned, rest) = (
        pose(0.6, 0.5, -12.0),
        pose(0.45, 0.5, 15.0),
        pose(0.5, 0.5, 6.0),
    );
    [
        nothing(10),
        path(15, right, first),
        path(30, first, turned),
        path(12, turned, left),
        nothing(24),
        path(12, above, rest),
        path(40, rest, pose(0.52, 0.52, 10.0)),
    ]
    .concat()
}

/// The card is held and sways a little, over and over.
pub fn sways() -> Vec<Option<Pose>> {
    let turn = |at: u8| {
        let angle = f32::from(at) / 12.0 * std::f32::consts::TAU;
        Some(Pose {
            x: 0.5 + 0.04 * angle.cos(),
            y: 0.5 + 0.03 * angle.sin(),
            size: 0.8,
            degrees: 5.0 * angle.sin(),
        })
    };
    (0..12).map(turn).collect()
}

/// The card lies still, a little turned.
pub fn lies_there() -> Vec<Option<Pose>> {
    let pose = Pose {
        x: 0.5,
        y: 0.5,
        size: 0.85,
        degrees: 7.0,
    };
    vec![Some(pose); 2]
}

impl Pose {
    fn towards(self, other: Self, share: f32) -> Self {
        let between = |from: f32, to: f32| from + (to - from) * share;
        Self {
            x: between(self.x, other.x),
            y: between(self.y, other.y),
            size: between(self.size, other.size),
            degrees: between(self.degrees, other.degrees),
        }
    }
}
