//! The pill and the sync desk.

use counterfoil_app::Outcome;
use counterfoil_app::domain::{EntityKind, OpId};
use counterfoil_app::view::{
    BootView, ConflictChoice, DeskExport, RepairReport, SavedFile, Side, SyncDeskView,
    SyncStatusView, Unpaired, UnsentView,
};

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

/// Does a change that the hub did not take again.
#[tauri::command]
#[specta::specta]
pub async fn retry_change(app: App<'_>, op_id: OpId) -> Outcome<SyncDeskView> {
    run(&app, move |app| app.retry_change(op_id)).await
}

/// Leaves a change that the hub did not take as it is.
#[tauri::command]
#[specta::specta]
pub async fn put_change_aside(app: App<'_>, op_id: OpId) -> Outcome<SyncDeskView> {
    run(&app, move |app| app.put_change_aside(op_id)).await
}

/// Takes that back.
#[tauri::command]
#[specta::specta]
pub async fn take_change_up(app: App<'_>, op_id: OpId) -> Outcome<SyncDeskView> {
    run(&app, move |app| app.take_change_up(op_id)).await
}

/// Chooses between two sides of a field.
#[tauri::command]
#[specta::specta]
pub async fn choose_side(
    app: App<'_>,
    kind: EntityKind,
    id: String,
    field: String,
    side: Side,
    decided: bool,
) -> Outcome<SyncDeskView> {
    run(&app, move |app| {
        app.choose_side(kind, &id, &field, side, decided)
    })
    .await
}

/// Writes one change, or all that are not settled, to files.
#[tauri::command]
#[specta::specta]
pub async fn export_changes(app: App<'_>, op_id: Option<OpId>) -> Outcome<DeskExport> {
    run(&app, move |app| app.export_changes(op_id)).await
}

/// What only this till has.
#[tauri::command]
#[specta::specta]
pub async fn unsent(app: App<'_>) -> Outcome<UnsentView> {
    run(&app, |app| app.unsent()).await
}

/// Leaves the hub; everything stays here.
#[tauri::command]
#[specta::specta]
pub async fn unpair(app: App<'_>) -> Outcome<Unpaired> {
    run(&app, |app| app.unpair()).await
}

/// Writes what support needs to know, without anything about people.
#[tauri::command]
#[specta::specta]
pub async fn support_bundle(app: App<'_>) -> Outcome<SavedFile> {
    run(&app, |app| app.support_bundle()).await
}

/// Looks whether the disk can be written to.
#[tauri::command]
#[specta::specta]
pub async fn check_disk(app: App<'_>) -> Outcome<SyncStatusView> {
    run(&app, |app| app.check_disk()).await
}

/// Opens a database again that could not be used.
#[tauri::command]
#[specta::specta]
pub async fn reopen(app: App<'_>) -> Outcome<BootView> {
    run(&app, |app| app.reopen()).await
}

/// Puts a damaged database together again.
#[tauri::command]
#[specta::specta]
pub async fn repair(app: App<'_>) -> Outcome<RepairReport> {
    run(&app, |app| app.repair()).await
}

/// Stops that before anything was replaced.
#[tauri::command]
#[specta::specta]
pub async fn cancel_repair(app: App<'_>) -> Outcome<()> {
    run(&app, |app| app.cancel_repair()).await
}
