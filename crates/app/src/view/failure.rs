//! An error as a screen sees it: a code it can act on, a text for logs and support, and whether trying again helps.

use serde::{Deserialize, Serialize};

/// What went wrong. The screen words it by `code` in the user's language; `message` is the English fallback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Failure {
    /// Stable snake-case code, e.g. `card_forged`, `stamp_cooldown`, `amount_out_of_range`.
    pub code: String,
    /// English text that names what was wrong and what to do.
    pub message: String,
    /// Whether the same call may succeed later.
    pub retry: bool,
    /// The input field it concerns, where there is one.
    pub field: Option<String>,
    /// Values the wording needs, e.g. `{"wait_s": "120"}`.
    pub params: std::collections::BTreeMap<String, String>,
}
