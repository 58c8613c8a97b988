//! Offers images, hands their bytes out piece by piece, and tells the checksums of a tenant's rows.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use counterfoil_domain::table::Sums;
use counterfoil_domain::{DeviceId, TenantId};
use counterfoil_protocol::ErrorCode;
use counterfoil_protocol::image::{ImageQuery, ImageReply, PIECE_BYTES_MAX, SumsReply};
use serde::Deserialize;
use sqlx::Row as _;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use uuid::Uuid;

use super::rows::{Nowhere, walk};
use crate::Hub;
use crate::http::extract::uuid_of;
use crate::http::{Answer, Current, Failure, Paired};

/// How long a request waits for an image to be made before it says to ask again.
const WAIT: Duration = Duration::from_secs(10);
const ASK_AGAIN_S: u64 = 2;
const CHUNK_BYTES: u64 = 64 * 1024;

#[derive(Deserialize)]
pub(in crate::rooms::sync) struct Wanted {
    resume: Option<String>,
    at_least: Option<String>,
    repair: Option<String>,
}

impl Wanted {
    fn read(&self) -> Result<ImageQuery, Failure> {
        let resume = self.resume.as_deref().map(Uuid::parse_str).transpose();
        let at_least = self.at_least.as_deref().unwrap_or("0").parse();
        let repair = self.repair.as_deref().unwrap_or("false").parse();
        Ok(ImageQuery {
            resume: resume.map_err(|_| Failure::field("resume", "uuid"))?,
            at_least: at_least.map_err(|_| Failure::field("at_least", "number"))?,
            repair: repair.map_err(|_| Failure::field("repair", "boolean"))?,
        })
    }
}

/// Offers an image, making one where none serves.
pub(in crate::rooms::sync) async fn offer(
    State(hub): State<Hub>,
    _: Current,
    device: Paired,
    Query(wanted): Query<Wanted>,
) -> Result<Answer, Failure> {
    device.in_good_standing()?;
    let query = wanted.read()?;
    let head = head(&hub, device.tenant).await?;
    // A till that is ahead of this hub learns from a pull that the hub was restored.
    let small = head < hub.config.image_from_changes && !query.repair;
    if small || query.at_least > head {
        return Answer::ok(&ImageReply::Pull);
    }
    if let Some(ready) = hub.images.serving(&hub, device.tenant, &query, head) {
        return Answer::ok(&ImageReply::Ready(ready));
    }
    let mut made = hub.images.begin(&hub, device.tenant);
    let outcome = match tokio::time::timeout(WAIT, made.wait_for(Option::is_some)).await {
        Ok(Ok(outcome)) => outcome.clone(),
        // It goes on, or was broken off by the hub's end.
        Ok(Err(_)) | Err(_) => None,
    };
    if let Some(Err(cause)) = outcome {
        return Err(Failure::internal(cause));
    }
    let ready = hub.images.serving(&hub, device.tenant, &query, head);
    Answer::ok(&ready.map_or(
        ImageReply::Making {
            retry_after_s: ASK_AGAIN_S,
        },
        ImageReply::Ready,
    ))
}

async fn head(hub: &Hub, tenant: TenantId) -> Result<u64, Failure> {
    let row = sqlx::query(include_str!("../sql/find_head.sql"))
        .bind(tenant.to_string())
        .fetch_one(hub.db.reader())
        .await?;
    Ok(row.try_get::<i64, _>("head")?.cast_unsigned())
}

/// Hands out a piece of an image, or the whole of it.
pub(in crate::rooms::sync) async fn bytes(
    State(hub): State<Hub>,
    _: Current,
    device: Paired,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    device.in_good_standing()?;
    let id = Uuid::parse_str(&id).map_err(|_| Failure::new(ErrorCode::NotFound))?;
    let image = hub
        .images
        .find(device.tenant, id)
        .ok_or_else(|| Failure::new(ErrorCode::NotFound))?;
    let whole = image.offer.bytes;
    let range = headers.get(header::RANGE).map(|v| v.to_str().unwrap_or(""));
    let (status, from, length) = match range {
        None => (StatusCode::OK, 0, whole),
        Some(range) => match piece(range, whole) {
            Some((from, length)) => (StatusCode::PARTIAL_CONTENT, from, length),
            None => (StatusCode::RANGE_NOT_SATISFIABLE, 0, 0),
        },
    };
    let mut file = tokio::fs::File::open(&image.path)
        .await
        .map_err(Failure::internal)?;
    file.seek(std::io::SeekFrom::Start(from))
        .await
        .map_err(Failure::internal)?;
    let mut response = Response::new(Body::from_stream(chunks(file, length)));
    *response.status_mut() = status;
    let set = |text: String| HeaderValue::from_str(&text).map_err(Failure::internal);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/gzip"),
    );
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::ETAG, set(format!("\"{}\"", image.offer.sha256))?);
    if status != StatusCode::OK {
        let range = if length == 0 {
            format!("bytes */{whole}")
        } else {
            format!("bytes {from}-{}/{whole}", from + length - 1)
        };
        headers.insert(header::CONTENT_RANGE, set(range)?);
    }
    Ok(response)
}

fn chunks(
    file: tokio::fs::File,
    length: u64,
) -> impl futures::Stream<Item = std::io::Result<Bytes>> {
    futures::stream::try_unfold((file, length), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut chunk = vec![0; usize::try_from(left.min(CHUNK_BYTES)).unwrap_or(0)];
        file.read_exact(&mut chunk).await?;
        let left = left - chunk.len() as u64;
        Ok(Some((Bytes::from(chunk), (file, left))))
    })
}

/// Where `bytes=A-B` or `bytes=A-` begins within a file, and its length; other kinds of ranges are not served.
fn piece(range: &str, whole: u64) -> Option<(u64, u64)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let from: u64 = from.parse().ok()?;
    let end = match to {
        "" => whole,
        to => to.parse::<u64>().ok()?.checked_add(1)?.min(whole),
    };
    let length = end.checked_sub(from).filter(|length| *length > 0)?;
    Some((from, length.min(PIECE_BYTES_MAX)))
}

#[derive(Deserialize)]
pub(in crate::rooms::sync) struct At {
    at: Option<String>,
}

/// Tells the checksums of a tenant's rows at its newest change, to a till that stands there.
pub(in crate::rooms::sync) async fn sums(
    State(hub): State<Hub>,
    _: Current,
    device: Paired,
    Query(at): Query<At>,
) -> Result<Answer, Failure> {
    device.in_good_standing()?;
    let at = at.at.as_deref().map(str::parse::<u64>).transpose();
    let at = at.map_err(|_| Failure::field("at", "number"))?;
    let seq = head(&hub, device.tenant).await?;
    let answer = |seq, sums: Option<Sums>| {
        Answer::ok(&SumsReply {
            epoch: hub.epoch,
            seq,
            sums: serde_json::to_value(sums).map_err(Failure::internal)?,
        })
    };
    // Nothing to compare: reading every row would be for nothing.
    if at.is_some_and(|at| at != seq) {
        return answer(seq, None);
    }
    if let Some(sums) = hub.images.counted(device.tenant, seq) {
        return answer(seq, Some(sums));
    }
    let _alone = hub
        .images
        .alone
        .acquire()
        .await
        .map_err(Failure::internal)?;
    // Another till may have asked meanwhile.
    if let Some(sums) = hub.images.counted(device.tenant, seq) {
        return answer(seq, Some(sums));
    }
    let mut tx = hub.db.read().await?;
    let row = sqlx::query(include_str!("sql/find_tenant.sql"))
        .bind(device.tenant.to_string())
        .fetch_one(&mut *tx)
        .await?;
    let seq = row.try_get::<i64, _>("head")?.cast_unsigned();
    let hub_device = DeviceId(uuid_of(&row, "hub_device_id")?);
    let sums = walk(&mut tx, device.tenant, hub_device, &mut Nowhere).await?;
    hub.images.count(device.tenant, seq, sums);
    answer(seq, Some(sums))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_lies_within_the_file() {
        assert_eq!(piece("bytes=0-", 10), Some((0, 10)));
        assert_eq!(piece("bytes=2-4", 10), Some((2, 3)));
        assert_eq!(piece("bytes=9-99", 10), Some((9, 1)));
        for bad in [
            "bytes=10-",
            "bytes=-5",
            "bytes=4-3",
            "lines=1-",
            "",
            "bytes=1-18446744073709551615",
        ] {
            assert_eq!(piece(bad, 10), None, "{bad}");
        }
    }
}
