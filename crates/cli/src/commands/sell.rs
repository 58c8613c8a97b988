//! A sale from arguments or JSON. What the cashier has on the cart is set aside meanwhile and taken up again.

use std::io::Read as _;
use std::path::Path;

use counterfoil_app::Counterfoil;
use counterfoil_app::domain::tender::{Tender, TenderKind};
use counterfoil_app::domain::{CartId, Currency, Quantity};
use counterfoil_app::view::{Failure, ProductTile, SaleView};
use serde::Deserialize;

use super::find_customer;
use crate::args::Sell;
use crate::output::{Output, money};
use crate::parse;

/// A sale; every number as text, so that no digit is lost.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Order {
    lines: Vec<OrderLine>,
    discount: Option<String>,
    cash: Option<String>,
    card: Option<String>,
    customer: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderLine {
    sku: String,
    quantity: Option<String>,
    discount: Option<String>,
}

pub fn sell(app: &Counterfoil, args: &Sell, output: &Output) -> Result<(), Failure> {
    let order = match &args.json_input {
        Some(file) => read_order(file)?,
        None => Order {
            lines: args.lines.iter().map(|text| line_of(text)).collect(),
            discount: args.discount.clone(),
            cash: args.cash.clone(),
            card: args.card.clone(),
            customer: args.customer.clone(),
        },
    };
    let set_aside = set_aside(app)?;
    let sold = ring_up(app, &order);
    if sold.is_err() {
        app.cart_clear()?;
    }
    if let Some(cart_id) = set_aside {
        app.cart_resume(cart_id)?;
    }
    output.answer(&sold?, words)
}

fn words(sale: &SaleView) -> Vec<String> {
    let mut lines = sale.receipt_text.clone();
    lines.push(String::new());
    lines.push(format!("change: {}", money(sale.change)));
    lines
}

fn read_order(file: &Path) -> Result<Order, Failure> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(file)?;
    }
    serde_json::from_str(&text)
        .map_err(|e| Failure::new("argument_invalid", format!("the sale cannot be read: {e}")))
}

fn line_of(text: &str) -> OrderLine {
    let mut parts = text.splitn(3, ':').map(str::to_owned);
    OrderLine {
        sku: parts.next().unwrap_or_default(),
        quantity: parts.next().filter(|q| !q.is_empty()),
        discount: parts.next(),
    }
}

fn set_aside(app: &Counterfoil) -> Result<Option<CartId>, Failure> {
    let open = app.cart()?;
    if open.lines.is_empty() {
        return Ok(None);
    }
    app.cart_park("set aside")?;
    Ok(Some(open.cart_id))
}

fn ring_up(app: &Counterfoil, order: &Order) -> Result<SaleView, Failure> {
    let products = app.catalogue()?.products;
    let mut cart = app.cart_clear()?;
    let currency = cart.total.currency();
    for wanted in &order.lines {
        let product = find_product(&products, &wanted.sku)?;
        let quantity = match &wanted.quantity {
            Some(text) => parse::quantity(text)?,
            None => Quantity::pieces(1),
        };
        cart = app.cart_add_product(product.product_id, quantity)?;
        if let Some(text) = &wanted.discount {
            let discount = parse::discount(text, currency)?;
            let line = cart
                .lines
                .iter()
                .find(|l| l.product_id == Some(product.product_id));
            let line = line.ok_or_else(|| Failure::internal("the line is not on the cart"))?;
            app.cart_discount_line(line.line_id, Some(discount))?;
        }
    }
    if let Some(text) = &order.discount {
        app.cart_discount(Some(parse::discount(text, currency)?))?;
    }
    if let Some(query) = &order.customer {
        app.cart_set_customer(Some(find_customer(app, query)?))?;
    }
    app.complete_sale(tenders(order, currency)?)
}

fn tenders(order: &Order, currency: Currency) -> Result<Vec<Tender>, Failure> {
    let given = [
        (TenderKind::Card, &order.card),
        (TenderKind::Cash, &order.cash),
    ];
    given
        .into_iter()
        .filter_map(|(kind, text)| Some((kind, text.as_deref()?)))
        .map(|(kind, text)| {
            let amount = parse::amount(text, currency)?;
            Ok(Tender {
                kind,
                amount,
                reference: None,
            })
        })
        .collect()
}

fn find_product<'a>(products: &'a [ProductTile], code: &str) -> Result<&'a ProductTile, Failure> {
    let meant = |p: &&ProductTile| {
        p.sku.eq_ignore_ascii_case(code) || (!p.barcode.is_empty() && p.barcode == code)
    };
    products.iter().find(meant).ok_or_else(|| {
        Failure::new(
            "product_not_found",
            format!("no product has the code '{code}'"),
        )
    })
}
