//! What can go wrong between till and hub, and whether trying again can help.

use counterfoil_store::StoreError;

/// A call to the hub that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// No answer: no network, no hub, or it took too long.
    #[error("the hub cannot be reached: {0}")]
    Unreachable(String),
    /// Something answered, but not as a hub does.
    #[error("the answer is not a hub's: {0}")]
    Nonsense(String),
    /// The hub understood and said no.
    #[error("the hub refused ({status} {code}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Stable code of the API.
        code: String,
        /// The hub's words.
        message: String,
        /// Seconds to wait, where the hub said so.
        retry_after_s: Option<u64>,
    },
}

impl HubError {
    /// Whether the same call can never succeed without a person.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Nonsense(_) => false,
            Self::Refused { status, .. } => !matches!(status, 408 | 425 | 429 | 500..=599),
        }
    }

    /// Whether the owner revoked this device.
    #[must_use]
    pub fn is_revocation(&self) -> bool {
        self.code() == "device_revoked"
    }

    /// Seconds the hub asked to wait.
    #[must_use]
    pub const fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::Refused { retry_after_s, .. } => *retry_after_s,
            _ => None,
        }
    }

    /// Stable code for a screen.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Unreachable(_) => "hub_unreachable",
            Self::Nonsense(_) => "hub_nonsense",
            Self::Refused { code, .. } => match code.as_str() {
                "DEVICE_REVOKED" => "device_revoked",
                "PAIRING_CODE_INVALID" => "pairing_code_invalid",
                "ANOTHER_SHOP" => "code_of_another_shop",
                "EMAIL_EXISTS" => "email_exists",
                "INVALID_CREDENTIALS" => "invalid_credentials",
                "PASSWORD_WEAK" => "password_weak",
                "EMAIL_INVALID" => "email_invalid",
                "UPGRADE_REQUIRED" => "upgrade_required",
                "INVALID_TOKEN" | "MISSING_TOKEN" | "SIGNATURE_INVALID" => "device_unknown",
                _ => "hub_refused",
            },
        }
    }
}

/// A step of the sync that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The hub, or the way to it.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// The till's own database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A blocking step was cancelled because the program ends.
    #[error("the program is ending")]
    Ending,
}

impl SyncError {
    /// Stable code for a screen.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Hub(e) => e.code(),
            Self::Store(e) => e.code(),
            Self::Ending => "ending",
        }
    }
}
