//! What happened: inserted once, never edited; the balances move with it.

use std::sync::Arc;

use counterfoil_domain::fact::StampReason;
use counterfoil_domain::{FactRow, OpId};
use counterfoil_protocol::sync::Row;

use super::sheet::Sheet;
use super::{Fault, Told};

/// What an insert did.
#[derive(Debug)]
pub(super) enum Inserted {
    /// It is new.
    New {
        /// Its JSON.
        body: Arc<str>,
        /// The balance after it, for stamps and stock.
        balance: Option<i64>,
    },
    /// The row that stood under this id before, from another operation.
    Stood(Box<FactRow>),
}

impl Inserted {
    /// What the change tells of it.
    pub(super) fn told(self) -> Told {
        match self {
            Self::New { body, .. } => Told::Fact(body),
            Self::Stood(fact) => Told::Row(Box::new(Row::Fact(*fact))),
        }
    }
}

/// Inserts a fact's row.
pub(super) async fn insert(
    sheet: &mut Sheet<'_>,
    op_id: OpId,
    fact: &FactRow,
) -> Result<Inserted, Fault> {
    if let Some(stored) = sheet.standing(fact).await? {
        return Ok(Inserted::Stood(Box::new(stored)));
    }
    let body = sheet.put_fact(op_id, fact)?;
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
    Ok(Inserted::New { body, balance })
}
