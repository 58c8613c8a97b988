//! The report of a shift: X while it is open, Z once it is closed.

use counterfoil_domain::Money;
use counterfoil_domain::fact::CashReason;
use counterfoil_domain::time::LocalTime;

use crate::line::{Line, Paper};
use crate::sale::{Letterhead, letterhead};

/// A movement of the drawer.
#[derive(Debug, Clone)]
pub struct ShiftMove {
    /// When, by the shop's calendar.
    pub at: LocalTime,
    /// Why.
    pub reason: CashReason,
    /// Added (negative: taken).
    pub amount: Money,
    /// A word on it.
    pub note: String,
}

/// A shift's figures, as its ledgers have them.
#[derive(Debug, Clone)]
pub struct ShiftPaper<'a> {
    /// The till's name on receipts.
    pub till_code: &'a str,
    /// Who opened it.
    pub opened_by: &'a str,
    /// When.
    pub opened_at: LocalTime,
    /// When it was closed; none makes it an X report.
    pub closed_at: Option<LocalTime>,
    /// Number of sales.
    pub sales: u32,
    /// What was sold.
    pub revenue: Money,
    /// Tax within it.
    pub tax: Money,
    /// What was given back.
    pub refunds: Money,
    /// Paid in cash, less change.
    pub cash: Money,
    /// Paid by card.
    pub card: Money,
    /// What was in the drawer at the start.
    pub opening_float: Money,
    /// What should be in the drawer.
    pub expected: Money,
    /// What was counted.
    pub counted: Option<Money>,
    /// Counted less expected.
    pub difference: Option<Money>,
    /// Paid in, paid out, dropped.
    pub moves: &'a [ShiftMove],
}

/// The report's paper.
#[must_use]
pub fn shift(head: &Letterhead<'_>, paper: &ShiftPaper<'_>) -> Vec<Line> {
    let locale = head.locale;
    let mut out = Paper::default();
    letterhead(&mut out, head.shop, locale);
    out.big(if paper.closed_at.is_some() {
        locale.word("Z report", "Reporte Z")
    } else {
        locale.word("X report", "Reporte X")
    });
    out.pair(locale.word("Till", "Caja"), paper.till_code);
    out.pair(locale.word("Opened by", "Abrió"), paper.opened_by);
    out.pair(
        locale.word("Opened", "Apertura"),
        &locale.moment(&paper.opened_at),
    );
    if let Some(at) = &paper.closed_at {
        out.pair(locale.word("Closed", "Cierre"), &locale.moment(at));
    }
    out.rule();
    out.pair(locale.word("Sales", "Ventas"), &paper.sales.to_string());
    out.pair(
        locale.word("Revenue", "Ingresos"),
        &locale.money(paper.revenue),
    );
    out.pair(
        locale.word("Tax within", "Impuesto incluido"),
        &locale.money(paper.tax),
    );
    let given_back = locale.money(paper.refunds.negated());
    out.pair(locale.word("Refunds", "Devoluciones"), &given_back);
    out.pair(locale.word("Cash", "Efectivo"), &locale.money(paper.cash));
    out.pair(locale.word("Card", "Tarjeta"), &locale.money(paper.card));
    out.rule();
    out.pair(
        locale.word("Opening float", "Fondo inicial"),
        &locale.money(paper.opening_float),
    );
    for entry in paper.moves {
        let word = match entry.reason {
            CashReason::PaidIn => locale.word("Paid in", "Ingreso"),
            CashReason::PaidOut => locale.word("Paid out", "Retiro"),
            CashReason::Drop => locale.word("To the safe", "A la bóveda"),
            CashReason::Float => locale.word("Float", "Fondo"),
            CashReason::Sale => locale.word("Sale", "Venta"),
            CashReason::Refund => locale.word("Refund", "Devolución"),
        };
        let minute = entry.at.minute_of_day;
        let name = format!(
            "{:02}:{:02} {word} {}",
            minute / 60,
            minute % 60,
            entry.note
        );
        out.pair(&name, &locale.money(entry.amount));
    }
    out.strong(
        locale.word("EXPECTED", "ESPERADO"),
        &locale.money(paper.expected),
    );
    if let Some(counted) = paper.counted {
        out.pair(locale.word("Counted", "Contado"), &locale.money(counted));
    }
    if let Some(difference) = paper.difference {
        out.pair(
            locale.word("Difference", "Diferencia"),
            &locale.money(difference),
        );
    }
    out.rule();
    out.0
}
