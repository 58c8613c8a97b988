//! Readers pass; whoever replaces the database's file waits until none is inside and keeps them out meanwhile.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long readers may take to finish before what needs to be alone is put off.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    inside: usize,
    closed: bool,
}

/// Somebody reads.
pub(crate) struct Inside<'a>(&'a Gate);

/// Nobody reads, and nobody begins to.
pub(crate) struct Alone<'a>(&'a Gate);

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while the gate is closed.
    pub(crate) fn enter(&self) -> Inside<'_> {
        let mut state = self
            .changed
            .wait_while(self.state(), |state| state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        state.inside += 1;
        Inside(self)
    }

    /// Closes the gate and waits for those inside; none, and open again, when one of them stays for longer than `patience`.
    pub(crate) fn close(&self, patience: Duration) -> Option<Alone<'_>> {
        let mut state = self.state();
        if state.closed {
            return None;
        }
        state.closed = true;
        let alone = Alone(self);
        let (state, waited) = self
            .changed
            .wait_timeout_while(state, patience, |state| state.inside > 0)
            .unwrap_or_else(PoisonError::into_inner);
        // Before `alone` opens the gate, which takes the lock again.
        drop(state);
        (!waited.timed_out()).then_some(alone)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.state().inside -= 1;
        self.0.changed.notify_all();
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.state().closed = false;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_who_stays_keeps_the_gate_open() {
        let gate = Gate::default();
        let reader = gate.enter();
        assert!(gate.close(Duration::from_millis(5)).is_none());
        drop(gate.enter());
        drop(reader);
        assert!(gate.close(Duration::ZERO).is_some());
    }

    #[test]
    fn a_reader_waits_until_the_gate_opens() {
        let gate = Gate::default();
        let alone = gate.close(Duration::ZERO).unwrap();
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| drop(gate.enter()));
            drop(alone);
            reader.join().unwrap();
        });
        assert!(gate.close(Duration::ZERO).is_some());
    }
}
