//! The bundled typeface: Inter with tabular figures, reduced to code page 1252 (`assets/fonts`, SIL Open Font License).

use ab_glyph::{Font as _, FontRef, Glyph, PxScale, ScaleFont as _, point};
use image::{GrayImage, Luma};

use crate::RenderError;
use crate::winansi::{char_of, encode};

pub(crate) static REGULAR: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../assets/fonts/Inter-Regular.ttf"
));
pub(crate) static SEMIBOLD: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../assets/fonts/Inter-SemiBold.ttf"
));

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    SemiBold,
}

/// The typeface, read.
pub(crate) struct Faces {
    regular: FontRef<'static>,
    semibold: FontRef<'static>,
}

/// What a PDF tells of a face, in thousandths of its size.
pub(crate) struct Metrics {
    pub(crate) widths: Vec<f32>,
    pub(crate) ascent: f32,
    pub(crate) descent: f32,
}

impl Faces {
    pub(crate) fn load() -> Result<Self, RenderError> {
        Ok(Self {
            regular: FontRef::try_from_slice(REGULAR)?,
            semibold: FontRef::try_from_slice(SEMIBOLD)?,
        })
    }

    const fn face(&self, weight: Weight) -> &FontRef<'static> {
        match weight {
            Weight::Regular => &self.regular,
            Weight::SemiBold => &self.semibold,
        }
    }

    fn advance(&self, weight: Weight, c: char) -> f32 {
        let face = self.face(weight);
        let em = face.units_per_em().unwrap_or(2048.0);
        face.h_advance_unscaled(face.glyph_id(c)) / em
    }

    /// The width of text at size 1.
    pub(crate) fn width(&self, weight: Weight, text: &str) -> f32 {
        encode(text)
            .into_iter()
            .map(|b| self.advance(weight, char_of(b)))
            .sum()
    }

    /// Characters 32 to 255.
    pub(crate) fn metrics(&self, weight: Weight) -> Metrics {
        let face = self.face(weight);
        let em = face.units_per_em().unwrap_or(2048.0);
        Metrics {
            widths: (32..=255)
                .map(|b| self.advance(weight, char_of(b)) * 1000.0)
                .collect(),
            ascent: face.ascent_unscaled() / em * 1000.0,
            descent: face.descent_unscaled() / em * 1000.0,
        }
    }

    /// Breaks text into at most `lines_max` lines of a width at size 1; what does not fit stays on the last.
    pub(crate) fn wrap(
        &self,
        weight: Weight,
        text: &str,
        width: f32,
        lines_max: usize,
    ) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in crate::line::clean(text)
            .split(' ')
            .filter(|w| !w.is_empty())
        {
            let full = lines.len() >= lines_max;
            match lines.last_mut() {
                Some(line) if full || self.width(weight, &format!("{line} {word}")) <= width => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines
    }

    /// Paints text in the middle of a grey picture with its baseline at `y`; shrinks it to `width` pixels.
    pub(crate) fn paint(
        &self,
        picture: &mut GrayImage,
        weight: Weight,
        text: &str,
        (size, width, y): (f32, f32, f32),
    ) {
        let natural = self.width(weight, text) * size;
        let size = if natural > width {
            size * width / natural
        } else {
            size
        };
        let face = self.face(weight);
        // ab_glyph scales by the height of a line, not by the em.
        let em = face.units_per_em().unwrap_or(2048.0);
        let scale = PxScale::from(size * face.height_unscaled() / em);
        let scaled = face.as_scaled(scale);
        #[expect(
            clippy::cast_precision_loss,
            reason = "pictures are far smaller than 2^24 pixels"
        )]
        let mut x = (picture.width() as f32 - self.width(weight, text) * size) / 2.0;
        for byte in encode(text) {
            let id = face.glyph_id(char_of(byte));
            let glyph: Glyph = id.with_scale_and_position(scale, point(x, y));
            x += scaled.h_advance(id);
            let Some(outline) = face.outline_glyph(glyph) else {
                continue;
            };
            let bounds = outline.px_bounds();
            outline.draw(|dx, dy, cover| {
                blend(
                    picture,
                    bounds.min.x + dx as f32,
                    bounds.min.y + dy as f32,
                    cover,
                )
            });
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded pixel places and shades; those outside the picture are left out"
)]
fn blend(picture: &mut GrayImage, x: f32, y: f32, cover: f32) {
    if x < 0.0 || y < 0.0 {
        return;
    }
    if let Some(pixel) = picture.get_pixel_mut_checked(x as u32, y as u32) {
        let ink = cover.clamp(0.0, 1.0);
        let shade = f32::from(pixel.0[0]) * (1.0 - ink);
        *pixel = Luma([shade.round() as u8]);
    }
}
