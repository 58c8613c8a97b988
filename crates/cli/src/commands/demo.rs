//! The demo shop: made where there is none, and brought to a hub where one is given. Doing it twice changes nothing.

use std::time::Duration;

use counterfoil_app::Counterfoil;
use counterfoil_app::view::{Failure, HubAccount, Phase, SecretsView};

use super::{executor, secrets, state};
use crate::args::Args;
use crate::output::Output;

/// The demo owner's account; like the demo's PINs it is no secret.
const EMAIL: &str = "owner@cafelima.example";
const PASSWORD: &str = "CafeLima2026";
/// Wraps the demo till's secrets where the system has no keyring.
const SECRETS_PIN: &str = "111111";
/// Ninety days of trade reach a hub on a small machine well within this.
const PATIENCE: Duration = Duration::from_secs(600);

pub fn load(app: &Counterfoil, args: &Args, output: &Output) -> Result<(), Failure> {
    let mut boot = app.boot()?;
    if let Some(trouble) = boot.trouble {
        return Err(trouble);
    }
    let mut secrets_pin = None;
    if boot.secrets == SecretsView::NeedsPin {
        output.progress("no keyring: the secrets are wrapped under the demo's PIN");
        secrets::open(app, SECRETS_PIN)?;
        secrets_pin = Some(SECRETS_PIN);
    } else if boot.secrets == SecretsView::Locked {
        secrets::open(app, SECRETS_PIN)?;
        secrets_pin = Some(SECRETS_PIN);
    }
    if boot.phase == Phase::Welcome {
        output.progress("making ninety days of Café Lima");
        boot = app.load_demo()?;
    }
    if let Some(hub) = &args.hub {
        if boot.shop.as_ref().is_some_and(|shop| !shop.paired) {
            output.progress("pairing with the hub");
            boot = connect(app, hub)?;
        }
        app.sync_now()?;
        state::in_step(app, PATIENCE, output)?;
    }
    let value = serde_json::json!({
        "shop": boot.shop,
        "staff": boot.staff,
        "secrets": app.boot()?.secrets,
        "secrets_pin": secrets_pin,
        "sync": app.sync_status()?,
    });
    output.answer(&value, |_| {
        let name = boot.shop.as_ref().map_or("", |shop| shop.name.as_str());
        vec![format!("{name} is ready")]
    })
}

/// Registers the demo's owner, or logs in where that happened before.
fn connect(app: &Counterfoil, hub: &str) -> Result<counterfoil_app::view::BootView, Failure> {
    let account = |register| HubAccount {
        hub: hub.to_owned(),
        email: EMAIL.to_owned(),
        password: PASSWORD.to_owned(),
        register,
    };
    let executor = executor()?;
    match executor.block_on(app.connect_hub(account(true))) {
        Err(failure) if failure.code == "email_exists" => {
            executor.block_on(app.connect_hub(account(false)))
        }
        outcome => outcome,
    }
}
