//! QR codes as squares, and as SVG.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

use crate::RenderError;

/// Light squares that must surround a QR code (ISO/IEC 18004).
pub(crate) const QUIET: u32 = 4;

/// The squares of a QR code, without the quiet zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// Squares along a side.
    pub side: u32,
    dark: Vec<bool>,
}

impl Matrix {
    /// The code of a text, with medium error correction.
    ///
    /// # Errors
    /// When the text is too long.
    pub fn of(text: &str) -> Result<Self, RenderError> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
        let side = u32::try_from(code.width()).unwrap_or(0);
        let dark = code
            .to_colors()
            .into_iter()
            .map(|c| c == Color::Dark)
            .collect();
        Ok(Self { side, dark })
    }

    /// Whether a square is dark; those outside are not.
    #[must_use]
    pub fn is_dark(&self, x: u32, y: u32) -> bool {
        x < self.side
            && y < self.side
            && self
                .dark
                .get((y * self.side + x) as usize)
                .copied()
                .unwrap_or(false)
    }

    /// The dark squares of each row as runs: row, first column, length.
    pub(crate) fn runs(&self) -> Vec<(u32, u32, u32)> {
        let mut runs = Vec::new();
        for y in 0..self.side {
            let mut x = 0;
            while x < self.side {
                let length = (x..self.side).take_while(|at| self.is_dark(*at, y)).count();
                let length = u32::try_from(length).unwrap_or(0);
                if length > 0 {
                    runs.push((y, x, length));
                }
                x += length.max(1);
            }
        }
        runs
    }
}

/// A QR code as SVG with its quiet zone: dark on white, so that it reads on a dark screen as well.
///
/// # Errors
/// When the text is too long.
pub fn svg(text: &str) -> Result<String, RenderError> {
    let matrix = Matrix::of(text)?;
    let size = matrix.side + 2 * QUIET;
    let mut path = String::new();
    for (y, x, length) in matrix.runs() {
        // Writing to a String cannot fail.
        let _ = write!(path, "M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET);
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}
