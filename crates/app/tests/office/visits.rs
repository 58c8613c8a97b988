//! Booking, moving, cancelling and doing visits.

use counterfoil_app::view::{BookVisit, VisitView};
use counterfoil_domain::UnixMs;
use counterfoil_domain::visit::VisitStatus;
use counterfoil_testkit::ManualClock;

use crate::common::Till;

/// Thursday, 9:00: the installer's first hour of the next day.
const NINE: UnixMs = ManualClock::START.plus_minutes(23 * 60);

fn signed_in() -> Till {
    let till = Till::new();
    till.app.act_as(Some("Iris")).unwrap();
    till
}

fn book(till: &Till, starts_at: UnixMs) -> Result<VisitView, String> {
    let visit = BookVisit {
        merchant_id: till.shop.merchant,
        installer_id: till.shop.installer,
        starts_at,
        purpose: "Instalar".to_owned(),
    };
    till.app.book_visit(visit).map_err(|failure| failure.code)
}

#[test]
fn a_booked_visit_shows_as_pending_until_the_hub_has_it() {
    let till = signed_in();
    let visit = book(&till, NINE).unwrap();
    assert!(visit.pending);
    assert_eq!(visit.slot.ends_at, NINE.plus_minutes(60));
    let day = till.app.visits(NINE, NINE.plus_minutes(600), None).unwrap();
    assert_eq!(day, [visit]);
}

#[test]
fn the_way_between_two_visits_is_kept_free() {
    let till = signed_in();
    book(&till, NINE).unwrap();
    assert_eq!(
        book(&till, NINE.plus_minutes(60)),
        Err("slot_taken".to_owned())
    );
    assert!(book(&till, NINE.plus_minutes(90)).is_ok());
}

#[test]
fn a_slot_outside_working_hours_or_in_the_past_is_refused() {
    let till = signed_in();
    assert_eq!(
        book(&till, NINE.plus_minutes(-60)),
        Err("slot_outside_hours".to_owned())
    );
    assert_eq!(
        book(&till, ManualClock::START.plus_minutes(-30)),
        Err("slot_past".to_owned())
    );
}

#[test]
fn a_taken_slot_is_not_among_the_free_ones() {
    let till = signed_in();
    let free = |till: &Till| till.app.free_slots(till.shop.installer, NINE, 1).unwrap();
    let before = free(&till);
    book(&till, NINE).unwrap();
    let after = free(&till);
    assert_eq!(before[0].starts_at, NINE);
    assert_eq!(after[0].starts_at, NINE.plus_minutes(90));
}

#[test]
fn a_visit_moves_even_into_its_own_time() {
    let till = signed_in();
    let visit = book(&till, NINE).unwrap();
    let to = NINE.plus_minutes(30);
    let moved = till
        .app
        .move_visit(visit.visit_id, till.shop.installer, to)
        .unwrap();
    assert_eq!(moved.slot.starts_at, to);
    assert_eq!(moved.slot.ends_at, to.plus_minutes(60));
}

#[test]
fn a_cancelled_visit_frees_its_slot_and_stays_cancelled() {
    let till = signed_in();
    let visit = book(&till, NINE).unwrap();
    let cancelled = till.app.cancel_visit(visit.visit_id, "Cerrado").unwrap();
    assert_eq!(cancelled.status, VisitStatus::Cancelled);
    assert!(book(&till, NINE).is_ok());
    let again = till.app.finish_visit(visit.visit_id, "").unwrap_err();
    assert_eq!(again.code, "visit_not_open");
}

#[test]
fn a_done_visit_keeps_its_note() {
    let till = signed_in();
    let visit = book(&till, NINE).unwrap();
    let done = till
        .app
        .finish_visit(visit.visit_id, " Todo bien ")
        .unwrap();
    assert_eq!(
        (done.status, done.note.as_str()),
        (VisitStatus::Done, "Todo bien")
    );
}

#[test]
fn two_visits_at_once_are_marked_as_a_clash() {
    let till = signed_in();
    book(&till, NINE).unwrap();
    let (_, elsewhere) = till.shop.book(NINE.plus_minutes(30));
    till.happened(elsewhere, ManualClock::START);
    let day = till.app.visits(NINE, NINE.plus_minutes(600), None).unwrap();
    assert_eq!(
        day.iter().map(|visit| visit.clash).collect::<Vec<_>>(),
        [true, true]
    );
}

#[test]
fn a_ticked_step_counts_towards_the_merchants_progress() {
    let till = signed_in();
    let merchant = till
        .app
        .set_merchant_step(till.shop.merchant, "contract", true)
        .unwrap();
    assert_eq!(
        (merchant.tile.steps_done, merchant.tile.steps_total),
        (1, 1)
    );
    let merchant = till
        .app
        .set_merchant_step(till.shop.merchant, "contract", false)
        .unwrap();
    assert_eq!(merchant.tile.steps_done, 0);
}

#[test]
fn a_merchants_next_visit_is_the_nearest_booked_one() {
    let till = signed_in();
    book(&till, NINE.plus_minutes(180)).unwrap();
    book(&till, NINE).unwrap();
    assert_eq!(till.app.merchants().unwrap()[0].next_visit_at, Some(NINE));
}

#[test]
fn a_cashier_reads_the_agenda_and_books_nothing() {
    let till = Till::new();
    till.app.act_as(Some("Ana")).unwrap();
    assert!(till.app.visits(NINE, NINE.plus_minutes(600), None).is_ok());
    assert_eq!(book(&till, NINE), Err("role_not_allowed".to_owned()));
}
