//! Devices: an owner's one-time code, the till that presents it, and the day it is revoked.

pub(crate) mod keys;
mod pairing;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use counterfoil_domain::DeviceId;
use counterfoil_protocol::ErrorCode;
use serde_json::json;
use sqlx::Row as _;

use super::Room;
use crate::Hub;
use crate::http::docs::{Endpoint, Who};
use crate::http::extract::uuid_of;
use crate::http::layers::rfc3339;
use crate::http::{Answer, Begun, Failure, IdempotencyKey, Owner, Write};

pub use keys::{CardSigner, card_signer, find_card_signer, publish};

/// This room.
pub const ROOM: Room = Room {
    name: "devices",
    routes,
    endpoints: &[
        Endpoint {
            method: "post",
            path: "/devices/pairing-codes",
            summary: "Makes a one-time pairing code, good for 10 minutes, with its QR.",
            who: Who::Owner,
            answer: (
                201,
                r#"{"code":"7KQ2M9XW4T","uri":"counterfoil:pair?hub=https://hub.example&code=7KQ2M9XW4T","qr_svg":"<svg/>","expires_at":"2026-01-01T12:10:00.000Z"}"#,
            ),
            ..Endpoint::NONE
        },
        Endpoint {
            method: "post",
            path: "/devices",
            summary: "A till presents a pairing code with its own public key and gets its credential. One that works for a shop already names it (`tenant_id`).",
            who: Who::Anyone,
            body: r#"{"code":"7KQ2M9XW4T","device_id":"0198c0de-0000-7000-8000-000000000003","public_key":"base64","name":"Counter"}"#,
            answer: (
                201,
                r#"{"tenant_id":"0198c0de-0000-7000-8000-000000000002","device_id":"0198c0de-0000-7000-8000-000000000003","till_code":"T1","device_token":"cfd_...","card_key_id":7,"card_key_seed":"base64"}"#,
            ),
            errors: &[
                ErrorCode::PairingCodeInvalid,
                ErrorCode::AnotherShop,
                ErrorCode::ValidationError,
            ],
            ..Endpoint::NONE
        },
        Endpoint {
            method: "get",
            path: "/devices",
            summary: "The shop's devices.",
            who: Who::Owner,
            answer: (
                200,
                r#"[{"device_id":"0198c0de-0000-7000-8000-000000000003","till_code":"T1","name":"Counter","paired_at":"2026-01-01T12:00:00.000Z","revoked_at":null,"held_operations":0}]"#,
            ),
            ..Endpoint::NONE
        },
        Endpoint {
            method: "post",
            path: "/devices/{id}/revoke",
            summary: "Revokes a device: it gets nothing more, and what it still pushes is kept aside.",
            who: Who::Owner,
            answer: (
                200,
                r#"{"device_id":"0198c0de-0000-7000-8000-000000000003","revoked_at":"2026-01-01T12:00:00.000Z"}"#,
            ),
            errors: &[ErrorCode::NotFound],
            ..Endpoint::NONE
        },
    ],
};

fn routes() -> Router<Hub> {
    Router::new()
        .route("/devices/pairing-codes", post(pairing::make_code))
        .route("/devices", post(pairing::pair).get(list))
        .route("/devices/{id}/revoke", post(revoke))
        .route("/devices/{id}", get(not_here))
}

async fn not_here() -> Failure {
    Failure::new(ErrorCode::NotFound)
}

async fn list(State(hub): State<Hub>, owner: Owner) -> Result<Answer, Failure> {
    let rows = sqlx::query(include_str!("sql/list_devices.sql"))
        .bind(owner.tenant.to_string())
        .fetch_all(hub.db.reader())
        .await?;
    let mut devices = Vec::with_capacity(rows.len());
    for row in rows {
        devices.push(json!({
            "device_id": uuid_of(&row, "device_id")?,
            "till_code": row.try_get::<String, _>("till_code")?,
            "name": row.try_get::<String, _>("name")?,
            "paired_at": rfc3339(row.try_get("paired_at")?),
            "revoked_at": row.try_get::<Option<i64>, _>("revoked_at")?.map(rfc3339),
            "held_operations": row.try_get::<i64, _>("held")?,
        }));
    }
    Answer::list(&devices)
}

async fn revoke(
    State(hub): State<Hub>,
    owner: Owner,
    Path(id): Path<String>,
    key: IdempotencyKey,
) -> Result<Answer, Failure> {
    let device: DeviceId = id.parse().map_err(|_| Failure::new(ErrorCode::NotFound))?;
    let tenant = owner.tenant.to_string();
    let mut write = match Write::begin(&hub, &tenant, &key, b"").await? {
        Begun::Fresh(write) => write,
        Begun::Stored(answer) => return Ok(answer),
    };
    let row = sqlx::query(include_str!("sql/revoke_device.sql"))
        .bind(&tenant)
        .bind(device.to_string())
        .bind(hub.now().0)
        .fetch_optional(&mut *write.tx)
        .await?
        .ok_or(Failure::new(ErrorCode::NotFound))?;
    let revoked_at = rfc3339(row.try_get("revoked_at")?);
    let answer = Answer::ok(&json!({ "device_id": device, "revoked_at": revoked_at }))?;
    let answer = write.finish(answer).await?;
    hub.live.expel(device);
    Ok(answer)
}
