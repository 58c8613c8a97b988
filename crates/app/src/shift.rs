//! The drawer's shift: opening, cash in and out, the X and Z report.

use counterfoil_domain::Money;
use counterfoil_domain::fact::CashReason;

use crate::Counterfoil;
use crate::failure::{Outcome, not_built};
use crate::view::ShiftView;

impl Counterfoil {
    /// The open shift and the closed ones.
    ///
    /// # Errors
    /// When the database fails.
    pub fn shift(&self) -> Outcome<ShiftView> {
        not_built()
    }

    /// Opens a shift with a float.
    ///
    /// # Errors
    /// `shift_already_open`, `amount_out_of_range`.
    pub fn shift_open(&self, _opening_float: Money) -> Outcome<ShiftView> {
        not_built()
    }

    /// Puts cash in or takes it out.
    ///
    /// # Errors
    /// `shift_not_open`, `amount_out_of_range`.
    pub fn shift_cash(
        &self,
        _amount: Money,
        _reason: CashReason,
        _note: &str,
    ) -> Outcome<ShiftView> {
        not_built()
    }

    /// Closes the shift with what was counted.
    ///
    /// # Errors
    /// `shift_not_open`, `amount_out_of_range`.
    pub fn shift_close(&self, _counted: Money, _note: &str) -> Outcome<ShiftView> {
        not_built()
    }
}
