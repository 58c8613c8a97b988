//! The scanner on a serial port: choosing it, and what becomes of what it reads. Its codes go through the same door as
//! any other scan; the screen is told what they did.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use counterfoil_domain::Clock as _;
use counterfoil_scan::{
    SerialEnding, SerialError, SerialEvent, SerialHandle, SerialOptions, list_serial_ports,
};

use crate::failure::Outcome;
use crate::host::SystemClock;
use crate::view::{
    Failure, ScanOutcome, ScanVia, ScannerEnding, ScannerSettings, ScannerView, SerialPortView,
};
use crate::{AppEvent, Counterfoil, Inner};

/// How long after a failure the scanner is looked for again.
const PAUSE: Duration = Duration::from_secs(1);

/// The scanner that is listened to, where there is one.
#[derive(Default)]
pub(crate) struct ScannerState {
    running: Mutex<Running>,
    /// Apart from what runs: the scanner's own thread sets it, and a stop waits for that thread.
    view: Mutex<ScannerView>,
}

#[derive(Default)]
struct Running {
    /// A host listens; a command line that looks something up leaves the port to the till.
    wanted: bool,
    settings: Option<ScannerSettings>,
    handle: Option<SerialHandle>,
}

impl Counterfoil {
    /// The serial ports to choose from, those of USB devices first.
    ///
    /// # Errors
    /// `scanner_failed` where the system does not list them.
    pub fn serial_ports(&self) -> Outcome<Vec<SerialPortView>> {
        let ports = list_serial_ports().map_err(|error| failure(&error))?;
        let view = |port: counterfoil_scan::SerialPortChoice| SerialPortView {
            id: port.id,
            name: port.name,
        };
        Ok(ports.into_iter().map(view).collect())
    }

    /// How the scanner is now.
    #[must_use]
    pub fn scanner(&self) -> ScannerView {
        let view = &self.inner.scanner.view;
        view.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Listens to the chosen scanner from now on, also to one that is chosen later. What it reads is told as
    /// [`AppEvent::Scanned`], its coming and going as [`AppEvent::Scanner`].
    pub fn listen_to_scanner(&self) {
        self.inner.scanner.lock().wanted = true;
        match self.settings() {
            Ok(settings) => self.use_scanner(&settings.scanner),
            Err(failure) => tracing::warn!(code = failure.code, "no scanner without settings"),
        }
    }

    /// Listens to this scanner in the place of the one before.
    pub(crate) fn use_scanner(&self, settings: &ScannerSettings) {
        let mut running = self.inner.scanner.lock();
        if !running.wanted || running.settings.as_ref() == Some(settings) {
            return;
        }
        // Its port must be free before the next one is opened: it may be the same.
        drop(running.handle.take());
        running.settings = Some(settings.clone());
        if settings.port.is_empty() {
            self.inner.tell_scanner(ScannerView::Off);
            return;
        }
        self.inner.tell_scanner(ScannerView::Starting);
        match listen(settings, self.weak()) {
            Ok(handle) => running.handle = Some(handle),
            Err(error) => self.inner.tell_scanner(away(&error)),
        }
    }
}

impl ScannerState {
    fn lock(&self) -> std::sync::MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn tell_scanner(&self, view: ScannerView) {
        let mut shown = self
            .scanner
            .view
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *shown = view.clone();
        drop(shown);
        self.emit(&AppEvent::Scanner(view));
    }
}

fn listen(settings: &ScannerSettings, app: Weak<Inner>) -> Result<SerialHandle, SerialError> {
    let options = SerialOptions {
        port: settings.port.clone(),
        baud: settings.baud,
        ending: match settings.ending {
            ScannerEnding::Line => SerialEnding::Line,
            ScannerEnding::Tab => SerialEnding::Tab,
            ScannerEnding::Pause => SerialEnding::Pause,
        },
        pause: PAUSE,
        // Pauses are told by real time, whatever clock the till's records follow.
        clock: Arc::new(|| SystemClock.now().0),
    };
    let on_event = move |event| {
        if let Some(inner) = app.upgrade() {
            act(inner, event);
        }
    };
    SerialHandle::listen(options, Box::new(on_event))
}

fn act(inner: Arc<Inner>, event: SerialEvent) {
    match event {
        SerialEvent::Opened => inner.tell_scanner(ScannerView::Ready),
        SerialEvent::Lost(error) => inner.tell_scanner(away(&error)),
        SerialEvent::Scan(scan) => {
            let app = Counterfoil { inner };
            let outcome = app
                .scan_text(&scan.code, ScanVia::Serial)
                .unwrap_or_else(|failure| ScanOutcome::Refused { failure });
            app.inner.emit(&AppEvent::Scanned(Box::new(outcome)));
        }
    }
}

fn away(error: &SerialError) -> ScannerView {
    ScannerView::Away {
        failure: failure(error),
    }
}

fn failure(error: &SerialError) -> Failure {
    Failure::new(error.code(), error.to_string()).later()
}
