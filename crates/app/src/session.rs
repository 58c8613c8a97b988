//! Starting up, signing in, and a new shop on this device.

use counterfoil_domain::StaffId;

use crate::Counterfoil;
use crate::failure::{Outcome, not_built};
use crate::view::{BootView, NewShop, SecretsView, StaffTile};

impl Counterfoil {
    /// Everything the first screen needs.
    ///
    /// # Errors
    /// When the shop cannot be read; a database that cannot be opened is phase `trouble`.
    pub fn boot(&self) -> Outcome<BootView> {
        not_built()
    }

    /// Signs somebody in by PIN.
    ///
    /// # Errors
    /// `pin_wrong`, with `wait_s` once there were too many.
    pub fn sign_in(&self, _staff_id: StaffId, _pin: &str) -> Outcome<StaffTile> {
        not_built()
    }

    /// Signs out.
    ///
    /// # Errors
    /// Never in practice.
    pub fn lock(&self) -> Outcome<()> {
        not_built()
    }

    /// Chooses the PIN under which the secrets are wrapped where there is no keyring.
    ///
    /// # Errors
    /// `pin_too_short`, `disk_full`.
    pub fn secrets_set_pin(&self, _pin: &str) -> Outcome<SecretsView> {
        not_built()
    }

    /// Opens the wrapped secrets.
    ///
    /// # Errors
    /// `pin_wrong`.
    pub fn secrets_unlock(&self, _pin: &str) -> Outcome<SecretsView> {
        not_built()
    }

    /// Makes a new shop on this device, without a hub.
    ///
    /// # Errors
    /// `has_shop_already`, `name_missing`, `pin_too_short`.
    pub fn create_shop(&self, _shop: NewShop) -> Outcome<BootView> {
        not_built()
    }

    /// Makes the demo shop with its history.
    ///
    /// # Errors
    /// `has_shop_already`.
    pub fn load_demo(&self) -> Outcome<BootView> {
        not_built()
    }
}
