//! Ctrl-C and SIGTERM end what runs, and leave the cleaning up to whoever started it.
//!
//! A handler that ended the process would leave a database cluster or a hub behind. So it only ends
//! the command in the foreground: the commands' own code then sees a failure and unwinds.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_tests::Result;
use counterfoil_tests::failure::Context as _;

static HAPPENED: AtomicBool = AtomicBool::new(false);
static FOREGROUND: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Starts to listen for an interruption.
pub fn listen() -> Result {
    ctrlc::set_handler(|| {
        HAPPENED.store(true, Ordering::SeqCst);
        let groups = FOREGROUND.lock().map(|groups| groups.clone());
        #[cfg(unix)]
        for group in groups.unwrap_or_default() {
            counterfoil_tests::group::signal_group(group, nix::sys::signal::Signal::SIGTERM);
        }
        #[cfg(not(unix))]
        drop(groups);
    })
    .context("listening for Ctrl-C")
}

/// Whether somebody asked to stop.
pub fn happened() -> bool {
    HAPPENED.load(Ordering::SeqCst)
}

/// Marks the group `id` as the one to end at an interruption, until the guard is dropped.
pub fn foreground(id: u32) -> Foreground {
    if let Ok(mut groups) = FOREGROUND.lock() {
        groups.push(id);
    }
    Foreground(id)
}

/// See [`foreground`].
pub struct Foreground(u32);

impl Drop for Foreground {
    fn drop(&mut self) {
        if let Ok(mut groups) = FOREGROUND.lock() {
            groups.retain(|id| *id != self.0);
        }
    }
}
