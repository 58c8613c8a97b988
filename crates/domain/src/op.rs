//! The operations people perform. The outbox holds these intents, not rows.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Customer, EntityKind, Fields};
use crate::fact::{CashReason, Refund, Sale, ShiftClosed, ShiftOpened, StockReason};
use crate::id::{CustomerId, MerchantId, ProductId, ShiftId, StaffId, StampId, VisitId};
use crate::money::{Money, Quantity};
use crate::sorted::sorted;
use crate::time::UnixMs;

/// How the hub treats an operation, and in which order a till sends it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type,
)]
#[serde(rename_all = "snake_case")]
pub enum OpClass {
    /// It happened: never refused, at most flagged.
    Fact,
    /// It asks: may be refused, and a person sees that.
    Claim,
    /// It changes fields: last writer wins per field.
    Edit,
}

/// One operation. The serialised form (`kind` apart, content as payload) is read for ever: never change a variant's
/// shape, add a version instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "snake_case")]
pub enum Op {
    /// A sale was completed.
    SaleCompleted(Sale),
    /// Lines of a sale were refunded.
    SaleRefunded(Refund),
    /// A customer's card was stamped.
    StampGiven(StampGiven),
    /// A stamp was taken back.
    StampReversed(StampReversed),
    /// A full card's reward was handed out.
    RewardRedeemed(RewardRedeemed),
    /// Stock came, went or was counted.
    StockMoved(StockMoved),
    /// Cash was put in or taken out of the drawer.
    CashMoved(CashMoved),
    /// A shift began.
    ShiftOpened(ShiftOpened),
    /// A shift ended.
    ShiftClosed(ShiftClosed),
    /// A customer enrolled.
    CustomerEnrolled(CustomerEnrolled),
    /// A visit took place.
    VisitDone(VisitDone),
    /// A slot is asked for.
    VisitBooked(VisitBooked),
    /// A visit shall move to another slot.
    VisitMoved(VisitMoved),
    /// A visit shall not take place.
    VisitCancelled(VisitCancelled),
    /// Fields of an entity were set, creating it where it was not there.
    EntityEdited(EntityEdited),
    /// An entity was deleted.
    EntityDeleted(EntityDeleted),
}

/// One stamp on a customer's card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StampGiven {
    /// The ledger entry's id.
    pub stamp_id: StampId,
    /// Whose card.
    pub customer_id: CustomerId,
}

/// A stamp taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StampReversed {
    /// The new ledger entry's id.
    pub stamp_id: StampId,
    /// The entry that was a mistake.
    pub reverses: StampId,
    /// Whose card.
    pub customer_id: CustomerId,
}

/// A reward handed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewardRedeemed {
    /// The ledger entry's id.
    pub stamp_id: StampId,
    /// Whose card.
    pub customer_id: CustomerId,
    /// Its price in stamps.
    pub stamps: u32,
    /// What it was.
    pub reward_name: String,
}

/// Stock came, went or was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockMoved {
    /// The product.
    pub product_id: ProductId,
    /// Added (negative: taken).
    pub quantity: Quantity,
    /// Why.
    pub reason: StockReason,
}

/// Cash was put in or taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashMoved {
    /// The shift.
    pub shift_id: Option<ShiftId>,
    /// Added (negative: taken).
    pub amount: Money,
    /// Why.
    pub reason: CashReason,
    /// A word on it.
    pub note: String,
}

/// A customer enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerEnrolled {
    /// Their id.
    pub customer_id: CustomerId,
    /// Who they are.
    pub customer: Customer,
}

/// A visit took place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitDone {
    /// Which.
    pub visit_id: VisitId,
    /// What was found and done.
    pub note: String,
    /// When.
    pub done_at: UnixMs,
}

/// A slot is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitBooked {
    /// The new visit.
    pub visit_id: VisitId,
    /// Whom.
    pub merchant_id: MerchantId,
    /// Who goes.
    pub installer_id: StaffId,
    /// From.
    pub starts_at: UnixMs,
    /// To.
    pub ends_at: UnixMs,
    /// Why.
    pub purpose: String,
}

/// A visit shall move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitMoved {
    /// Which.
    pub visit_id: VisitId,
    /// Who goes; may change.
    pub installer_id: StaffId,
    /// From.
    pub starts_at: UnixMs,
    /// To.
    pub ends_at: UnixMs,
}

/// A visit shall not take place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitCancelled {
    /// Which.
    pub visit_id: VisitId,
    /// Why.
    pub reason: String,
}

/// Fields of an entity were set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityEdited {
    /// Its kind.
    pub entity: EntityKind,
    /// Its id.
    pub id: Uuid,
    /// The fields that were set, and only those.
    pub fields: Fields,
}

/// An entity was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityDeleted {
    /// Its kind.
    pub entity: EntityKind,
    /// Its id.
    pub id: Uuid,
}

impl Op {
    /// The newest payload version of every kind written by this program.
    pub const VERSION: u32 = 1;

    /// The kind's name on the wire.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SaleCompleted(_) => "sale_completed",
            Self::SaleRefunded(_) => "sale_refunded",
            Self::StampGiven(_) => "stamp_given",
            Self::StampReversed(_) => "stamp_reversed",
            Self::RewardRedeemed(_) => "reward_redeemed",
            Self::StockMoved(_) => "stock_moved",
            Self::CashMoved(_) => "cash_moved",
            Self::ShiftOpened(_) => "shift_opened",
            Self::ShiftClosed(_) => "shift_closed",
            Self::CustomerEnrolled(_) => "customer_enrolled",
            Self::VisitDone(_) => "visit_done",
            Self::VisitBooked(_) => "visit_booked",
            Self::VisitMoved(_) => "visit_moved",
            Self::VisitCancelled(_) => "visit_cancelled",
            Self::EntityEdited(_) => "entity_edited",
            Self::EntityDeleted(_) => "entity_deleted",
        }
    }

    /// Fact, claim or edit.
    #[must_use]
    pub const fn class(&self) -> OpClass {
        match self {
            Self::VisitBooked(_) | Self::VisitMoved(_) | Self::VisitCancelled(_) => OpClass::Claim,
            Self::EntityEdited(_) | Self::EntityDeleted(_) => OpClass::Edit,
            _ => OpClass::Fact,
        }
    }

    /// The payload as the JSON text that is hashed, stored and sent: compact, with every object's names in order.
    ///
    /// # Errors
    /// Never in practice; serialisation of these types cannot fail but the signature is honest.
    pub fn payload(&self) -> Result<String, serde_json::Error> {
        let text = match self {
            Self::SaleCompleted(content) => serde_json::to_string(content),
            Self::SaleRefunded(content) => serde_json::to_string(content),
            Self::StampGiven(content) => serde_json::to_string(content),
            Self::StampReversed(content) => serde_json::to_string(content),
            Self::RewardRedeemed(content) => serde_json::to_string(content),
            Self::StockMoved(content) => serde_json::to_string(content),
            Self::CashMoved(content) => serde_json::to_string(content),
            Self::ShiftOpened(content) => serde_json::to_string(content),
            Self::ShiftClosed(content) => serde_json::to_string(content),
            Self::CustomerEnrolled(content) => serde_json::to_string(content),
            Self::VisitDone(content) => serde_json::to_string(content),
            Self::VisitBooked(content) => serde_json::to_string(content),
            Self::VisitMoved(content) => serde_json::to_string(content),
            Self::VisitCancelled(content) => serde_json::to_string(content),
            Self::EntityEdited(content) => serde_json::to_string(content),
            Self::EntityDeleted(content) => serde_json::to_string(content),
        }?;
        if let Some(sorted) = sorted(&text) {
            return Ok(sorted);
        }
        let mut detour = serde_json::to_value(self)?;
        let content = detour.get_mut("payload").map(serde_json::Value::take);
        Ok(content.unwrap_or_default().to_string())
    }

    /// Reads an operation of any version that was ever written.
    ///
    /// # Errors
    /// When the kind or version is unknown, or the payload has the wrong shape.
    pub fn decode(kind: &str, version: u32, payload: &str) -> Result<Self, DecodeError> {
        if version == 0 || version > Self::VERSION {
            return Err(DecodeError::Version {
                kind: kind.to_owned(),
                version,
            });
        }
        if let Some(op) = Self::read(kind, payload) {
            return Ok(op);
        }
        let payload: serde_json::Value =
            serde_json::from_str(payload).map_err(DecodeError::Shape)?;
        serde_json::from_value(serde_json::json!({ "kind": kind, "payload": payload }))
            .map_err(DecodeError::Shape)
    }

    /// Reads a payload as what it should be, without a detour over values of any shape: what nearly every operation is.
    /// None where that does not go: the detour says why, and reads what names a field twice.
    fn read(kind: &str, payload: &str) -> Option<Self> {
        fn typed<T: DeserializeOwned>(payload: &str, op: fn(T) -> Op) -> Option<Op> {
            serde_json::from_str(payload).ok().map(op)
        }
        match kind {
            "sale_completed" => typed(payload, Self::SaleCompleted),
            "sale_refunded" => typed(payload, Self::SaleRefunded),
            "stamp_given" => typed(payload, Self::StampGiven),
            "stamp_reversed" => typed(payload, Self::StampReversed),
            "reward_redeemed" => typed(payload, Self::RewardRedeemed),
            "stock_moved" => typed(payload, Self::StockMoved),
            "cash_moved" => typed(payload, Self::CashMoved),
            "shift_opened" => typed(payload, Self::ShiftOpened),
            "shift_closed" => typed(payload, Self::ShiftClosed),
            "customer_enrolled" => typed(payload, Self::CustomerEnrolled),
            "visit_done" => typed(payload, Self::VisitDone),
            "visit_booked" => typed(payload, Self::VisitBooked),
            "visit_moved" => typed(payload, Self::VisitMoved),
            "visit_cancelled" => typed(payload, Self::VisitCancelled),
            "entity_edited" => typed(payload, Self::EntityEdited),
            "entity_deleted" => typed(payload, Self::EntityDeleted),
            _ => None,
        }
    }
}

/// Why an operation could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Written by a newer program.
    #[error("operation {kind} version {version} is newer than this program reads")]
    Version {
        /// The kind.
        kind: String,
        /// Its version.
        version: u32,
    },
    /// Not the shape that kind has.
    #[error("operation cannot be read: {0}")]
    Shape(serde_json::Error),
}
