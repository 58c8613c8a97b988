//! What a screen is shown: the newest picture, for whoever asks, and the codes that lie in it. Nothing is made before it is
//! asked for, and nothing queues: a screen that is slow, hidden or stuck misses pictures.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::CameraOptions;
use super::mailbox::Taken;
use super::outlines::Outlines;
use super::pace::Pace;
use super::room::{Part, Room};
use crate::frame::GreyFrame;
use crate::types::Point;

/// How old a picture may get while it waits for what is read in it, where a code is in view: a quick read ends well before, and
/// the outline lies on the code of its own picture; a slow one holds no picture up.
const READ_WAIT: Duration = Duration::from_millis(15);

/// A picture for a screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// Counts the camera's pictures, shown or not, so that a gap tells how many were missed.
    pub number: u64,
    /// What is seen of the picture where the screen has room for it, of at most [`CameraOptions::preview_pixels_max`].
    pub picture: GreyFrame,
    /// Where the codes in it lie: the corners of each, in order around it; beyond 0 and 1 where they are not seen.
    pub outlines: Vec<[Point; 4]>,
}

/// The pictures of a running camera, one by one. Clones look through the same camera.
#[derive(Clone)]
pub struct Viewfinder(Arc<Shared>);

struct Shared {
    pixels_max: u32,
    read_wait: Duration,
    view: Mutex<View>,
    changed: Condvar,
}

struct View {
    pace: Option<Pace>,
    /// The newest picture, until somebody was given it.
    newest: Option<Arc<Taken>>,
    /// The last picture that was read, or passed over.
    done: u64,
    outlines: Outlines,
    ended: bool,
}

impl Viewfinder {
    pub(super) fn new(options: &CameraOptions) -> Self {
        Self::waiting(options, READ_WAIT)
    }

    fn waiting(options: &CameraOptions, read_wait: Duration) -> Self {
        let fps_max = options.preview_fps_max;
        Self(Arc::new(Shared {
            pixels_max: options.preview_pixels_max,
            read_wait,
            view: Mutex::new(View {
                pace: (fps_max > 0).then(|| Pace::even(fps_max)),
                newest: None,
                done: 0,
                outlines: Outlines::default(),
                ended: false,
            }),
            changed: Condvar::new(),
        }))
    }

    /// Waits for a picture that nobody was given yet, for at most about `longest`: the newest one, made small on the caller's
    /// thread for the `room` that there is for it. `None` where none came or the camera has stopped.
    #[must_use]
    pub fn next(&self, room: Room, longest: Duration) -> Option<Preview> {
        let mut view = self.wait(self.lock(), longest, |view| view.newest.is_none());
        let taken = view.newest.take()?;
        let left = self.0.read_wait.saturating_sub(taken.since.elapsed());
        let view = self.wait(view, left, |view| {
            view.done < taken.number && view.outlines.are_of(taken.at_ms)
        });
        let outlines = view.outlines.at(taken.at_ms);
        drop(view);
        let grey = &taken.frame.grey;
        let part = Part::seen(grey, room, self.0.pixels_max);
        let placed = |corners: [Point; 4]| corners.map(|corner| part.place(corner));
        Some(Preview {
            number: taken.number,
            picture: part.cut(grey),
            outlines: outlines.into_iter().map(placed).collect(),
        })
    }

    /// Whether no picture will come any more.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.lock().ended
    }

    /// A picture was taken.
    pub(super) fn offer(&self, taken: &Arc<Taken>) {
        self.change(|view| {
            let pace = view.pace.as_mut();
            if pace.is_some_and(|pace| pace.is_due(taken.at_ms)) {
                view.newest = Some(Arc::clone(taken));
            }
        });
    }

    /// Everything up to that picture was read or passed over.
    pub(super) fn read(&self, number: u64, outlines: &Outlines) {
        self.change(|view| {
            view.done = number;
            view.outlines.clone_from(outlines);
        });
    }

    /// There is nothing to be seen for now.
    pub(super) fn blank(&self) {
        self.change(|view| view.newest = None);
    }

    /// There will be nothing to be seen any more.
    pub(super) fn end(&self) {
        self.change(|view| {
            view.newest = None;
            view.ended = true;
        });
    }

    fn lock(&self) -> MutexGuard<'_, View> {
        self.0.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut View)) {
        change(&mut self.lock());
        self.0.changed.notify_all();
    }

    fn wait<'a>(
        &self,
        view: MutexGuard<'a, View>,
        longest: Duration,
        unless: impl Fn(&View) -> bool,
    ) -> MutexGuard<'a, View> {
        let waited = self
            .0
            .changed
            .wait_timeout_while(view, longest, |view| !view.ended && unless(view));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Instant;

    use super::*;
    use crate::frame::Frame;
    use crate::types::ScanSource;

    const AT_ONCE: Duration = Duration::ZERO;
    const LONG: Duration = Duration::from_secs(20);

    fn viewfinder() -> Viewfinder {
        Viewfinder::new(&CameraOptions::new(Arc::new(|| 0)))
    }

    /// A picture taken so many milliseconds after the first.
    fn taken(number: u64, at_ms: i64) -> Arc<Taken> {
        Arc::new(Taken {
            frame: Frame {
                seq: number,
                grey: GreyFrame::new(2, 1, vec![number as u8; 2]).unwrap(),
            },
            kind: ScanSource::Camera,
            number,
            at_ms,
            since: Instant::now(),
        })
    }

    /// A code there, read in a picture of that time.
    fn outlined(at_ms: i64, x: f32) -> Outlines {
        let mut outlines = Outlines::default();
        outlines.renew(vec![[Point { x, y: 0.5 }; 4]], at_ms);
        outlines
    }

    #[test]
    fn the_newest_picture_is_given_and_each_only_once() {
        let finder = viewfinder();
        finder.offer(&taken(1, 0));
        finder.offer(&taken(2, 40));
        assert_eq!(
            finder
                .next(Room::default(), AT_ONCE)
                .map(|shown| shown.number),
            Some(2)
        );
        assert_eq!(finder.next(Room::default(), AT_ONCE), None);
    }

    #[test]
    fn a_screen_that_asks_no_more_keeps_one_picture_in_memory() {
        let finder = viewfinder();
        let all: Vec<_> = (1..=90).map(|at| taken(at, at as i64 * 34)).collect();
        all.iter().for_each(|one| finder.offer(one));
        let held = all.iter().filter(|one| Arc::strong_count(one) > 1);
        assert_eq!(held.map(|one| one.number).collect::<Vec<_>>(), [90]);
    }

    #[test]
    fn a_picture_that_is_being_read_waits_for_its_outline() {
        let options = CameraOptions::new(Arc::new(|| 0));
        let finder = Viewfinder::waiting(&options, LONG);
        finder.read(1, &outlined(0, 0.25));
        finder.offer(&taken(2, 33));
        let reader = {
            let finder = finder.clone();
            thread::spawn(move || finder.read(2, &outlined(33, 0.75)))
        };
        let shown = finder.next(Room::default(), LONG).unwrap();
        reader.join().unwrap();
        assert_eq!(shown.outlines, outlined(33, 0.75).at(33));
    }

    #[test]
    fn a_picture_waits_for_nothing_while_no_code_is_in_view() {
        let options = CameraOptions::new(Arc::new(|| 0));
        let finder = Viewfinder::waiting(&options, Duration::from_secs(3600));
        finder.offer(&taken(1, 0));
        assert!(
            finder
                .next(Room::default(), LONG)
                .unwrap()
                .outlines
                .is_empty()
        );
    }

    #[test]
    fn a_read_that_takes_long_holds_no_picture_up_and_the_last_outline_is_drawn() {
        let finder = viewfinder();
        finder.read(1, &outlined(0, 0.25));
        finder.offer(&taken(2, 33));
        let shown = finder.next(Room::default(), LONG).unwrap();
        assert_eq!(shown.outlines, outlined(0, 0.25).at(33));
    }

    #[test]
    fn an_outline_from_long_ago_is_not_drawn() {
        let finder = viewfinder();
        finder.read(1, &outlined(0, 0.25));
        finder.offer(&taken(2, 200));
        assert!(
            finder
                .next(Room::default(), LONG)
                .unwrap()
                .outlines
                .is_empty()
        );
    }

    #[test]
    fn no_picture_from_before_is_shown_of_a_camera_that_is_lost() {
        let finder = viewfinder();
        finder.offer(&taken(1, 0));
        finder.blank();
        assert_eq!(finder.next(Room::default(), AT_ONCE), None);
    }

    #[test]
    fn whoever_waits_hears_of_the_end() {
        let finder = viewfinder();
        let waits = {
            let finder = finder.clone();
            thread::spawn(move || finder.next(Room::default(), LONG))
        };
        let since = Instant::now();
        finder.end();
        assert_eq!(waits.join().unwrap(), None);
        assert!(finder.has_ended());
        assert!(since.elapsed() < LONG);
    }
}
