//! Joining a hub: by a one-time code, or with an owner's account.

use crate::Counterfoil;
use crate::failure::{Outcome, not_built};
use crate::view::{BootView, HubAccount, PairingCodeView};

impl Counterfoil {
    /// Pairs this device by a one-time code, typed or scanned.
    ///
    /// # Errors
    /// `pairing_code_invalid`, `hub_unreachable`, `secrets_locked`, `has_shop_already`.
    pub async fn pair(
        &self,
        _code: &str,
        _hub: Option<&str>,
        _device_name: &str,
    ) -> Outcome<BootView> {
        not_built()
    }

    /// Makes or opens an account at a hub and pairs this till with it; what is here stays and is sent.
    ///
    /// # Errors
    /// `email_exists`, `invalid_credentials`, `password_weak`, `hub_unreachable`, `secrets_locked`.
    pub async fn connect_hub(&self, _account: HubAccount) -> Outcome<BootView> {
        not_built()
    }

    /// A one-time code for another device.
    ///
    /// # Errors
    /// `invalid_credentials`, `hub_unreachable`.
    pub async fn pairing_code(&self, _account: HubAccount) -> Outcome<PairingCodeView> {
        not_built()
    }
}
