//! Visits and merchants.

use counterfoil_app::Outcome;
use counterfoil_app::domain::visit::Slot;
use counterfoil_app::domain::{MerchantId, StaffId, UnixMs, VisitId};
use counterfoil_app::view::{BookVisit, InstallerView, MerchantTile, MerchantView, VisitView};

use super::{App, run};

/// Who makes visits.
#[tauri::command]
#[specta::specta]
pub async fn installers(app: App<'_>) -> Outcome<Vec<InstallerView>> {
    run(&app, |app| app.installers()).await
}

/// Visits that begin in a stretch.
#[tauri::command]
#[specta::specta]
pub async fn visits(
    app: App<'_>,
    from: UnixMs,
    to: UnixMs,
    installer_id: Option<StaffId>,
) -> Outcome<Vec<VisitView>> {
    run(&app, move |app| app.visits(from, to, installer_id)).await
}

/// Free slots over some days.
#[tauri::command]
#[specta::specta]
pub async fn free_slots(
    app: App<'_>,
    installer_id: StaffId,
    from: UnixMs,
    days: u32,
) -> Outcome<Vec<Slot>> {
    run(&app, move |app| app.free_slots(installer_id, from, days)).await
}

/// Books a visit.
#[tauri::command]
#[specta::specta]
pub async fn book_visit(app: App<'_>, visit: BookVisit) -> Outcome<VisitView> {
    run(&app, move |app| app.book_visit(visit)).await
}

/// Moves a visit.
#[tauri::command]
#[specta::specta]
pub async fn move_visit(
    app: App<'_>,
    visit_id: VisitId,
    installer_id: StaffId,
    starts_at: UnixMs,
) -> Outcome<VisitView> {
    run(&app, move |app| {
        app.move_visit(visit_id, installer_id, starts_at)
    })
    .await
}

/// Cancels a visit.
#[tauri::command]
#[specta::specta]
pub async fn cancel_visit(app: App<'_>, visit_id: VisitId, reason: String) -> Outcome<VisitView> {
    run(&app, move |app| app.cancel_visit(visit_id, &reason)).await
}

/// Marks a visit as done.
#[tauri::command]
#[specta::specta]
pub async fn finish_visit(app: App<'_>, visit_id: VisitId, note: String) -> Outcome<VisitView> {
    run(&app, move |app| app.finish_visit(visit_id, &note)).await
}

/// All merchants.
#[tauri::command]
#[specta::specta]
pub async fn merchants(app: App<'_>) -> Outcome<Vec<MerchantTile>> {
    run(&app, |app| app.merchants()).await
}

/// A merchant's page.
#[tauri::command]
#[specta::specta]
pub async fn merchant(app: App<'_>, merchant_id: MerchantId) -> Outcome<MerchantView> {
    run(&app, move |app| app.merchant(merchant_id)).await
}

/// Ticks an onboarding step on or off.
#[tauri::command]
#[specta::specta]
pub async fn set_merchant_step(
    app: App<'_>,
    merchant_id: MerchantId,
    code: String,
    done: bool,
) -> Outcome<MerchantView> {
    run(&app, move |app| {
        app.set_merchant_step(merchant_id, &code, done)
    })
    .await
}
