//! A cart and its price: the one money core that screen, receipt, shift report and hub share.

use serde::{Deserialize, Serialize};

use crate::id::{CartId, CustomerId, LineId, ProductId};
use crate::money::{Currency, Money, MoneyError, Quantity};
use crate::tax::{LineTax, TaxRate};

/// A reduction of a line or of the whole cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Discount {
    /// Hundredths of a percent: 1000 is 10 %.
    Percent {
        /// 0 to 10,000.
        basis_points: u32,
    },
    /// A fixed amount, at most what it applies to.
    Amount {
        /// What is taken off.
        amount: Money,
    },
}

impl Discount {
    /// What this discount takes off `base`.
    ///
    /// # Errors
    /// When it exceeds the base, is negative, or is of another currency.
    pub fn of(&self, base: Money) -> Result<Money, MoneyError> {
        match *self {
            Self::Percent { basis_points } if basis_points > 10_000 => {
                Err(MoneyError::PercentOutOfRange)
            }
            Self::Percent { basis_points } => base.scale(i64::from(basis_points), 10_000),
            Self::Amount { amount } if amount.is_negative() => {
                Err(MoneyError::Negative("discount"))
            }
            Self::Amount { amount } => {
                if base.minus(amount)?.is_negative() {
                    return Err(MoneyError::DiscountTooLarge);
                }
                Ok(amount)
            }
        }
    }
}

/// One line of a cart: a product, or something typed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct CartLine {
    /// The line's id.
    pub line_id: LineId,
    /// The product, unless the line was typed in.
    pub product_id: Option<ProductId>,
    /// Stock-keeping unit, empty for typed-in lines.
    pub sku: String,
    /// What the receipt prints.
    pub name: String,
    /// How much.
    pub quantity: Quantity,
    /// Price of one unit.
    pub unit_price: Money,
    /// How it is taxed.
    pub tax: LineTax,
    /// A reduction of this line.
    pub discount: Option<Discount>,
    /// A note for the kitchen or the receipt.
    pub note: String,
}

/// What is being rung up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Cart {
    /// The cart's id.
    pub cart_id: CartId,
    /// The currency of every amount in it.
    pub currency: Currency,
    /// Its lines, in the order they were added.
    pub lines: Vec<CartLine>,
    /// A reduction of the whole, spread over the lines by their amounts.
    pub discount: Option<Discount>,
    /// The loyalty customer, once known.
    pub customer_id: Option<CustomerId>,
    /// A note for the sale.
    pub note: String,
}

/// The amounts of one line. `list - discount - cart_discount` is what is taxed; `net + tax = total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct PricedLine {
    /// Unit price times quantity.
    pub list: Money,
    /// The line's own discount.
    pub discount: Money,
    /// The line's share of the cart's discount.
    pub cart_discount: Money,
    /// Without tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// What the customer pays for the line.
    pub total: Money,
}

/// Tax summed over the lines of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct TaxTotal {
    /// The class's code.
    pub code: String,
    /// The class's printed name.
    pub name: String,
    /// The rate.
    pub rate: TaxRate,
    /// Sum without tax.
    pub net: Money,
    /// Sum of the tax.
    pub tax: Money,
}

/// A whole cart's amounts. Every sum is the sum of its lines, so no cent is lost or made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct PricedCart {
    /// One entry a line, in order.
    pub lines: Vec<PricedLine>,
    /// Sum of the lines' list amounts.
    pub subtotal: Money,
    /// Sum of line discounts and the cart's discount.
    pub discount: Money,
    /// Sum without tax.
    pub net: Money,
    /// Sum of the tax.
    pub tax: Money,
    /// Tax by class.
    pub taxes: Vec<TaxTotal>,
    /// What the customer pays.
    pub total: Money,
}

impl Cart {
    /// An empty cart.
    #[must_use]
    pub const fn empty(cart_id: CartId, currency: Currency) -> Self {
        Self {
            cart_id,
            currency,
            lines: Vec::new(),
            discount: None,
            customer_id: None,
            note: String::new(),
        }
    }

    /// Prices the cart.
    ///
    /// # Errors
    /// When an amount is out of range, a quantity or price is negative, a discount exceeds what it applies to, or
    /// currencies are mixed.
    pub fn price(&self) -> Result<PricedCart, MoneyError> {
        let currency = self.currency;
        let mut bases = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            bases.push(line_base(line, currency)?);
        }
        let after_line_discounts = Money::sum(currency, bases.iter().map(|b| b.after))?;
        let cart_discount = match self.discount {
            Some(discount) => discount.of(after_line_discounts)?,
            None => Money::zero(currency),
        };
        let weights: Vec<i64> = bases.iter().map(|b| b.after.minor()).collect();
        let shares = cart_discount.split(&weights)?;
        let mut lines = Vec::with_capacity(bases.len());
        for ((line, base), share) in self.lines.iter().zip(&bases).zip(shares) {
            let taxed = line.tax.apply(base.after.minus(share)?)?;
            lines.push(PricedLine {
                list: base.list,
                discount: base.discount,
                cart_discount: share,
                net: taxed.net,
                tax: taxed.tax,
                total: taxed.total,
            });
        }
        self.totals(lines)
    }

    fn totals(&self, lines: Vec<PricedLine>) -> Result<PricedCart, MoneyError> {
        let currency = self.currency;
        let sum = |pick: fn(&PricedLine) -> Money| Money::sum(currency, lines.iter().map(pick));
        let mut taxes: Vec<TaxTotal> = Vec::new();
        for (line, priced) in self.lines.iter().zip(&lines) {
            match taxes
                .iter_mut()
                .find(|t| t.code == line.tax.code && t.rate == line.tax.rate)
            {
                Some(total) => {
                    total.net = total.net.plus(priced.net)?;
                    total.tax = total.tax.plus(priced.tax)?;
                }
                None => taxes.push(TaxTotal {
                    code: line.tax.code.clone(),
                    name: line.tax.name.clone(),
                    rate: line.tax.rate,
                    net: priced.net,
                    tax: priced.tax,
                }),
            }
        }
        Ok(PricedCart {
            subtotal: sum(|l| l.list)?,
            discount: sum(|l| l.discount)?.plus(sum(|l| l.cart_discount)?)?,
            net: sum(|l| l.net)?,
            tax: sum(|l| l.tax)?,
            total: sum(|l| l.total)?,
            taxes,
            lines,
        })
    }
}

struct LineBase {
    list: Money,
    discount: Money,
    after: Money,
}

fn line_base(line: &CartLine, currency: Currency) -> Result<LineBase, MoneyError> {
    if line.unit_price.currency() != currency {
        return Err(MoneyError::CurrencyMismatch(
            currency,
            line.unit_price.currency(),
        ));
    }
    if line.unit_price.is_negative() {
        return Err(MoneyError::Negative("price"));
    }
    if line.quantity.milli() <= 0 {
        return Err(MoneyError::Empty("a line needs a quantity above zero"));
    }
    if line.quantity > Quantity::MAX {
        return Err(MoneyError::OutOfRange);
    }
    let list = line.unit_price.scale(line.quantity.milli(), 1000)?;
    let discount = match line.discount {
        Some(discount) => discount.of(list)?,
        None => Money::zero(currency),
    };
    Ok(LineBase {
        list,
        discount,
        after: list.minus(discount)?,
    })
}
