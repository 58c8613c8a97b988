//! Rows from the damaged database into the new one, table by table, around what cannot be read.

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, named_params, params_from_iter};

use super::{OnSalvageStep, SalvageStep, SalvagedTable, told};
use crate::error::StoreError;
use crate::fact::{self, Source};
use crate::tx::Tx;

/// What is read, parents before children. Overlays, touches and balances are made anew from these.
const TABLES: [Table; 16] = [
    Table::new("outbox", "rowid"),
    Table::new("meta", "key"),
    Table::new("journal", "rowid"),
    Table::new("setting", "key"),
    Table::new("cart", "cart_id"),
    Table::new("settled", "op_id"),
    Table::new("clash", "kind, id, field"),
    Table::new("entity_base", "kind, id"),
    Table::new("sale", "rowid"),
    Table::new("sale_line", "sale_id, position"),
    Table::new("sale_tender", "sale_id, position"),
    Table::new("refund", "rowid"),
    Table::new("refund_line", "refund_id, position"),
    Table::new("stamp", "stamp_id"),
    Table::new("stock", "entry_id"),
    Table::new("cash", "entry_id"),
];
const SHIFT: Table = Table::new("shift", "shift_id");
/// Ask whether to go on every so many rows.
const STEP_ROWS: u64 = 2000;

struct Table {
    name: &'static str,
    /// The order in which its pages lie.
    order: &'static str,
}

impl Table {
    const fn new(name: &'static str, order: &'static str) -> Self {
        Self { name, order }
    }

    fn has_rowid(&self) -> bool {
        self.order == "rowid"
    }
}

/// Copies what can be read of every table. Without a connection nothing can be.
pub(super) fn all(
    tx: &Tx<'_>,
    damaged: Option<&Connection>,
    on_step: &mut OnSalvageStep<'_>,
) -> Result<Vec<SalvagedTable>, StoreError> {
    let tables = TABLES.iter().chain([&SHIFT]);
    let of = u32::try_from(tables.clone().count()).unwrap_or(u32::MAX);
    let mut done = Vec::new();
    for (place, table) in (0..).zip(tables) {
        let step = SalvageStep::Reading {
            table: table.name,
            done: place,
            of,
        };
        told(on_step, step)?;
        let mut copier = Copier {
            tx,
            table,
            columns: columns(tx.conn(), table.name)?,
            whole: true,
            rows: 0,
            step,
            on_step,
        };
        let whole = match damaged {
            Some(damaged) => copier.run(damaged)?,
            None => false,
        };
        done.push(SalvagedTable {
            name: table.name,
            saved: 0,
            lost: None,
            whole,
        });
    }
    complete_papers(tx)?;
    if let Some(damaged) = damaged {
        follow_numbers(tx, damaged)?;
    }
    Ok(done)
}

/// Names of tables and columns cannot be parameters; these come from the new database itself.
fn columns(conn: &Connection, table: &str) -> Result<Vec<String>, StoreError> {
    let statement = conn.prepare(&format!("SELECT * FROM {table} LIMIT 0"))?;
    Ok(statement
        .column_names()
        .into_iter()
        .map(str::to_owned)
        .collect())
}

struct Copier<'a, 'b> {
    tx: &'a Tx<'a>,
    table: &'a Table,
    columns: Vec<String>,
    whole: bool,
    rows: u64,
    step: SalvageStep,
    on_step: &'a mut OnSalvageStep<'b>,
}

/// Why reading a stretch ended.
enum End {
    /// Everything in it was read.
    Whole,
    /// At something that cannot be read.
    Broken,
}

impl Copier<'_, '_> {
    /// Reads forwards as far as it goes, then backwards, then, where rows have numbers, what lies between in ever
    /// smaller stretches.
    fn run(&mut self, damaged: &Connection) -> Result<bool, StoreError> {
        let Ok(theirs) = columns(damaged, self.table.name) else {
            // An older database has not every table; that is no loss. A broken schema is.
            return Ok(is_older(damaged));
        };
        self.columns.retain(|column| theirs.contains(column));
        let (end, last) = self.stretch(damaged, "", false)?;
        if matches!(end, End::Broken) {
            self.whole = false;
            let (_, first_after) = self.stretch(damaged, "", true)?;
            if let (true, Some(low), Some(high)) = (self.table.has_rowid(), last, first_after) {
                self.between(damaged, low + 1, high - 1)?;
            } else if self.table.has_rowid() {
                self.between(damaged, last.unwrap_or(0) + 1, last.unwrap_or(0) + 100_000)?;
            }
        }
        Ok(self.whole)
    }

    fn between(&mut self, damaged: &Connection, low: i64, high: i64) -> Result<(), StoreError> {
        let mut open = vec![(low, high)];
        while let Some((low, high)) = open.pop() {
            if low > high {
                continue;
            }
            let range = format!("WHERE rowid BETWEEN {low} AND {high}");
            if let (End::Broken, _) = self.stretch(damaged, &range, false)?
                && low < high
            {
                let middle = low + (high - low) / 2;
                open.push((low, middle));
                open.push((middle + 1, high));
            }
        }
        Ok(())
    }

    /// Copies rows until the end or the first that cannot be read, and tells the last row's number.
    fn stretch(
        &mut self,
        damaged: &Connection,
        range: &str,
        backwards: bool,
    ) -> Result<(End, Option<i64>), StoreError> {
        let Table { name, order } = self.table;
        let columns = self.columns.join(", ");
        let number = if self.table.has_rowid() { "rowid" } else { "0" };
        let direction = if backwards { " DESC" } else { "" };
        let order = order
            .split(", ")
            .map(|column| format!("{column}{direction}"))
            .collect::<Vec<_>>()
            .join(", ");
        let sql =
            format!("SELECT {columns}, {number} AS place FROM {name} {range} ORDER BY {order}");
        let places = vec!["?"; self.columns.len()].join(", ");
        let mut insert = self.tx.conn().prepare_cached(&format!(
            "INSERT INTO {name} ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING"
        ))?;
        let mut last = None;
        let Ok(mut statement) = damaged.prepare(&sql) else {
            return Ok((End::Broken, last));
        };
        let Ok(mut rows) = statement.query([]) else {
            return Ok((End::Broken, last));
        };
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok((End::Whole, last)),
                Err(_) => return Ok((End::Broken, last)),
            };
            let values: Result<Vec<Value>, _> = self
                .columns
                .iter()
                .map(|column| row.get_ref(column.as_str()).map(owned))
                .collect();
            last = row.get::<_, i64>("place").ok().or(last);
            match values.map(|values| insert.execute(params_from_iter(values))) {
                Ok(Ok(_)) => {}
                // A row that does not hold in the new database was damaged; a full disk is another matter.
                Ok(Err(error)) => match StoreError::from(error) {
                    StoreError::Sql(_) => self.whole = false,
                    other => return Err(other),
                },
                Err(_) => self.whole = false,
            }
            self.rows += 1;
            if self.rows.is_multiple_of(STEP_ROWS) {
                told(self.on_step, self.step)?;
            }
        }
    }
}

fn owned(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::Text(text.to_owned()),
            // Refused by the new table's types, and so counted as unreadable.
            Err(_) => Value::Blob(bytes.to_vec()),
        },
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

fn is_older(damaged: &Connection) -> bool {
    damaged
        .query_row(
            include_str!("../../queries/find_schema_version.sql"),
            [],
            |row| row.get::<_, i64>("user_version"),
        )
        .is_ok_and(|version| version > 0)
        && columns(damaged, "outbox").is_ok()
}

/// Operations go on from the last number of the old database, so that the last ones are missed where they are lost.
fn follow_numbers(tx: &Tx<'_>, damaged: &Connection) -> Result<(), StoreError> {
    let last = damaged.query_row(
        include_str!("../../queries/find_last_op_number.sql"),
        [],
        |row| row.get::<_, i64>("last"),
    );
    if let Ok(last) = last {
        tx.conn()
            .prepare_cached(include_str!("../../queries/set_last_op_number.sql"))?
            .execute(named_params! { ":last": last })?;
    }
    Ok(())
}

/// A sale's own row holds its lines and tenders too, and a refund's its lines.
fn complete_papers(tx: &Tx<'_>) -> Result<(), StoreError> {
    let conn = tx.conn();
    for (sql, is_sale) in [
        (
            include_str!("../../queries/list_sales_without_parts.sql"),
            true,
        ),
        (
            include_str!("../../queries/list_refunds_without_parts.sql"),
            false,
        ),
    ] {
        let mut statement = conn.prepare(sql)?;
        let bodies: Vec<(String, bool)> = statement
            .query_map([], |row| Ok((row.get("body")?, row.get("pending")?)))?
            .collect::<Result<_, _>>()?;
        for (body, pending) in bodies {
            let fact = if is_sale {
                serde_json::from_str(&body).map(counterfoil_domain::FactRow::Sale)
            } else {
                serde_json::from_str(&body).map(counterfoil_domain::FactRow::Refund)
            };
            let Ok(fact) = fact else { continue };
            // As the hub's copy: the row is there, only its parts are written.
            fact::insert(conn, &fact, None, Source::Hub)?;
            if pending {
                mark_pending(conn, &fact)?;
            }
        }
    }
    Ok(())
}

fn mark_pending(conn: &Connection, fact: &counterfoil_domain::FactRow) -> Result<(), StoreError> {
    let id = fact.id().to_string();
    conn.prepare_cached(include_str!("../../queries/mark_sale_pending.sql"))?
        .execute(named_params! { ":id": id })?;
    conn.prepare_cached(include_str!("../../queries/mark_refund_pending.sql"))?
        .execute(named_params! { ":id": id })?;
    Ok(())
}

/// Counts what is in the new database, and what its operations' numbers show to be missing.
pub(super) fn count_again(
    tx: &Tx<'_>,
    tables: &mut [SalvagedTable],
    rebuilt: u32,
) -> Result<(), StoreError> {
    for table in tables {
        // Names are constants above.
        let sql = format!("SELECT count(*) AS saved FROM {}", table.name);
        let saved: i64 = tx.conn().query_row(&sql, [], |row| row.get("saved"))?;
        table.saved = saved.unsigned_abs();
        table.lost = match table.name {
            "outbox" => Some(missing_numbers(tx.conn())?.saturating_sub(u64::from(rebuilt))),
            _ if table.whole => Some(0),
            _ => None,
        };
    }
    Ok(())
}

/// Operations are numbered without gaps.
fn missing_numbers(conn: &Connection) -> Result<u64, StoreError> {
    let missing: i64 = conn.query_row(
        include_str!("../../queries/count_missing_ops.sql"),
        [],
        |row| row.get("missing"),
    )?;
    Ok(missing.max(0).unsigned_abs())
}
