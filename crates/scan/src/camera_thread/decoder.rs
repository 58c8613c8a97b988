//! What happens with one frame after the other: decoded where it is due, and what was read in it told of.

use std::time::Instant;

use super::mailbox::Taken;
use super::outlines::Outlines;
use super::pace::Pace;
use super::viewfinder::Viewfinder;
use super::{CameraEvent, CameraOptions};
use crate::calm::Calm;
use crate::decode::Scanner;
use crate::presence::Presence;
use crate::types::Point;

/// What happens with one frame after the other.
pub(super) struct Decoder<'a> {
    options: &'a CameraOptions,
    on_event: &'a (dyn Fn(CameraEvent) + Send),
    scanner: Scanner,
    started: Instant,
    presence: Presence,
    calm: Calm,
    decodes: Pace,
    viewfinder: &'a Viewfinder,
    outlines: Outlines,
    /// Those that were told last, where there are no previews.
    told: Vec<[Point; 4]>,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(
        options: &'a CameraOptions,
        on_event: &'a (dyn Fn(CameraEvent) + Send),
        viewfinder: &'a Viewfinder,
    ) -> Self {
        Self {
            options,
            on_event,
            scanner: Scanner::default(),
            started: Instant::now(),
            presence: Presence::new(options.leave_frames, options.leave_ms),
            calm: Calm::default(),
            decodes: Pace::of(options.decode_fps_max),
            viewfinder,
            outlines: Outlines::default(),
            told: Vec::new(),
        }
    }

    /// Tells that the camera came or went, then what was wrong in its pictures is past; or that its light changed.
    pub(super) fn tell(&mut self, notice: CameraEvent) {
        if matches!(notice, CameraEvent::Light(_)) {
            (self.on_event)(notice);
            return;
        }
        if let Some(hint) = self.calm.forget() {
            (self.on_event)(CameraEvent::Hint(hint));
        }
        self.outlines = Outlines::default();
        self.told.clear();
        (self.on_event)(notice);
    }

    /// Decodes the frame where it is due, and where a code moves, whose outline would lag behind it; tells whether it was
    /// decoded.
    pub(super) fn take(&mut self, taken: &Taken) -> bool {
        let now_ms = taken.at_ms;
        let due = self.options.decode_fps_max == 0 || self.decodes.is_due(now_ms);
        let decoded = due || self.outlines.move_at(now_ms);
        if decoded {
            self.decode(taken);
        } else {
            self.viewfinder.read(taken.number, &self.outlines);
        }
        if self.options.preview_fps_max == 0 {
            self.outline(now_ms);
        }
        decoded
    }

    fn decode(&mut self, taken: &Taken) {
        let (started, now_ms) = (self.started, taken.at_ms);
        let sight = self.scanner.look(&taken.frame.grey, &|| started.elapsed());
        let read = !sight.found.is_empty();
        if let Some(hint) = self.calm.update(sight.hint, read, now_ms) {
            (self.on_event)(CameraEvent::Hint(hint));
        }
        if read {
            let corners = sight.found.iter().filter_map(|found| found.outline);
            self.outlines.renew(corners.collect(), now_ms);
        }
        // Before the scan is told of, which takes as long as a stamp does.
        self.viewfinder.read(taken.number, &self.outlines);
        for found in self.presence.update(sight.found, now_ms) {
            (self.on_event)(CameraEvent::Scan(found.into_scan(taken.kind, now_ms)));
        }
    }

    fn outline(&mut self, now_ms: i64) {
        let outlines = self.outlines.at(now_ms);
        if outlines != self.told {
            self.told.clone_from(&outlines);
            (self.on_event)(CameraEvent::Outlines(outlines));
        }
    }
}
