//! The three hundred customers: who they are, how often they come, and who stopped coming.

use std::collections::BTreeSet;

use counterfoil_domain::CustomerId;
use counterfoil_domain::UnixMs;
use counterfoil_domain::entity::Customer;

use super::assets::People;
use super::calendar::{Calendar, Day, FIRST_DAY, SALES_DAYS};
use super::rng::Rng;

/// Customers with a card.
pub(super) const CUSTOMERS: usize = 300;
/// Those who enrolled before the till's first sale.
const ENROLLED_BEFORE: usize = 180;
/// Regulars who stopped coming three to five weeks ago.
const LAPSED: usize = 14;

/// One customer, and their card while the history is written.
pub(super) struct Regular {
    pub(super) id: CustomerId,
    pub(super) customer: Customer,
    /// Day of enrolment, from today.
    pub(super) enrolled_day: i64,
    habit: Habit,
    /// Minute of the day around which they come.
    pub(super) usual_minute: i64,
    /// The card's ledger sum.
    pub(super) balance: i64,
    pub(super) last_stamp: Option<UnixMs>,
    /// What they order when they order their usual: a place among the drinks.
    pub(super) usual_drink: usize,
}

/// How often somebody comes.
#[derive(Debug, Clone, Copy)]
enum Habit {
    /// So many visits in ten weeks.
    Comes { visits_in_ten_weeks: i64 },
    /// Every week on one weekday, until a day after which they came no more.
    Lapsed { weekday: usize, until_day: i64 },
}

impl Regular {
    /// Whether they come on a day; `pace` is how busy its weekday is, in percent.
    pub(super) fn comes(&self, day: Day, pace: i64, rng: &mut Rng) -> bool {
        // Drawn for every customer on every day, so that one's habit does not shift another's luck.
        let (luck, second) = (rng.between(0, 6_999), rng.chance(45));
        if day.index <= self.enrolled_day {
            return day.index == self.enrolled_day;
        }
        match self.habit {
            Habit::Comes {
                visits_in_ten_weeks,
            } => luck < visits_in_ten_weeks * pace,
            Habit::Lapsed { weekday, until_day } => {
                day.index <= until_day && (day.weekday == weekday || second)
            }
        }
    }

    /// Whether they enrolled before the till's first sale.
    pub(super) const fn enrolled_before_sales(&self) -> bool {
        self.enrolled_day < -SALES_DAYS
    }
}

/// Makes the customers; `newest_day` is the last day on which somebody may have enrolled.
pub(super) fn make(
    people: &People,
    calendar: &Calendar,
    newest_day: i64,
    seed: u64,
) -> Vec<Regular> {
    let mut rng = Rng::stream(seed, 2);
    let (mut names, mut phones) = (BTreeSet::new(), BTreeSet::new());
    (0..CUSTOMERS)
        .map(|place| {
            let enrolled_day = match place {
                _ if place < ENROLLED_BEFORE => rng.between(FIRST_DAY + 3, -SALES_DAYS - 1),
                // The newest two: the owner's page of today shows somebody new.
                _ if place >= CUSTOMERS - 2 => newest_day,
                _ => rng.between(-SALES_DAYS, -1),
            };
            let enrolled_at = calendar
                .day(enrolled_day)
                .second(rng.between(8 * 3600, 19 * 3600));
            let habit = habit(place, &mut rng);
            Regular {
                id: CustomerId::from_parts(enrolled_at.0, rng.entropy()),
                customer: Customer {
                    name: unused(&mut names, || name(people, &mut rng)),
                    phone: unused(&mut phones, || phone(&mut rng)),
                    enrolled_at,
                    note: note(&mut rng).to_owned(),
                    cards_lost: 0,
                },
                enrolled_day,
                habit,
                usual_minute: usual_minute(&mut rng),
                balance: 0,
                last_stamp: None,
                usual_drink: rng.index(1000),
            }
        })
        .collect()
}

fn habit(place: usize, rng: &mut Rng) -> Habit {
    if place < LAPSED {
        return Habit::Lapsed {
            weekday: rng.index(7),
            until_day: -rng.between(22, 35),
        };
    }
    // Cards are new to those who enrol later: fewer of them have become regulars yet.
    let regulars = if place < ENROLLED_BEFORE { 27 } else { 10 };
    let visits_in_ten_weeks = match rng.between(0, 99) {
        share if share < regulars => rng.between(12, 30),
        ..=74 => rng.between(2, 6),
        _ => rng.between(0, 1),
    };
    Habit::Comes {
        visits_in_ten_weeks,
    }
}

/// Draws until something new comes up. There are far more names and numbers than customers.
fn unused(taken: &mut BTreeSet<String>, mut draw: impl FnMut() -> String) -> String {
    loop {
        let drawn = draw();
        if taken.insert(drawn.clone()) {
            return drawn;
        }
    }
}

fn name(people: &People, rng: &mut Rng) -> String {
    let mut of = |names: &[String]| rng.pick(names).cloned().unwrap_or_default();
    let (given, first, second) = (
        of(&people.given_names),
        of(&people.family_names),
        of(&people.family_names),
    );
    if second < first {
        format!("{given} {first} {second}")
    } else {
        format!("{given} {first}")
    }
}

/// A valid Peruvian mobile number, all in one block that is easily told from real customers' numbers.
fn phone(rng: &mut Rng) -> String {
    format!("+519000{:05}", rng.between(10_000, 59_999))
}

fn note(rng: &mut Rng) -> &'static str {
    const NOTES: [&str; 6] = [
        "Leche de almendras",
        "Sin azúcar",
        "Viene con su perro",
        "Alérgico a las nueces",
        "Prefiere la mesa de la ventana",
        "Pide factura",
    ];
    if rng.chance(60) {
        rng.pick(&NOTES).copied().unwrap_or_default()
    } else {
        ""
    }
}

fn usual_minute(rng: &mut Rng) -> i64 {
    match rng.between(0, 9) {
        0..=4 => rng.between(7 * 60 + 30, 9 * 60 + 40),
        5..=6 => rng.between(12 * 60 + 45, 14 * 60 + 40),
        7..=8 => rng.between(16 * 60 + 45, 18 * 60 + 45),
        _ => rng.between(7 * 60, 19 * 60 + 40),
    }
}
