//! A customer's card to take home: a picture for a phone, a page in the size of a bank card to print.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};

use crate::RenderError;
use crate::font::{Faces, Weight};
use crate::pdf::{Align, MM, Page, Style};
use crate::qr::{Matrix, QUIET};

/// What stands on a card.
#[derive(Debug, Clone, Copy)]
pub struct CardFace<'a> {
    /// Whose shop.
    pub shop_name: &'a str,
    /// Whose card.
    pub customer_name: &'a str,
    /// What a full card earns.
    pub reward_name: &'a str,
    /// Circles on it.
    pub stamps_required: u32,
    /// The signed text of its QR code.
    pub code: &'a str,
}

/// The size of a bank card (ISO/IEC 7810 ID-1).
pub(crate) const WIDTH: f32 = 85.6 * MM;
pub(crate) const HEIGHT: f32 = 54.0 * MM;
/// Pixels of one square of the picture's code, and around everything.
const DOT: u32 = 12;
const MARGIN: u32 = 48;
/// Pixels above the code for the shop's name, and below it for the customer's.
const HEAD: u32 = 72;
const FOOT: u32 = 60;

impl CardFace<'_> {
    /// A picture: the shop's name, the code, the customer's name, with a margin all around.
    ///
    /// # Errors
    /// When the code's text is too long or the picture cannot be written.
    pub fn png(&self) -> Result<Vec<u8>, RenderError> {
        let (matrix, faces) = (Matrix::of(self.code)?, Faces::load()?);
        let code = (matrix.side + 2 * QUIET) * DOT;
        let (width, height) = (code + 2 * MARGIN, code + 2 * MARGIN + HEAD + FOOT);
        let mut picture = GrayImage::from_pixel(width, height, Luma([255]));
        for (row, column, length) in matrix.runs() {
            for x in 0..length * DOT {
                for y in 0..DOT {
                    let at = (
                        MARGIN + (column + QUIET) * DOT + x,
                        MARGIN + HEAD + (row + QUIET) * DOT + y,
                    );
                    picture.put_pixel(at.0, at.1, Luma([0]));
                }
            }
        }
        let px = |pixels: u32| f32::from(u16::try_from(pixels).unwrap_or(u16::MAX));
        let room = px(width - 2 * MARGIN);
        let shop = (44.0, room, px(MARGIN) + 44.0);
        faces.paint(&mut picture, Weight::SemiBold, self.shop_name, shop);
        let customer = (36.0, room, px(height - MARGIN) - 12.0);
        faces.paint(&mut picture, Weight::Regular, self.customer_name, customer);
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png)?;
        Ok(bytes.into_inner())
    }

    /// A page of 85.6 x 54 mm: names, code, and a circle for every stamp.
    ///
    /// # Errors
    /// When the code's text is too long.
    pub fn pdf(&self) -> Result<Vec<u8>, RenderError> {
        let mut page = Page::new(WIDTH, HEIGHT)?;
        self.draw(&mut page, (0.0, 0.0))?;
        page.finish(self.shop_name)
    }

    /// Draws the card with its top left corner at that place.
    pub(crate) fn draw(&self, page: &mut Page, (x, y): (f32, f32)) -> Result<(), RenderError> {
        let (left, room, code) = (x + 5.0 * MM, 37.0 * MM, 41.0 * MM);
        let corner = (x + WIDTH - code - 2.5 * MM, y + (HEIGHT - code) / 2.0);
        page.qr(corner, code, self.code)?;
        let name = Style {
            weight: Weight::SemiBold,
            size: 14.0,
            align: Align::Left,
        };
        let below = page.paragraph(name, (left, y + 10.0 * MM), room, 3, self.shop_name);
        let small = Style {
            weight: Weight::Regular,
            size: 9.0,
            align: Align::Left,
        };
        page.paragraph(small, (left, below), room, 2, self.customer_name);
        let bottom = circles(
            page,
            self.stamps_required,
            (left, y + HEIGHT - 5.0 * MM),
            room,
            6.0 * MM,
        );
        let reward = Style { size: 7.5, ..small };
        page.text(reward, (left, bottom - 4.0), room, self.reward_name);
        Ok(())
    }
}

/// Circles in even rows that end at `bottom`; returns where the first row begins.
pub(crate) fn circles(
    page: &mut Page,
    count: u32,
    (left, bottom): (f32, f32),
    room: f32,
    pitch_max: f32,
) -> f32 {
    // More than sixty could not be told apart on a card.
    let count = count.clamp(1, 60);
    let rows = count.div_ceil(if count <= 5 {
        5
    } else {
        count.div_ceil(2).clamp(5, 12)
    });
    let columns = count.div_ceil(rows);
    let number = |n: u32| f32::from(u16::try_from(n).unwrap_or(u16::MAX));
    let pitch = (room / number(columns)).min(pitch_max);
    let top = bottom - number(rows) * pitch;
    for i in 0..count {
        let x = left + (number(i % columns) + 0.5) * pitch;
        let y = top + (number(i / columns) + 0.5) * pitch;
        page.circle((x, y), pitch * 0.41, 0.8);
    }
    top
}
