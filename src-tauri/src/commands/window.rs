//! Closing the window: harmless, but said once while changes wait to be sent.

use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_app::view::{SyncState, UnsentView};
use counterfoil_app::{Counterfoil, Outcome};
use tauri::{AppHandle, Manager as _, Window};
use tauri_specta::Event as _;

use crate::bindings::CloseAsked;

/// Set once the question was asked: whoever asks to close a second time means it.
static ASKED: AtomicBool = AtomicBool::new(false);

/// Closes the window for good.
#[tauri::command]
#[specta::specta]
pub async fn close_window(handle: AppHandle) -> Outcome<()> {
    handle.exit(0);
    Ok(())
}

/// Leaves the window open: the next time the question is asked again.
#[tauri::command]
#[specta::specta]
pub async fn keep_open() -> Outcome<()> {
    ASKED.store(false, Ordering::SeqCst);
    Ok(())
}

/// Whether the window may close now. Where changes wait for the hub the screen is told instead, once.
pub fn may_close(window: &Window) -> bool {
    let Some(waiting) = waiting(window) else {
        return true;
    };
    // A screen that cannot be asked must not keep anybody from closing it.
    ASKED.swap(true, Ordering::SeqCst) || CloseAsked(waiting).emit(window).is_err()
}

/// Nobody looks through the camera of a window that is gone.
pub fn let_go_of_camera(window: &Window) {
    if let Some(app) = window.try_state::<Counterfoil>()
        && let Err(failure) = app.camera_stop()
    {
        tracing::warn!(code = failure.code, "the camera could not be stopped");
    }
}

fn waiting(window: &Window) -> Option<UnsentView> {
    let app = window.try_state::<Counterfoil>()?;
    // Without a hub nothing waits for anything.
    let paired = app.sync_status().ok()?.state != SyncState::NoHub;
    let unsent = app.unsent().ok()?;
    (paired && unsent.changes > 0).then_some(unsent)
}
