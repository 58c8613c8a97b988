//! The checker finds each kind of violation, and nothing in a history without one.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use counterfoil_domain::fact::{StampEntry, StampReason};
use counterfoil_domain::{
    CustomerId, DeviceId, FactRow, Incarnation, OpId, StaffId, StampId, TenantId, UnixMs,
};
use counterfoil_protocol::sync::{Change, Origin, Outcome, Row};
use proptest::prelude::*;
use uuid::Uuid;

use super::{Evidence, History, Line, Recorder, Replica, check};

const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn stamp(row: Uuid) -> Row {
    Row::Fact(FactRow::Stamp(StampEntry {
        stamp_id: StampId(row),
        customer_id: CustomerId(id(7)),
        stamps: 1,
        reason: StampReason::Given,
        at: UnixMs(0),
        staff_id: StaffId(id(8)),
        device_id: DeviceId(id(9)),
    }))
}

fn change(seq: u64, tenant: u128) -> Change {
    let number = u128::from(seq);
    Change {
        seq,
        origin: Some(Origin {
            op_id: OpId(id(tenant * 10_000 + number)),
            device_id: DeviceId(id(tenant)),
            incarnation: Incarnation(id(tenant)),
            seq,
        }),
        outcome: Outcome::Applied,
        at: UnixMs(0),
        rows: vec![stamp(id(tenant * 20_000 + number))],
    }
}

/// A shop where `count` stamps were given, each heard of, sent and shown.
fn shop(tenant: u128, count: u64) -> Evidence {
    let tenant_id = TenantId(id(tenant));
    let mut lines = vec![Line::Began {
        tenant_id,
        device_id: DeviceId(id(tenant)),
        shows: Vec::new(),
    }];
    let mut replica = Replica::default();
    for number in 1..=count {
        let row = id(tenant * 20_000 + u128::from(number));
        lines.push(Line::Invoke {
            number,
            kind: "stamp_given".to_owned(),
            row,
        });
        lines.push(Line::Ok {
            number,
            op_id: OpId(id(tenant * 10_000 + u128::from(number))),
            shown: true,
        });
        lines.push(Line::Cursor {
            epoch: id(1),
            seq: number,
        });
        replica.facts.insert(row);
    }
    Evidence {
        tenant_id,
        histories: vec![History { lines }],
        changes: (1..=count).map(|seq| change(seq, tenant)).collect(),
        replicas: vec![replica.clone(), replica],
    }
}

/// What is found after something went wrong in the first of two shops.
fn found(damage: impl FnOnce(&mut Evidence)) -> String {
    let mut shops = [shop(1, 8), shop(2, 8)];
    damage(&mut shops[0]);
    check(&shops).violations.join("; ")
}

fn lines(shop: &mut Evidence) -> &mut Vec<Line> {
    &mut shop.histories[0].lines
}

#[test]
fn acknowledged_operation_that_is_not_on_the_hub_is_lost() {
    assert!(found(|shop| drop(shop.changes.pop())).contains("LOST"));
}

#[test]
fn operation_that_is_on_the_hub_twice_is_found() {
    let said = found(|shop| {
        let mut again = shop.changes[2].clone();
        again.seq = 9;
        shop.changes.push(again);
    });
    assert!(
        said.contains("counts twice") && said.contains("is there twice"),
        "{said}"
    );
}

#[test]
fn gap_in_a_tills_life_is_found() {
    let said = found(|shop| shop.changes[7].origin.as_mut().unwrap().seq = 9);
    assert!(said.contains("goes from 7 to 9"), "{said}");
}

#[test]
fn fact_that_overtook_another_is_found() {
    let said = found(|shop| {
        let rows = shop.changes[3].rows.clone();
        let op_id = shop.changes[3].origin.unwrap().op_id;
        shop.changes[3].rows = shop.changes[4].rows.clone();
        shop.changes[3].origin.as_mut().unwrap().op_id = shop.changes[4].origin.unwrap().op_id;
        shop.changes[4].rows = rows;
        shop.changes[4].origin.as_mut().unwrap().op_id = op_id;
    });
    assert!(said.contains("overtook"), "{said}");
}

#[test]
fn row_of_another_shop_is_found() {
    let said = found(|shop| shop.changes[0].rows.push(stamp(id(40_001))));
    assert!(said.contains("came to shop"), "{said}");
}

#[test]
fn operation_without_its_row_is_found() {
    assert!(found(|shop| shop.changes[0].rows.clear()).contains("without its row"));
}

#[test]
fn own_write_that_is_not_shown_is_found() {
    let said = found(|shop| {
        if let Line::Ok { shown, .. } = &mut lines(shop)[2] {
            *shown = false;
        }
    });
    assert!(said.contains("not shown"), "{said}");
}

#[test]
fn claim_that_the_hub_refused_may_be_off_the_screen_before_anybody_looked() {
    let said = found(|shop| {
        if let Line::Ok { shown, .. } = &mut lines(shop)[2] {
            *shown = false;
        }
        shop.changes[0].rows.clear();
        shop.changes[0].outcome = Outcome::Refused {
            code: "slot_taken".to_owned(),
        };
    });
    assert!(!said.contains("not shown"), "{said}");
}

#[test]
fn row_that_is_gone_after_a_restart_is_found() {
    let said = found(|shop| {
        let again = lines(shop)[0].clone();
        lines(shop).push(again);
    });
    assert!(said.contains("not shown after a restart"), "{said}");
}

#[test]
fn cursor_that_goes_back_is_found_and_a_new_epoch_is_not() {
    let back = |epoch| {
        found(|shop| {
            lines(shop).push(Line::Cursor { epoch, seq: 1 });
        })
    };
    assert!(back(id(1)).contains("went back"));
    assert_eq!(back(id(2)), "");
}

#[test]
fn refused_operation_that_is_there_is_found() {
    let said = found(|shop| {
        lines(shop)[2] = Line::Fail {
            number: 1,
            code: "disk_full".to_owned(),
        };
    });
    assert!(said.contains("refused and is there"), "{said}");
}

#[test]
fn till_that_shows_something_else_is_found() {
    let said = found(|shop| {
        shop.replicas[1].facts.insert(id(5));
    });
    assert!(said.contains("1 of its own"), "{said}");
    let said = found(|shop| {
        let sums = &mut shop.replicas[1].checksums;
        sums.insert("sale".to_owned(), "00".to_owned());
    });
    assert!(said.contains("other rows than the first"), "{said}");
}

#[test]
fn hole_in_the_hubs_numbers_is_found() {
    assert!(found(|shop| shop.changes[5].seq = 10).contains("where 6 should"));
}

#[test]
fn operation_whose_end_nobody_heard_may_be_there_or_not() {
    let unheard = |there: bool| {
        let mut shops = [shop(1, 3)];
        shops[0].histories[0].lines.truncate(8);
        if !there {
            shops[0].changes.pop();
            let last = id(20_003);
            for replica in &mut shops[0].replicas {
                replica.facts.remove(&last);
            }
        }
        check(&shops)
    };
    let (there, gone) = (unheard(true), unheard(false));
    assert_eq!(
        (there.violations.len(), there.acked, there.unheard),
        (0, 2, 1)
    );
    assert_eq!((gone.violations.len(), gone.acked, gone.unheard), (0, 2, 0));
}

#[test]
fn line_that_a_kill_cut_short_says_nothing_and_is_not_continued() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    Recorder::open(&path)
        .unwrap()
        .write(&Line::Restored)
        .unwrap();
    let mut torn = std::fs::read(&path).unwrap();
    torn.extend_from_slice(b"{\"what\":\"ok\",\"num");
    std::fs::write(&path, torn).unwrap();
    assert_eq!(History::read(&path).unwrap().lines, [Line::Restored]);
    Recorder::open(&path)
        .unwrap()
        .write(&Line::Restored)
        .unwrap();
    assert_eq!(History::read(&path).unwrap().lines.len(), 2);
}

proptest! {
    #[test]
    fn nothing_is_found_where_nothing_went_wrong(one in 0..40_u64, other in 0..40_u64) {
        let verdict = check(&[shop(1, one), shop(2, other)]);
        prop_assert_eq!(verdict.violations, Vec::<String>::new());
        prop_assert_eq!(verdict.acked, one + other);
    }

    #[test]
    fn any_one_acknowledged_operation_that_is_missing_is_lost(count in 1..30_u64, place in 0..30_usize) {
        let mut shops = [shop(1, count)];
        let place = place % usize::try_from(count).unwrap();
        shops[0].changes.remove(place);
        let verdict = check(&shops);
        prop_assert_eq!(verdict.lost, 1);
    }
}
