//! The pill and the sync desk.

use counterfoil_domain::entity::{Conflict, EntityKind};
use counterfoil_domain::op::{EntityEdited, VisitBooked, VisitMoved};
use counterfoil_domain::visit::{Slot, WorkingHours};
use counterfoil_domain::{MerchantId, Op, OpId, StaffId, UnixMs, VisitId};
use counterfoil_store::read::desk::{
    ConflictRow, PendingRow, Unsettled, find_name, find_op, list_conflicts, list_ops,
};
use counterfoil_store::read::visits::find_visit;
use serde::Deserialize;

use crate::Counterfoil;
use crate::failure::Outcome;
use crate::view::{
    ConflictChoice, ConflictView, Failure, PendingOpView, SyncDeskView, SyncStatusView,
};
use crate::visits::may_take;

/// Shown of each list; the counts tell the rest.
const SHOWN: u32 = 200;

/// What the hub says beside `slot_taken`; each part may be missing.
#[derive(Default, Deserialize)]
#[serde(default)]
struct SlotDetails {
    installer_id: Option<StaffId>,
    starts_at: Option<UnixMs>,
    ends_at: Option<UnixMs>,
    alternatives: Vec<Slot>,
    merchant_id: Option<MerchantId>,
    purpose: String,
}

impl SlotDetails {
    fn of(conflict: &Conflict) -> Self {
        serde_json::from_value(conflict.details.clone()).unwrap_or_default()
    }
}

impl Counterfoil {
    /// The pill's truth.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sync_status(&self) -> Outcome<SyncStatusView> {
        self.read_status()
    }

    /// What waits, what is stuck, what is to be decided.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sync_desk(&self) -> Outcome<SyncDeskView> {
        let status = self.read_status()?;
        let (waiting, stuck, conflicts) = self.store()?.read(|conn| {
            let conflicts = list_conflicts(conn)?
                .into_iter()
                .map(|row| {
                    let installer = SlotDetails::of(&row.conflict).installer_id;
                    let installer = match installer {
                        Some(id) => find_name(conn, "staff", &id.to_string())?,
                        None => String::new(),
                    };
                    let about = &row.conflict;
                    let subject = if row.subject.is_empty() {
                        find_name(conn, &about.subject_kind, &about.subject_id)?
                    } else {
                        row.subject.clone()
                    };
                    Ok(conflict_view(&row, subject, installer))
                })
                .collect::<Result<Vec<_>, counterfoil_store::StoreError>>()?;
            Ok((
                list_ops(conn, Unsettled::Waiting, SHOWN)?,
                list_ops(conn, Unsettled::Stuck, SHOWN)?,
                conflicts,
            ))
        })?;
        Ok(SyncDeskView {
            status,
            waiting: waiting.into_iter().map(pending_view).collect(),
            stuck: stuck.into_iter().map(pending_view).collect(),
            conflicts,
        })
    }

    /// Pushes and pulls at once instead of at the next occasion.
    ///
    /// # Errors
    /// Never in practice; without a hub there is nothing to do.
    pub fn sync_now(&self) -> Outcome<()> {
        self.start_sync();
        self.hurry_sync();
        Ok(())
    }

    /// Decides a conflict.
    ///
    /// # Errors
    /// `slot_taken` and its kin when the chosen slot is gone as well; `conflict_not_open`.
    pub fn resolve_conflict(
        &self,
        conflict_id: OpId,
        choice: ConflictChoice,
    ) -> Outcome<SyncDeskView> {
        let who = self.signed_in()?;
        let conflicts = self.store()?.read(list_conflicts)?;
        let found = conflicts.into_iter().find(|c| c.conflict_id == conflict_id);
        let row = found
            .ok_or_else(|| Failure::new("conflict_not_open", "somebody decided this already"))?;
        let taken = match choice {
            ConflictChoice::Accept => None,
            ConflictChoice::TakeSlot { slot } => Some((slot, self.asked_for(&row)?)),
        };
        let info = self.shop()?;
        let fresh: VisitId = self.new_id();
        self.store()?.write(|tx| -> Outcome<()> {
            if let Some((slot, (wanted, hours))) = &taken {
                let own = match wanted {
                    Op::VisitMoved(moved) => Some(moved.visit_id),
                    _ => None,
                };
                let op = instead(wanted, *slot, fresh)?;
                let installer = installer_of(wanted)?;
                may_take(tx, installer, hours, *slot, own, &info)?;
                if let Some(visit_id) = own
                    && find_visit(tx.conn(), visit_id)?.is_none()
                {
                    return Err(Failure::new("visit_not_found", "there is no such visit"));
                }
                tx.perform(&op, Some(who.staff_id), tx.now())?;
            }
            let resolved = Op::EntityEdited(EntityEdited {
                entity: EntityKind::Conflict,
                id: conflict_id.0,
                fields: [("status".to_owned(), serde_json::json!("resolved"))].into(),
            });
            tx.perform(&resolved, Some(who.staff_id), tx.now())?;
            Ok(())
        })?;
        self.sync_desk()
    }

    /// The claim behind a conflict about a slot, with the hours of whom it asked for: from this till's own outbox, else
    /// from what the hub says about it.
    fn asked_for(&self, row: &ConflictRow) -> Outcome<(Op, WorkingHours)> {
        let own = self.store()?.read(|conn| find_op(conn, row.conflict_id))?;
        let wanted = match own {
            Some(op) => op,
            None => claim_of(&row.conflict).ok_or_else(not_about_a_slot)?,
        };
        let hours = self.hours_of(installer_of(&wanted)?)?;
        Ok((wanted, hours))
    }
}

fn not_about_a_slot() -> Failure {
    Failure::new(
        "conflict_not_a_slot",
        "this conflict is not about a visit's slot",
    )
}

fn claim_of(conflict: &Conflict) -> Option<Op> {
    let details = SlotDetails::of(conflict);
    let visit_id: VisitId = conflict.subject_id.parse().ok()?;
    let (installer_id, starts_at, ends_at) =
        (details.installer_id?, details.starts_at?, details.ends_at?);
    match conflict.op_kind.as_str() {
        "visit_moved" => Some(Op::VisitMoved(VisitMoved {
            visit_id,
            installer_id,
            starts_at,
            ends_at,
        })),
        "visit_booked" => Some(Op::VisitBooked(VisitBooked {
            visit_id,
            merchant_id: details.merchant_id?,
            installer_id,
            starts_at,
            ends_at,
            purpose: details.purpose,
        })),
        _ => None,
    }
}

fn installer_of(op: &Op) -> Outcome<StaffId> {
    match op {
        Op::VisitBooked(visit) => Ok(visit.installer_id),
        Op::VisitMoved(visit) => Ok(visit.installer_id),
        _ => Err(not_about_a_slot()),
    }
}

/// The same claim for another slot. A refused booking left no visit behind, so it gets a new id: the old one is spent.
fn instead(wanted: &Op, slot: Slot, fresh: VisitId) -> Outcome<Op> {
    match wanted {
        Op::VisitBooked(visit) => Ok(Op::VisitBooked(VisitBooked {
            visit_id: fresh,
            starts_at: slot.starts_at,
            ends_at: slot.ends_at,
            ..visit.clone()
        })),
        Op::VisitMoved(visit) => Ok(Op::VisitMoved(VisitMoved {
            starts_at: slot.starts_at,
            ends_at: slot.ends_at,
            ..visit.clone()
        })),
        _ => Err(not_about_a_slot()),
    }
}

fn pending_view(row: PendingRow) -> PendingOpView {
    PendingOpView {
        op_id: row.op_id,
        op_kind: row.kind,
        class: row.class,
        at: row.at,
        staff: row.staff,
        subject: row.subject,
        stuck_reason: row.reason,
    }
}

fn conflict_view(row: &ConflictRow, subject: String, installer: String) -> ConflictView {
    let conflict = &row.conflict;
    let details = SlotDetails::of(conflict);
    let wanted = details.starts_at.zip(details.ends_at);
    ConflictView {
        conflict_id: row.conflict_id,
        code: conflict.code.clone(),
        refused: conflict.refused,
        at: conflict.at,
        subject,
        wanted: wanted.map(|(starts_at, ends_at)| Slot { starts_at, ends_at }),
        alternatives: details.alternatives,
        installer,
    }
}
