//! Conflicts on the desk, and deciding them.

use counterfoil_app::view::{ConflictChoice, SyncState};
use counterfoil_domain::entity::{EntityKind, EntityRow};
use counterfoil_domain::visit::Slot;
use counterfoil_domain::{Hlc, OpId, UnixMs};
use counterfoil_store::{Confirmed, ConfirmedRow, OpFate};
use counterfoil_testkit::ManualClock;
use serde_json::json;
use uuid::Uuid;

use crate::common::Till;

const NINE: UnixMs = ManualClock::START.plus_minutes(23 * 60);

fn hour(starts_at: UnixMs) -> Slot {
    Slot {
        starts_at,
        ends_at: starts_at.plus_minutes(60),
    }
}

/// A booking of this till that the hub refused, with three other slots.
fn refused() -> (Till, OpId) {
    let till = Till::new();
    let (visit_id, booking) = till.shop.book(NINE);
    let op_id = till
        .store
        .transact(booking, Some(till.shop.installer))
        .unwrap();
    while let Some(batch) = till.store.seal_next(200, 256 * 1024).unwrap() {
        let fate = |id: OpId| match id == op_id {
            true => OpFate::Refused {
                code: "slot_taken".to_owned(),
            },
            false => OpFate::Applied,
        };
        let fates: Vec<_> = batch
            .ops
            .iter()
            .map(|op| (op.op_id, fate(op.op_id)))
            .collect();
        till.store
            .record_results(Uuid::from_u128(1), &fates)
            .unwrap();
    }
    let alternatives = [90, 180, 270].map(|minutes| hour(NINE.plus_minutes(minutes)));
    let fields = json!({
        "code": "slot_taken", "op_kind": "visit_booked", "refused": true, "at": ManualClock::START,
        "subject_kind": "visit", "subject_id": visit_id, "device_id": till.shop.device_id,
        "details": {
            "installer_id": till.shop.installer, "merchant_id": till.shop.merchant, "purpose": "Instalar",
            "starts_at": NINE, "ends_at": NINE.plus_minutes(60), "alternatives": alternatives,
        },
    });
    let row = EntityRow {
        kind: EntityKind::Conflict,
        id: op_id.0,
        fields: serde_json::from_value(fields).unwrap(),
        deleted: false,
    };
    let change = Confirmed {
        seq: 1,
        op_id: None,
        own: false,
        fate: OpFate::Applied,
        rows: vec![ConfirmedRow::Entity(row)],
    };
    till.store
        .apply_changes(Uuid::from_u128(1), Hlc::default(), vec![change])
        .unwrap();
    till.app.act_as(Some("Iris")).unwrap();
    (till, op_id)
}

#[test]
fn a_refused_slot_is_on_the_desk_with_its_alternatives() {
    let (till, op_id) = refused();
    let desk = till.app.sync_desk().unwrap();
    let conflict = &desk.conflicts[0];
    assert_eq!(conflict.conflict_id, op_id);
    assert_eq!(conflict.code, "slot_taken");
    assert_eq!(
        (conflict.subject.as_str(), conflict.installer.as_str()),
        ("Bodega Rosita", "Iris")
    );
    assert_eq!(conflict.wanted, Some(hour(NINE)));
    assert_eq!(conflict.alternatives.len(), 3);
}

#[test]
fn taking_an_alternative_books_it_and_settles_the_conflict() {
    let (till, op_id) = refused();
    let slot = till.app.sync_desk().unwrap().conflicts[0].alternatives[0];
    let desk = till
        .app
        .resolve_conflict(
            op_id,
            ConflictChoice::TakeSlot {
                slot,
                installer_id: None,
            },
        )
        .unwrap();
    assert!(desk.conflicts.is_empty());
    let day = till.app.visits(NINE, NINE.plus_minutes(600), None).unwrap();
    assert_eq!(
        day.iter().map(|visit| visit.slot).collect::<Vec<_>>(),
        [slot]
    );
}

#[test]
fn accepting_settles_the_conflict_and_books_nothing() {
    let (till, op_id) = refused();
    let desk = till
        .app
        .resolve_conflict(op_id, ConflictChoice::Accept)
        .unwrap();
    assert!(desk.conflicts.is_empty());
    assert!(
        till.app
            .visits(NINE, NINE.plus_minutes(600), None)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn an_alternative_that_is_gone_leaves_the_conflict_open() {
    let (till, op_id) = refused();
    let slot = hour(NINE.plus_minutes(90));
    let (_, taken) = till.shop.book(slot.starts_at);
    till.happened(taken, ManualClock::START);
    let gone = till
        .app
        .resolve_conflict(
            op_id,
            ConflictChoice::TakeSlot {
                slot,
                installer_id: None,
            },
        )
        .unwrap_err();
    assert_eq!(gone.code, "slot_taken");
    assert_eq!(till.app.sync_desk().unwrap().conflicts.len(), 1);
}

#[test]
fn a_conflict_is_decided_once() {
    let (till, op_id) = refused();
    till.app
        .resolve_conflict(op_id, ConflictChoice::Accept)
        .unwrap();
    let again = till
        .app
        .resolve_conflict(op_id, ConflictChoice::Accept)
        .unwrap_err();
    assert_eq!(again.code, "conflict_not_open");
}

#[test]
fn what_waits_is_listed_in_the_order_it_was_done() {
    let till = Till::new();
    let desk = till.app.sync_desk().unwrap();
    assert_eq!(desk.status.state, SyncState::NoHub);
    assert_eq!(
        desk.waiting.len(),
        usize::try_from(desk.status.waiting).unwrap()
    );
    assert_eq!(desk.waiting[0].op_kind, "entity_edited");
    assert_eq!(desk.waiting[0].subject, "Café Prueba");
}
