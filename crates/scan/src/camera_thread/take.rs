//! The thread that takes frames as they come, from one opening of the source after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::mailbox::{Mailbox, Taken};
use super::viewfinder::Viewfinder;
use super::{CameraEvent, Clock};
use crate::decode::guarded;
use crate::source::{CameraError, FrameSource};

/// Where frames go, and what tells their time.
pub(super) struct Taker {
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) viewfinder: Viewfinder,
    pub(super) clock: Clock,
}

/// Takes frames until told to stop, from one opening of the source after the other where that is wanted. Tells why it
/// ended by itself.
pub(super) fn take_frames(
    mut source: impl FnMut() -> Result<Box<dyn FrameSource>, CameraError>,
    pause: Option<Duration>,
    taker: &Taker,
) -> Option<CameraError> {
    let mailbox = &taker.mailbox;
    let (mut was_there, mut told) = (false, None);
    loop {
        let mut is_there = false;
        let err = guarded(|| take_frames_once(&mut source, taker, &mut is_there))
            .unwrap_or_else(|| Err(CameraError::Failed("its driver crashed".to_owned())))
            .err()?;
        if is_there {
            (was_there, told) = (true, None);
        }
        let Some(pause) = pause.filter(|_| was_there || !err.is_permanent()) else {
            return Some(err);
        };
        if told.as_ref() != Some(&err) {
            tracing::warn!(code = err.code(), %err, "the camera is lost; it is waited for");
            taker.viewfinder.blank();
            mailbox.change(|slot| {
                // A picture from before says that there still is one.
                slot.stats.frames_dropped += u64::from(slot.newest.take().is_some());
                slot.notices.push_back(CameraEvent::Lost(err.clone()));
            });
            told = Some(err);
        }
        if mailbox.wait_for_stop(pause) {
            return None;
        }
    }
}

/// The source lives and dies in here. Sets `is_there` with its first frame.
fn take_frames_once(
    source: &mut impl FnMut() -> Result<Box<dyn FrameSource>, CameraError>,
    taker: &Taker,
    is_there: &mut bool,
) -> Result<(), CameraError> {
    let mailbox = &taker.mailbox;
    let mut source = source()?;
    let kind = source.kind();
    loop {
        let (stop, light) = {
            let mut slot = mailbox.lock();
            // Told only after its coming was, which says that the light is off.
            let light = if *is_there { slot.light.take() } else { None };
            (slot.stop, light)
        };
        if stop {
            return Ok(());
        }
        if let Some(on) = light {
            turn_light(source.as_mut(), on, mailbox);
        }
        let Some(frame) = source.next_frame()? else {
            continue;
        };
        let opened = (!std::mem::replace(is_there, true)).then(|| CameraEvent::Opened {
            name: source.describe(),
            has_lamp: source.has_lamp(),
        });
        let taken = Arc::new(Taken {
            frame,
            kind,
            number: mailbox.lock().stats.frames_taken + 1,
            at_ms: (taker.clock)(),
            since: Instant::now(),
        });
        taker.viewfinder.offer(&taken);
        mailbox.change(|slot| {
            slot.notices.extend(opened);
            slot.stats.frames_taken += 1;
            if slot.newest.replace(Arc::clone(&taken)).is_some() {
                slot.stats.frames_dropped += 1;
            }
        });
    }
}

/// A light that does not obey costs no picture.
fn turn_light(source: &mut dyn FrameSource, on: bool, mailbox: &Mailbox) {
    match source.light(on) {
        Ok(()) => mailbox.change(|slot| slot.notices.push_back(CameraEvent::Light(on))),
        Err(err) => tracing::warn!(%err, on, "the camera's light does not obey"),
    }
}
