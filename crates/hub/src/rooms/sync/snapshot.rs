//! Bootstrap: one compressed SQLite image of a shop for a new till, which then continues with the pull.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use counterfoil_domain::{EntityRow, TenantId};
use counterfoil_protocol::sync::{Change, Row};
use flate2::Compression;
use flate2::write::GzEncoder;
use sqlx::AnyConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Row as _};
use tokio::sync::Mutex;

use crate::Hub;
use crate::http::{Current, Failure, Paired};
use crate::ledger::lacks_booking;

/// So many shops' images are kept for tills that resume a download.
const IMAGES_MAX: usize = 8;
const READ_AT_ONCE: i64 = 250;

/// The images made last.
#[derive(Debug, Default)]
pub struct Snapshots(Mutex<HashMap<TenantId, Arc<Image>>>);

#[derive(Debug)]
struct Image {
    etag: String,
    seq: u64,
    bytes: Bytes,
}

/// Serves the image, whole or from where a download broke off.
pub(super) async fn snapshot(
    State(hub): State<Hub>,
    _: Current,
    device: Paired,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    device.in_good_standing()?;
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
    let image = find(&hub, device.tenant, text(header::IF_RANGE)).await?;
    let resumes = text(header::IF_RANGE).is_none_or(|etag| etag == image.etag);
    let range = text(header::RANGE)
        .filter(|_| resumes)
        .map(|range| first_byte(range, image.bytes.len()));
    let (status, from) = match range {
        None => (StatusCode::OK, 0),
        Some(Some(from)) => (StatusCode::PARTIAL_CONTENT, from),
        Some(None) => (StatusCode::RANGE_NOT_SATISFIABLE, image.bytes.len()),
    };
    let mut response = Response::new(Body::from(image.bytes.slice(from..)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/gzip"),
    );
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(
        header::ETAG,
        HeaderValue::from_str(&image.etag).map_err(Failure::internal)?,
    );
    let whole = image.bytes.len();
    let range = match status {
        StatusCode::PARTIAL_CONTENT => {
            Some(format!("bytes {from}-{}/{whole}", whole.saturating_sub(1)))
        }
        StatusCode::RANGE_NOT_SATISFIABLE => Some(format!("bytes */{whole}")),
        _ => None,
    };
    if let Some(range) = range {
        headers.insert(
            header::CONTENT_RANGE,
            HeaderValue::from_str(&range).map_err(Failure::internal)?,
        );
    }
    Ok(response)
}

/// The place of `bytes=N-` within a file of this length; other kinds of ranges are not served.
fn first_byte(range: &str, length: usize) -> Option<usize> {
    let from: usize = range
        .strip_prefix("bytes=")?
        .strip_suffix('-')?
        .parse()
        .ok()?;
    (from < length).then_some(from)
}

/// The image a download began with, else one of the newest state.
async fn find(hub: &Hub, tenant: TenantId, resumed: Option<&str>) -> Result<Arc<Image>, Failure> {
    // Held while an image is made: two tills that start together share it.
    let mut images = hub.snapshots.0.lock().await;
    let mut tx = hub.db.read().await?;
    let row = sqlx::query(include_str!("sql/find_head.sql"))
        .bind(tenant.to_string())
        .fetch_one(&mut *tx)
        .await?;
    let seq = row.try_get::<i64, _>("head")?.cast_unsigned();
    if let Some(image) = images
        .get(&tenant)
        .filter(|i| i.seq == seq || resumed == Some(i.etag.as_str()))
    {
        return Ok(Arc::clone(image));
    }
    let folder = tempfile::tempdir().map_err(Failure::internal)?;
    let path = folder.path().join("snapshot.db");
    write_image(&mut tx, hub, tenant, seq, &path).await?;
    let bytes = tokio::task::spawn_blocking(move || compress(&path))
        .await
        .map_err(Failure::internal)?;
    let image = Arc::new(Image {
        etag: format!("\"{}-{seq}\"", hub.epoch),
        seq,
        bytes: bytes.map_err(Failure::internal)?.into(),
    });
    if images.len() >= IMAGES_MAX {
        images.clear();
    }
    images.insert(tenant, Arc::clone(&image));
    Ok(image)
}

fn compress(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    std::io::copy(&mut std::fs::File::open(path)?, &mut encoder)?;
    encoder.flush()?;
    encoder.finish()
}

async fn write_image(
    tx: &mut AnyConnection,
    hub: &Hub,
    tenant: TenantId,
    seq: u64,
    path: &Path,
) -> Result<(), Failure> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true);
    let mut image = SqliteConnection::connect_with(&options).await?;
    // The file is thrown away when it is not finished.
    sqlx::raw_sql("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY;")
        .execute(&mut image)
        .await?;
    sqlx::raw_sql(include_str!("sql/create_snapshot.sql"))
        .execute(&mut image)
        .await?;
    let mut out = image.begin().await?;
    sqlx::query("INSERT INTO snapshot_meta (epoch, seq, tenant_id) VALUES ($1, $2, $3)")
        .bind(hub.epoch.to_string())
        .bind(seq.cast_signed())
        .bind(tenant.to_string())
        .execute(&mut *out)
        .await?;
    let mut position = 0_i64;
    for row in read_entities(tx, tenant).await? {
        position += 1;
        insert_row(&mut out, position, &Row::Entity(row)).await?;
    }
    let mut after = 0_i64;
    loop {
        let rows = sqlx::query(include_str!("sql/list_changes.sql"))
            .bind(tenant.to_string())
            .bind(after)
            .bind(READ_AT_ONCE)
            .fetch_all(&mut *tx)
            .await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            after = row.try_get("seq")?;
            let change: Change = serde_json::from_str(&row.try_get::<String, _>("body")?)
                .map_err(Failure::internal)?;
            for row in change.rows.iter().filter(|r| matches!(r, Row::Fact(_))) {
                position += 1;
                insert_row(&mut out, position, row).await?;
            }
        }
    }
    out.commit().await?;
    image.close().await?;
    Ok(())
}

async fn insert_row(out: &mut SqliteConnection, position: i64, row: &Row) -> Result<(), Failure> {
    sqlx::query("INSERT INTO snapshot_rows (position, row) VALUES ($1, $2)")
        .bind(position)
        .bind(serde_json::to_string(row).map_err(Failure::internal)?)
        .execute(out)
        .await?;
    Ok(())
}

async fn read_entities(
    tx: &mut AnyConnection,
    tenant: TenantId,
) -> Result<Vec<EntityRow>, Failure> {
    let rows = sqlx::query(include_str!("sql/list_entities.sql"))
        .bind(tenant.to_string())
        .fetch_all(tx)
        .await?;
    rows.iter()
        .map(|row| {
            let kind = serde_json::Value::String(row.try_get("kind")?);
            Ok(EntityRow {
                kind: serde_json::from_value(kind).map_err(Failure::internal)?,
                id: crate::http::extract::uuid_of(row, "entity_id")?,
                fields: serde_json::from_str(&row.try_get::<String, _>("body")?)
                    .map_err(Failure::internal)?,
                deleted: row.try_get::<i64, _>("deleted")? != 0,
            })
        })
        .filter(|row| !row.as_ref().is_ok_and(lacks_booking))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_begins_within_the_file() {
        assert_eq!(first_byte("bytes=0-", 10), Some(0));
        assert_eq!(first_byte("bytes=9-", 10), Some(9));
        for bad in ["bytes=10-", "bytes=-5", "bytes=1-3", "lines=1-", ""] {
            assert_eq!(first_byte(bad, 10), None, "{bad}");
        }
    }
}
