//! A refusal with its stable code; the outermost layer words it and puts it into its envelope.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use counterfoil_protocol::ErrorCode;

/// Why a request was refused, or what went wrong.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The stable code.
    pub code: ErrorCode,
    /// Fields or facts that help to mend it.
    pub details: Vec<Detail>,
    /// Seconds until trying again makes sense.
    pub retry_after_s: Option<u32>,
    /// For the log alone.
    pub cause: Option<String>,
}

/// One field that was wrong, or one fact that helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The field.
    pub field: String,
    /// Stable code, e.g. `required`.
    pub code: &'static str,
    /// A value the caller may see, e.g. the id of what exists; absent: a text for the code.
    pub value: Option<String>,
}

impl Failure {
    /// A refusal without details.
    #[must_use]
    pub const fn new(code: ErrorCode) -> Self {
        Self {
            code,
            details: Vec::new(),
            retry_after_s: None,
            cause: None,
        }
    }

    /// Invalid input in one field.
    #[must_use]
    pub fn field(field: &str, code: &'static str) -> Self {
        Self::new(ErrorCode::ValidationError).about(field, code)
    }

    /// Names a field.
    #[must_use]
    pub fn about(mut self, field: &str, code: &'static str) -> Self {
        self.details.push(Detail {
            field: field.to_owned(),
            code,
            value: None,
        });
        self
    }

    /// Adds a fact that the caller may see.
    #[must_use]
    pub fn fact(mut self, field: &str, code: &'static str, value: String) -> Self {
        self.details.push(Detail {
            field: field.to_owned(),
            code,
            value: Some(value),
        });
        self
    }

    /// Says when to come back.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// A fault of the hub; its cause goes to the log and nowhere else.
    #[must_use]
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        let mut failure = Self::new(ErrorCode::InternalError);
        failure.cause = Some(cause.to_string());
        failure
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        let busy = match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
            // Serialisation failure and deadlock, too many connections, the server's shutdown, crash and start, SQLite's
            // busy: trying again can help.
            sqlx::Error::Database(e) => {
                matches!(
                    e.code().as_deref(),
                    Some("40001" | "40P01" | "53300" | "57P01" | "57P02" | "57P03" | "5" | "517")
                )
            }
            _ => false,
        };
        let mut failure = Self::internal(&error);
        if busy {
            failure.code = ErrorCode::ServiceUnavailable;
            failure.retry_after_s = Some(2);
        }
        failure
    }
}

impl From<crate::secret::SealError> for Failure {
    fn from(error: crate::secret::SealError) -> Self {
        Self::internal(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
