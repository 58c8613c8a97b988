//! Backups of a story's hub in a folder of their own.

use std::path::PathBuf;

use counterfoil_domain::{CustomerId, OpEnvelope};
use counterfoil_hub::backup::{
    BackupError, Manifest, Restored, Shelf, back_up, restore, verify_backup,
};
use counterfoil_protocol::sync::PushReply;
use tempfile::TempDir;

use super::{SECRET, Till, World};
use crate::push::stamp;

/// A folder for backups.
pub struct Archive {
    pub folder: TempDir,
    pub shelf: Shelf,
}

impl Archive {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(&folder.path().display().to_string(), []).unwrap();
        Self { folder, shelf }
    }

    pub fn data_file(&self, manifest: &Manifest) -> PathBuf {
        self.folder.path().join(&manifest.file)
    }
}

pub async fn take(world: &World, shelf: &Shelf) -> Manifest {
    back_up(&world.place.database, shelf, &world.hub.sources)
        .await
        .unwrap()
}

pub async fn bring_back(world: &World, shelf: &Shelf) -> Restored {
    try_bring_back(world, shelf, None, true).await.unwrap()
}

pub async fn try_bring_back(
    world: &World,
    shelf: &Shelf,
    name: Option<&str>,
    replace: bool,
) -> Result<Restored, BackupError> {
    let (database, sources) = (&world.place.database, &world.hub.sources);
    restore(shelf, name, database, replace, Some(SECRET), sources).await
}

/// With PostgreSQL a dump is tried out on the cluster of the tests.
pub fn scratch() -> Option<String> {
    std::env::var("COUNTERFOIL_TEST_POSTGRES_URL").ok()
}

pub async fn is_sound(world: &World, shelf: &Shelf, name: Option<&str>) -> bool {
    let report = verify_backup(shelf, name, scratch().as_deref(), &world.hub.sources)
        .await
        .unwrap();
    assert!(report.is_sound(), "{report}");
    true
}

/// What a pull says may be let go of, and the newest change.
pub async fn archived(world: &World, till: &Till) -> (u64, u64) {
    let answer = world.get("/api/v1/sync/pull?after=0", &till.token).await;
    let number = |name: &str| answer.data()[name].as_u64().unwrap();
    (number("archived"), number("head"))
}

pub async fn push_one(world: &World, till: &mut Till) -> OpEnvelope {
    let op = stamp(world, CustomerId(world.new_id()));
    let sealed = till.seal(world, &op);
    let reply = till.push(world, std::slice::from_ref(&sealed)).await;
    assert!(matches!(reply, PushReply::Accepted { .. }), "{reply:?}");
    sealed
}
