//! What an operation does to the rows: the one description that till and hub both carry out.

use uuid::Uuid;

use crate::entity::{EntityKind, Fields, fields_of};
use crate::envelope::OpMeta;
use crate::fact::{
    CashEntry, CashReason, FactRow, StampEntry, StampReason, StockEntry, StockReason,
};
use crate::id::{EntryId, ShiftId, StaffId};
use crate::money::{Money, MoneyError, Quantity};
use crate::op::Op;
use crate::tender::TenderKind;
use crate::visit::VisitStatus;

/// One change to the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "short-lived values; a box would only add noise"
)]
pub enum Effect {
    /// A fact's row appears; inserting it twice is the same as once.
    Insert(FactRow),
    /// Fields of an entity are set, creating or reviving it.
    Patch {
        /// Its kind.
        kind: EntityKind,
        /// Its id.
        id: Uuid,
        /// The fields.
        fields: Fields,
    },
    /// An entity gets its tombstone.
    Delete {
        /// Its kind.
        kind: EntityKind,
        /// Its id.
        id: Uuid,
    },
}

impl Effect {
    /// The entity this effect edits, if it edits one.
    #[must_use]
    pub const fn entity(&self) -> Option<(EntityKind, Uuid)> {
        match self {
            Self::Insert(_) => None,
            Self::Patch { kind, id, .. } | Self::Delete { kind, id } => Some((*kind, *id)),
        }
    }
}

/// Why an operation has no effects.
#[derive(Debug, thiserror::Error)]
pub enum EffectError {
    /// Its amounts do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// Its fields do not serialise.
    #[error("fields cannot be written: {0}")]
    Fields(#[from] serde_json::Error),
}

/// The id of an operation's n-th ledger entry: its own id with the place added, the same on every replica. What is done
/// again keeps the ids of what it does again.
#[must_use]
pub fn entry_id(meta: &OpMeta, place: u32) -> EntryId {
    EntryId(Uuid::from_u128(
        meta.first().0.as_u128() ^ (u128::from(place) + 1),
    ))
}

/// Everything an operation does, in order.
///
/// # Errors
/// When amounts are out of range or fields cannot be written.
pub fn effects(op: &Op, meta: &OpMeta) -> Result<Vec<Effect>, EffectError> {
    let staff = meta.staff_id.unwrap_or(StaffId(Uuid::nil()));
    let stamp = |stamp_id, customer_id, stamps, reason| {
        Effect::Insert(FactRow::Stamp(StampEntry {
            stamp_id,
            customer_id,
            stamps,
            reason,
            at: meta.at,
            staff_id: staff,
            device_id: meta.device_id,
        }))
    };
    let patch = |kind, id, fields| vec![Effect::Patch { kind, id, fields }];
    Ok(match op {
        Op::SaleCompleted(sale) => sale_effects(sale, meta)?,
        Op::SaleRefunded(refund) => refund_effects(refund, meta),
        Op::StampGiven(s) => vec![stamp(s.stamp_id, s.customer_id, 1, StampReason::Given)],
        Op::StampReversed(s) => vec![stamp(s.stamp_id, s.customer_id, -1, StampReason::Reversed)],
        Op::RewardRedeemed(s) => {
            let price = i32::try_from(s.stamps).map_err(|_| MoneyError::OutOfRange)?;
            vec![stamp(
                s.stamp_id,
                s.customer_id,
                -price,
                StampReason::Redeemed,
            )]
        }
        Op::StockMoved(m) => vec![stock(meta, 0, m.product_id, m.quantity, m.reason)],
        Op::CashMoved(m) => vec![cash(
            meta,
            0,
            m.shift_id,
            m.amount,
            m.reason,
            m.note.clone(),
        )],
        Op::ShiftOpened(s) => vec![
            Effect::Insert(FactRow::ShiftOpened(s.clone())),
            cash(
                meta,
                0,
                Some(s.shift_id),
                s.opening_float,
                CashReason::Float,
                String::new(),
            ),
        ],
        Op::ShiftClosed(s) => vec![Effect::Insert(FactRow::ShiftClosed(s.clone()))],
        Op::CustomerEnrolled(c) => patch(
            EntityKind::Customer,
            c.customer_id.0,
            fields_of(&c.customer)?,
        ),
        Op::VisitDone(v) => patch(
            EntityKind::Visit,
            v.visit_id.0,
            json_fields(
                serde_json::json!({ "status": VisitStatus::Done, "note": v.note, "done_at": v.done_at }),
            )?,
        ),
        Op::VisitBooked(v) => patch(
            EntityKind::Visit,
            v.visit_id.0,
            json_fields(serde_json::json!({
                "merchant_id": v.merchant_id, "installer_id": v.installer_id, "starts_at": v.starts_at,
                "ends_at": v.ends_at, "status": VisitStatus::Booked, "purpose": v.purpose,
            }))?,
        ),
        Op::VisitMoved(v) => patch(
            EntityKind::Visit,
            v.visit_id.0,
            json_fields(serde_json::json!({
                "installer_id": v.installer_id, "starts_at": v.starts_at, "ends_at": v.ends_at,
            }))?,
        ),
        Op::VisitCancelled(v) => patch(
            EntityKind::Visit,
            v.visit_id.0,
            json_fields(serde_json::json!({ "status": VisitStatus::Cancelled, "note": v.reason }))?,
        ),
        Op::EntityEdited(e) => patch(e.entity, e.id, e.fields.clone()),
        Op::EntityDeleted(e) => vec![Effect::Delete {
            kind: e.entity,
            id: e.id,
        }],
    })
}

fn json_fields(value: serde_json::Value) -> Result<Fields, serde_json::Error> {
    serde_json::from_value(value)
}

fn stock(
    meta: &OpMeta,
    place: u32,
    product_id: crate::id::ProductId,
    quantity: Quantity,
    reason: StockReason,
) -> Effect {
    Effect::Insert(FactRow::Stock(StockEntry {
        entry_id: entry_id(meta, place),
        product_id,
        quantity,
        reason,
        at: meta.at,
        device_id: meta.device_id,
    }))
}

fn cash(
    meta: &OpMeta,
    place: u32,
    shift_id: Option<ShiftId>,
    amount: Money,
    reason: CashReason,
    note: String,
) -> Effect {
    Effect::Insert(FactRow::Cash(CashEntry {
        entry_id: entry_id(meta, place),
        shift_id,
        amount,
        reason,
        note,
        at: meta.at,
        staff_id: meta.staff_id.unwrap_or(StaffId(Uuid::nil())),
        device_id: meta.device_id,
    }))
}

fn sale_effects(sale: &crate::fact::Sale, meta: &OpMeta) -> Result<Vec<Effect>, MoneyError> {
    let mut all = vec![Effect::Insert(FactRow::Sale(sale.clone()))];
    let mut place = 0;
    for line in &sale.lines {
        if let Some(product_id) = line.line.product_id {
            let quantity = Quantity(-line.line.quantity.milli());
            all.push(stock(meta, place, product_id, quantity, StockReason::Sold));
        }
        place += 1;
    }
    let taken = Money::sum(
        sale.currency,
        sale.tenders
            .iter()
            .filter(|t| t.kind == TenderKind::Cash)
            .map(|t| t.amount),
    )?;
    let kept = taken.minus(sale.change)?;
    if !kept.is_zero() {
        all.push(cash(
            meta,
            place,
            sale.shift_id,
            kept,
            CashReason::Sale,
            String::new(),
        ));
    }
    Ok(all)
}

fn refund_effects(refund: &crate::fact::Refund, meta: &OpMeta) -> Vec<Effect> {
    let mut all = vec![Effect::Insert(FactRow::Refund(refund.clone()))];
    let mut place = 0;
    for line in &refund.lines {
        if let (true, Some(product_id)) = (line.restock, line.product_id) {
            all.push(stock(
                meta,
                place,
                product_id,
                line.quantity,
                StockReason::Returned,
            ));
        }
        place += 1;
    }
    if refund.tender.kind == TenderKind::Cash {
        let paid = refund.total.negated();
        all.push(cash(
            meta,
            place,
            refund.shift_id,
            paid,
            CashReason::Refund,
            String::new(),
        ));
    }
    all
}
