//! Codes from picture files: opened, pasted or dropped. Whatever the file claims, memory and time
//! stay bounded.

use std::borrow::Cow;
use std::io::Cursor;

use image::{DynamicImage, ImageError, ImageFormat, ImageReader, Limits};

use crate::decode::{decode, guarded, merge};
use crate::frame::GreyFrame;
use crate::pixels;
use crate::types::Found;

/// The largest picture that is read, in megapixels.
pub const PICTURE_MEGAPIXELS_MAX: u32 = 64;

/// Bytes that a decoder may hold for one picture.
const DECODER_BYTES_MAX: u64 = 384 << 20;

/// Longer sides that a picture is tried at; phones' pictures read best well below their size.
const SIDES: [u32; 3] = [1280, 2400, 4096];

/// Why no code came out of a picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// The bytes are no PNG, JPEG, WebP, GIF or BMP.
    #[error("this is not a picture (PNG, JPEG, WebP, GIF or BMP)")]
    NotAPicture,
    /// It begins like a picture and then breaks off or is damaged.
    #[error("the picture is damaged or incomplete: {0}")]
    Damaged(String),
    /// More pixels than [`PICTURE_MEGAPIXELS_MAX`].
    #[error(
        "the picture is too large ({width} x {height}); at most {PICTURE_MEGAPIXELS_MAX} megapixels are read"
    )]
    TooLarge {
        /// Width in pixels, as the file says.
        width: u32,
        /// Height in pixels, as the file says.
        height: u32,
    },
    /// A good picture without a code that could be read.
    #[error("no code was found in the picture; a sharper or closer picture may help")]
    NoCode,
}

impl PictureError {
    /// A stable word for the error, for screens and scripts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAPicture => "not_a_picture",
            Self::Damaged(_) => "picture_damaged",
            Self::TooLarge { .. } => "picture_too_large",
            Self::NoCode => "no_code_found",
        }
    }

    /// Whether the same bytes will fail again: always, only another picture can help.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        true
    }
}

/// The codes in a PNG, JPEG, WebP, GIF (its first picture) or BMP file: at least one.
///
/// # Errors
/// [`PictureError`], with [`PictureError::NoCode`] where the picture is good and holds none.
pub fn decode_picture(bytes: &[u8]) -> Result<Vec<Found>, PictureError> {
    let Loaded { grey, complete } = load(bytes)?;
    let found = read_at_several_sizes(&grey);
    if !found.is_empty() {
        Ok(found)
    } else if complete {
        Err(PictureError::NoCode)
    } else {
        Err(PictureError::Damaged("the file ends too early".to_owned()))
    }
}

fn read_at_several_sizes(grey: &GreyFrame) -> Vec<Found> {
    let mut found = Vec::new();
    for side in sides_tried(grey.width().max(grey.height())) {
        let sized = grey.shrunk_to(side).map_or(Cow::Borrowed(grey), Cow::Owned);
        merge(&mut found, decode(&sized));
        if !found.is_empty() {
            break;
        }
    }
    found
}

/// The longer sides at which a picture of that longer side is tried, each once.
fn sides_tried(longer: u32) -> Vec<u32> {
    let mut sides: Vec<u32> = SIDES.iter().map(|side| *side.min(&longer)).collect();
    sides.dedup();
    sides
}

pub(crate) struct Loaded {
    pub(crate) grey: GreyFrame,
    /// False where the file breaks off but some of the picture could be shown.
    complete: bool,
}

/// The grey picture in a file.
pub(crate) fn load(bytes: &[u8]) -> Result<Loaded, PictureError> {
    guarded(|| load_unguarded(bytes))
        .unwrap_or_else(|| Err(PictureError::Damaged("its decoder failed".to_owned())))
}

fn load_unguarded(bytes: &[u8]) -> Result<Loaded, PictureError> {
    let format = image::guess_format(bytes)
        .ok()
        .filter(|format| format.reading_enabled())
        .ok_or(PictureError::NotAPicture)?;
    let (width, height) = reader(bytes, format)
        .into_dimensions()
        .map_err(|e| damaged(&e))?;
    if u64::from(width) * u64::from(height) > u64::from(PICTURE_MEGAPIXELS_MAX) * 1_000_000
        || width.max(height) as usize > pixels::SIDE_MAX
    {
        return Err(PictureError::TooLarge { width, height });
    }
    if format == ImageFormat::Jpeg
        && let Some(grey) = pixels::from_jpeg(bytes)
    {
        return Ok(Loaded {
            grey,
            complete: has_jpeg_end(bytes),
        });
    }
    let mut reader = reader(bytes, format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    reader.limits(limits);
    let picture = reader.decode().map_err(|err| match err {
        ImageError::Limits(_) => PictureError::TooLarge { width, height },
        other => damaged(&other),
    })?;
    let luma = to_luma(picture);
    let grey = GreyFrame::new(width, height, luma)
        .map_err(|err| PictureError::Damaged(err.to_string()))?;
    Ok(Loaded {
        grey,
        complete: true,
    })
}

fn reader(bytes: &[u8], format: ImageFormat) -> ImageReader<Cursor<&[u8]>> {
    ImageReader::with_format(Cursor::new(bytes), format)
}

fn damaged(err: &ImageError) -> PictureError {
    PictureError::Damaged(err.to_string())
}

/// Grey, on white paper where the picture is transparent.
fn to_luma(picture: DynamicImage) -> Vec<u8> {
    if !picture.color().has_alpha() {
        return picture.into_luma8().into_raw();
    }
    let mut both = picture.into_luma_alpha8().into_raw();
    let pixels = both.len() / 2;
    for i in 0..pixels {
        let (luma, alpha) = (u32::from(both[2 * i]), u32::from(both[2 * i + 1]));
        both[i] = ((luma * alpha + 255 * (255 - alpha)) / 255) as u8;
    }
    both.truncate(pixels);
    both
}

/// Whether the end marker is there; looked for in the last half, past any embedded thumbnail.
fn has_jpeg_end(bytes: &[u8]) -> bool {
    bytes[bytes.len() / 2..]
        .windows(2)
        .any(|pair| pair == [0xFF, 0xD9])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_picture_costs_no_more_looks_than_a_small_one_and_none_at_its_full_size() {
        assert_eq!(sides_tried(300), [300]);
        assert_eq!(sides_tried(1280), [1280]);
        assert_eq!(sides_tried(2000), [1280, 2000]);
        for longer in [5472, 8000, pixels::SIDE_MAX as u32] {
            assert_eq!(sides_tried(longer), SIDES);
        }
    }
}
