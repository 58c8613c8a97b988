//! A camera as the app runs it, with everything that it tells.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use counterfoil_scan::{
    CameraEvent, CameraHandle, CameraOptions, CameraThread, FrameSource, NokhwaCamera,
};

/// The app's own pause before a camera is tried again.
const REOPEN_PAUSE: Duration = Duration::from_secs(1);
/// How long anything may take on an emulated processor.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// See the module.
pub struct Watched {
    pub handle: CameraHandle,
    events: Receiver<CameraEvent>,
}

impl Watched {
    /// Starts the first camera there is, now or later.
    pub fn start() -> Self {
        let (tell, events) = mpsc::channel();
        let now_ms = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0))
        };
        let handle = CameraThread::keep(
            || {
                let opened = NokhwaCamera::open(None);
                let camera = opened.inspect_err(|err| println!("not opened: {err}"))?;
                Ok(Box::new(camera) as Box<dyn FrameSource>)
            },
            REOPEN_PAUSE,
            CameraOptions::new(Arc::new(now_ms)),
            Box::new(move |event| drop(tell.send(event))),
        );
        Self { handle, events }
    }

    /// Waits for an event of that kind; where it does not come, says what came instead.
    pub fn hears<T>(
        &self,
        what: &str,
        wanted: impl Fn(CameraEvent) -> Option<T>,
    ) -> Result<T, String> {
        let since = Instant::now();
        let mut others = Vec::new();
        while let Some(left) = PATIENCE.checked_sub(since.elapsed()) {
            let Ok(event) = self.events.recv_timeout(left) else {
                break;
            };
            let said = format!("{event:?}");
            if let Some(found) = wanted(event) {
                return Ok(found);
            }
            if others.last() != Some(&said) {
                others.push(said);
            }
        }
        Err(format!("{what} did not come; heard: {}", others.join("; ")))
    }

    pub fn hears_opened(&self) -> Result<String, String> {
        self.hears("Opened", |event| match event {
            CameraEvent::Opened { name, .. } => Some(name),
            _ => None,
        })
    }

    /// Waits until the camera is lost, and tells the reason's code.
    pub fn hears_lost(&self) -> Result<&'static str, String> {
        self.hears("Lost", |event| match event {
            CameraEvent::Lost(error) => Some(error.code()),
            _ => None,
        })
    }

    /// Waits for the scan of that code, and tells how long it took.
    pub fn reads(&self, code: &str) -> Result<Duration, String> {
        let since = Instant::now();
        self.hears(&format!("the scan of {code}"), |event| match event {
            CameraEvent::Scan(scan) if scan.code == code => Some(()),
            _ => None,
        })?;
        Ok(since.elapsed())
    }

    /// Waits for that many more pictures, and tells how many came a second.
    pub fn gives(&self, pictures: u64) -> Result<f64, String> {
        let (since, before) = (Instant::now(), self.handle.stats().frames_taken);
        loop {
            let taken = self.handle.stats().frames_taken - before;
            if taken >= pictures {
                return Ok(taken as f64 / since.elapsed().as_secs_f64());
            }
            if since.elapsed() > PATIENCE {
                return Err(format!("{taken} pictures in {} s", PATIENCE.as_secs()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
