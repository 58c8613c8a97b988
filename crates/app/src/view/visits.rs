//! Visits and merchants.

use counterfoil_domain::entity::OnboardingStep;
use counterfoil_domain::visit::{Slot, VisitStatus, WorkingHours};
use counterfoil_domain::{MerchantId, StaffId, UnixMs, VisitId};
use serde::{Deserialize, Serialize};

/// Somebody who makes visits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct InstallerView {
    /// Who.
    pub staff_id: StaffId,
    /// Their name.
    pub name: String,
    /// When they work.
    pub hours: Option<WorkingHours>,
}

/// A visit on the agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct VisitView {
    /// Which.
    pub visit_id: VisitId,
    /// Whom.
    pub merchant_id: MerchantId,
    /// The merchant's name.
    pub merchant: String,
    /// Street and district.
    pub address: String,
    /// The merchant's phone as people read it.
    pub phone: String,
    /// Who goes.
    pub installer_id: StaffId,
    /// The installer's name.
    pub installer: String,
    /// When.
    pub slot: Slot,
    /// Where it stands.
    pub status: VisitStatus,
    /// Why.
    pub purpose: String,
    /// What was found and done.
    pub note: String,
    /// Whether it is not confirmed by the hub yet.
    pub pending: bool,
    /// Whether it clashes with another visit of the same installer.
    pub clash: bool,
}

/// A merchant in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct MerchantTile {
    /// Which.
    pub merchant_id: MerchantId,
    /// Trade name.
    pub name: String,
    /// District.
    pub district: String,
    /// Steps done.
    pub steps_done: u32,
    /// Steps in all.
    pub steps_total: u32,
    /// The next booked visit.
    pub next_visit_at: Option<UnixMs>,
}

/// A merchant's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct MerchantView {
    /// The tile.
    pub tile: MerchantTile,
    /// Who to ask for.
    pub contact: String,
    /// Phone as people read it.
    pub phone: String,
    /// Street.
    pub address: String,
    /// Onboarding steps in order.
    pub steps: Vec<OnboardingStep>,
    /// Visits, newest first.
    pub visits: Vec<VisitView>,
}

/// A visit to book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct BookVisit {
    /// Whom.
    pub merchant_id: MerchantId,
    /// Who goes.
    pub installer_id: StaffId,
    /// From; the length is the installer's slot length.
    pub starts_at: UnixMs,
    /// Why.
    pub purpose: String,
}
