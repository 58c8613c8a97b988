//! The pill and the sync desk.

use counterfoil_app::Outcome;
use counterfoil_app::domain::OpId;
use counterfoil_app::view::{ConflictChoice, SyncDeskView, SyncStatusView};

use super::{App, run};

/// The pill's truth.
#[tauri::command]
#[specta::specta]
pub async fn sync_status(app: App<'_>) -> Outcome<SyncStatusView> {
    run(&app, |app| app.sync_status()).await
}

/// What waits, is stuck, or is to be decided.
#[tauri::command]
#[specta::specta]
pub async fn sync_desk(app: App<'_>) -> Outcome<SyncDeskView> {
    run(&app, |app| app.sync_desk()).await
}

/// Pushes and pulls at once.
#[tauri::command]
#[specta::specta]
pub async fn sync_now(app: App<'_>) -> Outcome<()> {
    run(&app, |app| app.sync_now()).await
}

/// Decides a conflict.
#[tauri::command]
#[specta::specta]
pub async fn resolve_conflict(
    app: App<'_>,
    conflict_id: OpId,
    choice: ConflictChoice,
) -> Outcome<SyncDeskView> {
    run(&app, move |app| app.resolve_conflict(conflict_id, choice)).await
}
