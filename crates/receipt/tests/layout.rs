//! What stands on receipts, and that it fits.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{cart, line, local, shop, sold, soles};
use counterfoil_domain::Discount;
use counterfoil_domain::entity::Shop;
use counterfoil_domain::fact::{CashReason, Refund, RefundLine, Sale};
use counterfoil_domain::tender::{Tender, TenderKind};
use counterfoil_domain::{Currency, DeviceId, LineId, Money, Quantity, RefundId, StaffId};
use counterfoil_receipt::{
    COLUMNS, Letterhead, Line, Locale, RefundPaper, SalePaper, ShiftMove, ShiftPaper, refund, sale,
    shift, text,
};
use proptest::prelude::*;
use uuid::Uuid;

fn receipt(sold: &Sale, shop: &Shop, language: &str) -> Vec<Line> {
    let head = Letterhead {
        shop,
        locale: Locale::of("PE", language),
    };
    let paper = SalePaper {
        sale: sold,
        at: local(sold.at),
        staff: "Ana",
        customer: "María Quispe",
        code: "counterfoil:sale:1",
    };
    sale(&head, &paper)
}

fn sample() -> Sale {
    let mut cart = cart(vec![
        line("Café americano", 2000, 850, None),
        line(
            "Torta de lúcuma con manjar blanco y nueces de Chanchamayo",
            1000,
            1200,
            Some(Discount::Percent { basis_points: 1000 }),
        ),
    ]);
    cart.note = "Para llevar".to_owned();
    sold(cart).unwrap()
}

#[test]
fn a_spanish_receipt_reads_like_this() {
    let expected = "                \
Café Lima
             Café Lima S.A.C.
             RUC 20512345678
        Av. Larco 345, Miraflores
------------------------------------------
Recibo                           T1-000042
21/11/2026 08:10                       Ana
Cliente                       María Quispe
------------------------------------------
Café americano
  2 x S/ 8.50                     S/ 17.00
Torta de lúcuma con manjar blanco
y nueces de Chanchamayo           S/ 12.00
  Descuento 10 %                  -S/ 1.20
------------------------------------------
Subtotal                          S/ 29.00
Descuentos                        -S/ 1.20
Base imponible                    S/ 23.56
IGV 18 %                           S/ 4.24
TOTAL                             S/ 27.80
Efectivo                          S/ 29.80
Vuelto                             S/ 2.00

Para llevar
------------------------------------------
         ¡Gracias por tu visita!
                T1-000042";
    assert_eq!(
        text(&receipt(&sample(), &shop(), "es")).join("\n"),
        expected
    );
}

#[test]
fn an_english_receipt_uses_english_words() {
    let lines = text(&receipt(&sample(), &shop(), "en")).join("\n");
    for word in [
        "Receipt",
        "2026-11-21 08:10",
        "Customer",
        "Discounts",
        "Net",
        "Change",
    ] {
        assert!(lines.contains(word), "{word} is missing in:\n{lines}");
    }
}

#[test]
fn amounts_follow_currency_and_country() {
    let money = |minor, code: &str| Money::new(minor, code.parse().unwrap()).unwrap();
    let peru = Locale::of("PE", "");
    assert_eq!(peru.money(money(125_050, "PEN")), "S/ 1,250.50");
    assert_eq!(peru.money(money(-5, "PEN")), "-S/ 0.05");
    assert_eq!(peru.money(money(1_234_567, "JPY")), "JPY 1,234,567");
    assert_eq!(peru.money(money(1_500, "KWD")), "KWD 1.500");
    assert_eq!(
        Locale::of("ES", "").money(money(125_050, "EUR")),
        "€ 1.250,50"
    );
    assert_eq!(
        peru.money(money(9_007_199_254_740_991, "PEN")),
        "S/ 90,071,992,547,409.91"
    );
}

#[test]
fn quantities_lose_needless_zeros() {
    let peru = Locale::of("PE", "es");
    assert_eq!(peru.quantity(Quantity(2000)), "2");
    assert_eq!(peru.quantity(Quantity(250)), "0.25");
    assert_eq!(Locale::of("CL", "es").quantity(Quantity(1500)), "1,5");
    assert_eq!(peru.percent(1250), "12.5 %");
}

#[test]
fn a_refund_names_its_sale_and_what_is_paid_back() {
    let shop = shop();
    let amount = soles(850);
    let given_back = Refund {
        refund_id: RefundId(Uuid::nil()),
        sale_id: sample().sale_id,
        device_id: DeviceId(Uuid::nil()),
        at: sample().at,
        staff_id: StaffId(Uuid::nil()),
        shift_id: None,
        lines: vec![RefundLine {
            line_id: LineId(Uuid::nil()),
            product_id: None,
            name: "Café americano".to_owned(),
            quantity: Quantity::pieces(1),
            total: amount,
            tax: soles(130),
            restock: false,
        }],
        total: amount,
        tax: soles(130),
        tender: Tender {
            kind: TenderKind::Cash,
            amount,
            reference: None,
        },
        reason: "Frío".to_owned(),
    };
    let head = Letterhead {
        shop: &shop,
        locale: Locale::of("PE", "es"),
    };
    let paper = RefundPaper {
        refund: &given_back,
        sale_number: "T1-000042",
        at: local(given_back.at),
        staff: "Ana",
    };
    let lines = text(&refund(&head, &paper)).join("\n");
    assert!(
        lines.contains("Devolución de                    T1-000042"),
        "{lines}"
    );
    assert!(
        lines.contains("DEVUELTO                           S/ 8.50"),
        "{lines}"
    );
}

#[test]
fn a_shift_report_is_x_while_open_and_z_when_closed() {
    let shop = shop();
    let head = Letterhead {
        shop: &shop,
        locale: Locale::of("PE", "es"),
    };
    let at = local(sample().at);
    let moves = [ShiftMove {
        at,
        reason: CashReason::Drop,
        amount: soles(-5000),
        note: String::new(),
    }];
    let mut paper = ShiftPaper {
        till_code: "T1",
        opened_by: "Ana",
        opened_at: at,
        closed_at: None,
        sales: 3,
        revenue: soles(8340),
        tax: soles(1272),
        refunds: soles(850),
        cash: soles(5000),
        card: soles(3340),
        opening_float: soles(10_000),
        expected: soles(9150),
        counted: None,
        difference: None,
        moves: &moves,
    };
    let open = text(&shift(&head, &paper)).join("\n");
    assert!(open.contains("Reporte X"), "{open}");
    assert!(open.contains("A la bóveda"), "{open}");
    paper.closed_at = Some(at);
    paper.counted = Some(soles(9100));
    paper.difference = Some(soles(-50));
    let closed = text(&shift(&head, &paper)).join("\n");
    assert!(closed.contains("Reporte Z"), "{closed}");
    assert!(
        closed.contains("Diferencia                        -S/ 0.50"),
        "{closed}"
    );
}

/// Reads `-S/ 1,234.50` back.
fn minor(text: &str) -> i64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let value: i64 = digits.parse().unwrap();
    if text.starts_with('-') { -value } else { value }
}

fn amount_of(lines: &[Line], name: &str) -> Option<i64> {
    lines.iter().find_map(|line| match line {
        Line::Pair { left, right } | Line::Strong { left, right } if left == name => {
            Some(minor(right))
        }
        _ => None,
    })
}

proptest! {
    #[test]
    fn every_line_fits_and_totals_are_the_sales(
        lines in proptest::collection::vec(
            (".{0,90}", 1_i64..200_000, 0_i64..5_000_000, 0_u32..10_000, ".{0,60}"), 1..12),
        off in 0_u32..10_000,
        (name, footer) in (".{0,60}", ".{0,120}"),
    ) {
        let mut cart = cart(lines.into_iter().map(|(name, quantity, price, percent, note)| {
            let discount = Some(Discount::Percent { basis_points: percent });
            common_line(&name, quantity, price, discount, note)
        }).collect());
        cart.discount = Some(Discount::Percent { basis_points: off });
        let sale = sold(cart).unwrap();
        let shop = Shop { name, receipt_footer: footer, ..shop() };
        let lines = receipt(&sale, &shop, "es");
        for line in text(&lines) {
            prop_assert!(line.chars().count() <= COLUMNS, "{} columns: {line}", line.chars().count());
            prop_assert!(!line.chars().any(char::is_control));
        }
        prop_assert_eq!(amount_of(&lines, "TOTAL"), Some(sale.total.minor()));
        prop_assert_eq!(amount_of(&lines, "Base imponible"), Some(sale.net.minor()));
        prop_assert_eq!(amount_of(&lines, "IGV 18 %"), Some(sale.tax.minor()));
        if !sale.discount.is_zero() {
            prop_assert_eq!(amount_of(&lines, "Descuentos"), Some(-sale.discount.minor()));
            prop_assert_eq!(amount_of(&lines, "Subtotal"), Some(sale.subtotal.minor()));
        }
        prop_assert_eq!(sale.currency, Currency::PEN);
    }
}

fn common_line(
    name: &str,
    quantity: i64,
    price: i64,
    discount: Option<Discount>,
    note: String,
) -> counterfoil_domain::CartLine {
    let mut line = line(name, quantity, price, discount);
    line.note = note;
    line
}
