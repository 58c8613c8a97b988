//! The narrow trait behind which every camera stands, and what can go wrong with one.

use crate::frame::Frame;
use crate::types::ScanSource;

/// Why there is no picture. The app shows its own words for each [`CameraError::code`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CameraError {
    /// No camera is connected, or not the one that was asked for.
    #[error("no camera is connected")]
    NoCamera,
    /// Another program holds the camera.
    #[error("the camera is in use by another program; close that program and try again")]
    Busy,
    /// The system does not let this program use the camera.
    #[error("this program may not use the camera; allow it in the system's settings")]
    Permission,
    /// The camera was there and vanished.
    #[error("the camera was disconnected")]
    Gone,
    /// Anything else that a driver says.
    #[error("the camera does not work: {0}")]
    Failed(String),
    /// The folder or video that stands in for a camera can't be read.
    #[error("the camera file {path} can't be read: {reason}")]
    FileUnreadable {
        /// The file or folder.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl CameraError {
    /// A stable word for the error, for screens and scripts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoCamera => "no_camera",
            Self::Busy => "camera_busy",
            Self::Permission => "camera_permission",
            Self::Gone => "camera_gone",
            Self::Failed(_) => "camera_failed",
            Self::FileUnreadable { .. } => "file_camera_unreadable",
        }
    }

    /// Whether trying again is useless until a person changes something on this machine.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Permission | Self::FileUnreadable { .. } => true,
            Self::NoCamera | Self::Busy | Self::Gone | Self::Failed(_) => false,
        }
    }

    /// Of a camera that should shine and cannot.
    pub(crate) fn no_light() -> Self {
        Self::Failed("it has no light".to_owned())
    }

    /// What a driver's message means when a camera was being opened.
    pub(crate) fn at_opening(message: &str) -> Self {
        match Meaning::of(message) {
            Meaning::Busy => Self::Busy,
            Meaning::Forbidden => Self::Permission,
            Meaning::Absent => Self::NoCamera,
            Meaning::Other => Self::Failed(message.to_owned()),
        }
    }

    /// What a driver's message means when the camera had given pictures before.
    pub(crate) fn at_reading(message: &str) -> Self {
        match Self::at_opening(message) {
            Self::NoCamera => Self::Gone,
            other => other,
        }
    }
}

enum Meaning {
    Busy,
    Forbidden,
    Absent,
    Other,
}

impl Meaning {
    /// The camera library hands on the system's error as text only, so text it is: errno as
    /// Rust prints it, HRESULTs of Media Foundation, and AVFoundation's words.
    fn of(message: &str) -> Self {
        let text = message.to_lowercase();
        let has = |needles: &[&str]| needles.iter().any(|needle| text.contains(needle));
        if has(&[
            "(os error 16)",
            "resource busy",
            "0xc00d3704",
            "0xc00d3ea3",
            "0x80070020",
            "in use",
        ]) {
            Self::Busy
        } else if has(&[
            "(os error 13)",
            "(os error 1)",
            "permission denied",
            "not permitted",
            "not authorized",
            "access is denied",
            "0x80070005",
        ]) {
            Self::Forbidden
        } else if has(&[
            "(os error 2)",
            "(os error 6)",
            "(os error 19)",
            "no such file",
            "no such device",
            "device not found",
            "no device",
            "out of range",
            "0xc00d36d5",
            "0xc00d3ea2",
        ]) {
            Self::Absent
        } else {
            Self::Other
        }
    }
}

/// Something that gives one picture after the other. It is opened, asked and dropped on one
/// thread, since a system's camera may not move to another; hence not `Send`.
pub trait FrameSource {
    /// The next picture, as soon as there is one. `None` says "not yet, ask again" and comes
    /// within about 100 ms, so that whoever asks can stop in between; a device that blocks may
    /// take longer.
    ///
    /// # Errors
    /// A [`CameraError`] ends the source: it is not asked again.
    fn next_frame(&mut self) -> Result<Option<Frame>, CameraError>;

    /// The source in words, for a status page.
    fn describe(&self) -> String;

    /// Whether there is a light at it that can be turned on.
    fn has_lamp(&self) -> bool {
        false
    }

    /// Turns its light on or off. Dropping the source turns it off.
    ///
    /// # Errors
    /// What the driver said, or that there is no light; the source goes on.
    fn light(&mut self, _on: bool) -> Result<(), CameraError> {
        Err(CameraError::no_light())
    }

    /// What scans from here say of their origin.
    fn kind(&self) -> ScanSource {
        ScanSource::Camera
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_device_is_told_from_a_broken_one() {
        for message in [
            "Could not open device stream: Device or resource busy (os error 16)",
            "Could not set device property Resolution, FrameFormat with value YUYV: Device or resource busy (os error 16)",
            "Could not open device 0: 0xC00D3704",
        ] {
            assert_eq!(
                CameraError::at_opening(message),
                CameraError::Busy,
                "{message}"
            );
        }
    }

    #[test]
    fn a_refused_permission_has_its_own_code() {
        let message = "Could not open device 0: V4L2 Error: Permission denied (os error 13)";
        assert_eq!(CameraError::at_opening(message).code(), "camera_permission");
        assert!(CameraError::at_opening(message).is_permanent());
        let windows = "Could not open device 0: Access is denied. (0x80070005)";
        assert_eq!(CameraError::at_opening(windows).code(), "camera_permission");
    }

    #[test]
    fn a_missing_device_is_no_camera_when_opened_and_gone_when_read() {
        let opened = "Could not open device 7: V4L2 Error: No such file or directory (os error 2)";
        assert_eq!(CameraError::at_opening(opened).code(), "no_camera");
        let read = "Could not capture frame: No such device (os error 19)";
        assert_eq!(CameraError::at_reading(read).code(), "camera_gone");
        assert!(!CameraError::at_reading(read).is_permanent());
    }

    #[test]
    fn an_error_number_is_not_taken_for_a_longer_one() {
        let message = "Could not capture frame: Connection timed out (os error 110)";
        assert_eq!(
            CameraError::at_reading(message),
            CameraError::Failed(message.to_owned())
        );
        assert_eq!(CameraError::at_opening(message).code(), "camera_failed");
    }
}
