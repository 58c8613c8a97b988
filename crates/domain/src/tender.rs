//! How a sale is paid: cash and cards in any mix, change only from cash.

use serde::{Deserialize, Serialize};

use crate::money::{Money, MoneyError};

/// The means of payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum TenderKind {
    /// Notes and coins.
    Cash,
    /// Taken on the card terminal beside the till.
    Card,
}

/// One payment towards a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Tender {
    /// Cash or card.
    pub kind: TenderKind,
    /// What was handed over or charged.
    pub amount: Money,
    /// The terminal's slip number, where there is one.
    pub reference: Option<String>,
}

/// Whether tenders cover a total, and the change or remainder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Settlement {
    /// Sum of the tenders.
    pub tendered: Money,
    /// Still to be paid; zero once covered.
    pub due: Money,
    /// To be handed back; zero until covered.
    pub change: Money,
}

/// Weighs tenders against a total.
///
/// # Errors
/// When a tender is negative or of another currency, or cards exceed the total.
pub fn settle(total: Money, tenders: &[Tender]) -> Result<Settlement, MoneyError> {
    let currency = total.currency();
    if tenders.iter().any(|t| t.amount.is_negative()) {
        return Err(MoneyError::Negative("tender"));
    }
    let tendered = Money::sum(currency, tenders.iter().map(|t| t.amount))?;
    let cards = Money::sum(
        currency,
        tenders
            .iter()
            .filter(|t| t.kind == TenderKind::Card)
            .map(|t| t.amount),
    )?;
    if total.minus(cards)?.is_negative() {
        return Err(MoneyError::CardOverTotal);
    }
    let rest = total.minus(tendered)?;
    let zero = Money::zero(currency);
    Ok(if rest.is_negative() {
        Settlement {
            tendered,
            due: zero,
            change: rest.negated(),
        }
    } else {
        Settlement {
            tendered,
            due: rest,
            change: zero,
        }
    })
}

/// Amounts a customer is likely to hand over for `due`: exact, then rounded up to usual coins and notes.
#[must_use]
pub fn quick_cash(due: Money) -> Vec<Money> {
    // Currencies without a minor unit have their smallest usual coin at a hundred (yen, Chilean pesos).
    let unit = match due.currency().decimals() {
        0 => 100,
        decimals => 10_i64.pow(decimals),
    };
    let mut amounts = vec![due];
    for step in [
        unit,
        5 * unit,
        10 * unit,
        20 * unit,
        50 * unit,
        100 * unit,
        200 * unit,
    ] {
        let rounded = due.minor().saturating_add(step - 1) / step * step;
        if let Ok(amount) = Money::new(rounded, due.currency())
            && !amounts.contains(&amount)
            && due.minor() > 0
        {
            amounts.push(amount);
        }
    }
    amounts.truncate(6);
    amounts
}
