//! The envelope of every answer: `{"data", "meta"}` or `{"error", "meta"}`.

use serde::{Deserialize, Serialize};

/// What accompanies every answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Meta {
    /// RFC 3339 time of the answer.
    pub timestamp: String,
    /// The request's id; also in the `X-Request-ID` header.
    pub request_id: String,
}

/// One field that was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's path in the body.
    pub field: String,
    /// Stable code.
    pub code: String,
    /// Text in the caller's language.
    pub message: String,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// Stable code; see [`crate::ErrorCode`].
    pub code: String,
    /// Text in the caller's language.
    pub message: String,
    /// Fields or facts that help to mend it.
    #[serde(default)]
    pub details: Vec<FieldError>,
}

/// An answer as a client reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reply<T> {
    /// It worked.
    Ok {
        /// The content.
        data: T,
        /// Time and request id; lists add their paging.
        meta: serde_json::Value,
    },
    /// It did not.
    Err {
        /// Why.
        error: ApiError,
        /// Time and request id.
        meta: serde_json::Value,
    },
}
