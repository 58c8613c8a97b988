//! What a returned part of a line is worth: proportional to its quantity, and never a minor unit lost or made over
//! several refunds, since each takes what the whole returned so far is worth less what was paid back before.

use crate::cart::PricedLine;
use crate::money::{Money, MoneyError, Quantity};

/// What came back of a line so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returned {
    /// How much.
    pub quantity: Quantity,
    /// What was paid back for it, tax included.
    pub total: Money,
    /// The tax within it.
    pub tax: Money,
}

/// What is paid back for one more part of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Tax included.
    pub total: Money,
    /// The tax within it, never more than `total`.
    pub tax: Money,
}

/// Why nothing is paid back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefundError {
    /// More than was sold and not returned yet.
    #[error("only {} thousandths of this line are left to give back", left.milli())]
    OverSale {
        /// What is left.
        left: Quantity,
    },
    /// Nothing, or less.
    #[error("a quantity above zero is given back")]
    NoQuantity,
    /// The amounts do not combine.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Returned {
    /// Nothing of a line yet.
    #[must_use]
    pub const fn nothing(currency: crate::money::Currency) -> Self {
        Self {
            quantity: Quantity(0),
            total: Money::zero(currency),
            tax: Money::zero(currency),
        }
    }

    /// With one more part.
    ///
    /// # Errors
    /// When the amounts do not combine.
    pub fn plus(self, quantity: Quantity, share: Share) -> Result<Self, MoneyError> {
        Ok(Self {
            quantity: Quantity(self.quantity.milli().saturating_add(quantity.milli())),
            total: self.total.plus(share.total)?,
            tax: self.tax.plus(share.tax)?,
        })
    }
}

/// What giving back `quantity` of a line pays, after what was `returned` of it before. The last part takes the rest.
///
/// # Errors
/// When more comes back than is left.
pub fn share(
    sold: Quantity,
    amounts: &PricedLine,
    returned: Returned,
    quantity: Quantity,
) -> Result<Share, RefundError> {
    if quantity.milli() <= 0 {
        return Err(RefundError::NoQuantity);
    }
    let left = sold.milli().saturating_sub(returned.quantity.milli());
    if quantity.milli() > left {
        return Err(RefundError::OverSale {
            left: Quantity(left.max(0)),
        });
    }
    let currency = amounts.total.currency();
    let after = sold.milli() - left + quantity.milli();
    // Two tills that refunded apart from each other may have rounded towards more than is due: never below zero then.
    let due = |whole: Money, before: Money| -> Result<i64, MoneyError> {
        Ok(whole
            .scale(after, sold.milli())?
            .minus(before)?
            .minor()
            .max(0))
    };
    let total = due(amounts.total, returned.total)?;
    let net_left = amounts
        .net
        .minus(returned.total.minus(returned.tax)?)?
        .minor();
    let tax_left = amounts.tax.minus(returned.tax)?.minor();
    // Total and tax round apart from each other: neither the net nor the tax of a part may fall below zero, nor exceed
    // what is left of it.
    let tax = due(amounts.tax, returned.tax)?
        .max(total - net_left)
        .min(tax_left)
        .min(total)
        .max(0);
    Ok(Share {
        total: Money::new(total, currency)?,
        tax: Money::new(tax, currency)?,
    })
}
