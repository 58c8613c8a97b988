//! A camera that fails, is pulled out or is stopped: said so, waited for, and its device freed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use common::stage::*;
use counterfoil_scan::{
    CameraError, CameraEvent, CameraHandle, CameraOptions, CameraThread, FrameSource, GreyFrame,
};

#[test]
fn a_camera_that_vanishes_reports_and_stops() {
    let mut bench = bench();
    bench.show(&card());
    bench.hand.send(Err(CameraError::Gone)).unwrap();
    let events = bench.events_until_stopped();
    let end = &events[events.len() - 2..];
    assert_eq!(
        end,
        [CameraEvent::Error(CameraError::Gone), CameraEvent::Stopped]
    );
    assert!(
        bench.dropped.load(Ordering::SeqCst),
        "the device is free when Stopped is told"
    );
}

#[test]
fn a_camera_that_cannot_be_opened_says_why() {
    let (tell, events) = mpsc::channel();
    let mut handle = CameraThread::start(
        || Err(CameraError::Busy),
        CameraOptions::new(Arc::new(|| 0)),
        Box::new(move |event| drop(tell.send(event))),
    );
    assert_eq!(
        events.recv_timeout(PATIENCE).unwrap(),
        CameraEvent::Error(CameraError::Busy)
    );
    assert_eq!(events.recv_timeout(PATIENCE).unwrap(), CameraEvent::Stopped);
    handle.stop();
    assert!(!handle.is_running());
}

#[test]
fn a_camera_that_panics_fails_like_any_other() {
    let (tell, events) = mpsc::channel();
    let _handle = CameraThread::start(
        || panic!("a driver's bug"),
        CameraOptions::new(Arc::new(|| 0)),
        Box::new(move |event| drop(tell.send(event))),
    );
    let CameraEvent::Error(err) = events.recv_timeout(PATIENCE).unwrap() else {
        panic!()
    };
    assert_eq!(err.code(), "camera_failed");
    assert_eq!(events.recv_timeout(PATIENCE).unwrap(), CameraEvent::Stopped);
}

#[test]
fn a_callback_that_panics_does_not_keep_the_device() {
    let (hand, pictures) = mpsc::channel();
    let dropped = Arc::new(AtomicBool::new(false));
    let given = Arc::clone(&dropped);
    let (shown, was_shown) = mpsc::channel();
    let _handle = CameraThread::start(
        move || {
            let source = Handed {
                pictures,
                next_seq: 0,
                dropped: given,
                lit: Arc::default(),
            };
            Ok(Box::new(source) as Box<dyn FrameSource>)
        },
        CameraOptions::new(Arc::new(|| 0)),
        Box::new(move |_| {
            let _ = shown.send(());
            panic!("a screen's bug");
        }),
    );
    hand.send(Ok(card())).unwrap();
    was_shown.recv_timeout(PATIENCE).unwrap();
    let start = Instant::now();
    while !dropped.load(Ordering::SeqCst) {
        assert!(start.elapsed() < PATIENCE, "the device stayed taken");
        std::thread::yield_now();
    }
}

#[test]
fn stopping_frees_the_device_and_says_so_promptly() {
    let mut bench = bench();
    bench.show(&card());
    let asked = Instant::now();
    bench.handle.stop();
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "{:?}",
        asked.elapsed()
    );
    assert!(bench.dropped.load(Ordering::SeqCst));
    assert_eq!(bench.events_so_far().last(), Some(&CameraEvent::Stopped));
    assert!(!bench.handle.is_running());
    bench.handle.stop();
}

#[test]
fn dropping_the_handle_stops_the_camera() {
    let Bench {
        handle,
        events,
        dropped,
        hand,
        ..
    } = bench();
    drop(handle);
    assert!(dropped.load(Ordering::SeqCst));
    assert_eq!(events.try_iter().last(), Some(CameraEvent::Stopped));
    drop(hand);
}

/// A camera on a loose cable: one opening after the other, each with its own pictures.
fn on_a_loose_cable(
    openings: Receiver<Result<Receiver<Result<GreyFrame, CameraError>>, CameraError>>,
) -> (CameraHandle, Receiver<CameraEvent>, Arc<AtomicBool>) {
    let (tell, events) = mpsc::channel();
    let dropped = Arc::new(AtomicBool::new(false));
    let given = Arc::clone(&dropped);
    let mut options = CameraOptions::new(Arc::new(|| 0));
    options.preview_fps_max = 0;
    options.decode_fps_max = 0;
    let handle = CameraThread::keep(
        move || {
            given.store(false, Ordering::SeqCst);
            let pictures = openings.recv().unwrap_or(Err(CameraError::NoCamera))?;
            Ok(Box::new(Handed {
                pictures,
                next_seq: 0,
                dropped: Arc::clone(&given),
                lit: Arc::default(),
            }) as Box<dyn FrameSource>)
        },
        Duration::from_millis(1),
        options,
        Box::new(move |event| drop(tell.send(event))),
    );
    (handle, events, dropped)
}

fn with_pictures(
    pictures: impl IntoIterator<Item = Result<GreyFrame, CameraError>>,
) -> Receiver<Result<GreyFrame, CameraError>> {
    let (hand, taken) = mpsc::channel();
    pictures.into_iter().for_each(|p| hand.send(p).unwrap());
    // The other end is dropped: after its last picture the camera is gone.
    taken
}

fn next_news(events: &Receiver<CameraEvent>) -> CameraEvent {
    loop {
        match events.recv_timeout(PATIENCE).expect("no news came") {
            CameraEvent::Outlines(_) | CameraEvent::Scan(_) | CameraEvent::Hint(_) => {}
            news => return news,
        }
    }
}

#[test]
fn a_camera_pulled_out_mid_scan_comes_back_by_itself() {
    let (open, openings) = mpsc::channel();
    let (mut handle, events, dropped) = on_a_loose_cable(openings);
    open.send(Ok(with_pictures([Ok(card()), Err(CameraError::Gone)])))
        .unwrap();
    assert_eq!(next_news(&events), opened());
    assert_eq!(next_news(&events), CameraEvent::Lost(CameraError::Gone));
    // Not there yet, twice for the same reason: said once.
    open.send(Err(CameraError::NoCamera)).unwrap();
    open.send(Err(CameraError::NoCamera)).unwrap();
    assert_eq!(next_news(&events), CameraEvent::Lost(CameraError::NoCamera));
    let (_hand, pictures) = {
        let (hand, pictures) = mpsc::channel();
        hand.send(Ok(card())).unwrap();
        (hand, pictures)
    };
    open.send(Ok(pictures)).unwrap();
    assert_eq!(next_news(&events), opened());
    handle.stop();
    assert_eq!(next_news(&events), CameraEvent::Stopped);
    assert!(dropped.load(Ordering::SeqCst));
}

#[test]
fn a_camera_that_is_not_there_at_first_is_waited_for() {
    let (open, openings) = mpsc::channel();
    let (_handle, events, _) = on_a_loose_cable(openings);
    open.send(Err(CameraError::NoCamera)).unwrap();
    assert_eq!(next_news(&events), CameraEvent::Lost(CameraError::NoCamera));
    open.send(Ok(with_pictures([Ok(card())]))).unwrap();
    // No opening is waited for once the test is over.
    drop(open);
    assert_eq!(next_news(&events), opened());
}

#[test]
fn a_camera_that_is_forbidden_is_not_tried_again_and_again() {
    let (open, openings) = mpsc::channel();
    let (_handle, events, _) = on_a_loose_cable(openings);
    open.send(Err(CameraError::Permission)).unwrap();
    assert_eq!(
        next_news(&events),
        CameraEvent::Error(CameraError::Permission)
    );
    assert_eq!(next_news(&events), CameraEvent::Stopped);
}

#[test]
fn waiting_for_a_camera_ends_when_it_is_stopped() {
    let (tell, events) = mpsc::channel();
    let mut handle = CameraThread::keep(
        || Err(CameraError::NoCamera),
        Duration::from_secs(3600),
        CameraOptions::new(Arc::new(|| 0)),
        Box::new(move |event| drop(tell.send(event))),
    );
    assert_eq!(next_news(&events), CameraEvent::Lost(CameraError::NoCamera));
    handle.stop();
    assert_eq!(next_news(&events), CameraEvent::Stopped);
}
