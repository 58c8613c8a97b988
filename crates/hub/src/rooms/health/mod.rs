//! Whether the hub is alive, and whether it is ready to serve.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use counterfoil_protocol::ErrorCode;
use serde_json::json;

use super::Room;
use crate::Hub;
use crate::http::docs::{Endpoint, Who};
use crate::http::{Answer, Failure};

/// This room.
pub const ROOM: Room = Room {
    name: "health",
    routes,
    endpoints: &[
        Endpoint {
            method: "get",
            path: "/health/live",
            summary: "The process answers.",
            who: Who::Anyone,
            answer: (200, r#"{"status":"alive"}"#),
            ..Endpoint::NONE
        },
        Endpoint {
            method: "get",
            path: "/health/ready",
            summary: "The hub can serve: its database answers.",
            who: Who::Anyone,
            answer: (
                200,
                r#"{"status":"ready","checks":{"database":"ok"},"epoch":"0198c0de-0000-7000-8000-000000000000"}"#,
            ),
            errors: &[ErrorCode::ServiceUnavailable],
            ..Endpoint::NONE
        },
    ],
};

/// Served below `/api/v1` and at the root, where load balancers look.
pub fn routes() -> Router<Hub> {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
}

async fn live() -> Result<Answer, Failure> {
    Answer::ok(&json!({ "status": "alive" }))
}

async fn ready(State(hub): State<Hub>) -> Result<Answer, Failure> {
    let check = sqlx::query("SELECT epoch FROM hub WHERE one = 1")
        .fetch_one(hub.db.reader())
        .await;
    match check {
        Ok(_) => {
            let checks = json!({ "database": "ok" });
            Answer::ok(&json!({ "status": "ready", "checks": checks, "epoch": hub.epoch }))
        }
        Err(error) => {
            let mut failure = Failure::new(ErrorCode::ServiceUnavailable).retry_after(5);
            failure = failure.fact("database", "down", "down".to_owned());
            failure.cause = Some(error.to_string());
            Err(failure)
        }
    }
}
