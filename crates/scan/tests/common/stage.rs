//! A running camera in a test's hands: pictures are handed over one by one, and what it tells is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use counterfoil_scan::{
    CameraError, CameraEvent, CameraHandle, CameraOptions, CameraStats, CameraThread, Frame,
    FrameSource, GreyFrame, Preview, Room, Scan,
};

use super::{frame, on_a_desk, page, paste, qr};

pub const PATIENCE: Duration = Duration::from_secs(20);

/// A camera whose pictures the test hands over one by one, each once the one before was taken in.
pub struct Handed {
    pub pictures: Receiver<Result<GreyFrame, CameraError>>,
    pub next_seq: u64,
    pub dropped: Arc<AtomicBool>,
    /// Whether its light shines.
    pub lit: Arc<AtomicBool>,
}

/// What a handed camera says when it is there.
pub fn opened() -> CameraEvent {
    CameraEvent::Opened {
        name: "handed".to_owned(),
        has_lamp: true,
    }
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

    fn has_lamp(&self) -> bool {
        true
    }

    fn light(&mut self, on: bool) -> Result<(), CameraError> {
        self.lit.store(on, Ordering::SeqCst);
        Ok(())
    }
}

impl Drop for Handed {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::SeqCst);
    }
}

/// A test's hands on a running camera.
pub struct Bench {
    pub hand: mpsc::Sender<Result<GreyFrame, CameraError>>,
    pub events: Receiver<CameraEvent>,
    pub handle: CameraHandle,
    pub now_ms: Arc<AtomicI64>,
    pub dropped: Arc<AtomicBool>,
    pub lit: Arc<AtomicBool>,
    decoded: u64,
}

pub fn bench() -> Bench {
    bench_with(|_| ())
}

/// With other options than the usual ones of a test.
pub fn bench_with(change: impl FnOnce(&mut CameraOptions)) -> Bench {
    let (hand, pictures) = mpsc::channel();
    let (tell, events) = mpsc::channel();
    let now_ms = Arc::new(AtomicI64::new(1_700_000_000_000));
    let dropped = Arc::new(AtomicBool::new(false));
    let lit = Arc::new(AtomicBool::new(false));
    let clock = Arc::clone(&now_ms);
    let mut options = CameraOptions::new(Arc::new(move || clock.load(Ordering::SeqCst)));
    options.leave_frames = 3;
    options.decode_fps_max = 0;
    change(&mut options);
    let handle = CameraThread::start(
        {
            let (dropped, lit) = (Arc::clone(&dropped), Arc::clone(&lit));
            move || {
                Ok(Box::new(Handed {
                    pictures,
                    next_seq: 0,
                    dropped,
                    lit,
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
        lit,
        decoded: 0,
    }
}

impl Bench {
    /// Shows a picture, waits until it was decoded and lets 300 ms of the test's clock pass.
    pub fn show(&mut self, picture: &GreyFrame) {
        self.hand.send(Ok(picture.clone())).unwrap();
        self.decoded += 1;
        let start = Instant::now();
        while self.handle.stats().frames_decoded < self.decoded {
            assert!(start.elapsed() < PATIENCE, "the picture was never decoded");
            std::thread::yield_now();
        }
        self.now_ms.fetch_add(300, Ordering::SeqCst);
    }

    /// Shows a picture to the camera and tells what a screen is shown of it, with 300 ms of the test's clock for it; nothing
    /// where no picture is due.
    pub fn shows(&mut self, picture: &GreyFrame) -> Option<Preview> {
        let looked_at = |stats: CameraStats| stats.frames_decoded + stats.frames_passed;
        let before = looked_at(self.handle.stats());
        self.hand.send(Ok(picture.clone())).unwrap();
        let start = Instant::now();
        while looked_at(self.handle.stats()) == before {
            assert!(
                start.elapsed() < PATIENCE,
                "the picture was never looked at"
            );
            std::thread::yield_now();
        }
        self.decoded = self.handle.stats().frames_decoded;
        self.now_ms.fetch_add(300, Ordering::SeqCst);
        self.handle
            .viewfinder()
            .next(Room::default(), Duration::ZERO)
    }

    pub fn events_so_far(&self) -> Vec<CameraEvent> {
        self.events.try_iter().collect()
    }

    pub fn scans_so_far(&self) -> Vec<Scan> {
        self.events_so_far()
            .into_iter()
            .filter_map(scan_of)
            .collect()
    }

    pub fn events_until_stopped(&self) -> Vec<CameraEvent> {
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

pub fn scan_of(event: CameraEvent) -> Option<Scan> {
    if let CameraEvent::Scan(scan) = event {
        Some(scan)
    } else {
        None
    }
}

pub fn card() -> GreyFrame {
    frame(&on_a_desk(&qr("card-1", 6)))
}

pub fn card_at(x: u32, y: u32) -> GreyFrame {
    let mut desk = page(1280, 720, 225);
    paste(&mut desk, &qr("card-1", 6), x, y);
    frame(&desk)
}

pub fn empty_desk() -> GreyFrame {
    frame(&page(1280, 720, 225))
}
