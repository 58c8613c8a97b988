//! A camera on threads of its own: one takes frames as they come, one decodes the newest. A slow
//! decoder loses frames; it never makes a queue, and never makes the app wait.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::{Duration, Instant};

use crate::decode::{Hint, Scanner, guarded};
use crate::frame::{Frame, preview_jpeg};
use crate::presence::Presence;
use crate::source::{CameraError, FrameSource};
use crate::types::{Scan, ScanSource};

/// How long a stop waits for a camera that hangs in its driver, before it is left behind.
const HUNG_CAMERA_WAIT: Duration = Duration::from_secs(3);

/// Tells the time in Unix milliseconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Hears what the camera does. Called on the camera's thread: be quick, and do not panic.
pub type OnCameraEvent = Box<dyn Fn(CameraEvent) + Send>;

/// What a camera does.
#[derive(Debug, Clone, PartialEq)]
pub enum CameraEvent {
    /// What it sees, small.
    Preview {
        /// A grey JPEG.
        jpeg: Vec<u8>,
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
    /// A code came into view.
    Scan(Scan),
    /// Why a code in view is not read; told again only when it changes, `None` when it is over.
    Hint(Option<Hint>),
    /// It failed, and stops.
    Error(CameraError),
    /// It has stopped and the device is free; nothing comes after this.
    Stopped,
}

/// How a camera thread works.
#[derive(Clone)]
pub struct CameraOptions {
    /// The most frames that are decoded in a second, since an idle camera should not eat a core;
    /// 0 for all.
    pub decode_fps_max: u32,
    /// The most previews a second; 0 for none.
    pub preview_fps_max: u32,
    /// The widest preview, in pixels.
    pub preview_width_max: u32,
    /// JPEG quality of previews, 1 to 100.
    pub preview_quality: u8,
    /// A code counts again after it was missing for this many decoded frames ...
    pub leave_frames: u32,
    /// ... and for this many milliseconds.
    pub leave_ms: i64,
    /// The time that scans carry.
    pub clock: Clock,
}

impl CameraOptions {
    /// The usual ones, with the given clock.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            decode_fps_max: 20,
            preview_fps_max: 15,
            preview_width_max: 640,
            preview_quality: 70,
            leave_frames: 8,
            leave_ms: 800,
            clock,
        }
    }
}

/// What a camera has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CameraStats {
    /// Frames that the source gave.
    pub frames_taken: u64,
    /// Frames that were replaced by a newer one before they were decoded.
    pub frames_dropped: u64,
    /// Frames that were decoded.
    pub frames_decoded: u64,
}

/// Starts cameras.
pub struct CameraThread;

impl CameraThread {
    /// Opens a source on a thread of its own and reports what it does to `on_event`; a source that
    /// can't be opened is reported there too.
    pub fn start(
        source: impl FnOnce() -> Result<Box<dyn FrameSource>, CameraError> + Send + 'static,
        options: CameraOptions,
        on_event: OnCameraEvent,
    ) -> CameraHandle {
        let mailbox = Arc::new(Mailbox::default());
        // Kept reachable from here: where the thread can't be made, its closure is lost.
        let on_event = Arc::new(Mutex::new(on_event));
        let decoder = thread::Builder::new()
            .name("scan-decode".to_owned())
            .spawn({
                let (mailbox, on_event) = (Arc::clone(&mailbox), Arc::clone(&on_event));
                move || {
                    let on_event = on_event.lock().unwrap_or_else(PoisonError::into_inner);
                    if guarded(|| run(source, &options, &mailbox, &*on_event)).is_none() {
                        // The callback panicked: at least the device must not stay taken.
                        tracing::error!("the camera's callback panicked; the camera stops");
                        mailbox.change(|slot| slot.stop = true);
                    }
                }
            });
        let thread = match decoder {
            Ok(thread) => Some(thread),
            Err(err) => {
                let on_event = on_event.lock().unwrap_or_else(PoisonError::into_inner);
                on_event(CameraEvent::Error(CameraError::Failed(err.to_string())));
                on_event(CameraEvent::Stopped);
                None
            }
        };
        CameraHandle { mailbox, thread }
    }
}

/// A running camera. Dropping it stops it.
pub struct CameraHandle {
    mailbox: Arc<Mailbox>,
    thread: Option<JoinHandle<()>>,
}

impl CameraHandle {
    /// Stops the camera and waits until the device is free and [`CameraEvent::Stopped`] was told.
    /// From within the callback it stops without waiting. Stopping twice is fine.
    pub fn stop(&mut self) {
        self.mailbox.change(|slot| slot.stop = true);
        let Some(thread) = self.thread.take() else {
            return;
        };
        let here: ThreadId = thread::current().id();
        if thread.thread().id() != here && thread.join().is_err() {
            tracing::error!("the camera thread panicked");
        }
    }

    /// Whether the camera is still at work.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.thread
            .as_ref()
            .is_some_and(|thread| !thread.is_finished())
    }

    /// What it has done so far.
    #[must_use]
    pub fn stats(&self) -> CameraStats {
        self.mailbox.lock().stats
    }
}

impl Drop for CameraHandle {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What the two threads share: room for one frame.
#[derive(Default)]
struct Mailbox {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Default)]
struct Slot {
    newest: Option<(Frame, ScanSource)>,
    /// Why no more frames come.
    ended: Option<CameraError>,
    /// The source has been dropped, so the device is free.
    released: bool,
    stop: bool,
    stats: CameraStats,
}

enum Next {
    Frame(Frame, ScanSource),
    Ended(CameraError),
    Stop,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Slot)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Waits for the newest frame, the end of the source or a stop.
    fn next(&self) -> Next {
        let mut slot = self.lock();
        loop {
            if slot.stop {
                return Next::Stop;
            }
            if let Some((frame, kind)) = slot.newest.take() {
                return Next::Frame(frame, kind);
            }
            if let Some(err) = slot.ended.take() {
                return Next::Ended(err);
            }
            slot = self
                .changed
                .wait(slot)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until the source is dropped; false where it hangs.
    fn wait_for_release(&self) -> bool {
        let slot = self.lock();
        let waited = self
            .changed
            .wait_timeout_while(slot, HUNG_CAMERA_WAIT, |slot| !slot.released);
        waited.unwrap_or_else(PoisonError::into_inner).0.released
    }
}

fn run(
    source: impl FnOnce() -> Result<Box<dyn FrameSource>, CameraError> + Send + 'static,
    options: &CameraOptions,
    mailbox: &Arc<Mailbox>,
    on_event: &(dyn Fn(CameraEvent) + Send),
) {
    let taker = thread::Builder::new()
        .name("scan-camera".to_owned())
        .spawn({
            let mailbox = Arc::clone(mailbox);
            move || {
                let err = guarded(|| take_frames(source, &mailbox))
                    .unwrap_or_else(|| Err(CameraError::Failed("its driver crashed".to_owned())))
                    .err();
                mailbox.change(|slot| {
                    slot.ended = err;
                    slot.released = true;
                });
            }
        });
    let mut decoder = Decoder::new(options, on_event);
    let err = match taker {
        // Not joined: a driver that hangs must not take the app with it.
        Ok(_) => loop {
            match mailbox.next() {
                Next::Frame(frame, kind) => {
                    if decoder.take(&frame, kind) {
                        mailbox.lock().stats.frames_decoded += 1;
                    }
                }
                Next::Ended(err) => break Some(err),
                Next::Stop => break None,
            }
        },
        Err(err) => {
            mailbox.change(|slot| slot.released = true);
            Some(CameraError::Failed(err.to_string()))
        }
    };
    mailbox.change(|slot| slot.stop = true);
    if let Some(err) = err {
        tracing::warn!(code = err.code(), %err, "the camera stopped");
        on_event(CameraEvent::Error(err));
    }
    if !mailbox.wait_for_release() {
        tracing::error!("the camera's driver hangs; it is left behind");
    }
    on_event(CameraEvent::Stopped);
}

/// Takes frames until told to stop. The source lives and dies in here.
fn take_frames(
    source: impl FnOnce() -> Result<Box<dyn FrameSource>, CameraError>,
    mailbox: &Mailbox,
) -> Result<(), CameraError> {
    let mut source = source()?;
    let kind = source.kind();
    while !mailbox.lock().stop {
        if let Some(frame) = source.next_frame()? {
            mailbox.change(|slot| {
                slot.stats.frames_taken += 1;
                if slot.newest.replace((frame, kind)).is_some() {
                    slot.stats.frames_dropped += 1;
                }
            });
        }
    }
    Ok(())
}

/// What happens with one frame after the other.
struct Decoder<'a> {
    options: &'a CameraOptions,
    on_event: &'a (dyn Fn(CameraEvent) + Send),
    scanner: Scanner,
    started: Instant,
    presence: Presence,
    hint: Option<Hint>,
    decodes: Pace,
    previews: Pace,
}

/// Lets something happen no more often than so many times a second.
struct Pace {
    interval_ms: i64,
    last_ms: Option<i64>,
}

impl Pace {
    fn of(fps_max: u32) -> Self {
        Self {
            interval_ms: 1000 / i64::from(fps_max.max(1)),
            last_ms: None,
        }
    }

    /// Whether it is time. A clock that was set back must not hold it up: any distance counts.
    fn is_due(&mut self, now_ms: i64) -> bool {
        let due = self
            .last_ms
            .is_none_or(|last| (now_ms - last).abs() >= self.interval_ms);
        if due {
            self.last_ms = Some(now_ms);
        }
        due
    }
}

impl<'a> Decoder<'a> {
    fn new(options: &'a CameraOptions, on_event: &'a (dyn Fn(CameraEvent) + Send)) -> Self {
        Self {
            options,
            on_event,
            scanner: Scanner::default(),
            started: Instant::now(),
            presence: Presence::new(options.leave_frames, options.leave_ms),
            hint: None,
            decodes: Pace::of(options.decode_fps_max),
            previews: Pace::of(options.preview_fps_max),
        }
    }

    /// Shows and decodes the frame, each where it is due; tells whether it was decoded.
    fn take(&mut self, frame: &Frame, kind: ScanSource) -> bool {
        let now_ms = (self.options.clock)();
        if self.options.preview_fps_max > 0 && self.previews.is_due(now_ms) {
            self.preview(frame);
        }
        if self.options.decode_fps_max > 0 && !self.decodes.is_due(now_ms) {
            return false;
        }
        let started = self.started;
        let sight = self.scanner.look(&frame.grey, &|| started.elapsed());
        if sight.hint != self.hint {
            self.hint = sight.hint;
            (self.on_event)(CameraEvent::Hint(sight.hint));
        }
        for found in self.presence.update(sight.found, now_ms) {
            (self.on_event)(CameraEvent::Scan(found.into_scan(kind, now_ms)));
        }
        true
    }

    fn preview(&self, frame: &Frame) {
        let (width, quality) = (self.options.preview_width_max, self.options.preview_quality);
        match preview_jpeg(&frame.grey, width, quality) {
            Ok(preview) => (self.on_event)(CameraEvent::Preview {
                jpeg: preview.jpeg,
                width: preview.width,
                height: preview.height,
            }),
            Err(err) => tracing::debug!(%err, "no preview"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_of_20_a_second_halves_a_camera_of_30() {
        let mut pace = Pace::of(20);
        let due = (0..30).filter(|frame| pace.is_due(frame * 33)).count();
        assert_eq!(due, 15);
    }

    #[test]
    fn a_clock_set_back_holds_nothing_up() {
        let mut pace = Pace::of(20);
        assert!(pace.is_due(1_000_000));
        assert!(pace.is_due(0));
        assert!(!pace.is_due(10));
    }
}
