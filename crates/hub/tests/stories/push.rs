//! Push: once, in order, whatever the network does.

use counterfoil_domain::fact::{CashReason, StockReason};
use counterfoil_domain::op::{CashMoved, EntityEdited, StampGiven, StockMoved};
use counterfoil_domain::{
    Currency, CustomerId, EntityKind, Money, Op, OpEnvelope, OpId, ProductId, Quantity, StampId,
};
use counterfoil_protocol::sync::{Outcome, PushReply};
use serde_json::json;

use crate::support::{Till, World, as_change, fact_of, on_each_engine};

pub fn stamp(world: &World, customer: CustomerId) -> Op {
    Op::StampGiven(StampGiven {
        stamp_id: StampId(world.new_id()),
        customer_id: customer,
    })
}

fn some_ops(world: &World, till: &mut Till, count: usize) -> Vec<OpEnvelope> {
    let customer = CustomerId(world.new_id());
    (0..count)
        .map(|_| {
            let op = stamp(world, customer);
            till.seal(world, &op)
        })
        .collect()
}

#[tokio::test]
async fn every_operation_leaves_one_numbered_change() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let before = till.pull(&world).await.len() as u64;
        let ops = some_ops(&world, &mut till, 5);
        let PushReply::Accepted {
            last_seq, results, ..
        } = till.push(&world, &ops).await
        else {
            panic!()
        };
        assert_eq!((last_seq, results.len()), (5, 5));
        let changes = till.pull(&world).await;
        let seqs: Vec<u64> = changes.iter().map(|c| c.seq).collect();
        assert_eq!(seqs, (1..=before + 5).collect::<Vec<_>>(), "contiguous");
        for op in &ops {
            let change = as_change(&changes, op.op_id);
            assert_eq!(
                (change.outcome.clone(), fact_of(change, 0).name()),
                (Outcome::Applied, "stamp")
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_push_sent_again_gets_the_same_bytes_and_counts_once() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let mut ops = some_ops(&world, &mut till, 3);
        ops.push(till.seal_raw(
            &world,
            OpId(world.new_id()),
            "from_tomorrow",
            9,
            "{}".to_owned(),
        ));
        let first = till.push_answer(&world, &ops).await;
        world.clock.advance_ms(86_400_000);
        let again = till.push_answer(&world, &ops).await;
        assert_eq!(first.data().to_string(), again.data().to_string());
        assert_eq!(world.count("SELECT count(*) FROM stamp").await, 3);
        assert_eq!(world.count("SELECT count(*) FROM operations").await, 4);
        let more = some_ops(&world, &mut till, 1);
        let overlapping = [&ops[2..], &more].concat();
        let PushReply::Accepted {
            last_seq, results, ..
        } = till.push(&world, &overlapping).await
        else {
            panic!()
        };
        assert_eq!((last_seq, results.len()), (5, 3));
        assert_eq!(world.count("SELECT count(*) FROM stamp").await, 4);
    })
    .await;
}

#[tokio::test]
async fn a_push_with_a_hole_before_it_is_told_the_last_seq() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let ops = some_ops(&world, &mut till, 4);
        till.push(&world, &ops[..2]).await;
        let reply = till.push(&world, &ops[3..]).await;
        assert_eq!(
            reply,
            PushReply::Gap {
                epoch: world.hub.epoch,
                last_seq: 2
            }
        );
        assert_eq!(
            world.count("SELECT count(*) FROM stamp").await,
            2,
            "nothing of it was applied"
        );
    })
    .await;
}

#[tokio::test]
async fn another_operation_at_a_known_seq_is_a_fork_and_no_duplicate() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let mut copy = till.clone();
        let ops = some_ops(&world, &mut till, 2);
        till.push(&world, &ops).await;
        let other = some_ops(&world, &mut copy, 1);
        let reply = copy.push(&world, &other).await;
        assert_eq!(
            reply,
            PushReply::Fork {
                seq: 1,
                hub_hash: ops[0].hash()
            }
        );
        let mut astray = copy.clone();
        astray.seq = 2;
        let next = some_ops(&world, &mut astray, 1);
        let reply = astray.push(&world, &next).await;
        assert_eq!(
            reply,
            PushReply::Fork {
                seq: 2,
                hub_hash: ops[1].hash()
            },
            "its predecessor differs"
        );
        let mut reborn = copy.reborn(&world);
        let again: Vec<_> = other
            .iter()
            .map(|op| reborn.seal_raw(&world, op.op_id, &op.kind, op.version, op.payload.clone()))
            .collect();
        assert!(matches!(
            reborn.push(&world, &again).await,
            PushReply::Accepted { last_seq: 1, .. }
        ));
        assert_eq!(
            world.count("SELECT count(*) FROM stamp").await,
            3,
            "what the copy did is not lost"
        );
    })
    .await;
}

#[tokio::test]
async fn an_operation_sent_again_in_a_new_life_counts_once() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let ops = some_ops(&world, &mut till, 1);
        till.push(&world, &ops).await;
        let changes = till.pull(&world).await.len();
        let mut reborn = till.reborn(&world);
        let op = &ops[0];
        let again = reborn.seal_raw(&world, op.op_id, &op.kind, op.version, op.payload.clone());
        let PushReply::Accepted { results, .. } = reborn.push(&world, &[again]).await else {
            panic!()
        };
        assert_eq!(results[0].outcome, Outcome::Applied);
        assert_eq!(world.count("SELECT count(*) FROM stamp").await, 1);
        assert_eq!(world.count("SELECT balance FROM stamp_balance").await, 1);
        assert_eq!(
            till.pull(&world).await.len(),
            changes,
            "its change is there already"
        );
    })
    .await;
}

#[tokio::test]
async fn of_two_operations_of_one_id_and_one_moment_the_first_that_came_is_the_one_that_counts() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let first = some_ops(&world, &mut till, 1).remove(0);
        let other = till.seal_raw(&world, first.op_id, &first.kind, 1, "{}".to_owned());
        for op in [&first, &other] {
            till.push(&world, std::slice::from_ref(op)).await;
        }
        // An engine may give rows of one moment in any order: what came first is written last here.
        for (from, to) in [(1, 1001), (1001, 1)] {
            let moved = format!(
                "INSERT INTO operations SELECT tenant_id, device_id, incarnation, {to}, op_id, hash, content_hash,
                 result, received_at FROM operations WHERE seq = {from};
                 DELETE FROM operations WHERE seq = {from}"
            );
            world.run_sql(&moved).await;
        }
        let mut reborn = till.reborn(&world);
        let again = reborn.seal_raw(&world, first.op_id, &first.kind, 1, first.payload.clone());
        let PushReply::Accepted { results, .. } = reborn.push(&world, &[again]).await else {
            panic!()
        };
        assert_eq!(results[0].outcome, Outcome::Applied);
    })
    .await;
}

#[tokio::test]
async fn another_operation_under_a_used_id_is_kept_and_not_taken_for_the_first() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let ops = some_ops(&world, &mut till, 1);
        till.push(&world, &ops).await;
        let op = stamp(&world, CustomerId(world.new_id()));
        let twin = till.seal_as(&world, ops[0].op_id, &op);
        let PushReply::Accepted { results, .. } = till.push(&world, &[twin]).await else {
            panic!()
        };
        assert!(matches!(results[0].outcome, Outcome::DeadLetter { .. }));
        assert_eq!(world.count("SELECT count(*) FROM dead_letters").await, 1);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_as_it_came_and_holds_nothing_back() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let newer = till.seal_raw(
            &world,
            OpId(world.new_id()),
            "sale_completed",
            9,
            "{\"x\":1}".to_owned(),
        );
        let broken = till.seal_raw(
            &world,
            OpId(world.new_id()),
            "stamp_given",
            1,
            "not json".to_owned(),
        );
        let fields = json!({ "price": "not an amount" });
        let edit = Op::EntityEdited(EntityEdited {
            entity: EntityKind::Product,
            id: world.new_id(),
            fields: serde_json::from_value(fields).unwrap(),
        });
        let misshapen = till.seal(&world, &edit);
        let good = some_ops(&world, &mut till, 1);
        let ops = [newer.clone(), broken, misshapen, good[0].clone()];
        let PushReply::Accepted { results, .. } = till.push(&world, &ops).await else {
            panic!()
        };
        for result in &results[..3] {
            assert!(
                matches!(result.outcome, Outcome::DeadLetter { .. }),
                "{result:?}"
            );
        }
        assert_eq!(results[3].outcome, Outcome::Applied);
        assert_eq!(world.count("SELECT count(*) FROM dead_letters").await, 3);
        assert_eq!(
            world
                .count("SELECT count(*) FROM entity WHERE kind = 'product'")
                .await,
            0
        );
        use sqlx::Row as _;
        let row = sqlx::query("SELECT raw FROM dead_letters WHERE seq = 1");
        let raw: String = row
            .fetch_one(world.hub.db.reader())
            .await
            .unwrap()
            .get("raw");
        assert_eq!(serde_json::from_str::<OpEnvelope>(&raw).unwrap(), newer);
        let changes = till.pull(&world).await;
        assert!(matches!(
            as_change(&changes, newer.op_id).outcome,
            Outcome::DeadLetter { .. }
        ));
    })
    .await;
}

#[tokio::test]
async fn ledgers_sum_to_their_balances() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let product_id = ProductId(world.new_id());
        for milli in [5000, -2000, 700] {
            let moved = StockMoved {
                product_id,
                quantity: Quantity(milli),
                reason: StockReason::Counted,
            };
            assert_eq!(
                till.act(&world, Op::StockMoved(moved)).await,
                Outcome::Applied
            );
        }
        let amount = Money::new(12_345, Currency::PEN).unwrap();
        let cash = CashMoved {
            shift_id: None,
            amount,
            reason: CashReason::PaidIn,
            note: String::new(),
        };
        till.act(&world, Op::CashMoved(cash)).await;
        assert_eq!(
            world
                .count("SELECT quantity_milli FROM stock_balance")
                .await,
            3700
        );
        assert_eq!(
            world
                .count("SELECT CAST(SUM(quantity_milli) AS BIGINT) FROM stock")
                .await,
            3700
        );
        assert_eq!(world.count("SELECT amount_minor FROM cash").await, 12_345);
    })
    .await;
}

#[tokio::test]
async fn tills_that_push_at_once_all_get_their_numbers() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut tills = Vec::new();
        for _ in 0..4 {
            tills.push(world.till(&owner).await);
        }
        let before = tills[0].pull(&world).await.len();
        let world = &world;
        let pushes = tills.iter().cloned().map(|mut till| async move {
            for _ in 0..5 {
                let ops = some_ops(world, &mut till, 3);
                assert!(matches!(
                    till.push(world, &ops).await,
                    PushReply::Accepted { .. }
                ));
            }
        });
        futures::future::join_all(pushes).await;
        let changes = tills[0].pull(world).await;
        assert_eq!(changes.len(), before + 4 * 5 * 3);
        assert!(
            changes
                .iter()
                .enumerate()
                .all(|(i, c)| c.seq == i as u64 + 1),
            "contiguous"
        );
    })
    .await;
}

#[tokio::test]
async fn a_value_that_the_engine_cannot_hold_wedges_nothing() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let product_id = ProductId(world.new_id());
        let huge = StockMoved {
            product_id,
            quantity: Quantity(i64::MAX),
            reason: StockReason::Counted,
        };
        till.act(&world, Op::StockMoved(huge.clone())).await;
        let over = till.act(&world, Op::StockMoved(huge)).await;
        assert!(matches!(over, Outcome::DeadLetter { .. }), "{over:?}");
        let (_, mut enrolment) = crate::sync::enrolment(&world, "+51\0987");
        till.act(&world, enrolment.clone()).await;
        let odd = till.seal_raw(
            &world,
            OpId(world.new_id()),
            "odd\0kind",
            7,
            "\0".to_owned(),
        );
        assert!(matches!(
            till.push(&world, &[odd]).await,
            PushReply::Accepted { .. }
        ));
        if let Op::CustomerEnrolled(e) = &mut enrolment {
            e.customer_id = CustomerId(world.new_id());
            e.customer.phone = "+51987654321".to_owned();
        }
        assert_eq!(
            till.act(&world, enrolment).await,
            Outcome::Applied,
            "the queue moves on"
        );
    })
    .await;
}
