//! Lets something happen no more often than so many times a second.

use crate::presence::ms_between;

/// See the module. A clock that was set back holds nothing up.
#[derive(Debug)]
pub(super) struct Pace {
    interval_ms: i64,
    /// How much too early something may come.
    early_ms: i64,
    /// How much of having come late may be made up for.
    credit_ms: i64,
    next_ms: Option<i64>,
}

impl Pace {
    /// At least the interval between any two.
    pub(super) fn of(fps_max: u32) -> Self {
        Self {
            interval_ms: 1000 / i64::from(fps_max.max(1)),
            early_ms: 0,
            credit_ms: 0,
            next_ms: None,
        }
    }

    /// So many a second on the whole: a camera of just this rate loses no picture for coming a little early or late.
    pub(super) fn even(fps_max: u32) -> Self {
        let pace = Self::of(fps_max);
        Self {
            early_ms: pace.interval_ms * 2 / 5,
            credit_ms: pace.interval_ms,
            ..pace
        }
    }

    /// Whether it is time.
    pub(super) fn is_due(&mut self, now_ms: i64) -> bool {
        let mut from = now_ms;
        if let Some(next) = self.next_ms {
            let early_ms = ms_between(next, now_ms);
            // Earlier than can be: the clock was set back.
            let was_set = next > now_ms && early_ms > self.interval_ms + self.early_ms;
            if next > now_ms && early_ms > self.early_ms && !was_set {
                return false;
            }
            if !was_set {
                from = next.max(now_ms.saturating_sub(self.credit_ms));
            }
        }
        self.next_ms = Some(from.saturating_add(self.interval_ms));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_of_20_a_second_halves_a_camera_of_30() {
        let mut pace = Pace::of(20);
        let due = (0..30).filter(|frame| pace.is_due(frame * 33)).count();
        assert_eq!(due, 15);
    }

    #[test]
    fn an_even_pace_of_30_lets_a_camera_of_30_through_however_it_trembles() {
        let mut pace = Pace::even(30);
        let tremble = |frame: i64| [0, 12, -9, 4, -12, 11][(frame % 6) as usize];
        let times = (0..300).map(|frame| frame * 1000 / 30 + tremble(frame));
        assert_eq!(times.filter(|at| pace.is_due(*at)).count(), 300);
    }

    #[test]
    fn an_even_pace_of_30_halves_a_camera_of_60() {
        let mut pace = Pace::even(30);
        let due = (0..600).filter(|frame| pace.is_due(frame * 1000 / 60));
        assert!((295..=305).contains(&due.count()));
    }

    #[test]
    fn a_clock_set_back_holds_nothing_up() {
        for mut pace in [Pace::of(20), Pace::even(20)] {
            assert!(pace.is_due(1_000_000));
            assert!(pace.is_due(0));
            assert!(pace.is_due(i64::MIN));
            assert!(pace.is_due(i64::MAX));
            assert!(pace.is_due(0));
            assert!(!pace.is_due(10));
        }
    }
}
