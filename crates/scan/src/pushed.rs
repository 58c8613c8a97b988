//! Frames that somebody else takes and hands in: those of the web view's camera on a phone, which no camera library of
//! ours reaches.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use crate::frame::{Frame, FrameError, GreyFrame};
use crate::pixels;
use crate::source::{CameraError, FrameSource};

/// How long [`PushedFrames`] waits for its next frame before it says "not yet".
const WAIT_MAX: Duration = Duration::from_millis(100);

/// Where frames are handed in. Dropping the last one is a camera that was pulled out.
#[derive(Debug, Clone)]
pub struct FrameInbox(SyncSender<GreyFrame>);

/// The other end: a camera whose frames were handed in.
#[derive(Debug)]
pub struct PushedFrames {
    frames: Receiver<GreyFrame>,
    next_seq: u64,
}

impl FrameInbox {
    /// An inbox and the camera that it feeds.
    #[must_use]
    pub fn new() -> (Self, PushedFrames) {
        // The camera thread takes frames as they come and keeps the newest; nothing queues here.
        let (inbox, frames) = sync_channel(1);
        (
            Self(inbox),
            PushedFrames {
                frames,
                next_seq: 0,
            },
        )
    }

    /// Hands in a frame as JPEG. One that comes before the one before was taken is dropped; whether anybody still
    /// looks is the answer.
    ///
    /// # Errors
    /// [`FrameError::Jpeg`] where the bytes are no JPEG that can be read.
    pub fn push_jpeg(&self, jpeg: &[u8]) -> Result<bool, FrameError> {
        pixels::from_jpeg(jpeg)
            .map(|grey| self.push(grey))
            .ok_or(FrameError::Jpeg)
    }

    /// Hands in a frame; tells whether anybody still looks.
    pub fn push(&self, grey: GreyFrame) -> bool {
        match self.0.try_send(grey) {
            Ok(()) | Err(TrySendError::Full(_)) => true,
            Err(TrySendError::Disconnected(_)) => false,
        }
    }
}

impl FrameSource for PushedFrames {
    fn next_frame(&mut self) -> Result<Option<Frame>, CameraError> {
        match self.frames.recv_timeout(WAIT_MAX) {
            Ok(grey) => {
                let seq = self.next_seq;
                self.next_seq += 1;
                Ok(Some(Frame { seq, grey }))
            }
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(CameraError::Gone),
        }
    }

    fn describe(&self) -> String {
        "the web view's camera".to_owned()
    }
}
