//! Customers, their cards and stamps.

use counterfoil_app::Outcome;
use counterfoil_app::domain::{CustomerId, StampId};
use counterfoil_app::view::{
    CardFormat, CustomerTile, CustomerView, EnrolOutcome, SavedFile, StampOutcome,
};

use super::{App, run};

/// Customers that match.
#[tauri::command]
#[specta::specta]
pub async fn customers(app: App<'_>, query: String, limit: u32) -> Outcome<Vec<CustomerTile>> {
    run(&app, move |app| app.customers(&query, limit)).await
}

/// A customer's page.
#[tauri::command]
#[specta::specta]
pub async fn customer(app: App<'_>, customer_id: CustomerId) -> Outcome<CustomerView> {
    run(&app, move |app| app.customer(customer_id)).await
}

/// Enrols a customer.
#[tauri::command]
#[specta::specta]
pub async fn enrol(app: App<'_>, name: String, phone: String) -> Outcome<EnrolOutcome> {
    run(&app, move |app| app.enrol(&name, &phone)).await
}

/// Changes a customer's data.
#[tauri::command]
#[specta::specta]
pub async fn edit_customer(
    app: App<'_>,
    customer_id: CustomerId,
    name: String,
    phone: String,
    note: String,
) -> Outcome<CustomerView> {
    run(&app, move |app| {
        app.edit_customer(customer_id, &name, &phone, &note)
    })
    .await
}

/// Stamps a card.
#[tauri::command]
#[specta::specta]
pub async fn stamp(app: App<'_>, customer_id: CustomerId) -> Outcome<StampOutcome> {
    run(&app, move |app| app.stamp(customer_id)).await
}

/// Takes a stamp back.
#[tauri::command]
#[specta::specta]
pub async fn undo_stamp(app: App<'_>, stamp_id: StampId) -> Outcome<CustomerTile> {
    run(&app, move |app| app.undo_stamp(stamp_id)).await
}

/// Hands out a reward.
#[tauri::command]
#[specta::specta]
pub async fn redeem(app: App<'_>, customer_id: CustomerId) -> Outcome<CustomerTile> {
    run(&app, move |app| app.redeem(customer_id)).await
}

/// Refuses the cards that a customer has been given so far.
#[tauri::command]
#[specta::specta]
pub async fn card_lost(app: App<'_>, customer_id: CustomerId) -> Outcome<CustomerView> {
    run(&app, move |app| app.card_lost(customer_id)).await
}

/// Saves a customer's card.
#[tauri::command]
#[specta::specta]
pub async fn save_card(
    app: App<'_>,
    customer_id: CustomerId,
    format: CardFormat,
) -> Outcome<SavedFile> {
    run(&app, move |app| app.save_card(customer_id, format)).await
}

/// Saves sheets of customers' cards.
#[tauri::command]
#[specta::specta]
pub async fn save_card_sheet(app: App<'_>, customers: Vec<CustomerId>) -> Outcome<SavedFile> {
    run(&app, move |app| app.save_card_sheet(&customers)).await
}

/// Saves the enrolment poster.
#[tauri::command]
#[specta::specta]
pub async fn save_poster(app: App<'_>) -> Outcome<SavedFile> {
    run(&app, |app| app.save_poster()).await
}
