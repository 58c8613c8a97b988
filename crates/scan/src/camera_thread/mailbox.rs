//! What the camera's two threads share: room for one frame, and the news of its coming and going.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{CameraEvent, CameraStats, HUNG_CAMERA_WAIT};
use crate::frame::Frame;
use crate::source::CameraError;
use crate::types::ScanSource;

/// A frame as it was taken.
pub(super) struct Taken {
    pub(super) frame: Frame,
    pub(super) kind: ScanSource,
    /// Counts those of the camera thread from 1, over all openings of its source.
    pub(super) number: u64,
    /// When, in Unix milliseconds.
    pub(super) at_ms: i64,
    /// The same for measuring how long ago that is.
    pub(super) since: Instant,
}

/// What the two threads share: room for one frame.
#[derive(Default)]
pub(super) struct Mailbox {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Default)]
pub(super) struct Slot {
    pub(super) newest: Option<Arc<Taken>>,
    /// That it came and went.
    pub(super) notices: VecDeque<CameraEvent>,
    /// Why no more frames come.
    pub(super) ended: Option<CameraError>,
    /// The source has been dropped, so the device is free.
    pub(super) released: bool,
    pub(super) stop: bool,
    /// Whether a person wants light, until the camera has been told.
    pub(super) light: Option<bool>,
    pub(super) stats: CameraStats,
}

pub(super) enum Next {
    Notice(CameraEvent),
    Frame(Arc<Taken>),
    Ended(CameraError),
    Stop,
}

impl Mailbox {
    pub(super) fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Slot)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Waits for the newest frame, the end of the source or a stop.
    pub(super) fn next(&self) -> Next {
        let mut slot = self.lock();
        loop {
            if slot.stop {
                return Next::Stop;
            }
            if let Some(notice) = slot.notices.pop_front() {
                return Next::Notice(notice);
            }
            if let Some(taken) = slot.newest.take() {
                return Next::Frame(taken);
            }
            if let Some(err) = slot.ended.take() {
                return Next::Ended(err);
            }
            slot = self
                .changed
                .wait(slot)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for a stop, for that long; true where it came.
    pub(super) fn wait_for_stop(&self, longest: Duration) -> bool {
        let slot = self.lock();
        let waited = self
            .changed
            .wait_timeout_while(slot, longest, |slot| !slot.stop);
        waited.unwrap_or_else(PoisonError::into_inner).0.stop
    }

    /// Waits until the source is dropped; false where it hangs.
    pub(super) fn wait_for_release(&self) -> bool {
        let slot = self.lock();
        let waited = self
            .changed
            .wait_timeout_while(slot, HUNG_CAMERA_WAIT, |slot| !slot.released);
        waited.unwrap_or_else(PoisonError::into_inner).0.released
    }
}
