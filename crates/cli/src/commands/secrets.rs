//! The PIN for a till whose system has no keyring.

use counterfoil_app::Counterfoil;
use counterfoil_app::view::{Failure, SecretsView};

/// Opens the wrapped secrets, or wraps them for the first time; with a keyring there is nothing to do.
///
/// # Errors
/// `pin_wrong`, `pin_too_short`.
pub fn open(app: &Counterfoil, pin: &str) -> Result<(), Failure> {
    match app.boot()?.secrets {
        SecretsView::Locked => app.secrets_unlock(pin)?,
        SecretsView::NeedsPin => app.secrets_set_pin(pin)?,
        other => other,
    };
    Ok(())
}
