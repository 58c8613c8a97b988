//! Bootstrap: a new till takes the shop as one image and pulls on from there; so does a till whose rows turned out to differ.

use std::time::{Duration, Instant};

use counterfoil_protocol::image::{ImageOffer, ImageQuery, ImageReply};
use counterfoil_store::{Cursor, Packed, Store, StoreError};

use crate::client::{HubClient, HubCredentials, Piece};
use crate::error::{HubError, SyncError};
use crate::http::Transport;
use crate::plan::{Pieces, Why};
use crate::status::{Phase, Progress};
use crate::steps::blocking;

/// What an attempt to take an image came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boot {
    /// There is none to be had here: pull.
    PullInstead,
    /// The hub is still making it; ask again.
    Making {
        /// After this long.
        wait: Duration,
    },
    /// The image was of no use any more and is given up; ask for another.
    Gone,
    /// It is the database now.
    Installed(Cursor),
}

/// Told how far it is.
pub type Tell<'a> = dyn Fn(Progress) + Send + Sync + 'a;

/// Asks for an image, downloads what is missing of it, proves it, and puts it in the database's place. May be broken off
/// anywhere; the next attempt goes on from what has come.
///
/// # Errors
/// When the hub cannot be reached or refuses, or the disk fails. Nothing is lost by that.
pub async fn bootstrap_once<T: Transport>(
    store: &Store,
    client: &HubClient<T>,
    by: &HubCredentials,
    why: Why,
    pieces: Pieces,
    tell: &Tell<'_>,
) -> Result<Boot, SyncError> {
    if !blocking(store, Store::takes_images).await? {
        return Ok(Boot::PullInstead);
    }
    let query = blocking(store, move |s| {
        Ok(ImageQuery {
            resume: s.image_begun()?,
            at_least: s.cursor()?.seq,
            repair: why == Why::Repair,
        })
    })
    .await?;
    let offer = match client.image(query, by).await {
        Ok(ImageReply::Ready(offer)) => offer,
        Ok(ImageReply::Making { retry_after_s }) => {
            tell(Progress::of(Phase::Preparing, 0, 0));
            return Ok(Boot::Making {
                wait: Duration::from_secs(retry_after_s.clamp(1, 60)),
            });
        }
        Ok(ImageReply::Pull) => return Ok(Boot::PullInstead),
        // A hub that is older than images.
        Err(HubError::Refused { status: 404, .. }) => return Ok(Boot::PullInstead),
        Err(error) => return Err(error.into()),
    };
    if offer.schema > Store::schema_known() {
        return newer(why);
    }
    let outcome = take(store, client, by, &offer, pieces, tell).await;
    match &outcome {
        // What was begun only takes room that selling needs.
        Err(SyncError::Store(StoreError::DiskFull)) => {
            blocking(store, Store::drop_images).await?;
        }
        Err(SyncError::Store(error)) if error.code() == "image_refused" => {
            blocking(store, Store::drop_images).await?;
            // A pull tells why, e.g. that the hub was restored.
            return Ok(Boot::PullInstead);
        }
        _ => {}
    }
    outcome
}

/// A newer hub's image is not for this program. Its changes still are; only a repair must wait for the update.
fn newer(why: Why) -> Result<Boot, SyncError> {
    match why {
        Why::New | Why::Behind => Ok(Boot::PullInstead),
        Why::Repair => Err(HubError::Refused {
            status: 426,
            code: "UPGRADE_REQUIRED".to_owned(),
            message: "the hub's data is newer than this program: update it".to_owned(),
            retry_after_s: None,
        }
        .into()),
    }
}

async fn take<T: Transport>(
    store: &Store,
    client: &HubClient<T>,
    by: &HubCredentials,
    offer: &ImageOffer,
    mut pieces: Pieces,
    tell: &Tell<'_>,
) -> Result<Boot, SyncError> {
    let id = offer.id;
    let mut part = blocking(store, move |s| s.open_image_part(id)).await?;
    while part.bytes() < offer.bytes {
        tell(Progress::of(Phase::Downloading, part.bytes(), offer.bytes));
        let (from, left) = (part.bytes(), offer.bytes - part.bytes());
        let began = Instant::now();
        let asked = pieces.next().min(left);
        let piece = match client.piece(offer.id, from, asked, by).await {
            Ok(Piece::Bytes(bytes)) => bytes,
            Ok(Piece::Gone) => {
                blocking(store, Store::drop_images).await?;
                return Ok(Boot::Gone);
            }
            Err(error @ HubError::Unreachable(_)) if pieces.shrink() => {
                tracing::debug!(%error, "a piece of the image did not come; a smaller one is asked for");
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        pieces.came(began.elapsed());
        part = blocking(store, move |_| {
            part.append(&piece)?;
            Ok(part)
        })
        .await?;
    }
    let packed = Packed {
        bytes: offer.bytes,
        sha256: offer.sha256.clone(),
        unpacked_bytes: offer.unpacked_bytes,
    };
    unpack(store, part, packed, tell).await?;
    tell(Progress::of(
        Phase::Installing,
        offer.unpacked_bytes,
        offer.unpacked_bytes,
    ));
    let cursor = blocking(store, Store::install_image).await?;
    tracing::info!(seq = cursor.seq, "an image of the shop was installed");
    Ok(Boot::Installed(cursor))
}

/// Unpacks on a thread that may block, and tells how far it is from this one.
async fn unpack(
    store: &Store,
    part: counterfoil_store::ImagePart,
    packed: Packed,
    tell: &Tell<'_>,
) -> Result<(), SyncError> {
    let total = packed.unpacked_bytes;
    let (here, mut there) = tokio::sync::watch::channel(0_u64);
    let work = blocking(store, move |_| {
        part.unpack(&packed, |done| {
            here.send_replace(done);
        })
    });
    tokio::pin!(work);
    loop {
        let done = *there.borrow_and_update();
        tell(Progress::of(Phase::Unpacking, done, total));
        tokio::select! {
            outcome = &mut work => return outcome,
            // The sender goes when the work is over.
            changed = there.changed() => if changed.is_err() { return work.await },
        }
    }
}
