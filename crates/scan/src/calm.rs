//! When a hint reaches a person: not for a flicker, not for a change of mind from one frame to the next, and never
//! longer than it is needed.

use crate::decode::Hint;
use crate::presence::ms_between;

/// A hint shows once codes have gone unread for this long, in milliseconds ...
const APPEAR_MS: i64 = 500;
/// ... stays until another one has been true for this long after it came ...
const STAY_MS: i64 = 1500;
/// ... and goes when nothing has been wrong for this long. A code that is read takes it away at once.
const LINGER_MS: i64 = 700;

/// What is shown, and since when something is wrong.
#[derive(Debug, Default)]
pub(crate) struct Calm {
    shown: Option<(Hint, i64)>,
    wrong_since_ms: Option<i64>,
    wrong_last_ms: i64,
}

impl Calm {
    /// Takes what one frame says at `now_ms`, and tells what to show where that changes: `Some(None)` takes it away.
    pub(crate) fn update(
        &mut self,
        hint: Option<Hint>,
        read: bool,
        now_ms: i64,
    ) -> Option<Option<Hint>> {
        if read {
            return self.forget();
        }
        // A clock that was set back must hold nothing up: any distance counts.
        let past = |since: i64, ms: i64| ms_between(now_ms, since) >= ms;
        let Some(hint) = hint else {
            return past(self.wrong_last_ms, LINGER_MS).then(|| self.forget())?;
        };
        self.wrong_last_ms = now_ms;
        let since = *self.wrong_since_ms.get_or_insert(now_ms);
        let due = match self.shown {
            None => past(since, APPEAR_MS),
            Some((shown, at)) => shown != hint && past(at, STAY_MS),
        };
        due.then(|| {
            self.shown = Some((hint, now_ms));
            Some(hint)
        })
    }

    /// Starts anew, as with another camera.
    pub(crate) fn forget(&mut self) -> Option<Option<Hint>> {
        self.wrong_since_ms = None;
        self.shown.take().map(|_| None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told over frames of 50 ms, with the number of the frame.
    fn told(frames: impl IntoIterator<Item = (Option<Hint>, bool)>) -> Vec<(i64, Option<Hint>)> {
        let mut calm = Calm::default();
        (0..)
            .zip(frames)
            .filter_map(|(at, (hint, read))| Some((at, calm.update(hint, read, at * 50)?)))
            .collect()
    }

    const DARK: (Option<Hint>, bool) = (Some(Hint::TooDark), false);
    const FAR: (Option<Hint>, bool) = (Some(Hint::TooFar), false);
    const FINE: (Option<Hint>, bool) = (None, false);
    const READ: (Option<Hint>, bool) = (None, true);

    #[test]
    fn a_hint_that_lasts_is_told_once() {
        assert_eq!(told([DARK; 100]), [(10, Some(Hint::TooDark))]);
    }

    #[test]
    fn a_hint_of_a_moment_is_not_told() {
        assert_eq!(told([DARK; 9].into_iter().chain([FINE; 30])), []);
        let moments = [DARK, FINE, FINE, FINE, FINE, FINE, FINE, FINE, FINE, FINE];
        let apart = moments.into_iter().chain([FINE; 5]);
        assert_eq!(told(apart.cycle().take(200)), []);
    }

    #[test]
    fn a_code_that_is_read_takes_the_hint_away_at_once() {
        let frames = [DARK; 20].into_iter().chain([READ]);
        assert_eq!(told(frames), [(10, Some(Hint::TooDark)), (20, None)]);
    }

    #[test]
    fn a_code_that_leaves_takes_the_hint_away_soon() {
        let frames = [DARK; 20].into_iter().chain([FINE; 30]);
        assert_eq!(told(frames), [(10, Some(Hint::TooDark)), (33, None)]);
    }

    #[test]
    fn frames_that_disagree_do_not_make_it_flicker() {
        let frames = [FAR, DARK].into_iter().cycle().take(36);
        assert_eq!(told(frames), [(10, Some(Hint::TooFar))]);
    }

    #[test]
    fn another_reason_that_lasts_takes_its_place() {
        let frames = [DARK; 20].into_iter().chain([FAR; 40]);
        let both = [(10, Some(Hint::TooDark)), (40, Some(Hint::TooFar))];
        assert_eq!(told(frames), both);
    }
}
