//! What must hold in every shop, as statements that find where it does not.

use sqlx::Row as _;
use sqlx::any::AnyRow;

/// A statement that finds what must not be.
pub(super) struct Rule {
    pub check: &'static str,
    pub sql: &'static str,
    pub words: fn(&AnyRow) -> Result<String, sqlx::Error>,
}

/// Everything that must hold, by the statements that find where it does not.
pub(super) const RULES: &[Rule] = &[
    Rule {
        check: "numbering",
        sql: include_str!("sql/find_wrong_numbering.sql"),
        words: |row| {
            let number = |name: &str| row.try_get::<i64, _>(name);
            Ok(format!(
                "changes should be numbered 1 to {}; there are {}, from {} to {}",
                number("head")?,
                number("changes")?,
                number("first_seq")?,
                number("last_seq")?
            ))
        },
    },
    Rule {
        check: "archived",
        sql: include_str!("sql/find_wrong_archived.sql"),
        words: |row| {
            let number = |name: &str| row.try_get::<i64, _>(name);
            let (archived, head) = (number("archived")?, number("head")?);
            Ok(format!("{archived} is archived of {head} changes"))
        },
    },
    Rule {
        check: "chains",
        sql: include_str!("sql/find_wrong_chains.sql"),
        words: |row| {
            let (there, last) = (
                row.try_get::<i64, _>("operations")?,
                row.try_get::<i64, _>("last_seq")?,
            );
            Ok(format!(
                "{} should have operations 1 to {last}; there are {there}",
                life(row)?
            ))
        },
    },
    Rule {
        check: "chains",
        sql: include_str!("sql/find_wrong_ends.sql"),
        words: |row| {
            Ok(format!(
                "{} does not end with its last operation's hash",
                life(row)?
            ))
        },
    },
    Rule {
        check: "chains",
        sql: include_str!("sql/find_lifeless.sql"),
        words: |row| Ok(format!("{} has operations and no end", life(row)?)),
    },
    Rule {
        check: "results",
        sql: include_str!("sql/find_unpublished.sql"),
        words: |row| {
            let op: String = row.try_get("op_id")?;
            Ok(format!("no change tells of operation {op}"))
        },
    },
    Rule {
        check: "results",
        sql: include_str!("sql/find_unexplained.sql"),
        words: |row| {
            let op: String = row.try_get("op_id")?;
            Ok(format!("operation {op} has a change and no result"))
        },
    },
    Rule {
        check: "balances",
        sql: include_str!("sql/find_wrong_stamp_balances.sql"),
        words: |row| {
            let subject: String = row.try_get("subject")?;
            Ok(format!(
                "the stamps of customer {subject} are not the sum of the entries"
            ))
        },
    },
    Rule {
        check: "balances",
        sql: include_str!("sql/find_wrong_stock_balances.sql"),
        words: |row| {
            let subject: String = row.try_get("subject")?;
            Ok(format!(
                "the stock of product {subject} is not the sum of the entries"
            ))
        },
    },
];

fn life(row: &AnyRow) -> Result<String, sqlx::Error> {
    let (device, incarnation) = (
        row.try_get::<String, _>("device_id")?,
        row.try_get::<String, _>("incarnation")?,
    );
    Ok(format!("the chain {incarnation} of device {device}"))
}
