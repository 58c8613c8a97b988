//! Stamps and rewards.

use counterfoil_app::domain::Clock as _;
use counterfoil_app::view::{HistoryItem, ScanOutcome, StampOutcome};

use crate::till::{Till, code};

#[test]
fn a_scanned_card_is_stamped_and_its_customer_stands_on_the_cart() {
    let till = Till::open();
    let maria = till.enrol("María Quispe", "987 654 321");
    let ScanOutcome::Customer {
        customer,
        stamp,
        cart,
    } = till.scan(&till.card(maria))
    else {
        panic!("not a customer");
    };
    assert!(
        matches!(stamp, StampOutcome::Given { card, reward_unlocked: false, .. } if card.count == 1)
    );
    assert_eq!(customer.card.count, 1);
    assert_eq!(cart.customer.unwrap().customer_id, maria);
}

#[test]
fn a_stamp_is_committed_before_it_is_shown() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let before = till.waiting();
    till.app.stamp(maria).unwrap();
    assert_eq!(till.waiting(), before + 1);
    let till = till.restart();
    assert_eq!(till.app.customer(maria).unwrap().tile.card.count, 1);
}

#[test]
fn the_fifth_stamp_unlocks_the_reward_and_the_count_begins_again() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let fifth = till.stamp_times(maria, 5);
    let StampOutcome::Given {
        card,
        reward_unlocked,
        ..
    } = fifth
    else {
        panic!("not given: {fifth:?}");
    };
    assert!(reward_unlocked);
    assert_eq!((card.count, card.rewards), (0, 1));
    let sixth = till.stamp_times(maria, 1);
    assert!(
        matches!(sixth, StampOutcome::Given { card, reward_unlocked: false, .. } if card.count == 1)
    );
}

#[test]
fn a_second_stamp_within_five_minutes_waits() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    till.app.stamp(maria).unwrap();
    till.clock.advance_ms(299_000);
    let outcome = till.app.stamp(maria).unwrap();
    assert!(matches!(outcome, StampOutcome::Cooldown { wait_s: 1, card } if card.count == 1));
    till.clock.advance_ms(1_000);
    assert!(matches!(
        till.app.stamp(maria).unwrap(),
        StampOutcome::Given { .. }
    ));
}

#[test]
fn a_clock_that_was_set_back_does_not_block_stamps() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    till.app.stamp(maria).unwrap();
    till.clock.advance_ms(-3_600_000);
    assert!(matches!(
        till.app.stamp(maria).unwrap(),
        StampOutcome::Given { .. }
    ));
}

#[test]
fn many_scans_of_one_card_at_once_give_one_stamp() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let given = std::thread::scope(|scope| {
        let scans: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| till.app.stamp(maria).unwrap()))
            .collect();
        let outcomes = scans.into_iter().map(|scan| scan.join().unwrap());
        outcomes
            .filter(|o| matches!(o, StampOutcome::Given { .. }))
            .count()
    });
    assert_eq!(given, 1);
    assert_eq!(till.app.customer(maria).unwrap().tile.card.count, 1);
}

#[test]
fn a_reward_is_handed_out_once() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    assert_eq!(code(till.app.redeem(maria)), "no_reward");
    till.stamp_times(maria, 5);
    assert_eq!(till.app.redeem(maria).unwrap().card.rewards, 0);
    assert_eq!(code(till.app.redeem(maria)), "no_reward");
}

#[test]
fn an_undone_stamp_is_gone_and_does_not_hold_up_the_next() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let StampOutcome::Given { stamp_id, .. } = till.app.stamp(maria).unwrap() else {
        panic!("not given");
    };
    assert_eq!(till.app.undo_stamp(stamp_id).unwrap().card.count, 0);
    assert!(matches!(
        till.app.stamp(maria).unwrap(),
        StampOutcome::Given { .. }
    ));
}

#[test]
fn undoing_a_stamp_twice_takes_back_one() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    till.stamp_times(maria, 2);
    let StampOutcome::Given { stamp_id, .. } = till.stamp_times(maria, 1) else {
        panic!("not given");
    };
    till.app.undo_stamp(stamp_id).unwrap();
    assert_eq!(till.app.undo_stamp(stamp_id).unwrap().card.count, 2);
}

#[test]
fn the_customers_history_tells_stamps_and_rewards() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    till.stamp_times(maria, 5);
    till.clock.advance_ms(1);
    till.app.redeem(maria).unwrap();
    let view = till.app.customer(maria).unwrap();
    let rewards = view
        .history
        .iter()
        .filter(|h| matches!(h, HistoryItem::Reward { .. }))
        .count();
    assert_eq!((view.history.len(), rewards), (6, 1));
    assert_eq!(view.tile.last_seen_at, Some(till.clock.now()));
}

#[test]
fn an_installer_does_not_stamp() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    till.app.act_as(Some("Iris")).unwrap();
    assert_eq!(code(till.app.stamp(maria)), "role_not_allowed");
    till.app.lock().unwrap();
    assert_eq!(code(till.app.stamp(maria)), "not_signed_in");
}
