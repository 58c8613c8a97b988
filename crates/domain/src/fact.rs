//! What happened and is never edited: sales, refunds, and the entries of the ledgers.

use serde::{Deserialize, Serialize};

use crate::cart::{CartLine, Discount, PricedCart, PricedLine, TaxTotal};
use crate::id::{
    CustomerId, DeviceId, EntryId, LineId, ProductId, RefundId, SaleId, ShiftId, StaffId, StampId,
};
use crate::money::{Currency, Money, Quantity};
use crate::tax::LineTax;
use crate::tender::Tender;
use crate::time::UnixMs;

/// A line of a completed sale: the cart's line with its amounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FlatLine")]
pub struct SaleLine {
    /// What was rung up.
    #[serde(flatten)]
    pub line: CartLine,
    /// Its amounts.
    pub amounts: PricedLine,
}

/// A sale's line as it is written, all in one level. A flattened field would be read by way of a copy of everything in it,
/// and hub and tills read little else.
#[derive(Deserialize)]
struct FlatLine {
    line_id: LineId,
    product_id: Option<ProductId>,
    sku: String,
    name: String,
    quantity: Quantity,
    unit_price: Money,
    tax: LineTax,
    discount: Option<Discount>,
    note: String,
    amounts: PricedLine,
}

impl From<FlatLine> for SaleLine {
    fn from(flat: FlatLine) -> Self {
        Self {
            line: CartLine {
                line_id: flat.line_id,
                product_id: flat.product_id,
                sku: flat.sku,
                name: flat.name,
                quantity: flat.quantity,
                unit_price: flat.unit_price,
                tax: flat.tax,
                discount: flat.discount,
                note: flat.note,
            },
            amounts: flat.amounts,
        }
    }
}

/// A completed sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// Its id.
    pub sale_id: SaleId,
    /// The till that made it.
    pub device_id: DeviceId,
    /// The till's short name on receipts, e.g. `T1`.
    pub till_code: String,
    /// The till's own gapless number, from 1.
    pub number: u32,
    /// When.
    pub at: UnixMs,
    /// Who rang it up.
    pub staff_id: StaffId,
    /// In which shift.
    pub shift_id: Option<ShiftId>,
    /// The loyalty customer.
    pub customer_id: Option<CustomerId>,
    /// Currency of every amount.
    pub currency: Currency,
    /// What was sold.
    pub lines: Vec<SaleLine>,
    /// Sum of the lines' list amounts.
    pub subtotal: Money,
    /// All discounts together.
    pub discount: Money,
    /// Sum without tax.
    pub net: Money,
    /// Sum of the tax.
    pub tax: Money,
    /// Tax by class.
    pub taxes: Vec<TaxTotal>,
    /// What was paid.
    pub total: Money,
    /// How it was paid.
    pub tenders: Vec<Tender>,
    /// What was handed back.
    pub change: Money,
    /// A note.
    #[serde(default)]
    pub note: String,
}

impl Sale {
    /// The number as a receipt prints it, e.g. `T1-000042`.
    #[must_use]
    pub fn receipt_number(&self) -> String {
        format!("{}-{:06}", self.till_code, self.number)
    }

    /// The amounts as a priced cart, for rendering.
    #[must_use]
    pub fn priced(&self) -> PricedCart {
        PricedCart {
            lines: self.lines.iter().map(|l| l.amounts).collect(),
            subtotal: self.subtotal,
            discount: self.discount,
            net: self.net,
            tax: self.tax,
            taxes: self.taxes.clone(),
            total: self.total,
        }
    }
}

/// A line given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLine {
    /// The sale's line.
    pub line_id: LineId,
    /// Its product.
    pub product_id: Option<ProductId>,
    /// What the receipt prints.
    pub name: String,
    /// How much came back.
    pub quantity: Quantity,
    /// What is paid back for it, tax included.
    pub total: Money,
    /// The tax within `total`.
    pub tax: Money,
    /// Whether the goods go back on the shelf.
    pub restock: bool,
}

/// A refund; the sale stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Its id.
    pub refund_id: RefundId,
    /// The sale it corrects.
    pub sale_id: SaleId,
    /// The till that made it.
    pub device_id: DeviceId,
    /// When.
    pub at: UnixMs,
    /// Who.
    pub staff_id: StaffId,
    /// In which shift.
    pub shift_id: Option<ShiftId>,
    /// What came back.
    pub lines: Vec<RefundLine>,
    /// What was paid back.
    pub total: Money,
    /// The tax within it.
    pub tax: Money,
    /// How it was paid back.
    pub tender: Tender,
    /// Why.
    pub reason: String,
}

/// Why a stamp entry stands in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum StampReason {
    /// A visit was stamped: +1.
    Given,
    /// A stamp was taken back: -1.
    Reversed,
    /// A reward was redeemed: minus its price in stamps.
    Redeemed,
}

/// One entry of a customer's stamp ledger; the balance is the sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StampEntry {
    /// Its id.
    pub stamp_id: StampId,
    /// Whose card.
    pub customer_id: CustomerId,
    /// Stamps added (negative: taken).
    pub stamps: i32,
    /// Why.
    pub reason: StampReason,
    /// When.
    pub at: UnixMs,
    /// Who.
    pub staff_id: StaffId,
    /// The till.
    pub device_id: DeviceId,
}

/// Why a stock entry stands in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum StockReason {
    /// Sold.
    Sold,
    /// Given back and put on the shelf.
    Returned,
    /// Delivered.
    Delivered,
    /// Counted: the difference to the book.
    Counted,
    /// Thrown away.
    Wasted,
}

/// One entry of a product's stock ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockEntry {
    /// Its id, derived from the operation and its place in it.
    pub entry_id: EntryId,
    /// The product.
    pub product_id: ProductId,
    /// Added (negative: taken).
    pub quantity: Quantity,
    /// Why.
    pub reason: StockReason,
    /// When.
    pub at: UnixMs,
    /// The till.
    pub device_id: DeviceId,
}

/// Why a cash entry stands in the drawer's ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum CashReason {
    /// The float at the start of a shift.
    Float,
    /// Cash from a sale, less its change.
    Sale,
    /// Paid back in cash.
    Refund,
    /// Put in.
    PaidIn,
    /// Taken out.
    PaidOut,
    /// Brought to the safe.
    Drop,
}

/// One entry of a drawer's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashEntry {
    /// Its id, derived from the operation and its place in it.
    pub entry_id: EntryId,
    /// The shift.
    pub shift_id: Option<ShiftId>,
    /// Added (negative: taken).
    pub amount: Money,
    /// Why.
    pub reason: CashReason,
    /// A word on it.
    pub note: String,
    /// When.
    pub at: UnixMs,
    /// Who.
    pub staff_id: StaffId,
    /// The till.
    pub device_id: DeviceId,
}

/// A shift was opened at a till's drawer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftOpened {
    /// Its id.
    pub shift_id: ShiftId,
    /// The till.
    pub device_id: DeviceId,
    /// Who opened it.
    pub staff_id: StaffId,
    /// When.
    pub at: UnixMs,
    /// What was in the drawer.
    pub opening_float: Money,
}

/// A shift was closed: the Z report's figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftClosed {
    /// The shift.
    pub shift_id: ShiftId,
    /// The till.
    pub device_id: DeviceId,
    /// Who closed it.
    pub staff_id: StaffId,
    /// When.
    pub at: UnixMs,
    /// What the ledger says should be in the drawer.
    pub expected: Money,
    /// What was counted.
    pub counted: Money,
    /// A word on the difference.
    pub note: String,
}

/// A fact's row, as it is stored and travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", content = "row", rename_all = "snake_case")]
pub enum FactRow {
    /// A sale.
    Sale(Sale),
    /// A refund.
    Refund(Refund),
    /// A stamp ledger entry.
    Stamp(StampEntry),
    /// A stock ledger entry.
    Stock(StockEntry),
    /// A cash ledger entry.
    Cash(CashEntry),
    /// A shift's beginning.
    ShiftOpened(ShiftOpened),
    /// A shift's end.
    ShiftClosed(ShiftClosed),
}

impl FactRow {
    /// The name in tables.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sale(_) => "sale",
            Self::Refund(_) => "refund",
            Self::Stamp(_) => "stamp",
            Self::Stock(_) => "stock",
            Self::Cash(_) => "cash",
            Self::ShiftOpened(_) => "shift_opened",
            Self::ShiftClosed(_) => "shift_closed",
        }
    }

    /// The row's own id; for a shift's end the shift's.
    #[must_use]
    pub const fn id(&self) -> uuid::Uuid {
        match self {
            Self::Sale(r) => r.sale_id.0,
            Self::Refund(r) => r.refund_id.0,
            Self::Stamp(r) => r.stamp_id.0,
            Self::Stock(r) => r.entry_id.0,
            Self::Cash(r) => r.entry_id.0,
            Self::ShiftOpened(r) => r.shift_id.0,
            Self::ShiftClosed(r) => r.shift_id.0,
        }
    }
}
