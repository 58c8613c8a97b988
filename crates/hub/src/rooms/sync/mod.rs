//! Sync: tills push what people did and pull what the hub made of it. See `docs/ARCHITECTURE.md`.

mod batch;
mod chain;
mod line;
pub mod live;
mod pull;
mod push;
mod release;
pub mod snapshot;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use counterfoil_protocol::ErrorCode;
use counterfoil_protocol::sync::PUSH_BYTES_MAX;

use super::Room;
use crate::Hub;
use crate::http::docs::{Endpoint, Who};

/// This room.
pub const ROOM: Room = Room {
    name: "sync",
    routes,
    endpoints: &[
        Endpoint {
            method: "post",
            path: "/sync/push",
            summary: "A batch of operations: at most 200, at most 256 KB uncompressed (gzip is welcome). `X-Device-Signature` is the device's Ed25519 signature, base64, over the uncompressed body. The answer is `accepted` with a result an operation, `gap` with the last seq, or `fork`.",
            who: Who::Device,
            body: r#"{"incarnation":"0198c0de-0000-7000-8000-000000000007","ops":[]}"#,
            answer: (
                200,
                r#"{"status":"accepted","epoch":"0198c0de-0000-7000-8000-000000000000","last_seq":0,"results":[]}"#,
            ),
            errors: &[
                ErrorCode::SignatureInvalid,
                ErrorCode::PayloadTooLarge,
                ErrorCode::DeviceRevoked,
                ErrorCode::ValidationError,
            ],
            ..Endpoint::NONE
        },
        Endpoint {
            method: "post",
            path: "/devices/{id}/release",
            summary: "Lets what a revoked device pushed count after all, in its order; what does not fit its chain stays aside.",
            who: Who::Owner,
            answer: (200, r#"{"released":3,"held_operations":0}"#),
            errors: &[ErrorCode::NotFound],
            ..Endpoint::NONE
        },
        Endpoint {
            method: "get",
            path: "/sync/pull",
            summary: "The changes after a cursor, contiguous: at most 2,000 rows or 1 MB.",
            who: Who::Device,
            query: &["epoch", "after", "limit"],
            answer: (
                200,
                r#"{"status":"changes","epoch":"0198c0de-0000-7000-8000-000000000000","head":0,"archived":0,"changes":[]}"#,
            ),
            errors: &[ErrorCode::DeviceRevoked, ErrorCode::UpgradeRequired],
            ..Endpoint::NONE
        },
        Endpoint {
            method: "get",
            path: "/sync/snapshot",
            summary: "One gzip-compressed SQLite image of the shop: `snapshot_meta(epoch, seq, tenant_id)` and `snapshot_rows(position, row)`. Resumable: `ETag`, `Range`, `If-Range`.",
            who: Who::Device,
            answer: (200, ""),
            errors: &[ErrorCode::DeviceRevoked, ErrorCode::UpgradeRequired],
            ..Endpoint::NONE
        },
        Endpoint {
            method: "get",
            path: "/sync/live",
            summary: "A WebSocket that carries hints `{epoch, seq}`: one at the start, one whenever there is more to pull.",
            who: Who::Device,
            answer: (101, ""),
            errors: &[ErrorCode::DeviceRevoked, ErrorCode::UpgradeRequired],
            ..Endpoint::NONE
        },
    ],
};

fn routes() -> Router<Hub> {
    Router::new()
        .route(
            "/sync/push",
            post(push::push).layer(DefaultBodyLimit::max(PUSH_BYTES_MAX)),
        )
        .route("/devices/{id}/release", post(release::release))
        .route("/sync/pull", get(pull::pull))
        .route("/sync/snapshot", get(snapshot::snapshot))
        .route("/sync/live", get(live::live))
}
