//! What the tables hold.

use counterfoil_domain::fact::Refund;
use counterfoil_domain::{CustomerId, DeviceId, EntityKind, EntityRow, FactRow, UnixMs};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};
use uuid::Uuid;

use super::Fault;
use super::entities::Stored;
use super::sheet::{FactKey, Subject};

/// An entity as its row lies in the table; most are only asked whether they are there.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    subject: Subject,
    body: String,
    clocks: String,
    pub(super) deleted: bool,
}

impl Raw {
    pub(super) fn of(row: &AnyRow, subject: Subject) -> Result<Self, Fault> {
        Ok(Self {
            subject,
            body: row.try_get("body")?,
            clocks: row.try_get("clocks")?,
            deleted: row.try_get::<i64, _>("deleted")? != 0,
        })
    }

    pub(super) fn parse(&self) -> Result<Stored, Fault> {
        let (kind, id) = self.subject;
        Ok(Stored {
            row: EntityRow {
                kind,
                id,
                fields: serde_json::from_str(&self.body)?,
                deleted: self.deleted,
            },
            clocks: serde_json::from_str(&self.clocks)?,
        })
    }
}

pub(super) fn uuid(row: &AnyRow, column: &str) -> Result<Uuid, Fault> {
    let text: String = row.try_get(column)?;
    Uuid::parse_str(&text).map_err(|e| Fault::Poison(e.to_string()))
}

pub(super) async fn raw(
    conn: &mut AnyConnection,
    tenant: &str,
    subject: Subject,
) -> Result<Option<Raw>, Fault> {
    let row = sqlx::query(include_str!("sql/find_entity.sql"))
        .bind(tenant)
        .bind(subject.0.name())
        .bind(subject.1.to_string())
        .fetch_optional(conn)
        .await?;
    row.map(|row| Raw::of(&row, subject)).transpose()
}

/// Reads an entity; deleted ones as well.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut AnyConnection,
    tenant: &str,
    kind: EntityKind,
    id: Uuid,
) -> Result<Option<Stored>, Fault> {
    let raw = raw(conn, tenant, (kind, id)).await?;
    raw.as_ref().map(Raw::parse).transpose()
}

/// The ids of entities that are there under a lookup, in order: customers by phone, conflicts by subject.
///
/// # Errors
/// When the database fails.
pub async fn find_by_lookup(
    conn: &mut AnyConnection,
    tenant: &str,
    kind: EntityKind,
    lookup: &str,
) -> Result<Vec<Uuid>, Fault> {
    let rows = sqlx::query(include_str!("sql/find_entity_by_lookup.sql"))
        .bind(tenant)
        .bind(kind.name())
        .bind(lookup)
        .fetch_all(conn)
        .await?;
    let ids = rows.iter().map(|row| uuid(row, "entity_id"));
    let mut ids: Vec<Uuid> = ids.collect::<Result<_, _>>()?;
    ids.sort_unstable();
    Ok(ids)
}

/// A customer's balance of stamps and when the last one was given.
///
/// # Errors
/// When the database fails.
pub async fn stamp_balance(
    conn: &mut AnyConnection,
    tenant: &str,
    customer: CustomerId,
) -> Result<(i64, Option<UnixMs>), sqlx::Error> {
    let row = sqlx::query(include_str!("sql/find_stamp_balance.sql"))
        .bind(tenant)
        .bind(customer.to_string())
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok((0, None)), |row| {
        Ok((
            row.try_get("balance")?,
            row.try_get::<Option<i64>, _>("last_given_at")?.map(UnixMs),
        ))
    })
}

pub(super) async fn stock_balance(
    conn: &mut AnyConnection,
    tenant: &str,
    product: Uuid,
) -> Result<i64, sqlx::Error> {
    let row = sqlx::query(include_str!("sql/find_stock_balance.sql"))
        .bind(tenant)
        .bind(product.to_string())
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok(0), |row| row.try_get("quantity_milli"))
}

pub(super) async fn fact(
    conn: &mut AnyConnection,
    tenant: &str,
    (name, id): FactKey,
) -> Result<Option<FactRow>, Fault> {
    let query = sqlx::query(match name {
        "sale" => include_str!("sql/find_sale.sql"),
        "refund" => include_str!("sql/find_refund.sql"),
        "stamp" => include_str!("sql/find_stamp.sql"),
        "stock" => include_str!("sql/find_stock.sql"),
        "cash" => include_str!("sql/find_cash.sql"),
        _ => include_str!("sql/find_shift.sql"),
    });
    let mut query = query.bind(tenant).bind(id.to_string());
    // A shift's two ends lie under one id.
    if name.starts_with("shift") {
        query = query.bind(name);
    }
    let Some(row) = query.fetch_optional(conn).await? else {
        return Ok(None);
    };
    Ok(Some(serde_json::from_str(
        &row.try_get::<String, _>("body")?,
    )?))
}

pub(super) async fn refunds_of(
    conn: &mut AnyConnection,
    tenant: &str,
    sale: Uuid,
) -> Result<Vec<Refund>, Fault> {
    let rows = sqlx::query(include_str!("sql/list_refunds_of_sale.sql"))
        .bind(tenant)
        .bind(sale.to_string())
        .fetch_all(conn)
        .await?;
    let mut refunds = Vec::with_capacity(rows.len());
    for row in rows {
        if let FactRow::Refund(refund) = serde_json::from_str(&row.try_get::<String, _>("body")?)? {
            refunds.push(refund);
        }
    }
    Ok(refunds)
}

/// When a device's clock was last reported; nothing for a device that is not paired.
pub(super) async fn clock_flagged_at(
    conn: &mut AnyConnection,
    tenant: &str,
    device: DeviceId,
) -> Result<Option<Option<UnixMs>>, sqlx::Error> {
    let row = sqlx::query(include_str!("sql/find_clock_flag.sql"))
        .bind(tenant)
        .bind(device.to_string())
        .fetch_optional(conn)
        .await?;
    row.map(|row| {
        Ok(row
            .try_get::<Option<i64>, _>("clock_flagged_at")?
            .map(UnixMs))
    })
    .transpose()
}

#[cfg(test)]
mod tests {
    use sqlx::Row as _;

    use crate::db::Db;

    #[tokio::test]
    async fn what_lies_under_a_lookup_is_found_without_reading_all_of_its_kind() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("hub.db").display());
        let db = Db::open(&url).await.unwrap();
        for sql in [
            include_str!("sql/find_entity_by_lookup.sql"),
            include_str!("sql/list_entities_by_lookup.sql"),
        ] {
            let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
                .bind("shop")
                .bind("customer")
                .bind("+51900000001")
                .fetch_all(db.reader())
                .await
                .unwrap();
            let steps: Vec<String> = plan.iter().map(|step| step.get("detail")).collect();
            assert!(
                steps.iter().any(|step| step.contains("entity_by_lookup")),
                "{steps:?}"
            );
        }
    }
}
