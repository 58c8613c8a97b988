//! Pictures of the camera at work: a card's outline, and a camera that was pulled out.

use std::fs;
use std::path::Path;

use counterfoil_tests::Result;
use counterfoil_tests::stage::{Setting, Stage};
use counterfoil_tests::stories::camera;
use counterfoil_tests::till::{self, Staff, id};
use counterfoil_tests::video;

use super::album::Album;

/// Takes them all; how many.
pub fn take(folder: &Path) -> Result<usize> {
    let album = Album { folder };
    let desk = tempfile::tempdir()?;
    let eye = desk.path().join("eye.y4m");
    let stage = Stage::set(&Setting {
        camera: Some(eye.clone()),
        ..Setting::default()
    })?;
    till::unlock(&stage.window, Staff::Carmen)?;
    till::appearance(&stage.window, till::Theme::Light, "es")?;
    camera::film_a_card(&stage.window, &eye, &video::lies_there(), video::SMALL)?;
    camera::wait_for_outline(&stage.window)?;
    stage.window.wait_for(&id("stamp-word"))?;
    let mut taken = album.take(&stage.window, "camera-outline")?;
    fs::rename(&eye, eye.with_extension("away"))?;
    stage.window.wait_for(&id("camera-waiting"))?;
    taken += album.take(&stage.window, "camera-gone")?;
    Ok(taken)
}
