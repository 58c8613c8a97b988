//! What a screen is shown of a camera: small, newest, with the codes where they lie, and waiting for nobody.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use common::stage::*;
use counterfoil_scan::{CameraOptions, CameraThread, FrameSource, Room};

#[test]
fn previews_are_small_and_no_more_than_asked() {
    let mut bench = bench_with(|options| options.preview_fps_max = 10);
    let shown = bench.shows(&card()).unwrap();
    let (width, height) = (shown.picture.width(), shown.picture.height());
    assert_eq!((width, height), (640, 360));
    bench.now_ms.fetch_sub(290, Ordering::SeqCst); // 10 ms later
    assert_eq!(bench.shows(&card()), None);
    assert_eq!(bench.shows(&card()).map(|shown| shown.number), Some(3));
}

#[test]
fn each_preview_shows_where_the_code_lies_in_it() {
    let mut bench = bench();
    let first = bench.shows(&card()).unwrap().outlines;
    let second = bench.shows(&card_at(420, 300)).unwrap().outlines;
    assert_eq!([first.len(), second.len()], [1, 1]);
    for (before, after) in first[0].iter().zip(&second[0]) {
        let (x, y) = (after.x - before.x, after.y - before.y);
        assert!((x - 220.0 / 1280.0).abs() < 0.01, "{x}");
        assert!((y - 180.0 / 720.0).abs() < 0.01, "{y}");
    }
}

#[test]
fn a_code_that_left_takes_its_outline_along() {
    let mut bench = bench();
    assert_eq!(bench.shows(&card()).unwrap().outlines.len(), 1);
    assert!(bench.shows(&empty_desk()).unwrap().outlines.is_empty());
}

#[test]
fn while_a_card_moves_every_picture_is_read_and_not_when_it_lies_still() {
    let mut bench = bench_with(|options| options.decode_fps_max = 1);
    let decoded = |bench: &Bench| bench.handle.stats().frames_decoded;
    bench.shows(&card());
    for step in 1..=4 {
        bench.now_ms.fetch_sub(266, Ordering::SeqCst); // 34 ms later
        let shown = bench.shows(&card_at(200 + 20 * step, 120)).unwrap();
        assert_eq!(shown.outlines.len(), 1);
        assert_eq!(decoded(&bench), u64::from(step) + 1);
    }
    let until_now = decoded(&bench);
    for _ in 0..6 {
        bench.now_ms.fetch_sub(266, Ordering::SeqCst);
        assert!(bench.shows(&card_at(280, 120)).is_some());
    }
    // The first of them tells that it lies still.
    assert_eq!(decoded(&bench), until_now + 1);
}

#[test]
fn a_screen_that_asks_while_a_frame_is_decoded_does_not_wait_for_its_end() {
    // The decoder stands still in its callback from the first picture on.
    let (go_on, held) = mpsc::channel::<()>();
    let (hand, pictures) = mpsc::channel();
    let handle = CameraThread::start(
        move || {
            Ok(Box::new(Handed {
                pictures,
                next_seq: 0,
                dropped: Arc::default(),
                lit: Arc::default(),
            }) as Box<dyn FrameSource>)
        },
        CameraOptions::new(Arc::new({
            let ticks = AtomicI64::new(0);
            move || ticks.fetch_add(40, Ordering::SeqCst)
        })),
        Box::new(move |_| {
            // Ends once the test lets go of the other end.
            let _ = held.recv();
        }),
    );
    let screen = handle.viewfinder();
    for number in 1..=3 {
        hand.send(Ok(card())).unwrap();
        assert_eq!(
            screen
                .next(Room::default(), PATIENCE)
                .map(|shown| shown.number),
            Some(number)
        );
    }
    drop(go_on);
}

#[test]
fn a_screen_hears_of_the_end_of_its_camera() {
    let mut bench = bench();
    let screen = bench.handle.viewfinder();
    bench.show(&card());
    bench.handle.stop();
    let asked = Instant::now();
    assert_eq!(screen.next(Room::default(), PATIENCE), None);
    assert!(asked.elapsed() < PATIENCE);
}
