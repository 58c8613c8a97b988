//! The owner's figures in words.

use counterfoil_app::Counterfoil;
use counterfoil_app::view::{AttentionItem, Failure, OwnerView, Period};

use crate::output::{Output, money, quantity};

pub fn stats(app: &Counterfoil, period: Period, output: &Output) -> Result<(), Failure> {
    output.answer(&app.owner(period)?, words)
}

fn words(view: &OwnerView) -> Vec<String> {
    let (now, then) = (&view.current, &view.previous);
    let amount = |name: &str, now, then| format!("{name:<16}{:>18}{:>18}", money(now), money(then));
    let count = |name: &str, now: u32, then: u32| format!("{name:<16}{now:>18}{then:>18}");
    let mut lines = vec![
        format!("{:<16}{:>18}{:>18}", "", "now", "before"),
        amount("revenue", now.revenue, then.revenue),
        count("sales", now.sales, then.sales),
        amount("average basket", now.average_basket, then.average_basket),
        amount("refunds", now.refunds, then.refunds),
        count("stamps", now.stamps, then.stamps),
        count("rewards", now.rewards, then.rewards),
        count("new customers", now.new_customers, then.new_customers),
        String::new(),
    ];
    lines.extend(view.top_products.iter().map(|product| {
        let pieces = quantity(product.quantity.milli());
        format!(
            "{:>8} x {:<32}{:>16}",
            pieces,
            product.name,
            money(product.revenue)
        )
    }));
    lines.push(String::new());
    lines.extend(view.attention.iter().map(attention));
    lines
}

fn attention(item: &AttentionItem) -> String {
    match item {
        AttentionItem::LowStock { name, stock, .. } => {
            format!("! {name}: {} left", quantity(stock.milli()))
        }
        AttentionItem::StuckChanges { count } => format!("! {count} changes are stuck"),
        AttentionItem::OpenConflicts { count } => format!("! {count} conflicts to decide"),
        AttentionItem::LapsedRegular {
            name, usual_days, ..
        } => {
            format!("! {name} used to come every {usual_days} days")
        }
    }
}
