//! Eight merchants on their way on board, and two installers' week around today.

use std::collections::BTreeMap;

use counterfoil_domain::entity::{EntityKind, Merchant, OnboardingStep, fields_of};
use counterfoil_domain::op::{Op, VisitBooked, VisitCancelled, VisitDone, VisitMoved};
use counterfoil_domain::time::ShopZone;
use counterfoil_domain::visit::{Slot, WorkingHours, check_slot, free_slots};
use counterfoil_domain::{MerchantId, StaffId, VisitId};

use super::DemoError;
use super::assets::{MerchantAsset, People};
use super::book::Book;
use super::calendar::{Calendar, Day};
use super::rng::Rng;
use super::setup::{DemoShop, edit};

/// The week: days from today, both included.
const WEEK: (i64, i64) = (-3, 4);
/// Days of the week on which something did not go to plan.
const CANCELLED_ON: i64 = -1;
const MOVED_ON: i64 = 2;

struct Client {
    id: MerchantId,
    steps_done: usize,
}

/// One visit as it stands.
struct Planned {
    id: VisitId,
    installer: StaffId,
    slot: Slot,
}

/// Writes the merchants' onboarding and the installers' visits.
pub(super) fn history(
    book: &mut Book,
    shop: &DemoShop,
    people: &People,
    calendar: &Calendar,
    zone: &ShopZone,
    seed: u64,
) -> Result<(), DemoError> {
    let mut rng = Rng::stream(seed, 3);
    let undone: Vec<OnboardingStep> = people.onboarding_steps.iter().map(|s| s.undone()).collect();
    let mut clients = Vec::with_capacity(people.merchants.len());
    for asset in &people.merchants {
        clients.push(onboard(book, shop, asset, &undone, calendar, &mut rng)?);
    }
    let mut busy: BTreeMap<StaffId, Vec<Slot>> = BTreeMap::new();
    let (mut cancelled, mut moved) = (false, false);
    let mut next_client = 0;
    for day in calendar.range(WEEK.0, WEEK.1) {
        let works = |hours: &WorkingHours| hours.days[day.weekday].is_some();
        let alone = shop.installers.iter().filter(|(_, h)| works(h)).count() == 1;
        for (installer, hours) in &shop.installers {
            let taken = busy.entry(*installer).or_default();
            for _ in 0..rng.between(if alone { 3 } else { 1 }, 3) {
                let Some(slot) = free_slot(hours, taken, day, zone, &mut rng)? else {
                    continue;
                };
                taken.push(slot);
                let client = &clients[next_client % clients.len()];
                next_client += 1;
                let visit = book_visit(book, calendar, day, *installer, slot, client, &mut rng)?;
                if day.index == CANCELLED_ON && !cancelled {
                    // The slot stays taken: whoever booked before the cancellation could not have had it.
                    cancelled = true;
                    cancel(book, calendar, &visit)?;
                } else if day.index == MOVED_ON && !moved {
                    moved = move_visit(book, calendar, &visit, hours, taken, zone, &mut rng)?;
                } else {
                    done(book, &visit, client, &mut rng)?;
                }
            }
        }
    }
    Ok(())
}

/// Enters a merchant and ticks off the steps that are behind it, spread over the weeks since.
fn onboard(
    book: &mut Book,
    shop: &DemoShop,
    asset: &MerchantAsset,
    undone: &[OnboardingStep],
    calendar: &Calendar,
    rng: &mut Rng,
) -> Result<Client, DemoError> {
    let behind = i64::try_from(asset.steps_done).unwrap_or(0);
    let mut day = -(behind * 9 + rng.between(8, 14));
    let at = calendar.day(day).minute(rng.between(9 * 60, 17 * 60));
    let id = MerchantId::from_parts(at.0, rng.entropy());
    let mut steps = undone.to_vec();
    let fields = fields_of(&Merchant {
        name: asset.name.clone(),
        contact: asset.contact.clone(),
        phone: asset.phone.clone(),
        address: asset.address.clone(),
        district: asset.district.clone(),
        steps: steps.clone(),
    })?;
    edit(book, at, shop.owner, EntityKind::Merchant, id.0, fields)?;
    for place in 0..asset.steps_done.min(steps.len()) {
        day += rng.between(4, 9);
        let at = calendar
            .day(day.min(-4))
            .minute(rng.between(9 * 60, 12 * 60) + 60);
        steps[place].done_at = Some(at);
        let mut fields = fields_of(&Merchant::default())?;
        fields.retain(|name, _| name == "steps");
        fields.insert("steps".to_owned(), serde_json::to_value(&steps)?);
        edit(book, at, shop.owner, EntityKind::Merchant, id.0, fields)?;
    }
    Ok(Client {
        id,
        steps_done: asset.steps_done,
    })
}

/// A free slot of a day that the domain's own rules accept.
fn free_slot(
    hours: &WorkingHours,
    taken: &[Slot],
    day: Day,
    zone: &ShopZone,
    rng: &mut Rng,
) -> Result<Option<Slot>, DemoError> {
    let free = free_slots(hours, taken, day.minute(0), 1, zone)?;
    let slot = rng.pick(&free).copied();
    Ok(slot.filter(|slot| check_slot(hours, taken, *slot, zone).is_ok()))
}

fn book_visit(
    book: &mut Book,
    calendar: &Calendar,
    day: Day,
    installer: StaffId,
    slot: Slot,
    client: &Client,
    rng: &mut Rng,
) -> Result<Planned, DemoError> {
    let booked_on = calendar.day((day.index - 2).min(-2) - rng.between(0, 4));
    let at = booked_on.second(rng.between(9 * 3600, 18 * 3600));
    let id = VisitId::from_parts(at.0, rng.entropy());
    let op = Op::VisitBooked(VisitBooked {
        visit_id: id,
        merchant_id: client.id,
        installer_id: installer,
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        purpose: purpose(client.steps_done, rng).to_owned(),
    });
    book.write(at, installer, op)?;
    Ok(Planned {
        id,
        installer,
        slot,
    })
}

fn purpose(steps_done: usize, rng: &mut Rng) -> &'static str {
    let purposes: &[&'static str] = match steps_done {
        0 => &["Primer contacto", "Presentar Counterfoil"],
        1 => &["Firma del contrato", "Resolver dudas del contrato"],
        2 => &["Visita técnica", "Revisar enchufes y red"],
        3 => &["Instalar la caja", "Instalar la impresora"],
        4 => &["Capacitar al personal", "Práctica con el lector"],
        5 => &["Acompañar el primer día", "Cargar el catálogo"],
        _ => &[
            "Revisión de la caja",
            "Cambiar rollos y limpiar",
            "Revisar la impresora",
        ],
    };
    rng.pick(purposes).copied().unwrap_or_default()
}

/// Ticks a visit off shortly before its end; one that has not ended yet falls away when the history is cut at now.
fn done(book: &mut Book, visit: &Planned, client: &Client, rng: &mut Rng) -> Result<(), DemoError> {
    const NOTES: [&str; 5] = [
        "Todo en orden. La dueña quedó contenta.",
        "Falta un cable de red de 3 m; se lleva en la próxima visita.",
        "Se probó el lector y una venta en efectivo.",
        "Impresora alineada, papel de repuesto entregado.",
        "Piden volver después del almuerzo.",
    ];
    let note = if client.steps_done < 3 {
        "Conversamos con el encargado; enviamos la propuesta."
    } else {
        rng.pick(&NOTES).copied().unwrap_or_default()
    };
    let at = visit.slot.ends_at.plus_minutes(-rng.between(1, 8));
    let op = Op::VisitDone(VisitDone {
        visit_id: visit.id,
        note: note.to_owned(),
        done_at: at,
    });
    book.write(at, visit.installer, op)
}

fn cancel(book: &mut Book, calendar: &Calendar, visit: &Planned) -> Result<(), DemoError> {
    let op = Op::VisitCancelled(VisitCancelled {
        visit_id: visit.id,
        reason: "El local cierra por inventario".to_owned(),
    });
    book.write(
        calendar.day(CANCELLED_ON - 1).minute(19 * 60),
        visit.installer,
        op,
    )
}

/// Moves a visit to another free slot of its day; false when there is none.
fn move_visit(
    book: &mut Book,
    calendar: &Calendar,
    visit: &Planned,
    hours: &WorkingHours,
    taken: &mut Vec<Slot>,
    zone: &ShopZone,
    rng: &mut Rng,
) -> Result<bool, DemoError> {
    let day = calendar.day(MOVED_ON);
    let Some(slot) = free_slot(hours, taken, day, zone, rng)? else {
        return Ok(false);
    };
    // The old slot stays taken: whoever booked before the move could not have had it.
    taken.push(slot);
    let op = Op::VisitMoved(VisitMoved {
        visit_id: visit.id,
        installer_id: visit.installer,
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
    });
    book.write(calendar.day(-1).minute(18 * 60 + 30), visit.installer, op)?;
    Ok(true)
}
