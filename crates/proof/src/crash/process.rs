//! A till's process, as seen by whoever starts it, and waiting for what processes do.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use counterfoil_tests::failure::Context as _;
use counterfoil_tests::group::{Group, signal_group};
use counterfoil_tests::{Failure, Result, wait};
use nix::sys::signal::Signal;

use super::stage::Stage;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

static ENDS: AtomicBool = AtomicBool::new(false);

/// Ctrl-C and SIGTERM end a run by the way of its destructors, so that no process stays behind.
///
/// # Errors
/// When the system refuses.
pub fn listen_for_the_end() -> Result {
    ctrlc::set_handler(|| ENDS.store(true, Ordering::SeqCst)).context("listening for Ctrl-C")
}

/// Waits until `ready` answers.
pub fn until<T>(what: &str, mut ready: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    wait::until(PATIENCE, what, || {
        if ENDS.load(Ordering::SeqCst) {
            return Err(Failure::new("interrupted"));
        }
        ready()
    })
}

/// A running till.
pub struct Process {
    /// The process.
    pub group: Group,
    said: Receiver<String>,
}

impl Process {
    /// Starts it in its folder.
    pub fn start(stage: &Stage, folder: &Path) -> Result<Self> {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(folder.join("till.log"))?;
        let mut command = stage.programs.command("counterfoil-proof")?;
        command
            .arg("till")
            .arg("--folder")
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log);
        let mut group = Group::spawn(&mut command)?;
        let (send, said) = channel();
        if let Some(out) = group.child().stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(out).lines().map_while(std::io::Result::ok) {
                    if send.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        Ok(Self { group, said })
    }

    /// Gives it an order.
    pub fn tell(&mut self, order: &str) -> Result {
        let input = self.group.child().stdin.as_mut();
        let input = input.ok_or_else(|| Failure::new("the till takes no orders"))?;
        writeln!(input, "{order}")?;
        Ok(input.flush()?)
    }

    /// Waits until it says a word.
    pub fn wait_for(&mut self, word: &str) -> Result {
        until(&format!("a till that is {word}"), || {
            if let Ok(line) = self.said.try_recv() {
                if line == word {
                    return Ok(Some(()));
                }
                if let Some(why) = line.strip_prefix("failed ") {
                    return Err(Failure::new(format!("a till failed: {why}")));
                }
                return Ok(None);
            }
            match self.group.ended()? {
                Some(status) => Err(Failure::new(format!("a till ended by itself: {status}"))),
                None => Ok(None),
            }
        })
    }

    /// Stops it, or lets it go on.
    pub fn stop(&self, stop: bool) {
        let signal = if stop {
            Signal::SIGSTOP
        } else {
            Signal::SIGCONT
        };
        signal_group(self.group.id(), signal);
    }
}
