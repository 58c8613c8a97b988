//! Facts into their tables. Ours are pending until the hub's copy comes back; inserting twice is the same as once.

use std::borrow::Cow;
use std::sync::OnceLock;

use counterfoil_domain::table::{Cell, Table, TableRow, fact_rows};
use counterfoil_domain::{FactRow, OpId};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ToSql, named_params};

use crate::error::StoreError;

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// This till, just now: the row must be new.
    Here,
    /// This till, some time ago: the row may be there already.
    Again,
    /// The hub: an own row is confirmed by it.
    Hub,
}

/// Whether a fact's row became something that it was not before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is new, or was pending and is confirmed now.
    Anew,
    /// It stood there already.
    Already,
    /// Another one was confirmed in its place: of two closings of a shift the one that reached the hub first, until the
    /// hub was restored and the other one came first.
    Instead,
}

/// Writes a fact's rows as they were laid out by [`fact_rows`]; the first is the fact itself, its parts follow.
pub(crate) fn insert_rows(
    conn: &Connection,
    rows: &[TableRow<'_>],
    op_id: Option<OpId>,
    source: Source,
) -> Result<Written, StoreError> {
    let op_id = op_id.map(|o| o.to_string());
    let own = Own {
        op_id: op_id.as_deref(),
        pending: source != Source::Hub,
    };
    let replaces = source == Source::Hub && closes_again(conn, rows)?;
    let mut written = Written::Already;
    for (place, row) in rows.iter().enumerate() {
        let changed = insert_row(conn, row, &own)?;
        if place == 0 && changed > 0 {
            written = if replaces {
                Written::Instead
            } else {
                Written::Anew
            };
        }
    }
    Ok(written)
}

/// Whether the fact closes a shift of which the hub has confirmed a closing.
fn closes_again(conn: &Connection, rows: &[TableRow<'_>]) -> Result<bool, StoreError> {
    let Some(closing) = rows.first().filter(|r| r.table == Table::ShiftClosed) else {
        return Ok(false);
    };
    let shift_id = Bound(closing.cells.first());
    Ok(conn
        .prepare_cached(include_str!("../queries/has_confirmed_closing.sql"))?
        .query_row(named_params! { ":shift_id": shift_id }, |row| {
            row.get("there")
        })?)
}

/// Inserts a fact.
pub(crate) fn insert(
    conn: &Connection,
    fact: &FactRow,
    op_id: Option<OpId>,
    source: Source,
) -> Result<(), StoreError> {
    let written = insert_rows(conn, &fact_rows(fact)?, op_id, source)?;
    if written == Written::Already && source == Source::Here {
        return Err(StoreError::invalid(
            "exists_already",
            format!("{} {} exists already", fact.name(), fact.id()),
        ));
    }
    Ok(())
}

/// What a till keeps beside a shared row.
struct Own<'a> {
    op_id: Option<&'a str>,
    pending: bool,
}

fn insert_row(conn: &Connection, row: &TableRow<'_>, own: &Own<'_>) -> Result<usize, StoreError> {
    let sql = match row.table {
        Table::Entity => include_str!("../queries/save_base.sql"),
        Table::Sale => include_str!("../queries/insert_sale.sql"),
        Table::SaleLine => include_str!("../queries/insert_sale_line.sql"),
        Table::SaleTender => include_str!("../queries/insert_sale_tender.sql"),
        Table::Refund => include_str!("../queries/insert_refund.sql"),
        Table::RefundLine => include_str!("../queries/insert_refund_line.sql"),
        Table::Stamp => include_str!("../queries/insert_stamp.sql"),
        Table::Stock => include_str!("../queries/insert_stock.sql"),
        Table::Cash => include_str!("../queries/insert_cash.sql"),
        Table::ShiftOpened => include_str!("../queries/open_shift.sql"),
        Table::ShiftClosed => include_str!("../queries/close_shift.sql"),
    };
    let mut statement = conn.prepare_cached(sql)?;
    // The names of a table's parameters are looked up once, not with every row.
    let fillings = FILLINGS[row.table as usize].get_or_init(|| {
        let names = (1..=statement.parameter_count()).map(|n| statement.parameter_name(n));
        names.map(|name| Filling::of(row.table, name)).collect()
    });
    for (index, filling) in (1..).zip(fillings) {
        match filling {
            Filling::OpId => statement.raw_bind_parameter(index, own.op_id)?,
            Filling::Pending => statement.raw_bind_parameter(index, own.pending)?,
            Filling::Cell(place) => {
                statement.raw_bind_parameter(index, Bound(place.and_then(|p| row.cells.get(p))))?;
            }
        }
    }
    Ok(statement.raw_execute()?)
}

/// What a table's insert takes for each of its parameters.
static FILLINGS: [OnceLock<Vec<Filling>>; Table::ALL.len()] =
    [const { OnceLock::new() }; Table::ALL.len()];

/// What a parameter is filled with.
enum Filling {
    OpId,
    Pending,
    /// The shared row's cell at a place; nothing where the table does not share it.
    Cell(Option<usize>),
}

impl Filling {
    fn of(table: Table, parameter: Option<&str>) -> Self {
        match parameter.unwrap_or_default().trim_start_matches(':') {
            "op_id" => Self::OpId,
            "pending" => Self::Pending,
            name => Self::Cell(table.columns().iter().position(|column| *column == name)),
        }
    }
}

/// A cell on its way into a statement.
struct Bound<'a>(Option<&'a Cell<'a>>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            None | Some(Cell::Null) => ToSqlOutput::Owned(Value::Null),
            Some(Cell::Integer(number)) => ToSqlOutput::Owned(Value::Integer(*number)),
            Some(Cell::Text(Cow::Borrowed(text))) => {
                ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
            }
            Some(Cell::Text(Cow::Owned(text))) => {
                ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
            }
        })
    }
}

/// Writes what the hub confirmed of an entity.
pub(crate) fn save_base(conn: &Connection, row: &TableRow<'_>) -> Result<(), StoreError> {
    let own = Own {
        op_id: None,
        pending: false,
    };
    insert_row(conn, row, &own).map(drop)
}
