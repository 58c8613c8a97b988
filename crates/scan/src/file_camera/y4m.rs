//! Y4M: uncompressed video, a text header and planes (format: `man 5 yuv4mpeg`). Only the first
//! plane, the grey picture, is kept.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::Recording;
use crate::frame::GreyFrame;

pub(super) const MAGIC: &[u8] = b"YUV4MPEG2 ";

/// The longest header line, in bytes.
const LINE_MAX: u64 = 1024;
const MEGAPIXELS_MAX: u64 = 64;

pub(super) struct Y4m {
    file: BufReader<File>,
    width: u32,
    height: u32,
    chroma_bytes: i64,
    fps: Option<f64>,
    first_frame: u64,
}

impl Y4m {
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|err| err.to_string())?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        let header = read_line(&mut file)?.ok_or("the file is empty")?;
        let first_frame = file.stream_position().map_err(|err| err.to_string())?;
        let (width, height, chroma_bytes) = parse_header(&header)?;
        let mut this = Self {
            file,
            width,
            height,
            chroma_bytes,
            fps: rate(&header),
            first_frame,
        };
        this.read_frame()?.ok_or("the video holds no frame")?;
        this.rewind()?;
        Ok(this)
    }

    fn rewind(&mut self) -> Result<(), String> {
        let start = SeekFrom::Start(self.first_frame);
        self.file
            .seek(start)
            .map(|_| ())
            .map_err(|err| err.to_string())
    }

    /// The frame at the file's place; `None` at its end or where the last one breaks off.
    fn read_frame(&mut self) -> Result<Option<GreyFrame>, String> {
        let Some(line) = read_line(&mut self.file)? else {
            return Ok(None);
        };
        if !line.starts_with("FRAME") {
            return Err("a frame does not begin where it should".to_owned());
        }
        let pixels = u64::from(self.width) * u64::from(self.height);
        let mut luma = Vec::new();
        let read = self.file.by_ref().take(pixels).read_to_end(&mut luma);
        if (read.map_err(|err| err.to_string())? as u64) < pixels {
            return Ok(None);
        }
        self.file
            .seek_relative(self.chroma_bytes)
            .map_err(|err| err.to_string())?;
        GreyFrame::new(self.width, self.height, luma)
            .map(Some)
            .map_err(|err| err.to_string())
    }
}

impl Recording for Y4m {
    fn next(&mut self) -> Result<GreyFrame, String> {
        if let Some(frame) = self.read_frame()? {
            return Ok(frame);
        }
        self.rewind()?;
        self.read_frame()?
            .ok_or_else(|| "the video holds no frame".to_owned())
    }

    fn fps(&self) -> Option<f64> {
        self.fps
    }
}

fn read_line(file: &mut impl BufRead) -> Result<Option<String>, String> {
    let mut line = Vec::new();
    file.by_ref()
        .take(LINE_MAX)
        .read_until(b'\n', &mut line)
        .map_err(|err| err.to_string())?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(String::from_utf8_lossy(&line).into_owned())),
        Some(_) => Err("a header line does not end".to_owned()),
    }
}

/// What follows a tag of the header.
fn tagged(header: &str, tag: char) -> Option<&str> {
    header
        .split(' ')
        .skip(1)
        .find_map(|word| word.strip_prefix(tag))
}

/// Frames a second, where the header tells: a fraction; 0:0 says that it is not known.
fn rate(header: &str) -> Option<f64> {
    let (above, below) = tagged(header, 'F')?.split_once(':')?;
    let (above, below) = (above.parse::<u32>().ok()?, below.parse::<u32>().ok()?);
    (above > 0 && below > 0).then(|| f64::from(above) / f64::from(below))
}

/// Width, height and the bytes of colour behind each grey plane.
fn parse_header(header: &str) -> Result<(u32, u32, i64), String> {
    let size = |tag| {
        tagged(header, tag)
            .and_then(|v| v.parse::<u32>().ok())
            .filter(|v| *v > 0)
    };
    let (Some(width), Some(height)) = (size('W'), size('H')) else {
        return Err("the video does not tell its size".to_owned());
    };
    let (w, h) = (u64::from(width), u64::from(height));
    if w * h > MEGAPIXELS_MAX * 1_000_000 {
        return Err(format!("the video is too large ({width} x {height})"));
    }
    let chroma = match tagged(header, 'C').unwrap_or("420") {
        "420" | "420jpeg" | "420mpeg2" | "420paldv" => 2 * w.div_ceil(2) * h.div_ceil(2),
        "411" => 2 * w.div_ceil(4) * h,
        "422" => 2 * w.div_ceil(2) * h,
        "444" => 2 * w * h,
        "444alpha" => 3 * w * h,
        "mono" => 0,
        other => return Err(format!("the pixel format {other} is not supported")),
    };
    let chroma = i64::try_from(chroma).map_err(|err| err.to_string())?;
    Ok((width, height, chroma))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_gives_size_and_colour_bytes() {
        assert_eq!(
            parse_header("YUV4MPEG2 W4 H2 F30:1 Ip A1:1 C420jpeg"),
            Ok((4, 2, 4))
        );
        assert_eq!(parse_header("YUV4MPEG2 W5 H3"), Ok((5, 3, 12)));
        assert_eq!(parse_header("YUV4MPEG2 W4 H2 Cmono"), Ok((4, 2, 0)));
    }

    #[test]
    fn the_header_gives_the_rate_where_it_is_known() {
        assert_eq!(rate("YUV4MPEG2 W4 H2 F30:1 Ip"), Some(30.0));
        assert_eq!(rate("YUV4MPEG2 W4 H2 F25:2"), Some(12.5));
        for unknown in ["F0:0", "F30:0", "F30", "F-1:1", "Ip"] {
            assert_eq!(rate(&format!("YUV4MPEG2 W4 H2 {unknown}")), None);
        }
    }

    #[test]
    fn a_header_that_promises_too_much_is_refused() {
        assert!(parse_header("YUV4MPEG2 W4000000000 H4000000000").is_err());
        assert!(parse_header("YUV4MPEG2 W4 H2 C420p10").is_err());
        assert!(parse_header("YUV4MPEG2 W0 H2").is_err());
        assert!(parse_header("YUV4MPEG2 H2").is_err());
    }
}
