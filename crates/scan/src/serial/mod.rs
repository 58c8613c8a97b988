//! Scanners on a serial port (also those on USB that show up as one), on a thread of their own: chosen once, waited for
//! while they are away, and never in the app's way.

mod framing;
mod ports;

use std::io::{ErrorKind, Read as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

pub use self::framing::{SERIAL_CODE_BYTES_MAX, SerialEnding};
pub use self::ports::{SerialError, SerialPortChoice, list_serial_ports};

use self::framing::SerialFraming;
use crate::camera_thread::Clock;
use crate::decode::guarded;
use crate::ean;
use crate::types::{Found, Scan, ScanSource};

/// How long one look at the port takes where nothing comes: a stop and a pause are noticed as quickly.
const READ_WAIT: Duration = Duration::from_millis(40);
/// How long a stop waits for the port to be free; a driver that hangs is left behind.
const STOP_WAIT: Duration = Duration::from_secs(1);

/// What a serial scanner does.
#[derive(Debug, Clone, PartialEq)]
pub enum SerialEvent {
    /// A code was read.
    Scan(Scan),
    /// It is there; told again when it comes back.
    Opened,
    /// It can't be used now, and is waited for. Told again when the reason changes.
    Lost(SerialError),
}

/// Hears what the scanner does. Called on the scanner's thread: do not panic.
pub type OnSerialEvent = Box<dyn Fn(SerialEvent) + Send>;

/// Which scanner, and how it speaks.
#[derive(Clone)]
pub struct SerialOptions {
    /// The port's id as [`list_serial_ports`] gives it, or its path.
    pub port: String,
    /// Bits a second; a scanner on USB does not mind. Eight data bits, no parity, one stop bit, as scanners come.
    pub baud: u32,
    /// What it ends a code with.
    pub ending: SerialEnding,
    /// How long after a failure it is tried again.
    pub pause: Duration,
    /// The time that scans carry.
    pub clock: Clock,
}

/// A serial scanner that is listened to. Dropping it frees the port.
pub struct SerialHandle {
    shared: Arc<Shared>,
    thread: ThreadId,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    stop: bool,
    ended: bool,
}

impl SerialHandle {
    /// Listens to the scanner on a thread of its own until it is dropped; one that is not there is waited for.
    ///
    /// # Errors
    /// [`SerialError::Failed`] where no thread can be made.
    pub fn listen(options: SerialOptions, on_event: OnSerialEvent) -> Result<Self, SerialError> {
        let shared = Arc::new(Shared::default());
        let thread = thread::Builder::new()
            .name("scan-serial".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || {
                    if guarded(|| keep(&options, &shared, &*on_event)).is_none() {
                        tracing::error!("the scanner's thread panicked; the scanner stops");
                    }
                    shared.change(|state| state.ended = true);
                }
            })
            .map_err(|err| SerialError::Failed(err.to_string()))?;
        let thread = thread.thread().id();
        Ok(Self { shared, thread })
    }
}

impl Drop for SerialHandle {
    fn drop(&mut self) {
        self.shared.change(|state| state.stop = true);
        // From within the callback it ends as soon as that returns.
        let is_other = self.thread != thread::current().id();
        if is_other && !self.shared.wait(STOP_WAIT, |state| state.ended) {
            tracing::warn!("the scanner's port hangs; it is left behind");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Waits until it is so, for that long at most; tells whether it is.
    fn wait(&self, longest: Duration, is_so: impl Fn(&State) -> bool) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), longest, |state| !is_so(state));
        is_so(&waited.unwrap_or_else(PoisonError::into_inner).0)
    }
}

/// Listens, and opens the port again whenever it was lost, until told to stop.
fn keep(options: &SerialOptions, shared: &Shared, on_event: &dyn Fn(SerialEvent)) {
    let mut told = None;
    loop {
        let mut was_there = false;
        let Err(err) = listen_once(options, shared, on_event, &mut was_there) else {
            return;
        };
        if was_there {
            told = None;
        }
        if told.as_ref() != Some(&err) {
            tracing::warn!(code = err.code(), %err, "the scanner is lost; it is waited for");
            on_event(SerialEvent::Lost(err.clone()));
            told = Some(err);
        }
        if shared.wait(options.pause, |state| state.stop) {
            return;
        }
    }
}

/// From one opening of the port to its end.
fn listen_once(
    options: &SerialOptions,
    shared: &Shared,
    on_event: &dyn Fn(SerialEvent),
    was_there: &mut bool,
) -> Result<(), SerialError> {
    let path = ports::find(&options.port)?;
    let mut port = serialport::new(path, options.baud)
        .timeout(READ_WAIT)
        .open()
        .map_err(|err| SerialError::at_opening(&err))?;
    *was_there = true;
    on_event(SerialEvent::Opened);
    let mut framing = SerialFraming::new(options.ending);
    let mut bytes = [0; 512];
    while !shared.lock().stop {
        let read = match port.read(&mut bytes) {
            Ok(0) => return Err(SerialError::Gone),
            Ok(count) => count,
            Err(err) if matches!(err.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) => 0,
            Err(err) => {
                tracing::debug!(%err, "the port can't be read any more");
                return Err(SerialError::Gone);
            }
        };
        let now_ms = (options.clock)();
        for code in framing.take(&bytes[..read], now_ms) {
            on_event(SerialEvent::Scan(scan(code, now_ms)));
        }
    }
    Ok(())
}

/// A serial scanner does not tell what it read: the text does.
fn scan(code: String, at_ms: i64) -> Scan {
    let kind = ean::guess_kind(&code);
    let outline = None;
    Found {
        code,
        kind,
        outline,
    }
    .into_scan(ScanSource::Serial, at_ms)
}
