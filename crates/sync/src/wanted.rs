//! What the pull is woken for: somebody wants one now, or a hint, which an earlier pull may have answered already.

use std::sync::{Mutex, MutexGuard, PoisonError};

use counterfoil_protocol::sync::LiveHint;
use counterfoil_store::Cursor;
use tokio::sync::Notify;

/// The wishes of everybody who wants a pull, until one begins.
#[derive(Default)]
pub(crate) struct Wanted {
    wake: Notify,
    wish: Mutex<Wish>,
}

#[derive(Default)]
struct Wish {
    now: bool,
    hint: Option<LiveHint>,
}

impl Wanted {
    fn wish(&self) -> MutexGuard<'_, Wish> {
        self.wish.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A pull that begins after this.
    pub(crate) fn now(&self) {
        self.wish().now = true;
        self.wake.notify_one();
    }

    /// A pull, unless the till has come so far already when its turn comes.
    pub(crate) fn up_to(&self, hint: LiveHint) {
        self.wish().hint = Some(hint);
        self.wake.notify_one();
    }

    /// A pull begins: it brings whatever was wanted until now.
    pub(crate) fn begin(&self) {
        *self.wish() = Wish::default();
    }

    /// Until a pull is wanted by a till that has followed the hub up to `cursor`.
    pub(crate) async fn wait(&self, cursor: Cursor) {
        loop {
            let wish = std::mem::take(&mut *self.wish());
            if wish.now || wish.hint.is_some_and(|hint| is_news(hint, cursor)) {
                return;
            }
            self.wake.notified().await;
        }
    }
}

fn is_news(hint: LiveHint, cursor: Cursor) -> bool {
    cursor.epoch != Some(hint.epoch) || hint.seq > cursor.seq
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use uuid::Uuid;

    use super::*;

    const EPOCH: Uuid = Uuid::from_u128(1);

    fn at(seq: u64) -> Cursor {
        Cursor {
            epoch: Some(EPOCH),
            seq,
        }
    }

    fn hint(epoch: Uuid, seq: u64) -> LiveHint {
        LiveHint { epoch, seq }
    }

    fn is_wanted(wanted: &Wanted, cursor: Cursor) -> bool {
        wanted.wait(cursor).now_or_never().is_some()
    }

    #[test]
    fn nothing_is_pulled_while_nobody_wants_it() {
        assert!(!is_wanted(&Wanted::default(), at(4)));
    }

    #[test]
    fn a_wish_is_granted_once() {
        let wanted = Wanted::default();
        wanted.now();
        assert!(is_wanted(&wanted, at(4)));
        assert!(!is_wanted(&wanted, at(4)));
    }

    #[test]
    fn a_hint_at_what_is_not_here_wants_a_pull() {
        let wanted = Wanted::default();
        wanted.up_to(hint(EPOCH, 5));
        assert!(is_wanted(&wanted, at(4)));
    }

    #[test]
    fn a_hint_at_what_came_meanwhile_wants_nothing() {
        let wanted = Wanted::default();
        wanted.up_to(hint(EPOCH, 5));
        assert!(!is_wanted(&wanted, at(5)));
    }

    #[test]
    fn a_hint_from_another_epoch_wants_a_pull_whatever_its_number() {
        let wanted = Wanted::default();
        wanted.up_to(hint(Uuid::from_u128(2), 1));
        assert!(is_wanted(&wanted, at(5)));
    }

    #[test]
    fn a_wish_from_before_a_pull_began_is_answered_by_it() {
        let wanted = Wanted::default();
        wanted.now();
        wanted.begin();
        assert!(!is_wanted(&wanted, at(5)));
    }

    #[test]
    fn a_wish_after_a_pull_began_wants_another_one() {
        let wanted = Wanted::default();
        wanted.begin();
        wanted.now();
        assert!(is_wanted(&wanted, at(5)));
    }
}
