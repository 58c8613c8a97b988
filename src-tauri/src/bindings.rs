//! The contract with the UI: commands and events, and the TypeScript that is generated from them.

use counterfoil_app::view::{self, SyncStatusView};
use serde::{Deserialize, Serialize};
use tauri_specta::{Builder, ErrorHandlingMode, Event, collect_commands, collect_events};

use crate::commands::{counter, customers, owner, sales, session, sync, visits, window};

/// The pill's truth changed.
#[derive(Debug, Clone, Serialize, Deserialize, specta::Type, Event)]
pub struct SyncStatus(pub SyncStatusView);

/// Rows changed under a screen.
#[derive(Debug, Clone, Serialize, Deserialize, specta::Type, Event)]
#[tauri_specta(event_name = "data-changed")]
pub struct DataChangedEvent(pub view::DataChanged);

/// How far a repair is.
#[derive(Debug, Clone, Serialize, Deserialize, specta::Type, Event)]
#[tauri_specta(event_name = "repair")]
pub struct RepairEvent(pub view::RepairProgress);

/// The scanner on a serial port read a code.
#[derive(Debug, Clone, Serialize, Deserialize, specta::Type, Event)]
#[tauri_specta(event_name = "scanned")]
pub struct ScannedEvent(pub view::ScanOutcome);

/// The scanner on a serial port came or went.
#[derive(Debug, Clone, Serialize, Deserialize, specta::Type, Event)]
#[tauri_specta(event_name = "scanner")]
pub struct ScannerEvent(pub view::ScannerView);

/// Somebody wants to close the window while changes wait to be sent.
#[derive(Debug, Clone, Serialize, Deserialize, specta::Type, Event)]
#[tauri_specta(event_name = "close-asked")]
pub struct CloseAsked(pub view::UnsentView);

/// Every command and event of the program.
#[must_use]
pub fn builder() -> Builder<tauri::Wry> {
    Builder::new()
        .error_handling(ErrorHandlingMode::Result)
        .disable_serde_phases()
        .commands(collect_commands![
            session::boot,
            session::sign_in,
            session::lock,
            session::secrets_set_pin,
            session::secrets_unlock,
            session::create_shop,
            session::first_owner,
            session::load_demo,
            session::pair,
            session::connect_hub,
            session::pairing_code,
            session::settings,
            session::set_settings,
            session::backup_copy,
            session::cameras,
            session::serial_ports,
            session::scanner,
            session::card_keys,
            session::rotate_card_key,
            session::revoke_card_key,
            session::scale_labels,
            session::set_scale_labels,
            counter::catalogue,
            counter::picture,
            counter::cart,
            counter::cart_add_product,
            counter::cart_add_priced,
            counter::cart_add_custom,
            counter::cart_set_quantity,
            counter::cart_remove_line,
            counter::cart_set_line_note,
            counter::cart_discount_line,
            counter::cart_discount,
            counter::cart_set_customer,
            counter::cart_set_note,
            counter::cart_undo,
            counter::cart_clear,
            counter::cart_park,
            counter::parked_carts,
            counter::cart_resume,
            counter::scan_text,
            counter::scan_picture,
            counter::pay_view,
            counter::complete_sale,
            counter::camera_start,
            counter::camera_start_frames,
            counter::camera_frame,
            counter::camera_picture,
            counter::camera_stop,
            counter::camera_light,
            customers::customers,
            customers::customer,
            customers::enrol,
            customers::edit_customer,
            customers::stamp,
            customers::undo_stamp,
            customers::redeem,
            customers::card_lost,
            customers::save_card,
            customers::save_card_sheet,
            customers::save_poster,
            sales::sales,
            sales::sale,
            sales::refund,
            sales::refund_quote,
            sales::save_receipt_pdf,
            sales::shift,
            sales::shift_open,
            sales::shift_cash,
            sales::shift_close,
            owner::owner,
            visits::installers,
            visits::visits,
            visits::free_slots,
            visits::book_visit,
            visits::move_visit,
            visits::cancel_visit,
            visits::finish_visit,
            visits::merchants,
            visits::merchant,
            visits::set_merchant_step,
            sync::sync_status,
            sync::sync_desk,
            sync::sync_now,
            sync::resolve_conflict,
            sync::retry_change,
            sync::put_change_aside,
            sync::take_change_up,
            sync::choose_side,
            sync::export_changes,
            sync::unsent,
            sync::unpair,
            sync::support_bundle,
            sync::check_disk,
            sync::reopen,
            sync::repair,
            sync::cancel_repair,
            window::close_window,
            window::keep_open,
        ])
        .events(collect_events![
            SyncStatus,
            DataChangedEvent,
            RepairEvent,
            ScannedEvent,
            ScannerEvent,
            CloseAsked
        ])
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use specta_typescript::Typescript;

    const HEADER: &str = "// Generated from the Rust types: UPDATE_BINDINGS=1 cargo test -p counterfoil bindings\n\
                          /* eslint-disable */\n";

    /// With `UPDATE_BINDINGS` set it writes the file instead.
    #[test]
    fn bindings_are_current() {
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/generated/bindings.ts");
        let scratch = tempfile::tempdir().unwrap();
        let fresh = scratch.path().join("bindings.ts");
        super::builder()
            .export(Typescript::default().header(HEADER), &fresh)
            .unwrap();
        let fresh = std::fs::read_to_string(fresh).unwrap();
        if std::env::var_os("UPDATE_BINDINGS").is_some() {
            std::fs::write(&committed, &fresh).unwrap();
        }
        let committed = std::fs::read_to_string(committed).unwrap();
        assert!(
            fresh == committed,
            "run UPDATE_BINDINGS=1 cargo test -p counterfoil bindings"
        );
    }
}
