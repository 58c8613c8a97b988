//! What people edit: rows whose fields merge by last writer wins. Money and stock are not among them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{CategoryId, CustomerId, MerchantId, ProductId, StaffId, VisitId};
use crate::money::{Currency, Money, Quantity};
use crate::tax::TaxClass;
use crate::time::UnixMs;
use crate::visit::{VisitStatus, WorkingHours};

/// The kinds of rows that are edited field by field.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type,
)]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// The shop itself; its id is the tenant's.
    Shop,
    /// People who work there.
    Staff,
    /// Categories of products.
    Category,
    /// Products.
    Product,
    /// Loyalty customers.
    Customer,
    /// Merchants whom installers visit.
    Merchant,
    /// Visits.
    Visit,
    /// Something a person must decide.
    Conflict,
}

impl EntityKind {
    /// The name on the wire and in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Staff => "staff",
            Self::Category => "category",
            Self::Product => "product",
            Self::Customer => "customer",
            Self::Merchant => "merchant",
            Self::Visit => "visit",
            Self::Conflict => "conflict",
        }
    }

    /// Whether two values of `field` are put together at the hub instead of one standing: then nobody needs to choose.
    #[must_use]
    pub fn accumulates(self, field: &str) -> bool {
        matches!(
            (self, field),
            (Self::Shop, "card_keys") | (Self::Customer, "cards_lost")
        )
    }
}

/// Fields of an entity by name, as JSON.
pub type Fields = BTreeMap<String, serde_json::Value>;

/// A whole entity as the hub confirmed it, or as a till shows it with its pending edits on top.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityRow {
    /// What kind of row.
    pub kind: EntityKind,
    /// Its id.
    pub id: Uuid,
    /// Its fields; they deserialise into the kind's struct ([`Shop`], [`Staff`], ...), with defaults for absent ones.
    pub fields: Fields,
    /// Whether it was deleted; a later fact revives it.
    pub deleted: bool,
}

impl EntityRow {
    /// Reads the fields as the kind's struct.
    ///
    /// # Errors
    /// When a field has the wrong shape.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        let map = self
            .fields
            .iter()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        serde_json::from_value(serde_json::Value::Object(map))
    }
}

/// Turns a struct into fields.
///
/// # Errors
/// When the value does not serialise to an object.
pub fn fields_of<T: Serialize>(value: &T) -> Result<Fields, serde_json::Error> {
    serde_json::from_value(serde_json::to_value(value)?)
}

/// A public key that signs customer cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardKey {
    /// Short id printed in the card.
    pub key_id: u32,
    /// Ed25519 public key, base64.
    pub public_key: String,
    /// Whether cards under it are refused now.
    #[serde(default)]
    pub revoked: bool,
}

/// The shop and its rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shop {
    /// Trade name.
    pub name: String,
    /// Name on fiscal papers.
    pub legal_name: String,
    /// Tax number (RUC in Peru).
    pub tax_id: String,
    /// Postal address, one line.
    pub address: String,
    /// ISO 3166 country, e.g. `PE`; phone numbers are read by its rules.
    pub country: String,
    /// The shop's currency.
    pub currency: Currency,
    /// IANA time zone.
    pub time_zone: String,
    /// Tax classes; the first is the default.
    pub tax_classes: Vec<TaxClass>,
    /// Whether new products' prices contain the tax.
    pub prices_include_tax: bool,
    /// Stamps for one reward.
    pub stamps_required: u32,
    /// Seconds between two stamps of one card.
    pub stamp_cooldown_s: u32,
    /// What a full card earns.
    pub reward_name: String,
    /// Last lines of a receipt.
    pub receipt_footer: String,
    /// Keys that sign customer cards.
    pub card_keys: Vec<CardKey>,
    /// Layouts of the labels that the shop's scale prints, see [`crate::scale_label::Layout`].
    pub scale_labels: Vec<String>,
}

impl Default for Shop {
    fn default() -> Self {
        Self {
            name: String::new(),
            legal_name: String::new(),
            tax_id: String::new(),
            address: String::new(),
            country: "PE".to_owned(),
            currency: Currency::PEN,
            time_zone: "America/Lima".to_owned(),
            tax_classes: Vec::new(),
            prices_include_tax: true,
            stamps_required: 5,
            stamp_cooldown_s: 300,
            reward_name: String::new(),
            receipt_footer: String::new(),
            card_keys: Vec::new(),
            scale_labels: Vec::new(),
        }
    }
}

/// What a person may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, specta::Type,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sells and stamps.
    #[default]
    Cashier,
    /// Everything.
    Owner,
    /// Visits merchants.
    Installer,
}

/// Somebody who works at the shop.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Staff {
    /// First name as colleagues call it.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Argon2id hash of the PIN in PHC format.
    pub pin_hash: String,
    /// How many digits the PIN has, so that a pad knows when it is complete; none where it was set before this was noted.
    pub pin_digits: Option<u8>,
    /// Whether they may still sign in.
    pub active: bool,
    /// For installers: when they work.
    pub working_hours: Option<WorkingHours>,
}

/// A category of products.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// Order on the counter, ascending.
    pub position: u32,
}

/// Something to sell. Its stock is a ledger, not a field.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Product {
    /// Stock-keeping unit.
    pub sku: String,
    /// GTIN, or empty.
    pub barcode: String,
    /// Its name.
    pub name: String,
    /// Its category.
    pub category_id: Option<CategoryId>,
    /// Price of one unit; absent for open-price goods.
    pub price: Option<Money>,
    /// Code of its tax class.
    pub tax_code: String,
    /// Whether the price contains the tax.
    pub price_includes_tax: bool,
    /// Below this it needs attention; absent when stock is not kept.
    pub low_stock_below: Option<Quantity>,
    /// Name of its picture: a file among the shop's pictures, or empty.
    pub picture: String,
    /// Whether it is offered.
    pub active: bool,
}

/// A loyalty customer. Their stamps are a ledger, not a field.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Customer {
    /// Their name.
    pub name: String,
    /// E.164 phone number.
    pub phone: String,
    /// When they enrolled.
    pub enrolled_at: UnixMs,
    /// Free note.
    pub note: String,
    /// How many of their cards were reported lost: those are refused. It only ever grows, whoever says less.
    #[serde(skip_serializing_if = "is_none_lost")]
    pub cards_lost: u32,
}

/// Nothing is written where nothing was lost: what was written before cards could be lost stays as it is, byte by byte.
fn is_none_lost(cards_lost: &u32) -> bool {
    *cards_lost == 0
}

/// One step of bringing a merchant on board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct OnboardingStep {
    /// Stable code, e.g. `contract`.
    pub code: String,
    /// What people read.
    pub name: String,
    /// When it was done.
    pub done_at: Option<UnixMs>,
}

/// A merchant whom installers visit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Merchant {
    /// Trade name.
    pub name: String,
    /// Who to ask for.
    pub contact: String,
    /// E.164 phone number.
    pub phone: String,
    /// Street address.
    pub address: String,
    /// District of the city.
    pub district: String,
    /// Onboarding steps in order.
    pub steps: Vec<OnboardingStep>,
}

/// A visit of an installer to a merchant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Whom.
    pub merchant_id: MerchantId,
    /// Who goes.
    pub installer_id: StaffId,
    /// From.
    pub starts_at: UnixMs,
    /// To.
    pub ends_at: UnixMs,
    /// Where it stands.
    pub status: VisitStatus,
    /// Why it was booked.
    #[serde(default)]
    pub purpose: String,
    /// What was found and done.
    #[serde(default)]
    pub note: String,
    /// When it was done.
    #[serde(default)]
    pub done_at: Option<UnixMs>,
}

/// How a conflict stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ConflictStatus {
    /// Waits for a person.
    #[default]
    Open,
    /// Somebody decided.
    Resolved,
}

/// Something the hub refused or doubts, for one owner to decide. Its id is the operation's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Conflict {
    /// Machine-readable reason: `slot_taken`, `oversold`, `reward_overdrawn`, `phone_exists`, `clock_ahead`, ...
    pub code: String,
    /// The kind of the operation, e.g. `visit_booked`.
    pub op_kind: String,
    /// What it is about: a kind and an id.
    pub subject_kind: String,
    /// The id of what it is about.
    pub subject_id: String,
    /// Reason-specific data; for `slot_taken` `{installer_id, starts_at, ends_at, alternatives: [{starts_at, ends_at}]}`.
    pub details: serde_json::Value,
    /// Whether the operation was refused (true) or applied and flagged (false).
    pub refused: bool,
    /// When the hub noticed.
    pub at: UnixMs,
    /// The device that sent the operation.
    pub device_id: String,
    /// Open or resolved.
    pub status: ConflictStatus,
}

/// The id of an entity of a known kind.
pub trait EntityIdOf: Copy {
    /// The kind it identifies.
    const KIND: EntityKind;
    /// The bare id.
    fn uuid(self) -> Uuid;
}

macro_rules! entity_ids {
    ($($name:ident => $kind:ident),+ $(,)?) => {$(
        impl EntityIdOf for $name {
            const KIND: EntityKind = EntityKind::$kind;
            fn uuid(self) -> Uuid {
                self.0
            }
        }
    )+};
}

entity_ids! {
    StaffId => Staff, CategoryId => Category, ProductId => Product, CustomerId => Customer,
    MerchantId => Merchant, VisitId => Visit,
}
