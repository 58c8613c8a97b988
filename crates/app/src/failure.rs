//! From what went wrong in a lower room to a code that a screen can act on.

use std::collections::BTreeMap;

use crate::view::Failure;

/// What every use case answers.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// A failure that stays one until somebody changes something.
    #[must_use]
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            retry: false,
            field: None,
            params: BTreeMap::new(),
        }
    }
}

/// Where a use case is not built yet.
pub(crate) fn not_built<T>() -> Outcome<T> {
    Err(Failure::new("internal", "this use case is not built yet"))
}
