//! What happened: inserted once, never edited; the balances move with it.

use counterfoil_domain::fact::StampReason;
use counterfoil_domain::{FactRow, OpId};

use super::Fault;
use super::sheet::Sheet;

/// What an insert did.
#[derive(Debug, Default)]
pub(super) struct Inserted {
    /// The row that stood under this id before, from another operation.
    pub(super) stored: Option<FactRow>,
    /// The balance after it, for stamps and stock.
    pub(super) balance: Option<i64>,
}

/// Inserts a fact's row.
pub(super) async fn insert(
    sheet: &mut Sheet<'_>,
    op_id: OpId,
    fact: &FactRow,
) -> Result<Inserted, Fault> {
    if let Some(stored) = sheet.standing(fact).await? {
        return Ok(Inserted {
            stored: Some(stored),
            balance: None,
        });
    }
    sheet.put_fact(op_id, fact)?;
    let balance = match fact {
        FactRow::Stamp(entry) => {
            let given_at = (entry.reason == StampReason::Given).then_some(entry.at);
            let stamps = i64::from(entry.stamps);
            let customer = entry.customer_id.0;
            Some(sheet.add_stamps(customer, stamps, given_at).await?)
        }
        FactRow::Stock(entry) => {
            let (product, milli) = (entry.product_id.0, entry.quantity.milli());
            Some(sheet.add_stock(product, milli).await?)
        }
        _ => None,
    };
    Ok(Inserted {
        stored: None,
        balance,
    })
}
