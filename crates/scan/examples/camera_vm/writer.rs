//! What plays into the loopback: a picture with a code, as a camera lays it out, over and over.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder as _};
use qrcode::{Color, QrCode};
use v4l::video::Output as _;
use v4l::{Device, Format, FourCC};

pub const WIDTH: u32 = 1280;
pub const HEIGHT: u32 = 720;
/// Pictures come this often.
const PACE: Duration = Duration::from_millis(66);

/// How the pictures are laid out.
#[derive(Debug, Clone, Copy)]
pub enum Layout {
    Yuyv,
    Mjpeg,
    Nv12,
}

impl Layout {
    fn fourcc(self) -> FourCC {
        match self {
            Self::Yuyv => FourCC::new(b"YUYV"),
            Self::Mjpeg => FourCC::new(b"MJPG"),
            Self::Nv12 => FourCC::new(b"NV12"),
        }
    }

    /// As the camera library calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yuyv => "YUYV",
            Self::Mjpeg => "MJPEG",
            Self::Nv12 => "NV12",
        }
    }

    fn lay_out(self, luma: &[u8]) -> Result<Vec<u8>, String> {
        match self {
            Self::Yuyv => Ok(luma.iter().flat_map(|grey| [*grey, 128]).collect()),
            Self::Nv12 => Ok([luma, &vec![128; luma.len() / 2]].concat()),
            Self::Mjpeg => {
                let mut jpeg = Vec::new();
                JpegEncoder::new_with_quality(&mut jpeg, 80)
                    .write_image(luma, WIDTH, HEIGHT, ExtendedColorType::L8)
                    .map_err(|err| err.to_string())?;
                Ok(jpeg)
            }
        }
    }
}

/// Writes until it is dropped.
pub struct Writer {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Shows a code on the device.
    pub fn start(device: &Path, layout: Layout, code: &str) -> Result<Self, String> {
        let bytes = layout.lay_out(&picture(code)?)?;
        let mut device = Device::with_path(device).map_err(|err| err.to_string())?;
        let format = Format::new(WIDTH, HEIGHT, layout.fourcc());
        let set = device.set_format(&format).map_err(|err| err.to_string())?;
        if set.fourcc != format.fourcc || (set.width, set.height) != (WIDTH, HEIGHT) {
            return Err(format!("the loopback takes {set} in place of {format}"));
        }
        // The device can be listed as a camera only once there is a picture.
        device.write_all(&bytes).map_err(|err| err.to_string())?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                if let Err(err) = device.write_all(&bytes) {
                    println!("the loopback takes no more pictures: {err}");
                    return;
                }
                std::thread::sleep(PACE);
            }
        });
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            println!("the writer panicked");
        }
    }
}

/// The grey picture of a code on a desk.
fn picture(text: &str) -> Result<Vec<u8>, String> {
    let code = QrCode::new(text).map_err(|err| err.to_string())?;
    let (side, colors, module) = (code.width(), code.to_colors(), 8);
    let (left, top) = (400, 150);
    let shade = |x: usize, y: usize| {
        let (x, y) = (x.checked_sub(left)? / module, y.checked_sub(top)? / module);
        let (x, y) = (x.checked_sub(4), y.checked_sub(4));
        match (x, y) {
            (Some(x), Some(y)) if x < side && y < side => {
                let dark = colors[y * side + x] == Color::Dark;
                Some(if dark { 20 } else { 240 })
            }
            _ => None,
        }
    };
    let pixels = (0..HEIGHT as usize).flat_map(|y| (0..WIDTH as usize).map(move |x| (x, y)));
    Ok(pixels.map(|(x, y)| shade(x, y).unwrap_or(225)).collect())
}
