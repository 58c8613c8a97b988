//! The owner's figures, from the local database alone.

use counterfoil_domain::{CustomerId, Money, ProductId, Quantity, UnixMs};
use serde::{Deserialize, Serialize};

/// The stretch that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Today up to now, against the same weekday a week ago up to the same time.
    Today,
    /// The last 7 days, against the 7 before.
    Week,
    /// The last 30 days, against the 30 before.
    Month,
}

/// One stretch's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Figures {
    /// Sales less refunds, tax included.
    pub revenue: Money,
    /// Number of sales.
    pub sales: u32,
    /// Revenue of the sales over their number.
    pub average_basket: Money,
    /// Stamps given, less those taken back.
    pub stamps: u32,
    /// Rewards handed out.
    pub rewards: u32,
    /// Customers who enrolled.
    pub new_customers: u32,
    /// What was given back.
    pub refunds: Money,
}

/// One bar of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ChartPoint {
    /// Hour (`08`) or date (`2026-11-21`).
    pub label: String,
    /// This stretch.
    pub current: Money,
    /// The one before.
    pub previous: Money,
    /// Sales of this stretch.
    pub sales: u32,
}

/// A product that sells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct TopProduct {
    /// Which.
    pub product_id: Option<ProductId>,
    /// Its name.
    pub name: String,
    /// How much.
    pub quantity: Quantity,
    /// What it brought.
    pub revenue: Money,
}

/// Something to look after; each opens the place that mends it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AttentionItem {
    /// A product runs out.
    LowStock {
        /// Which.
        product_id: ProductId,
        /// Its name.
        name: String,
        /// What is left; below zero when oversold.
        stock: Quantity,
        /// Its threshold.
        low_below: Quantity,
    },
    /// Changes that cannot reach the hub by themselves.
    StuckChanges {
        /// How many.
        count: u32,
    },
    /// Conflicts that wait for a decision.
    OpenConflicts {
        /// How many.
        count: u32,
    },
    /// A regular who stopped coming.
    LapsedRegular {
        /// Who.
        customer_id: CustomerId,
        /// Their name.
        name: String,
        /// Last visit.
        last_seen_at: UnixMs,
        /// Days between visits they used to have.
        usual_days: u32,
    },
}

/// The owner's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct OwnerView {
    /// The stretch.
    pub period: Period,
    /// When these figures were read, and the last time the hub was heard.
    pub as_of: UnixMs,
    /// When the hub was last in step with this till.
    pub synced_at: Option<UnixMs>,
    /// This stretch.
    pub current: Figures,
    /// The one before.
    pub previous: Figures,
    /// Revenue by hour of the day, over the stretch.
    pub by_hour: Vec<ChartPoint>,
    /// Revenue by day; a single bar for today.
    pub by_day: Vec<ChartPoint>,
    /// The ten best.
    pub top_products: Vec<TopProduct>,
    /// What needs attention, most urgent first.
    pub attention: Vec<AttentionItem>,
}
