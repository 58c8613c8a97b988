//! Leaving a hub: the credentials go, everything else stays, so that pairing again sends it.

use crate::Counterfoil;
use crate::failure::Outcome;
use crate::view::{Failure, Unpaired};

impl Counterfoil {
    /// Forgets the hub and this till's credentials there. The database stays as it is with all that waits, and what had
    /// not been sent is also written to the exports folder. Paired again with the same shop, the till sends it.
    ///
    /// # Errors
    /// `role_not_allowed`, `not_paired`; `secrets_locked`, `keyring_unavailable`; `disk_full`, `disk_failed`. The till is
    /// still paired then.
    pub fn unpair(&self) -> Outcome<Unpaired> {
        self.signed_in_as(&[])?;
        let identity = self
            .identity()?
            .filter(|identity| identity.hub_url.is_some())
            .ok_or_else(|| Failure::new("not_paired", "this till is not paired with a hub"))?;
        let mut secrets = self.vault().open()?;
        let export = self.export_unsent()?;
        self.stop_sync();
        self.store()?.set_identity(
            identity.tenant_id,
            identity.device_id,
            &identity.till_code,
            None,
        )?;
        // The card's key stays: cards are signed here with or without a hub.
        secrets.device_token = None;
        secrets.device_seed = None;
        let kept = self.vault().keep(&identity.device_id.to_string(), secrets);
        if let Err(error) = kept {
            // Without a hub's address they open nothing; the next pairing replaces them.
            tracing::warn!(%error, "the old credentials could not be taken out of the keyring");
        }
        self.start_sync();
        Ok(Unpaired {
            boot: self.boot()?,
            export,
        })
    }
}
