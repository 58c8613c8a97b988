//! The camera on its thread: scans once, tells where codes lie, drops rather than queues.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use common::stage::*;
use common::*;
use counterfoil_scan::{
    CameraError, CameraEvent, CameraOptions, CameraThread, FileCamera, FileCameraOptions, Frame,
    FrameSource, GreyFrame, Hint, Point, ScanSource, Scanner,
};

#[test]
fn a_card_in_view_is_one_scan() {
    let mut bench = bench();
    for _ in 0..12 {
        bench.show(&card());
    }
    let scans = bench.scans_so_far();
    assert_eq!(scans.len(), 1);
    assert_eq!(scans[0].code, "card-1");
    assert_eq!(scans[0].source, ScanSource::Camera);
    assert_eq!(scans[0].at_ms, 1_700_000_000_000);
    assert!(scans[0].outline.is_some());
}

#[test]
fn a_card_that_left_and_returns_is_a_second_scan() {
    let mut bench = bench();
    bench.show(&card());
    bench.show(&empty_desk());
    bench.show(&card());
    assert_eq!(
        bench.scans_so_far().len(),
        1,
        "one missed frame is no leaving"
    );
    for _ in 0..3 {
        bench.show(&empty_desk());
    }
    bench.show(&card());
    assert_eq!(bench.scans_so_far().len(), 1);
}

fn outlines_told(bench: &Bench) -> Vec<Vec<[Point; 4]>> {
    let events = bench.events_so_far().into_iter();
    events
        .filter_map(|event| match event {
            CameraEvent::Outlines(outlines) => Some(outlines),
            _ => None,
        })
        .collect()
}

#[test]
fn without_previews_outlines_are_told_when_they_change() {
    let mut bench = bench_with(|options| options.preview_fps_max = 0);
    for picture in [
        card(),
        card(),
        card_at(420, 300),
        empty_desk(),
        empty_desk(),
    ] {
        bench.show(&picture);
    }
    let told = outlines_told(&bench);
    assert_eq!(told.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 0]);
    assert_ne!(told[0], told[1]);
}

#[test]
fn where_previews_carry_the_outlines_they_are_not_told_twice() {
    let mut bench = bench();
    bench.show(&card());
    bench.show(&empty_desk());
    assert!(outlines_told(&bench).is_empty());
}

/// Gives frames as fast as it is asked.
struct Torrent {
    given: Arc<AtomicU32>,
}

impl FrameSource for Torrent {
    fn next_frame(&mut self) -> Result<Option<Frame>, CameraError> {
        let seq = u64::from(self.given.fetch_add(1, Ordering::SeqCst));
        let luma = vec![u8::try_from(seq.min(255)).unwrap(); 64];
        Ok(Some(Frame {
            seq,
            grey: GreyFrame::new(8, 8, luma).unwrap(),
        }))
    }

    fn describe(&self) -> String {
        "torrent".to_owned()
    }
}

#[test]
fn a_slow_decoder_loses_frames_and_never_queues_them() {
    let given = Arc::new(AtomicU32::new(0));
    // The callback is slow: it waits until the test opens the gate.
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let (tell, events) = mpsc::channel();
    let mut handle = CameraThread::start(
        {
            let given = Arc::clone(&given);
            move || Ok(Box::new(Torrent { given }) as Box<dyn FrameSource>)
        },
        CameraOptions::new(Arc::new(|| 0)),
        Box::new({
            let gate = Arc::clone(&gate);
            move |event| {
                let open = gate.0.lock().unwrap();
                drop(gate.1.wait_while(open, |open| !*open).unwrap());
                drop(tell.send(event));
            }
        }),
    );
    let start = Instant::now();
    while given.load(Ordering::SeqCst) < 1000 {
        assert!(
            start.elapsed() < PATIENCE,
            "a slow decoder held the camera up"
        );
        std::thread::yield_now();
    }
    let stats = handle.stats();
    assert!(stats.frames_decoded <= 1, "{stats:?}");
    assert!(stats.frames_taken - stats.frames_dropped <= 2, "{stats:?}");
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    handle.stop();
    assert_eq!(events.try_iter().last(), Some(CameraEvent::Stopped));
}

#[test]
fn a_folder_of_pictures_plays_into_scans() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("1.png"), png(&on_a_desk(&qr("card-1", 6)))).unwrap();
    std::fs::write(dir.path().join("2.png"), png(&page(640, 480, 200))).unwrap();
    let path = dir.path().to_owned();
    let (tell, events) = mpsc::channel();
    let ticks = AtomicI64::new(0);
    let _handle = CameraThread::start(
        move || {
            let options = FileCameraOptions {
                fps: Some(200.0),
                picture_ms: 100,
            };
            Ok(Box::new(FileCamera::open(&path, options)?) as Box<dyn FrameSource>)
        },
        CameraOptions::new(Arc::new(move || ticks.fetch_add(300, Ordering::SeqCst))),
        Box::new(move |event| drop(tell.send(event))),
    );
    let mut scans = Vec::new();
    while scans.len() < 3 {
        scans.extend(scan_of(events.recv_timeout(PATIENCE).unwrap()));
    }
    assert!(scans.iter().all(|scan| scan.code == "card-1"));
    assert!(
        scans
            .iter()
            .all(|scan| scan.source == ScanSource::FileCamera)
    );
}

/// A fifth of the light, and nothing to be told apart in the middle of the code.
fn in_the_dark(frame: &GreyFrame) -> GreyFrame {
    let (width, height) = (frame.width(), frame.height());
    let grey = |x: u32, y: u32| frame.luma()[(y * width + x) as usize];
    let is_ink = |x: u32, y: u32| grey(x, y) < 80;
    let columns: Vec<u32> = (0..width)
        .filter(|x| (0..height).any(|y| is_ink(*x, y)))
        .collect();
    let rows: Vec<u32> = (0..height)
        .filter(|y| (0..width).any(|x| is_ink(x, *y)))
        .collect();
    let middle = |all: &[u32]| all[all.len() / 4]..all[all.len() * 3 / 4];
    let (across, down) = (middle(&columns), middle(&rows));
    let shade = |x: u32, y: u32| {
        if across.contains(&x) && down.contains(&y) {
            20
        } else {
            grey(x, y) / 5
        }
    };
    let luma = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let luma = luma.map(|(x, y)| shade(x, y)).collect();
    GreyFrame::new(width, height, luma).unwrap()
}

#[test]
fn a_code_that_cannot_be_read_for_a_while_earns_one_hint() {
    let mut bench = bench();
    let long = frame(&on_a_desk(&qr(&"card ".repeat(20), 6)));
    for _ in 0..14 {
        bench.show(&in_the_dark(&long));
    }
    let hints = |bench: &Bench| -> Vec<_> {
        let events = bench.events_so_far().into_iter();
        events
            .filter_map(|event| match event {
                CameraEvent::Hint(hint) => Some(hint),
                _ => None,
            })
            .collect()
    };
    assert_eq!(hints(&bench), [Some(Hint::TooDark)]);
    bench.show(&card());
    assert_eq!(hints(&bench), [None], "a code that is read ends it");
}

#[test]
fn a_hint_needs_no_time_for_the_dearer_tries() {
    let long = in_the_dark(&frame(&on_a_desk(&qr(&"card ".repeat(20), 6))));
    let mut scanner = Scanner::default();
    // A clock on which an hour passes with every look at it.
    let hours = AtomicU32::new(0);
    let now = || Duration::from_secs(3600) * hours.fetch_add(1, Ordering::SeqCst);
    let hints: Vec<_> = (0..8).map(|_| scanner.look(&long, &now).hint).collect();
    assert_eq!(hints.last(), Some(&Some(Hint::TooDark)), "{hints:?}");
}

#[test]
fn the_light_is_turned_on_and_what_is_in_view_stays_told() {
    let mut bench = bench();
    bench.show(&card());
    bench.handle.light(true);
    bench.show(&card());
    bench.show(&card());
    assert!(bench.lit.load(Ordering::SeqCst));
    let events = bench.events_so_far();
    assert!(events.contains(&CameraEvent::Light(true)));
    assert_eq!(events.into_iter().filter_map(scan_of).count(), 1);
}

#[test]
fn the_light_is_turned_off_again() {
    let mut bench = bench();
    bench.show(&card());
    for on in [true, false] {
        bench.handle.light(on);
        // Told before the next frame is asked for, so with the one after it at the latest.
        bench.show(&card());
        bench.show(&card());
        assert_eq!(bench.lit.load(Ordering::SeqCst), on);
    }
}

#[test]
fn a_light_that_was_wanted_early_is_told_after_the_camera_is() {
    let mut bench = bench();
    bench.handle.light(true);
    bench.show(&card());
    bench.show(&card());
    bench.show(&card());
    let of_itself =
        |event: &CameraEvent| matches!(event, CameraEvent::Opened { .. } | CameraEvent::Light(_));
    let mut told = bench.events_so_far();
    told.retain(of_itself);
    assert_eq!(told, [opened(), CameraEvent::Light(true)]);
}

#[test]
fn a_light_that_does_not_obey_costs_no_picture() {
    struct Stubborn(u64);
    impl FrameSource for Stubborn {
        fn next_frame(&mut self) -> Result<Option<Frame>, CameraError> {
            self.0 += 1;
            Ok(Some(Frame {
                seq: self.0,
                grey: card(),
            }))
        }
        fn describe(&self) -> String {
            "stubborn".to_owned()
        }
    }
    let (tell, events) = mpsc::channel();
    let handle = CameraThread::start(
        || Ok(Box::new(Stubborn(0)) as Box<dyn FrameSource>),
        CameraOptions::new(Arc::new(|| 0)),
        Box::new(move |event| drop(tell.send(event))),
    );
    handle.light(true);
    let taken = handle.stats().frames_taken;
    let start = Instant::now();
    while handle.stats().frames_taken < taken + 2 {
        assert!(start.elapsed() < PATIENCE, "no more pictures came");
        std::thread::yield_now();
    }
    drop(handle);
    let told: Vec<CameraEvent> = events.iter().collect();
    assert!(
        !told
            .iter()
            .any(|event| matches!(event, CameraEvent::Light(_) | CameraEvent::Error(_)))
    );
}
