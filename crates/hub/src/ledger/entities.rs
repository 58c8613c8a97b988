//! What is edited field by field, merged by last writer.

use counterfoil_domain::entity::{
    CardKey, Category, Conflict, Customer, Fields, Merchant, Product, Shop, Staff, Visit,
};
use counterfoil_domain::hlc::Hlc;
use counterfoil_domain::merge::{self, Clocks, FieldClock};
use counterfoil_domain::visit::VisitStatus;
use counterfoil_domain::{CustomerId, EntityKind, EntityRow, Op, planted};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::Fault;
use super::sheet::{Sheet, Subject};

/// The customer's field that only grows.
const CARDS_LOST: &str = "cards_lost";

/// An entity with its fields' clocks.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The row as tills have it.
    pub row: EntityRow,
    /// Who wrote each field last.
    pub clocks: Clocks,
}

/// Whose word counts in a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// The newest clock's.
    LastWriter,
    /// The one that the hub just granted, whatever the clocks say.
    HubDecides,
}

/// What an entity is searched by; reading it also proves that the fields have their kind's shape.
pub(super) fn lookups(row: &EntityRow) -> Result<(Option<String>, Option<i64>), Fault> {
    fn shape<T: DeserializeOwned>(row: &EntityRow) -> Result<T, Fault> {
        row.read()
            .map_err(|e| Fault::Poison(format!("{} does not have its shape: {e}", row.kind.name())))
    }
    Ok(match row.kind {
        EntityKind::Customer => {
            let customer: Customer = shape(row)?;
            ((!customer.phone.is_empty()).then_some(customer.phone), None)
        }
        // A tombstone may lie where the visit itself never arrived.
        EntityKind::Visit if row.deleted && row.fields.is_empty() => (None, None),
        EntityKind::Visit if lacks_booking(row) => (None, None),
        EntityKind::Visit => {
            let visit: Visit = shape(row)?;
            let booked = visit.status == VisitStatus::Booked;
            (
                booked.then(|| visit.installer_id.to_string()),
                Some(visit.starts_at.0),
            )
        }
        EntityKind::Conflict => (Some(shape::<Conflict>(row)?.subject_id), None),
        EntityKind::Shop => shape::<Shop>(row).map(|_| (None, None))?,
        EntityKind::Staff => shape::<Staff>(row).map(|_| (None, None))?,
        EntityKind::Category => shape::<Category>(row).map(|_| (None, None))?,
        EntityKind::Product => shape::<Product>(row).map(|_| (None, None))?,
        EntityKind::Merchant => shape::<Merchant>(row).map(|_| (None, None))?,
    })
}

/// Whether this is a visit that took place and whose booking has not arrived: no till can show it yet.
#[must_use]
pub fn lacks_booking(row: &EntityRow) -> bool {
    row.kind == EntityKind::Visit
        && row.fields.contains_key("done_at")
        && !row.fields.contains_key("merchant_id")
}

fn blank(kind: EntityKind, id: Uuid) -> Stored {
    let row = EntityRow {
        kind,
        id,
        fields: Fields::new(),
        deleted: false,
    };
    Stored {
        row,
        clocks: Clocks::new(),
    }
}

/// Sets fields and returns the row after it.
pub(super) async fn patch(
    sheet: &mut Sheet<'_>,
    (kind, id): Subject,
    fields: &Fields,
    clock: FieldClock,
    rule: Rule,
) -> Result<EntityRow, Fault> {
    let mut stored = sheet
        .entity((kind, id))
        .await?
        .unwrap_or_else(|| blank(kind, id));
    let decides = planted!("last-to-arrive-wins", true, rule == Rule::HubDecides);
    let clock = if decides {
        above(clock, &stored.clocks)
    } else {
        clock
    };
    let lost = if kind == EntityKind::Customer {
        most_lost(&stored, fields)
    } else {
        None
    };
    let keys = if kind == EntityKind::Shop {
        merged_keys(&stored, fields, clock)?
    } else {
        None
    };
    merge::patch(&mut stored.row, &mut stored.clocks, fields, clock);
    if let Some(keys) = keys {
        stored
            .row
            .fields
            .insert("card_keys".to_owned(), serde_json::to_value(keys)?);
    }
    if let Some(lost) = lost {
        stored.row.fields.insert(CARDS_LOST.to_owned(), lost.into());
    }
    let row = stored.row.clone();
    sheet.put_entity(stored)?;
    Ok(row)
}

/// A clock that no field's clock exceeds.
fn above(clock: FieldClock, clocks: &Clocks) -> FieldClock {
    clocks
        .values()
        .map(|c| c.hlc)
        .max()
        .filter(|newest| *newest >= clock.hlc)
        .map_or(clock, |newest| FieldClock {
            hlc: Hlc {
                ms: newest.ms,
                counter: newest.counter.saturating_add(1),
            },
            ..clock
        })
}

/// Cards that were reported lost stay lost: of two tills that each knew of some, the one that knew of more is right.
fn most_lost(stored: &Stored, fields: &Fields) -> Option<u64> {
    let incoming = fields.get(CARDS_LOST)?.as_u64()?;
    let known = stored.row.fields.get(CARDS_LOST).and_then(Value::as_u64);
    Some(incoming.max(known.unwrap_or(0)))
}

/// Card keys only ever accumulate: a card in somebody's pocket must not become a stranger's because two lists met.
fn merged_keys(
    stored: &Stored,
    fields: &Fields,
    clock: FieldClock,
) -> Result<Option<Vec<CardKey>>, Fault> {
    let Some(incoming) = fields.get("card_keys") else {
        return Ok(None);
    };
    let incoming: Vec<CardKey> = serde_json::from_value(incoming.clone())?;
    let mut keys: Vec<CardKey> = match stored.row.fields.get("card_keys") {
        Some(value) => serde_json::from_value(value.clone())?,
        None => Vec::new(),
    };
    let newer = stored
        .clocks
        .get("card_keys")
        .is_none_or(|have| clock > *have);
    for key in incoming {
        match keys.iter_mut().find(|k| k.key_id == key.key_id) {
            Some(have) => {
                // A list that somebody held meanwhile must not trust again what was revoked.
                let revoked = have.revoked || key.revoked;
                if newer {
                    *have = key;
                }
                have.revoked = revoked;
            }
            None => keys.push(key),
        }
    }
    Ok(Some(keys))
}

/// Sets a tombstone and returns the row after it.
pub(super) async fn delete(
    sheet: &mut Sheet<'_>,
    (kind, id): Subject,
    clock: FieldClock,
) -> Result<EntityRow, Fault> {
    let mut stored = sheet
        .entity((kind, id))
        .await?
        .unwrap_or_else(|| blank(kind, id));
    merge::delete(&mut stored.row, &mut stored.clocks, clock);
    let row = stored.row.clone();
    sheet.put_entity(stored)?;
    Ok(row)
}

/// A stamp or a sale after a deletion shows that the customer is there.
pub(super) async fn revive_customer(
    sheet: &mut Sheet<'_>,
    op: &Op,
    clock: FieldClock,
) -> Result<Option<EntityRow>, Fault> {
    let customer: CustomerId = match op {
        Op::StampGiven(s) => s.customer_id,
        Op::RewardRedeemed(r) => r.customer_id,
        Op::SaleCompleted(sale) => match sale.customer_id {
            Some(id) => id,
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let subject = (EntityKind::Customer, customer.0);
    if !sheet.is_deleted(subject).await? {
        return Ok(None);
    }
    let Some(stored) = sheet.entity(subject).await? else {
        return Ok(None);
    };
    let name = stored.row.fields.get_key_value("name");
    let Some((field, value)) = name else {
        return Ok(None);
    };
    let fields = Fields::from([(field.clone(), value.clone())]);
    let row = patch(sheet, subject, &fields, clock, Rule::LastWriter).await?;
    Ok((!row.deleted).then_some(row))
}
