//! Cameras of this machine: V4L2, Media Foundation and AVFoundation through nokhwa.

use std::sync::mpsc;
use std::time::Duration;

use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType,
    Resolution,
};
use nokhwa::{Buffer, Camera};
use serde::{Deserialize, Serialize};

use crate::decode::guarded;
use crate::frame::{Frame, GreyFrame};
use crate::lamp::Lamp;
use crate::left_behind;
use crate::pixels::{PixelFormat, grey_of};
use crate::source::{CameraError, FrameSource};

/// How long a person may take to answer the system's question for the camera.
const PERMISSION_WAIT: Duration = Duration::from_secs(60);

/// Pictures in a row that may be unreadable before the camera counts as broken.
const BAD_FRAMES_MAX: u32 = 30;

/// Sizes and rates that a camera may refuse before it is taken as it is; each costs it some milliseconds.
const REFUSALS_MAX: usize = 12;

/// Formats whose grey is cheap to reach.
const FORMATS: [FrameFormat; 6] = [
    FrameFormat::YUYV,
    FrameFormat::NV12,
    FrameFormat::GRAY,
    FrameFormat::MJPEG,
    FrameFormat::RAWRGB,
    FrameFormat::RAWBGR,
];

/// A camera that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraInfo {
    /// The system's number or name for it; stays the same while the camera is plugged in.
    pub id: String,
    /// What a choice is remembered by: the maker's name, since the system's number depends on what was plugged in
    /// first. Of two cameras alike the second has its place among them behind it.
    pub choice: String,
    /// The maker's name for it.
    pub name: String,
    /// Where it is, as the system says.
    pub description: String,
}

/// The cameras that are plugged in; an empty list where there is none.
///
/// # Errors
/// [`CameraError::Failed`] and the like where the system can't be asked.
pub fn list_cameras() -> Result<Vec<CameraInfo>, CameraError> {
    let cameras = guarded(|| nokhwa::query(ApiBackend::Auto))
        .ok_or_else(|| CameraError::Failed("the system's camera list can't be read".to_owned()))?
        .map_err(|err| CameraError::at_opening(&err.to_string()))?;
    let mut cameras: Vec<CameraInfo> = cameras
        .iter()
        .map(|camera| CameraInfo {
            id: camera.index().as_string(),
            choice: String::new(),
            name: camera.human_name(),
            description: camera.description().to_owned(),
        })
        .collect();
    cameras.sort_by_key(|camera| {
        (
            camera.id.parse::<u32>().unwrap_or(u32::MAX),
            camera.id.clone(),
        )
    });
    Ok(with_choices(without_second_nodes(cameras, is_second_node)))
}

fn with_choices(mut cameras: Vec<CameraInfo>) -> Vec<CameraInfo> {
    let names: Vec<String> = cameras.iter().map(|camera| camera.name.clone()).collect();
    for (at, camera) in cameras.iter_mut().enumerate() {
        let alike = names[..=at].iter().filter(|name| **name == camera.name);
        camera.choice = match alike.count() {
            1 => camera.name.clone(),
            place => format!("{} ({place})", camera.name),
        };
    }
    cameras
}

/// A webcam shows as two nodes on Linux; its second one carries metadata and no picture.
fn without_second_nodes(
    cameras: Vec<CameraInfo>,
    is_second: impl Fn(&CameraInfo) -> bool,
) -> Vec<CameraInfo> {
    let mut kept: Vec<CameraInfo> = Vec::new();
    for camera in cameras {
        let has_first = kept.iter().any(|other| other.name == camera.name);
        if !(has_first && is_second(&camera)) {
            kept.push(camera);
        }
    }
    kept
}

fn is_second_node(camera: &CameraInfo) -> bool {
    let path = format!("/sys/class/video4linux/video{}/index", camera.id);
    std::fs::read_to_string(path).is_ok_and(|index| index.trim() != "0")
}

/// A camera that is giving pictures. Dropping it releases the device.
pub struct NokhwaCamera {
    camera: Camera,
    name: String,
    next_seq: u64,
    bad_frames: u32,
    lamp: Option<Lamp>,
    lit: bool,
}

impl NokhwaCamera {
    /// Opens the camera with that [`CameraInfo::choice`] or [`CameraInfo::id`], or the first one, near 720p.
    ///
    /// # Errors
    /// [`CameraError`]: none there, busy, not allowed, or what the driver said.
    pub fn open(wanted: Option<&str>) -> Result<Self, CameraError> {
        ask_for_permission()?;
        let info = chosen(list_cameras()?, wanted).ok_or(CameraError::NoCamera)?;
        let index = match info.id.parse() {
            Ok(number) => CameraIndex::Index(number),
            Err(_) => CameraIndex::String(info.id.clone()),
        };
        left_behind::tidy(&info.id);
        let mut camera = guarded(|| open_any(&index))
            .ok_or_else(|| CameraError::Failed("the camera's driver is broken".to_owned()))??;
        let opening = guarded(|| {
            prefer_a_good_format(&mut camera);
            camera
                .open_stream()
                .map_err(|err| CameraError::at_opening(&err.to_string()))
        });
        opening
            .ok_or_else(|| CameraError::Failed("the camera's driver is broken".to_owned()))??;
        let format = camera.camera_format();
        tracing::info!(camera = %info.name, %format, "camera opened");
        let name = format!("{} ({format})", info.name);
        // A driver that cannot list what it can be told has no light that could be found.
        let controls = guarded(|| camera.camera_controls().unwrap_or_default());
        let lamp = Lamp::among(&controls.unwrap_or_default());
        Ok(Self {
            lamp,
            lit: false,
            camera,
            name,
            next_seq: 0,
            bad_frames: 0,
        })
    }
}

/// The wanted camera, by its name before its number; without a wish the first.
fn chosen(cameras: Vec<CameraInfo>, wanted: Option<&str>) -> Option<CameraInfo> {
    let Some(wanted) = wanted else {
        return cameras.into_iter().next();
    };
    let by_name = cameras.iter().find(|camera| camera.choice == wanted);
    let by_number = || cameras.iter().find(|camera| camera.id == wanted);
    by_name.or_else(by_number).cloned()
}

/// The camera in any format that can be read; what to use is chosen once its list is known.
fn open_any(index: &CameraIndex) -> Result<Camera, CameraError> {
    let any = RequestedFormat::with_formats(RequestedFormatType::None, &FORMATS);
    let first = match Camera::new(index.clone(), any) {
        Ok(camera) => return Ok(camera),
        Err(err) => CameraError::at_opening(&err.to_string()),
    };
    if !matches!(first, CameraError::Failed(_)) {
        return Err(first);
    }
    // Some drivers hold to none of the formats that they list first: ask for the usual ones.
    for format in [FrameFormat::YUYV, FrameFormat::MJPEG, FrameFormat::NV12] {
        for (width, height) in [(1280, 720), (640, 480)] {
            let exact = CameraFormat::new(Resolution::new(width, height), format, 30);
            let kind = RequestedFormatType::Exact(exact);
            let request = RequestedFormat::with_formats(kind, &FORMATS);
            if let Ok(camera) = Camera::new(index.clone(), request) {
                return Ok(camera);
            }
        }
    }
    Err(first)
}

/// Moves to the best format of the camera's own list; one it refuses is no reason to stop.
fn prefer_a_good_format(camera: &mut Camera) {
    let mut formats = camera.compatible_camera_formats().unwrap_or_default();
    formats.retain(|format| FORMATS.contains(&format.format()));
    formats.sort_by_key(|format| std::cmp::Reverse(fitness(format)));
    if formats.first() == Some(&camera.camera_format()) {
        return;
    }
    let refused = first_taken(&formats, |format| {
        let request = RequestedFormatType::Exact(format);
        let request = RequestedFormat::with_formats(request, &FORMATS);
        let taken = camera.set_camera_requset(request);
        taken
            .inspect_err(|err| tracing::debug!(%format, %err, "the camera refused a format"))
            .is_ok()
    });
    if refused {
        // What was tried last may be neither what it said nor what it has now.
        let known = camera.refresh_camera_format();
        tracing::warn!(?known, "the camera refused every format of its own list");
    }
}

/// Offers the formats one by one until one is taken; tells whether none was. A rate that was refused at a size is not
/// offered there again in another layout: the list takes 2/25 s for 25 a second.
fn first_taken(formats: &[CameraFormat], mut offer: impl FnMut(CameraFormat) -> bool) -> bool {
    let mut refused = Vec::new();
    for format in formats {
        let pace = (format.resolution(), format.frame_rate());
        if refused.len() == REFUSALS_MAX {
            break;
        }
        if !refused.contains(&pace) {
            if offer(*format) {
                return false;
            }
            refused.push(pace);
        }
    }
    true
}

/// How well a format suits decoding: enough frames first, then near 720p, then cheap to read.
fn fitness(format: &CameraFormat) -> (u32, i64, u32, usize) {
    let fps = format.frame_rate().min(30);
    let enough = if fps >= 15 { 15 } else { fps };
    let pixels = i64::from(format.width()) * i64::from(format.height());
    let off = (pixels - 1280 * 720).abs();
    let cheap = FORMATS
        .iter()
        .rev()
        .position(|f| *f == format.format())
        .unwrap_or(0);
    (enough, -off, fps, cheap)
}

/// macOS asks the person; elsewhere the answer is there at once.
fn ask_for_permission() -> Result<(), CameraError> {
    if nokhwa::nokhwa_check() {
        return Ok(());
    }
    let (answer, answered) = mpsc::sync_channel(1);
    nokhwa::nokhwa_initialize(move |granted| {
        let _ = answer.try_send(granted);
    });
    match answered.recv_timeout(PERMISSION_WAIT) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(CameraError::Permission),
    }
}

impl FrameSource for NokhwaCamera {
    fn next_frame(&mut self) -> Result<Option<Frame>, CameraError> {
        let buffer = self
            .camera
            .frame()
            .map_err(|err| CameraError::at_reading(&err.to_string()))?;
        let Some(grey) = to_grey(&buffer) else {
            // A cable or a hub drops part of a picture now and then.
            self.bad_frames += 1;
            if self.bad_frames > BAD_FRAMES_MAX {
                let text = format!("its pictures can't be read ({})", self.name);
                return Err(CameraError::Failed(text));
            }
            return Ok(None);
        };
        self.bad_frames = 0;
        let seq = self.next_seq;
        self.next_seq += 1;
        Ok(Some(Frame { seq, grey }))
    }

    fn describe(&self) -> String {
        self.name.clone()
    }

    fn has_lamp(&self) -> bool {
        self.lamp.is_some()
    }

    fn light(&mut self, on: bool) -> Result<(), CameraError> {
        let lamp = self.lamp.ok_or_else(CameraError::no_light)?;
        let (control, value) = lamp.told(on);
        self.camera
            .set_camera_control(control, value)
            .map_err(|err| CameraError::at_reading(&err.to_string()))?;
        self.lit = on;
        Ok(())
    }
}

impl Drop for NokhwaCamera {
    /// Some lights stay on without their camera.
    fn drop(&mut self) {
        if self.lit
            && let Err(err) = self.light(false)
        {
            tracing::warn!(%err, "the camera's light stays on");
        }
    }
}

fn to_grey(buffer: &Buffer) -> Option<GreyFrame> {
    let (width, height) = (buffer.resolution().width(), buffer.resolution().height());
    let format = match buffer.source_frame_format() {
        FrameFormat::YUYV => PixelFormat::Yuyv,
        FrameFormat::NV12 => PixelFormat::Nv12,
        FrameFormat::GRAY => PixelFormat::Grey,
        FrameFormat::MJPEG => PixelFormat::Mjpeg,
        FrameFormat::RAWRGB | FrameFormat::RAWBGR => PixelFormat::Rgb,
    };
    grey_of(format, width, height, buffer.buffer()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(id: &str, name: &str) -> CameraInfo {
        CameraInfo {
            id: id.to_owned(),
            choice: String::new(),
            name: name.to_owned(),
            description: String::new(),
        }
    }

    #[test]
    fn the_metadata_node_of_a_webcam_is_not_listed() {
        let cameras = vec![info("0", "Webcam"), info("1", "Webcam"), info("2", "Other")];
        let kept = without_second_nodes(cameras, |camera| camera.id == "1");
        assert_eq!(kept, [info("0", "Webcam"), info("2", "Other")]);
    }

    #[test]
    fn a_choice_survives_another_socket() {
        let before = with_choices(vec![info("0", "Built-in"), info("2", "Webcam")]);
        let wanted = before[1].choice.as_str();
        let after = with_choices(vec![info("0", "Webcam"), info("1", "Built-in")]);
        let found = chosen(after.clone(), Some(wanted)).map(|camera| camera.name);
        assert_eq!(found.as_deref(), Some("Webcam"));
        assert_eq!(chosen(after.clone(), Some("1")), Some(after[1].clone()));
        assert_eq!(chosen(after.clone(), None), Some(after[0].clone()));
        assert_eq!(chosen(after, Some("Unplugged")), None);
    }

    #[test]
    fn two_cameras_alike_are_two_choices() {
        let cameras = with_choices(vec![info("0", "Webcam"), info("2", "Webcam")]);
        assert_eq!(cameras[0].choice, "Webcam");
        assert_eq!(cameras[1].choice, "Webcam (2)");
        assert_eq!(chosen(cameras, Some("Webcam (2)")).unwrap().id, "2");
    }

    #[test]
    fn a_fluent_720p_is_preferred_to_a_stuttering_or_a_tiny_one() {
        let format = |w, h, f, fps| CameraFormat::new(Resolution::new(w, h), f, fps);
        let best = format(1280, 720, FrameFormat::MJPEG, 30);
        for worse in [
            format(320, 180, FrameFormat::YUYV, 30),
            format(1280, 720, FrameFormat::YUYV, 10),
            format(640, 480, FrameFormat::YUYV, 30),
            format(3840, 2160, FrameFormat::MJPEG, 30),
        ] {
            assert!(fitness(&best) > fitness(&worse), "{worse}");
        }
        let cheaper = format(1280, 720, FrameFormat::YUYV, 30);
        assert!(fitness(&cheaper) > fitness(&best));
    }

    #[test]
    fn a_rate_that_is_refused_is_not_asked_for_in_every_layout() {
        let format = |w, h, f, fps| CameraFormat::new(Resolution::new(w, h), f, fps);
        let listed = [
            format(1280, 720, FrameFormat::YUYV, 25),
            format(1280, 720, FrameFormat::MJPEG, 25),
            format(640, 480, FrameFormat::YUYV, 25),
            format(640, 480, FrameFormat::MJPEG, 25),
        ];
        let mut offered = Vec::new();
        let none = first_taken(&listed, |format| {
            offered.push(format);
            format.width() == 640
        });
        assert!(!none);
        assert_eq!(offered, [listed[0], listed[2]]);
        assert!(first_taken(&listed, |_| false), "all were refused");
    }

    #[test]
    fn every_camera_format_gives_the_same_grey_picture() {
        let size = Resolution::new(2, 2);
        let grey = |bytes: &[u8], format| to_grey(&Buffer::new(size, bytes, format)).unwrap();
        let plane = grey(&[9, 8, 7, 6], FrameFormat::GRAY);
        assert_eq!(grey(&[9, 0, 8, 0, 7, 0, 6, 0], FrameFormat::YUYV), plane);
        assert_eq!(grey(&[9, 8, 7, 6, 128, 128], FrameFormat::NV12), plane);
        assert_eq!(
            grey(&[9, 9, 9, 8, 8, 8, 7, 7, 7, 6, 6, 6], FrameFormat::RAWRGB),
            plane
        );
    }

    #[test]
    fn an_unknown_camera_is_no_camera() {
        let opened = NokhwaCamera::open(Some("98765"));
        assert_eq!(opened.err().map(|err| err.code()), Some("no_camera"));
    }
}
