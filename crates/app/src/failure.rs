//! From what went wrong in a lower room to a code that a screen can act on.

use std::collections::BTreeMap;

use counterfoil_domain::MoneyError;
use counterfoil_domain::effect::EffectError;
use counterfoil_domain::phone::PhoneError;
use counterfoil_domain::time::CalendarError;
use counterfoil_domain::visit::SlotError;
use counterfoil_protocol::card::CardError;
use counterfoil_receipt::RenderError;
use counterfoil_scan::PictureError;
use counterfoil_store::StoreError;
use counterfoil_sync::HubError;

use crate::demo::DemoError;
use crate::secrets::SecretError;
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

    /// The same, and the same call may succeed later.
    #[must_use]
    pub fn later(mut self) -> Self {
        self.retry = true;
        self
    }

    /// The same, about one input field.
    #[must_use]
    pub fn on(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    /// The same, with a value that the wording needs.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }

    /// A mistake of the program itself; the log has the rest.
    #[must_use]
    pub fn internal(message: impl std::fmt::Display) -> Self {
        tracing::error!(%message, "internal failure");
        Self::new("internal", message.to_string())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Failure {}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        if let StoreError::Effect(EffectError::Money(money)) = error {
            return money.into();
        }
        let mut failure = match error.code() {
            "internal" => Self::internal(&error),
            code => Self::new(code, error.to_string()),
        };
        failure.retry = !error.is_permanent();
        failure
    }
}

impl From<MoneyError> for Failure {
    fn from(error: MoneyError) -> Self {
        let code = match error {
            MoneyError::OutOfRange | MoneyError::Negative(_) => "amount_out_of_range",
            MoneyError::DiscountTooLarge => "discount_too_large",
            MoneyError::PercentOutOfRange => "percent_out_of_range",
            MoneyError::TendersShort => "tenders_short",
            MoneyError::CardOverTotal => "card_over_total",
            MoneyError::Empty(_) => "cart_empty",
            MoneyError::CurrencyMismatch(..) | MoneyError::UnknownCurrency(_) => {
                "currency_mismatch"
            }
        };
        Self::new(code, error.to_string())
    }
}

impl From<EffectError> for Failure {
    fn from(error: EffectError) -> Self {
        match error {
            EffectError::Money(error) => error.into(),
            EffectError::Fields(error) => Self::internal(error),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}

impl From<RenderError> for Failure {
    fn from(error: RenderError) -> Self {
        Self::internal(error)
    }
}

impl From<PhoneError> for Failure {
    fn from(error: PhoneError) -> Self {
        Self::new("phone_invalid", error.to_string())
            .on("phone")
            .with("country", error.country)
    }
}

impl From<CalendarError> for Failure {
    fn from(error: CalendarError) -> Self {
        Self::new("time_invalid", error.to_string())
    }
}

impl From<SlotError> for Failure {
    fn from(error: SlotError) -> Self {
        let code = match error {
            SlotError::Taken => "slot_taken",
            SlotError::OutsideHours | SlotError::Shape => "slot_outside_hours",
            SlotError::Calendar(error) => return error.into(),
        };
        Self::new(code, error.to_string()).on("starts_at")
    }
}

impl From<CardError> for Failure {
    fn from(error: CardError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        let code = match error {
            SecretError::Unavailable(_) | SecretError::TimedOut => "keyring_unavailable",
            SecretError::Locked => "secrets_locked",
            SecretError::PinWrong => "pin_wrong",
            SecretError::PinTooShort => "pin_too_short",
            SecretError::Damaged(_) => "secrets_damaged",
            SecretError::Disk(_) => "disk_failed",
        };
        let failure = Self::new(code, error.to_string());
        match error {
            SecretError::TimedOut | SecretError::Disk(_) => failure.later(),
            SecretError::PinTooShort => failure
                .on("pin")
                .with("digits", crate::secrets::WRAP_PIN_MIN),
            _ => failure,
        }
    }
}

impl From<HubError> for Failure {
    fn from(error: HubError) -> Self {
        let mut failure = Self::new(error.code(), error.to_string());
        failure.retry = !error.is_permanent();
        if let HubError::Refused { code, message, .. } = &error {
            failure = failure.with("hub_code", code).with("hub_message", message);
        }
        match error.retry_after_s() {
            Some(wait_s) => failure.with("wait_s", wait_s),
            None => failure,
        }
    }
}

impl From<PictureError> for Failure {
    fn from(error: PictureError) -> Self {
        let code = match error {
            PictureError::NoCode => "no_code_in_picture",
            PictureError::TooLarge { .. } => "picture_too_large",
            PictureError::NotAPicture | PictureError::Damaged(_) => "not_a_picture",
        };
        Self::new(code, error.to_string())
    }
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        Self::internal(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let code = match error.kind() {
            std::io::ErrorKind::StorageFull => "disk_full",
            _ => "disk_failed",
        };
        Self::new(code, error.to_string()).later()
    }
}
