//! The camera: choosing, starting and stopping it. What it reads goes through the same door as any other scan.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;

use counterfoil_domain::Clock as _;
use counterfoil_scan::{
    CameraError, CameraEvent, CameraHandle, CameraOptions, CameraThread, FileCamera,
    FileCameraOptions, FrameInbox, FrameSource, Hint, NokhwaCamera, Point, Room, Scan,
    list_cameras,
};

use crate::failure::Outcome;
use crate::host::SystemClock;
use crate::view::{
    CameraEventView, CameraHint, CameraPicture, CameraView, Failure, ScanOutcome, ScanVia,
};
use crate::{Counterfoil, Inner};

/// How long a new camera waits for the one before to free the device; a camera that hangs is given up earlier.
const FREE_WAIT: Duration = Duration::from_secs(5);
/// How long after a failure a camera is tried again.
const REOPEN_PAUSE: Duration = Duration::from_secs(1);
/// How long whoever asks for a picture waits for one.
const PICTURE_WAIT: Duration = Duration::from_secs(1);
/// How long a stop keeps its caller waiting; the rest happens behind it.
const STOP_WAIT: Duration = Duration::from_millis(500);

type Listener = Box<dyn Fn(CameraEventView) + Send + Sync>;

/// The running camera, where there is one.
#[derive(Default)]
pub(crate) struct CameraState(Mutex<Slot>);

#[derive(Default)]
struct Slot {
    running: Option<CameraHandle>,
    /// Where the web view hands in its frames, while it is the camera.
    inbox: Option<FrameInbox>,
    /// Opens when the camera that was started last has let go of its device.
    freed: Option<Arc<Gate>>,
}

impl Counterfoil {
    /// The cameras to choose from.
    ///
    /// # Errors
    /// `camera_failed`.
    pub fn cameras(&self) -> Outcome<Vec<CameraView>> {
        if let Some(path) = self.file_camera() {
            let name = path.file_name().unwrap_or(path.as_os_str());
            return Ok(vec![CameraView {
                id: format!("file:{}", path.display()),
                name: name.to_string_lossy().into_owned(),
            }]);
        }
        let cameras = list_cameras().map_err(|error| failure(&error))?;
        Ok(cameras
            .into_iter()
            .map(|camera| CameraView {
                name: camera.choice.clone(),
                id: camera.choice,
            })
            .collect())
    }

    /// Starts the camera in the place of one that runs already; what it reads, and why it fails, goes to `on_event` from
    /// its own thread. One that is not there, or is pulled out, is waited for until it is stopped.
    ///
    /// # Errors
    /// When the till's settings cannot be read.
    pub fn camera_start(&self, on_event: Listener) -> Outcome<()> {
        let file = self.file_camera();
        let chosen = self.settings()?.camera;
        let freed = Arc::new(Gate::default());
        let mut slot = self.inner.camera.lock();
        let before = slot.freed.replace(Arc::clone(&freed));
        slot.inbox = None;
        stop_behind(slot.running.take());
        let source = move || {
            if let Some(before) = &before {
                before.wait(FREE_WAIT);
            }
            open(file.as_deref(), &chosen)
        };
        // Frames are paced and told apart by real time, whatever clock the till's records follow.
        let options = CameraOptions::new(Arc::new(|| SystemClock.now().0));
        let listener = self.listener(freed, on_event);
        slot.running = Some(CameraThread::keep(source, REOPEN_PAUSE, options, listener));
        Ok(())
    }

    /// Waits for the running camera's next picture, for at most about a second, in the bytes of [`CameraPicture`]: the newest
    /// one that was not given yet, as much of it as fills a room of `width` x `height`; all of it where that is 0. None comes
    /// where there is no camera, or none that shows what it sees.
    ///
    /// # Errors
    /// Never in practice.
    pub fn camera_picture(&self, width: u32, height: u32) -> Outcome<Option<Vec<u8>>> {
        let running = self.inner.camera.lock();
        let viewfinder = running.running.as_ref().map(CameraHandle::viewfinder);
        drop(running);
        let room = Room { width, height };
        let preview = viewfinder.and_then(|viewfinder| viewfinder.next(room, PICTURE_WAIT));
        Ok(preview.map(|preview| CameraPicture::of(&preview).to_bytes()))
    }

    /// Starts reading the frames that [`Self::camera_frame`] hands in, in the place of any other camera: those of the web
    /// view on a phone. The screen has its own picture, so outlines come without previews.
    ///
    /// # Errors
    /// Never in practice.
    pub fn camera_start_frames(&self, on_event: Listener) -> Outcome<()> {
        let freed = Arc::new(Gate::default());
        let mut slot = self.inner.camera.lock();
        slot.freed = Some(Arc::clone(&freed));
        stop_behind(slot.running.take());
        let (inbox, frames) = FrameInbox::new();
        slot.inbox = Some(inbox);
        let mut options = CameraOptions::new(Arc::new(|| SystemClock.now().0));
        options.preview_fps_max = 0;
        let listener = self.listener(freed, on_event);
        let source = || Ok(Box::new(frames) as Box<dyn FrameSource>);
        slot.running = Some(CameraThread::start(source, options, listener));
        Ok(())
    }

    /// Hands in a frame as JPEG; without a camera that reads frames it is dropped.
    ///
    /// # Errors
    /// `not_a_picture`.
    pub fn camera_frame(&self, jpeg: &[u8]) -> Outcome<()> {
        let inbox = self.inner.camera.lock().inbox.clone();
        let Some(inbox) = inbox else { return Ok(()) };
        inbox
            .push_jpeg(jpeg)
            .map_err(|error| Failure::new("not_a_picture", error.to_string()))?;
        Ok(())
    }

    /// Turns the light of the running camera on or off; the screen hears when it did. Without a camera nothing happens.
    ///
    /// # Errors
    /// Never in practice.
    pub fn camera_light(&self, on: bool) -> Outcome<()> {
        if let Some(running) = &self.inner.camera.lock().running {
            running.light(on);
        }
        Ok(())
    }

    fn listener(
        &self,
        freed: Arc<Gate>,
        on_event: Listener,
    ) -> Box<dyn Fn(CameraEvent) + Send + 'static> {
        let app = self.weak();
        Box::new(move |event| {
            let stopped = event == CameraEvent::Stopped;
            if stopped {
                freed.open();
            }
            if let Some(view) = act(&app, event) {
                on_event(view);
            }
        })
    }

    /// Stops the camera; none running is fine. Returns once the device is free, or after half a second.
    ///
    /// # Errors
    /// Never in practice.
    pub fn camera_stop(&self) -> Outcome<()> {
        let mut slot = self.inner.camera.lock();
        slot.inbox = None;
        let running = slot.running.take();
        let freed = slot.freed.clone();
        drop(slot);
        if running.is_some() {
            stop_behind(running);
            if let Some(freed) = freed {
                freed.wait(STOP_WAIT);
            }
        }
        Ok(())
    }

    fn file_camera(&self) -> Option<PathBuf> {
        let camera = self.config().camera.as_deref()?;
        camera.strip_prefix("file:").map(PathBuf::from)
    }
}

impl CameraState {
    fn lock(&self) -> std::sync::MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stops a camera on a thread of its own, since its driver may hang. Without threads it is stopped here.
fn stop_behind(running: Option<CameraHandle>) {
    let Some(running) = running else { return };
    let spawned = std::thread::Builder::new()
        .name("camera-stop".to_owned())
        .spawn(move || drop(running));
    if let Err(error) = spawned {
        tracing::warn!(%error, "the camera was stopped on the caller's thread");
    }
}

fn open(file: Option<&Path>, chosen: &str) -> Result<Box<dyn FrameSource>, CameraError> {
    if let Some(path) = file {
        let camera = FileCamera::open(path, FileCameraOptions::default())?;
        return Ok(Box::new(camera));
    }
    let wanted = (!chosen.is_empty()).then_some(chosen);
    match NokhwaCamera::open(wanted) {
        // The chosen one may be at home: any other is better than none.
        Err(CameraError::NoCamera) if wanted.is_some() => Ok(Box::new(NokhwaCamera::open(None)?)),
        opened => Ok(Box::new(opened?)),
    }
}

/// What the screen is told of an event; nothing once the app is gone.
fn act(app: &Weak<Inner>, event: CameraEvent) -> Option<CameraEventView> {
    Some(match event {
        CameraEvent::Outlines(outlines) => CameraEventView::Outlines {
            outlines: outlines.iter().map(flat).collect(),
        },
        CameraEvent::Scan(scan) => scanned(
            &Counterfoil {
                inner: app.upgrade()?,
            },
            &scan,
        ),
        CameraEvent::Hint(hint) => CameraEventView::Hint {
            hint: hint.map(worded),
        },
        CameraEvent::Opened { has_lamp, .. } => CameraEventView::Opened { has_lamp },
        CameraEvent::Light(on) => CameraEventView::Light { on },
        CameraEvent::Lost(error) => CameraEventView::Failed {
            failure: failure(&error).later(),
            waiting: true,
        },
        CameraEvent::Error(error) => CameraEventView::Failed {
            failure: failure(&error),
            waiting: false,
        },
        CameraEvent::Stopped => CameraEventView::Stopped,
    })
}

fn worded(hint: Hint) -> CameraHint {
    match hint {
        Hint::TooDark => CameraHint::TooDark,
        Hint::Glare => CameraHint::Glare,
        Hint::TooFar => CameraHint::TooFar,
        Hint::TooBlurred => CameraHint::TooBlurred,
    }
}

fn scanned(app: &Counterfoil, scan: &Scan) -> CameraEventView {
    let outcome = app
        .scan_text(&scan.code, ScanVia::Camera)
        .unwrap_or_else(|failure| ScanOutcome::Refused { failure });
    let outline = scan.outline.as_ref().map(flat);
    CameraEventView::Scan { outcome, outline }
}

fn flat(corners: &[Point; 4]) -> Vec<f64> {
    let pair = |corner: &Point| [f64::from(corner.x), f64::from(corner.y)];
    corners.iter().flat_map(pair).collect()
}

fn failure(error: &CameraError) -> Failure {
    let code = match error {
        CameraError::FileUnreadable { .. } => "camera_failed",
        other => other.code(),
    };
    let failure = Failure::new(code, error.to_string());
    if error.is_permanent() {
        failure
    } else {
        failure.later()
    }
}

/// Shut until it is opened, once and for ever.
#[derive(Default)]
struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn open(&self) {
        *self.is_open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.opened.notify_all();
    }

    fn wait(&self, longest: Duration) {
        let is_open = self.is_open.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .opened
            .wait_timeout_while(is_open, longest, |is_open| !*is_open);
        drop(waited);
    }
}
