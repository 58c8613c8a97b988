//! The decoding door: a grey picture goes in, the codes in it come out.
//!
//! Readers stand behind one small trait and are tried in order, cheap ones first. A further
//! reader (another binariser, another library) is one more line in [`FRAME_READERS`] or
//! [`PICTURE_READERS`].

mod guard;
mod linear;
mod qr;

pub use guard::caught_panics;
pub(crate) use guard::guarded;

use crate::ean;
use crate::frame::GreyFrame;
use crate::types::{Found, Point};

/// One way to read codes from a picture.
trait Reader: Sync {
    /// Codes in the picture, outlines in shares of its size.
    fn read(&self, frame: &GreyFrame) -> Vec<Found>;
    /// Whether it is worth asking when `found` was read by those before it.
    fn is_worth_trying(&self, found: &[Found]) -> bool;
}

/// The picture as it is.
const FULL: u32 = u32::MAX;

/// For the camera: another frame comes soon, so only what is quick.
const FRAME_READERS: &[&dyn Reader] = &[
    &qr::Rqrr,
    &qr::Rxing::shrunk_to(640),
    &qr::Rxing::shrunk_to(FULL),
    &qr::Rxing::inverted(640),
    &linear::Linear {
        lines: 64,
        looks: &[(FULL, 1), (FULL, 9), (960, 3), (640, 3)],
    },
];

/// For a picture: there is no other one, so all that helps.
const PICTURE_READERS: &[&dyn Reader] = &[
    &qr::Rqrr,
    &qr::Rxing::shrunk_to(FULL),
    &qr::Rxing::shrunk_to(640),
    &qr::Rxing::inverted(FULL),
    &linear::Linear {
        lines: 90,
        looks: &[(FULL, 1), (FULL, 7), (960, 3), (640, 3)],
    },
];

/// The codes in a camera's frame. Takes some milliseconds at 720p; a code that takes more is left
/// to the next frame. A reader that panics on an odd frame is counted and passed over.
#[must_use]
pub fn decode(frame: &GreyFrame) -> Vec<Found> {
    decode_with(FRAME_READERS, frame)
}

/// The codes in a picture that there is only one of: slower than [`decode`], and reads more.
#[must_use]
pub fn decode_thoroughly(frame: &GreyFrame) -> Vec<Found> {
    decode_with(PICTURE_READERS, frame)
}

fn decode_with(readers: &[&dyn Reader], frame: &GreyFrame) -> Vec<Found> {
    let mut found = Vec::new();
    for reader in readers {
        if reader.is_worth_trying(&found) {
            let more = guard::guarded(|| reader.read(frame)).unwrap_or_default();
            merge(&mut found, more);
        }
    }
    found
}

/// Adds what is new and valid: the same code read twice is one code.
pub(crate) fn merge(found: &mut Vec<Found>, more: Vec<Found>) {
    for one in more {
        let known = found
            .iter()
            .any(|f| f.code == one.code && f.kind == one.kind);
        if !known && ean::is_valid(&one.code, one.kind) {
            found.push(one);
        }
    }
}

/// A place in pixels as shares of a picture's size.
fn share(x: f32, y: f32, frame: &GreyFrame) -> Point {
    Point {
        x: (x / frame.width() as f32).clamp(0.0, 1.0),
        y: (y / frame.height() as f32).clamp(0.0, 1.0),
    }
}
