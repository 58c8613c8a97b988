//! A camera on threads of its own: one takes frames as they come, one decodes the newest. A slow
//! decoder loses frames; it never makes a queue, and never makes the app wait. A screen asks for its pictures.

mod decoder;
mod mailbox;
mod outlines;
mod pace;
mod room;
mod take;
mod viewfinder;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::Duration;

use self::decoder::Decoder;
use self::mailbox::{Mailbox, Next};
use self::take::{Taker, take_frames};
use crate::decode::{Hint, guarded};
use crate::source::{CameraError, FrameSource};
use crate::types::{Point, Scan};

pub use self::room::Room;
pub use self::viewfinder::{Preview, Viewfinder};

/// How long a stop waits for a camera that hangs in its driver, before it is left behind.
const HUNG_CAMERA_WAIT: Duration = Duration::from_secs(3);

/// Tells the time in Unix milliseconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Hears what the camera does. Called on the camera's thread: be quick, and do not panic.
pub type OnCameraEvent = Box<dyn Fn(CameraEvent) + Send>;

/// What a camera does.
#[derive(Debug, Clone, PartialEq)]
pub enum CameraEvent {
    /// Where codes lie now, as in a [`Preview`]; told on a change, and only where there are no previews to carry it.
    Outlines(Vec<[Point; 4]>),
    /// A code came into view.
    Scan(Scan),
    /// Why a code in view is not read; told once it has lasted and again when it changes, `None` when it is over.
    Hint(Option<Hint>),
    /// It is there and gives pictures; told again when it comes back, its light off.
    Opened {
        /// What it is, in words.
        name: String,
        /// Whether it has a light, for [`CameraHandle::light`].
        has_lamp: bool,
    },
    /// Its light was turned on or off.
    Light(bool),
    /// It can't be used now; it is opened again until it can be. Told again when the reason changes.
    Lost(CameraError),
    /// It failed, and stops.
    Error(CameraError),
    /// It has stopped and the device is free; nothing comes after this.
    Stopped,
}

/// How a camera thread works.
#[derive(Clone)]
pub struct CameraOptions {
    /// The most frames that are decoded in a second, since an idle camera should not eat a core;
    /// 0 for all. While a code moves all are, so that its outline moves along.
    pub decode_fps_max: u32,
    /// The most previews a second; 0 for none, where the screen has a picture of its own.
    pub preview_fps_max: u32,
    /// The most pixels of a preview.
    pub preview_pixels_max: u32,
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
            preview_fps_max: 30,
            preview_pixels_max: 640 * 360,
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
    /// Frames that were passed over, since no decoding was due.
    pub frames_passed: u64,
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
        let mut source = Some(source);
        let once = move || source.take().map_or(Err(CameraError::Gone), |open| open());
        Self::spawn(once, None, options, on_event)
    }

    /// Like [`Self::start`], for a camera that is plugged in and out: whenever it fails it is opened again after
    /// `pause`, until it is there or the thread is stopped. What fails for good at the very first opening stays an error.
    pub fn keep(
        source: impl FnMut() -> Result<Box<dyn FrameSource>, CameraError> + Send + 'static,
        pause: Duration,
        options: CameraOptions,
        on_event: OnCameraEvent,
    ) -> CameraHandle {
        Self::spawn(source, Some(pause), options, on_event)
    }

    fn spawn(
        source: impl FnMut() -> Result<Box<dyn FrameSource>, CameraError> + Send + 'static,
        pause: Option<Duration>,
        options: CameraOptions,
        on_event: OnCameraEvent,
    ) -> CameraHandle {
        let mailbox = Arc::new(Mailbox::default());
        let viewfinder = Viewfinder::new(&options);
        // Kept reachable from here: where the thread can't be made, its closure is lost.
        let on_event = Arc::new(Mutex::new(on_event));
        let decoder = thread::Builder::new()
            .name("scan-decode".to_owned())
            .spawn({
                let on_event = Arc::clone(&on_event);
                let taker = Taker {
                    mailbox: Arc::clone(&mailbox),
                    viewfinder: viewfinder.clone(),
                    clock: Arc::clone(&options.clock),
                };
                move || {
                    let on_event = on_event.lock().unwrap_or_else(PoisonError::into_inner);
                    let (mailbox, viewfinder) =
                        (Arc::clone(&taker.mailbox), taker.viewfinder.clone());
                    if guarded(|| run(source, pause, &options, taker, &*on_event)).is_none() {
                        // The callback panicked: at least the device must not stay taken.
                        tracing::error!("the camera's callback panicked; the camera stops");
                        mailbox.change(|slot| slot.stop = true);
                    }
                    viewfinder.end();
                }
            });
        let thread = match decoder {
            Ok(thread) => Some(thread),
            Err(err) => {
                let on_event = on_event.lock().unwrap_or_else(PoisonError::into_inner);
                on_event(CameraEvent::Error(CameraError::Failed(err.to_string())));
                on_event(CameraEvent::Stopped);
                viewfinder.end();
                None
            }
        };
        CameraHandle {
            mailbox,
            viewfinder,
            thread,
        }
    }
}

/// A running camera. Dropping it stops it.
pub struct CameraHandle {
    mailbox: Arc<Mailbox>,
    viewfinder: Viewfinder,
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

    /// Turns the camera's light on or off before its next frame; [`CameraEvent::Light`] tells that it did.
    pub fn light(&self, on: bool) {
        self.mailbox.lock().light = Some(on);
    }

    /// Its pictures, for a screen; they outlive the handle, and end with the camera.
    #[must_use]
    pub fn viewfinder(&self) -> Viewfinder {
        self.viewfinder.clone()
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

fn run(
    source: impl FnMut() -> Result<Box<dyn FrameSource>, CameraError> + Send + 'static,
    pause: Option<Duration>,
    options: &CameraOptions,
    taker: Taker,
    on_event: &(dyn Fn(CameraEvent) + Send),
) {
    let (mailbox, viewfinder) = (Arc::clone(&taker.mailbox), taker.viewfinder.clone());
    let thread = thread::Builder::new()
        .name("scan-camera".to_owned())
        .spawn(move || {
            let err = take_frames(source, pause, &taker);
            taker.mailbox.change(|slot| {
                slot.ended = err;
                slot.released = true;
            });
        });
    let mut decoder = Decoder::new(options, on_event, &viewfinder);
    let err = match thread {
        // Not joined: a driver that hangs must not take the app with it.
        Ok(_) => loop {
            match mailbox.next() {
                Next::Notice(notice) => decoder.tell(notice),
                Next::Frame(taken) => {
                    let decoded = decoder.take(&taken);
                    let stats = &mut mailbox.lock().stats;
                    stats.frames_decoded += u64::from(decoded);
                    stats.frames_passed += u64::from(!decoded);
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
    viewfinder.end();
    if let Some(err) = err {
        tracing::warn!(code = err.code(), %err, "the camera stopped");
        on_event(CameraEvent::Error(err));
    }
    if !mailbox.wait_for_release() {
        tracing::error!("the camera's driver hangs; it is left behind");
    }
    on_event(CameraEvent::Stopped);
}
