//! The owner's figures against sums made by hand.

use counterfoil_app::view::{AttentionItem, Period};
use counterfoil_domain::op::StampGiven;
use counterfoil_domain::{CustomerId, Money, Op, Quantity};

use crate::common::{Till, days_ago, minutes_ago};

/// Each sample sale has 10 % off: a coffee costs 7.65, a cake 10.80.
const COFFEE: i64 = 765;
const CAKE: i64 = 1080;

/// Wednesday, 10:00. Today two coffees, one cake, the coffees given back; a week ago one coffee before ten, one cake after.
fn two_wednesdays() -> Till {
    let till = Till::new();
    let sale = |number, pieces: &[(usize, i64)], at| {
        let sale = till.shop.sale(number, pieces, None, at).unwrap();
        till.happened(Op::SaleCompleted(sale.clone()), at);
        sale
    };
    sale(1, &[(0, 1)], days_ago(7).plus_minutes(-60));
    sale(2, &[(1, 1)], days_ago(7).plus_minutes(120));
    let coffees = sale(3, &[(0, 2)], minutes_ago(60));
    sale(4, &[(1, 1)], minutes_ago(30));
    let refund = till.shop.refund(&coffees, minutes_ago(15)).unwrap();
    till.happened(Op::SaleRefunded(refund), minutes_ago(15));
    till.app.act_as(None).unwrap();
    till
}

fn minor(amount: Money) -> i64 {
    amount.minor()
}

#[test]
fn todays_figures_equal_the_sums_made_by_hand() {
    let view = two_wednesdays().app.owner(Period::Today).unwrap();
    assert_eq!(minor(view.current.revenue), CAKE);
    assert_eq!(minor(view.current.refunds), 2 * COFFEE);
    assert_eq!(view.current.sales, 2);
    assert_eq!(minor(view.current.average_basket), (2 * COFFEE + CAKE) / 2);
}

#[test]
fn a_week_ago_counts_up_to_the_same_time_of_the_day() {
    let view = two_wednesdays().app.owner(Period::Today).unwrap();
    assert_eq!(minor(view.previous.revenue), COFFEE);
    assert_eq!(view.previous.sales, 1);
}

#[test]
fn the_hours_sum_to_the_revenue() {
    let view = two_wednesdays().app.owner(Period::Today).unwrap();
    let labels: Vec<&str> = view.by_hour.iter().map(|bar| bar.label.as_str()).collect();
    assert_eq!(labels, ["09"]);
    assert_eq!(
        view.by_hour
            .iter()
            .map(|bar| minor(bar.current))
            .sum::<i64>(),
        CAKE
    );
    assert_eq!(minor(view.by_hour[0].previous), COFFEE);
}

#[test]
fn a_weeks_days_are_seven_and_sum_to_its_revenue() {
    let view = two_wednesdays().app.owner(Period::Week).unwrap();
    assert_eq!(view.by_day.len(), 7);
    assert_eq!(
        view.by_day
            .iter()
            .map(|bar| minor(bar.current))
            .sum::<i64>(),
        CAKE
    );
    assert_eq!(minor(view.previous.revenue), COFFEE);
}

#[test]
fn what_came_back_is_no_best_seller() {
    let view = two_wednesdays().app.owner(Period::Today).unwrap();
    let names: Vec<&str> = view.top_products.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["Torta de lúcuma"]);
    assert_eq!(view.top_products[0].quantity, Quantity::pieces(1));
}

#[test]
fn stamps_rewards_and_new_customers_are_counted() {
    let till = Till::new();
    let (ana, enrolled) = till.shop.enrol("Ana", "+51987654321");
    till.happened(enrolled, minutes_ago(0));
    let given = StampGiven {
        stamp_id: till.shop.id(),
        customer_id: ana,
    };
    till.happened(Op::StampGiven(given.clone()), minutes_ago(40));
    till.happened(till.shop.stamp(ana), minutes_ago(30));
    till.happened(till.shop.unstamp(ana, given.stamp_id), minutes_ago(29));
    till.happened(till.shop.redeem(ana), minutes_ago(10));
    till.app.act_as(None).unwrap();
    let now = till.app.owner(Period::Today).unwrap().current;
    assert_eq!((now.stamps, now.rewards, now.new_customers), (1, 1, 1));
}

fn comes_every(till: &Till, name: &str, phone: &str, days: i64, last: i64) -> CustomerId {
    let (who, enrolled) = till.shop.enrol(name, phone);
    till.happened(enrolled, days_ago(90));
    for visit in (0..5).rev() {
        till.happened(till.shop.stamp(who), days_ago(last + visit * days));
    }
    who
}

#[test]
fn a_regular_away_for_more_than_three_gaps_needs_attention() {
    let till = Till::new();
    let lapsed = comes_every(&till, "Ana", "+51987654321", 5, 25);
    comes_every(&till, "Bea", "+51987654322", 10, 25);
    comes_every(&till, "Caro", "+51987654323", 1, 10);
    till.app.act_as(None).unwrap();
    let view = till.app.owner(Period::Today).unwrap();
    let found: Vec<_> = view
        .attention
        .iter()
        .filter_map(|item| match item {
            AttentionItem::LapsedRegular {
                customer_id,
                usual_days,
                ..
            } => Some((*customer_id, *usual_days)),
            _ => None,
        })
        .collect();
    assert_eq!(found, [(lapsed, 5)]);
}

#[test]
fn a_product_below_its_threshold_needs_attention() {
    let till = Till::new();
    till.happened(till.shop.deliver(2, -6), minutes_ago(5));
    till.app.act_as(None).unwrap();
    let view = till.app.owner(Period::Today).unwrap();
    let low = |item: &AttentionItem| matches!(item, AttentionItem::LowStock { stock, .. } if *stock == Quantity::pieces(4));
    assert_eq!(view.attention.iter().filter(|item| low(item)).count(), 1);
}

#[test]
fn a_cashier_does_not_see_the_owners_figures() {
    let till = Till::new();
    till.app.act_as(Some("Ana")).unwrap();
    assert_eq!(
        till.app.owner(Period::Today).unwrap_err().code,
        "role_not_allowed"
    );
}

#[test]
fn nobody_sees_them_before_signing_in() {
    let till = Till::new();
    assert_eq!(
        till.app.owner(Period::Today).unwrap_err().code,
        "not_signed_in"
    );
}
