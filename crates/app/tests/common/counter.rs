//! What people hand over the counter, in the sample shop's currency, and what they hear.

use counterfoil_app::domain::tender::{Tender, TenderKind};
use counterfoil_app::domain::{Currency, Money};
use counterfoil_app::view::Failure;

pub fn soles(minor: i64) -> Money {
    Money::new(minor, Currency::PEN).unwrap()
}

pub fn cash(minor: i64) -> Tender {
    Tender {
        kind: TenderKind::Cash,
        amount: soles(minor),
        reference: None,
    }
}

pub fn card(minor: i64) -> Tender {
    Tender {
        kind: TenderKind::Card,
        amount: soles(minor),
        reference: Some("0042".to_owned()),
    }
}

/// The code with which something was refused.
pub fn code<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> String {
    outcome.unwrap_err().code
}
