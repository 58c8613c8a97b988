//! Statements over many rows, made from a file's statement for one row: only the number of placeholders varies.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe};

/// A statement whose values are being bound.
pub type Statement = Query<'static, Any, AnyArguments>;

/// Rows and keys in one statement. Their numbers are powers of two, so that few statements are prepared.
const ROWS_MAX: usize = 128;

type Texts = HashMap<(&'static str, usize), Arc<str>>;

/// Statements made so far; there are few.
static TEXTS: LazyLock<Mutex<Texts>> = LazyLock::new(Mutex::default);

fn text(sql: &'static str, n: usize, make: fn(&str, usize) -> String) -> AssertSqlSafe<Arc<str>> {
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    let text = texts.entry((sql, n)).or_insert_with(|| make(sql, n).into());
    // Made of a file and of numbers alone.
    AssertSqlSafe(Arc::clone(text))
}

/// `... VALUES ($1, $2) ...` with as many tuples as there are rows.
fn with_tuples(sql: &str, rows: usize) -> String {
    let (head, rest) = sql.split_once("VALUES (").unwrap_or((sql, ""));
    let (tuple, tail) = rest.split_once(')').unwrap_or((rest, ""));
    let width = tuple.matches('$').count();
    let mut text = format!("{head}VALUES ");
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=width {
            let comma = if column == 1 { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(text, "{comma}${}", row * width + column);
        }
        text.push(')');
    }
    text.push_str(tail);
    text
}

/// `... IN ($3) ...` with as many places as there are keys; it must be the last placeholder.
fn with_places(sql: &str, keys: usize) -> String {
    let (head, rest) = sql.split_once("IN ($").unwrap_or((sql, ""));
    let (first, tail) = rest.split_once(')').unwrap_or((rest, ""));
    let first: usize = first.parse().unwrap_or(1);
    let mut text = format!("{head}IN (");
    for key in 0..keys {
        let comma = if key == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}${}", first + key);
    }
    text.push(')');
    text.push_str(tail);
    text
}

/// Inserts rows in few statements; says how many were there to insert.
///
/// # Errors
/// The database's.
pub async fn insert<T: Sync>(
    conn: &mut AnyConnection,
    sql: &'static str,
    rows: &[T],
    bind: impl Fn(Statement, &T) -> Statement,
) -> Result<u64, sqlx::Error> {
    let mut left = rows;
    let mut inserted = 0;
    while !left.is_empty() {
        let size = (1 << left.len().ilog2()).min(ROWS_MAX);
        let (now, later) = left.split_at(size);
        let mut statement = sqlx::query(text(sql, size, with_tuples));
        for row in now {
            statement = bind(statement, row);
        }
        inserted += statement.execute(&mut *conn).await?.rows_affected();
        left = later;
    }
    Ok(inserted)
}

/// Reads the rows of many keys in few statements.
///
/// # Errors
/// The database's.
pub async fn list(
    conn: &mut AnyConnection,
    sql: &'static str,
    keys: &[String],
    bind: impl Fn(Statement) -> Statement,
) -> Result<Vec<AnyRow>, sqlx::Error> {
    let mut rows = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(ROWS_MAX) {
        let size = chunk.len().next_power_of_two();
        let mut statement = bind(sqlx::query(text(sql, size, with_places)));
        // Some keys fill the rest: one that is named twice is found once.
        for key in chunk.iter().chain(chunk.iter().cycle()).take(size) {
            statement = statement.bind(key.clone());
        }
        rows.extend(statement.fetch_all(&mut *conn).await?);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::{with_places, with_tuples};

    #[test]
    fn each_row_gets_its_own_placeholders() {
        let one = "INSERT INTO t (a, b)\nVALUES ($1, $2)\nON CONFLICT (a) DO NOTHING";
        assert_eq!(with_tuples(one, 1), one);
        assert_eq!(
            with_tuples(one, 3),
            "INSERT INTO t (a, b)\nVALUES ($1, $2), ($3, $4), ($5, $6)\nON CONFLICT (a) DO NOTHING"
        );
    }

    #[test]
    fn keys_follow_what_is_bound_before_them() {
        let one = "SELECT a FROM t WHERE tenant_id = $1 AND a IN ($2) ORDER BY a";
        assert_eq!(with_places(one, 1), one);
        assert_eq!(
            with_places(one, 3),
            "SELECT a FROM t WHERE tenant_id = $1 AND a IN ($2, $3, $4) ORDER BY a"
        );
    }
}
