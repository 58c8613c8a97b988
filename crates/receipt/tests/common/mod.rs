//! A shop, and sales from carts.

use counterfoil_domain::cart::{Cart, CartLine, Discount};
use counterfoil_domain::entity::Shop;
use counterfoil_domain::fact::{Sale, SaleLine};
use counterfoil_domain::tax::{LineTax, TaxRate};
use counterfoil_domain::tender::{Tender, TenderKind, settle};
use counterfoil_domain::time::{LocalTime, ShopZone};
use counterfoil_domain::{
    CartId, Currency, DeviceId, LineId, Money, MoneyError, Quantity, SaleId, StaffId, UnixMs,
};
use uuid::Uuid;

pub fn soles(minor: i64) -> Money {
    Money::new(minor, Currency::PEN).unwrap()
}

pub fn shop() -> Shop {
    Shop {
        name: "Café Lima".to_owned(),
        legal_name: "Café Lima S.A.C.".to_owned(),
        tax_id: "20512345678".to_owned(),
        address: "Av. Larco 345, Miraflores".to_owned(),
        receipt_footer: "¡Gracias por tu visita!".to_owned(),
        reward_name: "Un café gratis".to_owned(),
        ..Shop::default()
    }
}

pub fn line(name: &str, quantity: i64, price: i64, discount: Option<Discount>) -> CartLine {
    CartLine {
        line_id: LineId(Uuid::nil()),
        product_id: None,
        sku: String::new(),
        name: name.to_owned(),
        quantity: Quantity(quantity),
        unit_price: soles(price),
        tax: LineTax {
            code: "igv".to_owned(),
            name: "IGV 18 %".to_owned(),
            rate: TaxRate(1800),
            inclusive: true,
        },
        discount,
        note: String::new(),
    }
}

pub fn cart(lines: Vec<CartLine>) -> Cart {
    Cart {
        lines,
        ..Cart::empty(CartId(Uuid::nil()), Currency::PEN)
    }
}

/// The cart sold, with two soles more in cash than needed.
pub fn sold(cart: Cart) -> Result<Sale, MoneyError> {
    let priced = cart.price()?;
    let tenders = vec![Tender {
        kind: TenderKind::Cash,
        amount: priced.total.plus(soles(200))?,
        reference: None,
    }];
    let settled = settle(priced.total, &tenders)?;
    Ok(Sale {
        sale_id: SaleId(Uuid::nil()),
        device_id: DeviceId(Uuid::nil()),
        till_code: "T1".to_owned(),
        number: 42,
        at: UnixMs(1_795_266_600_000),
        staff_id: StaffId(Uuid::nil()),
        shift_id: None,
        customer_id: None,
        currency: Currency::PEN,
        lines: cart
            .lines
            .into_iter()
            .zip(&priced.lines)
            .map(|(line, amounts)| SaleLine {
                line,
                amounts: *amounts,
            })
            .collect(),
        subtotal: priced.subtotal,
        discount: priced.discount,
        net: priced.net,
        tax: priced.tax,
        taxes: priced.taxes,
        total: priced.total,
        tenders,
        change: settled.change,
        note: cart.note,
    })
}

pub fn local(at: UnixMs) -> LocalTime {
    ShopZone::named("America/Lima").unwrap().local(at).unwrap()
}
