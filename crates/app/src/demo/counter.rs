//! One customer's turn at the counter.

use counterfoil_domain::fact::{Refund, RefundLine, Sale, SaleLine};
use counterfoil_domain::op::{CustomerEnrolled, Op, RewardRedeemed, StampGiven};
use counterfoil_domain::stamp;
use counterfoil_domain::tender::{Tender, TenderKind, quick_cash, settle};
use counterfoil_domain::{
    Cart, CartId, CartLine, Discount, Money, RefundId, SaleId, ShiftId, StaffId, StampId, UnixMs,
};

use super::DemoError;
use super::basket;
use super::book::Book;
use super::calendar::Day;
use super::customers::Regular;
use super::rng::Rng;
use super::setup::{DemoShop, Good, GoodKind};

/// When it is, and who serves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    pub(super) day: Day,
    pub(super) second: i64,
    pub(super) staff_id: StaffId,
    pub(super) shift_id: ShiftId,
}

impl Turn {
    fn minute(self) -> i64 {
        self.second / 60
    }

    const fn at(self) -> UnixMs {
        self.day.second(self.second)
    }

    /// Some seconds before the sale is completed.
    const fn before(self, seconds: i64) -> UnixMs {
        self.day.second(self.second - seconds)
    }
}

/// The counter: its shop, its luck and the book it writes to.
pub(super) struct Counter<'a> {
    pub(super) book: &'a mut Book,
    pub(super) shop: &'a DemoShop,
    pub(super) rng: &'a mut Rng,
}

impl Counter<'_> {
    /// Serves somebody: enrols them where they are new, stamps their card, sells, and now and then refunds a line.
    pub(super) fn serve(
        &mut self,
        turn: Turn,
        mut regular: Option<&mut Regular>,
        scarce: impl Fn(Day, &Good) -> bool,
    ) -> Result<(), DemoError> {
        if let Some(regular) = regular.as_deref_mut() {
            self.enrol(turn, regular)?;
            self.stamp(turn, regular)?;
        }
        let usual = regular.as_deref().map(|r| r.usual_drink);
        let book = &*self.book;
        // What is not known to be short stays above its mark: the shelf is refilled in time.
        let left = |good: &Good| match good.stock {
            None => i64::MAX,
            Some(_) if scarce(turn.day, good) => book.pieces(good.id),
            Some(stock) => book.pieces(good.id) - stock.low - 1,
        };
        let picks = basket::fill(&self.shop.goods, left, turn.minute(), usual, self.rng);
        let mut cart = Cart::empty(
            CartId::from_parts(turn.at().0, self.rng.entropy()),
            self.book.currency,
        );
        cart.lines = basket::lines(&self.shop.goods, &picks, turn.at(), self.rng);
        cart.customer_id = regular.as_deref().map(|r| r.id);
        self.discount(turn, &mut cart)?;
        if let Some(regular) = regular {
            self.redeem(turn, regular, &mut cart)?;
        }
        self.sell(turn, cart)
    }

    fn enrol(&mut self, turn: Turn, regular: &mut Regular) -> Result<(), DemoError> {
        if regular.enrolled_before_sales() || turn.day.index != regular.enrolled_day {
            return Ok(());
        }
        regular.customer.enrolled_at = turn.before(40);
        let op = Op::CustomerEnrolled(CustomerEnrolled {
            customer_id: regular.id,
            customer: regular.customer.clone(),
        });
        self.book.write(turn.before(40), turn.staff_id, op)
    }

    fn stamp(&mut self, turn: Turn, regular: &mut Regular) -> Result<(), DemoError> {
        let at = turn.before(25);
        if stamp::may_stamp(regular.last_stamp, self.shop.stamp_cooldown_s, at).is_err() {
            return Ok(());
        }
        regular.last_stamp = Some(at);
        regular.balance += 1;
        let op = Op::StampGiven(StampGiven {
            stamp_id: StampId::from_parts(at.0, self.rng.entropy()),
            customer_id: regular.id,
        });
        self.book.write(at, turn.staff_id, op)
    }

    /// A full card pays for the dearest drink, if it is not all they have.
    fn redeem(
        &mut self,
        turn: Turn,
        regular: &mut Regular,
        cart: &mut Cart,
    ) -> Result<(), DemoError> {
        let required = self.shop.stamps_required;
        let in_the_mood = self.rng.chance(650);
        if stamp::card(regular.balance, required).rewards == 0
            || !in_the_mood
            || cart.lines.len() < 2
        {
            return Ok(());
        }
        let drinks = cart.lines.iter_mut().filter(|line| {
            line.quantity.milli() == 1000 && {
                let kind = kind_of(self.shop, line);
                matches!(kind, Some(GoodKind::Coffee | GoodKind::Tea))
            }
        });
        let Some(drink) = drinks.max_by_key(|line| line.unit_price.minor()) else {
            return Ok(());
        };
        drink.discount = Some(Discount::Percent {
            basis_points: 10_000,
        });
        drink.note.clone_from(&self.shop.reward_name);
        cart.discount = None;
        regular.balance -= i64::from(required);
        let at = turn.before(15);
        let op = Op::RewardRedeemed(RewardRedeemed {
            stamp_id: StampId::from_parts(at.0, self.rng.entropy()),
            customer_id: regular.id,
            stamps: required,
            reward_name: self.shop.reward_name.clone(),
        });
        self.book.write(at, turn.staff_id, op)
    }

    fn discount(&mut self, turn: Turn, cart: &mut Cart) -> Result<(), DemoError> {
        let (last_hour, whole, one) = (
            turn.minute() >= 19 * 60 && self.rng.chance(350),
            self.rng.chance(25),
            self.rng.chance(12),
        );
        if last_hour {
            for line in &mut cart.lines {
                if kind_of(self.shop, line) == Some(GoodKind::Bakery) {
                    line.discount = Some(Discount::Percent { basis_points: 3000 });
                }
            }
        } else if whole {
            cart.discount = Some(Discount::Percent { basis_points: 1000 });
            cart.note = "Vecino del barrio".to_owned();
        } else if one && let Some(line) = cart.lines.first_mut() {
            line.discount = Some(Discount::Amount {
                amount: Money::new(200, cart.currency)?,
            });
        }
        Ok(())
    }

    fn sell(&mut self, turn: Turn, cart: Cart) -> Result<(), DemoError> {
        let at = turn.at();
        let priced = cart.price()?;
        let tenders = self.pay(priced.total)?;
        let change = settle(priced.total, &tenders)?.change;
        let amounts = priced.lines.into_iter();
        let sale = Sale {
            sale_id: SaleId::from_parts(at.0, self.rng.entropy()),
            device_id: self.book.device_id,
            till_code: self.book.till_code.clone(),
            number: self.book.next_number(),
            at,
            staff_id: turn.staff_id,
            shift_id: Some(turn.shift_id),
            customer_id: cart.customer_id,
            currency: cart.currency,
            lines: cart
                .lines
                .into_iter()
                .zip(amounts)
                .map(|(line, amounts)| SaleLine { line, amounts })
                .collect(),
            subtotal: priced.subtotal,
            discount: priced.discount,
            net: priced.net,
            tax: priced.tax,
            taxes: priced.taxes,
            total: priced.total,
            tenders,
            change,
            note: cart.note,
        };
        let refund = self.refund(turn, &sale);
        self.book
            .write(at, turn.staff_id, Op::SaleCompleted(sale))?;
        match refund {
            Some(refund) => {
                let at = refund.at;
                self.book.write(at, turn.staff_id, Op::SaleRefunded(refund))
            }
            None => Ok(()),
        }
    }

    fn pay(&mut self, total: Money) -> Result<Vec<Tender>, DemoError> {
        let slip = Some(format!("{:06}", self.rng.between(1, 999_999)));
        let card = |amount| Tender {
            kind: TenderKind::Card,
            amount,
            reference: slip.clone(),
        };
        let cash = |amount| Tender {
            kind: TenderKind::Cash,
            amount,
            reference: None,
        };
        Ok(match self.rng.between(0, 99) {
            0..=51 => vec![card(total)],
            52..=53 => {
                let half = total.scale(1, 2)?;
                vec![card(half), cash(total.minus(half)?)]
            }
            54..=69 => vec![cash(total)],
            _ => {
                // The smaller of two draws: few pay a coffee with the largest note.
                let usual = quick_cash(total);
                let place = self.rng.index(usual.len()).min(self.rng.index(usual.len()));
                vec![cash(usual.get(place).copied().unwrap_or(total))]
            }
        })
    }

    /// Seven in a thousand bring something back within a quarter of an hour: always a whole line, at what it cost.
    fn refund(&mut self, turn: Turn, sale: &Sale) -> Option<Refund> {
        const REASONS: [&str; 4] = [
            "Pedido equivocado",
            "Se enfrió",
            "Cobrado dos veces",
            "Cambio de opinión",
        ];
        let unhappy = self.rng.chance(7);
        let at = turn.at().plus_ms(self.rng.between(240, 900) * 1000);
        let line = self.rng.pick(&sale.lines)?;
        if !unhappy || turn.minute() >= 19 * 60 || line.amounts.total.is_zero() {
            return None;
        }
        let kind = sale.tenders.first()?.kind;
        Some(Refund {
            refund_id: RefundId::from_parts(at.0, self.rng.entropy()),
            sale_id: sale.sale_id,
            device_id: sale.device_id,
            at,
            staff_id: turn.staff_id,
            shift_id: sale.shift_id,
            lines: vec![RefundLine {
                line_id: line.line.line_id,
                product_id: line.line.product_id,
                name: line.line.name.clone(),
                quantity: line.line.quantity,
                total: line.amounts.total,
                tax: line.amounts.tax,
                restock: kind_of(self.shop, &line.line) == Some(GoodKind::Shelf),
            }],
            total: line.amounts.total,
            tax: line.amounts.tax,
            tender: Tender {
                kind,
                amount: line.amounts.total,
                reference: None,
            },
            reason: self
                .rng
                .pick(&REASONS)
                .copied()
                .unwrap_or_default()
                .to_owned(),
        })
    }
}

fn kind_of(shop: &DemoShop, line: &CartLine) -> Option<GoodKind> {
    let good = shop
        .goods
        .iter()
        .find(|good| Some(good.id) == line.product_id);
    good.map(|good| good.kind)
}
