//! Completed sales: the list, the page, refunds and the receipt as a file.

use std::collections::BTreeMap;

use counterfoil_domain::entity::Role;
use counterfoil_domain::fact::{Refund, RefundLine, Sale};
use counterfoil_domain::refund::{RefundError, Returned, share};
use counterfoil_domain::tender::Tender;
use counterfoil_domain::{LineId, Money, Op, Quantity, RefundId, SaleId, StaffId};
use counterfoil_receipt as receipt;
use counterfoil_store::Tx;
use counterfoil_store::read::sales::{SaleRow, find_sale, list_returned, list_sales};
use counterfoil_store::read::shift::find_open_shift;

use crate::Counterfoil;
use crate::failure::Outcome;
use crate::view::{
    Failure, RefundInput, RefundLineInput, SaleLineView, SaleTile, SaleView, SavedFile,
};

/// More rows than anybody scrolls through.
const LIST_MAX: u32 = 500;
/// Lines that a tile names.
const SUMMARY_LINES: usize = 3;

impl Counterfoil {
    /// Sales, newest first, by number, customer or product.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sales(&self, query: &str, limit: u32) -> Outcome<Vec<SaleTile>> {
        let locale = self.paper_locale()?;
        let rows = self
            .store()?
            .read(|conn| list_sales(conn, query, limit.min(LIST_MAX)))?;
        Ok(rows.iter().map(|row| tile(row, locale)).collect())
    }

    /// A sale's page.
    ///
    /// # Errors
    /// `sale_not_found`.
    pub fn sale(&self, sale_id: SaleId) -> Outcome<SaleView> {
        let (row, returned) = self.store()?.read(|conn| {
            let row = find_sale(conn, sale_id)?;
            Ok((row, list_returned(conn, sale_id)?))
        })?;
        let row = row.ok_or_else(not_found)?;
        let locale = self.paper_locale()?;
        let paper = self.receipt_lines(&row)?;
        let number = row.sale.receipt_number();
        let qr = receipt::svg(&number)?;
        Ok(SaleView {
            tile: tile(&row, locale),
            lines: line_views(&row.sale, &returned)?,
            receipt_text: receipt::text(&paper),
            receipt_qr_svg: qr,
            customer_id: row.sale.customer_id,
            subtotal: row.sale.subtotal,
            discount: row.sale.discount,
            net: row.sale.net,
            tax: row.sale.tax,
            taxes: row.sale.taxes,
            tenders: row.sale.tenders,
            change: row.sale.change,
        })
    }

    /// Gives lines back; the sale stays as it was. Belongs to the open shift, if one is open.
    ///
    /// # Errors
    /// `refund_over_sale`, `sale_not_found`, `amount_out_of_range` for nothing to give back.
    pub fn refund(&self, input: RefundInput) -> Outcome<SaleView> {
        let who = self.signed_in_as(&[Role::Cashier])?;
        let refund_id: RefundId = self.new_id();
        self.store()?.transact_with(|tx| {
            let refund = decide_refund(tx, &input, refund_id, who.staff_id)?;
            let at = refund.at;
            Ok::<_, Failure>((Op::SaleRefunded(refund), Some(who.staff_id), at, ()))
        })?;
        self.sale(input.sale_id)
    }

    /// What a refund would give back, for the question before it; nothing is written.
    ///
    /// # Errors
    /// As [`Counterfoil::refund`].
    pub fn refund_quote(&self, input: &RefundInput) -> Outcome<Money> {
        self.signed_in_as(&[Role::Cashier])?;
        let (row, returned) = self.store()?.read(|conn| {
            let row = find_sale(conn, input.sale_id)?;
            Ok((row, list_returned(conn, input.sale_id)?))
        })?;
        let sale = row.ok_or_else(not_found)?.sale;
        let lines = refund_lines(&sale, returned, input)?;
        Ok(Money::sum(
            sale.currency,
            lines.iter().map(|line| line.total),
        )?)
    }

    /// Saves a receipt as PDF.
    ///
    /// # Errors
    /// `sale_not_found`, `disk_full`.
    pub fn save_receipt_pdf(&self, sale_id: SaleId) -> Outcome<SavedFile> {
        let row = self.store()?.read(|conn| find_sale(conn, sale_id))?;
        let row = row.ok_or_else(not_found)?;
        let paper = self.receipt_lines(&row)?;
        let number = row.sale.receipt_number();
        let pdf = receipt::roll_pdf(&paper, &number)?;
        let path = self.export_path(&format!("{}.pdf", file_stem(&number)))?;
        std::fs::write(&path, pdf)?;
        Ok(SavedFile {
            path: path.display().to_string(),
        })
    }

    /// Words and figures of papers and summaries.
    pub(crate) fn paper_locale(&self) -> Outcome<receipt::Locale> {
        let language = self.settings()?.language;
        let country = self.find_shop()?.map(|info| info.shop.country.clone());
        Ok(receipt::Locale::of(
            country.as_deref().unwrap_or_default(),
            &language,
        ))
    }

    fn receipt_lines(&self, row: &SaleRow) -> Outcome<Vec<receipt::Line>> {
        let info = self.shop()?;
        let head = receipt::Letterhead {
            shop: &info.shop,
            locale: self.paper_locale()?,
        };
        let paper = receipt::SalePaper {
            sale: &row.sale,
            at: info.zone.local(row.sale.at)?,
            staff: &row.staff,
            customer: &row.customer,
            code: &row.sale.receipt_number(),
        };
        Ok(receipt::sale(&head, &paper))
    }
}

fn not_found() -> Failure {
    Failure::new("sale_not_found", "there is no such sale on this device")
}

/// A till's code is free text; a file's name is not.
fn file_stem(number: &str) -> String {
    number
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect()
}

fn tile(row: &SaleRow, locale: receipt::Locale) -> SaleTile {
    SaleTile {
        sale_id: row.sale.sale_id,
        number: row.sale.receipt_number(),
        at: row.sale.at,
        staff: row.staff.clone(),
        customer: row.customer.clone(),
        summary: summary(&row.sale, locale),
        total: row.sale.total,
        refunded: row.refunded,
        pending: row.pending,
    }
}

fn summary(sale: &Sale, locale: receipt::Locale) -> String {
    let named: Vec<String> = sale
        .lines
        .iter()
        .take(SUMMARY_LINES)
        .map(|l| match l.line.quantity {
            q if q == Quantity::pieces(1) => l.line.name.clone(),
            q => format!("{} × {}", locale.quantity(q), l.line.name),
        })
        .collect();
    let more = sale.lines.len().saturating_sub(SUMMARY_LINES);
    let mut text = named.join(", ");
    if more > 0 {
        text.push_str(&format!(" +{more}"));
    }
    text
}

fn line_views(sale: &Sale, returned: &BTreeMap<LineId, Returned>) -> Outcome<Vec<SaleLineView>> {
    sale.lines
        .iter()
        .map(|l| {
            Ok(SaleLineView {
                line_id: l.line.line_id,
                name: l.line.name.clone(),
                quantity: l.line.quantity,
                unit_price: l.line.unit_price,
                discount: l.amounts.discount.plus(l.amounts.cart_discount)?,
                total: l.amounts.total,
                refunded: returned
                    .get(&l.line.line_id)
                    .map_or(Quantity(0), |r| r.quantity),
            })
        })
        .collect()
}

/// Makes the refund from what the same transaction reads, so that two of them cannot both take the last piece.
fn decide_refund(
    tx: &Tx<'_>,
    input: &RefundInput,
    refund_id: RefundId,
    staff_id: StaffId,
) -> Outcome<Refund> {
    let row = find_sale(tx.conn(), input.sale_id)?.ok_or_else(not_found)?;
    let returned = list_returned(tx.conn(), input.sale_id)?;
    let lines = refund_lines(&row.sale, returned, input)?;
    let currency = row.sale.currency;
    let total = Money::sum(currency, lines.iter().map(|l| l.total))?;
    let tax = Money::sum(currency, lines.iter().map(|l| l.tax))?;
    let device_id = tx.identity()?.device_id;
    Ok(Refund {
        refund_id,
        sale_id: input.sale_id,
        device_id,
        at: tx.now(),
        staff_id,
        shift_id: find_open_shift(tx.conn(), device_id)?,
        lines,
        total,
        tax,
        tender: Tender {
            kind: input.tender,
            amount: total,
            reference: None,
        },
        reason: input.reason.trim().to_owned(),
    })
}

fn refund_lines(
    sale: &Sale,
    mut returned: BTreeMap<LineId, Returned>,
    input: &RefundInput,
) -> Outcome<Vec<RefundLine>> {
    let lines = input
        .lines
        .iter()
        .map(|wish| refund_line(sale, &mut returned, wish))
        .collect::<Outcome<Vec<RefundLine>>>()?;
    if lines.is_empty() {
        return Err(nothing_to_give_back());
    }
    Ok(lines)
}

fn nothing_to_give_back() -> Failure {
    Failure::new(
        "amount_out_of_range",
        "a refund gives back a quantity above zero",
    )
    .on("lines")
}

/// One line of the refund; `returned` then knows of it, since a line may come back in two parts (one of them broken).
fn refund_line(
    sale: &Sale,
    returned: &mut BTreeMap<LineId, Returned>,
    wish: &RefundLineInput,
) -> Outcome<RefundLine> {
    let over = |left: Quantity| {
        Failure::new(
            "refund_over_sale",
            "more is given back than was sold and not given back yet",
        )
        .on("lines")
        .with("left_milli", left.milli())
    };
    let sold = sale
        .lines
        .iter()
        .find(|l| l.line.line_id == wish.line_id)
        .ok_or_else(|| over(Quantity(0)))?;
    let before = returned
        .entry(wish.line_id)
        .or_insert(Returned::nothing(sale.currency));
    let part =
        share(sold.line.quantity, &sold.amounts, *before, wish.quantity).map_err(|error| {
            match error {
                RefundError::OverSale { left } => over(left),
                RefundError::NoQuantity => nothing_to_give_back(),
                RefundError::Money(error) => error.into(),
            }
        })?;
    *before = before.plus(wish.quantity, part)?;
    Ok(RefundLine {
        line_id: wish.line_id,
        product_id: sold.line.product_id,
        name: sold.line.name.clone(),
        quantity: wish.quantity,
        total: part.total,
        tax: part.tax,
        restock: wish.restock,
    })
}
