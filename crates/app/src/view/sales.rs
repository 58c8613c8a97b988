//! Sales, receipts, refunds and shifts.

use counterfoil_domain::cart::TaxTotal;
use counterfoil_domain::fact::CashReason;
use counterfoil_domain::tender::{Tender, TenderKind};
use counterfoil_domain::{CustomerId, LineId, Money, Quantity, SaleId, ShiftId, UnixMs};
use serde::{Deserialize, Serialize};

/// A sale in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SaleTile {
    /// Which.
    pub sale_id: SaleId,
    /// Its number, e.g. `T1-000042`.
    pub number: String,
    /// When.
    pub at: UnixMs,
    /// Who sold.
    pub staff: String,
    /// The customer's name, or empty.
    pub customer: String,
    /// Its first lines in words.
    pub summary: String,
    /// What was paid.
    pub total: Money,
    /// What was given back since.
    pub refunded: Money,
    /// Whether it is on the hub yet.
    pub pending: bool,
}

/// A line of a sale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SaleLineView {
    /// Which.
    pub line_id: LineId,
    /// What it was.
    pub name: String,
    /// How much.
    pub quantity: Quantity,
    /// Price of one unit.
    pub unit_price: Money,
    /// What was taken off.
    pub discount: Money,
    /// What was paid for it.
    pub total: Money,
    /// How much of it came back.
    pub refunded: Quantity,
}

/// A sale's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SaleView {
    /// The tile.
    pub tile: SaleTile,
    /// Its customer.
    pub customer_id: Option<CustomerId>,
    /// Its lines.
    pub lines: Vec<SaleLineView>,
    /// Sum of list amounts.
    pub subtotal: Money,
    /// All discounts.
    pub discount: Money,
    /// Without tax.
    pub net: Money,
    /// Tax.
    pub tax: Money,
    /// Tax by class.
    pub taxes: Vec<TaxTotal>,
    /// How it was paid.
    pub tenders: Vec<Tender>,
    /// What was handed back.
    pub change: Money,
    /// The receipt as lines of text, 42 columns wide.
    pub receipt_text: Vec<String>,
    /// The receipt's number as QR (SVG), to be scanned for a refund.
    pub receipt_qr_svg: String,
}

/// A line to give back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RefundLineInput {
    /// Which.
    pub line_id: LineId,
    /// How much.
    pub quantity: Quantity,
    /// Whether the goods go back on the shelf.
    pub restock: bool,
}

/// A refund to make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RefundInput {
    /// The sale.
    pub sale_id: SaleId,
    /// What comes back.
    pub lines: Vec<RefundLineInput>,
    /// How it is paid back.
    pub tender: TenderKind,
    /// Why.
    pub reason: String,
}

/// A movement of the drawer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct CashMoveView {
    /// When.
    pub at: UnixMs,
    /// Why.
    pub reason: CashReason,
    /// How much.
    pub amount: Money,
    /// A word on it.
    pub note: String,
    /// Who.
    pub staff: String,
}

/// The X report while a shift is open, the Z report once it is closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ShiftReport {
    /// Which.
    pub shift_id: ShiftId,
    /// Who opened it.
    pub opened_by: String,
    /// When.
    pub opened_at: UnixMs,
    /// When it was closed.
    pub closed_at: Option<UnixMs>,
    /// Number of sales.
    pub sales: u32,
    /// What was sold.
    pub revenue: Money,
    /// Tax within it.
    pub tax: Money,
    /// What was given back.
    pub refunds: Money,
    /// Paid in cash, less change.
    pub cash: Money,
    /// Paid by card.
    pub card: Money,
    /// What was in the drawer at the start.
    pub opening_float: Money,
    /// What should be in the drawer.
    pub expected: Money,
    /// What was counted.
    pub counted: Option<Money>,
    /// Counted less expected.
    pub difference: Option<Money>,
    /// Paid in, paid out, dropped.
    pub moves: Vec<CashMoveView>,
}

/// The shift screen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ShiftView {
    /// The open shift.
    pub open: Option<ShiftReport>,
    /// Closed ones, newest first, at most 30.
    pub closed: Vec<ShiftReport>,
}
