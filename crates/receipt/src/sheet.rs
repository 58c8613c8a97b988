//! Sheets of cards to cut apart: A4, two cards across and five down, with marks in the margin to cut along.

use crate::RenderError;
use crate::card::{CardFace, HEIGHT, WIDTH};
use crate::pdf::{MM, Page, document};

/// Cards on one page.
pub const CARDS_A_PAGE: usize = COLUMNS * ROWS;
const COLUMNS: usize = 2;
const ROWS: usize = 5;
const PAGE: (f32, f32) = (210.0 * MM, 297.0 * MM);
/// How far a mark stays from the cards, so that none of it is left on one, and how long it is.
const GAP: f32 = 2.0 * MM;
const MARK: f32 = 5.0 * MM;

/// The pages for these cards, in their order; a title for the document.
///
/// # Errors
/// When a code's text is too long.
pub fn card_sheet(title: &str, cards: &[CardFace<'_>]) -> Result<Vec<u8>, RenderError> {
    let pages: Result<Vec<Page>, RenderError> = cards.chunks(CARDS_A_PAGE).map(page).collect();
    document(title, pages?)
}

fn page(cards: &[CardFace<'_>]) -> Result<Page, RenderError> {
    let mut page = Page::new(PAGE.0, PAGE.1)?;
    for (at, card) in cards.iter().enumerate() {
        card.draw(&mut page, (column(at % COLUMNS), row(at / COLUMNS)))?;
    }
    let (top, bottom) = (row(0), row(ROWS));
    for x in (0..=COLUMNS).map(column) {
        page.hairline((x, top - GAP - MARK), (x, top - GAP));
        page.hairline((x, bottom + GAP), (x, bottom + GAP + MARK));
    }
    let (left, right) = (column(0), column(COLUMNS));
    for y in (0..=ROWS).map(row) {
        page.hairline((left - GAP - MARK, y), (left - GAP, y));
        page.hairline((right + GAP, y), (right + GAP + MARK, y));
    }
    Ok(page)
}

/// The left edge of a column.
fn column(at: usize) -> f32 {
    (PAGE.0 - number(COLUMNS) * WIDTH) / 2.0 + number(at) * WIDTH
}

/// The upper edge of a row.
fn row(at: usize) -> f32 {
    (PAGE.1 - number(ROWS) * HEIGHT) / 2.0 + number(at) * HEIGHT
}

fn number(count: usize) -> f32 {
    f32::from(u16::try_from(count).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_card_and_every_mark_lies_on_the_page() {
        // What most printers cannot reach.
        let edge = 4.0 * MM;
        assert!(column(0) - GAP - MARK > edge && row(0) - GAP - MARK > edge);
        assert!(column(COLUMNS) + GAP + MARK < PAGE.0 - edge);
        assert!(row(ROWS) + GAP + MARK < PAGE.1 - edge);
    }
}
