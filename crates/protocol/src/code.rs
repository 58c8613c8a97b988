//! Stable error codes of the hosted API.

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal);+ $(;)?) => {
        /// A stable error code with its HTTP status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $text)] $name,)+
        }

        impl ErrorCode {
            /// Every code, for documents and tests.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The text on the wire.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// The HTTP status it travels with.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }

            /// Reads a code; `None` for one this program does not know.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|c| c.text() == text)
            }
        }
    };
}

codes! {
    /// Malformed or invalid input; `details` name the fields.
    ValidationError = "VALIDATION_ERROR", 400;
    /// Not a phone number of the shop's country.
    PhoneInvalid = "PHONE_INVALID", 400;
    /// Not an e-mail address.
    EmailInvalid = "EMAIL_INVALID", 400;
    /// Fewer than 8 characters, no capital or no digit.
    PasswordWeak = "PASSWORD_WEAK", 400;
    /// The endpoint demands an `Idempotency-Key`.
    MissingIdempotencyKey = "MISSING_IDEMPOTENCY_KEY", 400;
    /// No credential.
    MissingToken = "MISSING_TOKEN", 401;
    /// A credential that is not, or no longer, good.
    InvalidToken = "INVALID_TOKEN", 401;
    /// E-mail or password wrong.
    InvalidCredentials = "INVALID_CREDENTIALS", 401;
    /// A pairing code that is unknown, used, expired or of another hub.
    PairingCodeInvalid = "PAIRING_CODE_INVALID", 401;
    /// The push is not signed by the device's key.
    SignatureInvalid = "SIGNATURE_INVALID", 401;
    /// A good credential that may not do this.
    Forbidden = "FORBIDDEN", 403;
    /// The device was revoked; it must wipe what it must not keep.
    DeviceRevoked = "DEVICE_REVOKED", 403;
    /// Not there.
    NotFound = "NOT_FOUND", 404;
    /// The method does not exist for this address.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405;
    /// A pairing code of another shop than the one the till works for.
    AnotherShop = "ANOTHER_SHOP", 409;
    /// The e-mail is registered already.
    EmailExists = "EMAIL_EXISTS", 409;
    /// A customer with that phone is enrolled already.
    CustomerExists = "CUSTOMER_EXISTS", 409;
    /// Somebody else changed it at the same time.
    ConcurrentUpdate = "CONCURRENT_UPDATE", 409;
    /// The key was used with another body.
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED", 409;
    /// The slot is taken.
    SlotTaken = "SLOT_TAKEN", 409;
    /// The cursor belongs to another epoch of the hub.
    EpochChanged = "EPOCH_CHANGED", 409;
    /// The body is larger than the limit.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", 413;
    /// The body is not of a type the endpoint reads.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415;
    /// The reward was redeemed, or there is none.
    RewardAlreadyRedeemed = "REWARD_ALREADY_REDEEMED", 422;
    /// The till is too old to pull; it may still push.
    UpgradeRequired = "UPGRADE_REQUIRED", 426;
    /// Too many requests; `Retry-After` tells when.
    RateLimit = "RATE_LIMIT", 429;
    /// The card was stamped within the cooldown; `Retry-After` tells when.
    DuplicateStamp = "DUPLICATE_STAMP", 429;
    /// A fault of the server; the log has the rest under the request id.
    InternalError = "INTERNAL_ERROR", 500;
    /// A part is down; `Retry-After` tells when to come back.
    ServiceUnavailable = "SERVICE_UNAVAILABLE", 503;
    /// Down on purpose.
    MaintenanceMode = "MAINTENANCE_MODE", 503;
}
