//! What a person decides at the desk. Whatever it is becomes an operation of its own; what happened is never edited.

use counterfoil_domain::entity::{Conflict, EntityKind, Role};
use counterfoil_domain::op::{EntityEdited, VisitBooked, VisitMoved};
use counterfoil_domain::visit::{Slot, WorkingHours};
use counterfoil_domain::{Op, OpId, StaffId, VisitId};
use counterfoil_store::read::desk::{ConflictRow, find_clash, find_op, list_conflicts};
use counterfoil_store::read::visits::find_visit;
use uuid::Uuid;

use super::SlotDetails;
use crate::Counterfoil;
use crate::failure::Outcome;
use crate::view::{ConflictChoice, Failure, Side, SyncDeskView};
use crate::visits::may_take;

impl Counterfoil {
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
        match choice {
            ConflictChoice::Accept => {
                self.open_conflict(conflict_id)?;
                self.set_status(conflict_id, "resolved", who.staff_id)?;
            }
            ConflictChoice::Reopen => self.set_status(conflict_id, "open", who.staff_id)?,
            ConflictChoice::TakeSlot { slot, installer_id } => {
                let row = self.open_conflict(conflict_id)?;
                self.take_slot(&row, slot, installer_id, who.staff_id)?;
            }
        }
        self.sync_desk()
    }

    fn open_conflict(&self, conflict_id: OpId) -> Outcome<ConflictRow> {
        let conflicts = self.store()?.read(list_conflicts)?;
        let found = conflicts.into_iter().find(|c| c.conflict_id == conflict_id);
        found.ok_or_else(|| Failure::new("conflict_not_open", "somebody decided this already"))
    }

    fn set_status(&self, conflict_id: OpId, status: &str, by: StaffId) -> Outcome<()> {
        self.store()?
            .transact(decided(conflict_id, status), Some(by))?;
        Ok(())
    }

    fn take_slot(
        &self,
        row: &ConflictRow,
        slot: Slot,
        installer_id: Option<StaffId>,
        by: StaffId,
    ) -> Outcome<()> {
        let wanted = self.asked_for(row)?;
        let installer = match installer_id {
            Some(installer_id) => installer_id,
            None => installer_of(&wanted)?,
        };
        let hours: WorkingHours = self.hours_of(installer)?;
        let info = self.shop()?;
        let fresh: VisitId = self.new_id();
        let own = match &wanted {
            Op::VisitMoved(moved) => Some(moved.visit_id),
            _ => None,
        };
        let op = instead(&wanted, slot, installer, fresh)?;
        self.store()?.write(|tx| -> Outcome<()> {
            may_take(tx, installer, &hours, slot, own, &info)?;
            if let Some(visit_id) = own
                && find_visit(tx.conn(), visit_id)?.is_none()
            {
                return Err(Failure::new("visit_not_found", "there is no such visit"));
            }
            tx.perform(&op, Some(by), tx.now())?;
            tx.perform(&decided(row.conflict_id, "resolved"), Some(by), tx.now())?;
            Ok(())
        })
    }

    /// Does a change that the hub did not take again, with the same content.
    ///
    /// # Errors
    /// `change_not_stuck`; `change_unreadable` when this program is too old for it.
    pub fn retry_change(&self, op_id: OpId) -> Outcome<SyncDeskView> {
        let who = self.signed_in()?;
        self.store()?.redo(op_id, Some(who.staff_id))?;
        self.hurry_sync();
        self.sync_desk()
    }

    /// Leaves a change that the hub did not take as it is; it stays in the history. Money is the owner's to leave.
    ///
    /// # Errors
    /// `change_not_stuck`; `role_not_allowed` where it is about money.
    pub fn put_change_aside(&self, op_id: OpId) -> Outcome<SyncDeskView> {
        let who = self.signed_in()?;
        let about_money = matches!(
            self.store()?.read(|conn| find_op(conn, op_id))?,
            Some(Op::SaleCompleted(_) | Op::SaleRefunded(_) | Op::CashMoved(_))
        );
        if about_money {
            self.signed_in_as(&[])?;
        }
        self.store()?.put_aside(op_id, Some(who.staff_id))?;
        self.publish_status();
        self.sync_desk()
    }

    /// Takes back [`Counterfoil::put_change_aside`].
    ///
    /// # Errors
    /// When the database fails.
    pub fn take_change_up(&self, op_id: OpId) -> Outcome<SyncDeskView> {
        self.signed_in()?;
        self.store()?.take_up_again(op_id)?;
        self.publish_status();
        self.sync_desk()
    }

    /// Chooses between two sides of a field; `decided` is false to leave it open again.
    ///
    /// # Errors
    /// `clash_not_found`.
    pub fn choose_side(
        &self,
        kind: EntityKind,
        id: &str,
        field: &str,
        side: Side,
        decided: bool,
    ) -> Outcome<SyncDeskView> {
        let who = self.signed_in_as(&[Role::Cashier, Role::Installer])?;
        let gone = || {
            Failure::new(
                "clash_not_found",
                "there is nothing to choose here any more",
            )
        };
        let id: Uuid = id.parse().map_err(|_| gone())?;
        self.store()?.write(|tx| -> Outcome<()> {
            let clash = find_clash(tx.conn(), kind, id, field)?.ok_or_else(gone)?;
            let chosen = match side {
                Side::Mine => clash.mine,
                Side::Theirs => clash.theirs,
            };
            if clash.now.as_ref() != Some(&chosen) {
                let op = Op::EntityEdited(EntityEdited {
                    entity: kind,
                    id,
                    fields: [(field.to_owned(), chosen)].into(),
                });
                tx.perform(&op, Some(who.staff_id), tx.now())?;
            }
            Ok(tx.decide_clash(kind, id, field, decided)?)
        })?;
        self.publish_status();
        self.sync_desk()
    }

    /// The claim behind a conflict about a slot: from this till's own outbox, else from what the hub says about it.
    fn asked_for(&self, row: &ConflictRow) -> Outcome<Op> {
        match self.store()?.read(|conn| find_op(conn, row.conflict_id))? {
            Some(op) => Ok(op),
            None => claim_of(&row.conflict).ok_or_else(not_about_a_slot),
        }
    }
}

fn decided(conflict_id: OpId, status: &str) -> Op {
    Op::EntityEdited(EntityEdited {
        entity: EntityKind::Conflict,
        id: conflict_id.0,
        fields: [("status".to_owned(), serde_json::json!(status))].into(),
    })
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
fn instead(wanted: &Op, slot: Slot, installer_id: StaffId, fresh: VisitId) -> Outcome<Op> {
    match wanted {
        Op::VisitBooked(visit) => Ok(Op::VisitBooked(VisitBooked {
            visit_id: fresh,
            installer_id,
            starts_at: slot.starts_at,
            ends_at: slot.ends_at,
            ..visit.clone()
        })),
        Op::VisitMoved(visit) => Ok(Op::VisitMoved(VisitMoved {
            installer_id,
            starts_at: slot.starts_at,
            ends_at: slot.ends_at,
            ..visit.clone()
        })),
        _ => Err(not_about_a_slot()),
    }
}
