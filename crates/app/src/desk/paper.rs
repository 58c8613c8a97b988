//! Changes in words, for a file that a person reads.

use std::fmt::Write as _;

use counterfoil_domain::entity::Fields;
use counterfoil_domain::time::ShopZone;
use counterfoil_domain::visit::Slot;
use counterfoil_domain::{Op, UnixMs};
use counterfoil_receipt::{Language, Locale};
use counterfoil_store::read::desk::WholeOp;

use super::words;
use crate::view::FieldValue;

/// What stands above the changes.
pub(super) struct Head<'a> {
    pub(super) shop: &'a str,
    pub(super) till: &'a str,
    pub(super) zone: Option<&'a ShopZone>,
    pub(super) locale: Locale,
    pub(super) at: UnixMs,
}

impl Head<'_> {
    const fn word(&self, en: &'static str, es: &'static str) -> &'static str {
        match self.locale.language {
            Language::En => en,
            Language::Es => es,
        }
    }

    fn moment(&self, at: UnixMs) -> String {
        let local = self.zone.and_then(|zone| zone.local(at).ok());
        local.map_or_else(
            || format!("{} ms", at.0),
            |l| {
                format!(
                    "{} {:02}:{:02}",
                    l.date,
                    l.minute_of_day / 60,
                    l.minute_of_day % 60
                )
            },
        )
    }

    fn slot(&self, slot: Slot) -> String {
        let until = self.moment(slot.ends_at);
        let until = until.split(' ').next_back().unwrap_or_default();
        format!("{} - {until}", self.moment(slot.starts_at))
    }
}

/// All changes, oldest first.
pub(super) fn text(head: &Head<'_>, ops: &[WholeOp]) -> String {
    let mut text = String::new();
    let title = head.word(
        "Changes that are not on the hub",
        "Cambios que no están en el servidor",
    );
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{title}: {}", ops.len());
    let _ = writeln!(
        text,
        "{} · {} · {}\n",
        head.shop,
        head.till,
        head.moment(head.at)
    );
    for (number, op) in (1..).zip(ops) {
        one(&mut text, head, number, op);
    }
    text
}

fn one(text: &mut String, head: &Head<'_>, number: u32, op: &WholeOp) {
    let row = &op.row;
    let amount = row.amount.map(|a| format!("   {}", head.locale.money(a)));
    let _ = writeln!(
        text,
        "{number}. {}  {}{}",
        kind(head, &row.kind),
        row.subject,
        amount.unwrap_or_default()
    );
    let _ = writeln!(text, "   {}  {}", head.moment(row.at), row.staff);
    let state = match row.state.as_str() {
        "dead" => head.word("The hub could not read it", "El servidor no pudo leerlo"),
        "refused" => head.word("The hub refused it", "El servidor lo rechazó"),
        _ => head.word("Waits to be sent", "Espera ser enviado"),
    };
    let reason = row.reason.as_ref().map(|reason| format!(": {reason}"));
    let _ = writeln!(text, "   {state}{}", reason.unwrap_or_default());
    if let Ok(content) = Op::decode(&row.kind, op.version, &op.payload) {
        for line in details(head, &content) {
            let _ = writeln!(text, "   - {line}");
        }
    }
    let _ = writeln!(text, "   {}\n", row.op_id);
}

fn details(head: &Head<'_>, op: &Op) -> Vec<String> {
    match op {
        Op::SaleCompleted(sale) => {
            let lines = sale.lines.iter().map(|l| {
                let quantity = head.locale.quantity(l.line.quantity);
                let total = head.locale.money(l.amounts.total);
                format!("{quantity} x {}  {total}", l.line.name)
            });
            lines.collect()
        }
        Op::SaleRefunded(refund) => {
            let lines = refund.lines.iter().map(|l| {
                let quantity = head.locale.quantity(l.quantity);
                format!("{quantity} x {}  {}", l.name, head.locale.money(l.total))
            });
            lines.chain([refund.reason.clone()]).collect()
        }
        Op::CashMoved(cash) => vec![format!("{}  {}", head.locale.money(cash.amount), cash.note)],
        Op::CustomerEnrolled(c) => vec![c.customer.name.clone(), c.customer.phone.clone()],
        Op::VisitBooked(v) => vec![
            head.slot(Slot {
                starts_at: v.starts_at,
                ends_at: v.ends_at,
            }),
            v.purpose.clone(),
        ],
        Op::VisitMoved(v) => vec![head.slot(Slot {
            starts_at: v.starts_at,
            ends_at: v.ends_at,
        })],
        Op::VisitDone(v) => vec![v.note.clone()],
        Op::VisitCancelled(v) => vec![v.reason.clone()],
        Op::EntityEdited(edit) => fields(head, &edit.fields),
        _ => Vec::new(),
    }
    .into_iter()
    .filter(|line| !line.is_empty())
    .collect()
}

fn fields(head: &Head<'_>, fields: &Fields) -> Vec<String> {
    let shown = |field: &str, value| match words::value(field, value) {
        FieldValue::Text { text } => text,
        FieldValue::Amount { amount } => head.locale.money(amount),
        FieldValue::Flag { on } => head
            .word(
                ["no", "yes"][usize::from(on)],
                ["no", "sí"][usize::from(on)],
            )
            .to_owned(),
        FieldValue::Steps { done, total } => {
            format!("{} / {total}: {}", done.len(), done.join(", "))
        }
        FieldValue::Other => value.to_string(),
    };
    // A secret is nothing to read, be it only a hash.
    fields
        .iter()
        .filter(|(field, _)| !matches!(field.as_str(), "pin_hash" | "pin_digits"))
        .map(|(field, value)| format!("{field}: {}", shown(field, value)))
        .collect()
}

fn kind(head: &Head<'_>, kind: &str) -> String {
    let word = |en, es| head.word(en, es).to_owned();
    match kind {
        "sale_completed" => word("Sale", "Venta"),
        "sale_refunded" => word("Refund", "Devolución"),
        "stamp_given" => word("Stamp", "Sello"),
        "stamp_reversed" => word("Stamp taken back", "Sello retirado"),
        "reward_redeemed" => word("Reward given", "Premio entregado"),
        "stock_moved" => word("Stock", "Existencias"),
        "cash_moved" => word("Cash in or out", "Entrada o salida de efectivo"),
        "shift_opened" => word("Shift opened", "Turno abierto"),
        "shift_closed" => word("Shift closed", "Turno cerrado"),
        "customer_enrolled" => word("New customer", "Cliente nuevo"),
        "visit_done" => word("Visit done", "Visita hecha"),
        "visit_booked" => word("Visit booked", "Visita reservada"),
        "visit_moved" => word("Visit moved", "Visita cambiada"),
        "visit_cancelled" => word("Visit cancelled", "Visita cancelada"),
        "entity_edited" => word("Change of details", "Cambio de datos"),
        "entity_deleted" => word("Deleted", "Borrado"),
        other => other.to_owned(),
    }
}
