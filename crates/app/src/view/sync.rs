//! The pill and the sync desk.

use counterfoil_domain::visit::Slot;
use counterfoil_domain::{EntityKind, Money, OpClass, OpId, StaffId, UnixMs};
use serde::{Deserialize, Serialize};

use super::session::BootView;

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

/// What a till does while the shop's data comes as one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum SyncPhase {
    /// The hub is making it.
    Preparing,
    /// It comes over the network.
    Downloading,
    /// It is unpacked onto the disk.
    Unpacking,
    /// It takes the database's place.
    Installing,
}

/// How far the shop's data is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct SyncProgressView {
    /// In what.
    pub phase: SyncPhase,
    /// How much of this phase is done, in KiB.
    pub done_kib: u32,
    /// How much there is, in KiB; zero where that is not known yet.
    pub total_kib: u32,
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
    /// Present while a new till gets the shop's data, or a till whose rows differ gets them anew.
    pub progress: Option<SyncProgressView>,
    /// How the disk does.
    pub disk: DiskView,
}

/// How the disk does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum DiskView {
    /// As it should.
    Fine,
    /// The reserve was given up for a sale: little room is left.
    Full,
    /// The last thing that was to be saved could not be.
    Failing,
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
    /// The money it is about, for a sale or a refund.
    pub amount: Option<Money>,
}

/// A change that the hub did not take and a person settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct SettledView {
    /// The change.
    pub change: PendingOpView,
    /// Whether it was done again; else it was put aside.
    pub redone: bool,
    /// When.
    pub at: UnixMs,
    /// By whom.
    pub by: String,
}

/// One of two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// What was set on this till.
    Mine,
    /// What somebody else set.
    Theirs,
}

/// A field's value as a screen shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FieldValue {
    /// Words, a number, a phone.
    Text {
        /// As it is to be read; empty for nothing.
        text: String,
    },
    /// Money.
    Amount {
        /// How much.
        amount: Money,
    },
    /// On or off.
    Flag {
        /// Which.
        on: bool,
    },
    /// A list of steps.
    Steps {
        /// Names of those that are done.
        done: Vec<String>,
        /// How many there are.
        total: u32,
    },
    /// Anything else.
    Other,
}

/// A field that this till and somebody else set at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ClashView {
    /// What kind of thing it is about.
    pub kind: EntityKind,
    /// Its id.
    pub id: String,
    /// The field's name.
    pub field: String,
    /// What the thing is called.
    pub subject: String,
    /// What was set here.
    pub mine: FieldValue,
    /// What somebody else set.
    pub theirs: FieldValue,
    /// Which of them holds now; none when something else does.
    pub stands: Option<Side>,
    /// When it was noticed.
    pub at: UnixMs,
}

/// What only this till has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct UnsentView {
    /// Changes.
    pub changes: u32,
    /// What the sales among them come to; absent without a sale.
    pub sales: Option<Money>,
    /// What the refunds among them come to; absent without a refund.
    pub refunds: Option<Money>,
}

/// Files with changes, for a person and for a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct DeskExport {
    /// The one to read.
    pub path: String,
    /// The same as JSON.
    pub data_path: String,
    /// How many changes they hold.
    pub changes: u32,
}

/// What unpairing left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Unpaired {
    /// The till as it is now.
    pub boot: BootView,
    /// The changes that had not been sent, as files; absent when there were none.
    pub export: Option<DeskExport>,
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
    /// For a refused slot: whose free times to offer.
    pub installer_id: Option<StaffId>,
}

/// What a person decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ConflictChoice {
    /// Leave it as the hub has it.
    Accept,
    /// Book another slot instead, one of the alternatives or any other free one.
    TakeSlot {
        /// Which.
        slot: Slot,
        /// Who goes; whoever was to go where nobody is named.
        installer_id: Option<StaffId>,
    },
    /// Leave it open after all.
    Reopen,
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
    /// Fields that two sides set at once.
    pub clashes: Vec<ClashView>,
    /// What people settled, newest first, at most 50.
    pub settled: Vec<SettledView>,
    /// What only this till has.
    pub unsent: UnsentView,
}

/// Tells a screen that rows changed under it, e.g. by a pull.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct DataChanged {
    /// Areas: `catalogue`, `customers`, `sales`, `visits`, `shop`, `conflicts`.
    pub areas: Vec<String>,
}
