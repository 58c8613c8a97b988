//! Starting up, the lock screen, pairing and settings.

use counterfoil_domain::entity::Role;
use counterfoil_domain::tax::TaxClass;
use counterfoil_domain::{Currency, StaffId, TenantId, UnixMs};
use serde::{Deserialize, Serialize};

use super::failure::Failure;

/// Everything the first screen needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct BootView {
    /// Which face to show.
    pub phase: Phase,
    /// What is wrong with the database, in phase `trouble`.
    pub trouble: Option<Failure>,
    /// The shop, once there is one.
    pub shop: Option<ShopView>,
    /// Who may sign in.
    pub staff: Vec<StaffTile>,
    /// Who is signed in.
    pub session: Option<StaffTile>,
    /// Where this till keeps its secrets.
    pub secrets: SecretsView,
    /// This till's settings.
    pub settings: SettingsView,
    /// The program's version.
    pub version: String,
}

/// The app's overall state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// No shop on this device yet: pair, create or load the demo.
    Welcome,
    /// A shop is there.
    Ready,
    /// The database cannot be used; `trouble` tells why.
    Trouble,
}

/// The shop's face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ShopView {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Trade name.
    pub name: String,
    /// ISO 3166 country.
    pub country: String,
    /// Currency of every amount.
    pub currency: Currency,
    /// Decimal places of its minor unit.
    pub decimals: u32,
    /// IANA time zone.
    pub time_zone: String,
    /// Tax classes for typed-in lines.
    pub tax_classes: Vec<TaxClass>,
    /// Stamps for one reward.
    pub stamps_required: u32,
    /// What a full card earns.
    pub reward_name: String,
    /// This till's name on receipts, e.g. `T1`.
    pub till_code: String,
    /// Whether this till is paired with a hub.
    pub paired: bool,
}

/// Somebody on the lock screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct StaffTile {
    /// Who.
    pub staff_id: StaffId,
    /// First name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// How many digits their PIN has.
    pub pin_digits: u8,
}

/// Where this till keeps its secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum SecretsView {
    /// In the system's keyring.
    Keyring,
    /// There is no keyring: a PIN must be chosen, under which they are wrapped.
    NeedsPin,
    /// Wrapped under a PIN that has not been given since the start; syncing waits for it.
    Locked,
    /// Wrapped under a PIN, and open.
    Wrapped,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// What is set on this till alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct SettingsView {
    /// Light or dark.
    pub theme: Theme,
    /// `en` or `es`; empty follows the system.
    pub language: String,
    /// Whether stamps and scans sound.
    pub sounds: bool,
    /// Whether the stamp's animation plays (the system's reduced motion always wins).
    pub motion: bool,
    /// The chosen camera's id; empty takes the first.
    pub camera: String,
    /// Minutes without a touch until the till locks; 0 never.
    pub lock_after_min: u32,
    /// The scanner on a serial port.
    pub scanner: ScannerSettings,
}

/// Which scanner on a serial port is listened to, and how it speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ScannerSettings {
    /// The chosen port's id; empty for none.
    pub port: String,
    /// Bits a second.
    pub baud: u32,
    /// What it ends a code with.
    pub ending: ScannerEnding,
}

/// What a serial scanner ends a code with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ScannerEnding {
    /// Carriage return or line feed.
    Line,
    /// A tab.
    Tab,
    /// Nothing but a pause.
    Pause,
}

/// A serial port to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct SerialPortView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// How the scanner on a serial port is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ScannerView {
    /// None is chosen.
    #[default]
    Off,
    /// It is looked for.
    Starting,
    /// It is there.
    Ready,
    /// It is not, and is looked for again by itself.
    Away {
        /// Why.
        failure: Failure,
    },
}

/// A new shop, made on this device without a hub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct NewShop {
    /// Trade name.
    pub name: String,
    /// ISO 3166 country.
    pub country: String,
    /// ISO 4217 currency.
    pub currency: String,
    /// IANA time zone.
    pub time_zone: String,
    /// The owner's first name.
    pub owner_name: String,
    /// The owner's PIN, 4 to 8 digits.
    pub owner_pin: String,
}

/// An account at a hub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct HubAccount {
    /// The hub's address.
    pub hub: String,
    /// E-mail address.
    pub email: String,
    /// Password; never stored.
    pub password: String,
    /// Whether to make the account first.
    pub register: bool,
}

/// A one-time code to pair another till.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PairingCodeView {
    /// The code, for typing.
    pub code: String,
    /// The QR as SVG.
    pub qr_svg: String,
    /// Until when it holds.
    pub expires_at: String,
}

/// Something that was written to disk for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct SavedFile {
    /// Where.
    pub path: String,
}

/// A camera to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct CameraView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A key that signs customers' cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct CardKeyView {
    /// Its id, as a card names it.
    pub key_id: u32,
    /// Whether this till signs with it.
    pub signs: bool,
    /// Whether its cards are refused.
    pub revoked: bool,
}

/// How the labels of the shop's own scale are laid out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ScaleLabelsView {
    /// Those that are read.
    pub layouts: Vec<ScaleLayoutView>,
    /// Those that are usual in the shop's country and not among them.
    pub usual: Vec<ScaleLayoutView>,
}

/// One layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ScaleLayoutView {
    /// Thirteen places, e.g. `21IIIIIWWWWWC`.
    pub layout: String,
    /// The two digits that labels begin with.
    pub prefix: String,
    /// Whether they hold a weight in grams; otherwise a price in minor units.
    pub weight: bool,
    /// Digits of the article's number.
    pub item_digits: u32,
    /// A label of article 123.
    pub example: String,
}

/// A moment for "as of" labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct AsOf {
    /// When.
    pub at: UnixMs,
}
