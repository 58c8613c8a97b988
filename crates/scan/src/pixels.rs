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

/// YUYV (YUY2): every other byte is a pixel's luma.
pub(crate) fn from_yuyv(width: u32, height: u32, bytes: &[u8]) -> Result<GreyFrame, FrameError> {
    every_nth(width, height, bytes, 2, |px| px[0])
}

/// NV12, and every planar YUV: the luma plane comes first.
pub(crate) fn from_luma_plane(
    width: u32,
    height: u32,
    bytes: &[u8],
) -> Result<GreyFrame, FrameError> {
    GreyFrame::from_strided(width, height, width as usize, bytes)
}

/// RGB or BGR of three bytes: (R + 2 G + B) / 4 is the same for both, and near enough to luma.
pub(crate) fn from_rgb(width: u32, height: u32, bytes: &[u8]) -> Result<GreyFrame, FrameError> {
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
    let pixels = width as usize * height as usize;
    if bytes.len() < pixels * step {
        let needed = pixels * step;
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
    fn bytes_that_are_no_jpeg_give_nothing() {
        assert_eq!(from_jpeg(b"not a jpeg"), None);
        assert_eq!(from_jpeg(&[]), None);
    }
}
