//! What stands but needs an owner's eye. Facts are never refused: they happened.

use std::collections::BTreeMap;

use counterfoil_domain::entity::{Fields, Product};
use counterfoil_domain::fact::{Refund, Sale};
use counterfoil_domain::{EntityKind, EntityRow, FactRow, OpMeta};
use serde_json::json;
use uuid::Uuid;

use super::facts::Inserted;
use super::sheet::Sheet;
use super::{Book, Fault, Remark};

/// A device whose clock runs ahead is reported once a day, not with every operation.
const CLOCK_REPORT_MS: i64 = 24 * 3_600_000;

/// What a fact calls for.
pub(super) async fn after_fact(
    sheet: &mut Sheet<'_>,
    book: &Book,
    fact: &FactRow,
    inserted: &Inserted,
) -> Result<Option<Remark>, Fault> {
    let balance = match inserted {
        Inserted::New { balance, .. } => *balance,
        Inserted::Stood(stored) => {
            // The same row again is nothing new; another one under its id must not vanish unseen.
            let details = json!({ "fact": fact.name(), "id": fact.id(), "lost": fact });
            let subject = (EntityKind::Shop, book.tenant.0);
            return Ok((**stored != *fact).then_some(Remark {
                code: "id_reused",
                subject,
                details,
            }));
        }
    };
    match (fact, balance) {
        (FactRow::Stock(entry), Some(balance))
            if balance < 0 && balance - entry.quantity.milli() >= 0 =>
        {
            oversold(sheet, entry.product_id.0, balance).await
        }
        (FactRow::Stamp(entry), Some(balance)) if balance < 0 && entry.stamps < 0 => {
            Ok(Some(Remark {
                code: "reward_overdrawn",
                subject: (EntityKind::Customer, entry.customer_id.0),
                details: json!({ "customer_id": entry.customer_id, "balance": balance }),
            }))
        }
        (FactRow::Refund(refund), _) => over_sale(sheet, book, refund).await,
        _ => Ok(None),
    }
}

/// Reported when the book first says less than nothing; a product whose stock is not kept is not reported.
async fn oversold(
    sheet: &mut Sheet<'_>,
    product_id: Uuid,
    balance: i64,
) -> Result<Option<Remark>, Fault> {
    let product = sheet.entity((EntityKind::Product, product_id)).await?;
    let kept = match product {
        Some(stored) => stored.row.read::<Product>()?.low_stock_below.is_some(),
        None => false,
    };
    let details = json!({ "product_id": product_id, "balance_milli": balance });
    Ok(kept.then_some(Remark {
        code: "oversold",
        subject: (EntityKind::Product, product_id),
        details,
    }))
}

async fn over_sale(
    sheet: &mut Sheet<'_>,
    book: &Book,
    refund: &Refund,
) -> Result<Option<Remark>, Fault> {
    let sale_id = refund.sale_id;
    // The sale may still be on its way from another till.
    let Some(sale) = sheet.sale(sale_id.0).await? else {
        return Ok(None);
    };
    let refunds = sheet.refunds_of(sale_id.0).await?;
    let refunded_minor: i64 = refunds
        .iter()
        .map(|r| r.total.minor())
        .fold(0, i64::saturating_add);
    if !more_than_sold(&sale, &refunds) && refunded_minor <= sale.total.minor() {
        return Ok(None);
    }
    Ok(Some(Remark {
        code: "refund_over_sale",
        subject: (EntityKind::Shop, book.tenant.0),
        details: json!({
            "sale_id": sale_id, "refund_id": refund.refund_id, "number": sale.receipt_number(),
            "refunded_minor": refunded_minor, "total_minor": sale.total.minor(),
        }),
    }))
}

fn more_than_sold(sale: &Sale, refunds: &[Refund]) -> bool {
    let mut left: BTreeMap<_, i64> = sale
        .lines
        .iter()
        .map(|l| (l.line.line_id, l.line.quantity.milli()))
        .collect();
    for line in refunds.iter().flat_map(|r| &r.lines) {
        let left = left.entry(line.line_id).or_insert(0);
        *left = left.saturating_sub(line.quantity.milli());
    }
    left.values().any(|milli| *milli < 0)
}

/// What an edit calls for.
pub(super) async fn after_patch(
    sheet: &mut Sheet<'_>,
    row: &EntityRow,
    fields: &Fields,
) -> Result<Option<Remark>, Fault> {
    let phone = row
        .fields
        .get("phone")
        .and_then(|p| p.as_str())
        .filter(|p| !p.is_empty());
    let (EntityKind::Customer, true, Some(phone)) = (row.kind, fields.contains_key("phone"), phone)
    else {
        return Ok(None);
    };
    let others = sheet.ids_by_lookup(EntityKind::Customer, phone).await?;
    let other = others
        .into_iter()
        .find(|id| *id != row.id)
        .filter(|_| !row.deleted);
    Ok(other.map(|other| Remark {
        code: "phone_exists",
        subject: (EntityKind::Customer, row.id),
        details: json!({ "customer_id": row.id, "other_customer_id": other }),
    }))
}

/// A clock more than five minutes ahead was held back.
pub(super) async fn clock_ahead(
    sheet: &mut Sheet<'_>,
    book: &Book,
    meta: &OpMeta,
) -> Result<Option<Remark>, Fault> {
    let flagged = sheet
        .flag_clock(meta.device_id, book.now, book.now.plus_ms(-CLOCK_REPORT_MS))
        .await?;
    let details = json!({ "device_id": meta.device_id, "ahead_ms": meta.hlc.ms - book.latest().0 });
    let subject = (EntityKind::Shop, book.tenant.0);
    Ok(flagged.then_some(Remark {
        code: "clock_ahead",
        subject,
        details,
    }))
}
