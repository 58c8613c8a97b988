//! Visits and merchants.

use std::collections::HashMap;

use counterfoil_domain::entity::{EntityKind, Merchant, Role, Staff};
use counterfoil_domain::op::{EntityEdited, VisitBooked, VisitCancelled, VisitDone, VisitMoved};
use counterfoil_domain::visit::{Slot, VisitStatus, WorkingHours, check_slot, free_slots};
use counterfoil_domain::{MerchantId, Op, StaffId, UnixMs, VisitId, phone};
use counterfoil_store::Tx;
use counterfoil_store::read::session::list_staff;
use counterfoil_store::read::visits::{
    MerchantRow, VisitFilter, VisitRow, find_visit, list_busy, list_merchants, list_visits,
};

use crate::failure::Outcome;
use crate::view::{BookVisit, Failure, InstallerView, MerchantTile, MerchantView, VisitView};
use crate::{Counterfoil, ShopInfo};

const DAY_MS: i64 = 86_400_000;

/// Hours of installers by their id; whoever has none works any time, without a gap.
type Hours = HashMap<StaffId, WorkingHours>;

impl Counterfoil {
    fn installer_staff(&self) -> Outcome<Vec<(StaffId, Staff)>> {
        let staff = self.store()?.read(list_staff)?;
        let installs = |person: &Staff| person.active && person.role == Role::Installer;
        Ok(staff
            .into_iter()
            .filter(|(_, person)| installs(person))
            .collect())
    }

    fn all_hours(&self) -> Outcome<Hours> {
        let staff = self.installer_staff()?;
        Ok(staff
            .into_iter()
            .filter_map(|(id, person)| Some((id, person.working_hours?)))
            .collect())
    }

    pub(crate) fn hours_of(&self, installer_id: StaffId) -> Outcome<WorkingHours> {
        self.all_hours()?.remove(&installer_id).ok_or_else(|| {
            Failure::new("slot_outside_hours", "nobody of that id makes visits").on("installer_id")
        })
    }

    /// Who makes visits.
    ///
    /// # Errors
    /// When the database fails.
    pub fn installers(&self) -> Outcome<Vec<InstallerView>> {
        self.signed_in()?;
        let staff = self.installer_staff()?;
        Ok(staff
            .into_iter()
            .map(|(staff_id, person)| InstallerView {
                staff_id,
                name: person.name,
                hours: person.working_hours,
            })
            .collect())
    }

    /// Visits that begin in a stretch, of one installer or of all.
    ///
    /// # Errors
    /// When the database fails.
    pub fn visits(
        &self,
        from: UnixMs,
        to: UnixMs,
        installer_id: Option<StaffId>,
    ) -> Outcome<Vec<VisitView>> {
        self.signed_in()?;
        // A day around it, to see what clashes with the first and the last.
        let filter = VisitFilter {
            from: from.plus_ms(-DAY_MS),
            to: to.plus_ms(DAY_MS),
            installer_id,
            merchant_id: None,
        };
        let around = self.store()?.read(|conn| list_visits(conn, filter))?;
        let hours = self.all_hours()?;
        Ok(around
            .iter()
            .filter(|visit| visit.slot.starts_at >= from && visit.slot.starts_at < to)
            .map(|visit| visit_view(visit, clashes(visit, &around, &hours)))
            .collect())
    }

    /// One visit.
    ///
    /// # Errors
    /// `visit_not_found`.
    pub fn visit(&self, visit_id: VisitId) -> Outcome<VisitView> {
        let found = self.store()?.read(|conn| find_visit(conn, visit_id))?;
        let visit = found.ok_or_else(no_such_visit)?;
        let filter = VisitFilter {
            from: visit.slot.starts_at.plus_ms(-DAY_MS),
            to: visit.slot.ends_at.plus_ms(DAY_MS),
            installer_id: Some(visit.installer_id),
            merchant_id: None,
        };
        let around = self.store()?.read(|conn| list_visits(conn, filter))?;
        let clash = clashes(&visit, &around, &self.all_hours()?);
        Ok(visit_view(&visit, clash))
    }

    /// An installer's free slots over some days, none of them past.
    ///
    /// # Errors
    /// When the database fails.
    pub fn free_slots(&self, installer_id: StaffId, from: UnixMs, days: u32) -> Outcome<Vec<Slot>> {
        self.signed_in()?;
        const DAYS_MAX: u32 = 62;
        let days = days.min(DAYS_MAX);
        let hours = self.hours_of(installer_id)?;
        let from = UnixMs(from.0.max(self.now().0));
        let to = from.plus_ms(i64::from(days) * DAY_MS);
        let busy = self
            .store()?
            .read(|conn| list_busy(conn, installer_id, from, to, None))?;
        Ok(free_slots(&hours, &busy, from, days, &self.shop()?.zone)?)
    }

    /// Books a visit.
    ///
    /// # Errors
    /// `slot_taken`, `slot_outside_hours`, `slot_past`.
    pub fn book_visit(&self, visit: BookVisit) -> Outcome<VisitView> {
        let who = self.signed_in_as(&[Role::Installer])?;
        let hours = self.hours_of(visit.installer_id)?;
        let slot = Slot {
            starts_at: visit.starts_at,
            ends_at: visit.starts_at.plus_minutes(i64::from(hours.slot_min)),
        };
        let info = self.shop()?;
        let visit_id: VisitId = self.new_id();
        self.store()?.write(|tx| -> Outcome<()> {
            if list_merchants(tx.conn(), tx.now(), Some(visit.merchant_id))?.is_empty() {
                return Err(no_such_merchant());
            }
            may_take(tx, visit.installer_id, &hours, slot, None, &info)?;
            let op = Op::VisitBooked(VisitBooked {
                visit_id,
                merchant_id: visit.merchant_id,
                installer_id: visit.installer_id,
                starts_at: slot.starts_at,
                ends_at: slot.ends_at,
                purpose: visit.purpose.trim().to_owned(),
            });
            tx.perform(&op, Some(who.staff_id), tx.now())?;
            Ok(())
        })?;
        self.visit(visit_id)
    }

    /// Moves a visit to another time or installer.
    ///
    /// # Errors
    /// `visit_not_open`, `slot_taken`, `slot_outside_hours`, `slot_past`.
    pub fn move_visit(
        &self,
        visit_id: VisitId,
        installer_id: StaffId,
        starts_at: UnixMs,
    ) -> Outcome<VisitView> {
        let who = self.signed_in_as(&[Role::Installer])?;
        let hours = self.hours_of(installer_id)?;
        let info = self.shop()?;
        self.store()?.write(|tx| -> Outcome<()> {
            let visit = open_visit(tx, visit_id)?;
            let length_ms = visit.slot.ends_at.since(visit.slot.starts_at);
            let slot = Slot {
                starts_at,
                ends_at: starts_at.plus_ms(length_ms),
            };
            may_take(tx, installer_id, &hours, slot, Some(visit_id), &info)?;
            let op = Op::VisitMoved(VisitMoved {
                visit_id,
                installer_id,
                starts_at: slot.starts_at,
                ends_at: slot.ends_at,
            });
            tx.perform(&op, Some(who.staff_id), tx.now())?;
            Ok(())
        })?;
        self.visit(visit_id)
    }

    /// Cancels a visit.
    ///
    /// # Errors
    /// `visit_not_open`.
    pub fn cancel_visit(&self, visit_id: VisitId, reason: &str) -> Outcome<VisitView> {
        let who = self.signed_in_as(&[Role::Installer])?;
        self.store()?.write(|tx| -> Outcome<()> {
            open_visit(tx, visit_id)?;
            let op = Op::VisitCancelled(VisitCancelled {
                visit_id,
                reason: reason.trim().to_owned(),
            });
            tx.perform(&op, Some(who.staff_id), tx.now())?;
            Ok(())
        })?;
        self.visit(visit_id)
    }

    /// Marks a visit as done.
    ///
    /// # Errors
    /// `visit_not_open`.
    pub fn finish_visit(&self, visit_id: VisitId, note: &str) -> Outcome<VisitView> {
        let who = self.signed_in_as(&[Role::Installer])?;
        self.store()?.write(|tx| -> Outcome<()> {
            open_visit(tx, visit_id)?;
            let op = Op::VisitDone(VisitDone {
                visit_id,
                note: note.trim().to_owned(),
                done_at: tx.now(),
            });
            tx.perform(&op, Some(who.staff_id), tx.now())?;
            Ok(())
        })?;
        self.visit(visit_id)
    }

    /// All merchants with their progress.
    ///
    /// # Errors
    /// When the database fails.
    pub fn merchants(&self) -> Outcome<Vec<MerchantTile>> {
        self.signed_in()?;
        let now = self.now();
        let rows = self.store()?.read(|conn| list_merchants(conn, now, None))?;
        Ok(rows.iter().map(merchant_tile).collect())
    }

    /// A merchant's page.
    ///
    /// # Errors
    /// `merchant_not_found`.
    pub fn merchant(&self, merchant_id: MerchantId) -> Outcome<MerchantView> {
        self.signed_in()?;
        let now = self.now();
        let filter = VisitFilter {
            from: UnixMs(i64::MIN),
            to: UnixMs(i64::MAX),
            installer_id: None,
            merchant_id: Some(merchant_id),
        };
        let (merchants, mut visits) = self.store()?.read(|conn| {
            Ok((
                list_merchants(conn, now, Some(merchant_id))?,
                list_visits(conn, filter)?,
            ))
        })?;
        let row = merchants.into_iter().next().ok_or_else(no_such_merchant)?;
        visits.reverse();
        Ok(MerchantView {
            tile: merchant_tile(&row),
            contact: row.merchant.contact,
            phone: phone::display(&row.merchant.phone),
            address: place(&row.merchant.address, &row.merchant.district),
            steps: row.merchant.steps,
            visits: visits.iter().map(|v| visit_view(v, false)).collect(),
        })
    }

    /// Ticks a step of a merchant's onboarding on or off.
    ///
    /// # Errors
    /// `merchant_not_found`, `step_not_found`.
    pub fn set_merchant_step(
        &self,
        merchant_id: MerchantId,
        code: &str,
        done: bool,
    ) -> Outcome<MerchantView> {
        let who = self.signed_in_as(&[Role::Installer])?;
        self.store()?.write(|tx| -> Outcome<()> {
            let found = list_merchants(tx.conn(), tx.now(), Some(merchant_id))?;
            let row = found.into_iter().next().ok_or_else(no_such_merchant)?;
            let mut steps = row.merchant.steps;
            let step = steps.iter_mut().find(|step| step.code == code);
            let step = step.ok_or_else(|| {
                Failure::new("step_not_found", "this merchant has no such step").on("code")
            })?;
            if step.done_at.is_some() == done {
                return Ok(());
            }
            step.done_at = done.then(|| tx.now());
            let op = Op::EntityEdited(EntityEdited {
                entity: EntityKind::Merchant,
                id: merchant_id.0,
                fields: [("steps".to_owned(), serde_json::to_value(&steps)?)].into(),
            });
            tx.perform(&op, Some(who.staff_id), tx.now())?;
            Ok(())
        })?;
        self.merchant(merchant_id)
    }
}

fn no_such_visit() -> Failure {
    Failure::new("visit_not_found", "there is no such visit")
}

fn no_such_merchant() -> Failure {
    Failure::new("merchant_not_found", "there is no such merchant").on("merchant_id")
}

fn open_visit(tx: &Tx<'_>, visit_id: VisitId) -> Outcome<VisitRow> {
    let visit = find_visit(tx.conn(), visit_id)?.ok_or_else(no_such_visit)?;
    if visit.status == VisitStatus::Booked {
        return Ok(visit);
    }
    Err(Failure::new(
        "visit_not_open",
        "this visit took place or was cancelled already",
    ))
}

/// Whether a slot can be had, seen from within the transaction that takes it.
pub(crate) fn may_take(
    tx: &Tx<'_>,
    installer_id: StaffId,
    hours: &WorkingHours,
    slot: Slot,
    except: Option<VisitId>,
    info: &ShopInfo,
) -> Outcome<()> {
    if slot.starts_at < tx.now() {
        return Err(Failure::new("slot_past", "this slot has passed").on("starts_at"));
    }
    let busy = list_busy(
        tx.conn(),
        installer_id,
        slot.starts_at,
        slot.ends_at,
        except,
    )?;
    Ok(check_slot(hours, &busy, slot, &info.zone)?)
}

/// Whether a booked visit is too close to another one of its installer.
fn clashes(visit: &VisitRow, around: &[VisitRow], hours: &Hours) -> bool {
    let gap = hours
        .get(&visit.installer_id)
        .map_or(0, |h| h.travel_gap_min);
    visit.status == VisitStatus::Booked
        && around.iter().any(|other| {
            other.visit_id != visit.visit_id
                && other.installer_id == visit.installer_id
                && other.status == VisitStatus::Booked
                && other.slot.clashes(visit.slot, gap)
        })
}

fn place(address: &str, district: &str) -> String {
    match (address.is_empty(), district.is_empty()) {
        (false, false) => format!("{address}, {district}"),
        (true, _) => district.to_owned(),
        (false, true) => address.to_owned(),
    }
}

fn visit_view(visit: &VisitRow, clash: bool) -> VisitView {
    VisitView {
        visit_id: visit.visit_id,
        merchant_id: visit.merchant_id,
        merchant: visit.merchant.clone(),
        address: place(&visit.address, &visit.district),
        phone: phone::display(&visit.phone),
        installer_id: visit.installer_id,
        installer: visit.installer.clone(),
        slot: visit.slot,
        status: visit.status,
        purpose: visit.purpose.clone(),
        note: visit.note.clone(),
        pending: visit.pending,
        clash,
    }
}

fn merchant_tile(row: &MerchantRow) -> MerchantTile {
    let steps = |merchant: &Merchant, done: bool| {
        let counted = merchant
            .steps
            .iter()
            .filter(|s| !done || s.done_at.is_some());
        u32::try_from(counted.count()).unwrap_or(u32::MAX)
    };
    MerchantTile {
        merchant_id: row.merchant_id,
        name: row.merchant.name.clone(),
        district: row.merchant.district.clone(),
        steps_done: steps(&row.merchant, true),
        steps_total: steps(&row.merchant, false),
        next_visit_at: row.next_visit_at,
    }
}
