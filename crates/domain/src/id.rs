//! Identifiers: UUIDv7 newtypes that a till makes itself and stores before anyone else hears of them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Random bits for one id, supplied by the caller so that a simulation can replay them.
pub type IdEntropy = [u8; 10];

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
        #[serde(transparent)]
        pub struct $name(#[specta(type = String)] pub Uuid);

        impl $name {
            /// Builds a UUIDv7 from Unix milliseconds and ten random bytes.
            #[must_use]
            pub fn from_parts(now_ms: i64, entropy: $crate::id::IdEntropy) -> Self {
                Self($crate::id::uuid_v7(now_ms, entropy))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(value: Uuid) -> Self {
                Self(value)
            }
        }
    )+};
}

/// Builds a UUIDv7 (RFC 9562) from Unix milliseconds and ten random bytes.
#[must_use]
pub fn uuid_v7(now_ms: i64, entropy: IdEntropy) -> Uuid {
    let millis = u64::try_from(now_ms).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &entropy).into_uuid()
}

ids! {
    /// A business: every row at the hub belongs to exactly one.
    TenantId,
    /// A till, tablet or phone.
    DeviceId,
    /// One life of a device's database; a copy or a restored backup begins a new one.
    Incarnation,
    /// One operation that a person performed.
    OpId,
    /// A person who works at the shop: cashier, owner or installer.
    StaffId,
    /// A loyalty customer.
    CustomerId,
    /// A category of products.
    CategoryId,
    /// A product.
    ProductId,
    /// A cart that is being rung up or is parked.
    CartId,
    /// A line of a cart, sale or refund.
    LineId,
    /// A completed sale.
    SaleId,
    /// A refund of a sale.
    RefundId,
    /// One entry of the stamp ledger.
    StampId,
    /// A cashier's shift at a till's drawer.
    ShiftId,
    /// One entry of a stock or cash ledger.
    EntryId,
    /// A merchant whom installers visit.
    MerchantId,
    /// A visit of an installer to a merchant.
    VisitId,
}
