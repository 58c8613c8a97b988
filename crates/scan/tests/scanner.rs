//! The cascade over several frames: its budget, its turns, and what it says of a code that it can't
//! read. The clock is the test's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

mod common;

use std::cell::Cell;
use std::time::Duration;

use common::wear::{Subject, Wear, worn};
use common::*;
use counterfoil_scan::{GreyFrame, Hint, ScanKind, Scanner};
use image::{GrayImage, Luma};

/// A card that nothing but dearer tries read, the first of them or a later one.
fn hard_card() -> (GreyFrame, String) {
    (worn(Subject::Card, Wear::Blur, 2, 0), Subject::Card.text(0))
}

/// In fog, and with noise that is half as strong as its ink.
fn harder_card() -> GreyFrame {
    let card = on_a_desk(&qr("CF1:01936a5e-7c1e-7f3a-9a51-2f0c8a6b7d10", 3));
    let fog = GrayImage::from_fn(card.width(), card.height(), |x, y| {
        Luma([150 + card.get_pixel(x, y).0[0] / 14])
    });
    frame(&noisy(fog, 12, 3))
}

/// A clock that has moved on by `step` whenever it is asked.
struct Ticking {
    now: Cell<Duration>,
    step: Duration,
}

impl Ticking {
    fn by_millis(step: u64) -> Self {
        Self {
            now: Cell::new(Duration::ZERO),
            step: Duration::from_millis(step),
        }
    }

    fn read(&self) -> Duration {
        self.now.set(self.now.get() + self.step);
        self.now.get()
    }
}

#[test]
fn a_frame_gets_no_further_try_once_its_time_is_up() {
    let clock = Ticking::by_millis(50);
    let (card, text) = hard_card();
    let sight = Scanner::default().look(&card, &|| clock.read());
    assert!(sight.found.is_empty());
    let standing = Scanner::default().look(&card, &|| Duration::ZERO);
    assert_eq!(codes(&standing.found), [text]);
}

#[test]
fn a_card_beside_a_product_is_read_as_well() {
    let mut desk = page(1280, 720, 225);
    paste(&mut desk, &qr("card-1", 3), 120, 120);
    paste(
        &mut desk,
        &bars(ScanKind::Ean13, "4006381333931", 3, 200),
        680,
        120,
    );
    let mut scanner = Scanner::default();
    let sights = (0..4).map(|_| scanner.look(&frame(&desk), &|| Duration::ZERO));
    let found: Vec<_> = sights.flat_map(|sight| sight.found).collect();
    for code in ["4006381333931", "card-1"] {
        assert!(
            found.iter().any(|one| one.code == code),
            "{code}: {found:?}"
        );
    }
}

#[test]
fn the_dearer_tries_take_turns_over_the_frames() {
    // Time for one of them a frame.
    let clock = Ticking::by_millis(20);
    let card = harder_card();
    let mut scanner = Scanner::default();
    let read_at = (0..48).find(|_| {
        let sight = scanner.look(&card, &|| clock.read());
        !sight.found.is_empty()
    });
    assert!(read_at.is_some_and(|frame| frame > 0), "{read_at:?}");
}

#[test]
fn what_costs_little_is_tried_on_every_frame() {
    let clock = Ticking::by_millis(50);
    let mut scanner = Scanner::default();
    for card in ["first-card", "second-card"] {
        let sight = scanner.look(&frame(&on_a_desk(&qr(card, 6))), &|| clock.read());
        assert_eq!(codes(&sight.found), [card]);
    }
}

#[test]
fn a_code_on_a_dark_screen_or_in_fog_needs_no_dearer_try() {
    let clock = Ticking::by_millis(50);
    let card = on_a_desk(&qr("card-1", 6));
    let fog = GrayImage::from_fn(card.width(), card.height(), |x, y| {
        Luma([150 + card.get_pixel(x, y).0[0] / 14])
    });
    for shown in [frame(&inverted(card)), frame(&fog)] {
        let sight = Scanner::default().look(&shown, &|| clock.read());
        assert_eq!(codes(&sight.found), ["card-1"]);
    }
}

#[test]
fn an_empty_desk_is_given_up_before_any_reader_is_asked() {
    let asked = Cell::new(0);
    let clock = || {
        asked.set(asked.get() + 1);
        Duration::ZERO
    };
    let sight = Scanner::default().look(&frame(&page(1280, 720, 200)), &clock);
    assert_eq!(sight.found, []);
    assert_eq!(asked.get(), 1, "only the start was noted");
}

#[test]
fn votes_of_one_product_do_not_sell_the_next_one() {
    let mut scanner = Scanner::default();
    for code in ["4006381333931", "9780201379624"] {
        let product = frame(&on_a_desk(&bars(ScanKind::Ean13, code, 3, 200)));
        let sight = scanner.look(&product, &|| Duration::ZERO);
        assert!(
            codes(&sight.found).iter().all(|found| *found == code),
            "{sight:?}"
        );
    }
}

#[test]
fn a_card_out_of_focus_earns_a_hint_after_some_frames() {
    let blurred = worn(Subject::Card, Wear::Blur, 3, 0);
    let mut scanner = Scanner::default();
    let hints: Vec<Option<Hint>> = (0..8)
        .map(|_| scanner.look(&blurred, &|| Duration::ZERO).hint)
        .collect();
    assert_eq!(hints[0], None);
    assert_eq!(hints[7], Some(Hint::TooBlurred));
}
