//! Pictures of any size, layout and content through the whole cascade.

use std::cell::Cell;
use std::time::Duration;

use counterfoil_domain::barcode;
use counterfoil_scan::{Found, FrameError, GreyFrame, PixelFormat, ScanKind, Scanner, grey_of};

use crate::bytes::Bytes;

/// Set in the first byte: the bytes are what the camera gave, however few, for a size of 32 bits a side.
const AS_GIVEN: u8 = 0x80;
/// The most pixels that modules are drawn on; more would only take longer.
const DRAWN_MAX: usize = 90_000;

/// Shows a stream of one to three pictures to a scanner and returns what it has read.
///
/// The first byte is the layout (0 YUYV, 1 NV12, 2 grey, 3 MJPEG, 4 RGB, 5 grey with padded rows, 6 a bit a module), then
/// width and height less one, padding or pixels a module, milliseconds between two looks at the clock, and the number of
/// pictures; the rest is the picture, repeated until it is filled.
///
/// # Panics
/// Where a code is told that cannot be one, or lies nowhere.
pub fn frames(bytes: &[u8]) -> Vec<Found> {
    let mut bytes = Bytes::new(bytes);
    let layout = bytes.byte();
    let as_given = layout & AS_GIVEN != 0;
    let (width, height) = if as_given {
        (
            u32::from_le_bytes(bytes.take()),
            u32::from_le_bytes(bytes.take()),
        )
    } else {
        (1 + u32::from(bytes.byte()), 1 + u32::from(bytes.byte()))
    };
    let extra = usize::from(bytes.byte());
    let tick = Duration::from_millis(u64::from(bytes.byte()));
    let count = 1 + bytes.byte() % 3;
    let mut rest = bytes.rest().to_vec();
    let time = Cell::new(Duration::ZERO);
    let now = || {
        time.set(time.get() + tick);
        time.get()
    };
    let mut scanner = Scanner::default();
    let mut read = Vec::new();
    for number in 0..count {
        if number == 2 {
            rest.reverse();
        }
        let made = match layout & !AS_GIVEN {
            6 if !as_given => modules(width, height, extra, &rest),
            layout => raw(layout, width, height, extra, &rest, as_given),
        };
        let Ok(frame) = made else { continue };
        assert_eq!(
            frame.luma().len(),
            frame.width() as usize * frame.height() as usize,
            "a picture has as many pixels as its size says"
        );
        read.extend(scanner.look(&frame, &now).found);
    }
    read.iter().for_each(check);
    read
}

fn raw(
    layout: u8,
    width: u32,
    height: u32,
    extra: usize,
    given: &[u8],
    as_given: bool,
) -> Result<GreyFrame, FrameError> {
    let stride = width as usize + extra;
    let format = match layout % 6 {
        0 => Some(PixelFormat::Yuyv),
        1 => Some(PixelFormat::Nv12),
        2 => Some(PixelFormat::Grey),
        3 => Some(PixelFormat::Mjpeg),
        4 => Some(PixelFormat::Rgb),
        _ => None,
    };
    let is_repeated = !as_given && format != Some(PixelFormat::Mjpeg);
    // Three bytes are the most that a pixel takes.
    let needed = if is_repeated {
        3 * stride * height as usize
    } else {
        given.len()
    };
    let bytes: Vec<u8> = given.iter().copied().cycle().take(needed).collect();
    match format {
        Some(format) => grey_of(format, width, height, &bytes),
        None => GreyFrame::from_strided(width, height, stride, &bytes),
    }
}

/// A picture of squares: small inputs that look like codes.
fn modules(width: u32, height: u32, side: usize, bits: &[u8]) -> Result<GreyFrame, FrameError> {
    let (across, down) = (width as usize, height as usize);
    let room = (DRAWN_MAX / (across * down)).isqrt().max(1);
    let side = (1 + side % 6).min(room);
    let is_dark = |module: usize| {
        let byte = bits.get(module / 8).copied().unwrap_or_default();
        byte >> (module % 8) & 1 == 1
    };
    let mut luma = Vec::with_capacity(across * down * side * side);
    for y in 0..down * side {
        for x in 0..across * side {
            let module = y / side * across + x / side;
            luma.push(if is_dark(module) { 25 } else { 230 });
        }
    }
    let pixels = |modules: u32| modules * u32::try_from(side).unwrap_or(1);
    GreyFrame::new(pixels(width), pixels(height), luma)
}

fn check(found: &Found) {
    let is_product = matches!(
        found.kind,
        ScanKind::Ean13 | ScanKind::Ean8 | ScanKind::UpcA
    );
    assert!(
        !is_product || barcode::is_valid_gtin(&found.code),
        "a product code has its check digit: {found:?}"
    );
    assert!(
        found.kind != ScanKind::UpcE || found.product_number().is_some(),
        "a UPC-E can be written out: {found:?}"
    );
    assert!(!found.code.is_empty(), "a code says something: {found:?}");
    for corner in found.outline.iter().flatten() {
        assert!(
            (0.0..=1.0).contains(&corner.x) && (0.0..=1.0).contains(&corner.y),
            "an outline lies in the picture: {found:?}"
        );
    }
}
