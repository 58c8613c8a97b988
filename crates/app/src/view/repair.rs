//! A damaged database: how far it is put together again, and what came of it.

use serde::{Deserialize, Serialize};

use super::session::BootView;

/// What the repair is at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct RepairProgress {
    /// `keeping`, `reading`, `searching` or `finishing`.
    pub step: RepairStep,
    /// While reading: how many tables of how many are read.
    pub done: u32,
    /// See `done`.
    pub of: u32,
}

/// See [`RepairProgress`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RepairStep {
    /// The damaged file is copied aside.
    Keeping,
    /// Its tables are read.
    Reading,
    /// Its pages are searched.
    Searching,
    /// The new one is checked and takes its place.
    Finishing,
}

/// What was saved of one kind of thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct RepairedView {
    /// `changes`, `sales`, `customers`, ...; the screen words it.
    pub what: String,
    /// How many were saved.
    pub saved: u32,
    /// How many are known to be lost; absent where nobody can know.
    pub lost: Option<u32>,
}

/// What came of a repair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RepairReport {
    /// Where the damaged file is kept.
    pub kept: String,
    /// What was saved, the most important first.
    pub saved: Vec<RepairedView>,
    /// Changes that are sent to the hub from now on; without one they are kept here.
    pub unsent: u32,
    /// Changes that were made again from the rows they had left.
    pub rebuilt: u32,
    /// Whether the till still knows whose it is.
    pub knows_itself: bool,
    /// Whether a hub fills in what is missing.
    pub hub_fills: bool,
    /// The till as it is now.
    pub boot: BootView,
}
