//! The rows of the shared tables, cell by cell: the one description by which a till stores them, a hub fills an image with
//! them, and both add up the same checksums.

mod rows;
#[cfg(test)]
mod samples;
mod sums;

use std::borrow::Cow;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub use rows::{RowError, entity_row, fact_rows};
pub use sums::{SHAPE, Sums};

/// A table whose rows are the same on every replica. A shift's opening and closing share a row on the till and are two here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// What people edit, as the hub confirmed it.
    Entity,
    /// Sales.
    Sale,
    /// Their lines.
    SaleLine,
    /// How they were paid.
    SaleTender,
    /// Refunds.
    Refund,
    /// Their lines.
    RefundLine,
    /// The stamp ledger.
    Stamp,
    /// The stock ledger.
    Stock,
    /// The drawers' ledger.
    Cash,
    /// Shifts' openings.
    ShiftOpened,
    /// Shifts' closings.
    ShiftClosed,
}

impl Table {
    /// Every table, in the order in which an image is filled: a row before what refers to it.
    pub const ALL: [Self; 11] = [
        Self::Entity,
        Self::Sale,
        Self::SaleLine,
        Self::SaleTender,
        Self::Refund,
        Self::RefundLine,
        Self::Stamp,
        Self::Stock,
        Self::Cash,
        Self::ShiftOpened,
        Self::ShiftClosed,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Entity => "entity",
            Self::Sale => "sale",
            Self::SaleLine => "sale_line",
            Self::SaleTender => "sale_tender",
            Self::Refund => "refund",
            Self::RefundLine => "refund_line",
            Self::Stamp => "stamp",
            Self::Stock => "stock",
            Self::Cash => "cash",
            Self::ShiftOpened => "shift_opened",
            Self::ShiftClosed => "shift_closed",
        }
    }

    /// The columns that every replica shares, in the order of [`TableRow::cells`]. What a till keeps for itself beside them
    /// (`op_id`, `pending`) is not among them.
    #[must_use]
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Entity => &["kind", "id", "body", "deleted"],
            Self::Sale => &[
                "sale_id",
                "device_id",
                "till_code",
                "number",
                "at",
                "staff_id",
                "shift_id",
                "customer_id",
                "currency",
                "subtotal_minor",
                "discount_minor",
                "net_minor",
                "tax_minor",
                "total_minor",
                "change_minor",
                "body",
            ],
            Self::SaleLine => &[
                "sale_id",
                "position",
                "line_id",
                "product_id",
                "sku",
                "name",
                "quantity_milli",
                "unit_price_minor",
                "list_minor",
                "discount_minor",
                "net_minor",
                "tax_minor",
                "total_minor",
            ],
            Self::SaleTender => &["sale_id", "position", "kind", "amount_minor", "reference"],
            Self::Refund => &[
                "refund_id",
                "sale_id",
                "device_id",
                "at",
                "staff_id",
                "shift_id",
                "currency",
                "total_minor",
                "tax_minor",
                "tender_kind",
                "reason",
                "body",
            ],
            Self::RefundLine => &[
                "refund_id",
                "position",
                "line_id",
                "product_id",
                "name",
                "quantity_milli",
                "total_minor",
                "tax_minor",
                "restock",
            ],
            Self::Stamp => &[
                "stamp_id",
                "customer_id",
                "stamps",
                "reason",
                "at",
                "staff_id",
                "device_id",
            ],
            Self::Stock => &[
                "entry_id",
                "product_id",
                "quantity_milli",
                "reason",
                "at",
                "device_id",
            ],
            Self::Cash => &[
                "entry_id",
                "shift_id",
                "amount_minor",
                "currency",
                "reason",
                "note",
                "at",
                "staff_id",
                "device_id",
            ],
            Self::ShiftOpened => &[
                "shift_id",
                "device_id",
                "opened_by",
                "opened_at",
                "opening_float_minor",
                "currency",
            ],
            Self::ShiftClosed => &[
                "shift_id",
                "device_id",
                "closed_by",
                "closed_at",
                "expected_minor",
                "counted_minor",
                "currency",
                "note",
            ],
        }
    }

    pub(crate) const fn place(self) -> usize {
        self as usize
    }
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(Cow<'a, str>),
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<Uuid> for Cell<'_> {
    fn from(id: Uuid) -> Self {
        id.to_string().into()
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Serialize for Cell<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// One row of a shared table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow<'a> {
    /// Where it belongs.
    pub table: Table,
    /// Its values in the order of [`Table::columns`].
    pub cells: Vec<Cell<'a>>,
}

impl TableRow<'_> {
    /// The value of a column; none where the table does not share it.
    #[must_use]
    pub fn cell(&self, column: &str) -> Option<&Cell<'_>> {
        let place = self.table.columns().iter().position(|c| *c == column)?;
        self.cells.get(place)
    }

    /// 128 bits of SHA-256 over the table's name and each value with its kind and length.
    #[must_use]
    pub fn digest(&self) -> u128 {
        let mut hasher = Sha256::new();
        let mut text = |kind: u8, bytes: &[u8]| {
            hasher.update([kind]);
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        text(b't', self.table.name().as_bytes());
        for cell in &self.cells {
            match cell {
                Cell::Null => text(b'n', &[]),
                Cell::Integer(number) => text(b'i', &number.to_be_bytes()),
                Cell::Text(value) => text(b's', value.as_bytes()),
            }
        }
        let mut first = [0; 16];
        first.copy_from_slice(&hasher.finalize()[..16]);
        u128::from_be_bytes(first)
    }
}
