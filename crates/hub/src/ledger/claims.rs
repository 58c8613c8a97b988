//! What may be refused: a slot for a visit. The hub's first wins; the other gets the three nearest free slots.

use counterfoil_domain::entity::{Conflict, Fields, Shop, Staff, Visit, fields_of};
use counterfoil_domain::merge::FieldClock;
use counterfoil_domain::op::{VisitDone, VisitMoved};
use counterfoil_domain::time::ShopZone;
use counterfoil_domain::visit::{
    DayHours, Slot, SlotError, VisitStatus, WorkingHours, check_slot, nearest_free,
};
use counterfoil_domain::{
    EntityKind, EntityRow, MerchantId, Op, OpClass, StaffId, UnixMs, VisitId,
};
use serde_json::json;
use uuid::Uuid;

use super::sheet::Sheet;
use super::{Book, Fault, Remark, entities};

/// How many free slots a refusal offers.
const ALTERNATIVES: usize = 3;
/// How far around a wish other visits are looked at: beyond what `nearest_free` searches.
const AROUND_MIN: i64 = 18 * 24 * 60;

pub(super) fn is_claim(op: &Op) -> bool {
    op.class() == OpClass::Claim
}

struct Wish {
    visit_id: VisitId,
    merchant_id: MerchantId,
    installer_id: StaffId,
    purpose: String,
    slot: Slot,
}

/// Why a claim cannot be granted; `None` when it can, or is none.
pub(super) async fn refusal(
    sheet: &mut Sheet<'_>,
    book: &Book,
    op: &Op,
) -> Result<Option<Remark>, Fault> {
    match op {
        // It took place: whoever had the slot first, there is nothing left to refuse.
        Op::VisitBooked(v) if done_before_booked(sheet, v.visit_id).await? => Ok(None),
        Op::VisitBooked(v) => {
            let slot = Slot {
                starts_at: v.starts_at,
                ends_at: v.ends_at,
            };
            let wish = Wish {
                visit_id: v.visit_id,
                merchant_id: v.merchant_id,
                installer_id: v.installer_id,
                purpose: v.purpose.clone(),
                slot,
            };
            refuse_slot(sheet, book, wish).await
        }
        Op::VisitMoved(v) => match find_visit(sheet, v.visit_id).await? {
            Some(visit) if visit.status == VisitStatus::Booked => {
                refuse_slot(sheet, book, moved(v, visit)).await
            }
            visit => Ok(Some(not_open(v.visit_id, visit.as_ref()))),
        },
        Op::VisitCancelled(v) => match find_visit(sheet, v.visit_id).await? {
            Some(visit) if visit.status != VisitStatus::Done => Ok(None),
            visit => Ok(Some(not_open(v.visit_id, visit.as_ref()))),
        },
        _ => Ok(None),
    }
}

fn moved(v: &VisitMoved, visit: Visit) -> Wish {
    Wish {
        visit_id: v.visit_id,
        merchant_id: visit.merchant_id,
        installer_id: v.installer_id,
        purpose: visit.purpose,
        slot: Slot {
            starts_at: v.starts_at,
            ends_at: v.ends_at,
        },
    }
}

fn not_open(visit_id: VisitId, visit: Option<&Visit>) -> Remark {
    let details = json!({ "visit_id": visit_id, "visit": visit });
    Remark {
        code: "visit_not_open",
        subject: (EntityKind::Visit, visit_id.0),
        details,
    }
}

/// Whether a visit took place although its booking has not arrived, as happens while tills fill a restored hub again. Only
/// the hub keeps it; tills hear of it with the booking.
async fn done_before_booked(sheet: &mut Sheet<'_>, id: VisitId) -> Result<bool, Fault> {
    let stored = sheet.entity((EntityKind::Visit, id.0)).await?;
    Ok(stored.is_some_and(|s| entities::lacks_booking(&s.row)))
}

/// What of a claim's fields is still to be said: a booking that comes after the visit took place does not undo that.
pub(super) async fn still_open(
    sheet: &mut Sheet<'_>,
    op: &Op,
    mut fields: Fields,
) -> Result<Fields, Fault> {
    if let Op::VisitBooked(v) = op
        && done_before_booked(sheet, v.visit_id).await?
    {
        fields.remove("status");
    }
    Ok(fields)
}

async fn find_visit(sheet: &mut Sheet<'_>, id: VisitId) -> Result<Option<Visit>, Fault> {
    let stored = sheet.entity((EntityKind::Visit, id.0)).await?;
    stored
        .filter(|s| !s.row.deleted && !entities::lacks_booking(&s.row))
        .map(|s| s.row.read())
        .transpose()
        .map_err(Fault::from)
}

async fn refuse_slot(
    sheet: &mut Sheet<'_>,
    book: &Book,
    wish: Wish,
) -> Result<Option<Remark>, Fault> {
    let busy = list_busy(sheet, &wish).await?;
    let stated = find_hours(sheet, wish.installer_id).await?;
    let zone = find_zone(sheet, book).await?;
    // Without stated hours nobody can be outside of them; two places at once stay impossible.
    let verdict = match &stated {
        Some(hours) => check_slot(hours, &busy, wish.slot, &zone),
        None if busy.iter().any(|b| b.clashes(wish.slot, 0)) => Err(SlotError::Taken),
        None => Ok(()),
    };
    let code = match verdict {
        Ok(()) => return Ok(None),
        Err(SlotError::Taken) => "slot_taken",
        Err(SlotError::OutsideHours) => "slot_outside_hours",
        Err(SlotError::Shape) => "slot_shape",
        Err(SlotError::Calendar(e)) => return Err(Fault::Poison(e.to_string())),
    };
    let hours = stated.unwrap_or_else(|| usual_hours(wish.slot));
    let free = nearest_free(&hours, &busy, wish.slot, book.now, ALTERNATIVES, &zone)
        .map_err(|e| Fault::Poison(e.to_string()))?;
    Ok(Some(Remark {
        code,
        subject: (EntityKind::Visit, wish.visit_id.0),
        details: json!({
            "installer_id": wish.installer_id, "merchant_id": wish.merchant_id, "purpose": wish.purpose,
            "starts_at": wish.slot.starts_at, "ends_at": wish.slot.ends_at, "alternatives": free,
        }),
    }))
}

/// Working days from nine to six, for an installer who has not said.
fn usual_hours(wish: Slot) -> WorkingHours {
    let day = Some(DayHours {
        from_min: 9 * 60,
        to_min: 18 * 60,
    });
    let slot_min = u32::try_from(wish.ends_at.since(wish.starts_at) / 60_000)
        .unwrap_or(60)
        .clamp(15, 480);
    WorkingHours {
        days: [day, day, day, day, day, None, None],
        travel_gap_min: 0,
        slot_min,
    }
}

/// The installer's other booked visits.
async fn list_busy(sheet: &mut Sheet<'_>, wish: &Wish) -> Result<Vec<Slot>, Fault> {
    let around = |minutes| wish.slot.starts_at.plus_minutes(minutes);
    let stretch = (around(-AROUND_MIN), around(AROUND_MIN));
    let visits = sheet.booked_visits(wish.installer_id.0, stretch).await?;
    let others = visits.into_iter().filter(|(id, _)| *id != wish.visit_id.0);
    let busy = others.map(|(_, visit)| Slot {
        starts_at: visit.starts_at,
        ends_at: visit.ends_at,
    });
    Ok(busy.collect())
}

async fn find_hours(sheet: &mut Sheet<'_>, id: StaffId) -> Result<Option<WorkingHours>, Fault> {
    let stored = sheet.entity((EntityKind::Staff, id.0)).await?;
    Ok(match stored {
        Some(stored) => stored.row.read::<Staff>()?.working_hours,
        None => None,
    })
}

async fn find_zone(sheet: &mut Sheet<'_>, book: &Book) -> Result<ShopZone, Fault> {
    let stored = sheet.entity((EntityKind::Shop, book.tenant.0)).await?;
    let shop: Shop = stored.map_or_else(|| Ok(Shop::default()), |s| s.row.read())?;
    ShopZone::named(&shop.time_zone)
        .or_else(|_| ShopZone::named("UTC"))
        .map_err(|e| Fault::Poison(e.to_string()))
}

/// A visit that took place although its booking was refused is a fact: what the refusal kept brings it back.
pub(super) async fn recover(
    sheet: &mut Sheet<'_>,
    op: &Op,
    clock: FieldClock,
) -> Result<Option<EntityRow>, Fault> {
    let Op::VisitDone(VisitDone {
        visit_id, done_at, ..
    }) = op
    else {
        return Ok(None);
    };
    let subject = (EntityKind::Visit, visit_id.0);
    if sheet.entity(subject).await?.is_some() {
        return Ok(None);
    }
    let refused = sheet
        .ids_by_lookup(EntityKind::Conflict, &visit_id.to_string())
        .await?;
    for id in refused {
        let Some(stored) = sheet.entity((EntityKind::Conflict, id)).await? else {
            continue;
        };
        let details = stored.row.read::<Conflict>()?.details;
        let id_at = |name: &str| details[name].as_str().and_then(|t| Uuid::parse_str(t).ok());
        let time_at = |name: &str| details[name].as_i64().map(UnixMs);
        let (Some(merchant), Some(installer)) = (id_at("merchant_id"), id_at("installer_id"))
        else {
            continue;
        };
        let visit = Visit {
            merchant_id: MerchantId(merchant),
            installer_id: StaffId(installer),
            starts_at: time_at("starts_at").unwrap_or(*done_at),
            ends_at: time_at("ends_at").unwrap_or(*done_at),
            status: VisitStatus::Done,
            purpose: details["purpose"].as_str().unwrap_or_default().to_owned(),
            note: String::new(),
            done_at: Some(*done_at),
        };
        let mut fields = fields_of(&visit)?;
        // The operation's own words come after this under the same clock, which must not meet itself.
        fields.remove("note");
        fields.remove("done_at");
        return entities::patch(sheet, subject, &fields, clock, entities::Rule::LastWriter)
            .await
            .map(Some);
    }
    Ok(None)
}
