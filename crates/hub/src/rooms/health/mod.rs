//! Whether the hub is alive, and whether it is ready to serve.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use counterfoil_protocol::ErrorCode;
use serde_json::json;
use sqlx::Row as _;

use super::Room;
use crate::Hub;
use crate::http::docs::{Endpoint, Who};
use crate::http::layers::rfc3339;
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
            summary: "The hub can serve: its database answers. Where the hub backs itself up, `backup` is `ok`, `pending`, `failing` or `late`, and does not make it unready.",
            who: Who::Anyone,
            answer: (
                200,
                r#"{"status":"ready","checks":{"database":"ok","backup":"ok"},"epoch":"0198c0de-0000-7000-8000-000000000000"}"#,
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
    let epoch = check.and_then(|row| row.try_get::<String, _>("epoch"));
    match epoch {
        // Restored under this hub's feet: what it says of its epoch is no longer true.
        Ok(epoch) if epoch != hub.epoch.to_string() => {
            let mut failure = Failure::new(ErrorCode::ServiceUnavailable).retry_after(5);
            failure = failure.fact("epoch", "restart", "restart".to_owned());
            failure.cause = Some("the database began another epoch: restart the hub".to_owned());
            Err(failure)
        }
        Ok(_) => {
            let mut checks = json!({ "database": "ok" });
            let mut answer = json!({ "status": "ready", "epoch": hub.epoch });
            if let Some(plan) = &hub.config.backup {
                let (standing, last_at) = hub.backups.standing(plan, hub.now());
                checks["backup"] = json!(standing.text());
                answer["backed_up_at"] = json!(last_at.map(|at| rfc3339(at.0)));
            }
            answer["checks"] = checks;
            Answer::ok(&answer)
        }
        Err(error) => {
            let mut failure = Failure::new(ErrorCode::ServiceUnavailable).retry_after(5);
            failure = failure.fact("database", "down", "down".to_owned());
            failure.cause = Some(error.to_string());
            Err(failure)
        }
    }
}
