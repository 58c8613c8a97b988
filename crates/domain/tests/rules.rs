//! Stamps, visits, phones and barcodes, over many random cases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use common::Rng;
use counterfoil_domain::time::ShopZone;
use counterfoil_domain::visit::{
    DayHours, Slot, SlotError, WorkingHours, check_slot, free_slots, nearest_free,
};
use counterfoil_domain::{UnixMs, barcode, phone, stamp};

const SEED: u64 = 7;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// Wednesday 4 March 2026, 0 h in Lima.
const WEDNESDAY: UnixMs = UnixMs(1_772_600_400_000);

#[test]
fn a_card_and_its_rewards_account_for_every_stamp() {
    for required in 1..=12_u32 {
        for balance in 0..=200_i64 {
            let card = stamp::card(balance, required);
            let told = i64::from(card.rewards) * i64::from(required) + i64::from(card.count);
            assert_eq!(told, balance);
            assert!(card.count < required);
            assert!(!card.overdrawn);
        }
    }
}

#[test]
fn an_overdrawn_card_has_no_rewards_and_says_so() {
    for balance in -50..0 {
        let card = stamp::card(balance, 5);
        assert!(card.overdrawn && card.rewards == 0 && card.count < 5);
    }
}

#[test]
fn a_card_that_needs_no_stamps_counts_as_needing_one() {
    let card = stamp::card(3, 0);
    assert_eq!((card.required, card.rewards, card.count), (1, 3, 0));
}

#[test]
fn even_the_largest_balance_makes_a_card() {
    let card = stamp::card(i64::MAX, 5);
    assert!(card.count < 5);
    assert!(stamp::card(i64::MIN, 5).overdrawn);
}

#[test]
fn a_card_may_be_stamped_exactly_when_the_cooldown_has_passed() {
    let last = UnixMs(1_000_000);
    for passed_ms in 0..=300_000 {
        let allowed = stamp::may_stamp(Some(last), 300, last.plus_ms(passed_ms)).is_ok();
        assert_eq!(allowed, passed_ms == 300_000, "{passed_ms}");
    }
}

#[test]
fn waiting_as_long_as_the_cooldown_says_is_enough() {
    let last = UnixMs(1_000_000);
    for passed_ms in (0..300_000).step_by(77) {
        let now = last.plus_ms(passed_ms);
        let cooldown = stamp::may_stamp(Some(last), 300, now).unwrap_err();
        let later = now.plus_ms(i64::from(cooldown.wait_s) * 1000);
        assert!(stamp::may_stamp(Some(last), 300, later).is_ok());
    }
}

#[test]
fn a_clock_that_was_set_back_does_not_hold_up_a_stamp() {
    assert!(stamp::may_stamp(Some(UnixMs(2_000)), 300, UnixMs(1_000)).is_ok());
}

fn lima() -> ShopZone {
    ShopZone::named("America/Lima").unwrap()
}

fn any_hours(rng: &mut Rng) -> WorkingHours {
    let minutes = |rng: &mut Rng, low, high| u32::try_from(rng.between(low, high)).unwrap();
    WorkingHours {
        days: std::array::from_fn(|_| {
            (!rng.one_in(4)).then(|| DayHours {
                from_min: minutes(rng, 14, 20) * 30,
                to_min: minutes(rng, 24, 48) * 30,
            })
        }),
        travel_gap_min: minutes(rng, 0, 3) * 15,
        slot_min: minutes(rng, 1, 4) * 30,
    }
}

fn any_busy(rng: &mut Rng) -> Vec<Slot> {
    (0..rng.between(0, 25))
        .map(|_| {
            let starts_at = WEDNESDAY.plus_minutes(rng.between(-24 * 60, 8 * 24 * 60));
            Slot {
                starts_at,
                ends_at: starts_at.plus_minutes(rng.between(15, 180)),
            }
        })
        .collect()
}

#[test]
fn every_free_slot_can_be_had() {
    let (mut rng, zone) = (Rng(SEED), lima());
    for _ in 0..300 {
        let (hours, busy) = (any_hours(&mut rng), any_busy(&mut rng));
        for slot in free_slots(&hours, &busy, WEDNESDAY, 7, &zone).unwrap() {
            assert_eq!(check_slot(&hours, &busy, slot, &zone), Ok(()));
        }
    }
}

#[test]
fn a_free_slot_keeps_the_way_to_every_other_visit() {
    let (mut rng, zone) = (Rng(SEED), lima());
    for _ in 0..300 {
        let (hours, busy) = (any_hours(&mut rng), any_busy(&mut rng));
        let way_ms = i64::from(hours.travel_gap_min) * MINUTE;
        for slot in free_slots(&hours, &busy, WEDNESDAY, 7, &zone).unwrap() {
            for visit in &busy {
                let after = slot.starts_at.since(visit.ends_at) >= way_ms;
                let before = visit.starts_at.since(slot.ends_at) >= way_ms;
                assert!(after || before, "{slot:?} {visit:?}");
            }
        }
    }
}

#[test]
fn no_free_slot_is_left_out() {
    let (mut rng, zone) = (Rng(SEED), lima());
    for _ in 0..100 {
        let (hours, busy) = (any_hours(&mut rng), any_busy(&mut rng));
        let free = free_slots(&hours, &busy, WEDNESDAY, 7, &zone).unwrap();
        for half_hour in 0..7 * 48 {
            let starts_at = WEDNESDAY.plus_minutes(half_hour * 30);
            let slot = Slot {
                starts_at,
                ends_at: starts_at.plus_minutes(i64::from(hours.slot_min)),
            };
            let possible = check_slot(&hours, &busy, slot, &zone).is_ok();
            assert_eq!(possible, free.contains(&slot), "{slot:?}");
        }
    }
}

#[test]
fn no_free_slot_lies_in_the_past() {
    let (mut rng, zone) = (Rng(SEED), lima());
    for _ in 0..200 {
        let hours = any_hours(&mut rng);
        let from = WEDNESDAY.plus_minutes(rng.between(0, 3 * 24 * 60));
        let free = free_slots(&hours, &[], from, 3, &zone).unwrap();
        assert!(free.iter().all(|s| s.starts_at >= from));
    }
}

#[test]
fn the_nearest_free_slots_come_in_order_of_distance_and_do_not_overlap() {
    let (mut rng, zone) = (Rng(SEED), lima());
    for _ in 0..100 {
        let (hours, busy) = (any_hours(&mut rng), any_busy(&mut rng));
        let starts_at = WEDNESDAY.plus_minutes(rng.between(0, 5 * 48) * 30);
        let wish = Slot {
            starts_at,
            ends_at: starts_at.plus_minutes(60),
        };
        let near = nearest_free(&hours, &busy, wish, WEDNESDAY, 3, &zone).unwrap();
        assert!(near.len() <= 3);
        let far = |s: &Slot| s.starts_at.since(wish.starts_at).abs();
        assert!(near.is_sorted_by_key(far));
        for (i, slot) in near.iter().enumerate() {
            assert_eq!(check_slot(&hours, &busy, *slot, &zone), Ok(()));
            assert!(slot.starts_at >= WEDNESDAY);
            assert!(near[..i].iter().all(|other| !other.clashes(*slot, 0)));
        }
    }
}

fn nine_to_six() -> WorkingHours {
    WorkingHours {
        days: [Some(DayHours {
            from_min: 9 * 60,
            to_min: 18 * 60,
        }); 7],
        travel_gap_min: 30,
        slot_min: 60,
    }
}

fn on_wednesday(from_min: i64, length_min: i64) -> Slot {
    let starts_at = WEDNESDAY.plus_minutes(from_min);
    Slot {
        starts_at,
        ends_at: starts_at.plus_minutes(length_min),
    }
}

#[test]
fn a_visit_may_end_with_the_working_day_but_not_after_it() {
    let check = |slot| check_slot(&nine_to_six(), &[], slot, &lima());
    assert_eq!(check(on_wednesday(17 * 60, 60)), Ok(()));
    let late = check(on_wednesday(17 * 60 + 1, 60));
    assert_eq!(late, Err(SlotError::OutsideHours));
    let early = check(on_wednesday(9 * 60 - 1, 60));
    assert_eq!(early, Err(SlotError::OutsideHours));
}

#[test]
fn a_fraction_of_a_minute_after_work_is_after_work() {
    let mut slot = on_wednesday(17 * 60, 60);
    slot.ends_at = slot.ends_at.plus_ms(30_000);
    let late = check_slot(&nine_to_six(), &[], slot, &lima());
    assert_eq!(late, Err(SlotError::OutsideHours));
}

#[test]
fn a_visit_one_minute_too_close_is_taken() {
    let busy = [on_wednesday(10 * 60, 60)];
    let check = |from| check_slot(&nine_to_six(), &busy, on_wednesday(from, 60), &lima());
    assert_eq!(check(11 * 60 + 30), Ok(()));
    assert_eq!(check(11 * 60 + 29), Err(SlotError::Taken));
}

#[test]
fn a_visit_that_ends_before_it_starts_has_no_shape() {
    let check = |length| check_slot(&nine_to_six(), &[], on_wednesday(600, length), &lima());
    assert_eq!(check(0), Err(SlotError::Shape));
    assert_eq!(check(-30), Err(SlotError::Shape));
    assert_eq!(check(25 * 60), Err(SlotError::Shape));
}

#[test]
fn slots_stay_within_local_hours_when_clocks_change() {
    let zone = ShopZone::named("Europe/Madrid").unwrap();
    // Saturday 28 March 2026, 0 h in Madrid; the clocks go forward the night after.
    let from = UnixMs(1_774_652_400_000);
    for slot in free_slots(&nine_to_six(), &[], from, 3, &zone).unwrap() {
        let minute = zone.local(slot.starts_at).unwrap().minute_of_day;
        assert!((9 * 60..=17 * 60).contains(&minute), "{minute}");
    }
}

#[test]
fn slots_of_no_length_are_not_offered() {
    let mut hours = nine_to_six();
    hours.slot_min = 0;
    assert_eq!(free_slots(&hours, &[], WEDNESDAY, 2, &lima()), Ok(vec![]));
}

#[test]
fn hours_beyond_midnight_are_an_error_and_not_a_crash() {
    let mut hours = nine_to_six();
    hours.days = [Some(DayHours {
        from_min: 23 * 60,
        to_min: 30 * 60,
    }); 7];
    let slots = free_slots(&hours, &[], WEDNESDAY, 1, &lima());
    assert!(matches!(slots, Err(SlotError::Calendar(_))));
}

#[test]
fn a_working_day_may_end_at_midnight() {
    let mut hours = nine_to_six();
    hours.days = [Some(DayHours {
        from_min: 22 * 60,
        to_min: 24 * 60,
    }); 7];
    let free = free_slots(&hours, &[], WEDNESDAY, 1, &lima()).unwrap();
    assert_eq!(free.last(), Some(&on_wednesday(23 * 60, 60)));
}

#[test]
fn the_same_number_written_in_many_ways_is_one_number() {
    for written in [
        "987 654 321",
        " 987654321 ",
        "+51 987 654 321",
        "987-654-321",
        "0051987654321",
    ] {
        let read = phone::to_e164(written, "PE");
        assert_eq!(read.as_deref(), Ok("+51987654321"), "{written}");
    }
}

#[test]
fn a_number_of_another_country_keeps_its_country() {
    let read = phone::to_e164("+34 612 345 678", "PE");
    assert_eq!(read.as_deref(), Ok("+34612345678"));
}

#[test]
fn what_cannot_be_dialled_is_refused() {
    for written in ["", "abc", "12", "98765432", "+51 12", "9876543210123456"] {
        assert!(phone::to_e164(written, "PE").is_err(), "{written}");
    }
    assert!(phone::to_e164("987654321", "XX").is_err());
}

#[test]
fn reading_a_number_that_was_read_before_changes_nothing() {
    let mut rng = Rng(SEED);
    let mut read = 0;
    for _ in 0..500 {
        let written = format!("9{:08}", rng.between(0, 99_999_999));
        let Ok(once) = phone::to_e164(&written, "PE") else {
            continue;
        };
        read += 1;
        assert_eq!(phone::to_e164(&once, "PE").as_ref(), Ok(&once));
        assert_eq!(phone::to_e164(&phone::display(&once), "PE"), Ok(once));
    }
    assert!(read > 100);
}

#[test]
fn a_number_that_cannot_be_read_is_shown_as_it_is() {
    assert_eq!(phone::display("nobody"), "nobody");
}

fn any_gtin(rng: &mut Rng, digits: usize) -> String {
    let mut code: String = (1..digits)
        .map(|_| char::from(b'0' + u8::try_from(rng.between(0, 9)).unwrap()))
        .collect();
    let check = barcode::check_digit(&code).unwrap();
    code.push_str(&check.to_string());
    code
}

#[test]
fn a_barcode_with_its_check_digit_is_valid_and_with_any_other_is_not() {
    let mut rng = Rng(SEED);
    for _ in 0..2_000 {
        let digits = *rng.pick(&[8, 12, 13]);
        let code = any_gtin(&mut rng, digits);
        assert!(barcode::is_valid_gtin(&code));
        let (body, last) = code.split_at(digits - 1);
        let right: u32 = last.parse().unwrap();
        for digit in (0..=9).filter(|d| *d != right) {
            assert!(!barcode::is_valid_gtin(&format!("{body}{digit}")));
        }
    }
}

#[test]
fn one_misread_digit_makes_a_barcode_invalid() {
    let mut rng = Rng(SEED);
    for _ in 0..500 {
        let code = any_gtin(&mut rng, 13).into_bytes();
        for at in 0..13 {
            let mut wrong = code.clone();
            wrong[at] = b'0' + (wrong[at] - b'0' + 1) % 10;
            assert!(!barcode::is_valid_gtin(&String::from_utf8(wrong).unwrap()));
        }
    }
}

#[test]
fn a_upc_is_looked_up_as_the_ean_it_is() {
    let mut rng = Rng(SEED);
    for _ in 0..500 {
        let upc = any_gtin(&mut rng, 12);
        let ean = barcode::normalised(&upc);
        assert!(ean.len() == 13 && barcode::is_valid_gtin(&ean));
        assert_eq!(barcode::normalised(&ean), ean);
    }
}

#[test]
fn what_is_no_barcode_stays_as_it_is() {
    for code in [
        "",
        "CF1:ABC",
        "123456789013",
        "7750182000123x",
        "ñandú12",
        "1234567٣",
    ] {
        assert!(!barcode::is_valid_gtin(code), "{code}");
        assert_eq!(barcode::normalised(code), code);
    }
}

#[test]
fn a_day_of_an_hour_has_room_for_one_visit() {
    let mut hours = nine_to_six();
    hours.days = [Some(DayHours {
        from_min: 600,
        to_min: 660,
    }); 7];
    let free = free_slots(&hours, &[], WEDNESDAY, 1, &lima()).unwrap();
    assert_eq!(free, [on_wednesday(600, 60)]);
    assert_eq!(free[0].ends_at.since(free[0].starts_at), HOUR);
}
