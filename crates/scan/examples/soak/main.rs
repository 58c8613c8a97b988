//! An hour at the counter: a camera of so many pictures a second, codes that come and go, a cable that comes loose. `cargo xtask
//! soak` builds and runs it. It fails where a code is lost, told twice or read though it was not there, and where memory grows.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measuring program says what it measured"
)]

mod process;
mod stage;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use counterfoil_scan::{
    CameraEvent, CameraHandle, CameraOptions, CameraThread, FrameSource, Room, caught_panics,
};

use process::{cpu_ms, resident_kb};
use stage::{Play, StagedCamera};

/// The app's own pause before a camera is tried again.
const REOPEN_PAUSE: Duration = Duration::from_secs(1);
/// How often memory is looked at.
const SAMPLE_EVERY: Duration = Duration::from_secs(5);
/// What an allocator may keep back without anything having grown.
const GROWTH_KB_MAX: i64 = 6 * 1024;
/// With fewer pictures than this share of what was asked for, the machine was too busy to say anything.
const PACE_LEAST: f64 = 0.9;
/// How long a screen waits for a picture before it looks whether the camera still runs.
const PICTURE_WAIT: Duration = Duration::from_secs(1);
/// How long after its last picture a code may still be told.
const AFTERMATH: Duration = Duration::from_secs(3);

/// What the camera told.
#[derive(Default)]
struct Told {
    scans: BTreeMap<String, u32>,
    hints: u64,
    opened: u64,
    lost: u64,
    failed: Vec<String>,
}

impl Told {
    fn hear(&mut self, event: CameraEvent) {
        match event {
            CameraEvent::Scan(scan) => *self.scans.entry(scan.code).or_default() += 1,
            CameraEvent::Hint(_) => self.hints += 1,
            CameraEvent::Opened { .. } => self.opened += 1,
            CameraEvent::Lost(_) => self.lost += 1,
            CameraEvent::Error(error) => self.failed.push(error.to_string()),
            CameraEvent::Outlines(_) | CameraEvent::Light(_) | CameraEvent::Stopped => {}
        }
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("soak: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    // Readers panic on odd frames; that is counted, not shown.
    std::panic::set_hook(Box::new(|_| {}));
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [minutes, fps] = words.as_slice() else {
        return Err("for how long, and how fast? soak MINUTES FPS".to_owned());
    };
    let minutes: u32 = minutes.parse().map_err(|err| format!("minutes: {err}"))?;
    let fps: u32 = fps.parse().map_err(|err| format!("fps: {err}"))?;
    if !(1..=120).contains(&fps) || minutes == 0 {
        return Err("at least one minute, and 1 to 120 pictures a second".to_owned());
    }
    let play = Arc::new(Mutex::new(Play::new(fps)));
    let (tell, events) = mpsc::channel();
    let mut camera = start(&play, tell);
    let screen = Screen::before(&camera)?;
    let length = Duration::from_secs(u64::from(minutes) * 60);
    let started = Instant::now();
    let mut told = Told::default();
    let mut memory = Vec::new();
    let mut due = SAMPLE_EVERY;
    while started.elapsed() < length {
        let left = due.saturating_sub(started.elapsed());
        if let Ok(event) = events.recv_timeout(left) {
            told.hear(event);
        }
        if started.elapsed() >= due {
            memory.push(resident_kb()?);
            due += SAMPLE_EVERY;
        }
    }
    let took = started.elapsed();
    let stats = camera.stats();
    let cpu = cpu_ms()?;
    play.lock().unwrap_or_else(PoisonError::into_inner).close();
    let since = Instant::now();
    while let Some(left) = AFTERMATH.checked_sub(since.elapsed()) {
        if let Ok(event) = events.recv_timeout(left) {
            told.hear(event);
        }
    }
    camera.stop();
    let previews = screen.pictures()?;
    events.try_iter().for_each(|event| told.hear(event));

    let play = play.lock().unwrap_or_else(PoisonError::into_inner);
    let rate = stats.frames_taken as f64 / took.as_secs_f64();
    let share = |ms: u64| 100.0 * ms as f64 / took.as_millis().max(1) as f64;
    println!(
        "frames: {} taken ({rate:.1} a second), {} decoded, {} replaced by a newer one first; {} previews",
        stats.frames_taken, stats.frames_decoded, stats.frames_dropped, previews
    );
    println!(
        "processor: {:.1} % of a core for decoding, {:.1} % for previews, {:.1} % for making the pictures",
        share(cpu.decode),
        share(cpu.screen),
        share(cpu.camera)
    );
    println!(
        "camera: opened {} times, lost {} times; {} hints; {} panics of readers, caught",
        told.opened,
        told.lost,
        told.hints,
        caught_panics()
    );
    let wrong = [
        compared(&play.shown, &told.scans),
        grown(&memory),
        pace(rate, fps),
        cable(&told, play.pulled),
    ];
    let wrong: Vec<String> = wrong.into_iter().filter_map(Result::err).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(wrong.join("; "))
}

/// A screen that shows every picture that it gets.
struct Screen(JoinHandle<u64>);

impl Screen {
    fn before(camera: &CameraHandle) -> Result<Self, String> {
        let pictures = camera.viewfinder();
        let shows = move || {
            let mut shown = 0;
            while !pictures.has_ended() {
                shown += u64::from(pictures.next(Room::default(), PICTURE_WAIT).is_some());
            }
            shown
        };
        let thread = thread::Builder::new().name(process::SCREEN.to_owned());
        let shows = thread.spawn(shows).map_err(|err| err.to_string())?;
        Ok(Self(shows))
    }

    /// How many there were, once the camera has stopped.
    fn pictures(self) -> Result<u64, String> {
        self.0.join().map_err(|_| "the screen crashed".to_owned())
    }
}

fn start(play: &Arc<Mutex<Play>>, tell: mpsc::Sender<CameraEvent>) -> CameraHandle {
    let now_ms = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0))
    };
    let play = Arc::clone(play);
    CameraThread::keep(
        move || Ok(Box::new(StagedCamera::open(&play)) as Box<dyn FrameSource>),
        REOPEN_PAUSE,
        CameraOptions::new(Arc::new(now_ms)),
        Box::new(move |event| drop(tell.send(event))),
    )
}

/// Whether each code was told as often as it came into view, and nothing else was.
fn compared(shown: &BTreeMap<String, u32>, told: &BTreeMap<String, u32>) -> Result<(), String> {
    let sum = |all: &BTreeMap<String, u32>| all.values().sum::<u32>();
    let times = |all: &BTreeMap<String, u32>, code: &String| all.get(code).copied().unwrap_or(0);
    let of = |code: &&String| times(told, code).cmp(&times(shown, code));
    let lost: Vec<_> = shown.keys().filter(|code| of(code).is_lt()).collect();
    let twice: Vec<_> = shown.keys().filter(|code| of(code).is_gt()).collect();
    let never: Vec<_> = told
        .keys()
        .filter(|code| !shown.contains_key(*code))
        .collect();
    println!(
        "codes: {} came into view, {} were told; lost {}, told too often {}, never shown {}",
        sum(shown),
        sum(told),
        lost.len(),
        twice.len(),
        never.len()
    );
    if sum(shown) == 0 {
        return Err("no code came into view".to_owned());
    }
    if lost.is_empty() && twice.is_empty() && never.is_empty() {
        return Ok(());
    }
    Err(format!(
        "lost {lost:?}, told too often {twice:?}, never shown {never:?}"
    ))
}

/// Whether the last tenth of the time needed more memory than the tenth after the warm-up.
fn grown(memory_kb: &[i64]) -> Result<(), String> {
    let tenth = (memory_kb.len() / 10).max(1);
    let middle = |part: &[i64]| {
        let mut sorted = part.to_vec();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied().unwrap_or(0)
    };
    let warm = middle(&memory_kb[tenth.min(memory_kb.len())..(2 * tenth).min(memory_kb.len())]);
    let end = middle(&memory_kb[memory_kb.len().saturating_sub(tenth)..]);
    let most = memory_kb.iter().max().copied().unwrap_or(0);
    let mb = |kb: i64| kb as f64 / 1024.0;
    println!(
        "memory: {:.1} MB after the warm-up, {:.1} MB at the end, {:.1} MB at most",
        mb(warm),
        mb(end),
        mb(most)
    );
    if end - warm > GROWTH_KB_MAX {
        return Err(format!("memory grew by {:.1} MB", mb(end - warm)));
    }
    Ok(())
}

fn pace(rate: f64, fps: u32) -> Result<(), String> {
    if rate >= f64::from(fps) * PACE_LEAST {
        return Ok(());
    }
    Err(format!(
        "{rate:.1} pictures a second in place of {fps}: the machine was too busy"
    ))
}

fn cable(told: &Told, pulled: u64) -> Result<(), String> {
    if told.failed.is_empty() && told.lost == pulled && told.opened == pulled + 1 {
        return Ok(());
    }
    Err(format!(
        "the cable came loose {pulled} times: lost {}, opened {}, failed {:?}",
        told.lost, told.opened, told.failed
    ))
}
