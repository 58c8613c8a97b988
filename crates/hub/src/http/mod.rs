//! What every room of the API shares: envelope, errors, credentials, limits, idempotency and its description.

pub mod answer;
pub mod docs;
pub mod extract;
pub mod failure;
pub mod idempotency;
pub mod layers;
pub mod limit;
pub mod page;
pub mod words;

pub use answer::Answer;
pub use extract::{Credential, Current, Input, Owner, Paired, Staff};
pub use failure::Failure;
pub use idempotency::{Begun, IdempotencyKey, Write};

/// A text as a QR code, in an SVG picture of 240 pixels or more a side.
///
/// # Errors
/// When it is longer than any QR code holds.
pub fn qr_svg(text: &str) -> Result<String, Failure> {
    let code = qrcode::QrCode::new(text).map_err(Failure::internal)?;
    let mut picture = code.render::<qrcode::render::svg::Color>();
    Ok(picture.min_dimensions(240, 240).build())
}
