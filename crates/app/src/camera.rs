//! The camera: choosing, starting and stopping it.

use crate::Counterfoil;
use crate::failure::{Outcome, not_built};
use crate::view::{CameraEventView, CameraView};

impl Counterfoil {
    /// The cameras to choose from.
    ///
    /// # Errors
    /// `camera_failed`.
    pub fn cameras(&self) -> Outcome<Vec<CameraView>> {
        not_built()
    }

    /// Starts the camera; what it sees goes to `on_event` from its own thread.
    ///
    /// # Errors
    /// `no_camera`, `camera_busy`, `camera_permission`, `camera_failed`.
    pub fn camera_start(
        &self,
        _on_event: Box<dyn Fn(CameraEventView) + Send + Sync>,
    ) -> Outcome<()> {
        not_built()
    }

    /// Stops the camera; none running is fine.
    ///
    /// # Errors
    /// `camera_failed`.
    pub fn camera_stop(&self) -> Outcome<()> {
        not_built()
    }
}

/// The running camera, where there is one.
#[derive(Default)]
pub(crate) struct CameraState {}
