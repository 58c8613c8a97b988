//! MJPEG: JPEG pictures one after the other, as `ffmpeg -f mjpeg` writes them. What lies between
//! two pictures is passed over, so that most containers around MJPEG play as well.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

use super::Recording;
use crate::frame::GreyFrame;
use crate::pixels;

/// The longest picture, in bytes: a damaged file must not fill the memory.
const PICTURE_BYTES_MAX: usize = 32 << 20;

const START_OF_SCAN: u8 = 0xDA;
const END_OF_IMAGE: u8 = 0xD9;

pub(super) struct Mjpeg {
    file: BufReader<File>,
}

impl Mjpeg {
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|err| err.to_string())?;
        let mut this = Self {
            file: BufReader::with_capacity(1 << 16, file),
        };
        this.next()?;
        this.file.rewind().map_err(|err| err.to_string())?;
        Ok(this)
    }
}

impl Recording for Mjpeg {
    fn next(&mut self) -> Result<GreyFrame, String> {
        let mut rewound = false;
        loop {
            match read_jpeg(&mut self.file).map_err(|err| err.to_string())? {
                Some(jpeg) => {
                    if let Some(frame) = pixels::from_jpeg(&jpeg) {
                        return Ok(frame);
                    }
                }
                None if rewound => return Err("the file holds no JPEG pictures".to_owned()),
                None => {
                    self.file.rewind().map_err(|err| err.to_string())?;
                    rewound = true;
                }
            }
        }
    }
}

/// The next whole JPEG, or `None` at the end. Segments are stepped over by their length, since a
/// thumbnail inside of one holds end markers of its own.
fn read_jpeg(file: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let Some(mut marker) = seek_start(file)? else {
        return Ok(None);
    };
    let mut jpeg = vec![0xFF, 0xD8, 0xFF];
    while jpeg.len() < PICTURE_BYTES_MAX {
        jpeg.push(marker);
        match marker {
            END_OF_IMAGE => return Ok(Some(jpeg)),
            START_OF_SCAN => {}
            // Restart markers, stuffing and fill bytes have no length.
            0x00 | 0x01 | 0xD0..=0xD8 | 0xFF => {}
            _ => {
                if !copy_segment(file, &mut jpeg)? {
                    return Ok(None);
                }
            }
        }
        let Some(next) = copy_to_marker(file, &mut jpeg)? else {
            return Ok(None);
        };
        marker = next;
    }
    Ok(None)
}

/// Steps behind the next FF D8 FF and returns the marker's byte.
fn seek_start(file: &mut impl BufRead) -> std::io::Result<Option<u8>> {
    let mut last = [0_u8; 3];
    let mut byte = [0_u8; 1];
    loop {
        if file.read(&mut byte)? == 0 {
            return Ok(None);
        }
        if last == [0xFF, 0xD8, 0xFF] {
            return Ok(Some(byte[0]));
        }
        last = [last[1], last[2], byte[0]];
    }
}

fn copy_segment(file: &mut impl BufRead, jpeg: &mut Vec<u8>) -> std::io::Result<bool> {
    let mut length = [0_u8; 2];
    if file.read_exact(&mut length).is_err() {
        return Ok(false);
    }
    jpeg.extend(length);
    let rest = u64::from(u16::from_be_bytes(length).saturating_sub(2));
    let copied = file.by_ref().take(rest).read_to_end(jpeg)?;
    Ok(copied as u64 == rest)
}

/// Copies up to the next FF and returns the byte behind it.
fn copy_to_marker(file: &mut impl BufRead, jpeg: &mut Vec<u8>) -> std::io::Result<Option<u8>> {
    let limit = (PICTURE_BYTES_MAX - jpeg.len().min(PICTURE_BYTES_MAX)) as u64 + 1;
    file.by_ref().take(limit).read_until(0xFF, jpeg)?;
    let mut byte = [0_u8; 1];
    if jpeg.last() != Some(&0xFF) || file.read(&mut byte)? == 0 {
        return Ok(None);
    }
    Ok(Some(byte[0]))
}
