//! A tenant's book: its counter, the changes under it, and what the hub writes in its own name.

use counterfoil_domain::entity::Fields;
use counterfoil_domain::hlc::Hlc;
use counterfoil_domain::merge::FieldClock;
use counterfoil_domain::{DeviceId, EntityKind, Op, OpId, OpMeta, TenantId, UnixMs};
use counterfoil_protocol::sync::{Change, Origin, Outcome};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};
use uuid::Uuid;

use super::sheet::Sheet;
use super::{Done, Fault, Told, entities, many};
use crate::http::Failure;
use crate::http::extract::uuid_of;

/// A tenant's book while its counter row is held.
#[derive(Debug)]
pub struct Book {
    /// The tenant.
    pub tenant: TenantId,
    /// The tenant as the tables name it.
    pub key: String,
    /// The time of this write.
    pub now: UnixMs,
    /// The latest time of any write for the tenant before this one.
    heard: UnixMs,
    /// The newest change.
    pub head: u64,
    /// The newest clock among the tenant's fields.
    pub clock: Hlc,
    /// The device as which the hub itself writes for this tenant.
    pub hub_device: DeviceId,
}

impl Book {
    /// Locks the tenant's counter row.
    ///
    /// # Errors
    /// When the tenant is unknown or the database is not there.
    pub async fn open(
        conn: &mut AnyConnection,
        tenant: TenantId,
        now: UnixMs,
    ) -> Result<Self, Failure> {
        let key = tenant.to_string();
        let row = sqlx::query(include_str!("sql/lock_tenant.sql"))
            .bind(&key)
            .fetch_one(conn)
            .await?;
        Ok(Self {
            tenant,
            key,
            now,
            heard: UnixMs(row.try_get("heard_ms")?),
            head: u64::try_from(row.try_get::<i64, _>("head")?).unwrap_or(0),
            clock: clock_of(&row)?,
            hub_device: DeviceId(uuid_of(&row, "hub_device_id")?),
        })
    }

    /// Appends a change under the next number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn append(
        &mut self,
        conn: &mut AnyConnection,
        origin: Option<Origin>,
        done: Done,
    ) -> Result<(), Failure> {
        Ok(self.append_all(conn, vec![(origin, done)]).await?)
    }

    /// Appends changes under the next numbers.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn append_all(
        &mut self,
        conn: &mut AnyConnection,
        all: Vec<(Option<Origin>, Done)>,
    ) -> Result<(), Fault> {
        let mut changes = Vec::with_capacity(all.len());
        for (seq, (origin, done)) in (self.head + 1..).zip(all) {
            let row_count = i64::try_from(done.rows.len()).unwrap_or(i64::MAX);
            let change = Change {
                seq,
                origin,
                outcome: done.outcome,
                at: self.now,
                rows: Vec::new(),
            };
            let body = with_rows(&change, &done.rows)?;
            changes.push((seq, origin.map(|o| o.op_id.0), row_count, body));
        }
        let tenant = &self.key;
        many::insert(
            conn,
            include_str!("sql/append_change.sql"),
            &changes,
            |cells, (seq, op_id, row_count, body)| {
                cells
                    .text(&**tenant)
                    .number(seq.cast_signed())
                    .maybe_id(*op_id)
                    .number(*row_count)
                    .text(&**body);
            },
        )
        .await?;
        self.head += changes.len() as u64;
        self.heard = self.latest();
        Ok(())
    }

    /// Writes the counter back; call before the commit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close(&self, conn: &mut AnyConnection) -> Result<(), Failure> {
        sqlx::query(include_str!("sql/set_head.sql"))
            .bind(&self.key)
            .bind(self.head.cast_signed())
            .bind(self.clock.ms)
            .bind(i64::from(self.clock.counter))
            .bind(self.heard.0)
            .execute(conn)
            .await?;
        Ok(())
    }

    /// Performs an operation of the hub's own and appends its change.
    ///
    /// # Errors
    /// When it cannot be applied or the database fails.
    pub async fn perform(
        &mut self,
        conn: &mut AnyConnection,
        op: &Op,
        op_id: OpId,
    ) -> Result<(), Failure> {
        self.clock = self.clock.tick(self.now);
        let meta = OpMeta {
            op_id,
            device_id: self.hub_device,
            staff_id: None,
            at: self.now,
            hlc: self.clock,
            redoes: None,
        };
        let mut sheet = Sheet::new(conn, &self.key);
        let done = sheet.apply(self, op, &meta).await?;
        sheet.write_down(self).await?;
        self.append(conn, None, done).await
    }

    /// The latest that it ever was for this tenant. The hub's own clock may have gone back since: a till whose clock is right
    /// is not ahead then.
    pub(super) fn latest(&self) -> UnixMs {
        self.heard.max(self.now)
    }

    /// A counter that is unique and rising within the tenant, whose counter row is held; `ahead` changes are not appended yet.
    pub(super) fn turn(&self, ahead: u64) -> u32 {
        u32::try_from(self.head.wrapping_add(ahead) & 0xffff_ffff).unwrap_or(0)
    }

    pub(super) const fn hub_clock(&self) -> FieldClock {
        // The least clock there is: whatever a person decides about it later wins.
        FieldClock {
            hlc: Hlc { ms: 0, counter: 0 },
            device_id: self.hub_device,
        }
    }
}

/// A change's JSON: one without rows, with these put in.
fn with_rows(bare: &Change, rows: &[Told]) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string(bare)?;
    // Rows come last: a test holds that.
    text.truncate(text.len() - "]}".len());
    for (n, row) in rows.iter().enumerate() {
        if n > 0 {
            text.push(',');
        }
        match row {
            Told::Fact(body) => {
                text.push_str(r#"{"row":"fact","value":"#);
                text.push_str(body);
                text.push('}');
            }
            Told::Row(row) => text.push_str(&serde_json::to_string(row)?),
        }
    }
    text.push_str("]}");
    Ok(text)
}

/// The newest clock among a tenant's fields, from the tenant's row.
///
/// # Errors
/// When the row does not hold it.
pub fn clock_of(row: &AnyRow) -> Result<Hlc, sqlx::Error> {
    Ok(Hlc {
        ms: row.try_get("clock_ms")?,
        counter: u32::try_from(row.try_get::<i64, _>("clock_counter")?).unwrap_or(u32::MAX),
    })
}

/// Writes an entity in the hub's own name, with the least clock, so that what a till says of it wins.
///
/// # Errors
/// When the fields do not fit the kind or the database fails.
pub async fn suggest(
    conn: &mut AnyConnection,
    book: &mut Book,
    subject: (EntityKind, Uuid),
    fields: &Fields,
) -> Result<(), Failure> {
    let mut sheet = Sheet::new(conn, &book.key);
    let clock = book.hub_clock();
    let rule = entities::Rule::LastWriter;
    let row = entities::patch(&mut sheet, subject, fields, clock, rule).await?;
    sheet.keep_draft();
    sheet.write_down(book).await?;
    book.append(
        conn,
        None,
        Done {
            outcome: Outcome::Applied,
            rows: vec![row.into()],
        },
    )
    .await
}

#[cfg(test)]
mod tests {
    use counterfoil_domain::fact::StockReason;
    use counterfoil_domain::op::StockMoved;
    use counterfoil_domain::{Effect, EntityRow, FactRow, ProductId, Quantity, effects};
    use counterfoil_protocol::sync::Row;

    use super::*;

    fn fact() -> FactRow {
        let moved = Op::StockMoved(StockMoved {
            product_id: ProductId(Uuid::nil()),
            quantity: Quantity(-7),
            reason: StockReason::Counted,
        });
        let meta = OpMeta {
            op_id: OpId(Uuid::max()),
            device_id: DeviceId(Uuid::nil()),
            staff_id: None,
            at: UnixMs(3),
            hlc: Hlc::default(),
            redoes: None,
        };
        match effects(&moved, &meta).unwrap().remove(0) {
            Effect::Insert(fact) => fact,
            other => panic!("not a fact: {other:?}"),
        }
    }

    #[test]
    fn a_change_put_together_is_the_change_as_it_serialises() {
        let entity = EntityRow {
            kind: EntityKind::Customer,
            id: Uuid::nil(),
            fields: Fields::new(),
            deleted: true,
        };
        let told = || {
            let body = serde_json::to_string(&fact()).unwrap();
            [Told::Fact(body.into()), entity.clone().into()]
        };
        let rows = [Row::Fact(fact()), Row::Entity(entity.clone())];
        let code = "slot_taken".to_owned();
        for outcome in [Outcome::Applied, Outcome::Refused { code }] {
            for count in 0..=2 {
                let mut change = Change {
                    seq: 9,
                    origin: None,
                    outcome: outcome.clone(),
                    at: UnixMs(5),
                    rows: Vec::new(),
                };
                let text = with_rows(&change, &told()[..count]).unwrap();
                change.rows = rows[..count].to_vec();
                assert_eq!(text, serde_json::to_string(&change).unwrap());
            }
        }
    }
}
