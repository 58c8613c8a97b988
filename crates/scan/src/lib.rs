//! From a picture to a code: frame sources, the decoding door, the camera thread, the
//! keyboard wedge and scanners on a serial port.
//!
//! Whatever saw a code (camera, file, picture, hand scanner), it arrives as one [`Scan`]. What a
//! code means is decided elsewhere; this crate knows of no shop, card or product.

mod calm;
mod camera;
mod camera_thread;
mod decode;
mod ean;
mod file_camera;
mod frame;
mod lamp;
mod left_behind;
mod picture;
mod pixels;
mod presence;
mod pushed;
mod serial;
mod source;
mod types;
mod wedge;

pub use camera::{CameraInfo, NokhwaCamera, list_cameras};
pub use camera_thread::{
    CameraEvent, CameraHandle, CameraOptions, CameraStats, CameraThread, Clock, OnCameraEvent,
    Preview, Room, Viewfinder,
};
pub use decode::{Hint, ScanLimits, Scanner, Sight, Stopwatch, caught_panics, decode};
pub use file_camera::{FileCamera, FileCameraOptions};
pub use frame::{Frame, FrameError, GreyFrame};
pub use picture::{PICTURE_MEGAPIXELS_MAX, PictureError, decode_picture};
pub use pixels::{PixelFormat, grey_of};
pub use pushed::{FrameInbox, PushedFrames};
pub use serial::{
    OnSerialEvent, SERIAL_CODE_BYTES_MAX, SerialEnding, SerialError, SerialEvent, SerialHandle,
    SerialOptions, SerialPortChoice, list_serial_ports,
};
pub use source::{CameraError, FrameSource};
pub use types::{Found, Point, Scan, ScanKind, ScanSource};
pub use wedge::{WedgeDetector, WedgeKey, WedgeOptions};
