//! The camera on its thread: scans once, drops rather than queues, stops when told or when the
//! camera is gone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use common::*;
use counterfoil_scan::{
    CameraError, CameraEvent, CameraHandle, CameraOptions, CameraThread, FileCamera,
    FileCameraOptions, Frame, FrameSource, GreyFrame, Hint, Point, Scan, ScanSource, Scanner,
};

const PATIENCE: Duration = Duration::from_secs(20);

/// A camera whose pictures the test hands over one by one, each once the one before was taken in.
struct Handed {
    pictures: Receiver<Result<GreyFrame, CameraError>>,
    next_seq: u64,
    dropped: Arc<AtomicBool>,
}

impl FrameSource for Handed {
    fn next_frame(&mut self) -> Result<Option<Frame>, CameraError> {
        match self.pictures.recv_timeout(Duration::from_millis(20)) {
            Ok(picture) => {
                self.next_seq += 1;
                Ok(Some(Frame {
                    seq: self.next_seq,
                    grey: picture?,
                }))
            }
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(CameraError::Gone),
        }
    }

    fn describe(&self) -> String {
        "handed".to_owned()
    }
}

impl Drop for Handed {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::SeqCst);
    }
}

/// A test's hands on a running camera.
struct Bench {
    hand: mpsc::Sender<Result<GreyFrame, CameraError>>,
    events: Receiver<CameraEvent>,
    handle: CameraHandle,
    now_ms: Arc<AtomicI64>,
    dropped: Arc<AtomicBool>,
    decoded: u64,
}

fn bench() -> Bench {
    let (hand, pictures) = mpsc::channel();
    let (tell, events) = mpsc::channel();
    let now_ms = Arc::new(AtomicI64::new(1_700_000_000_000));
    let dropped = Arc::new(AtomicBool::new(false));
    let clock = Arc::clone(&now_ms);
    let mut options = CameraOptions::new(Arc::new(move || clock.load(Ordering::SeqCst)));
    options.leave_frames = 3;
    options.decode_fps_max = 0;
    let handle = CameraThread::start(
        {
            let dropped = Arc::clone(&dropped);
            move || {
                Ok(Box::new(Handed {
                    pictures,
                    next_seq: 0,
                    dropped,
                }) as Box<dyn FrameSource>)
            }
        },
        options,
        Box::new(move |event| drop(tell.send(event))),
    );
    Bench {
        hand,
        events,
        handle,
        now_ms,
        dropped,
        decoded: 0,
    }
}

impl Bench {
    /// Shows a picture, waits until it was decoded and lets 300 ms of the test's clock pass.
    fn show(&mut self, picture: &GreyFrame) {
        self.hand.send(Ok(picture.clone())).unwrap();
        self.decoded += 1;
        let start = Instant::now();
        while self.handle.stats().frames_decoded < self.decoded {
            assert!(start.elapsed() < PATIENCE, "the picture was never decoded");
            std::thread::yield_now();
        }
        self.now_ms.fetch_add(300, Ordering::SeqCst);
    }

    fn events_so_far(&self) -> Vec<CameraEvent> {
        self.events.try_iter().collect()
    }

    fn scans_so_far(&self) -> Vec<Scan> {
        self.events_so_far()
            .into_iter()
            .filter_map(scan_of)
            .collect()
    }

    fn events_until_stopped(&self) -> Vec<CameraEvent> {
        let mut events = Vec::new();
        loop {
            let event = self
                .events
                .recv_timeout(PATIENCE)
                .expect("it never said Stopped");
            events.push(event.clone());
            if event == CameraEvent::Stopped {
                return events;
            }
        }
    }
}

fn scan_of(event: CameraEvent) -> Option<Scan> {
    if let CameraEvent::Scan(scan) = event {
        Some(scan)
    } else {
        None
    }
}

fn card() -> GreyFrame {
    frame(&on_a_desk(&qr("card-1", 6)))
}

fn card_at(x: u32, y: u32) -> GreyFrame {
    let mut desk = page(1280, 720, 225);
    paste(&mut desk, &qr("card-1", 6), x, y);
    frame(&desk)
}

fn empty_desk() -> GreyFrame {
    frame(&page(1280, 720, 225))
}

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

#[test]
fn previews_are_small_and_no_more_than_asked() {
    let mut bench = bench();
    bench.show(&card());
    bench.now_ms.fetch_sub(290, Ordering::SeqCst); // 10 ms later
    bench.show(&card());
    bench.show(&card());
    let previews: Vec<_> = bench
        .events_so_far()
        .into_iter()
        .filter_map(|event| match event {
            CameraEvent::Preview {
                jpeg,
                width,
                height,
                ..
            } => Some((jpeg, width, height)),
            _ => None,
        })
        .collect();
    assert_eq!(previews.len(), 2);
    assert_eq!((previews[0].1, previews[0].2), (640, 360));
    assert!(image::load_from_memory(&previews[0].0).is_ok());
}

fn outlines_shown(bench: &Bench) -> Vec<Vec<[Point; 4]>> {
    let events = bench.events_so_far().into_iter();
    events
        .filter_map(|event| match event {
            CameraEvent::Preview { outlines, .. } => Some(outlines),
            _ => None,
        })
        .collect()
}

#[test]
fn each_preview_shows_where_the_code_lies_in_it() {
    let mut bench = bench();
    bench.show(&card());
    bench.show(&card_at(420, 300));
    let shown = outlines_shown(&bench);
    assert_eq!(shown.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
    let moved = |corner: usize| {
        let (before, after) = (shown[0][0][corner], shown[1][0][corner]);
        (after.x - before.x, after.y - before.y)
    };
    for corner in 0..4 {
        let (x, y) = moved(corner);
        assert!((x - 220.0 / 1280.0).abs() < 0.01, "{x}");
        assert!((y - 180.0 / 720.0).abs() < 0.01, "{y}");
    }
}

#[test]
fn a_code_that_left_takes_its_outline_along() {
    let mut bench = bench();
    bench.show(&card());
    bench.show(&empty_desk());
    let shown = outlines_shown(&bench);
    assert_eq!(shown.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0]);
}

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
                fps: 200.0,
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
            CameraEvent::Preview { .. } | CameraEvent::Scan(_) | CameraEvent::Hint(_) => {}
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
    assert_eq!(next_news(&events), CameraEvent::Opened("handed".to_owned()));
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
    assert_eq!(next_news(&events), CameraEvent::Opened("handed".to_owned()));
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
    assert_eq!(next_news(&events), CameraEvent::Opened("handed".to_owned()));
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
