//! Money as integers of minor units with their currency, and quantities in thousandths.

use serde::{Deserialize, Serialize};

/// The largest magnitude of minor units: 2^53 - 1, so that a screen's numbers hold every amount exactly.
pub const MAX_MINOR: i64 = 9_007_199_254_740_991;

/// What can be wrong with an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The amount, or an intermediate product, exceeds [`MAX_MINOR`].
    #[error("the amount is beyond the range of {MAX_MINOR} minor units")]
    OutOfRange,
    /// Two currencies met in one calculation.
    #[error("cannot combine {0} with {1}")]
    CurrencyMismatch(Currency, Currency),
    /// A code that is not three capital letters.
    #[error("'{0}' is not an ISO 4217 currency code")]
    UnknownCurrency(String),
    /// A negative amount where only zero or more makes sense.
    #[error("the {0} must not be negative")]
    Negative(&'static str),
    /// A discount larger than what it discounts.
    #[error("the discount is larger than the amount it applies to")]
    DiscountTooLarge,
    /// A percentage above 100 %.
    #[error("a percentage lies between 0 and 100 %")]
    PercentOutOfRange,
    /// Cash and card together do not cover the total.
    #[error("tenders do not cover the total")]
    TendersShort,
    /// Card tenders exceed what is due; change is only given from cash.
    #[error("more was charged to the card than is due")]
    CardOverTotal,
    /// A cart without lines, or a line without quantity.
    #[error("there is nothing to sell: {0}")]
    Empty(&'static str),
}

/// An ISO 4217 currency code, e.g. `PEN`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type,
)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(#[specta(type = String)] [u8; 3]);

impl Currency {
    /// Peruvian sol.
    pub const PEN: Self = Self(*b"PEN");

    /// Decimal places of the minor unit (ISO 4217): 0, 2 or 3.
    #[must_use]
    pub const fn decimals(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// The three letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl std::str::FromStr for Currency {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|l| l.is_ascii_uppercase()) => Ok(Self([*a, *b, *c])),
            _ => Err(MoneyError::UnknownCurrency(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(text: String) -> Result<Self, MoneyError> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(value: Currency) -> Self {
        value.code().to_owned()
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount: minor units (céntimos for soles) and their currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, specta::Type)]
pub struct Money {
    #[specta(type = i32)]
    minor: i64,
    currency: Currency,
}

#[derive(Deserialize)]
struct WireMoney {
    minor: i64,
    currency: Currency,
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = WireMoney::deserialize(deserializer)?;
        Self::new(wire.minor, wire.currency).map_err(serde::de::Error::custom)
    }
}

impl Money {
    /// An amount of minor units.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond [`MAX_MINOR`].
    pub const fn new(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        if minor > MAX_MINOR || minor < -MAX_MINOR {
            return Err(MoneyError::OutOfRange);
        }
        Ok(Self { minor, currency })
    }

    /// Nothing, in a currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether the amount is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    fn same(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
        }
    }

    /// Sum of two amounts of one currency.
    ///
    /// # Errors
    /// When currencies differ or the sum is out of range.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        Self::from_wide(
            i128::from(self.minor) + i128::from(other.minor),
            self.currency,
        )
    }

    /// Difference of two amounts of one currency.
    ///
    /// # Errors
    /// When currencies differ or the difference is out of range.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.plus(other.negated())
    }

    /// The same amount with the opposite sign.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self {
            minor: -self.minor,
            currency: self.currency,
        }
    }

    /// Sum of many amounts.
    ///
    /// # Errors
    /// As [`Money::plus`].
    pub fn sum(
        currency: Currency,
        amounts: impl IntoIterator<Item = Self>,
    ) -> Result<Self, MoneyError> {
        amounts
            .into_iter()
            .try_fold(Self::zero(currency), Self::plus)
    }

    /// `self * numerator / denominator`, rounded half away from zero.
    ///
    /// # Errors
    /// When the result is out of range or the denominator is not positive.
    pub fn scale(self, numerator: i64, denominator: i64) -> Result<Self, MoneyError> {
        if denominator <= 0 {
            return Err(MoneyError::OutOfRange);
        }
        let product = i128::from(self.minor) * i128::from(numerator);
        Self::from_wide(
            div_half_away(product, i128::from(denominator)),
            self.currency,
        )
    }

    /// Splits the amount over weights without losing or making a minor unit (largest remainder, earlier entries
    /// first on ties). Weights must not be negative; all-zero weights put everything on the first entry.
    ///
    /// # Errors
    /// When a weight is negative, or there are no weights for a non-zero amount.
    pub fn split(self, weights: &[i64]) -> Result<Vec<Self>, MoneyError> {
        if weights.iter().any(|w| *w < 0) {
            return Err(MoneyError::Negative("weight"));
        }
        let total: i128 = weights.iter().map(|w| i128::from(*w)).sum();
        if weights.is_empty() {
            return if self.is_zero() {
                Ok(Vec::new())
            } else {
                Err(MoneyError::Empty("nothing to split over"))
            };
        }
        if total == 0 {
            let mut parts = vec![Self::zero(self.currency); weights.len()];
            parts[0] = self;
            return Ok(parts);
        }
        let amount = i128::from(self.minor.abs());
        let sign = i128::from(self.minor.signum());
        let mut floors: Vec<(usize, i128, i128)> = weights
            .iter()
            .enumerate()
            .map(|(i, w)| {
                let exact = amount * i128::from(*w);
                (i, exact / total, exact % total)
            })
            .collect();
        let mut left = amount - floors.iter().map(|(_, floor, _)| floor).sum::<i128>();
        floors.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(&b.0)));
        for entry in &mut floors {
            if left == 0 {
                break;
            }
            entry.1 += 1;
            left -= 1;
        }
        floors.sort_by_key(|(i, _, _)| *i);
        floors
            .into_iter()
            .map(|(_, part, _)| Self::from_wide(part * sign, self.currency))
            .collect()
    }

    fn from_wide(minor: i128, currency: Currency) -> Result<Self, MoneyError> {
        let minor = i64::try_from(minor).map_err(|_| MoneyError::OutOfRange)?;
        Self::new(minor, currency)
    }
}

/// Integer division rounded half away from zero; the denominator is positive.
fn div_half_away(numerator: i128, denominator: i128) -> i128 {
    let magnitude = (numerator.abs() * 2 + denominator) / (denominator * 2);
    magnitude * numerator.signum()
}

/// How much of something: thousandths of its unit, so that 1.5 kg is 1500 and two cups are 2000.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type,
)]
#[serde(transparent)]
pub struct Quantity(#[specta(type = i32)] pub i64);

impl Quantity {
    /// The largest quantity on a line: a million units.
    pub const MAX: Self = Self(1_000_000_000);

    /// Whole pieces.
    #[must_use]
    pub const fn pieces(count: i64) -> Self {
        Self(count.saturating_mul(1000))
    }

    /// Thousandths.
    #[must_use]
    pub const fn milli(self) -> i64 {
        self.0
    }
}
