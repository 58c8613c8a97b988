//! Housekeeping of the database while nobody waits: its log stays short, so that no sale has to shorten it.

use std::sync::Weak;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use crate::{Counterfoil, Inner};

/// So long nothing must have been committed.
const QUIET: Duration = Duration::from_secs(1);
/// Commits that come one after another put it off for so many of them at most.
const PUT_OFF_MAX: u32 = 500;

/// Hears of every commit.
pub(crate) struct Committed(SyncSender<()>);

impl Committed {
    pub(crate) fn tell(&self) {
        // One that is waiting to be heard of stands for all; without a listener the app is ending.
        match self.0.try_send(()) {
            Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
        }
    }
}

/// Looks after the database until the app is gone: first reads it through where that is owed, then waits for quiet moments.
pub(crate) fn start(app: Weak<Inner>) -> Committed {
    let (committed, heard) = sync_channel(1);
    std::thread::spawn(move || {
        with(&app, Counterfoil::examine_store);
        while wait_for_quiet(&heard) {
            with(&app, Counterfoil::tidy_store);
        }
    });
    Committed(committed)
}

fn with(app: &Weak<Inner>, work: fn(&Counterfoil)) {
    if let Some(inner) = app.upgrade() {
        work(&Counterfoil { inner });
    }
}

/// False when nobody commits any more.
fn wait_for_quiet(heard: &Receiver<()>) -> bool {
    if heard.recv().is_err() {
        return false;
    }
    for _ in 0..PUT_OFF_MAX {
        match heard.recv_timeout(QUIET) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
    true
}

impl Counterfoil {
    fn tidy_store(&self) {
        let tidied = self.store().and_then(|store| Ok(store.tidy()?));
        if let Err(failure) = tidied {
            tracing::warn!(code = failure.code, "the database's log stays long");
        }
    }

    /// A damaged database is given up at once, not when somebody happens to read what is broken.
    fn examine_store(&self) {
        let examined = self.store().and_then(|store| Ok(store.examine()?));
        match examined {
            Err(failure) if failure.code == "database_damaged" => self.give_up_store(failure),
            Err(failure) => tracing::warn!(code = failure.code, "the database was not examined"),
            Ok(()) => {}
        }
    }
}
