//! Visits: the hub's first wins, the other gets three free slots and keeps what stands.

use counterfoil_domain::entity::{Staff, fields_of};
use counterfoil_domain::op::{EntityEdited, VisitBooked, VisitCancelled, VisitDone, VisitMoved};
use counterfoil_domain::visit::{DayHours, WorkingHours};
use counterfoil_domain::{EntityKind, MerchantId, Op, StaffId, UnixMs, VisitId};
use counterfoil_protocol::sync::{Outcome, PushReply, Row};
use serde_json::json;

use crate::support::{Till, World, on_each_engine};

/// A moment on the stories' Monday, in Lima; the clock starts at noon.
fn monday(world: &World, hour: i64, minute: i64) -> UnixMs {
    world.now().plus_minutes((hour - 12) * 60 + minute)
}

async fn installer(world: &World, till: &mut Till) -> StaffId {
    let day = Some(DayHours {
        from_min: 9 * 60,
        to_min: 18 * 60,
    });
    let hours = WorkingHours {
        days: [day, day, day, day, day, None, None],
        travel_gap_min: 30,
        slot_min: 60,
    };
    let staff = Staff {
        name: "Ana".to_owned(),
        active: true,
        working_hours: Some(hours),
        ..Staff::default()
    };
    let id = world.new_id();
    let edit = EntityEdited {
        entity: EntityKind::Staff,
        id,
        fields: fields_of(&staff).unwrap(),
    };
    assert_eq!(
        till.act(world, Op::EntityEdited(edit)).await,
        Outcome::Applied
    );
    StaffId(id)
}

fn booking(world: &World, installer_id: StaffId, starts_at: UnixMs) -> VisitBooked {
    VisitBooked {
        visit_id: VisitId(world.new_id()),
        merchant_id: MerchantId(world.new_id()),
        installer_id,
        starts_at,
        ends_at: starts_at.plus_minutes(60),
        purpose: "terminal".to_owned(),
    }
}

fn refused(code: &str) -> Outcome {
    Outcome::Refused {
        code: code.to_owned(),
    }
}

#[tokio::test]
async fn a_slot_that_is_taken_is_refused_with_the_three_nearest_free_ones() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let (mut first, mut second) = (world.till(&owner).await, world.till(&owner).await);
        let ana = installer(&world, &mut first).await;
        let at = monday(&world, 14, 0);
        let won = booking(&world, ana, at);
        assert_eq!(first.act(&world, Op::VisitBooked(won)).await, Outcome::Applied);
        let lost = booking(&world, ana, at);
        let sealed = second.seal(&world, &Op::VisitBooked(lost.clone()));
        let reply = second.push(&world, std::slice::from_ref(&sealed)).await;
        let PushReply::Accepted { results, last_seq: 1, .. } = &reply else { panic!("{reply:?}") };
        assert_eq!(results[0].outcome, refused("slot_taken"));
        assert_eq!(second.push(&world, std::slice::from_ref(&sealed)).await, reply, "a retry gets the same");
        let conflicts = second.conflicts(&world).await;
        let [conflict] = &conflicts[..] else { panic!("{conflicts:?}") };
        assert!(conflict.refused);
        assert_eq!((conflict.code.as_str(), conflict.op_kind.as_str()), ("slot_taken", "visit_booked"));
        let minutes = |ms: i64| ms * 60_000;
        let slot = |starts: UnixMs| json!({ "starts_at": starts, "ends_at": starts.0 + minutes(60) });
        let expected = json!({
            "installer_id": ana, "merchant_id": lost.merchant_id, "purpose": "terminal",
            "starts_at": at, "ends_at": lost.ends_at,
            "alternatives": [
                slot(monday(&world, 12, 30)), slot(monday(&world, 15, 30)), slot(monday(&world, 16, 30)),
            ],
        });
        assert_eq!(conflict.details, expected);
        assert!(second.entity(&world, lost.visit_id.0).await.is_none(), "no visit came of it");
        let changes = second.pull(&world).await;
        let conflict_row = changes.last().unwrap().rows.iter().find(|r| matches!(r, Row::Entity(_)));
        assert!(matches!(conflict_row, Some(Row::Entity(row)) if row.id == sealed.op_id.0), "its id is the operation's");
    })
    .await;
}

#[tokio::test]
async fn of_tills_that_race_for_a_slot_exactly_one_gets_it() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut tills = Vec::new();
        for _ in 0..4 {
            tills.push(world.till(&owner).await);
        }
        let ana = installer(&world, &mut tills[0]).await;
        let at = monday(&world, 15, 0);
        let world = &world;
        let races = tills.into_iter().map(|mut till| async move {
            let op = Op::VisitBooked(booking(world, ana, at));
            till.act(world, op).await
        });
        let outcomes = futures::future::join_all(races).await;
        assert_eq!(
            outcomes.iter().filter(|o| **o == Outcome::Applied).count(),
            1
        );
        assert_eq!(
            outcomes
                .iter()
                .filter(|o| **o == refused("slot_taken"))
                .count(),
            3
        );
        assert_eq!(
            world
                .count("SELECT count(*) FROM entity WHERE kind = 'visit'")
                .await,
            1
        );
    })
    .await;
}

#[tokio::test]
async fn the_way_between_two_visits_and_the_working_hours_count() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let ana = installer(&world, &mut till).await;
        till.act(
            &world,
            Op::VisitBooked(booking(&world, ana, monday(&world, 14, 0))),
        )
        .await;
        for (hour, minute, outcome) in [
            (15, 15, refused("slot_taken")),
            (15, 30, Outcome::Applied),
            (17, 30, refused("slot_outside_hours")),
            (8, 0, refused("slot_outside_hours")),
        ] {
            let op = Op::VisitBooked(booking(&world, ana, monday(&world, hour, minute)));
            assert_eq!(till.act(&world, op).await, outcome, "{hour}:{minute:02}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_refused_move_restores_the_visit_as_it_stands() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let ana = installer(&world, &mut till).await;
        let (stays, moves) = (
            booking(&world, ana, monday(&world, 14, 0)),
            booking(&world, ana, monday(&world, 16, 0)),
        );
        let (id, old) = (moves.visit_id, moves.starts_at);
        till.act(&world, Op::VisitBooked(stays.clone())).await;
        till.act(&world, Op::VisitBooked(moves)).await;
        let moved = |to: UnixMs| {
            let ends_at = to.plus_minutes(60);
            Op::VisitMoved(VisitMoved {
                visit_id: id,
                installer_id: ana,
                starts_at: to,
                ends_at,
            })
        };
        assert_eq!(
            till.act(&world, moved(stays.starts_at)).await,
            refused("slot_taken")
        );
        let change = till.pull(&world).await.pop().unwrap();
        let restored = change.rows.iter().find_map(|r| match r {
            Row::Entity(row) if row.id == id.0 => Some(row.fields["starts_at"].clone()),
            _ => None,
        });
        assert_eq!(restored, Some(json!(old)));
        assert_eq!(
            till.act(&world, moved(old.plus_minutes(30))).await,
            Outcome::Applied,
            "its own slot is free to it"
        );
        let cancel = Op::VisitCancelled(VisitCancelled {
            visit_id: stays.visit_id,
            reason: String::new(),
        });
        assert_eq!(till.act(&world, cancel).await, Outcome::Applied);
        assert_eq!(
            till.act(&world, moved(stays.starts_at)).await,
            Outcome::Applied,
            "a cancelled visit's slot is free"
        );
    })
    .await;
}

#[tokio::test]
async fn a_granted_move_stands_although_the_tills_clock_lags() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let (mut till, mut slow) = (world.till(&owner).await, world.till(&owner).await);
        slow.clock_off_ms = -3_600_000;
        let ana = installer(&world, &mut till).await;
        let visit = booking(&world, ana, monday(&world, 14, 0));
        till.act(&world, Op::VisitBooked(visit.clone())).await;
        let to = monday(&world, 16, 0);
        let moved = VisitMoved {
            visit_id: visit.visit_id,
            installer_id: ana,
            starts_at: to,
            ends_at: to.plus_minutes(60),
        };
        assert_eq!(
            slow.act(&world, Op::VisitMoved(moved)).await,
            Outcome::Applied
        );
        let row = till.entity(&world, visit.visit_id.0).await.unwrap();
        assert_eq!(row.fields["starts_at"], json!(to));
    })
    .await;
}

#[tokio::test]
async fn a_visit_that_took_place_stands_although_its_booking_was_refused() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let (mut first, mut second) = (world.till(&owner).await, world.till(&owner).await);
        let ana = installer(&world, &mut first).await;
        let at = monday(&world, 14, 0);
        first
            .act(&world, Op::VisitBooked(booking(&world, ana, at)))
            .await;
        let lost = booking(&world, ana, at);
        assert_eq!(
            second.act(&world, Op::VisitBooked(lost.clone())).await,
            refused("slot_taken")
        );
        let done = VisitDone {
            visit_id: lost.visit_id,
            note: "installed".to_owned(),
            done_at: world.now(),
        };
        assert_eq!(
            second.act(&world, Op::VisitDone(done)).await,
            Outcome::Applied
        );
        let row = second.entity(&world, lost.visit_id.0).await.unwrap();
        assert_eq!(
            (&row.fields["status"], &row.fields["note"]),
            (&json!("done"), &json!("installed"))
        );
        assert_eq!(row.fields["merchant_id"], json!(lost.merchant_id));
        let cancel = Op::VisitCancelled(VisitCancelled {
            visit_id: lost.visit_id,
            reason: String::new(),
        });
        assert_eq!(second.act(&world, cancel).await, refused("visit_not_open"));
    })
    .await;
}

#[tokio::test]
async fn a_visit_that_took_place_stands_although_its_booking_arrives_later() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let (mut first, mut second) = (world.till(&owner).await, world.till(&owner).await);
        let ana = installer(&world, &mut first).await;
        let booked = booking(&world, ana, monday(&world, 14, 0));
        let visit_id = booked.visit_id;
        let done = VisitDone {
            visit_id,
            note: "listo".to_owned(),
            done_at: world.now(),
        };
        // The hub was restored: the till that did the visit fills it again before the one that booked it.
        assert_eq!(
            second.act(&world, Op::VisitDone(done)).await,
            Outcome::Applied
        );
        assert!(second.entity(&world, visit_id.0).await.is_none());
        assert_eq!(
            first.act(&world, Op::VisitBooked(booked)).await,
            Outcome::Applied
        );
        let row = second.entity(&world, visit_id.0).await.unwrap();
        assert_eq!(row.fields["status"], json!("done"));
        assert_eq!(row.fields["note"], json!("listo"));
        assert!(row.fields.contains_key("merchant_id"));
    })
    .await;
}
