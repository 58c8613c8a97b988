//! A small store that speaks S3, on loopback: whole objects, uploads in parts, and faults that a story holds in its hand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use counterfoil_hub::backup::Shelf;
use tokio::net::TcpListener;

const KEY: &str = "story-key";

#[derive(Default)]
struct Store {
    objects: BTreeMap<String, Bytes>,
    uploads: BTreeMap<String, BTreeMap<u32, Bytes>>,
    /// Keys in the order in which they became whole.
    arrived: Vec<String>,
    parts: usize,
    refuses_writes: bool,
}

/// A bucket.
#[derive(Clone, Default)]
pub struct Bucket(Arc<Mutex<Store>>);

impl Bucket {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap()
    }

    /// The keys in the order in which they arrived.
    pub fn arrived(&self) -> Vec<String> {
        self.store().arrived.clone()
    }

    /// How many parts of uploads came.
    pub fn parts(&self) -> usize {
        self.store().parts
    }

    /// Whether it takes nothing.
    pub fn refuse_writes(&self, refuses: bool) {
        self.store().refuses_writes = refuses;
    }

    /// Spoils one byte of an object.
    pub fn spoil(&self, ending: &str) {
        let mut store = self.store();
        let found = store.objects.iter_mut().find(|(k, _)| k.ends_with(ending));
        let (_, object) = found.expect("the object is there");
        let mut bytes = object.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
        *object = bytes.into();
    }

    /// Serves it and opens a shelf in it.
    pub async fn shelf(&self) -> Shelf {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::disable())
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let settings = [
            ("AWS_ACCESS_KEY_ID", KEY),
            ("AWS_SECRET_ACCESS_KEY", "story-secret"),
            ("AWS_REGION", "here"),
            ("AWS_ENDPOINT_URL", &url),
            ("AWS_ALLOW_HTTP", "true"),
            // The hub's environment holds other things too.
            ("HOME", "/root"),
        ];
        let settings = settings.map(|(k, v)| (k.to_owned(), v.to_owned()));
        Shelf::open("s3://shop-backups/hub/lima", settings).unwrap()
    }
}

fn query(uri: &Uri, name: &str) -> Option<String> {
    let pairs = uri.query()?.split('&');
    let mut pairs = pairs.map(|p| p.split_once('=').unwrap_or((p, "")));
    let (_, value) = pairs.find(|(n, _)| *n == name)?;
    Some(value.replace("%2F", "/"))
}

async fn answer(
    State(bucket): State<Bucket>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let signed = headers.get(header::AUTHORIZATION);
    let signed = signed.and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !signed.contains(&format!("Credential={KEY}/")) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let key = path.split_once('/').map_or("", |(_, key)| key).to_owned();
    let mut store = bucket.store();
    let writes = method == Method::PUT || method == Method::POST;
    if writes && store.refuses_writes {
        return (
            StatusCode::FORBIDDEN,
            "<Error><Code>AccessDenied</Code></Error>",
        )
            .into_response();
    }
    let upload = query(&uri, "uploadId");
    match (method.as_str(), upload) {
        ("GET", _) if key.is_empty() => list(&store, &query(&uri, "prefix").unwrap_or_default()),
        ("GET" | "HEAD", _) => match store.objects.get(&key) {
            None => (
                StatusCode::NOT_FOUND,
                "<Error><Code>NoSuchKey</Code></Error>",
            )
                .into_response(),
            Some(bytes) => {
                let facts = [
                    (header::ETAG, "\"1\"".to_owned()),
                    (
                        header::LAST_MODIFIED,
                        "Mon, 05 Jan 2026 17:00:00 GMT".to_owned(),
                    ),
                    (header::CONTENT_LENGTH, bytes.len().to_string()),
                ];
                (facts, bytes.clone()).into_response()
            }
        },
        ("PUT", Some(id)) => {
            let number = query(&uri, "partNumber").unwrap().parse().unwrap();
            store.parts += 1;
            store.uploads.get_mut(&id).unwrap().insert(number, body);
            [(header::ETAG, "\"1\"")].into_response()
        }
        ("PUT", None) => {
            store.objects.insert(key.clone(), body);
            store.arrived.push(key);
            [(header::ETAG, "\"1\"")].into_response()
        }
        ("POST", None) => {
            let id = format!("upload-{}", store.uploads.len());
            store.uploads.insert(id.clone(), BTreeMap::new());
            format!("<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>")
                .into_response()
        }
        ("POST", Some(id)) => {
            let parts = store.uploads.remove(&id).unwrap();
            let whole: Vec<u8> = parts.values().flat_map(|p| p.to_vec()).collect();
            store.objects.insert(key.clone(), whole.into());
            store.arrived.push(key);
            "<CompleteMultipartUploadResult><ETag>\"1\"</ETag></CompleteMultipartUploadResult>"
                .into_response()
        }
        ("DELETE", None) => {
            store.objects.remove(&key);
            StatusCode::NO_CONTENT.into_response()
        }
        ("DELETE", Some(id)) => {
            store.uploads.remove(&id);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

fn list(store: &Store, prefix: &str) -> Response {
    let mut text = "<ListBucketResult><IsTruncated>false</IsTruncated>".to_owned();
    for (key, bytes) in store.objects.iter().filter(|(k, _)| k.starts_with(prefix)) {
        let size = bytes.len();
        text.push_str(&format!(
            "<Contents><Key>{key}</Key><LastModified>2026-01-05T17:00:00.000Z</LastModified>\
             <ETag>\"1\"</ETag><Size>{size}</Size></Contents>"
        ));
    }
    text.push_str("</ListBucketResult>");
    text.into_response()
}
