//! Ninety days at the counter: deliveries, shifts, enrolments, sales, refunds, stamps and rewards.

use counterfoil_domain::fact::{CashReason, ShiftClosed, ShiftOpened, StockReason};
use counterfoil_domain::op::{CashMoved, CustomerEnrolled, Op, StockMoved};
use counterfoil_domain::{Money, Quantity, ShiftId, StaffId, UnixMs};

use super::DemoError;
use super::assets::People;
use super::book::Book;
use super::calendar::{Calendar, Day, SALES_DAYS};
use super::counter::{Counter, Turn};
use super::customers::{self, Regular};
use super::rng::Rng;
use super::setup::{DemoShop, Good, GoodKind};

/// From this minute on today counts as a day of sales.
const OPENS_MIN: i64 = 7 * 60;
/// How busy Monday to Sunday are, in percent of a usual day.
const PACE: [i64; 7] = [75, 92, 96, 100, 108, 117, 94];
/// Sales on a usual day.
const SALES_A_DAY: i64 = 76;
/// The busy stretches, from and to in seconds of the day, and how many sales of a hundred fall into each.
const RUSHES: [(i64, i64, i64); 3] = [
    (8 * 3600, 9 * 3600 + 1800, 30),
    (13 * 3600, 14 * 3600 + 1800, 22),
    (17 * 3600, 18 * 3600 + 1800, 20),
];
/// Seconds between two sales at one till.
const GAP_S: i64 = 55;
/// What a drawer begins with, in céntimos.
const FLOAT_MINOR: i64 = 20_000;
/// Products that run low in the end, and the pieces that a count finds of them.
const SCARCE: [(&str, i64); 5] = [
    ("PAN-07", 3),
    ("SAN-04", 1),
    ("DUL-02", 4),
    ("TIE-01", 0),
    ("TIE-06", 2),
];

/// Writes the counter's history from the first enrolment to today.
pub(super) fn history(
    book: &mut Book,
    shop: &DemoShop,
    people: &People,
    calendar: &Calendar,
    now: UnixMs,
    seed: u64,
) -> Result<(), DemoError> {
    let open_today = now >= calendar.day(0).minute(OPENS_MIN);
    let last_day = if open_today { 0 } else { -1 };
    let mut regulars = customers::make(people, calendar, last_day, seed);
    for regular in regulars.iter().filter(|r| r.enrolled_before_sales()) {
        let op = Op::CustomerEnrolled(CustomerEnrolled {
            customer_id: regular.id,
            customer: regular.customer.clone(),
        });
        book.write(regular.customer.enrolled_at, shop.cashier, op)?;
    }
    for day in calendar.range(-SALES_DAYS, last_day) {
        let day_of_sales = DayOfSales {
            shop,
            day,
            staff: staff(shop, day),
            rng: Rng::stream(seed, 1000 + day.index.unsigned_abs()),
        };
        day_of_sales.run(book, &mut regulars)?;
    }
    Ok(())
}

/// Who opens the drawer that day, and who helps out.
const fn staff(shop: &DemoShop, day: Day) -> (StaffId, StaffId) {
    if matches!(day.weekday, 0 | 6) {
        (shop.owner, shop.cashier)
    } else {
        (shop.cashier, shop.owner)
    }
}

struct DayOfSales<'a> {
    shop: &'a DemoShop,
    day: Day,
    staff: (StaffId, StaffId),
    rng: Rng,
}

impl DayOfSales<'_> {
    fn run(mut self, book: &mut Book, regulars: &mut [Regular]) -> Result<(), DemoError> {
        self.deliver(book)?;
        let shift_id = self.open(book)?;
        let times = self.times();
        let visitors = self.visitors(regulars, &times);
        let mut drops = [15 * 3600, 18 * 3600 + 2700].iter().peekable();
        self.petty_cash(book, shift_id)?;
        for (second, visitor) in times.into_iter().zip(visitors) {
            if drops.next_if(|at| **at < second).is_some() {
                self.drop_cash(book, shift_id, self.day.second(second - GAP_S + 5))?;
            }
            let staff_id = self.serving(second);
            let turn = Turn {
                day: self.day,
                second,
                staff_id,
                shift_id,
            };
            let mut counter = Counter {
                book,
                shop: self.shop,
                rng: &mut self.rng,
            };
            counter.serve(
                turn,
                visitor.and_then(|place| regulars.get_mut(place)),
                scarce_today,
            )?;
        }
        self.clear_up(book)?;
        self.close(book, shift_id)
    }

    fn move_stock(
        &self,
        book: &mut Book,
        at: UnixMs,
        good: &Good,
        pieces: i64,
        reason: StockReason,
    ) -> Result<(), DemoError> {
        let op = Op::StockMoved(StockMoved {
            product_id: good.id,
            quantity: Quantity::pieces(pieces),
            reason,
        });
        book.write(at, self.staff.0, op)
    }

    /// Fresh goods come every morning, the shelf's on Tuesdays; the first day fills everything.
    fn deliver(&self, book: &mut Book) -> Result<(), DemoError> {
        let mut at = self.day.minute(6 * 60 + 15);
        for good in &self.shop.goods {
            let Some(stock) = good.stock else { continue };
            let first = self.day.index == -SALES_DAYS;
            let due = first || good.kind != GoodKind::Shelf || self.day.weekday == 1;
            let held_back = self.day.index == 0 && scarce_today(self.day, good);
            let pieces = book.pieces(good.id);
            if due && !held_back && pieces * 10 <= stock.full * 6 {
                at = at.plus_ms(2000);
                let missing = stock.full - pieces;
                self.move_stock(book, at, good, missing, StockReason::Delivered)?;
            }
        }
        Ok(())
    }

    fn open(&mut self, book: &mut Book) -> Result<ShiftId, DemoError> {
        let at = self.day.minute(6 * 60 + 40);
        let shift_id = ShiftId::from_parts(at.0, self.rng.entropy());
        let op = Op::ShiftOpened(ShiftOpened {
            shift_id,
            device_id: book.device_id,
            staff_id: self.staff.0,
            at,
            opening_float: Money::new(FLOAT_MINOR, book.currency)?,
        });
        book.write(at, self.staff.0, op)?;
        Ok(shift_id)
    }

    /// The seconds of the day at which sales are rung up, in order. Three come before seven.
    fn times(&mut self) -> Vec<i64> {
        let growth = 95 + (self.day.index + SALES_DAYS) / 9;
        let noise = self.rng.between(95, 105);
        let count = SALES_A_DAY * PACE[self.day.weekday] * growth * noise / 1_000_000;
        let mut times = vec![24_490, 24_800, 25_085];
        for _ in 3..count {
            let mut draw = self.rng.between(0, 99);
            let rush = RUSHES.iter().find(|(_, _, share)| {
                draw -= share;
                draw < 0
            });
            let (from, to) = rush.map_or((7 * 3600 + 300, 19 * 3600 + 2700), |r| (r.0, r.1));
            times.push(self.rng.between(from, to));
        }
        times.sort_unstable();
        for place in 1..times.len() {
            times[place] = times[place].max(times[place - 1] + GAP_S);
        }
        times
    }

    /// Which customer with a card stands at the counter at each of the times.
    fn visitors(&mut self, regulars: &[Regular], times: &[i64]) -> Vec<Option<usize>> {
        let pace = PACE[self.day.weekday];
        let mut coming: Vec<usize> = Vec::new();
        for (place, regular) in regulars.iter().enumerate() {
            if regular.comes(self.day, pace, &mut self.rng) {
                coming.push(place);
            }
        }
        // Those who enrol today come first, so that none of them finds every turn taken.
        coming.sort_by_key(|place| regulars[*place].enrolled_day != self.day.index);
        let mut turns = vec![None; times.len()];
        for place in coming {
            let minute = regulars[place].usual_minute + self.rng.between(-25, 25);
            let newest = self.day.index == 0 && regulars[place].enrolled_day == 0;
            let wish = if newest { 0 } else { minute * 60 };
            let free = (0..times.len()).filter(|turn| turns[*turn].is_none());
            if let Some(turn) = free.min_by_key(|turn| (times[*turn] - wish).abs()) {
                turns[turn] = Some(place);
            }
        }
        turns
    }

    fn serving(&mut self, second: i64) -> StaffId {
        let lunch = (12 * 3600 + 1800..15 * 3600).contains(&second);
        if self.rng.chance(if lunch { 500 } else { 150 }) {
            self.staff.1
        } else {
            self.staff.0
        }
    }

    fn move_cash(
        &self,
        book: &mut Book,
        at: UnixMs,
        shift_id: ShiftId,
        minor: i64,
        reason: CashReason,
        note: &str,
    ) -> Result<(), DemoError> {
        let op = Op::CashMoved(CashMoved {
            shift_id: Some(shift_id),
            amount: Money::new(minor, book.currency)?,
            reason,
            note: note.to_owned(),
        });
        book.write(at, self.staff.0, op)
    }

    fn petty_cash(&mut self, book: &mut Book, shift_id: ShiftId) -> Result<(), DemoError> {
        const ERRANDS: [&str; 4] = ["Hielo", "Leche", "Servilletas", "Limones"];
        let at = self.day.second(self.rng.between(37_000, 41_000));
        let (paid, soles) = (self.rng.chance(180), self.rng.between(8, 35));
        let errand = self.rng.pick(&ERRANDS).copied().unwrap_or_default();
        if paid {
            self.move_cash(
                book,
                at,
                shift_id,
                -soles * 100,
                CashReason::PaidOut,
                errand,
            )?;
        }
        if self.rng.chance(60) {
            let at = at.plus_minutes(20);
            self.move_cash(book, at, shift_id, 5000, CashReason::PaidIn, "Sencillo")?;
        }
        Ok(())
    }

    /// What is above the float goes to the safe, in fifties.
    fn drop_cash(&self, book: &mut Book, shift_id: ShiftId, at: UnixMs) -> Result<(), DemoError> {
        let above = (book.drawer().minor() - FLOAT_MINOR) / 5000 * 5000;
        if above >= 15_000 {
            self.move_cash(book, at, shift_id, -above, CashReason::Drop, "Caja fuerte")?;
        }
        Ok(())
    }

    /// After the last guest: what is no longer good is thrown away, and yesterday the shelves were counted.
    fn clear_up(&mut self, book: &mut Book) -> Result<(), DemoError> {
        let mut at = self.day.minute(20 * 60 + 5);
        for good in &self.shop.goods {
            let Some(stock) = good.stock else { continue };
            at = at.plus_ms(2000);
            let pieces = book.pieces(good.id);
            let found = SCARCE.iter().find(|(sku, _)| *sku == good.sku);
            if let (-1, Some((_, left))) = (self.day.index, found) {
                self.move_stock(book, at, good, left - pieces, StockReason::Counted)?;
                continue;
            }
            let spoils = matches!(
                good.kind,
                GoodKind::Bakery | GoodKind::Meal | GoodKind::Sweet
            );
            let (unlucky, gone) = (self.rng.chance(110), self.rng.between(1, 2));
            if spoils && unlucky && pieces - gone > stock.low {
                self.move_stock(book, at, good, -gone, StockReason::Wasted)?;
            }
        }
        Ok(())
    }

    fn close(&mut self, book: &mut Book, shift_id: ShiftId) -> Result<(), DemoError> {
        let at = self.day.minute(20 * 60 + 15);
        let expected = book.drawer();
        let off = match self.rng.between(0, 9) {
            0..=6 => 0,
            7..=8 => self.rng.between(-9, 9) * 10,
            _ => self.rng.between(-35, 20) * 10,
        };
        let note = if off <= -200 { "Falta sencillo" } else { "" };
        let op = Op::ShiftClosed(ShiftClosed {
            shift_id,
            device_id: book.device_id,
            staff_id: self.staff.0,
            at,
            expected,
            counted: expected.plus(Money::new(off, book.currency)?)?,
            note: note.to_owned(),
        });
        book.write(at, self.staff.0, op)?;
        book.empty_drawer();
        Ok(())
    }
}

/// Whether a good has been found short and not yet come in again.
fn scarce_today(day: Day, good: &Good) -> bool {
    day.index == 0 && SCARCE.iter().any(|(sku, _)| *sku == good.sku)
}
