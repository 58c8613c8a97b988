//! Tax classes and how a price relates to its tax.

use serde::{Deserialize, Serialize};

use crate::money::{Money, MoneyError};

/// A tax rate in hundredths of a percent: 1800 is 18 %.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type,
)]
#[serde(transparent)]
pub struct TaxRate(pub u32);

/// A tax class of the shop's country, e.g. `IGV` at 18 %.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct TaxClass {
    /// Short stable code, e.g. `igv`.
    pub code: String,
    /// What a receipt prints, e.g. `IGV 18 %`.
    pub name: String,
    /// The rate.
    pub rate: TaxRate,
}

/// How one line is taxed, frozen at the moment of sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct LineTax {
    /// The class's code.
    pub code: String,
    /// The class's printed name.
    pub name: String,
    /// The rate.
    pub rate: TaxRate,
    /// Whether the price already contains the tax.
    pub inclusive: bool,
}

/// An amount taken apart: `net + tax = total`, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taxed {
    /// Without tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// With tax.
    pub total: Money,
}

impl LineTax {
    /// Takes an amount apart (inclusive) or adds the tax to it (exclusive); the tax is rounded half away from zero.
    ///
    /// # Errors
    /// When the result is out of range.
    pub fn apply(&self, amount: Money) -> Result<Taxed, MoneyError> {
        let rate = i64::from(self.rate.0);
        if self.inclusive {
            let tax = amount.scale(rate, 10_000 + rate)?;
            Ok(Taxed {
                net: amount.minus(tax)?,
                tax,
                total: amount,
            })
        } else {
            let tax = amount.scale(rate, 10_000)?;
            Ok(Taxed {
                net: amount,
                tax,
                total: amount.plus(tax)?,
            })
        }
    }
}
