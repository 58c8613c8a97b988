//! Images that were made lately, and the one task that makes the next: tills that start together share one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use counterfoil_domain::table::Sums;
use counterfoil_domain::{TenantId, UnixMs};
use counterfoil_protocol::image::{ImageOffer, ImageQuery};
use tempfile::TempDir;
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

use super::build;
use crate::Hub;
use crate::http::Failure;

const IMAGES_MAX: usize = 8;
const BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// An image serves tills that begin within this time: the pull brings what came since.
const FRESH_MS: i64 = 10 * 60 * 1000;
/// ... as long as that is no more than this.
const FRESH_CHANGES: u64 = 5_000;

/// How a build ended; nothing while it goes on.
type Outcome = Option<Result<(), String>>;

/// Where images lie.
#[derive(Debug)]
pub struct Shelf {
    state: Mutex<State>,
    /// One image is made, or one tenant's rows are counted, at a time: both read everything.
    pub(super) alone: Semaphore,
}

impl Default for Shelf {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            alone: Semaphore::new(1),
        }
    }
}

#[derive(Debug, Default)]
struct State {
    folder: Option<Folder>,
    /// The one that was asked for last is the last.
    images: Vec<Arc<Image>>,
    /// The sums of a tenant's rows as they were after a change.
    counted: HashMap<TenantId, (u64, Sums)>,
    building: HashMap<TenantId, watch::Receiver<Outcome>>,
    tasks: Vec<tokio::task::AbortHandle>,
    closed: bool,
}

/// Beside the database where it is a file, else a temporary one.
#[derive(Debug)]
enum Folder {
    Beside(PathBuf),
    Temporary(TempDir),
}

impl Folder {
    fn open(database: Option<&Path>) -> std::io::Result<Self> {
        let Some(database) = database else {
            let folder = tempfile::Builder::new()
                .prefix("counterfoil-images-")
                .tempdir()?;
            return Ok(Self::Temporary(folder));
        };
        let mut name = database.as_os_str().to_owned();
        name.push(".images");
        let folder = PathBuf::from(name);
        // What an earlier run left is of no use: nobody knows its fingerprints any more.
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            // Images hold the shops' customers.
            builder.mode(0o700);
        }
        builder.create(&folder)?;
        Ok(Self::Beside(folder))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Beside(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

/// One image.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) tenant: TenantId,
    pub(super) path: PathBuf,
    pub(super) offer: ImageOffer,
    made_at: UnixMs,
}

impl Drop for Image {
    fn drop(&mut self) {
        // Whoever still reads it reads on; the folder is emptied at the next start at the latest.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Shelf {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An image by its name.
    pub(super) fn find(&self, tenant: TenantId, id: Uuid) -> Option<Arc<Image>> {
        let mut state = self.state();
        let place = state
            .images
            .iter()
            .position(|i| i.tenant == tenant && i.offer.id == id)?;
        let image = state.images.remove(place);
        state.images.push(Arc::clone(&image));
        Some(image)
    }

    /// The image that a download began with, else a fresh one, if there is one that serves.
    pub(super) fn serving(
        &self,
        hub: &Hub,
        tenant: TenantId,
        query: &ImageQuery,
        head: u64,
    ) -> Option<ImageOffer> {
        let fits = |offer: &ImageOffer| offer.epoch == hub.epoch && offer.seq >= query.at_least;
        if let Some(begun) = query.resume.and_then(|id| self.find(tenant, id))
            && fits(&begun.offer)
        {
            return Some(begun.offer.clone());
        }
        let now = hub.now();
        let fresh = |image: &Image| {
            now.0 - image.made_at.0 <= FRESH_MS
                && head.saturating_sub(image.offer.seq) <= FRESH_CHANGES
        };
        self.state()
            .images
            .iter()
            .filter(|i| i.tenant == tenant && fits(&i.offer) && fresh(i))
            .max_by_key(|i| i.offer.seq)
            .map(|i| i.offer.clone())
    }

    /// The sums that were counted after this very change.
    pub(super) fn counted(&self, tenant: TenantId, seq: u64) -> Option<Sums> {
        let (at, sums) = self.state().counted.get(&tenant).copied()?;
        (at == seq).then_some(sums)
    }

    /// Keeps a count for whoever asks next.
    pub(super) fn count(&self, tenant: TenantId, seq: u64, sums: Sums) {
        self.state().counted.insert(tenant, (seq, sums));
    }

    /// Begins to make an image where nobody does so for this tenant; the receiver hears how it ends, whoever stops waiting.
    pub(super) fn begin(&self, hub: &Hub, tenant: TenantId) -> watch::Receiver<Outcome> {
        let mut state = self.state();
        if let Some(going_on) = state.building.get(&tenant) {
            return going_on.clone();
        }
        let (tell, told) = watch::channel(None);
        if state.closed {
            tell.send_replace(Some(Err("the hub is stopping".to_owned())));
            return told;
        }
        state.building.insert(tenant, told.clone());
        state.tasks.retain(|task| !task.is_finished());
        let hub = hub.clone();
        let task = tokio::spawn(async move {
            let outcome = make(&hub, tenant).await;
            let outcome = match outcome {
                Ok(image) => {
                    hub.images.put(image);
                    Ok(())
                }
                Err(failure) => Err(failure.cause.unwrap_or_default()),
            };
            hub.images.state().building.remove(&tenant);
            tell.send_replace(Some(outcome));
        });
        state.tasks.push(task.abort_handle());
        told
    }

    fn put(&self, image: Image) {
        let mut state = self.state();
        state.images.push(Arc::new(image));
        while state.images.len() > IMAGES_MAX
            || (state.images.len() > 1
                && state.images.iter().map(|i| i.offer.bytes).sum::<u64>() > BYTES_MAX)
        {
            state.images.remove(0);
        }
    }

    fn folder(&self, hub: &Hub) -> Result<PathBuf, Failure> {
        let mut state = self.state();
        if state.folder.is_none() {
            state.folder = Some(Folder::open(hub.db.path()).map_err(Failure::internal)?);
        }
        state
            .folder
            .as_ref()
            .map(|folder| folder.path().to_owned())
            .ok_or_else(|| Failure::internal("no folder for images"))
    }

    /// Ends what is being made, so that the database can be closed.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        for task in state.tasks.drain(..) {
            task.abort();
        }
    }
}

async fn make(hub: &Hub, tenant: TenantId) -> Result<Image, Failure> {
    let _alone = hub
        .images
        .alone
        .acquire()
        .await
        .map_err(Failure::internal)?;
    let folder = hub.images.folder(hub)?;
    let id = build::name(hub);
    let (plain, packed) = (
        folder.join(format!("{id}.db")),
        folder.join(format!("{id}.gz")),
    );
    let began = std::time::Instant::now();
    let outcome = build::make(hub, tenant, &plain, &packed).await;
    let made = match outcome {
        Ok(made) => made,
        Err(failure) => {
            for half in [&plain, &packed] {
                // It may not even have been begun.
                let _ = std::fs::remove_file(half);
            }
            tracing::error!(cause = failure.cause, "an image could not be made");
            return Err(failure);
        }
    };
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(seq = made.seq, bytes = made.bytes, ms, "an image was made");
    Ok(Image {
        tenant,
        path: packed,
        offer: ImageOffer {
            id,
            epoch: hub.epoch,
            seq: made.seq,
            schema: build::schema(),
            bytes: made.bytes,
            sha256: made.sha256,
            unpacked_bytes: made.unpacked_bytes,
        },
        made_at: hub.now(),
    })
}
