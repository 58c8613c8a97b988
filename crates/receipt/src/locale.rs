//! Amounts, dates and words as people of a shop's country read them.

use counterfoil_domain::time::LocalTime;
use counterfoil_domain::{Money, Quantity};

/// The languages that papers are worded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Spanish.
    Es,
}

/// A language, and the country whose habits figures follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locale {
    /// The words' language.
    pub language: Language,
    comma_decimals: bool,
}

/// Spanish-speaking countries; in the first group the comma separates decimals.
const COMMA: [&str; 10] = ["AR", "BO", "CL", "CO", "CR", "EC", "ES", "PY", "UY", "VE"];
const POINT: [&str; 9] = ["CU", "DO", "GT", "HN", "MX", "NI", "PA", "PE", "SV"];

impl Locale {
    /// The locale of a shop: its country (ISO 3166) and the till's language, `en` or `es`; any other language is the
    /// country's.
    #[must_use]
    pub fn of(country: &str, language: &str) -> Self {
        let spanish = COMMA.contains(&country) || POINT.contains(&country);
        Self {
            language: match language {
                "en" => Language::En,
                "es" => Language::Es,
                _ if spanish => Language::Es,
                _ => Language::En,
            },
            comma_decimals: COMMA.contains(&country),
        }
    }

    /// The wording in this language.
    pub(crate) const fn word(self, en: &'static str, es: &'static str) -> &'static str {
        match self.language {
            Language::En => en,
            Language::Es => es,
        }
    }

    /// An amount with its currency, e.g. `S/ 1,250.50`.
    #[must_use]
    pub fn money(self, amount: Money) -> String {
        let currency = amount.currency();
        let decimals = currency.decimals() as usize;
        let digits = format!(
            "{:0>width$}",
            amount.minor().unsigned_abs(),
            width = decimals + 1
        );
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let (group, point) = if self.comma_decimals {
            ('.', ",")
        } else {
            (',', ".")
        };
        let mut text = String::new();
        if amount.is_negative() {
            text.push('-');
        }
        text.push_str(symbol(currency.code()));
        text.push(' ');
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i) % 3 == 0 {
                text.push(group);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push_str(point);
            text.push_str(fraction);
        }
        text
    }

    /// A quantity without needless zeros, e.g. `2` or `0.25`.
    #[must_use]
    pub fn quantity(self, quantity: Quantity) -> String {
        let milli = quantity.milli();
        let sign = if milli < 0 { "-" } else { "" };
        let (whole, rest) = (milli.unsigned_abs() / 1000, milli.unsigned_abs() % 1000);
        let fraction = format!("{rest:03}");
        let fraction = fraction.trim_end_matches('0');
        let point = if self.comma_decimals { "," } else { "." };
        if fraction.is_empty() {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}{point}{fraction}")
        }
    }

    /// Hundredths of a percent, e.g. `12.5 %`.
    #[must_use]
    pub fn percent(self, basis_points: u32) -> String {
        let tenths_of_milli = Quantity(i64::from(basis_points) * 10);
        format!("{} %", self.quantity(tenths_of_milli))
    }

    /// Day and time, e.g. `21/11/2026 08:10`; English writes the day as `2026-11-21`.
    #[must_use]
    pub fn moment(self, at: &LocalTime) -> String {
        let (date, time) = (at.date, at.minute_of_day);
        let clock = format!("{:02}:{:02}", time / 60, time % 60);
        match self.language {
            Language::Es => format!(
                "{:02}/{:02}/{} {clock}",
                date.day(),
                date.month(),
                date.year()
            ),
            Language::En => format!(
                "{}-{:02}-{:02} {clock}",
                date.year(),
                date.month(),
                date.day()
            ),
        }
    }
}

/// The sign people know; the code itself where there is none.
fn symbol(code: &str) -> &str {
    match code {
        "PEN" => "S/",
        "USD" => "US$",
        "EUR" => "€",
        "GBP" => "£",
        "BOB" => "Bs",
        "BRL" => "R$",
        "ARS" | "CLP" | "COP" | "MXN" | "UYU" => "$",
        _ => code,
    }
}
