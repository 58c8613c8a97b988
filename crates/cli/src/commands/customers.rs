//! Customers and their stamps.

use counterfoil_app::Counterfoil;
use counterfoil_app::view::{CustomerView, EnrolOutcome, Failure, StampOutcome};

use super::find_customer;
use crate::output::{Output, money};

pub fn add(app: &Counterfoil, name: &str, phone: &str, output: &Output) -> Result<(), Failure> {
    output.answer(&app.enrol(name, phone)?, |outcome| match outcome {
        EnrolOutcome::Created { customer } => page("enrolled", customer),
        EnrolOutcome::Existing { customer } => page("enrolled already", customer),
    })
}

pub fn show(app: &Counterfoil, query: &str, output: &Output) -> Result<(), Failure> {
    let customer_id = find_customer(app, query)?;
    output.answer(&app.customer(customer_id)?, |customer| {
        page("customer", customer)
    })
}

pub fn stamp(app: &Counterfoil, customer: &str, output: &Output) -> Result<(), Failure> {
    let customer_id = find_customer(app, customer)?;
    output.answer(&app.stamp(customer_id)?, |outcome| match outcome {
        StampOutcome::Given {
            card,
            reward_unlocked,
            ..
        } => {
            let reward = if *reward_unlocked {
                ", a reward is unlocked"
            } else {
                ""
            };
            vec![format!(
                "stamped: {} of {}{reward}",
                card.count, card.required
            )]
        }
        StampOutcome::Cooldown { wait_s, .. } => {
            vec![format!(
                "stamped a moment ago; the next stamp is possible in {wait_s} s"
            )]
        }
    })
}

fn page(what: &str, customer: &CustomerView) -> Vec<String> {
    let tile = &customer.tile;
    let card = tile.card;
    vec![
        format!("{what}: {} ({})", tile.name, tile.customer_id),
        format!("phone: {}", tile.phone),
        format!(
            "stamps: {} of {}, rewards: {}",
            card.count, card.required, card.rewards
        ),
        format!(
            "bought: {} times, {}",
            customer.sales,
            money(customer.spent)
        ),
    ]
}
