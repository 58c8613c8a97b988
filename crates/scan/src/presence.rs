//! Which codes are in view, so that a card held still is one scan and not thirty a second.

use crate::types::{Found, ScanKind};

/// Remembers what is in view. A code counts again once it has been missing for some frames *and*
/// some time: frames alone pass too quickly at 30 a second, and one unreadable frame is no leaving.
#[derive(Debug)]
pub(crate) struct Presence {
    leave_frames: u32,
    leave_ms: i64,
    in_view: Vec<Seen>,
}

#[derive(Debug)]
struct Seen {
    code: String,
    kind: ScanKind,
    missed_frames: u32,
    last_ms: i64,
}

impl Presence {
    pub(crate) fn new(leave_frames: u32, leave_ms: i64) -> Self {
        Self {
            leave_frames,
            leave_ms,
            in_view: Vec::new(),
        }
    }

    /// Takes what one frame holds and returns what has newly come into view.
    pub(crate) fn update(&mut self, found: Vec<Found>, now_ms: i64) -> Vec<Found> {
        for seen in &mut self.in_view {
            seen.missed_frames = seen.missed_frames.saturating_add(1);
        }
        let mut new = Vec::new();
        for one in found {
            match self
                .in_view
                .iter_mut()
                .find(|s| s.code == one.code && s.kind == one.kind)
            {
                Some(seen) => {
                    let left = seen.missed_frames > self.leave_frames
                        && ms_between(now_ms, seen.last_ms) >= self.leave_ms;
                    seen.missed_frames = 0;
                    seen.last_ms = now_ms;
                    if left {
                        new.push(one);
                    }
                }
                None => {
                    let (code, kind) = (one.code.clone(), one.kind);
                    self.in_view.push(Seen {
                        code,
                        kind,
                        missed_frames: 0,
                        last_ms: now_ms,
                    });
                    new.push(one);
                }
            }
        }
        // What left long ago would count anyway: forget it.
        let (frames, ms) = (self.leave_frames, self.leave_ms);
        self.in_view
            .retain(|s| s.missed_frames <= frames || ms_between(now_ms, s.last_ms) < ms);
        new
    }
}

/// How far two times are apart; a clock may be set back, and by any distance.
pub(crate) fn ms_between(one: i64, other: i64) -> i64 {
    i64::try_from(one.abs_diff(other)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(code: &str) -> Vec<Found> {
        vec![Found {
            code: code.to_owned(),
            kind: ScanKind::Qr,
            outline: None,
        }]
    }

    #[test]
    fn a_code_held_still_counts_once() {
        let mut presence = Presence::new(3, 0);
        assert_eq!(presence.update(found("a"), 0).len(), 1);
        for frame in 1..100 {
            assert!(presence.update(found("a"), frame).is_empty());
        }
    }

    #[test]
    fn one_unreadable_frame_is_no_leaving() {
        let mut presence = Presence::new(3, 0);
        presence.update(found("a"), 0);
        for frame in 1..=2 {
            presence.update(vec![], frame);
        }
        assert!(presence.update(found("a"), 3).is_empty());
    }

    #[test]
    fn leaving_for_some_frames_and_returning_counts_again() {
        let mut presence = Presence::new(3, 0);
        presence.update(found("a"), 0);
        for frame in 1..=3 {
            presence.update(vec![], frame);
        }
        assert_eq!(presence.update(found("a"), 4).len(), 1);
    }

    #[test]
    fn frames_alone_are_no_leaving_before_the_time_is_up() {
        let mut presence = Presence::new(3, 500);
        presence.update(found("a"), 0);
        for ms in 1..=20 {
            presence.update(vec![], ms);
        }
        assert!(presence.update(found("a"), 100).is_empty());
        for ms in 101..=120 {
            presence.update(vec![], ms);
        }
        assert_eq!(presence.update(found("a"), 700).len(), 1);
    }

    #[test]
    fn a_clock_that_jumps_by_ages_breaks_nothing() {
        let mut presence = Presence::new(0, 500);
        presence.update(found("a"), i64::MIN);
        presence.update(vec![], i64::MAX);
        assert_eq!(presence.update(found("a"), i64::MIN).len(), 1);
    }

    #[test]
    fn two_codes_do_not_hide_each_other() {
        let mut presence = Presence::new(3, 0);
        presence.update(found("a"), 0);
        assert_eq!(
            presence.update([found("a"), found("b")].concat(), 1).len(),
            1
        );
    }

    #[test]
    fn what_left_long_ago_is_forgotten() {
        let mut presence = Presence::new(1, 10);
        for n in 0..1000 {
            presence.update(found(&n.to_string()), n * 20);
        }
        assert!(presence.in_view.len() < 10, "{}", presence.in_view.len());
    }
}
