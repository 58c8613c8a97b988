//! A checksum a table that follows what the hub confirms, and the count over the rows as they lie there.

use std::borrow::Cow;

use counterfoil_domain::table::{Cell, Sums, Table, TableRow};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::changes::{Cursor, load_cursor};
use crate::error::StoreError;
use crate::meta;
use crate::store::Store;

/// The sums while changes are applied; nothing where they are not known.
pub(crate) struct Tally(Option<Sums>);

impl Tally {
    /// The sums at the cursor. A database that never pulled has none of the hub's rows, unless it was salvaged.
    pub(crate) fn open(conn: &Connection, cursor: &Cursor) -> Result<Self, StoreError> {
        let kept = load(conn)?;
        let refills = meta::get(conn, meta::REFILL_UNTIL)?.is_some();
        Ok(Self(if cursor.seq == 0 && !refills {
            Some(count(conn)?)
        } else {
            kept
        }))
    }

    pub(crate) const fn counts(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn add(&mut self, rows: &[TableRow<'_>]) {
        if let Some(sums) = &mut self.0 {
            for row in rows {
                sums.add(row);
            }
        }
    }

    pub(crate) fn remove(&mut self, row: &TableRow<'_>) {
        if let Some(sums) = &mut self.0 {
            sums.remove(row);
        }
    }

    /// What a row was before is not at hand: the rows are to be counted anew.
    pub(crate) fn give_up(&mut self, conn: &Connection) -> Result<(), StoreError> {
        self.0 = None;
        meta::remove(conn, meta::SUMS)
    }

    pub(crate) fn close(&self, conn: &Connection) -> Result<(), StoreError> {
        self.0.as_ref().map_or(Ok(()), |sums| save(conn, sums))
    }
}

/// None as well where a program with another idea of the rows has written them.
fn load(conn: &Connection) -> Result<Option<Sums>, StoreError> {
    Ok(meta::get(conn, meta::SUMS)?.and_then(|text| serde_json::from_str(&text).ok()))
}

fn save(conn: &Connection, sums: &Sums) -> Result<(), StoreError> {
    meta::set(conn, meta::SUMS, &serde_json::to_string(sums)?)
}

/// What was confirmed, counted from the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Where the till stood.
    pub cursor: Cursor,
    /// The sums of the rows that were there.
    pub sums: Sums,
}

impl Store {
    /// The sums that followed the changes, and the cursor they belong to; no sums where they must be counted first.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn sums(&self) -> Result<(Cursor, Option<Sums>), StoreError> {
        self.read(|conn| Ok((load_cursor(conn)?, load(conn)?)))
    }

    /// Counts every confirmed row as it lies in the tables: seconds with a million rows. Selling goes on meanwhile.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn count_rows(&self) -> Result<Count, StoreError> {
        self.read(|conn| {
            Ok(Count {
                cursor: load_cursor(conn)?,
                sums: count(conn)?,
            })
        })
    }

    /// Keeps a count where the till still stands at its cursor and no sums are known.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn adopt_sums(&self, count: &Count) -> Result<(), StoreError> {
        self.write(|tx| {
            let conn = tx.conn();
            let refills = meta::get(conn, meta::REFILL_UNTIL)?.is_some();
            if load_cursor(conn)? == count.cursor && load(conn)?.is_none() && !refills {
                tx.noting(save(conn, &count.sums))?;
            }
            Ok(())
        })
    }

    /// Notes that tables differ from the hub's, for `doctor` and for the repair after a restart; none takes the note back.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn note_differences(&self, tables: &[Table]) -> Result<(), StoreError> {
        let names: Vec<&str> = tables.iter().map(|table| table.name()).collect();
        self.write(|tx| {
            tx.noting(if names.is_empty() {
                meta::remove(tx.conn(), meta::DIFFERS)
            } else {
                meta::set(tx.conn(), meta::DIFFERS, &names.join(" "))
            })
        })
    }

    /// The names of the tables that differ from the hub's and wait for a fresh image.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn differences(&self) -> Result<Vec<String>, StoreError> {
        let note = self.read(|conn| meta::get(conn, meta::DIFFERS))?;
        Ok(note
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect())
    }
}

/// Sums over the rows of an open database.
pub(crate) fn count(conn: &Connection) -> Result<Sums, StoreError> {
    let mut sums = Sums::default();
    for table in Table::ALL {
        let sql = match table {
            Table::Entity => include_str!("../queries/list_confirmed_entities.sql"),
            Table::Sale => include_str!("../queries/list_confirmed_sales.sql"),
            Table::SaleLine => include_str!("../queries/list_confirmed_sale_lines.sql"),
            Table::SaleTender => include_str!("../queries/list_confirmed_sale_tenders.sql"),
            Table::Refund => include_str!("../queries/list_confirmed_refunds.sql"),
            Table::RefundLine => include_str!("../queries/list_confirmed_refund_lines.sql"),
            Table::Stamp => include_str!("../queries/list_confirmed_stamps.sql"),
            Table::Stock => include_str!("../queries/list_confirmed_stock.sql"),
            Table::Cash => include_str!("../queries/list_confirmed_cash.sql"),
            Table::ShiftOpened => include_str!("../queries/list_confirmed_openings.sql"),
            Table::ShiftClosed => include_str!("../queries/list_confirmed_closings.sql"),
        };
        let mut statement = conn.prepare(sql)?;
        let places = table
            .columns()
            .iter()
            .map(|column| statement.column_index(column))
            .collect::<Result<Vec<_>, _>>()?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let cells = places
                .iter()
                .map(|place| Ok(cell(row.get_ref(*place)?)))
                .collect::<Result<Vec<_>, StoreError>>()?;
            sums.add(&TableRow { table, cells });
        }
    }
    Ok(sums)
}

/// What no till writes (a blob, a fraction, torn text) differs from everything that a hub has.
fn cell(value: ValueRef<'_>) -> Cell<'_> {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text)),
        ValueRef::Real(_) | ValueRef::Blob(_) => Cell::Text(Cow::Borrowed("\u{0}")),
    }
}
