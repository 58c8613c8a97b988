//! What stands but needs an owner's eye.

use counterfoil_domain::fact::{Refund, RefundLine, StockReason};
use counterfoil_domain::hlc::MAX_AHEAD_MS;
use counterfoil_domain::op::{EntityEdited, RewardRedeemed, StockMoved};
use counterfoil_domain::{
    Currency, CustomerId, EntityKind, Hlc, Money, Op, ProductId, Quantity, StampId,
};
use counterfoil_protocol::sync::Outcome;
use serde_json::json;

use crate::push::stamp;
use crate::support::{Till, World, on_each_engine};
use crate::sync::enrolment;

async fn codes(till: &Till, world: &World) -> Vec<String> {
    till.conflicts(world)
        .await
        .into_iter()
        .map(|c| c.code)
        .collect()
}

fn moved(product_id: ProductId, milli: i64) -> Op {
    Op::StockMoved(StockMoved {
        product_id,
        quantity: Quantity(milli),
        reason: StockReason::Counted,
    })
}

#[tokio::test]
async fn stock_sold_twice_is_told_once_and_both_sales_stand() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let id = world.new_id();
        let fields =
            serde_json::from_value(json!({ "name": "Torta", "low_stock_below": 1000 })).unwrap();
        till.act(
            &world,
            Op::EntityEdited(EntityEdited {
                entity: EntityKind::Product,
                id,
                fields,
            }),
        )
        .await;
        for milli in [1000, -1000, -1000, -1000] {
            assert_eq!(
                till.act(&world, moved(ProductId(id), milli)).await,
                Outcome::Applied
            );
        }
        // A product whose stock is not kept says nothing.
        till.act(&world, moved(ProductId(world.new_id()), -1000))
            .await;
        let conflicts = till.conflicts(&world).await;
        let [conflict] = &conflicts[..] else {
            panic!("{conflicts:?}")
        };
        assert_eq!(
            (conflict.code.as_str(), conflict.refused),
            ("oversold", false)
        );
        assert_eq!(
            conflict.details,
            json!({ "product_id": id, "balance_milli": -1000 })
        );
    })
    .await;
}

#[tokio::test]
async fn a_reward_redeemed_at_two_tills_stands_twice_and_is_told() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let (mut first, mut second) = (world.till(&owner).await, world.till(&owner).await);
        let customer_id = CustomerId(world.new_id());
        for _ in 0..5 {
            let op = stamp(&world, customer_id);
            first.act(&world, op).await;
        }
        for till in [&mut first, &mut second] {
            let reward = RewardRedeemed {
                stamp_id: StampId(world.new_id()),
                customer_id,
                stamps: 5,
                reward_name: "Café".to_owned(),
            };
            assert_eq!(
                till.act(&world, Op::RewardRedeemed(reward)).await,
                Outcome::Applied
            );
        }
        assert_eq!(codes(&first, &world).await, ["reward_overdrawn"]);
        assert_eq!(world.count("SELECT balance FROM stamp_balance").await, -5);
    })
    .await;
}

#[tokio::test]
async fn one_phone_enrolled_at_two_tills_is_told() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let (mut first, mut second) = (world.till(&owner).await, world.till(&owner).await);
        let (one, op) = enrolment(&world, "+51987654321");
        first.act(&world, op).await;
        let (two, op) = enrolment(&world, "+51987654321");
        assert_eq!(second.act(&world, op).await, Outcome::Applied);
        let conflicts = first.conflicts(&world).await;
        assert_eq!(conflicts[0].code, "phone_exists");
        assert_eq!(
            conflicts[0].details,
            json!({ "customer_id": two, "other_customer_id": one })
        );
    })
    .await;
}

#[tokio::test]
async fn a_clock_far_ahead_is_held_back_and_told_once_a_day() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let (mut fast, mut right) = (world.till(&owner).await, world.till(&owner).await);
        fast.clock_off_ms = 365 * 86_400_000;
        let (customer, op) = enrolment(&world, "+51987654321");
        fast.act(&world, op).await;
        let op = stamp(&world, customer);
        fast.act(&world, op).await;
        assert_eq!(codes(&right, &world).await, ["clock_ahead"]);
        world.clock.advance_ms(6 * 60_000);
        let fields = serde_json::from_value(json!({ "name": "Rosa María" })).unwrap();
        let edit = EntityEdited {
            entity: EntityKind::Customer,
            id: customer.0,
            fields,
        };
        right.act(&world, Op::EntityEdited(edit)).await;
        let row = right.entity(&world, customer.0).await.unwrap();
        assert_eq!(
            row.fields["name"], "Rosa María",
            "a year ahead does not win for a year"
        );
    })
    .await;
}

#[tokio::test]
async fn a_hub_whose_own_clock_went_back_holds_back_no_till_whose_clock_is_right() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let (mut first, mut second) = (world.till(&owner).await, world.till(&owner).await);
        let (customer, op) = enrolment(&world, "+51987654321");
        first.act(&world, op).await;
        let hour_ms = 3_600_000;
        world.clock.advance_ms(-hour_ms);
        for till in [&mut first, &mut second] {
            till.clock_off_ms = hour_ms + 60_000;
        }
        let named = |name: &str| {
            Op::EntityEdited(EntityEdited {
                entity: EntityKind::Customer,
                id: customer.0,
                fields: serde_json::from_value(json!({ "name": name })).unwrap(),
            })
        };
        first.act(&world, named("Rosa")).await;
        world.clock.advance_ms(1_000);
        second.act(&world, named("Rosa María")).await;
        assert_eq!(
            codes(&first, &world).await,
            [""; 0],
            "nobody's clock is wrong"
        );
        let row = first.entity(&world, customer.0).await.unwrap();
        assert_eq!(row.fields["name"], "Rosa María");
    })
    .await;
}

#[tokio::test]
async fn who_is_held_back_is_later_than_who_followed_the_clock_up_to_that_moment() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let (mut fast, mut right) = (world.till(&owner).await, world.till(&owner).await);
        fast.clock_off_ms = 86_400_000;
        let (customer, op) = enrolment(&world, "+51987654321");
        fast.act(&world, op).await;
        let named = |name: &str| {
            Op::EntityEdited(EntityEdited {
                entity: EntityKind::Customer,
                id: customer.0,
                fields: serde_json::from_value(json!({ "name": name })).unwrap(),
            })
        };
        let answer = world.get("/api/v1/sync/pull?after=0", &right.token).await;
        let held: Hlc = serde_json::from_value(answer.data()["clock"].clone()).unwrap();
        let mut followed = right.seal(&world, &named("Rosa"));
        followed.hlc = Hlc {
            ms: held.ms,
            counter: held.counter + 500,
        };
        right.push(&world, std::slice::from_ref(&followed)).await;
        fast.act(&world, named("Rosa María")).await;
        let row = fast.entity(&world, customer.0).await.unwrap();
        assert_eq!(row.fields["name"], "Rosa María");
    })
    .await;
}

#[tokio::test]
async fn a_pull_tells_the_newest_clock_among_the_rows_and_none_that_is_held_back() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let (mut fast, mut right) = (world.till(&owner).await, world.till(&owner).await);
        let newest = async |till: &Till| -> Hlc {
            let answer = world.get("/api/v1/sync/pull?after=0", &till.token).await;
            serde_json::from_value(answer.data()["clock"].clone()).unwrap()
        };
        fast.clock_off_ms = 3 * 60_000;
        let (_, op) = enrolment(&world, "+51987654321");
        let envelope = fast.seal(&world, &op);
        fast.push(&world, std::slice::from_ref(&envelope)).await;
        assert_eq!(newest(&right).await, envelope.hlc);
        let (_, op) = enrolment(&world, "+51987654322");
        right.act(&world, op).await;
        assert_eq!(newest(&right).await, envelope.hlc, "it never goes back");
        fast.clock_off_ms = 365 * 86_400_000;
        let (_, op) = enrolment(&world, "+51987654323");
        fast.act(&world, op).await;
        assert_eq!(newest(&right).await.ms, world.now().0 + MAX_AHEAD_MS);
    })
    .await;
}

#[tokio::test]
async fn edits_of_a_till_whose_clock_is_held_back_keep_their_order() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut fast = world.till(&owner).await;
        fast.clock_off_ms = 365 * 86_400_000;
        let (customer, op) = enrolment(&world, "+51987654321");
        fast.act(&world, op).await;
        for name in ["Rosa", "Rosa María"] {
            fast.clock_off_ms += 1;
            let edit = EntityEdited {
                entity: EntityKind::Customer,
                id: customer.0,
                fields: serde_json::from_value(json!({ "name": name })).unwrap(),
            };
            let mut envelope = fast.seal(&world, &Op::EntityEdited(edit));
            // A clock's counter begins anew with every millisecond.
            envelope.hlc.counter = 0;
            fast.prev_hash = envelope.hash();
            fast.push(&world, &[envelope]).await;
        }
        let row = fast.entity(&world, customer.0).await.unwrap();
        assert_eq!(row.fields["name"], "Rosa María");
    })
    .await;
}

#[tokio::test]
async fn an_owner_who_resolves_a_conflict_with_a_lagging_clock_is_heard() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        for _ in 0..2 {
            let (_, op) = enrolment(&world, "+51987654321");
            till.act(&world, op).await;
        }
        let changes = till.pull(&world).await;
        let id = changes.last().unwrap().origin.unwrap().op_id.0;
        till.clock_off_ms = -86_400_000;
        let fields = serde_json::from_value(json!({ "status": "resolved" })).unwrap();
        till.act(
            &world,
            Op::EntityEdited(EntityEdited {
                entity: EntityKind::Conflict,
                id,
                fields,
            }),
        )
        .await;
        assert_eq!(
            till.entity(&world, id).await.unwrap().fields["status"],
            "resolved"
        );
    })
    .await;
}

#[tokio::test]
async fn another_fact_under_a_used_id_is_told_and_not_lost() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let first = stamp(&world, CustomerId(world.new_id()));
        till.act(&world, first.clone()).await;
        let Op::StampGiven(mut reborn) = first else {
            unreachable!()
        };
        reborn.customer_id = CustomerId(world.new_id());
        till.act(&world, Op::StampGiven(reborn.clone())).await;
        let conflicts = till.conflicts(&world).await;
        assert_eq!(conflicts[0].code, "id_reused");
        assert_eq!(
            conflicts[0].details["lost"]["row"]["customer_id"],
            json!(reborn.customer_id)
        );
    })
    .await;
}

#[tokio::test]
async fn a_refund_over_its_sale_stands_and_is_told() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let sale = crate::support::sale(&world, &till, 1000);
        till.act(&world, Op::SaleCompleted(sale.clone())).await;
        let refund = |world: &World| {
            let total = Money::new(1000, Currency::PEN).unwrap();
            Op::SaleRefunded(Refund {
                refund_id: world.new_id().into(),
                sale_id: sale.sale_id,
                device_id: sale.device_id,
                at: world.now(),
                staff_id: sale.staff_id,
                shift_id: None,
                lines: vec![RefundLine {
                    line_id: sale.lines[0].line.line_id,
                    product_id: None,
                    name: "Café".to_owned(),
                    quantity: Quantity(1000),
                    total,
                    tax: Money::new(0, Currency::PEN).unwrap(),
                    restock: false,
                }],
                total,
                tax: Money::new(0, Currency::PEN).unwrap(),
                tender: sale.tenders[0].clone(),
                reason: String::new(),
            })
        };
        assert_eq!(till.act(&world, refund(&world)).await, Outcome::Applied);
        assert_eq!(codes(&till, &world).await, Vec::<String>::new());
        assert_eq!(till.act(&world, refund(&world)).await, Outcome::Applied);
        assert_eq!(codes(&till, &world).await, ["refund_over_sale"]);
    })
    .await;
}
