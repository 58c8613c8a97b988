//! A picture of the camera as the screen gets it: raw bytes, which cost neither a JPEG nor base 64.
//!
//! | bytes | what |
//! | --- | --- |
//! | 0 | how the pixels lie: 1 for grey, a byte each, row by row, 0 is black |
//! | 1 | the number of outlines |
//! | 2..4 | zero |
//! | 4..8 | pixels across |
//! | 8..12 | pixels down |
//! | 12..16 | the picture's number: a gap tells how many were missed; begins again after the last of 32 bits |
//! | 32 an outline | its four corners, 0 to 1 of the picture and beyond, in order around the code: x and y of each, 32-bit floats |
//! | the rest | the pixels |
//!
//! Numbers are little-endian. `ui/src/places/stamp/picture.ts` reads it; `ui/src/places/stamp/picture.sample.hex` is one for both.

use counterfoil_scan::{Point, Preview};

/// How the pixels lie: a byte each.
const GREY: u8 = 1;
const HEADER_BYTES: usize = 16;
const OUTLINE_BYTES: usize = 32;

/// A picture of the camera, with the codes that lie in it.
pub struct CameraPicture<'a> {
    number: u64,
    width: u32,
    height: u32,
    grey: &'a [u8],
    outlines: &'a [[Point; 4]],
}

impl<'a> CameraPicture<'a> {
    /// What the camera shows.
    #[must_use]
    pub fn of(preview: &'a Preview) -> Self {
        Self {
            number: preview.number,
            width: preview.picture.width(),
            height: preview.picture.height(),
            grey: preview.picture.luma(),
            outlines: &preview.outlines,
        }
    }

    /// See the module. Of more than 255 outlines the first are drawn.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = u8::try_from(self.outlines.len()).unwrap_or(u8::MAX);
        let outlines = &self.outlines[..usize::from(count)];
        let length = HEADER_BYTES + outlines.len() * OUTLINE_BYTES + self.grey.len();
        let mut bytes = Vec::with_capacity(length);
        bytes.extend([GREY, count, 0, 0]);
        bytes.extend(self.width.to_le_bytes());
        bytes.extend(self.height.to_le_bytes());
        // The low half: it is for gaps alone.
        bytes.extend((self.number as u32).to_le_bytes());
        for corner in outlines.as_flattened() {
            bytes.extend(corner.x.to_le_bytes());
            bytes.extend(corner.y.to_le_bytes());
        }
        bytes.extend_from_slice(self.grey);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_scan::GreyFrame;
    use proptest::prelude::*;

    use super::*;

    /// What the screen reads; the inverse of [`CameraPicture::to_bytes`].
    fn read(bytes: &[u8]) -> Preview {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let float = |at: usize| f32::from_bits(word(at));
        assert_eq!(bytes[0], GREY);
        let corner = |at: usize| Point {
            x: float(at),
            y: float(at + 4),
        };
        let outlines = (0..usize::from(bytes[1])).map(|outline| {
            let at = HEADER_BYTES + outline * OUTLINE_BYTES;
            [0, 8, 16, 24].map(|offset| corner(at + offset))
        });
        let pixels = HEADER_BYTES + usize::from(bytes[1]) * OUTLINE_BYTES;
        Preview {
            number: u64::from(word(12)),
            picture: GreyFrame::new(word(4), word(8), bytes[pixels..].to_vec()).unwrap(),
            outlines: outlines.collect(),
        }
    }

    fn sample() -> Preview {
        let at = |x, y| Point { x, y };
        Preview {
            number: 258,
            picture: GreyFrame::new(3, 2, vec![0, 50, 100, 150, 200, 255]).unwrap(),
            outlines: vec![[at(0.25, 0.5), at(0.75, 0.5), at(0.75, 1.0), at(0.25, 1.0)]],
        }
    }

    #[test]
    fn the_sample_that_the_screen_is_tested_with_is_what_is_sent() {
        let bytes = CameraPicture::of(&sample()).to_bytes();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let shared = include_str!("../../../../ui/src/places/stamp/picture.sample.hex");
        assert_eq!(hex, shared.trim());
    }

    #[test]
    fn of_very_many_codes_the_first_are_outlined() {
        let mut crowd = sample();
        crowd.outlines = vec![crowd.outlines[0]; 300];
        let read = read(&CameraPicture::of(&crowd).to_bytes());
        assert_eq!(read.outlines.len(), 255);
        assert_eq!(read.picture, crowd.picture);
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(
            width in 1_u32..40,
            height in 1_u32..40,
            number in 0..=u64::from(u32::MAX),
            corners in prop::collection::vec(prop::array::uniform8(-1.0_f32..=2.0), 0..6),
            seed in any::<u8>(),
        ) {
            let luma = (0..width * height).map(|at| (at as u8).wrapping_mul(seed)).collect();
            let outlines = corners.iter().map(|c| {
                [0, 2, 4, 6].map(|at| Point { x: c[at], y: c[at + 1] })
            });
            let preview = Preview {
                number,
                picture: GreyFrame::new(width, height, luma).unwrap(),
                outlines: outlines.collect(),
            };
            prop_assert_eq!(read(&CameraPicture::of(&preview).to_bytes()), preview);
        }
    }
}
