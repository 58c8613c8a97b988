//! The narrow door to the network: one request, one answer. A simulation puts another network behind it.

use std::future::Future;
use std::time::Duration;

use crate::error::HubError;

/// A request to the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: Method,
    /// Path and query below the hub's address, e.g. `/api/v1/sync/push`.
    pub path: String,
    /// Headers by lower-case name.
    pub headers: Vec<(&'static str, String)>,
    /// Body, as it goes over the wire.
    pub body: Vec<u8>,
}

/// The methods a till uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Write.
    Post,
}

/// The hub's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Seconds of a `Retry-After` header.
    pub retry_after_s: Option<u64>,
    /// Body, decompressed.
    pub body: Vec<u8>,
}

/// A network.
pub trait Transport: Send + Sync + 'static {
    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// [`HubError::Unreachable`] when there was none.
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, HubError>> + Send;
}

/// The real network.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    base: String,
    http: reqwest::Client,
}

/// The largest answer that is read, so that a hub that answers nonsense cannot fill the memory: 64 MiB.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

impl HttpTransport {
    /// A transport to a hub's base address, e.g. `https://hub.example`.
    ///
    /// # Errors
    /// When the system's TLS cannot be set up.
    pub fn new(base: &str) -> Result<Self, HubError> {
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|e| HubError::Unreachable(e.to_string()))?;
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            http,
        })
    }
}

/// An error's causes without the address it concerned: addresses may carry what logs must not.
fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl Transport for HttpTransport {
    async fn send(&self, request: Request) -> Result<Response, HubError> {
        let url = format!("{}{}", self.base, request.path);
        let mut builder = match request.method {
            Method::Get => self.http.get(url),
            Method::Post => self.http.post(url).body(request.body),
        };
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        let mut response = builder
            .send()
            .await
            .map_err(|e| HubError::Unreachable(causes(e)))?;
        let retry_after_s = response
            .headers()
            .get("retry-after")
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.parse().ok());
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|e| HubError::Unreachable(causes(e)))?
        {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(HubError::Nonsense(
                    "the answer is larger than any answer of a hub".to_owned(),
                ));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response {
            status,
            retry_after_s,
            body,
        })
    }
}
