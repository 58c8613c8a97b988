//! Sales, receipts, refunds and shifts.

use counterfoil_app::Outcome;
use counterfoil_app::domain::fact::CashReason;
use counterfoil_app::domain::{Money, SaleId};
use counterfoil_app::view::{RefundInput, SaleTile, SaleView, SavedFile, ShiftView};

use super::{App, run};

/// Sales that match, newest first.
#[tauri::command]
#[specta::specta]
pub async fn sales(app: App<'_>, query: String, limit: u32) -> Outcome<Vec<SaleTile>> {
    run(&app, move |app| app.sales(&query, limit)).await
}

/// A sale's page.
#[tauri::command]
#[specta::specta]
pub async fn sale(app: App<'_>, sale_id: SaleId) -> Outcome<SaleView> {
    run(&app, move |app| app.sale(sale_id)).await
}

/// Gives lines back.
#[tauri::command]
#[specta::specta]
pub async fn refund(app: App<'_>, input: RefundInput) -> Outcome<SaleView> {
    run(&app, move |app| app.refund(input)).await
}

/// What a refund would give back.
#[tauri::command]
#[specta::specta]
pub async fn refund_quote(app: App<'_>, input: RefundInput) -> Outcome<Money> {
    run(&app, move |app| app.refund_quote(&input)).await
}

/// Saves a receipt as PDF.
#[tauri::command]
#[specta::specta]
pub async fn save_receipt_pdf(app: App<'_>, sale_id: SaleId) -> Outcome<SavedFile> {
    run(&app, move |app| app.save_receipt_pdf(sale_id)).await
}

/// The open shift and the closed ones.
#[tauri::command]
#[specta::specta]
pub async fn shift(app: App<'_>) -> Outcome<ShiftView> {
    run(&app, |app| app.shift()).await
}

/// Opens a shift.
#[tauri::command]
#[specta::specta]
pub async fn shift_open(app: App<'_>, opening_float: Money) -> Outcome<ShiftView> {
    run(&app, move |app| app.shift_open(opening_float)).await
}

/// Puts cash in or takes it out.
#[tauri::command]
#[specta::specta]
pub async fn shift_cash(
    app: App<'_>,
    amount: Money,
    reason: CashReason,
    note: String,
) -> Outcome<ShiftView> {
    run(&app, move |app| app.shift_cash(amount, reason, &note)).await
}

/// Closes the shift.
#[tauri::command]
#[specta::specta]
pub async fn shift_close(app: App<'_>, counted: Money, note: String) -> Outcome<ShiftView> {
    run(&app, move |app| app.shift_close(counted, &note)).await
}
