//! A successful answer; the outermost layer puts it into its envelope.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use super::Failure;

/// What a handler answers.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The content as JSON text, so that what lies in the database as JSON is not read and written again.
    pub data: String,
    /// What a list adds to `meta`.
    pub paging: Option<Value>,
}

impl Answer {
    /// Status 200.
    ///
    /// # Errors
    /// When the content does not serialise.
    pub fn ok(data: &impl Serialize) -> Result<Self, Failure> {
        Self::with(StatusCode::OK, data)
    }

    /// Status 201.
    ///
    /// # Errors
    /// When the content does not serialise.
    pub fn created(data: &impl Serialize) -> Result<Self, Failure> {
        Self::with(StatusCode::CREATED, data)
    }

    /// A list that fits one page.
    ///
    /// # Errors
    /// When the content does not serialise.
    pub fn list<T: Serialize>(items: &[T]) -> Result<Self, Failure> {
        let mut answer = Self::ok(&items)?;
        answer.paging = Some(serde_json::json!({
            "page": 1, "per_page": items.len(), "total": items.len(), "total_pages": 1, "next_cursor": null,
        }));
        Ok(answer)
    }

    fn with(status: StatusCode, data: &impl Serialize) -> Result<Self, Failure> {
        let data = serde_json::to_string(data).map_err(Failure::internal)?;
        Ok(Self {
            status,
            data,
            paging: None,
        })
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
