//! A folder of pictures or a video file that stands in for a camera: for machines without one,
//! for demonstrations and for tests. It plays for ever.

mod folder;
mod mjpeg;
mod y4m;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::frame::{Frame, GreyFrame};
use crate::source::{CameraError, FrameSource};
use crate::types::ScanSource;

/// The longest that [`FileCamera`] waits for its next frame before it says "not yet".
const WAIT_MAX: Duration = Duration::from_millis(100);

/// Frames a second of a recording that does not tell.
const FPS: f64 = 15.0;

/// The longer side of what it gives, in pixels: a camera gives no more either.
pub(crate) const SIDE_MAX: u32 = 1280;

/// How a file camera plays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FileCameraOptions {
    /// Frames a second, 0.1 to 1000; `None` for what the recording says of itself, or else 15.
    pub fps: Option<f64>,
    /// How long each picture of a folder stays in view, in milliseconds. Videos ignore it.
    pub picture_ms: u32,
}

impl Default for FileCameraOptions {
    fn default() -> Self {
        Self {
            fps: None,
            picture_ms: 2000,
        }
    }
}

/// Gives the frames of a recording one after the other, from the beginning again at its end.
trait Recording: Send {
    /// The next frame; a text says why there is none.
    fn next(&mut self) -> Result<GreyFrame, String>;

    /// Frames a second, where it tells.
    fn fps(&self) -> Option<f64> {
        None
    }
}

/// A camera that plays a folder of pictures (by name), a Y4M or an MJPEG file.
pub struct FileCamera {
    path: PathBuf,
    recording: Box<dyn Recording>,
    interval: Duration,
    due: Option<Instant>,
    next_seq: u64,
}

impl FileCamera {
    /// Opens a folder of pictures, a `.y4m` or a `.mjpeg` file; a single picture file is a folder
    /// of one.
    ///
    /// # Errors
    /// [`CameraError::FileUnreadable`] where there is nothing to play.
    pub fn open(path: &Path, options: FileCameraOptions) -> Result<Self, CameraError> {
        let sane = |fps: f64| fps.is_finite().then(|| fps.clamp(0.1, 1000.0));
        let wanted = options.fps.and_then(sane);
        let hold = (f64::from(options.picture_ms) * wanted.unwrap_or(FPS) / 1000.0)
            .round()
            .max(1.0) as u64;
        let recording = open_recording(path, hold).map_err(|reason| unreadable(path, reason))?;
        let fps = wanted
            .or_else(|| recording.fps().and_then(sane))
            .unwrap_or(FPS);
        Ok(Self {
            path: path.to_owned(),
            recording,
            interval: Duration::from_secs_f64(1.0 / fps),
            due: None,
            next_seq: 0,
        })
    }
}

fn unreadable(path: &Path, reason: String) -> CameraError {
    CameraError::FileUnreadable {
        path: path.display().to_string(),
        reason,
    }
}

/// What kind of recording it is shows in its first bytes: names lie.
fn open_recording(path: &Path, hold: u64) -> Result<Box<dyn Recording>, String> {
    if path.is_dir() {
        return Ok(Box::new(folder::Folder::open_folder(path, hold)?));
    }
    let start = read_start(path)?;
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    if start.starts_with(y4m::MAGIC) {
        Ok(Box::new(y4m::Y4m::open(path)?))
    } else if ["mjpeg", "mjpg", "avi"]
        .iter()
        .any(|e| extension.eq_ignore_ascii_case(e))
    {
        Ok(Box::new(mjpeg::Mjpeg::open(path)?))
    } else {
        Ok(Box::new(folder::Folder::open_picture(path, hold)?))
    }
}

fn read_start(path: &Path) -> Result<Vec<u8>, String> {
    use std::io::Read;
    let file = std::fs::File::open(path).map_err(|err| err.to_string())?;
    let mut start = Vec::new();
    file.take(16)
        .read_to_end(&mut start)
        .map_err(|err| err.to_string())?;
    Ok(start)
}

impl FrameSource for FileCamera {
    fn next_frame(&mut self) -> Result<Option<Frame>, CameraError> {
        let now = Instant::now();
        let due = *self.due.get_or_insert(now);
        let wait = due.saturating_duration_since(now);
        if wait > WAIT_MAX {
            std::thread::sleep(WAIT_MAX);
            return Ok(None);
        }
        std::thread::sleep(wait);
        // A late frame does not make the following ones hurry.
        self.due = Some(due.max(now) + self.interval);
        let next = self.recording.next();
        // A video that was taken away can still be read to its end here and there: pulled out is pulled out.
        if !self.path.exists() {
            return Err(CameraError::Gone);
        }
        let grey = next.map_err(|reason| unreadable(&self.path, reason))?;
        let grey = grey.shrunk_to(SIDE_MAX).unwrap_or(grey);
        let seq = self.next_seq;
        self.next_seq += 1;
        Ok(Some(Frame { seq, grey }))
    }

    fn describe(&self) -> String {
        format!("file camera {}", self.path.display())
    }

    fn kind(&self) -> ScanSource {
        ScanSource::FileCamera
    }
}
