//! The poster that invites customers to enrol: A4, for the wall or the counter.

use crate::RenderError;
use crate::card::circles;
use crate::font::Weight;
use crate::locale::Locale;
use crate::pdf::{Align, MM, Page, Style};

/// What stands on the poster.
#[derive(Debug, Clone, Copy)]
pub struct Poster<'a> {
    /// Whose shop.
    pub shop_name: &'a str,
    /// What a full card earns.
    pub reward_name: &'a str,
    /// Stamps for it.
    pub stamps_required: u32,
    /// What the QR code says: a link, or text that a phone shows.
    pub code: &'a str,
    /// Words and figures.
    pub locale: Locale,
}

impl Poster<'_> {
    /// The page.
    ///
    /// # Errors
    /// When the code's text is too long.
    pub fn pdf(&self) -> Result<Vec<u8>, RenderError> {
        let (width, height, margin) = (210.0 * MM, 297.0 * MM, 22.0 * MM);
        let room = width - 2.0 * margin;
        let mut page = Page::new(width, height)?;
        let title = Style {
            weight: Weight::SemiBold,
            size: 48.0,
            align: Align::Centre,
        };
        let lead = Style {
            weight: Weight::Regular,
            size: 24.0,
            align: Align::Centre,
        };
        let y = page.paragraph(title, (margin, 52.0 * MM), room, 2, self.shop_name) - 6.0;
        let y = page.paragraph(lead, (margin, y), room, 3, &self.offer()) + 3.0;
        let count = f32::from(u16::try_from(self.stamps_required.clamp(1, 10)).unwrap_or(10));
        let pitch = (room / count).min(20.0 * MM);
        circles(
            &mut page,
            self.stamps_required,
            ((width - pitch * count) / 2.0, y + 24.0 * MM),
            pitch * count,
            pitch,
        );
        let code = 112.0 * MM;
        page.qr(((width - code) / 2.0, y + 32.0 * MM), code, self.code)?;
        let call = Style {
            weight: Weight::SemiBold,
            size: 28.0,
            align: Align::Centre,
        };
        let how = Style { size: 18.0, ..lead };
        let base = (y + 32.0 * MM + code + 14.0 * MM).min(height - 30.0 * MM);
        let locale = self.locale;
        let ask = locale.word(
            "Ask for your card at the counter",
            "Pida su tarjeta en la caja",
        );
        page.text(call, (margin, base), room, ask);
        let needs = locale.word(
            "Your name and phone number are all it takes.",
            "Solo necesita su nombre y su teléfono.",
        );
        page.text(how, (margin, base + 30.0), room, needs);
        page.finish(self.shop_name)
    }

    fn offer(&self) -> String {
        let (count, reward) = (self.stamps_required, self.reward_name);
        match self.locale.language {
            crate::Language::En => format!("Collect {count} stamps and get: {reward}"),
            crate::Language::Es => format!("Junte {count} sellos y reciba: {reward}"),
        }
    }
}
