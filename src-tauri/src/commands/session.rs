//! Starting up, the lock screen, pairing and settings.

use counterfoil_app::Outcome;
use counterfoil_app::domain::StaffId;
use counterfoil_app::view::{
    BootView, CameraView, CardKeyView, HubAccount, NewShop, PairingCodeView, SavedFile,
    ScaleLabelsView, ScannerView, SecretsView, SerialPortView, SettingsView, StaffTile,
};

use super::{App, run};

/// Everything the first screen needs.
#[tauri::command]
#[specta::specta]
pub async fn boot(app: App<'_>) -> Outcome<BootView> {
    run(&app, |app| app.boot()).await
}

/// Signs somebody in.
#[tauri::command]
#[specta::specta]
pub async fn sign_in(app: App<'_>, staff_id: StaffId, pin: String) -> Outcome<StaffTile> {
    run(&app, move |app| app.sign_in(staff_id, &pin)).await
}

/// Signs out.
#[tauri::command]
#[specta::specta]
pub async fn lock(app: App<'_>) -> Outcome<()> {
    run(&app, |app| app.lock()).await
}

/// Chooses the PIN that wraps the secrets.
#[tauri::command]
#[specta::specta]
pub async fn secrets_set_pin(app: App<'_>, pin: String) -> Outcome<SecretsView> {
    run(&app, move |app| app.secrets_set_pin(&pin)).await
}

/// Opens the wrapped secrets.
#[tauri::command]
#[specta::specta]
pub async fn secrets_unlock(app: App<'_>, pin: String) -> Outcome<SecretsView> {
    run(&app, move |app| app.secrets_unlock(&pin)).await
}

/// Makes a new shop on this device.
#[tauri::command]
#[specta::specta]
pub async fn create_shop(app: App<'_>, shop: NewShop) -> Outcome<BootView> {
    run(&app, move |app| app.create_shop(shop)).await
}

/// Lets the first person into a shop that has nobody yet.
#[tauri::command]
#[specta::specta]
pub async fn first_owner(app: App<'_>, name: String, pin: String) -> Outcome<BootView> {
    run(&app, move |app| app.first_owner(&name, &pin)).await
}

/// Makes the demo shop.
#[tauri::command]
#[specta::specta]
pub async fn load_demo(app: App<'_>) -> Outcome<BootView> {
    run(&app, |app| app.load_demo()).await
}

/// Pairs this device by a one-time code.
#[tauri::command]
#[specta::specta]
pub async fn pair(
    app: App<'_>,
    code: String,
    hub: Option<String>,
    device_name: String,
) -> Outcome<BootView> {
    app.pair(&code, hub.as_deref(), &device_name).await
}

/// Pairs this till with an owner's account.
#[tauri::command]
#[specta::specta]
pub async fn connect_hub(app: App<'_>, account: HubAccount) -> Outcome<BootView> {
    app.connect_hub(account).await
}

/// A one-time code for another device.
#[tauri::command]
#[specta::specta]
pub async fn pairing_code(app: App<'_>, account: HubAccount) -> Outcome<PairingCodeView> {
    app.pairing_code(account).await
}

/// This till's settings.
#[tauri::command]
#[specta::specta]
pub async fn settings(app: App<'_>) -> Outcome<SettingsView> {
    run(&app, |app| app.settings()).await
}

/// Sets them.
#[tauri::command]
#[specta::specta]
pub async fn set_settings(app: App<'_>, settings: SettingsView) -> Outcome<SettingsView> {
    run(&app, move |app| app.set_settings(settings)).await
}

/// Writes a copy of the database.
#[tauri::command]
#[specta::specta]
pub async fn backup_copy(app: App<'_>) -> Outcome<SavedFile> {
    run(&app, |app| app.backup_copy()).await
}

/// The cameras to choose from.
#[tauri::command]
#[specta::specta]
pub async fn cameras(app: App<'_>) -> Outcome<Vec<CameraView>> {
    run(&app, |app| app.cameras()).await
}

/// The serial ports to choose from.
#[tauri::command]
#[specta::specta]
pub async fn serial_ports(app: App<'_>) -> Outcome<Vec<SerialPortView>> {
    run(&app, |app| app.serial_ports()).await
}

/// How the scanner on a serial port is.
#[tauri::command]
#[specta::specta]
pub async fn scanner(app: App<'_>) -> Outcome<ScannerView> {
    run(&app, |app| Ok(app.scanner())).await
}

/// The keys that sign customers' cards.
#[tauri::command]
#[specta::specta]
pub async fn card_keys(app: App<'_>) -> Outcome<Vec<CardKeyView>> {
    run(&app, |app| app.card_keys()).await
}

/// Signs with a new key from now on.
#[tauri::command]
#[specta::specta]
pub async fn rotate_card_key(app: App<'_>) -> Outcome<Vec<CardKeyView>> {
    run(&app, |app| app.rotate_card_key()).await
}

/// Refuses every card that a key has signed.
#[tauri::command]
#[specta::specta]
pub async fn revoke_card_key(app: App<'_>, key_id: u32) -> Outcome<Vec<CardKeyView>> {
    run(&app, move |app| app.revoke_card_key(key_id)).await
}

/// How the labels of the shop's scale are laid out.
#[tauri::command]
#[specta::specta]
pub async fn scale_labels(app: App<'_>) -> Outcome<ScaleLabelsView> {
    run(&app, |app| app.scale_labels()).await
}

/// Sets how they are laid out.
#[tauri::command]
#[specta::specta]
pub async fn set_scale_labels(app: App<'_>, layouts: Vec<String>) -> Outcome<ScaleLabelsView> {
    run(&app, move |app| app.set_scale_labels(&layouts)).await
}
