//! Visits and merchants.

use counterfoil_domain::visit::Slot;
use counterfoil_domain::{MerchantId, StaffId, UnixMs, VisitId};

use crate::Counterfoil;
use crate::failure::{Outcome, not_built};
use crate::view::{BookVisit, InstallerView, MerchantTile, MerchantView, VisitView};

impl Counterfoil {
    /// Who makes visits.
    ///
    /// # Errors
    /// When the database fails.
    pub fn installers(&self) -> Outcome<Vec<InstallerView>> {
        not_built()
    }

    /// Visits that begin in a stretch, of one installer or of all.
    ///
    /// # Errors
    /// When the database fails.
    pub fn visits(
        &self,
        _from: UnixMs,
        _to: UnixMs,
        _installer_id: Option<StaffId>,
    ) -> Outcome<Vec<VisitView>> {
        not_built()
    }

    /// An installer's free slots over some days, none of them past.
    ///
    /// # Errors
    /// When the database fails.
    pub fn free_slots(
        &self,
        _installer_id: StaffId,
        _from: UnixMs,
        _days: u32,
    ) -> Outcome<Vec<Slot>> {
        not_built()
    }

    /// Books a visit.
    ///
    /// # Errors
    /// `slot_taken`, `slot_outside_hours`, `slot_past`.
    pub fn book_visit(&self, _visit: BookVisit) -> Outcome<VisitView> {
        not_built()
    }

    /// Moves a visit to another time or installer.
    ///
    /// # Errors
    /// `visit_not_open`, `slot_taken`, `slot_outside_hours`, `slot_past`.
    pub fn move_visit(
        &self,
        _visit_id: VisitId,
        _installer_id: StaffId,
        _starts_at: UnixMs,
    ) -> Outcome<VisitView> {
        not_built()
    }

    /// Cancels a visit.
    ///
    /// # Errors
    /// `visit_not_open`.
    pub fn cancel_visit(&self, _visit_id: VisitId, _reason: &str) -> Outcome<VisitView> {
        not_built()
    }

    /// Marks a visit as done.
    ///
    /// # Errors
    /// `visit_not_open`.
    pub fn finish_visit(&self, _visit_id: VisitId, _note: &str) -> Outcome<VisitView> {
        not_built()
    }

    /// All merchants with their progress.
    ///
    /// # Errors
    /// When the database fails.
    pub fn merchants(&self) -> Outcome<Vec<MerchantTile>> {
        not_built()
    }

    /// A merchant's page.
    ///
    /// # Errors
    /// When there is no such merchant.
    pub fn merchant(&self, _merchant_id: MerchantId) -> Outcome<MerchantView> {
        not_built()
    }

    /// Ticks a step of a merchant's onboarding on or off.
    ///
    /// # Errors
    /// When there is no such merchant or step.
    pub fn set_merchant_step(
        &self,
        _merchant_id: MerchantId,
        _code: &str,
        _done: bool,
    ) -> Outcome<MerchantView> {
        not_built()
    }
}
