//! From a camera's bytes to grey, by the shortest way: a YUV format already holds the grey
//! picture, and turning it to RGB and back costs fifty times as much.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::decode::guarded;
use crate::frame::{FrameError, GreyFrame};

/// The longest side of a picture that is read at all, in pixels.
pub(crate) const SIDE_MAX: usize = 30_000;

/// The most pixels of a JPEG: a damaged one may claim gigabytes.
const JPEG_PIXELS_MAX: usize = 64_000_000;

/// How a camera lays out its pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelFormat {
    /// Two bytes a pixel, the first is its luma (YUY2).
    Yuyv,
    /// A plane of luma, then one of colour at half the size; every planar YUV begins so.
    Nv12,
    /// A byte a pixel.
    Grey,
    /// A JPEG a picture; it tells its size itself.
    Mjpeg,
    /// Three bytes a pixel, red or blue first.
    Rgb,
}

/// The grey picture in the bytes that a camera gave, rows packed without padding.
///
/// # Errors
/// [`FrameError::WrongSize`] where the bytes end too early, [`FrameError::Jpeg`] where they are no JPEG that can be read.
pub fn grey_of(
    format: PixelFormat,
    width: u32,
    height: u32,
    bytes: &[u8],
) -> Result<GreyFrame, FrameError> {
    match format {
        PixelFormat::Yuyv => from_yuyv(width, height, bytes),
        PixelFormat::Nv12 | PixelFormat::Grey => from_luma_plane(width, height, bytes),
        PixelFormat::Mjpeg => from_jpeg(bytes).ok_or(FrameError::Jpeg),
        PixelFormat::Rgb => from_rgb(width, height, bytes),
    }
}

/// Every other byte is a pixel's luma.
fn from_yuyv(width: u32, height: u32, bytes: &[u8]) -> Result<GreyFrame, FrameError> {
    every_nth(width, height, bytes, 2, |px| px[0])
}

fn from_luma_plane(width: u32, height: u32, bytes: &[u8]) -> Result<GreyFrame, FrameError> {
    GreyFrame::from_strided(width, height, width as usize, bytes)
}

/// (R + 2 G + B) / 4 is the same for RGB and BGR, and near enough to luma.
fn from_rgb(width: u32, height: u32, bytes: &[u8]) -> Result<GreyFrame, FrameError> {
    every_nth(width, height, bytes, 3, |px| {
        ((u16::from(px[0]) + 2 * u16::from(px[1]) + u16::from(px[2])) / 4) as u8
    })
}

fn every_nth(
    width: u32,
    height: u32,
    bytes: &[u8],
    step: usize,
    grey: impl Fn(&[u8]) -> u8,
) -> Result<GreyFrame, FrameError> {
    let pixels = (width as usize).saturating_mul(height as usize);
    let needed = pixels.saturating_mul(step);
    if bytes.len() < needed {
        return Err(FrameError::WrongSize {
            width,
            height,
            needed,
            given: bytes.len(),
        });
    }
    let luma = bytes.chunks_exact(step).take(pixels).map(grey).collect();
    GreyFrame::new(width, height, luma)
}

/// The grey channel of a JPEG, colour left undecoded; cameras' JPEGs without Huffman tables
/// included. `None` where it can't be read.
pub(crate) fn from_jpeg(bytes: &[u8]) -> Option<GreyFrame> {
    guarded(|| decode_jpeg(bytes)).flatten()
}

fn decode_jpeg(bytes: &[u8]) -> Option<GreyFrame> {
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(SIDE_MAX)
        .set_max_height(SIDE_MAX)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().ok()?;
    let (width, height) = decoder.dimensions()?;
    if width.saturating_mul(height) > JPEG_PIXELS_MAX {
        return None;
    }
    let luma = decoder.decode().ok()?;
    let info = decoder.info()?;
    GreyFrame::new(u32::from(info.width), u32::from(info.height), luma).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::ExtendedColorType;
    use image::codecs::jpeg::JpegEncoder;

    #[test]
    fn yuyv_gives_its_luma_bytes() {
        let grey = from_yuyv(2, 2, &[10, 128, 20, 128, 30, 128, 40, 128]).unwrap();
        assert_eq!(grey.luma(), [10, 20, 30, 40]);
    }

    #[test]
    fn nv12_gives_its_first_plane() {
        let grey = from_luma_plane(2, 2, &[10, 20, 30, 40, 128, 128]).unwrap();
        assert_eq!(grey.luma(), [10, 20, 30, 40]);
    }

    #[test]
    fn rgb_and_bgr_give_the_same_grey() {
        let rgb = from_rgb(1, 1, &[200, 100, 40]).unwrap();
        let bgr = from_rgb(1, 1, &[40, 100, 200]).unwrap();
        assert_eq!(rgb, bgr);
        assert_eq!(rgb.luma(), [110]);
    }

    #[test]
    fn a_frame_cut_short_is_refused() {
        assert!(from_yuyv(2, 2, &[0; 7]).is_err());
        assert!(from_luma_plane(2, 2, &[0; 3]).is_err());
        assert!(from_rgb(2, 2, &[0; 11]).is_err());
    }

    #[test]
    fn a_colour_jpeg_gives_its_luma() {
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, 95)
            .encode(&[0, 255, 0].repeat(256), 16, 16, ExtendedColorType::Rgb8)
            .unwrap();
        let grey = from_jpeg(&jpeg).unwrap();
        assert_eq!((grey.width(), grey.height()), (16, 16));
        assert!(
            grey.luma().iter().all(|v| (145..155).contains(v)),
            "{:?}",
            grey.luma()
        );
    }

    #[test]
    fn a_size_beyond_any_memory_is_refused() {
        for format in [PixelFormat::Yuyv, PixelFormat::Grey, PixelFormat::Rgb] {
            assert!(grey_of(format, u32::MAX, u32::MAX, &[0; 64]).is_err());
        }
    }

    #[test]
    fn a_jpeg_that_claims_more_than_any_camera_gives_is_refused() {
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, 95)
            .encode(&[128; 64], 8, 8, ExtendedColorType::L8)
            .unwrap();
        assert!(from_jpeg(&jpeg).is_some());
        // Height and width follow the length and the precision of the start of frame.
        let frame = jpeg
            .windows(2)
            .position(|pair| pair == [0xFF, 0xC0])
            .unwrap();
        jpeg[frame + 5..frame + 9].copy_from_slice(&[0x50, 0x00, 0x50, 0x00]);
        assert_eq!(from_jpeg(&jpeg), None);
    }

    #[test]
    fn bytes_that_are_no_jpeg_give_nothing() {
        assert_eq!(from_jpeg(b"not a jpeg"), None);
        assert_eq!(from_jpeg(&[]), None);
    }
}
