//! The shell: a window around the app, and nothing that the app could do itself.

pub mod bindings;
pub mod commands;

use std::path::PathBuf;

use counterfoil_app::{AppEvent, Config, Counterfoil, Host};
use tauri::{AppHandle, Manager as _, WindowEvent};
use tauri_specta::Event as _;
use tracing_subscriber::EnvFilter;

use crate::bindings::{DataChangedEvent, RepairEvent, ScannedEvent, ScannerEvent, SyncStatus};

/// Opens the window and runs until it is closed.
///
/// # Errors
/// When the system offers no window, or the data folder cannot be made.
pub fn run() -> tauri::Result<()> {
    log_to_stderr();
    let contract = bindings::builder();
    let builder = tauri::Builder::default();
    #[cfg(any(target_os = "android", target_os = "ios"))]
    let builder = builder.plugin(tauri_plugin_barcode_scanner::init());
    builder
        .invoke_handler(contract.invoke_handler())
        .on_window_event(|window, event| match event {
            WindowEvent::CloseRequested { api, .. } if !commands::window::may_close(window) => {
                api.prevent_close();
            }
            WindowEvent::Destroyed => commands::window::let_go_of_camera(window),
            _ => {}
        })
        .setup(move |shell| {
            contract.mount_events(shell);
            let handle = shell.handle().clone();
            let config = config(&handle)?;
            tracing::info!(version = env!("CARGO_PKG_VERSION"), "starting");
            let app = Counterfoil::open(config, Host::system())?;
            app.on_event(Box::new(move |event| tell(&handle, event)));
            app.listen_to_scanner();
            shell.manage(app);
            Ok(())
        })
        .run(tauri::generate_context!())
}

fn config(handle: &AppHandle) -> tauri::Result<Config> {
    let data_dir = match std::env::var_os("COUNTERFOIL_DATA_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => handle.path().app_data_dir()?,
    };
    let mut config = Config::at(&data_dir);
    config.hub_override = filled("COUNTERFOIL_HUB_URL");
    config.camera = filled("COUNTERFOIL_CAMERA");
    Ok(config)
}

fn filled(variable: &str) -> Option<String> {
    std::env::var(variable)
        .ok()
        .filter(|value| !value.is_empty())
}

fn tell(handle: &AppHandle, event: AppEvent) {
    let told = match event {
        AppEvent::SyncStatus(status) => SyncStatus(status).emit(handle),
        AppEvent::DataChanged(changed) => DataChangedEvent(changed).emit(handle),
        AppEvent::Repair(progress) => RepairEvent(progress).emit(handle),
        AppEvent::Scanned(outcome) => ScannedEvent(*outcome).emit(handle),
        AppEvent::Scanner(scanner) => ScannerEvent(scanner).emit(handle),
    };
    if let Err(error) = told {
        tracing::debug!(%error, "the window could not be told");
    }
}

/// Logs go to stderr, with codes and counts but no names, phones or amounts. A panic is logged by its place alone, since
/// its words may hold what somebody typed.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("COUNTERFOIL_LOG").unwrap_or_else(|_| "info".into());
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
    if started.is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic
                .location()
                .map(ToString::to_string)
                .unwrap_or_default();
            tracing::error!(place, "the program made a mistake");
        }));
    }
}
