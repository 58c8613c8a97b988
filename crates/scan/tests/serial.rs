//! A serial scanner, played by the other end of a pseudo-terminal: real bytes through the system's own terminal.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use counterfoil_scan::{
    ScanKind, ScanSource, SerialEnding, SerialError, SerialEvent, SerialHandle, SerialOptions,
};
use nix::pty::openpty;
use nix::unistd::ttyname;

const PATIENCE: Duration = Duration::from_secs(20);

/// A scanner on a cable: dropping it pulls it out.
struct Scanner(File);

/// A place where scanners are plugged in, named as systems name them by their device.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn port(&self) -> PathBuf {
        self.folder.path().join("scanner")
    }

    fn plug_in(&self) -> Scanner {
        let pty = openpty(None, None).unwrap();
        let tty = ttyname(&pty.slave).unwrap();
        let fresh = self.folder.path().join("fresh");
        symlink(tty, &fresh).unwrap();
        std::fs::rename(fresh, self.port()).unwrap();
        Scanner(File::from(pty.master))
    }

    fn listen(&self, ending: SerialEnding) -> (SerialHandle, Receiver<SerialEvent>) {
        listen(&self.port(), ending)
    }
}

impl Scanner {
    fn sends(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }
}

fn listen(port: &Path, ending: SerialEnding) -> (SerialHandle, Receiver<SerialEvent>) {
    let (tell, events) = channel();
    let now_ms = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis()
    };
    let options = SerialOptions {
        port: port.display().to_string(),
        baud: 9600,
        ending,
        pause: Duration::from_millis(5),
        clock: Arc::new(move || i64::try_from(now_ms()).unwrap()),
    };
    let on_event = Box::new(move |event| drop(tell.send(event)));
    (SerialHandle::listen(options, on_event).unwrap(), events)
}

fn opened(events: &Receiver<SerialEvent>) {
    assert_eq!(events.recv_timeout(PATIENCE), Ok(SerialEvent::Opened));
}

fn code(events: &Receiver<SerialEvent>) -> String {
    match events.recv_timeout(PATIENCE) {
        Ok(SerialEvent::Scan(scan)) => scan.code,
        other => panic!("a scan was waited for: {other:?}"),
    }
}

#[test]
fn what_the_scanner_sends_is_a_scan() {
    let desk = Desk::new();
    let mut scanner = desk.plug_in();
    let (_handle, events) = desk.listen(SerialEnding::Line);
    opened(&events);
    scanner.sends(b"4006381333931\r\n");
    let Ok(SerialEvent::Scan(scan)) = events.recv_timeout(PATIENCE) else {
        panic!("a scan was waited for");
    };
    assert_eq!(scan.code, "4006381333931");
    assert_eq!(
        (scan.kind, scan.source),
        (ScanKind::Ean13, ScanSource::Serial)
    );
    assert!(scan.at_ms > 1_600_000_000_000);
}

#[test]
fn bytes_reach_us_untouched_by_the_terminal() {
    let desk = Desk::new();
    let mut scanner = desk.plug_in();
    let (_handle, events) = desk.listen(SerialEnding::Line);
    opened(&events);
    // What a terminal would act upon: end of file, interrupt, erase, stop.
    scanner.sends(b"\x1d01\x0412\x03\x1d10A\x7fB\x13C\n");
    assert_eq!(code(&events), "\u{1d}01\u{4}12");
    assert_eq!(code(&events), "\u{1d}10A\u{7f}B\u{13}C");
}

#[test]
fn a_scanner_that_sends_no_end_is_read_by_its_pauses() {
    let desk = Desk::new();
    let mut scanner = desk.plug_in();
    let (_handle, events) = desk.listen(SerialEnding::Pause);
    opened(&events);
    scanner.sends(b"7750182000017");
    assert_eq!(code(&events), "7750182000017");
}

#[test]
fn a_scanner_that_is_pulled_out_is_told_once_and_comes_back_by_itself() {
    let desk = Desk::new();
    let scanner = desk.plug_in();
    let (_handle, events) = desk.listen(SerialEnding::Line);
    opened(&events);
    std::fs::remove_file(desk.port()).unwrap();
    drop(scanner);
    let lost = |events: &Receiver<SerialEvent>| match events.recv_timeout(PATIENCE) {
        Ok(SerialEvent::Lost(err)) => err,
        other => panic!("its loss was waited for: {other:?}"),
    };
    assert_eq!(lost(&events), SerialError::Gone);
    assert_eq!(lost(&events), SerialError::Missing);
    let mut scanner = desk.plug_in();
    opened(&events);
    scanner.sends(b"again\r");
    assert_eq!(code(&events), "again");
}

#[test]
fn a_scanner_that_is_not_there_yet_is_waited_for() {
    let desk = Desk::new();
    let (_handle, events) = desk.listen(SerialEnding::Line);
    let missing = SerialEvent::Lost(SerialError::Missing);
    assert_eq!(events.recv_timeout(PATIENCE), Ok(missing));
    let _scanner = desk.plug_in();
    opened(&events);
}

#[test]
fn a_port_that_another_program_holds_is_busy() {
    let desk = Desk::new();
    let _scanner = desk.plug_in();
    let (_first, first) = desk.listen(SerialEnding::Line);
    opened(&first);
    let (_second, second) = desk.listen(SerialEnding::Line);
    let busy = SerialEvent::Lost(SerialError::Busy);
    assert_eq!(second.recv_timeout(PATIENCE), Ok(busy));
}

#[test]
fn a_port_is_free_once_nobody_listens() {
    let desk = Desk::new();
    let mut scanner = desk.plug_in();
    let (first, events) = desk.listen(SerialEnding::Line);
    opened(&events);
    let started = Instant::now();
    drop(first);
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "a stop waits for nothing"
    );
    let (_second, events) = desk.listen(SerialEnding::Line);
    opened(&events);
    scanner.sends(b"second\r");
    assert_eq!(code(&events), "second");
}

#[test]
fn a_port_that_chatters_is_read_and_nothing_is_made_of_it() {
    let desk = Desk::new();
    let mut scanner = desk.plug_in();
    let (_handle, events) = desk.listen(SerialEnding::Line);
    opened(&events);
    for _ in 0..200 {
        scanner.sends(&[b'#'; 500]);
    }
    scanner.sends(b"\r\nafter\r\n");
    assert_eq!(code(&events), "after");
}

#[test]
fn what_is_no_port_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (_handle, events) = listen(folder.path(), SerialEnding::Line);
    let event = events.recv_timeout(PATIENCE).unwrap();
    assert!(
        matches!(event, SerialEvent::Lost(SerialError::Failed(_))),
        "{event:?}"
    );
}
