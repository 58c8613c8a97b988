//! How whoever had a camera before has left it. The camera library opens none whose rate is not a whole number a second, as
//! 2/15 s, or whose layout it does not know, though the camera has others; so these are changed first. Linux alone remembers.

/// Sees to it that the camera with that number can be opened. One that is in use, or refuses, is left as it is.
#[cfg(target_os = "linux")]
pub(crate) fn tidy(id: &str) {
    let Ok(number) = id.parse() else { return };
    if let Err(err) = linux::tidy(number) {
        tracing::debug!(id, %err, "the camera stays as it was left");
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn tidy(_id: &str) {}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;

    use v4l::video::Capture as _;
    use v4l::video::capture::Parameters;
    use v4l::{Device, Format, FourCC};

    /// Layouts that the camera library can name.
    const KNOWN: [&[u8; 4]; 5] = [b"YUYV", b"NV12", b"MJPG", b"RGB3", b"BGR3"];
    /// Pictures a second, of which every camera has one.
    const RATES: [u32; 7] = [30, 25, 20, 15, 10, 5, 1];

    pub(super) fn tidy(number: usize) -> io::Result<()> {
        let device = Device::new(number)?;
        let format = device.format()?;
        let is_known = |fourcc: &FourCC| KNOWN.contains(&&fourcc.repr);
        if !is_known(&format.fourcc) {
            let layouts = device.enum_formats()?;
            let known = layouts.iter().map(|layout| layout.fourcc).find(is_known);
            if let Some(fourcc) = known {
                device.set_format(&Format { fourcc, ..format })?;
            }
        }
        for rate in RATES {
            if device.params()?.interval.numerator == 1 {
                break;
            }
            device.set_params(&Parameters::with_fps(rate))?;
        }
        Ok(())
    }
}
