//! A tenant's rows as tills store them, read in one transaction without ever holding more than a pile of them.

use counterfoil_domain::table::{Cell, Sums, Table, TableRow, fact_rows};
use counterfoil_domain::{DeviceId, EntityKind, EntityRow, FactRow, TenantId};
use futures::TryStreamExt as _;
use sqlx::AnyConnection;
use sqlx::Row as _;
use uuid::Uuid;

use crate::http::Failure;
use crate::ledger::lacks_booking;

/// So many rows go into an image with one statement a table.
const PILE_ROWS: usize = 2_000;

/// Rows on their way into an image: for each table a JSON array of rows, each an array of its cells and, last, its operation.
#[derive(Debug, Default)]
pub(super) struct Pile {
    rows: usize,
    json: [String; Table::ALL.len()],
}

impl Pile {
    fn add(&mut self, row: &TableRow<'_>, op_id: Option<&str>) -> Result<(), Failure> {
        let text = &mut self.json[row.table as usize];
        text.push(if text.is_empty() { '[' } else { ',' });
        let op_id = Cell::from(op_id);
        let cells: Vec<&Cell<'_>> = row.cells.iter().chain([&op_id]).collect();
        text.push_str(&serde_json::to_string(&cells).map_err(Failure::internal)?);
        self.rows += 1;
        Ok(())
    }

    /// The tables that have rows here, in the order in which they must be written, each with its JSON.
    pub(super) fn take(self) -> impl Iterator<Item = (Table, String)> {
        Table::ALL
            .into_iter()
            .zip(self.json)
            .filter(|(_, text)| !text.is_empty())
            .map(|(table, mut text)| {
                text.push(']');
                (table, text)
            })
    }
}

/// What becomes of the rows.
pub(super) trait Sink {
    /// Takes a pile.
    async fn take(&mut self, pile: Pile) -> Result<(), Failure>;
}

/// Rows are only counted.
pub(super) struct Nowhere;

impl Sink for Nowhere {
    async fn take(&mut self, _: Pile) -> Result<(), Failure> {
        Ok(())
    }
}

/// Hands every row of a tenant to the sink and returns their sums. `hub_device` is the device as which the hub itself writes:
/// tills know its rows without an operation.
pub(super) async fn walk(
    tx: &mut AnyConnection,
    tenant: TenantId,
    hub_device: DeviceId,
    sink: &mut impl Sink,
) -> Result<Sums, Failure> {
    let tenant = tenant.to_string();
    let mut sums = Sums::default();
    let mut pile = Pile::default();
    {
        let mut rows = sqlx::query(include_str!("sql/list_entities.sql"))
            .bind(&tenant)
            .fetch(&mut *tx);
        while let Some(row) = rows.try_next().await? {
            let kind: String = row.try_get("kind")?;
            let body: String = row.try_get("body")?;
            if kind == EntityKind::Visit.name() && no_till_shows(&body)? {
                continue;
            }
            // The body's text is the one that was written from the fields: see `domain::table`.
            let entity = TableRow {
                table: Table::Entity,
                cells: vec![
                    kind.into(),
                    row.try_get::<String, _>("entity_id")?.into(),
                    body.into(),
                    row.try_get::<i64, _>("deleted")?.into(),
                ],
            };
            sums.add(&entity);
            pile.add(&entity, None)?;
            if pile.rows >= PILE_ROWS {
                sink.take(std::mem::take(&mut pile)).await?;
            }
        }
    }
    for list in [
        include_str!("sql/list_sales.sql"),
        include_str!("sql/list_refunds.sql"),
        include_str!("sql/list_stamps.sql"),
        include_str!("sql/list_stock.sql"),
        include_str!("sql/list_cash.sql"),
        include_str!("sql/list_shifts.sql"),
    ] {
        let mut rows = sqlx::query(list).bind(&tenant).fetch(&mut *tx);
        while let Some(row) = rows.try_next().await? {
            let body: String = row.try_get("body")?;
            let fact: FactRow = serde_json::from_str(&body).map_err(Failure::internal)?;
            let op_id: String = row.try_get("op_id")?;
            let op_id = (device_of(&fact) != hub_device).then_some(op_id.as_str());
            for row in fact_rows(&fact).map_err(Failure::internal)? {
                sums.add(&row);
                pile.add(&row, op_id)?;
            }
            if pile.rows >= PILE_ROWS {
                sink.take(std::mem::take(&mut pile)).await?;
            }
        }
    }
    sink.take(pile).await?;
    Ok(sums)
}

/// Whether only the hub keeps this visit: see [`lacks_booking`].
fn no_till_shows(body: &str) -> Result<bool, Failure> {
    Ok(lacks_booking(&EntityRow {
        kind: EntityKind::Visit,
        id: Uuid::nil(),
        fields: serde_json::from_str(body).map_err(Failure::internal)?,
        deleted: false,
    }))
}

const fn device_of(fact: &FactRow) -> DeviceId {
    match fact {
        FactRow::Sale(row) => row.device_id,
        FactRow::Refund(row) => row.device_id,
        FactRow::Stamp(row) => row.device_id,
        FactRow::Stock(row) => row.device_id,
        FactRow::Cash(row) => row.device_id,
        FactRow::ShiftOpened(row) => row.device_id,
        FactRow::ShiftClosed(row) => row.device_id,
    }
}
