//! From a sale to paper: one layout of 42 columns, rendered as text, as PDF and for receipt printers; and what customers
//! take home or read on the wall, their card and the poster.
//!
//! Amounts are only formatted here, never computed: every figure comes from the domain.

mod card;
mod escpos;
mod font;
mod line;
mod locale;
mod pdf;
mod poster;
mod qr;
mod roll;
mod sale;
mod sheet;
mod shift;
mod winansi;

pub use card::CardFace;
pub use escpos::{escpos, open_drawer};
pub use line::{COLUMNS, Line, text};
pub use locale::{Language, Locale};
pub use poster::Poster;
pub use qr::{Matrix, svg};
pub use roll::roll_pdf;
pub use sale::{Letterhead, RefundPaper, SalePaper, refund, sale};
pub use sheet::{CARDS_A_PAGE, card_sheet};
pub use shift::{ShiftMove, ShiftPaper, shift};

/// Why something cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// Too much for a QR code.
    #[error("the text does not fit a QR code: {0}")]
    Qr(#[from] qrcode::types::QrError),
    /// The bundled typeface cannot be read.
    #[error("the bundled typeface cannot be read: {0}")]
    Font(#[from] ab_glyph::InvalidFont),
    /// The picture cannot be written.
    #[error("the picture cannot be written: {0}")]
    Picture(#[from] image::ImageError),
}
