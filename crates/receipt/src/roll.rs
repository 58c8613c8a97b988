//! A receipt as a PDF page of an 80 mm roll, as long as it needs to be.

use crate::RenderError;
use crate::font::Weight;
use crate::line::Line;
use crate::pdf::{Align, MM, Page, Style};

const WIDTH: f32 = 80.0 * MM;
const MARGIN: f32 = 5.0 * MM;
const ROOM: f32 = WIDTH - 2.0 * MARGIN;
/// Points of a usual line's letters, and from line to line.
const SIZE: f32 = 8.5;
const STEP: f32 = 12.0;
const QR_SIZE: f32 = 32.0 * MM;

const PLAIN: Style = Style {
    weight: Weight::Regular,
    size: SIZE,
    align: Align::Left,
};
const STRONG: Style = Style {
    weight: Weight::SemiBold,
    size: 12.0,
    align: Align::Left,
};
const BIG: Style = Style {
    weight: Weight::SemiBold,
    size: 15.0,
    align: Align::Centre,
};

const fn height(line: &Line) -> f32 {
    match line {
        Line::Big(_) => 21.0,
        Line::Strong { .. } => 19.0,
        Line::Qr(_) => QR_SIZE + 4.0,
        Line::Blank => STEP / 2.0,
        _ => STEP,
    }
}

/// The page of a receipt.
///
/// # Errors
/// When a QR code's text is too long.
pub fn roll_pdf(lines: &[Line], title: &str) -> Result<Vec<u8>, RenderError> {
    let length: f32 = lines.iter().map(height).sum();
    let mut page = Page::new(WIDTH, length + 2.0 * MARGIN)?;
    let mut y = MARGIN;
    for line in lines {
        let top = y;
        y += height(line);
        let base = (MARGIN, y - 3.5);
        match line {
            Line::Text(text) => {
                let indent = text.len() - text.trim_start().len();
                let shift = if indent > 0 { 8.0 } else { 0.0 };
                page.text(
                    PLAIN,
                    (MARGIN + shift, base.1),
                    ROOM - shift,
                    text.trim_start(),
                );
            }
            Line::Pair { left, right } => pair(&mut page, PLAIN, base.1, left, right),
            Line::Strong { left, right } => pair(&mut page, STRONG, base.1, left, right),
            Line::Centred(text) | Line::Barcode(text) => {
                page.text(
                    Style {
                        align: Align::Centre,
                        ..PLAIN
                    },
                    base,
                    ROOM,
                    text,
                );
            }
            Line::Big(text) => page.text(BIG, base, ROOM, text),
            Line::Rule => page.rule((MARGIN, top + STEP / 2.0), ROOM, 0.5),
            Line::Blank => {}
            Line::Qr(text) => page.qr(((WIDTH - QR_SIZE) / 2.0, top + 2.0), QR_SIZE, text)?,
        }
    }
    page.finish(title)
}

/// The amount keeps its width; what it is for gives way.
fn pair(page: &mut Page, style: Style, y: f32, left: &str, right: &str) {
    let amount = page.faces.width(style.weight, right) * style.size;
    let shift = if left.starts_with(' ') { 8.0 } else { 0.0 };
    let room = (ROOM - shift - amount - 6.0).max(40.0);
    page.text(style, (MARGIN + shift, y), room, left.trim_start());
    page.text(
        Style {
            align: Align::Right,
            ..style
        },
        (MARGIN, y),
        ROOM,
        right,
    );
}
