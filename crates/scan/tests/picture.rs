//! Pictures from files: good ones, huge ones and broken ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use std::io::Cursor;

use common::*;
use counterfoil_scan::{PictureError, ScanKind, decode_picture};
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use proptest::prelude::*;

const CARD: &str = "CF1:01936a5e-7c1e-7f3a-9a51-2f0c8a6b7d10:c2lnbmF0dXJl";

fn error_of(bytes: &[u8]) -> PictureError {
    decode_picture(bytes).unwrap_err()
}

#[test]
fn a_card_is_read_from_every_format() {
    let picture = DynamicImage::ImageLuma8(on_a_desk(&qr(CARD, 6)));
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Bmp,
    ] {
        let mut bytes = Cursor::new(Vec::new());
        let writable = DynamicImage::ImageRgb8(picture.to_rgb8());
        writable.write_to(&mut bytes, format).unwrap();
        let found = decode_picture(&bytes.into_inner()).unwrap();
        assert_eq!(codes(&found), [CARD], "{format:?}");
    }
}

#[test]
fn a_card_survives_strong_jpeg_compression() {
    let picture = noisy(on_a_desk(&qr(CARD, 4)), 20, 7);
    assert_eq!(codes(&decode_picture(&jpeg(&picture, 50)).unwrap()), [CARD]);
}

#[test]
fn a_product_survives_strong_jpeg_compression() {
    let picture = noisy(
        on_a_desk(&bars(ScanKind::Ean13, "4006381333931", 3, 200)),
        20,
        7,
    );
    let found = decode_picture(&jpeg(&picture, 50)).unwrap();
    assert_eq!(codes(&found), ["4006381333931"]);
}

#[test]
fn a_card_on_a_transparent_background_is_read() {
    let card = qr(CARD, 5);
    let clear = RgbaImage::from_fn(card.width(), card.height(), |x, y| {
        let dark = card.get_pixel(x, y).0[0] == 0;
        if dark {
            Rgba([0, 0, 0, 255])
        } else {
            Rgba([0, 0, 0, 0])
        }
    });
    let mut bytes = Cursor::new(Vec::new());
    clear.write_to(&mut bytes, ImageFormat::Png).unwrap();
    assert_eq!(codes(&decode_picture(&bytes.into_inner()).unwrap()), [CARD]);
}

#[test]
fn a_20_megapixel_photo_is_read() {
    let mut photo = noisy(page(5472, 3648, 200), 12, 3);
    paste(&mut photo, &qr(CARD, 14), 2100, 1400);
    let bytes = jpeg(&photo, 80);
    assert_eq!(codes(&decode_picture(&bytes).unwrap()), [CARD]);
}

#[test]
fn a_small_code_in_a_20_megapixel_picture_is_read() {
    let mut photo = page(5472, 3648, 210);
    paste(&mut photo, &qr(CARD, 5), 3000, 600);
    assert_eq!(codes(&decode_picture(&png(&photo)).unwrap()), [CARD]);
}

#[test]
fn a_20_megapixel_picture_without_a_code_is_given_up() {
    let bytes = jpeg(&noisy(page(5472, 3648, 128), 60, 9), 80);
    assert_eq!(error_of(&bytes), PictureError::NoCode);
}

#[test]
fn a_picture_without_a_code_says_so() {
    let err = error_of(&png(&page(640, 480, 220)));
    assert_eq!(err, PictureError::NoCode);
    assert_eq!(err.code(), "no_code_found");
    assert!(err.is_permanent());
}

#[test]
fn what_is_no_picture_is_told_apart() {
    for bytes in [&b""[..], b"hello", b"%PDF-1.7 ...", &[0; 5000]] {
        assert_eq!(error_of(bytes).code(), "not_a_picture");
    }
}

#[test]
fn a_file_cut_short_is_damaged() {
    let picture = noisy(on_a_desk(&qr(CARD, 6)), 10, 1);
    for bytes in [png(&picture), jpeg(&picture, 80)] {
        let err = error_of(&bytes[..bytes.len() / 8]);
        assert_eq!(err.code(), "picture_damaged", "{err}");
        let err = error_of(&bytes[..20]);
        assert_eq!(err.code(), "picture_damaged", "{err}");
    }
}

#[test]
fn a_header_that_promises_a_huge_picture_is_refused_before_it_is_unpacked() {
    let mut bytes = png(&page(16, 16, 255));
    bytes[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    // Its few bytes would unpack to nothing: that they are refused for their size means that they were not unpacked.
    let err = error_of(&bytes);
    assert_eq!(
        err,
        PictureError::TooLarge {
            width: 60_000,
            height: 60_000
        }
    );
    assert_eq!(err.code(), "picture_too_large");
}

#[test]
fn a_picture_of_more_than_64_megapixels_is_too_large() {
    let bytes = jpeg(&page(9000, 8000, 255), 30);
    assert_eq!(error_of(&bytes).code(), "picture_too_large");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_damaged_file_is_an_error_or_the_right_code_and_never_a_crash(
        format in prop::sample::select(vec![
            ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Bmp,
        ]),
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let picture = DynamicImage::ImageLuma8(qr("card-1", 3)).to_rgb8();
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        let mut bytes = bytes.into_inner();
        for (at, value) in hits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(found) = decode_picture(&bytes) {
            prop_assert_eq!(codes(&found), ["card-1"]);
        }
    }
}

/// The checksum of PNG chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}
