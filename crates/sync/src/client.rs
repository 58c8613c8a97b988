//! The hub's calls, typed. Each sends one request and reads one envelope.

use std::fmt::Write as _;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use counterfoil_protocol::auth::{LoginRequest, RegisterRequest, TokenReply};
use counterfoil_protocol::image::{ImageQuery, ImageReply, PIECE_BYTES_MAX, SumsReply};
use counterfoil_protocol::pairing::{PairReply, PairRequest, PairingCode};
use counterfoil_protocol::sync::{
    PROTOCOL, PROTOCOL_HEADER, PullQuery, PullReply, PushReply, PushRequest, SIGNATURE_HEADER,
};
use counterfoil_protocol::{ApiError, Reply};
use ed25519_dalek::{Signer, SigningKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::HubError;
use crate::http::{Method, Request, Response, Transport};

/// What a paired till presents.
#[derive(Clone)]
pub struct HubCredentials {
    /// The hub's base address.
    pub base_url: String,
    /// Bearer token of the device.
    pub device_token: String,
    /// The device's own key, with which it signs what it pushes.
    pub signing_key: SigningKey,
}

impl std::fmt::Debug for HubCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubCredentials")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

/// A piece of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Its bytes; fewer than asked for where something in between cut them.
    Bytes(Vec<u8>),
    /// The hub does not have this image any more.
    Gone,
}

/// A hub behind a transport.
#[derive(Debug, Clone)]
pub struct HubClient<T> {
    transport: T,
}

impl<T: Transport> HubClient<T> {
    /// A client over a transport.
    pub const fn new(transport: T) -> Self {
        Self { transport }
    }

    /// Registers an owner and their shop. `key` makes the call safe to repeat.
    ///
    /// # Errors
    /// As every call: see [`HubError`].
    pub async fn register(
        &self,
        request: &RegisterRequest,
        key: &str,
    ) -> Result<TokenReply, HubError> {
        self.post("/api/v1/auth/register", request, None, key).await
    }

    /// Logs an owner in.
    ///
    /// # Errors
    /// As every call: see [`HubError`].
    pub async fn login(&self, request: &LoginRequest, key: &str) -> Result<TokenReply, HubError> {
        self.post("/api/v1/auth/login", request, None, key).await
    }

    /// Asks for a one-time pairing code, as an owner.
    ///
    /// # Errors
    /// As every call: see [`HubError`].
    pub async fn pairing_code(
        &self,
        access_token: &str,
        key: &str,
    ) -> Result<PairingCode, HubError> {
        self.post(
            "/api/v1/devices/pairing-codes",
            &serde_json::json!({}),
            Some(access_token),
            key,
        )
        .await
    }

    /// Presents a pairing code.
    ///
    /// # Errors
    /// As every call: see [`HubError`].
    pub async fn pair(&self, request: &PairRequest, key: &str) -> Result<PairReply, HubError> {
        self.post("/api/v1/devices", request, None, key).await
    }

    /// Whether the hub is there and ready.
    ///
    /// # Errors
    /// As every call: see [`HubError`].
    pub async fn ready(&self) -> Result<(), HubError> {
        let request = Request {
            method: Method::Get,
            path: "/health/ready".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let response = self.transport.send(request).await?;
        if response.status == 200 {
            Ok(())
        } else {
            Err(HubError::Unreachable(format!(
                "it answers {} to a health check",
                response.status
            )))
        }
    }

    /// Pushes a batch, signed by the device.
    ///
    /// # Errors
    /// As every call: see [`HubError`].
    pub async fn push(
        &self,
        batch: &PushRequest,
        by: &HubCredentials,
    ) -> Result<PushReply, HubError> {
        let body = to_json(batch)?;
        let signature = BASE64.encode(by.signing_key.sign(&body).to_bytes());
        let mut headers = device_headers(by);
        headers.push((SIGNATURE_HEADER, signature));
        headers.push(("content-type", "application/json".to_owned()));
        headers.push(("content-encoding", "gzip".to_owned()));
        let path = "/api/v1/sync/push".to_owned();
        self.call(Request {
            method: Method::Post,
            path,
            headers,
            body: gzip(&body)?,
        })
        .await
    }

    /// Pulls the changes after a cursor.
    ///
    /// # Errors
    /// As every call: see [`HubError`].
    pub async fn pull(&self, query: PullQuery, by: &HubCredentials) -> Result<PullReply, HubError> {
        let mut path = format!("/api/v1/sync/pull?after={}", query.after);
        // Writing to a String cannot fail.
        if let Some(epoch) = query.epoch {
            let _ = write!(path, "&epoch={epoch}");
        }
        if let Some(limit) = query.limit {
            let _ = write!(path, "&limit={limit}");
        }
        self.get(path, by).await
    }

    /// Asks for an image of the shop.
    ///
    /// # Errors
    /// As every call: see [`HubError`].
    pub async fn image(
        &self,
        query: ImageQuery,
        by: &HubCredentials,
    ) -> Result<ImageReply, HubError> {
        let mut path = format!(
            "/api/v1/sync/image?at_least={}&repair={}",
            query.at_least, query.repair
        );
        if let Some(id) = query.resume {
            // Writing to a String cannot fail.
            let _ = write!(path, "&resume={id}");
        }
        self.get(path, by).await
    }

    /// Downloads a piece of an image: `length` bytes from the byte `from` on.
    ///
    /// # Errors
    /// As every call: see [`HubError`].
    pub async fn piece(
        &self,
        id: Uuid,
        from: u64,
        length: u64,
        by: &HubCredentials,
    ) -> Result<Piece, HubError> {
        let length = length.clamp(1, PIECE_BYTES_MAX);
        let mut headers = device_headers(by);
        headers.push(("range", format!("bytes={from}-{}", from + length - 1)));
        // Of compressed bytes nothing is gained by compressing them again.
        headers.push(("accept-encoding", "identity".to_owned()));
        let request = Request {
            method: Method::Get,
            path: format!("/api/v1/sync/images/{id}"),
            headers,
            body: Vec::new(),
        };
        let response = self.transport.send(request).await?;
        match response.status {
            206 if response.body.is_empty() || response.body.len() as u64 > length => Err(
                HubError::Nonsense("a piece of the image has another length".to_owned()),
            ),
            206 => Ok(Piece::Bytes(response.body)),
            404 | 410 | 416 => Ok(Piece::Gone),
            _ => Err(refusal(&response)),
        }
    }

    /// Asks for the checksums of the hub's rows, where it stands at the change `at` as well.
    ///
    /// # Errors
    /// As every call: see [`HubError`].
    pub async fn sums(&self, at: u64, by: &HubCredentials) -> Result<SumsReply, HubError> {
        self.get(format!("/api/v1/sync/sums?at={at}"), by).await
    }

    async fn get<R: DeserializeOwned>(
        &self,
        path: String,
        by: &HubCredentials,
    ) -> Result<R, HubError> {
        self.call(Request {
            method: Method::Get,
            path,
            headers: device_headers(by),
            body: Vec::new(),
        })
        .await
    }

    async fn post<B: Serialize, R: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
        token: Option<&str>,
        key: &str,
    ) -> Result<R, HubError> {
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("idempotency-key", key.to_owned()),
        ];
        if let Some(token) = token {
            headers.push(("authorization", format!("Bearer {token}")));
        }
        self.call(Request {
            method: Method::Post,
            path: path.to_owned(),
            headers,
            body: to_json(body)?,
        })
        .await
    }

    async fn call<R: DeserializeOwned>(&self, request: Request) -> Result<R, HubError> {
        let response = self.transport.send(request).await?;
        match serde_json::from_slice::<Reply<R>>(&response.body) {
            Ok(Reply::Ok { data, .. }) if (200..300).contains(&response.status) => Ok(data),
            _ => Err(refusal(&response)),
        }
    }
}

/// What an answer says that holds nothing of what was asked for.
fn refusal(response: &Response) -> HubError {
    match serde_json::from_slice::<Reply<serde::de::IgnoredAny>>(&response.body) {
        Ok(Reply::Err {
            error: ApiError { code, message, .. },
            ..
        }) => HubError::Refused {
            status: response.status,
            code,
            message,
            retry_after_s: response.retry_after_s,
        },
        // A proxy in between answers without our envelope; its status still tells whether to wait.
        _ if matches!(response.status, 429 | 502..=504) => HubError::Refused {
            status: response.status,
            code: "SERVICE_UNAVAILABLE".to_owned(),
            message: "a gateway before the hub asks to wait".to_owned(),
            retry_after_s: response.retry_after_s,
        },
        Ok(Reply::Ok { .. }) | Err(_) => HubError::Nonsense(format!(
            "status {} without a hub's envelope",
            response.status
        )),
    }
}

fn device_headers(by: &HubCredentials) -> Vec<(&'static str, String)> {
    vec![
        ("authorization", format!("Bearer {}", by.device_token)),
        (PROTOCOL_HEADER, PROTOCOL.to_string()),
    ]
}

fn to_json<B: Serialize>(body: &B) -> Result<Vec<u8>, HubError> {
    serde_json::to_vec(body)
        .map_err(|e| HubError::Nonsense(format!("the request cannot be written: {e}")))
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>, HubError> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .map_err(|e| HubError::Nonsense(format!("the request cannot be compressed: {e}")))
}
