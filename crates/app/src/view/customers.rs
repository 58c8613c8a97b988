//! Customers, their cards and stamps.

use counterfoil_domain::stamp::StampCard;
use counterfoil_domain::{CustomerId, Money, SaleId, StampId, UnixMs};
use serde::{Deserialize, Serialize};

/// A customer in a list or on a cart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct CustomerTile {
    /// Who.
    pub customer_id: CustomerId,
    /// Their name.
    pub name: String,
    /// Their phone as people read it.
    pub phone: String,
    /// Their card.
    pub card: StampCard,
    /// When they were last here.
    pub last_seen_at: Option<UnixMs>,
}

/// What happened with a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum HistoryItem {
    /// A stamp.
    Stamp {
        /// When.
        at: UnixMs,
    },
    /// A stamp taken back.
    Reversed {
        /// When.
        at: UnixMs,
    },
    /// A reward.
    Reward {
        /// When.
        at: UnixMs,
    },
    /// A sale.
    Sale {
        /// When.
        at: UnixMs,
        /// Which.
        sale_id: SaleId,
        /// Its number.
        number: String,
        /// What was paid.
        total: Money,
    },
}

/// A customer's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct CustomerView {
    /// The tile.
    pub tile: CustomerTile,
    /// Free note.
    pub note: String,
    /// When they enrolled.
    pub enrolled_at: UnixMs,
    /// What they spent here, and how often they bought.
    pub spent: Money,
    /// Number of sales.
    pub sales: u32,
    /// Newest first, at most 50.
    pub history: Vec<HistoryItem>,
    /// The signed card as QR (SVG).
    pub card_qr_svg: String,
    /// The same card for a phone, where the till has a hub.
    pub phone: Option<PhoneCard>,
    /// How many of their cards were reported lost and are refused.
    pub cards_lost: u32,
}

/// The way to the hub's page on which a customer's phone shows a code that is good for a minute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PhoneCard {
    /// The page's address; whoever has it has the card.
    pub url: String,
    /// The same as QR (SVG).
    pub qr_svg: String,
}

/// What enrolling did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EnrolOutcome {
    /// A new customer.
    Created {
        /// Who.
        customer: CustomerView,
    },
    /// That phone is enrolled already: this is them.
    Existing {
        /// Who.
        customer: CustomerView,
    },
}

/// What a stamp did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StampOutcome {
    /// It is committed.
    Given {
        /// The entry, for undoing.
        stamp_id: StampId,
        /// The card after it.
        card: StampCard,
        /// Whether it filled the card.
        reward_unlocked: bool,
    },
    /// The card was stamped a moment ago.
    Cooldown {
        /// Seconds until the next stamp.
        wait_s: u32,
        /// The card as it is.
        card: StampCard,
    },
}

/// How a card is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum CardFormat {
    /// A picture.
    Png,
    /// A page to print.
    Pdf,
}
