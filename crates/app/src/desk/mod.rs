//! The pill and the sync desk: what waits, what is stuck, what two sides did at once.

mod decide;
mod export;
mod paper;
mod words;

use counterfoil_domain::Money;
use counterfoil_domain::entity::Conflict;
use counterfoil_domain::visit::Slot;
use counterfoil_domain::{MerchantId, StaffId, UnixMs};
use counterfoil_store::StoreError;
use counterfoil_store::read::desk::{
    ClashRow, ConflictRow, PendingRow, SettledRow, Unsent, find_name, list_clashes, list_conflicts,
    list_settled, list_stuck, list_waiting, sum_unsent,
};
use serde::Deserialize;

use crate::Counterfoil;
use crate::failure::Outcome;
use crate::view::{
    ClashView, ConflictView, PendingOpView, SettledView, Side, SyncDeskView, SyncStatusView,
    UnsentView,
};

/// Shown of each list; the counts tell the rest.
const SHOWN: u32 = 200;
const SETTLED_SHOWN: u32 = 50;

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

    /// What waits, what is stuck, what is to be decided, and what was settled.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sync_desk(&self) -> Outcome<SyncDeskView> {
        let status = self.read_status()?;
        let (waiting, stuck, settled, conflicts, clashes) = self.store()?.read(|conn| {
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
                .collect::<Result<Vec<_>, StoreError>>()?;
            Ok((
                list_waiting(conn, SHOWN)?,
                list_stuck(conn, SHOWN)?,
                list_settled(conn, SETTLED_SHOWN)?,
                conflicts,
                list_clashes(conn)?,
            ))
        })?;
        Ok(SyncDeskView {
            status,
            waiting: waiting.into_iter().map(pending_view).collect(),
            stuck: stuck.into_iter().map(pending_view).collect(),
            conflicts,
            clashes: clashes.iter().map(clash_view).collect(),
            settled: settled.into_iter().map(settled_view).collect(),
            unsent: self.unsent()?,
        })
    }

    /// What only this till has, to be said before anything that could make somebody worry about it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn unsent(&self) -> Outcome<UnsentView> {
        let unsent: Unsent = self.store()?.read(sum_unsent)?;
        let currency = self.find_shop()?.map(|info| info.shop.currency);
        let money = |minor: i64| -> Outcome<Option<Money>> {
            match currency {
                Some(currency) if minor != 0 => Ok(Some(Money::new(minor, currency)?)),
                _ => Ok(None),
            }
        };
        Ok(UnsentView {
            changes: unsent.changes,
            sales: money(unsent.sales_minor)?,
            refunds: money(unsent.refunds_minor)?,
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
        amount: row.amount,
    }
}

fn settled_view(row: SettledRow) -> SettledView {
    SettledView {
        change: pending_view(row.op),
        redone: row.redone,
        at: row.settled_at,
        by: row.settled_by,
    }
}

fn clash_view(clash: &ClashRow) -> ClashView {
    let stands = match &clash.now {
        Some(now) if *now == clash.mine => Some(Side::Mine),
        Some(now) if *now == clash.theirs => Some(Side::Theirs),
        _ => None,
    };
    ClashView {
        kind: clash.kind,
        id: clash.id.to_string(),
        field: clash.field.clone(),
        subject: clash.subject.clone(),
        mine: words::value(&clash.field, &clash.mine),
        theirs: words::value(&clash.field, &clash.theirs),
        stands,
        at: clash.at,
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
        installer_id: details.installer_id,
    }
}
