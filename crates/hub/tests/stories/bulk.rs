//! A batch that is applied all at once leaves what its operations leave when they come one by one.

use counterfoil_domain::fact::{CashReason, Refund, ShiftClosed, ShiftOpened, StockReason};
use counterfoil_domain::op::{
    CashMoved, CustomerEnrolled, EntityDeleted, EntityEdited, RewardRedeemed, StampGiven,
    StampReversed, StockMoved, VisitBooked, VisitCancelled, VisitDone, VisitMoved,
};
use counterfoil_domain::tender::{Tender, TenderKind};
use counterfoil_domain::{
    Currency, CustomerId, EntityKind, MerchantId, Money, Op, OpEnvelope, OpId, ProductId, Quantity,
    RefundId, SaleId, ShiftId, StaffId, StampId, VisitId,
};
use counterfoil_protocol::sync::{OpResult, PushReply};
use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, TestRunner};
use serde_json::json;
use uuid::Uuid;

use crate::support::{Place, Till, World, lenient, sale};

/// Something that happens at a till; small numbers choose among few things, so that operations meet.
#[derive(Debug, Clone)]
enum Step {
    Stamp(u8),
    Unstamp(u8),
    Redeem(u8),
    Sale {
        place: u8,
        product: u8,
        customer: u8,
    },
    Refund(u8),
    Stock(u8, i64),
    Enrol(u8, u8),
    Rename(u8),
    Price(u8, bool),
    Delete(u8),
    Book(u8, u8),
    Move(u8, u8),
    Cancel(u8),
    Done(u8),
    Shift(u8, bool),
    Cash(i64),
    /// The operation before it under its id once more, with the same content or another.
    Again(bool),
    /// A payload that nobody reads.
    Noise,
    /// A value that one of the engines cannot hold.
    Unholdable,
    /// A value with a character that stands between values on their way to PostgreSQL.
    Separator(u8),
    /// The clock runs ahead from here on.
    ClockAhead,
}

fn step() -> impl Strategy<Value = Step> {
    let few = 0..3_u8;
    prop_oneof![
        4 => few.clone().prop_map(Step::Stamp),
        1 => few.clone().prop_map(Step::Unstamp),
        1 => few.clone().prop_map(Step::Redeem),
        5 => (0..12_u8, few.clone(), 0..4_u8)
            .prop_map(|(place, product, customer)| Step::Sale { place, product, customer }),
        2 => (0..12_u8).prop_map(Step::Refund),
        2 => (few.clone(), prop_oneof![Just(i64::MAX), -3000..3000_i64]).prop_map(|(p, n)| Step::Stock(p, n)),
        2 => (few.clone(), few.clone()).prop_map(|(c, phone)| Step::Enrol(c, phone)),
        1 => few.clone().prop_map(Step::Rename),
        1 => (few.clone(), any::<bool>()).prop_map(|(p, right)| Step::Price(p, right)),
        1 => few.clone().prop_map(Step::Delete),
        2 => (few.clone(), few.clone()).prop_map(|(v, slot)| Step::Book(v, slot)),
        1 => (few.clone(), few.clone()).prop_map(|(v, slot)| Step::Move(v, slot)),
        1 => few.clone().prop_map(Step::Cancel),
        1 => few.clone().prop_map(Step::Done),
        1 => (few, any::<bool>()).prop_map(|(s, open)| Step::Shift(s, open)),
        1 => (-500..500_i64).prop_map(Step::Cash),
        1 => any::<bool>().prop_map(Step::Again),
        1 => Just(Step::Noise),
        1 => Just(Step::Unholdable),
        1 => (0..3_u8).prop_map(Step::Separator),
        1 => Just(Step::ClockAhead),
    ]
}

/// The n-th thing of a kind, the same in every world.
fn id<T: From<Uuid>>(kind: u8, n: u8) -> T {
    T::from(Uuid::from_u128(
        (u128::from(kind) << 64) | u128::from(n) | (7 << 76) | (2 << 62),
    ))
}

fn money(minor: i64) -> Money {
    Money::new(minor, Currency::PEN).unwrap()
}

fn customer(n: u8) -> CustomerId {
    id(1, n)
}

fn edited(entity: EntityKind, id: Uuid, fields: serde_json::Value) -> Op {
    Op::EntityEdited(EntityEdited {
        entity,
        id,
        fields: serde_json::from_value(fields).unwrap(),
    })
}

fn op(world: &World, till: &Till, step: &Step) -> Option<Op> {
    let slot = |n: u8| world.now().plus_minutes(60 * (1 + i64::from(n)));
    Some(match *step {
        Step::Stamp(c) => Op::StampGiven(StampGiven {
            stamp_id: StampId(world.new_id()),
            customer_id: customer(c),
        }),
        Step::Unstamp(c) => Op::StampReversed(StampReversed {
            stamp_id: StampId(world.new_id()),
            reverses: StampId(world.new_id()),
            customer_id: customer(c),
        }),
        Step::Redeem(c) => Op::RewardRedeemed(RewardRedeemed {
            stamp_id: StampId(world.new_id()),
            customer_id: customer(c),
            stamps: 2,
            reward_name: "Un café".to_owned(),
        }),
        // A place that was sold from before is a fact under a used id.
        Step::Sale {
            place,
            product,
            customer: who,
        } => {
            let mut sale = sale(world, till, 500 + i64::from(product));
            sale.sale_id = id::<SaleId>(2, place);
            sale.customer_id = (who > 0).then(|| customer(who - 1));
            sale.lines[0].line.product_id = Some(id(3, product));
            sale.lines[0].line.line_id = id(4, place);
            Op::SaleCompleted(sale)
        }
        Step::Refund(place) => {
            let line = json!({
                "line_id": id::<Uuid>(4, place), "product_id": id::<Uuid>(3, place % 3), "name": "Café",
                "quantity": 1000, "total": money(500), "tax": money(0), "restock": place % 2 == 0,
            });
            Op::SaleRefunded(Refund {
                refund_id: RefundId(world.new_id()),
                sale_id: id(2, place),
                device_id: till.device,
                at: world.now(),
                staff_id: id(5, 0),
                shift_id: None,
                lines: vec![serde_json::from_value(line).unwrap()],
                total: money(500),
                tax: money(0),
                tender: Tender {
                    kind: TenderKind::Cash,
                    amount: money(500),
                    reference: None,
                },
                reason: String::new(),
            })
        }
        Step::Stock(p, milli) => Op::StockMoved(StockMoved {
            product_id: id::<ProductId>(3, p),
            quantity: Quantity(milli),
            reason: StockReason::Counted,
        }),
        Step::Enrol(c, phone) => {
            let enrolled = json!({ "customer_id": customer(c), "customer": { "phone": format!("+5198765432{phone}"), "name": "Rosa" } });
            Op::CustomerEnrolled(serde_json::from_value::<CustomerEnrolled>(enrolled).unwrap())
        }
        Step::Rename(c) => edited(
            EntityKind::Customer,
            customer(c).0,
            json!({ "name": world.new_id() }),
        ),
        Step::Price(p, right) => {
            let price = if right {
                json!(money(700))
            } else {
                json!("not an amount")
            };
            let fields = json!({ "price": price, "low_stock_below": 1000 });
            edited(EntityKind::Product, id(3, p), fields)
        }
        Step::Delete(c) => Op::EntityDeleted(EntityDeleted {
            entity: EntityKind::Customer,
            id: customer(c).0,
        }),
        Step::Book(v, n) => Op::VisitBooked(VisitBooked {
            visit_id: id::<VisitId>(6, v),
            merchant_id: id::<MerchantId>(7, 0),
            installer_id: id::<StaffId>(5, 1),
            starts_at: slot(n),
            ends_at: slot(n).plus_minutes(60),
            purpose: String::new(),
        }),
        Step::Move(v, n) => Op::VisitMoved(VisitMoved {
            visit_id: id(6, v),
            installer_id: id(5, 1),
            starts_at: slot(n),
            ends_at: slot(n).plus_minutes(60),
        }),
        Step::Cancel(v) => Op::VisitCancelled(VisitCancelled {
            visit_id: id(6, v),
            reason: String::new(),
        }),
        Step::Done(v) => Op::VisitDone(VisitDone {
            visit_id: id(6, v),
            note: "ok".to_owned(),
            done_at: world.now(),
        }),
        Step::Shift(s, true) => Op::ShiftOpened(ShiftOpened {
            shift_id: id::<ShiftId>(8, s),
            device_id: till.device,
            staff_id: id(5, 0),
            at: world.now(),
            opening_float: money(1000),
        }),
        Step::Shift(s, false) => Op::ShiftClosed(ShiftClosed {
            shift_id: id::<ShiftId>(8, s),
            device_id: till.device,
            staff_id: id(5, 0),
            at: world.now(),
            expected: money(1000),
            counted: money(999),
            note: String::new(),
        }),
        Step::Cash(minor) => Op::CashMoved(CashMoved {
            shift_id: None,
            amount: money(minor),
            reason: CashReason::PaidIn,
            note: String::new(),
        }),
        Step::Unholdable => edited(
            EntityKind::Customer,
            customer(0).0,
            json!({ "phone": "+51\0987" }),
        ),
        Step::Separator(c) => {
            let phone = ["\u{1e}", "\u{1f}", "+51\u{1f}\u{1e}987"][usize::from(c)];
            edited(
                EntityKind::Customer,
                customer(c).0,
                json!({ "phone": phone }),
            )
        }
        Step::Again(_) | Step::Noise | Step::ClockAhead => return None,
    })
}

fn seal_all(world: &World, till: &mut Till, steps: &[Step]) -> Vec<OpEnvelope> {
    let mut sealed: Vec<OpEnvelope> = Vec::new();
    for step in steps {
        match (step, op(world, till, step), sealed.last().cloned()) {
            (_, Some(op), _) => sealed.push(till.seal(world, &op)),
            (Step::Again(same), None, Some(last)) => {
                let payload = if *same { last.payload } else { "{}".to_owned() };
                let mut again = till.seal_raw(world, last.op_id, &last.kind, 1, payload);
                // The same to the millisecond, as a till's new life sends it.
                again.at = last.at;
                till.prev_hash = again.hash();
                sealed.push(again);
            }
            (Step::ClockAhead, ..) => till.clock_off_ms = 3_600_000,
            _ => {
                let id = OpId(world.new_id());
                sealed.push(till.seal_raw(world, id, "from_tomorrow", 9, "{}".to_owned()));
            }
        }
    }
    sealed
}

/// What a push leaves, with everything that is said of it.
const TABLES: [&str; 13] = [
    "SELECT * FROM entity ORDER BY 1, 2, 3",
    "SELECT * FROM sale ORDER BY 1, 2",
    "SELECT * FROM refund ORDER BY 1, 2",
    "SELECT * FROM stamp ORDER BY 1, 2",
    "SELECT * FROM stock ORDER BY 1, 2",
    "SELECT * FROM cash ORDER BY 1, 2",
    "SELECT * FROM shift ORDER BY 1, 2, 3",
    "SELECT * FROM stamp_balance ORDER BY 1, 2",
    "SELECT * FROM stock_balance ORDER BY 1, 2",
    "SELECT * FROM operations ORDER BY 1, 2, 3, 4",
    "SELECT * FROM changes ORDER BY 1, 2",
    "SELECT * FROM dead_letters ORDER BY 1, 2, 3, 4",
    "SELECT device_id, clock_flagged_at FROM devices ORDER BY 1",
];

async fn dump(world: &World) -> Vec<String> {
    use sqlx::{Column as _, Row as _};
    let mut lines = Vec::new();
    for table in TABLES {
        let rows = sqlx::query(table)
            .fetch_all(world.hub.db.reader())
            .await
            .unwrap();
        for row in rows {
            let values: Vec<String> = (0..row.len())
                .map(|at| {
                    let text = row.try_get::<Option<String>, _>(at).ok().flatten();
                    let number = row.try_get::<Option<i64>, _>(at).ok().flatten();
                    let value = text.or_else(|| number.map(|n| n.to_string()));
                    format!("{}={value:?}", row.column(at).name())
                })
                .collect();
            lines.push(format!("{table}: {}", values.join(" ")));
        }
    }
    lines
}

async fn push(till: &Till, world: &World, ops: &[OpEnvelope]) -> Vec<OpResult> {
    match till.push(world, ops).await {
        PushReply::Accepted { results, .. } => results,
        other => panic!("not accepted: {other:?}"),
    }
}

/// One story in two worlds that are the same but for the size of the batches.
async fn compare(places: [Place; 2], batches: &[Vec<Step>]) -> Result<(), TestCaseError> {
    let [at_once, by_one] = places.map(std::sync::Arc::new);
    let at_once = World::seeded(at_once, lenient(), 1).await;
    let by_one = World::seeded(by_one, lenient(), 1).await;
    let owner = at_once.owner("o@lima.pe").await;
    let mut till = at_once.till(&owner).await;
    let owner = by_one.owner("o@lima.pe").await;
    let twin = by_one.till(&owner).await;
    prop_assert_eq!((till.device, &till.token), (twin.device, &twin.token));
    for steps in batches {
        let ops = seal_all(&at_once, &mut till, steps);
        let results = push(&till, &at_once, &ops).await;
        let mut singly = Vec::new();
        for op in &ops {
            singly.extend(push(&till, &by_one, std::slice::from_ref(op)).await);
        }
        prop_assert_eq!(&results, &singly);
        prop_assert_eq!(dump(&at_once).await, dump(&by_one).await);
        prop_assert_eq!(push(&till, &at_once, &ops).await, results, "a retry");
        at_once.clock.advance_ms(60_000);
        by_one.clock.advance_ms(60_000);
    }
    at_once.hub.db.close().await;
    by_one.hub.db.close().await;
    Ok(())
}

fn on_places(cases: u32, places: impl AsyncFn() -> Option<[Place; 2]>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let batches = prop::collection::vec(prop::collection::vec(step(), 2..40), 1..4);
    let runs = Runs {
        cases,
        failure_persistence: None,
        ..Runs::default()
    };
    let compared = TestRunner::new(runs).run(&batches, |batches| {
        runtime.block_on(async {
            match places().await {
                Some(places) => compare(places, &batches).await,
                None => Ok(()),
            }
        })
    });
    compared.unwrap();
}

#[test]
fn a_batch_at_once_is_its_operations_one_by_one_on_sqlite() {
    on_places(32, async || Some([Place::sqlite(), Place::sqlite()]));
}

#[test]
fn a_batch_at_once_is_its_operations_one_by_one_on_postgresql() {
    on_places(16, async || {
        Some([Place::postgres().await?, Place::postgres().await?])
    });
}

/// Made smaller, it would cost every push and every pull.
#[tokio::test]
async fn a_sales_change_lies_on_postgresql_as_it_was_written() {
    let Some(place) = Place::postgres().await else {
        return;
    };
    let world = World::seeded(std::sync::Arc::new(place), lenient(), 1).await;
    let owner = world.owner("o@lima.pe").await;
    let mut till = world.till(&owner).await;
    let mut sold = sale(&world, &till, 500);
    for _ in 0..5 {
        let mut line = sold.lines[0].clone();
        line.line.line_id = world.new_id().into();
        sold.lines.push(line);
    }
    let sold = till.seal(&world, &Op::SaleCompleted(sold));
    push(&till, &world, &[sold]).await;
    let sql = "SELECT max(length(body))::bigint AS written, max(pg_column_size(body))::bigint AS lies FROM changes";
    let row = sqlx::query(sql)
        .fetch_one(world.hub.db.reader())
        .await
        .unwrap();
    let [written, lies] = ["written", "lies"].map(|name| sqlx::Row::get::<i64, _>(&row, name));
    assert!(written > 2100, "{written} bytes say nothing");
    assert!(lies >= written, "{written} bytes lie as {lies}");
}
