//! One fact of each kind, the same for ever.

use serde_json::{Value, json};

use crate::fact::FactRow;

fn id(n: u8) -> String {
    format!("0198c0de-0000-7000-8000-0000000000{n:02x}")
}

fn money(minor: i64) -> Value {
    json!({ "minor": minor, "currency": "PEN" })
}

/// As the hub stores them.
pub(super) fn facts() -> Vec<FactRow> {
    let amounts = json!({
        "list": money(1000), "discount": money(0), "cart_discount": money(50),
        "net": money(805), "tax": money(145), "total": money(950),
    });
    let line = json!({
        "line_id": id(1), "product_id": id(2), "sku": "COF", "name": "Café", "quantity": 1000,
        "unit_price": money(1000), "tax": { "code": "igv", "name": "IGV 18 %", "rate": 1800, "inclusive": true },
        "discount": null, "note": "", "amounts": amounts,
    });
    let sale = json!({
        "sale_id": id(3), "device_id": id(4), "till_code": "T1", "number": 7, "at": 1000, "staff_id": id(5),
        "shift_id": id(6), "customer_id": null, "currency": "PEN", "lines": [line], "subtotal": money(1000),
        "discount": money(50), "net": money(805), "tax": money(145), "taxes": [], "total": money(950),
        "tenders": [{ "kind": "cash", "amount": money(1000), "reference": null }], "change": money(50), "note": "",
    });
    let refund = json!({
        "refund_id": id(7), "sale_id": id(3), "device_id": id(4), "at": 2000, "staff_id": id(5), "shift_id": null,
        "lines": [{ "line_id": id(1), "product_id": id(2), "name": "Café", "quantity": 1000, "total": money(950),
                    "tax": money(145), "restock": true }],
        "total": money(950), "tax": money(145), "tender": { "kind": "cash", "amount": money(950), "reference": null },
        "reason": "cold",
    });
    let all = [
        ("sale", sale),
        ("refund", refund),
        (
            "stamp",
            json!({ "stamp_id": id(8), "customer_id": id(9), "stamps": -10, "reason": "redeemed", "at": 3000,
                    "staff_id": id(5), "device_id": id(4) }),
        ),
        (
            "stock",
            json!({ "entry_id": id(10), "product_id": id(2), "quantity": -1000, "reason": "sold", "at": 1000,
                    "device_id": id(4) }),
        ),
        (
            "cash",
            json!({ "entry_id": id(11), "shift_id": id(6), "amount": money(950), "reason": "sale", "note": "",
                    "at": 1000, "staff_id": id(5), "device_id": id(4) }),
        ),
        (
            "shift_opened",
            json!({ "shift_id": id(6), "device_id": id(4), "staff_id": id(5), "at": 500, "opening_float": money(5000) }),
        ),
        (
            "shift_closed",
            json!({ "shift_id": id(6), "device_id": id(4), "staff_id": id(5), "at": 9000, "expected": money(5000),
                    "counted": money(4990), "note": "ten short" }),
        ),
    ];
    all.into_iter()
        .map(|(fact, row)| serde_json::from_value(json!({ "fact": fact, "row": row })).unwrap())
        .collect()
}
