//! What is set on this till alone, and the copy of its database.

use crate::Counterfoil;
use crate::failure::{Outcome, not_built};
use crate::view::{SavedFile, SettingsView};

impl Counterfoil {
    /// This till's settings.
    ///
    /// # Errors
    /// When the database fails.
    pub fn settings(&self) -> Outcome<SettingsView> {
        not_built()
    }

    /// Sets them.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_settings(&self, _settings: SettingsView) -> Outcome<SettingsView> {
        not_built()
    }

    /// Writes a copy of the database to the exports folder.
    ///
    /// # Errors
    /// `disk_full`, `disk_failed`.
    pub fn backup_copy(&self) -> Outcome<SavedFile> {
        not_built()
    }
}
