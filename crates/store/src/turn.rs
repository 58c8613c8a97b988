//! Who writes next. People go first: the sync does its work in slices, and lets them in before the next one.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Somebody who writes without end holds the sync up for no longer than this at a time.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Default)]
pub(crate) struct Turns {
    /// People who wait for the door or are inside.
    people: Mutex<usize>,
    left: Condvar,
}

/// A person who writes, from the moment of waiting for it.
pub(crate) struct Person<'a>(&'a Turns);

impl Turns {
    fn people(&self) -> MutexGuard<'_, usize> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Called before the door is tried, kept until it is closed behind.
    pub(crate) fn person(&self) -> Person<'_> {
        *self.people() += 1;
        Person(self)
    }

    /// Waits while people write or wait for it, for `patience` at most.
    pub(crate) fn after_people(&self, patience: Duration) {
        let people = self.people();
        let waited = self
            .left
            .wait_timeout_while(people, patience, |people| *people > 0);
        drop(waited);
    }

    /// Whether a person waits: whoever is inside for the sync should come to an end.
    pub(crate) fn is_wanted(&self) -> bool {
        *self.people() > 0
    }
}

impl Drop for Person<'_> {
    fn drop(&mut self) {
        let mut people = self.0.people();
        *people -= 1;
        if *people == 0 {
            self.0.left.notify_all();
        }
    }
}

/// What the sync may do in one transaction: so many rows, and no more once somebody waits. One step is always its due.
pub(crate) struct Share<'a> {
    turns: &'a Turns,
    rows_max: usize,
    rows: usize,
}

impl<'a> Share<'a> {
    pub(crate) const fn of(turns: &'a Turns, rows_max: usize) -> Self {
        Self {
            turns,
            rows_max,
            rows: 0,
        }
    }

    /// So many rows more were written.
    pub(crate) fn took(&mut self, rows: usize) {
        self.rows += rows.max(1);
    }

    pub(crate) fn is_used_up(&self) -> bool {
        self.rows > 0 && (self.rows >= self.rows_max || self.turns.is_wanted())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use counterfoil_testkit::{ManualClock, SeededEntropy};

    use super::*;
    use crate::store::Slice;
    use crate::{Store, StoreEnv, StoreError};

    #[test]
    fn the_sync_waits_until_the_last_person_has_left() {
        let turns = Turns::default();
        let (first, second) = (turns.person(), turns.person());
        let (said, heard) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                turns.after_people(Duration::MAX);
                said.send("sync").unwrap();
            });
            drop(first);
            assert!(turns.is_wanted());
            said.send("person").unwrap();
            drop(second);
        });
        let order: Vec<_> = heard.try_iter().collect();
        assert_eq!(order, ["person", "sync"]);
        assert!(!turns.is_wanted());
    }

    #[test]
    fn somebody_who_never_leaves_does_not_stop_the_sync_for_ever() {
        let turns = Turns::default();
        let _stays = turns.person();
        turns.after_people(Duration::ZERO);
        assert!(turns.is_wanted());
    }

    #[test]
    fn a_share_ends_with_its_rows() {
        let turns = Turns::default();
        let mut share = Share::of(&turns, 3);
        share.took(2);
        assert!(!share.is_used_up());
        share.took(1);
        assert!(share.is_used_up());
    }

    #[test]
    fn a_share_ends_after_one_step_once_somebody_waits() {
        let turns = Turns::default();
        let _waits = turns.person();
        let mut share = Share::of(&turns, 1000);
        assert!(!share.is_used_up());
        share.took(0);
        assert!(share.is_used_up());
    }

    #[test]
    fn a_person_who_comes_during_a_slice_writes_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let env = StoreEnv::new(ManualClock::start(), SeededEntropy::new(1));
        let store = Store::open(&folder.path().join("till.db"), env).unwrap();
        let order = Mutex::new(Vec::new());
        let writes = |who: &'static str| order.lock().unwrap().push(who);
        std::thread::scope(|scope| {
            store
                .write_what_the_hub_says(|_, place| {
                    writes("sync");
                    if place == 1 {
                        return Ok(Slice::Last(()));
                    }
                    scope.spawn(|| {
                        store.write(|_| {
                            writes("person");
                            Ok::<_, StoreError>(())
                        })
                    });
                    let mut share = store.share(usize::MAX);
                    share.took(1);
                    while !share.is_used_up() {
                        std::thread::yield_now();
                    }
                    Ok(Slice::UpTo(1))
                })
                .unwrap();
        });
        assert_eq!(*order.lock().unwrap(), ["sync", "person", "sync"]);
    }
}
