//! The pill and the sync desk.

use counterfoil_domain::visit::Slot;
use counterfoil_domain::{OpClass, OpId, UnixMs};
use serde::{Deserialize, Serialize};

/// What the pill says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// This till is not paired: everything is kept here.
    NoHub,
    /// Everything is on the hub.
    InStep,
    /// Something is on its way.
    Sending,
    /// The hub cannot be reached.
    Offline,
    /// A person is needed: see `trouble`.
    Trouble,
}

/// The truth about what is saved where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct SyncStatusView {
    /// The pill's face.
    pub state: SyncState,
    /// Changes that are saved here and not on the hub yet.
    pub waiting: u32,
    /// Changes the hub could not take.
    pub stuck: u32,
    /// Conflicts to decide.
    pub conflicts: u32,
    /// Since when the hub is out of reach.
    pub offline_since: Option<UnixMs>,
    /// When hub and till were last in step.
    pub in_step_at: Option<UnixMs>,
    /// The hub's address, or empty.
    pub hub: String,
    /// In state `trouble`: a stable code, e.g. `device_revoked`, `secrets_locked`, `hub_nonsense`.
    pub trouble: Option<String>,
}

/// A change on the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct PendingOpView {
    /// Which.
    pub op_id: OpId,
    /// Its kind, e.g. `sale_completed`; the screen words it.
    pub op_kind: String,
    /// Fact, claim or edit.
    pub class: OpClass,
    /// When it was done.
    pub at: UnixMs,
    /// Who did it.
    pub staff: String,
    /// What it concerns in a few words, e.g. a receipt number or a customer's name.
    pub subject: String,
    /// Why it is stuck; absent while it merely waits.
    pub stuck_reason: Option<String>,
}

/// A conflict in plain words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ConflictView {
    /// The conflict's id (the operation's).
    pub conflict_id: OpId,
    /// Why: `slot_taken`, `oversold`, `reward_overdrawn`, `phone_exists`, ...
    pub code: String,
    /// Whether the change was refused (or applied and flagged).
    pub refused: bool,
    /// When the hub noticed.
    pub at: UnixMs,
    /// What it concerns: a product, customer or merchant by name.
    pub subject: String,
    /// For `slot_taken`: the slot that was asked for.
    pub wanted: Option<Slot>,
    /// For `slot_taken`: the three nearest free slots.
    pub alternatives: Vec<Slot>,
    /// For `slot_taken`: who was to go.
    pub installer: String,
}

/// What a person decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ConflictChoice {
    /// Leave it as the hub has it.
    Accept,
    /// Book one of the alternatives instead.
    TakeSlot {
        /// Which.
        slot: Slot,
    },
}

/// The sync desk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SyncDeskView {
    /// The pill's truth.
    pub status: SyncStatusView,
    /// Waiting changes, oldest first, at most 200.
    pub waiting: Vec<PendingOpView>,
    /// Stuck changes.
    pub stuck: Vec<PendingOpView>,
    /// Open conflicts.
    pub conflicts: Vec<ConflictView>,
}

/// Tells a screen that rows changed under it, e.g. by a pull.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct DataChanged {
    /// Areas: `catalogue`, `customers`, `sales`, `visits`, `shop`, `conflicts`.
    pub areas: Vec<String>,
}
