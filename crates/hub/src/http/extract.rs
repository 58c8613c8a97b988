//! Who calls, and with what: credentials and bodies. The tenant comes from the credential alone.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use counterfoil_domain::{DeviceId, TenantId};
use counterfoil_protocol::ErrorCode;
use counterfoil_protocol::sync::{PROTOCOL, PROTOCOL_HEADER};
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use uuid::Uuid;

use super::Failure;
use crate::Hub;
use crate::secret::{same, token_hash};

/// What a device's token starts with.
pub const DEVICE_PREFIX: &str = "cfd_";
/// The oldest protocol that this hub lets pull.
const PROTOCOL_MIN: u32 = 1;
/// What a shop's publishable key starts with.
pub const PUBLISHABLE_PREFIX: &str = "pk_";

/// A JSON body and the bytes it was read from.
#[derive(Debug)]
pub struct Input<T> {
    /// What was read.
    pub value: T,
    /// The uncompressed bytes.
    pub raw: Bytes,
}

/// Reads the body within its limit.
///
/// # Errors
/// When it is too large or breaks off.
pub async fn read_body(request: Request, hub: &Hub) -> Result<Bytes, Failure> {
    Bytes::from_request(request, hub)
        .await
        .map_err(|rejection| {
            Failure::new(if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                ErrorCode::PayloadTooLarge
            } else {
                ErrorCode::ValidationError
            })
        })
}

/// Whether the body says that it is JSON.
///
/// # Errors
/// When it says otherwise.
pub fn expect_json(headers: &HeaderMap) -> Result<(), Failure> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Failure::new(ErrorCode::UnsupportedMediaType))
    }
}

/// Reads JSON, naming the place of an error.
///
/// # Errors
/// When it is not the expected shape.
pub fn parse_json<T: DeserializeOwned>(raw: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(raw).map_err(|e| {
        let code = if e.is_data() { "shape" } else { "json" };
        Failure::new(ErrorCode::ValidationError).fact("body", code, e.to_string())
    })
}

impl<T: DeserializeOwned> FromRequest<Hub> for Input<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, hub: &Hub) -> Result<Self, Failure> {
        expect_json(request.headers())?;
        let raw = read_body(request, hub).await?;
        Ok(Self {
            value: parse_json(&raw)?,
            raw,
        })
    }
}

/// An owner, by access token.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    /// The shop.
    pub tenant: TenantId,
}

/// A paired device, by its token; it may be revoked.
#[derive(Debug, Clone)]
pub struct Paired {
    /// The shop.
    pub tenant: TenantId,
    /// The device.
    pub device: DeviceId,
    /// Its Ed25519 public key, base64.
    pub public_key: String,
    /// Whether the owner revoked it.
    pub revoked: bool,
}

/// A till that speaks a protocol this hub still reads. Too old a till may be refused a pull, never a push.
#[derive(Debug, Clone, Copy)]
pub struct Current;

impl<S: Sync> FromRequestParts<S> for Current {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let spoken = parts
            .headers
            .get(PROTOCOL_HEADER)
            .and_then(|v| v.to_str().ok());
        // Other programs need not say.
        let spoken = spoken.map_or(Some(PROTOCOL), |text| text.parse().ok());
        if spoken.is_some_and(|version| version >= PROTOCOL_MIN) {
            Ok(Self)
        } else {
            Err(Failure::new(ErrorCode::UpgradeRequired))
        }
    }
}

/// Anyone with a credential.
#[derive(Debug, Clone)]
pub enum Credential {
    /// An owner.
    Owner(Owner),
    /// A device.
    Device(Paired),
    /// A shop's public page, which learns nothing of anybody.
    Public(TenantId),
}

/// An owner or a device that is not revoked: the shop's own people.
#[derive(Debug, Clone, Copy)]
pub struct Staff {
    /// The shop.
    pub tenant: TenantId,
}

impl Credential {
    /// The shop.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        match self {
            Self::Owner(owner) => owner.tenant,
            Self::Device(device) => device.tenant,
            Self::Public(tenant) => *tenant,
        }
    }

    /// Whether it belongs to the shop's own people.
    #[must_use]
    pub const fn is_staff(&self) -> bool {
        !matches!(self, Self::Public(_))
    }
}

/// The bearer token of a request.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

async fn credential(parts: &Parts, hub: &Hub) -> Result<Credential, Failure> {
    let token = bearer(&parts.headers).ok_or(Failure::new(ErrorCode::MissingToken))?;
    if token.starts_with(DEVICE_PREFIX) {
        return find_device(hub, token).await.map(Credential::Device);
    }
    if token.starts_with(PUBLISHABLE_PREFIX) {
        return find_publishable(hub, token).await.map(Credential::Public);
    }
    let now_s = hub.now().0.div_euclid(1000);
    let claims = hub
        .secrets
        .verify(token, now_s)
        .ok_or(Failure::new(ErrorCode::InvalidToken))?;
    Ok(Credential::Owner(Owner {
        tenant: TenantId(claims.tid),
    }))
}

async fn find_device(hub: &Hub, token: &str) -> Result<Paired, Failure> {
    let hash = token_hash(token);
    let row = sqlx::query(include_str!(
        "../rooms/devices/sql/find_device_by_token.sql"
    ))
    .bind(&hash)
    .fetch_optional(hub.db.reader())
    .await?
    .ok_or(Failure::new(ErrorCode::InvalidToken))?;
    if !same(&row.try_get::<String, _>("token_hash")?, &hash) {
        return Err(Failure::new(ErrorCode::InvalidToken));
    }
    Ok(Paired {
        tenant: TenantId(uuid_of(&row, "tenant_id")?),
        device: DeviceId(uuid_of(&row, "device_id")?),
        public_key: row.try_get("public_key")?,
        revoked: row.try_get::<Option<i64>, _>("revoked_at")?.is_some(),
    })
}

async fn find_publishable(hub: &Hub, key: &str) -> Result<TenantId, Failure> {
    let row = sqlx::query(include_str!("../rooms/shop/sql/find_tenant_by_key.sql"))
        .bind(key)
        .fetch_optional(hub.db.reader())
        .await?
        .ok_or(Failure::new(ErrorCode::InvalidToken))?;
    uuid_of(&row, "tenant_id").map(TenantId)
}

/// Reads an id from a row.
///
/// # Errors
/// When the column is not an id.
pub fn uuid_of(row: &sqlx::any::AnyRow, column: &str) -> Result<Uuid, Failure> {
    let text: String = row.try_get(column)?;
    Uuid::parse_str(&text).map_err(Failure::internal)
}

impl FromRequestParts<Hub> for Credential {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, hub: &Hub) -> Result<Self, Failure> {
        credential(parts, hub).await
    }
}

impl FromRequestParts<Hub> for Owner {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, hub: &Hub) -> Result<Self, Failure> {
        match credential(parts, hub).await? {
            Credential::Owner(owner) => Ok(owner),
            _ => Err(Failure::new(ErrorCode::Forbidden)),
        }
    }
}

impl FromRequestParts<Hub> for Paired {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, hub: &Hub) -> Result<Self, Failure> {
        match credential(parts, hub).await? {
            Credential::Device(device) => Ok(device),
            _ => Err(Failure::new(ErrorCode::Forbidden)),
        }
    }
}

impl FromRequestParts<Hub> for Staff {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, hub: &Hub) -> Result<Self, Failure> {
        match credential(parts, hub).await? {
            Credential::Device(device) if device.revoked => {
                Err(Failure::new(ErrorCode::DeviceRevoked))
            }
            Credential::Public(_) => Err(Failure::new(ErrorCode::Forbidden)),
            credential => Ok(Self {
                tenant: credential.tenant(),
            }),
        }
    }
}

impl Paired {
    /// Refuses a device that its owner revoked.
    ///
    /// # Errors
    /// `DEVICE_REVOKED`.
    pub const fn in_good_standing(&self) -> Result<(), Failure> {
        if self.revoked {
            Err(Failure::new(ErrorCode::DeviceRevoked))
        } else {
            Ok(())
        }
    }
}
