//! The owner's figures.

use counterfoil_app::Outcome;
use counterfoil_app::view::{OwnerView, Period};

use super::{App, run};

/// The owner's page.
#[tauri::command]
#[specta::specta]
pub async fn owner(app: App<'_>, period: Period) -> Outcome<OwnerView> {
    run(&app, move |app| app.owner(period)).await
}
