//! The pill and the sync desk.

use counterfoil_domain::OpId;

use crate::Counterfoil;
use crate::failure::{Outcome, not_built};
use crate::view::{ConflictChoice, SyncDeskView, SyncStatusView};

impl Counterfoil {
    /// The pill's truth.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sync_status(&self) -> Outcome<SyncStatusView> {
        not_built()
    }

    /// What waits, what is stuck, what is to be decided.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sync_desk(&self) -> Outcome<SyncDeskView> {
        not_built()
    }

    /// Pushes and pulls at once instead of at the next occasion.
    ///
    /// # Errors
    /// Never in practice; without a hub there is nothing to do.
    pub fn sync_now(&self) -> Outcome<()> {
        not_built()
    }

    /// Decides a conflict.
    ///
    /// # Errors
    /// `slot_taken` and its kin when the chosen slot is gone as well.
    pub fn resolve_conflict(
        &self,
        _conflict_id: OpId,
        _choice: ConflictChoice,
    ) -> Outcome<SyncDeskView> {
        not_built()
    }
}
