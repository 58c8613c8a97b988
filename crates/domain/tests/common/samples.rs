//! One operation of every kind, the same for ever: the golden files beside the tests hold them as they were first written.

use counterfoil_domain::cart::{Cart, CartLine, Discount};
use counterfoil_domain::entity::{Customer, EntityKind};
use counterfoil_domain::fact::{
    CashReason, Refund, RefundLine, Sale, SaleLine, ShiftClosed, ShiftOpened, StockReason,
};
use counterfoil_domain::op::{
    CashMoved, CustomerEnrolled, EntityDeleted, EntityEdited, RewardRedeemed, StampGiven,
    StampReversed, StockMoved, VisitBooked, VisitCancelled, VisitDone, VisitMoved,
};
use counterfoil_domain::tax::{LineTax, TaxRate};
use counterfoil_domain::tender::{Tender, TenderKind};
use counterfoil_domain::{Currency, Money, Op, Quantity, UnixMs};
use uuid::Uuid;

const AT: UnixMs = UnixMs(1_772_636_400_000);

fn id<T: From<Uuid>>(number: u128) -> T {
    T::from(Uuid::from_u128(
        0x0199_1f0c_8a00_7000_8000_0000_0000_0000 + number,
    ))
}

fn soles(minor: i64) -> Money {
    Money::new(minor, Currency::PEN).unwrap()
}

fn sale() -> Sale {
    let tax = LineTax {
        code: "igv".to_owned(),
        name: "IGV 18 %".to_owned(),
        rate: TaxRate(1800),
        inclusive: true,
    };
    let mut cart = Cart::empty(id(1), Currency::PEN);
    cart.discount = Some(Discount::Amount { amount: soles(100) });
    cart.lines = vec![
        CartLine {
            line_id: id(2),
            product_id: Some(id(3)),
            sku: "CAF".to_owned(),
            name: "Café americano".to_owned(),
            quantity: Quantity::pieces(2),
            unit_price: soles(850),
            tax: tax.clone(),
            discount: Some(Discount::Percent { basis_points: 1000 }),
            note: "sin azúcar".to_owned(),
        },
        CartLine {
            line_id: id(4),
            product_id: None,
            sku: String::new(),
            name: "Granos a granel".to_owned(),
            quantity: Quantity(350),
            unit_price: soles(9_000),
            tax,
            discount: None,
            note: String::new(),
        },
    ];
    let priced = cart.price().unwrap();
    let change = soles(5_000).minus(priced.total).unwrap();
    Sale {
        sale_id: id(5),
        device_id: id(6),
        till_code: "T1".to_owned(),
        number: 42,
        at: AT,
        staff_id: id(7),
        shift_id: Some(id(8)),
        customer_id: Some(id(9)),
        currency: Currency::PEN,
        lines: cart
            .lines
            .into_iter()
            .zip(priced.lines)
            .map(|(line, amounts)| SaleLine { line, amounts })
            .collect(),
        subtotal: priced.subtotal,
        discount: priced.discount,
        net: priced.net,
        tax: priced.tax,
        taxes: priced.taxes,
        total: priced.total,
        tenders: vec![
            Tender {
                kind: TenderKind::Card,
                amount: soles(1_000),
                reference: Some("004711".to_owned()),
            },
            Tender {
                kind: TenderKind::Cash,
                amount: soles(4_000),
                reference: None,
            },
        ],
        change,
        note: "para llevar".to_owned(),
    }
}

fn refund() -> Refund {
    Refund {
        refund_id: id(10),
        sale_id: id(5),
        device_id: id(6),
        at: AT.plus_minutes(5),
        staff_id: id(7),
        shift_id: None,
        lines: vec![RefundLine {
            line_id: id(2),
            product_id: Some(id(3)),
            name: "Café americano".to_owned(),
            quantity: Quantity::pieces(1),
            total: soles(733),
            tax: soles(112),
            restock: false,
        }],
        total: soles(733),
        tax: soles(112),
        tender: Tender {
            kind: TenderKind::Cash,
            amount: soles(733),
            reference: None,
        },
        reason: "frío".to_owned(),
    }
}

/// One operation of every kind.
pub fn every_op() -> Vec<Op> {
    vec![
        Op::SaleCompleted(sale()),
        Op::SaleRefunded(refund()),
        Op::StampGiven(StampGiven {
            stamp_id: id(11),
            customer_id: id(9),
        }),
        Op::StampReversed(StampReversed {
            stamp_id: id(12),
            reverses: id(11),
            customer_id: id(9),
        }),
        Op::RewardRedeemed(RewardRedeemed {
            stamp_id: id(13),
            customer_id: id(9),
            stamps: 5,
            reward_name: "Un café".to_owned(),
        }),
        Op::StockMoved(StockMoved {
            product_id: id(3),
            quantity: Quantity(-1_500),
            reason: StockReason::Wasted,
        }),
        Op::CashMoved(CashMoved {
            shift_id: Some(id(8)),
            amount: soles(-2_000),
            reason: CashReason::PaidOut,
            note: "hielo".to_owned(),
        }),
        Op::ShiftOpened(ShiftOpened {
            shift_id: id(8),
            device_id: id(6),
            staff_id: id(7),
            at: AT,
            opening_float: soles(10_000),
        }),
        Op::ShiftClosed(ShiftClosed {
            shift_id: id(8),
            device_id: id(6),
            staff_id: id(7),
            at: AT.plus_minutes(480),
            expected: soles(12_345),
            counted: soles(12_300),
            note: "faltan monedas".to_owned(),
        }),
        Op::CustomerEnrolled(CustomerEnrolled {
            customer_id: id(9),
            customer: Customer {
                name: "María Ñique".to_owned(),
                phone: "+51987654321".to_owned(),
                enrolled_at: AT,
                note: String::new(),
                cards_lost: 0,
            },
        }),
        Op::VisitDone(VisitDone {
            visit_id: id(14),
            note: "instalado".to_owned(),
            done_at: AT.plus_minutes(60),
        }),
        Op::VisitBooked(VisitBooked {
            visit_id: id(14),
            merchant_id: id(15),
            installer_id: id(16),
            starts_at: AT,
            ends_at: AT.plus_minutes(60),
            purpose: "Instalar".to_owned(),
        }),
        Op::VisitMoved(VisitMoved {
            visit_id: id(14),
            installer_id: id(16),
            starts_at: AT.plus_minutes(120),
            ends_at: AT.plus_minutes(180),
        }),
        Op::VisitCancelled(VisitCancelled {
            visit_id: id(14),
            reason: "cerrado".to_owned(),
        }),
        Op::EntityEdited(EntityEdited {
            entity: EntityKind::Product,
            id: id(3),
            fields: [
                (
                    "price".to_owned(),
                    serde_json::json!({ "minor": 900, "currency": "PEN" }),
                ),
                ("name".to_owned(), serde_json::json!("Café grande")),
            ]
            .into(),
        }),
        Op::EntityDeleted(EntityDeleted {
            entity: EntityKind::Category,
            id: id(17),
        }),
    ]
}

/// Fails to compile when a kind is added: then it needs a sample above and a golden file.
#[allow(dead_code, reason = "compiling it is its purpose")]
const fn every_kind_is_listed(op: &Op) {
    match op {
        Op::SaleCompleted(_)
        | Op::SaleRefunded(_)
        | Op::StampGiven(_)
        | Op::StampReversed(_)
        | Op::RewardRedeemed(_)
        | Op::StockMoved(_)
        | Op::CashMoved(_)
        | Op::ShiftOpened(_)
        | Op::ShiftClosed(_)
        | Op::CustomerEnrolled(_)
        | Op::VisitDone(_)
        | Op::VisitBooked(_)
        | Op::VisitMoved(_)
        | Op::VisitCancelled(_)
        | Op::EntityEdited(_)
        | Op::EntityDeleted(_) => {}
    }
}
