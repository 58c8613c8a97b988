//! What happens with one frame after the other: decoded, told of, and shown with what was read in it.

use std::time::Instant;

use super::{CameraEvent, CameraOptions};
use crate::calm::Calm;
use crate::decode::Scanner;
use crate::frame::{Frame, preview_jpeg};
use crate::presence::{Presence, ms_between};
use crate::types::{Point, ScanSource};

/// How long an outline is shown without being seen again: one unreadable frame makes no flicker, and a card that left
/// takes its outline along.
const OUTLINE_MS_MAX: i64 = 150;

/// What happens with one frame after the other.
pub(super) struct Decoder<'a> {
    options: &'a CameraOptions,
    on_event: &'a (dyn Fn(CameraEvent) + Send),
    scanner: Scanner,
    started: Instant,
    presence: Presence,
    calm: Calm,
    decodes: Pace,
    previews: Pace,
    outlines: Outlines,
    /// Those that were told last, where there are no previews.
    told: Vec<[Point; 4]>,
}

/// Where codes were read last.
#[derive(Default)]
struct Outlines {
    corners: Vec<[Point; 4]>,
    read_ms: i64,
}

/// Lets something happen no more often than so many times a second.
struct Pace {
    interval_ms: i64,
    last_ms: Option<i64>,
}

impl Pace {
    fn of(fps_max: u32) -> Self {
        Self {
            interval_ms: 1000 / i64::from(fps_max.max(1)),
            last_ms: None,
        }
    }

    /// Whether it is time. A clock that was set back must not hold it up: any distance counts.
    fn is_due(&mut self, now_ms: i64) -> bool {
        let due = self
            .last_ms
            .is_none_or(|last| ms_between(now_ms, last) >= self.interval_ms);
        if due {
            self.last_ms = Some(now_ms);
        }
        due
    }
}

impl Outlines {
    fn at(&self, now_ms: i64) -> Vec<[Point; 4]> {
        if (now_ms - self.read_ms).abs() <= OUTLINE_MS_MAX {
            self.corners.clone()
        } else {
            Vec::new()
        }
    }
}

impl<'a> Decoder<'a> {
    pub(super) fn new(
        options: &'a CameraOptions,
        on_event: &'a (dyn Fn(CameraEvent) + Send),
    ) -> Self {
        Self {
            options,
            on_event,
            scanner: Scanner::default(),
            started: Instant::now(),
            presence: Presence::new(options.leave_frames, options.leave_ms),
            calm: Calm::default(),
            decodes: Pace::of(options.decode_fps_max),
            previews: Pace::of(options.preview_fps_max),
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

    /// Decodes and shows the frame, each where it is due; tells whether it was decoded. In this order, so that an
    /// outline lies on the code of its own frame.
    pub(super) fn take(&mut self, frame: &Frame, kind: ScanSource) -> bool {
        let now_ms = (self.options.clock)();
        let decoded = self.options.decode_fps_max == 0 || self.decodes.is_due(now_ms);
        if decoded {
            self.decode(frame, kind, now_ms);
        }
        if self.options.preview_fps_max == 0 {
            self.outline(now_ms);
        } else if self.previews.is_due(now_ms) {
            self.preview(frame, now_ms);
        }
        decoded
    }

    fn decode(&mut self, frame: &Frame, kind: ScanSource, now_ms: i64) {
        let started = self.started;
        let sight = self.scanner.look(&frame.grey, &|| started.elapsed());
        let read = !sight.found.is_empty();
        if let Some(hint) = self.calm.update(sight.hint, read, now_ms) {
            (self.on_event)(CameraEvent::Hint(hint));
        }
        if read {
            let corners = sight.found.iter().filter_map(|found| found.outline);
            self.outlines = Outlines {
                corners: corners.collect(),
                read_ms: now_ms,
            };
        }
        for found in self.presence.update(sight.found, now_ms) {
            (self.on_event)(CameraEvent::Scan(found.into_scan(kind, now_ms)));
        }
    }

    fn outline(&mut self, now_ms: i64) {
        let outlines = self.outlines.at(now_ms);
        if outlines != self.told {
            self.told.clone_from(&outlines);
            (self.on_event)(CameraEvent::Outlines(outlines));
        }
    }

    fn preview(&self, frame: &Frame, now_ms: i64) {
        let (width, quality) = (self.options.preview_width_max, self.options.preview_quality);
        match preview_jpeg(&frame.grey, width, quality) {
            Ok(preview) => (self.on_event)(CameraEvent::Preview {
                jpeg: preview.jpeg,
                width: preview.width,
                height: preview.height,
                outlines: self.outlines.at(now_ms),
            }),
            Err(err) => tracing::debug!(%err, "no preview"),
        }
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
    fn a_clock_set_back_holds_nothing_up() {
        let mut pace = Pace::of(20);
        assert!(pace.is_due(1_000_000));
        assert!(pace.is_due(0));
        assert!(pace.is_due(i64::MIN));
        assert!(pace.is_due(i64::MAX));
        assert!(pace.is_due(0));
        assert!(!pace.is_due(10));
    }
}
