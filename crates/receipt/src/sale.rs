//! What stands on the paper of a sale and of a refund.

use counterfoil_domain::Discount;
use counterfoil_domain::entity::Shop;
use counterfoil_domain::fact::{Refund, Sale, SaleLine};
use counterfoil_domain::tender::TenderKind;
use counterfoil_domain::time::LocalTime;

use crate::line::{Line, Paper};
use crate::locale::Locale;

/// Who writes the paper, and how.
#[derive(Debug, Clone, Copy)]
pub struct Letterhead<'a> {
    /// The shop.
    pub shop: &'a Shop,
    /// Words and figures.
    pub locale: Locale,
}

/// A sale and what the paper names beside it.
#[derive(Debug, Clone, Copy)]
pub struct SalePaper<'a> {
    /// The sale.
    pub sale: &'a Sale,
    /// When, by the shop's calendar.
    pub at: LocalTime,
    /// Who sold.
    pub staff: &'a str,
    /// The loyalty customer's name, or empty.
    pub customer: &'a str,
    /// What the QR code says, to find the sale again.
    pub code: &'a str,
}

/// A refund and what the paper names beside it.
#[derive(Debug, Clone, Copy)]
pub struct RefundPaper<'a> {
    /// The refund.
    pub refund: &'a Refund,
    /// The number of the sale it corrects.
    pub sale_number: &'a str,
    /// When, by the shop's calendar.
    pub at: LocalTime,
    /// Who made it.
    pub staff: &'a str,
}

/// The receipt of a sale.
#[must_use]
pub fn sale(head: &Letterhead<'_>, paper: &SalePaper<'_>) -> Vec<Line> {
    let (locale, sale) = (head.locale, paper.sale);
    let mut out = Paper::default();
    letterhead(&mut out, head.shop, locale);
    out.pair(locale.word("Receipt", "Recibo"), &sale.receipt_number());
    out.pair(&locale.moment(&paper.at), paper.staff);
    if !paper.customer.is_empty() {
        out.pair(locale.word("Customer", "Cliente"), paper.customer);
    }
    out.rule();
    for line in &sale.lines {
        sale_line(&mut out, line, locale);
    }
    out.rule();
    if !sale.discount.is_zero() {
        out.pair(
            locale.word("Subtotal", "Subtotal"),
            &locale.money(sale.subtotal),
        );
        let off = locale.money(sale.discount.negated());
        out.pair(locale.word("Discounts", "Descuentos"), &off);
    }
    out.pair(
        locale.word("Net", "Base imponible"),
        &locale.money(sale.net),
    );
    for tax in &sale.taxes {
        out.pair(&tax.name, &locale.money(tax.tax));
    }
    out.strong("TOTAL", &locale.money(sale.total));
    for tender in &sale.tenders {
        let kind = tender_word(tender.kind, locale);
        let name = match &tender.reference {
            Some(reference) if !reference.is_empty() => format!("{kind} {reference}"),
            _ => kind.to_owned(),
        };
        out.pair(&name, &locale.money(tender.amount));
    }
    if !sale.change.is_zero() {
        out.pair(locale.word("Change", "Vuelto"), &locale.money(sale.change));
    }
    if !sale.note.is_empty() {
        out.0.push(Line::Blank);
        out.text(&sale.note);
    }
    out.rule();
    for part in head.shop.receipt_footer.lines() {
        out.centred(part);
    }
    out.0.push(Line::Qr(paper.code.to_owned()));
    out.centred(&sale.receipt_number());
    out.0
}

fn sale_line(out: &mut Paper, line: &SaleLine, locale: Locale) {
    let (item, amounts) = (&line.line, &line.amounts);
    let list = locale.money(amounts.list);
    if item.quantity.milli() == 1000 {
        out.pair(&item.name, &list);
    } else {
        out.text(&item.name);
        let count = locale.quantity(item.quantity);
        out.pair(
            &format!("  {count} x {}", locale.money(item.unit_price)),
            &list,
        );
    }
    if let Some(discount) = item.discount
        && !amounts.discount.is_zero()
    {
        let word = locale.word("Discount", "Descuento");
        let name = match discount {
            Discount::Percent { basis_points } => {
                format!("  {word} {}", locale.percent(basis_points))
            }
            Discount::Amount { .. } => format!("  {word}"),
        };
        out.pair(&name, &locale.money(amounts.discount.negated()));
    }
    if !item.note.is_empty() {
        out.indented(&item.note);
    }
}

/// The paper of a refund.
#[must_use]
pub fn refund(head: &Letterhead<'_>, paper: &RefundPaper<'_>) -> Vec<Line> {
    let (locale, refund) = (head.locale, paper.refund);
    let mut out = Paper::default();
    letterhead(&mut out, head.shop, locale);
    out.pair(locale.word("Refund of", "Devolución de"), paper.sale_number);
    out.pair(&locale.moment(&paper.at), paper.staff);
    out.rule();
    for line in &refund.lines {
        let count = locale.quantity(line.quantity);
        out.pair(
            &format!("{count} x {}", line.name),
            &locale.money(line.total.negated()),
        );
    }
    out.rule();
    let tax = locale.word("Tax within", "Impuesto incluido");
    out.pair(tax, &locale.money(refund.tax.negated()));
    out.strong(
        locale.word("PAID BACK", "DEVUELTO"),
        &locale.money(refund.total),
    );
    out.pair(
        tender_word(refund.tender.kind, locale),
        &locale.money(refund.tender.amount),
    );
    if !refund.reason.is_empty() {
        out.text(&refund.reason);
    }
    out.rule();
    out.0
}

pub(crate) fn letterhead(out: &mut Paper, shop: &Shop, locale: Locale) {
    out.big(&shop.name);
    if shop.legal_name != shop.name {
        out.centred(&shop.legal_name);
    }
    if !shop.tax_id.is_empty() {
        let word = match shop.country.as_str() {
            "PE" | "EC" => "RUC",
            "MX" => "RFC",
            "CL" => "RUT",
            "CO" | "BO" => "NIT",
            "AR" => "CUIT",
            "ES" => "NIF",
            _ => locale.word("Tax no.", "N.º fiscal"),
        };
        out.centred(&format!("{word} {}", shop.tax_id));
    }
    out.centred(&shop.address);
    out.rule();
}

pub(crate) const fn tender_word(kind: TenderKind, locale: Locale) -> &'static str {
    match kind {
        TenderKind::Cash => locale.word("Cash", "Efectivo"),
        TenderKind::Card => locale.word("Card", "Tarjeta"),
    }
}
