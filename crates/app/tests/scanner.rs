//! A scanner on a serial port, played by the other end of a pseudo-terminal, up to the cart.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use common::{Till, host};
use counterfoil_app::view::{ScanOutcome, ScannerEnding, ScannerSettings, ScannerView};
use counterfoil_app::{AppEvent, Counterfoil};
use nix::pty::openpty;
use nix::unistd::ttyname;

const PATIENCE: Duration = Duration::from_secs(20);

/// Plugs a scanner in at `port`; dropping what comes back pulls it out.
fn plug_in(port: &Path) -> File {
    let pty = openpty(None, None).unwrap();
    let fresh = port.with_extension("fresh");
    symlink(ttyname(&pty.slave).unwrap(), &fresh).unwrap();
    std::fs::rename(fresh, port).unwrap();
    File::from(pty.master)
}

struct Desk {
    till: Till,
    port: PathBuf,
    _folder: tempfile::TempDir,
    told: Receiver<AppEvent>,
}

fn desk() -> Desk {
    let (till, folder) = (Till::new(), tempfile::tempdir().unwrap());
    let port = folder.path().join("scanner");
    let told = listen(&till.app);
    Desk {
        till,
        port,
        _folder: folder,
        told,
    }
}

fn listen(app: &Counterfoil) -> Receiver<AppEvent> {
    let (tell, told) = channel();
    app.on_event(Box::new(move |event| {
        if matches!(event, AppEvent::Scanned(_) | AppEvent::Scanner(_)) {
            // Whoever dropped the other end no longer listens.
            let _ = tell.send(event);
        }
    }));
    app.listen_to_scanner();
    told
}

fn choose(app: &Counterfoil, port: &Path) {
    let mut settings = app.settings().unwrap();
    settings.scanner = ScannerSettings {
        port: port.display().to_string(),
        baud: 115_200,
        ending: ScannerEnding::Line,
    };
    app.set_settings(settings).unwrap();
}

/// What the scanner's label says: the number of the first product.
fn code(till: &Till) -> String {
    till.app.catalogue().unwrap().products[0].sku.clone()
}

fn wait_for(told: &Receiver<AppEvent>, wanted: &ScannerView) {
    loop {
        match told.recv_timeout(PATIENCE).unwrap() {
            AppEvent::Scanner(view) if view == *wanted => return,
            AppEvent::Scanner(_) => {}
            other => panic!("{wanted:?} was waited for: {other:?}"),
        }
    }
}

fn wait_away(told: &Receiver<AppEvent>) -> String {
    loop {
        if let AppEvent::Scanner(ScannerView::Away { failure }) =
            told.recv_timeout(PATIENCE).unwrap()
        {
            return failure.code;
        }
    }
}

fn outcome(told: &Receiver<AppEvent>) -> ScanOutcome {
    match told.recv_timeout(PATIENCE).unwrap() {
        AppEvent::Scanned(outcome) => *outcome,
        other => panic!("a scan was waited for: {other:?}"),
    }
}

#[test]
fn a_product_that_the_scanner_reads_lands_in_the_cart() {
    let desk = desk();
    let barcode = code(&desk.till);
    let mut scanner = plug_in(&desk.port);
    choose(&desk.till.app, &desk.port);
    wait_for(&desk.told, &ScannerView::Ready);
    scanner
        .write_all(format!("{barcode}\r\n").as_bytes())
        .unwrap();
    let ScanOutcome::Product { cart, .. } = outcome(&desk.told) else {
        panic!("a product was waited for");
    };
    assert_eq!(cart.lines.len(), 1);
    assert_eq!(desk.till.app.cart().unwrap().lines.len(), 1);
}

#[test]
fn a_scanner_that_is_pulled_out_is_told_and_sells_again_once_it_is_back() {
    let desk = desk();
    let barcode = code(&desk.till);
    let scanner = plug_in(&desk.port);
    choose(&desk.till.app, &desk.port);
    wait_for(&desk.told, &ScannerView::Ready);
    std::fs::remove_file(&desk.port).unwrap();
    drop(scanner);
    assert_eq!(wait_away(&desk.told), "scanner_gone");
    assert_eq!(wait_away(&desk.told), "scanner_missing");
    assert!(matches!(desk.till.app.scanner(), ScannerView::Away { .. }));
    let mut scanner = plug_in(&desk.port);
    wait_for(&desk.told, &ScannerView::Ready);
    scanner
        .write_all(format!("{barcode}\r").as_bytes())
        .unwrap();
    assert!(matches!(outcome(&desk.told), ScanOutcome::Product { .. }));
}

#[test]
fn the_chosen_scanner_is_remembered_when_the_till_starts_anew() {
    let (till, folder) = (Till::new(), tempfile::tempdir().unwrap());
    let port = folder.path().join("scanner");
    let _scanner = plug_in(&port);
    choose(&till.app, &port);
    let again = Counterfoil::open(till.config.clone(), host(&till.clock)).unwrap();
    let told = listen(&again);
    wait_for(&told, &ScannerView::Ready);
}

#[test]
fn settings_of_before_there_were_scanners_are_kept() {
    let till = Till::new();
    let env = counterfoil_store::StoreEnv::new(
        till.clock.clone(),
        counterfoil_testkit::SeededEntropy::new(3),
    );
    let database = till.config.data_dir.join("till.sqlite3");
    let store = counterfoil_store::Store::open(&database, env).unwrap();
    let old = r#"{"theme":"dark","language":"es","sounds":false,"motion":true,"camera":"","lock_after_min":5}"#;
    store.set_setting("till", old).unwrap();
    let settings = till.app.settings().unwrap();
    assert_eq!(
        (settings.language.as_str(), settings.lock_after_min),
        ("es", 5)
    );
    assert_eq!(settings.scanner.port, "");
}

#[test]
fn a_scan_at_a_locked_till_is_refused() {
    let desk = desk();
    let barcode = code(&desk.till);
    let mut scanner = plug_in(&desk.port);
    choose(&desk.till.app, &desk.port);
    wait_for(&desk.told, &ScannerView::Ready);
    desk.till.app.lock().unwrap();
    scanner
        .write_all(format!("{barcode}\n").as_bytes())
        .unwrap();
    let ScanOutcome::Refused { failure } = outcome(&desk.told) else {
        panic!("nobody is signed in");
    };
    assert_eq!(failure.code, "not_signed_in");
}

#[test]
fn nothing_is_opened_before_a_host_listens() {
    let (till, folder) = (Till::new(), tempfile::tempdir().unwrap());
    let port = folder.path().join("scanner");
    let _scanner = plug_in(&port);
    choose(&till.app, &port);
    assert_eq!(till.app.scanner(), ScannerView::Off);
    let told = listen(&till.app);
    wait_for(&told, &ScannerView::Ready);
}

#[test]
fn a_speed_that_no_scanner_has_is_refused() {
    let till = Till::new();
    let mut settings = till.app.settings().unwrap();
    settings.scanner.baud = 12_345;
    let failure = till.app.set_settings(settings).unwrap_err();
    assert_eq!(failure.code, "setting_invalid");
}
