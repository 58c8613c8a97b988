//! The owner's figures, from the local database alone.

use crate::Counterfoil;
use crate::failure::{Outcome, not_built};
use crate::view::{OwnerView, Period};

impl Counterfoil {
    /// The owner's page.
    ///
    /// # Errors
    /// `role_not_allowed` for anyone but an owner.
    pub fn owner(&self, _period: Period) -> Outcome<OwnerView> {
        not_built()
    }
}
