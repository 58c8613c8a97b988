//! Stamps and rewards.

use counterfoil_domain::{CustomerId, StampId};

use crate::Counterfoil;
use crate::failure::{Outcome, not_built};
use crate::view::{CustomerTile, StampOutcome};

impl Counterfoil {
    /// Stamps a card; committed before it returns.
    ///
    /// # Errors
    /// `customer_not_found`.
    pub fn stamp(&self, _customer_id: CustomerId) -> Outcome<StampOutcome> {
        not_built()
    }

    /// Takes a stamp back by a reversing entry.
    ///
    /// # Errors
    /// `customer_not_found`.
    pub fn undo_stamp(&self, _stamp_id: StampId) -> Outcome<CustomerTile> {
        not_built()
    }

    /// Hands out the reward of a full card.
    ///
    /// # Errors
    /// `no_reward`.
    pub fn redeem(&self, _customer_id: CustomerId) -> Outcome<CustomerTile> {
        not_built()
    }
}
