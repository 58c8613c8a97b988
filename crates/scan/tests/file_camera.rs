//! Folders and videos as cameras.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use std::fs;
use std::path::Path;

use common::*;
use counterfoil_scan::{
    CameraError, FileCamera, FileCameraOptions, FrameSource, GreyFrame, ScanSource, decode,
};
use image::GrayImage;

const FAST: FileCameraOptions = FileCameraOptions {
    fps: Some(1000.0),
    picture_ms: 1,
};

fn open(path: &Path) -> FileCamera {
    FileCamera::open(path, FAST).unwrap()
}

fn error_code(path: &Path) -> &'static str {
    FileCamera::open(path, FAST).err().unwrap().code()
}

/// The next frames' codes, one a frame.
fn play(camera: &mut FileCamera, frames: usize) -> Vec<String> {
    let mut seen = Vec::new();
    while seen.len() < frames {
        if let Some(frame) = camera.next_frame().unwrap() {
            assert_eq!(frame.seq, seen.len() as u64);
            seen.push(codes(&decode(&frame.grey)).join(" "));
        }
    }
    seen
}

fn small(text: &str) -> GrayImage {
    let mut picture = page(321, 241, 230);
    paste(&mut picture, &qr(text, 5), 20, 20);
    picture
}

fn y4m(pictures: &[GrayImage], colour: &str, chroma: impl Fn(u32, u32) -> u32) -> Vec<u8> {
    let (w, h) = (pictures[0].width(), pictures[0].height());
    let mut video = format!("YUV4MPEG2 W{w} H{h} F30:1 Ip A1:1 C{colour}\n").into_bytes();
    for picture in pictures {
        video.extend(b"FRAME\n");
        video.extend(picture.as_raw());
        video.extend(vec![128; chroma(w, h) as usize]);
    }
    video
}

#[test]
fn a_folder_plays_its_pictures_by_name_and_begins_again() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("2.jpg"), jpeg(&small("second"), 80)).unwrap();
    fs::write(dir.path().join("1.png"), png(&small("first"))).unwrap();
    fs::write(dir.path().join("3.png"), png(&small("third"))).unwrap();
    fs::write(dir.path().join("notes.txt"), "not a picture").unwrap();
    let mut camera = open(dir.path());
    assert_eq!(play(&mut camera, 4), ["first", "second", "third", "first"]);
    assert_eq!(camera.kind(), ScanSource::FileCamera);
    assert!(
        camera
            .describe()
            .contains(&dir.path().display().to_string())
    );
}

#[test]
fn a_picture_of_a_folder_stays_in_view() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("1.png"), png(&small("first"))).unwrap();
    fs::write(dir.path().join("2.png"), png(&small("second"))).unwrap();
    let options = FileCameraOptions {
        fps: Some(1000.0),
        picture_ms: 3,
    };
    let mut camera = FileCamera::open(dir.path(), options).unwrap();
    let seen = play(&mut camera, 7);
    assert_eq!(
        seen,
        [
            "first", "first", "first", "second", "second", "second", "first"
        ]
    );
}

#[test]
fn a_damaged_picture_of_a_folder_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("1.png"), b"damaged").unwrap();
    fs::write(dir.path().join("2.png"), png(&small("second"))).unwrap();
    assert_eq!(play(&mut open(dir.path()), 2), ["second", "second"]);
}

#[test]
fn a_single_picture_is_a_camera_that_stands_still() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("card.png");
    fs::write(&path, png(&small("card"))).unwrap();
    assert_eq!(play(&mut open(&path), 3), ["card", "card", "card"]);
}

#[test]
fn a_large_picture_comes_no_larger_than_a_camera_gives_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("1.jpg"), jpeg(&page(4000, 3000, 200), 60)).unwrap();
    let frame = open(dir.path()).next_frame().unwrap().unwrap();
    assert_eq!((frame.grey.width(), frame.grey.height()), (1280, 960));
}

#[test]
fn a_y4m_video_plays_and_begins_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cards.y4m");
    let pictures = [small("first"), small("second")];
    for (colour, chroma) in [
        (
            "420jpeg",
            (|w: u32, h: u32| 2 * w.div_ceil(2) * h.div_ceil(2)) as fn(u32, u32) -> u32,
        ),
        ("444", |w, h| 2 * w * h),
        ("mono", |_, _| 0),
    ] {
        fs::write(&path, y4m(&pictures, colour, chroma)).unwrap();
        let seen = play(&mut open(&path), 5);
        assert_eq!(
            seen,
            ["first", "second", "first", "second", "first"],
            "{colour}"
        );
    }
}

#[test]
fn a_y4m_video_gives_its_pixels_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("video.y4m");
    let picture = noisy(page(64, 48, 128), 100, 1);
    fs::write(&path, y4m(std::slice::from_ref(&picture), "mono", |_, _| 0)).unwrap();
    let expected = GreyFrame::new(64, 48, picture.into_raw()).unwrap();
    assert_eq!(open(&path).next_frame().unwrap().unwrap().grey, expected);
}

#[test]
fn a_y4m_video_that_breaks_off_plays_its_whole_frames() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cards.y4m");
    let mut video = y4m(&[small("first"), small("second")], "mono", |_, _| 0);
    video.truncate(video.len() - 100);
    fs::write(&path, video).unwrap();
    assert_eq!(play(&mut open(&path), 3), ["first", "first", "first"]);
}

#[test]
fn an_mjpeg_video_plays_and_begins_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cards.mjpeg");
    let video = [jpeg(&small("first"), 80), jpeg(&small("second"), 80)].concat();
    fs::write(&path, video).unwrap();
    assert_eq!(
        play(&mut open(&path), 5),
        ["first", "second", "first", "second", "first"]
    );
}

#[test]
fn an_mjpeg_video_in_a_wrapping_plays_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cards.mjpg");
    let boundary = b"\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n";
    let (first, second) = (jpeg(&small("first"), 80), jpeg(&small("second"), 80));
    let mut video = [&boundary[..], &first, boundary, &second].concat();
    video.truncate(video.len() - 50);
    fs::write(&path, video).unwrap();
    assert_eq!(play(&mut open(&path), 2), ["first", "first"]);
}

#[test]
fn a_thumbnail_inside_of_a_picture_does_not_cut_it_short() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cards.mjpeg");
    let (whole, thumbnail) = (jpeg(&small("card"), 80), jpeg(&page(16, 16, 9), 50));
    let length = u16::try_from(thumbnail.len() + 2).unwrap().to_be_bytes();
    let with = [&whole[..2], &[0xFF, 0xE1], &length, &thumbnail, &whole[2..]].concat();
    fs::write(&path, with).unwrap();
    assert_eq!(play(&mut open(&path), 2), ["card", "card"]);
}

#[test]
fn what_cannot_be_played_says_so() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(
        error_code(&dir.path().join("missing")),
        "file_camera_unreadable"
    );
    assert_eq!(error_code(dir.path()), "file_camera_unreadable");
    for (name, bytes) in [
        ("empty.y4m", &b""[..]),
        ("header.y4m", b"YUV4MPEG2 W64 H48\n"),
        ("endless.y4m", b"YUV4MPEG2 W64 H48"),
        (
            "deep.y4m",
            b"YUV4MPEG2 W2 H2 C420p10\nFRAME\n0000000000000000",
        ),
        ("text.mjpeg", b"this is no video at all"),
        ("text.png", b"this is no picture"),
        ("start.mjpeg", &[0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF]),
    ] {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        assert_eq!(error_code(&path), "file_camera_unreadable", "{name}");
    }
}

#[test]
fn a_folder_that_is_taken_away_is_a_camera_that_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("camera");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("1.png"), png(&small("first"))).unwrap();
    let mut camera = open(&folder);
    assert!(camera.next_frame().unwrap().is_some());
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(camera.next_frame().unwrap_err(), CameraError::Gone);
}

#[test]
fn a_video_that_is_taken_away_is_a_camera_that_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("camera.y4m");
    let video = y4m(&[small("first"), small("second")], "mono", |_, _| 0);
    fs::write(&path, video).unwrap();
    let mut camera = open(&path);
    assert!(camera.next_frame().unwrap().is_some());
    fs::rename(&path, dir.path().join("elsewhere.y4m")).unwrap();
    assert_eq!(camera.next_frame().unwrap_err(), CameraError::Gone);
}

#[test]
fn a_slow_camera_says_not_yet_instead_of_blocking() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("1.png"), png(&small("first"))).unwrap();
    let options = FileCameraOptions {
        fps: Some(0.1),
        picture_ms: 1,
    };
    let mut camera = FileCamera::open(dir.path(), options).unwrap();
    assert!(camera.next_frame().unwrap().is_some());
    let asked = std::time::Instant::now();
    assert_eq!(camera.next_frame().unwrap(), None);
    assert!(asked.elapsed() < std::time::Duration::from_secs(2));
}
