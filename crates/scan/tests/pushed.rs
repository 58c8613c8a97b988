//! Frames that somebody else takes, handed in one by one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use common::*;
use counterfoil_scan::{CameraError, FrameInbox, FrameSource as _, decode};

#[test]
fn a_frame_that_is_handed_in_is_read() {
    let (inbox, mut camera) = FrameInbox::new();
    let jpeg = jpeg(&on_a_desk(&qr("card-1", 6)), 80);
    assert!(inbox.push_jpeg(&jpeg).unwrap());
    let frame = camera.next_frame().unwrap().unwrap();
    assert_eq!(codes(&decode(&frame.grey)), ["card-1"]);
}

#[test]
fn frames_that_nobody_takes_are_dropped_and_never_queue() {
    let (inbox, mut camera) = FrameInbox::new();
    for _ in 0..100 {
        assert!(inbox.push(frame(&page(64, 48, 200))));
    }
    assert!(camera.next_frame().unwrap().is_some());
    assert!(camera.next_frame().unwrap().is_none(), "there was one only");
}

#[test]
fn an_inbox_that_is_dropped_is_a_camera_that_is_gone() {
    let (inbox, mut camera) = FrameInbox::new();
    drop(inbox);
    assert_eq!(camera.next_frame().unwrap_err(), CameraError::Gone);
}

#[test]
fn whoever_hands_in_learns_that_nobody_looks_any_more() {
    let (inbox, camera) = FrameInbox::new();
    drop(camera);
    assert!(!inbox.push(frame(&page(64, 48, 200))));
}

#[test]
fn what_is_no_picture_is_refused() {
    let (inbox, _camera) = FrameInbox::new();
    assert!(inbox.push_jpeg(b"no picture").is_err());
}
