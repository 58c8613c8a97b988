//! Sync: tills push what people did and pull what the hub made of it. See `docs/ARCHITECTURE.md`.

mod batch;
mod chain;
pub mod image;
mod letters;
mod line;
pub mod live;
mod pull;
mod push;
mod release;

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
            path: "/devices/{id}/quarantine",
            summary: "What a revoked device pushed and is kept aside: how many of each kind and from when to when, and the operations in their order, in pages.",
            who: Who::Owner,
            query: &["page", "per_page"],
            answer: (
                200,
                r#"{"kinds":[{"kind":"sale_completed","operations":1,"first_at":"2026-01-01T12:00:00.000Z","last_at":"2026-01-01T12:00:00.000Z"}],"operations":[{"op_id":"0198c0de-0000-7000-8000-000000000009","kind":"sale_completed","version":1,"incarnation":"0198c0de-0000-7000-8000-000000000007","seq":1,"at":"2026-01-01T12:00:00.000Z","received_at":"2026-01-01T12:01:00.000Z"}]}"#,
            ),
            errors: &[ErrorCode::NotFound, ErrorCode::ValidationError],
            ..Endpoint::NONE
        },
        Endpoint {
            method: "post",
            path: "/devices/{id}/reject",
            summary: "Throws away what was kept aside of a revoked device. The device still has it in its own database.",
            who: Who::Owner,
            answer: (200, r#"{"rejected":3,"held_operations":0}"#),
            errors: &[ErrorCode::NotFound],
            ..Endpoint::NONE
        },
        Endpoint {
            method: "get",
            path: "/dead-letters",
            summary: "The operations that this hub cannot read, oldest first, with the bytes as they came, in pages.",
            who: Who::Owner,
            query: &["page", "per_page"],
            answer: (
                200,
                r#"[{"op_id":"0198c0de-0000-7000-8000-000000000009","kind":"from_tomorrow","version":9,"device_id":"0198c0de-0000-7000-8000-000000000003","incarnation":"0198c0de-0000-7000-8000-000000000007","seq":1,"at":"2026-01-01T12:00:00.000Z","received_at":"2026-01-01T12:01:00.000Z","reason":"unknown kind","raw":"{}"}]"#,
            ),
            errors: &[ErrorCode::ValidationError],
            ..Endpoint::NONE
        },
        Endpoint {
            method: "post",
            path: "/dead-letters/{op_id}/retry",
            summary: "Tries a dead letter again, as after an upgrade of the hub: `applied` or `refused` as its device's own operation, or `dead_letter` still, with the reason.",
            who: Who::Owner,
            answer: (
                200,
                r#"{"op_id":"0198c0de-0000-7000-8000-000000000009","outcome":"applied"}"#,
            ),
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
            path: "/sync/image",
            summary: "An image of the shop for a new till: a till's SQLite database with everything up to `seq`, compressed by gzip. `ready` names it, `making` says when to ask again, `pull` that the shop is so small that a pull is quicker. `resume` is the image whose download was begun, `at_least` a change it must hold, `repair=true` asks for one however small the shop.",
            who: Who::Device,
            query: &["resume", "at_least", "repair"],
            answer: (
                200,
                r#"{"status":"ready","id":"0198c0de-0000-7000-8000-000000000009","epoch":"0198c0de-0000-7000-8000-000000000000","seq":7,"schema":1,"bytes":9000,"sha256":"00","unpacked_bytes":180000}"#,
            ),
            errors: &[
                ErrorCode::DeviceRevoked,
                ErrorCode::UpgradeRequired,
                ErrorCode::ValidationError,
            ],
            ..Endpoint::NONE
        },
        Endpoint {
            method: "get",
            path: "/sync/images/{id}",
            summary: "The bytes of an image, whole or by `Range: bytes=A-B`, at most 8 MiB at a time. The bytes under a name never change; a name that is gone is `NOT_FOUND`: ask for another.",
            who: Who::Device,
            answer: (200, ""),
            errors: &[
                ErrorCode::DeviceRevoked,
                ErrorCode::UpgradeRequired,
                ErrorCode::NotFound,
            ],
            ..Endpoint::NONE
        },
        Endpoint {
            method: "get",
            path: "/sync/sums",
            summary: "A checksum a table over the shop's rows as they are after the change `seq`: the sum modulo 2^128 of the first 128 bits of each row's SHA-256. `shape` is the version of what is hashed. With `at`, the change at which a till stands, nothing is counted where the shop is elsewhere; `sums` is null then.",
            who: Who::Device,
            query: &["at"],
            answer: (
                200,
                r#"{"epoch":"0198c0de-0000-7000-8000-000000000000","seq":7,"sums":{"shape":"1","sale":"00000000000000000000000000000000"}}"#,
            ),
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
        .route("/devices/{id}/quarantine", get(release::list))
        .route("/devices/{id}/reject", post(release::reject))
        .route("/dead-letters", get(letters::list))
        .route("/dead-letters/{op_id}/retry", post(letters::retry))
        .route("/sync/pull", get(pull::pull))
        .route("/sync/image", get(image::offer))
        .route("/sync/images/{id}", get(image::bytes))
        .route("/sync/sums", get(image::sums))
        .route("/sync/live", get(live::live))
}
