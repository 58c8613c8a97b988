//! Pictures that the tests make themselves.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

pub mod stage;
pub mod wear;

use std::io::Cursor;

use counterfoil_scan::{Found, GreyFrame, ScanKind};
use image::{ExtendedColorType, GrayImage, ImageEncoder, Luma};
use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};
use rxing::oned::{Code128Writer, EAN8Writer, EAN13Writer, UPCAWriter, UPCEWriter};
use rxing::{BarcodeFormat, Writer};

/// A QR code with its quiet zone, each module `module` pixels wide.
pub fn qr(text: &str, module: u32) -> GrayImage {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
    drawn(&code.to_colors(), module)
}

/// The modules of a square code, row by row, with a quiet zone.
pub fn drawn(modules: &[Color], module: u32) -> GrayImage {
    let side = modules.len().isqrt() as u32;
    GrayImage::from_fn((side + 8) * module, (side + 8) * module, |x, y| {
        let (mx, my) = (x / module, y / module);
        let inside = (4..side + 4).contains(&mx) && (4..side + 4).contains(&my);
        let at = || ((my - 4) * side + mx - 4) as usize;
        Luma([if inside && modules[at()] == Color::Dark {
            0
        } else {
            255
        }])
    })
}

/// A barcode with its quiet zone, each module `module` pixels wide and `height` pixels tall.
pub fn bars(kind: ScanKind, text: &str, module: u32, height: u32) -> GrayImage {
    let matrix = match kind {
        ScanKind::Ean13 => EAN13Writer.encode(text, &BarcodeFormat::EAN_13, 1, 1),
        ScanKind::Ean8 => EAN8Writer.encode(text, &BarcodeFormat::EAN_8, 1, 1),
        ScanKind::UpcA => UPCAWriter::default().encode(text, &BarcodeFormat::UPC_A, 1, 1),
        ScanKind::UpcE => UPCEWriter.encode(text, &BarcodeFormat::UPC_E, 1, 1),
        ScanKind::Code128 => Code128Writer.encode(text, &BarcodeFormat::CODE_128, 1, 1),
        other => panic!("{other:?} has no bars"),
    }
    .unwrap();
    let quiet = 12;
    GrayImage::from_fn((matrix.width() + 2 * quiet) * module, height, |x, _| {
        let mx = (x / module)
            .checked_sub(quiet)
            .filter(|mx| *mx < matrix.width());
        Luma([if mx.is_some_and(|mx| matrix.get(mx, 0)) {
            0
        } else {
            255
        }])
    })
}

/// A page of plain grey.
pub fn page(width: u32, height: u32, grey: u8) -> GrayImage {
    GrayImage::from_pixel(width, height, Luma([grey]))
}

/// Puts one picture onto another.
pub fn paste(onto: &mut GrayImage, what: &GrayImage, x: u32, y: u32) {
    image::imageops::replace(onto, what, i64::from(x), i64::from(y));
}

/// A picture on a light page of 720p.
pub fn on_a_desk(what: &GrayImage) -> GrayImage {
    let mut desk = page(1280, 720, 225);
    paste(&mut desk, what, 200, 120);
    desk
}

/// Adds even noise of up to `strength` grey levels, the same for the same seed.
pub fn noisy(mut picture: GrayImage, strength: i16, seed: u64) -> GrayImage {
    // Xorshift (Marsaglia 2003): quick enough for 20 megapixels in a test.
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for pixel in picture.pixels_mut() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let noise = ((state >> 33) % (2 * strength as u64 + 1)) as i16 - strength;
        pixel.0[0] = (i16::from(pixel.0[0]) + noise).clamp(0, 255) as u8;
    }
    picture
}

pub fn inverted(mut picture: GrayImage) -> GrayImage {
    image::imageops::invert(&mut picture);
    picture
}

pub fn frame(picture: &GrayImage) -> GreyFrame {
    GreyFrame::new(picture.width(), picture.height(), picture.as_raw().clone()).unwrap()
}

pub fn png(picture: &GrayImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

pub fn jpeg(picture: &GrayImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality)
        .write_image(
            picture,
            picture.width(),
            picture.height(),
            ExtendedColorType::L8,
        )
        .unwrap();
    bytes
}

/// The codes alone, sorted.
pub fn codes(found: &[Found]) -> Vec<&str> {
    let mut codes: Vec<&str> = found.iter().map(|f| f.code.as_str()).collect();
    codes.sort_unstable();
    codes
}
