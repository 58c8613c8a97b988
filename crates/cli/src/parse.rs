//! Amounts, quantities and discounts as people type them.

use counterfoil_app::domain::{Currency, Discount, Money, Quantity};
use counterfoil_app::view::Failure;

fn not_a(what: &str, text: &str) -> Failure {
    Failure::new("argument_invalid", format!("'{text}' is not {what}"))
}

/// A decimal number as an integer of `10^-decimals`; nothing is rounded away.
fn decimal(text: &str, decimals: u32) -> Option<i64> {
    let text = text.trim();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let width = usize::try_from(decimals).ok()?;
    let plain = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || part.len() > width || !plain(whole) || !plain(part) {
        return None;
    }
    format!("{whole}{part:0<width$}").parse().ok()
}

/// An amount, e.g. `8.50`.
///
/// # Errors
/// `argument_invalid`, `amount_out_of_range`.
pub fn amount(text: &str, currency: Currency) -> Result<Money, Failure> {
    let minor = decimal(text, currency.decimals()).ok_or_else(|| not_a("an amount", text))?;
    Ok(Money::new(minor, currency)?)
}

/// A quantity, e.g. `2` or `1.5`.
///
/// # Errors
/// `argument_invalid`.
pub fn quantity(text: &str) -> Result<Quantity, Failure> {
    let milli = decimal(text, 3).ok_or_else(|| not_a("a quantity", text))?;
    Ok(Quantity(milli))
}

/// A discount: `10%` or an amount.
///
/// # Errors
/// `argument_invalid`, `amount_out_of_range`.
pub fn discount(text: &str, currency: Currency) -> Result<Discount, Failure> {
    let Some(percent) = text.trim().strip_suffix('%') else {
        return Ok(Discount::Amount {
            amount: amount(text, currency)?,
        });
    };
    let hundredths = decimal(percent, 2).and_then(|points| u32::try_from(points).ok());
    let basis_points = hundredths.ok_or_else(|| not_a("a percentage", text))?;
    Ok(Discount::Percent { basis_points })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_keeps_every_digit_or_is_refused() {
        let minor = |text| amount(text, Currency::PEN).map(Money::minor).ok();
        assert_eq!(minor("8.5"), Some(850));
        assert_eq!(minor("8"), Some(800));
        assert_eq!(minor("8.555"), None);
        assert_eq!(minor("-8"), None);
        assert_eq!(minor("8,50"), None);
        assert_eq!(minor("99999999999999999999"), None);
    }

    #[test]
    fn a_discount_is_a_percentage_or_an_amount() {
        assert_eq!(
            discount("12.5%", Currency::PEN),
            Ok(Discount::Percent { basis_points: 1250 })
        );
        let amount = Money::new(150, Currency::PEN).unwrap();
        assert_eq!(
            discount("1.50", Currency::PEN),
            Ok(Discount::Amount { amount })
        );
    }

    #[test]
    fn a_quantity_has_thousandths() {
        assert_eq!(quantity("1.5"), Ok(Quantity(1500)));
    }
}
