//! Statements over many rows, made from a file's statement for one row: only the number of placeholders varies.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe};

/// A statement whose values are being bound.
pub type Statement = Query<'static, Any, AnyArguments>;

/// How an engine is asked for many rows at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Style {
    /// PostgreSQL: each statement is a round trip, so that few large ones are best.
    Numbered,
    /// SQLite: it looks the name of a `$1` up in a list whenever a value is bound, so that a thousand of them cost half a
    /// million steps; `?` has no name. A statement is no round trip, and the driver keeps a hundred of them prepared.
    Nameless,
}

impl Style {
    fn of(conn: &AnyConnection) -> Self {
        if conn.backend_name() == "SQLite" {
            Self::Nameless
        } else {
            Self::Numbered
        }
    }

    /// How many of so many rows go into the next statement: few sizes, so that few statements are prepared.
    fn portion(self, rows: usize) -> usize {
        let power = rows.max(1).ilog2();
        match self {
            Self::Numbered => 1 << power.min(7),
            Self::Nameless => 1 << (power & !1).min(6),
        }
    }

    /// How many places so many keys get.
    fn places(self, keys: usize) -> usize {
        let portion = self.portion(keys);
        match self {
            _ if portion == keys => keys,
            Self::Numbered => portion * 2,
            Self::Nameless => portion * 4,
        }
    }

    fn marked(self, text: String) -> String {
        match self {
            Self::Numbered => text,
            Self::Nameless => nameless(&text).unwrap_or(text),
        }
    }
}

/// The same statement with `?` for `$1, $2, ...`; None where they do not stand in order.
fn nameless(text: &str) -> Option<String> {
    let mut pieces = text.split('$');
    let mut bare = pieces.next()?.to_owned();
    for (place, piece) in (1..).zip(pieces) {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit());
        let number: usize = piece[..piece.len() - rest.len()].parse().ok()?;
        if number != place {
            return None;
        }
        bare.push('?');
        bare.push_str(rest);
    }
    Some(bare)
}

/// Keys in one statement.
const KEYS_MAX: usize = 64;

type Texts = HashMap<(&'static str, usize, Style), Arc<str>>;

/// Statements made so far; there are few.
static TEXTS: LazyLock<Mutex<Texts>> = LazyLock::new(Mutex::default);

fn text(
    sql: &'static str,
    n: usize,
    style: Style,
    make: fn(&str, usize) -> String,
) -> AssertSqlSafe<Arc<str>> {
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    let text = texts
        .entry((sql, n, style))
        .or_insert_with(|| style.marked(make(sql, n)).into());
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

/// The number in `... IN ($3) ...`, which must be the last placeholder, and what stands before and after it.
fn key_place(sql: &str) -> (&str, usize, &str) {
    let (head, rest) = sql.split_once("IN ($").unwrap_or((sql, ""));
    let (first, tail) = rest.split_once(')').unwrap_or((rest, ""));
    (head, first.parse().unwrap_or(1), tail)
}

/// `... IN ($3) ...` with as many places as there are keys.
fn with_places(sql: &str, keys: usize) -> String {
    let (head, first, tail) = key_place(sql);
    let mut text = format!("{head}IN (");
    for key in 0..keys {
        let comma = if key == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}${}", first + key);
    }
    text.push(')');
    text.push_str(tail);
    text
}

/// `... IN ($3) ...` as a `SELECT` a key. A long list PostgreSQL compares row by row with all that the tenant has, as long
/// as it has not counted them; one key it looks up in the index, whatever it knows of the table.
fn with_branches(sql: &str, keys: usize) -> String {
    let (head, first, tail) = key_place(sql);
    let (tail, order) = tail.split_once("ORDER BY").unwrap_or((tail, ""));
    let branches: Vec<String> = (first..first + keys)
        .map(|key| format!("{head}IN (${key}){}", tail.trim_end()))
        .collect();
    let mut text = branches.join("\nUNION ALL\n");
    if !order.is_empty() {
        let _ = write!(text, "\nORDER BY{order}");
    }
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
    let style = Style::of(conn);
    let mut left = rows;
    let mut inserted = 0;
    while !left.is_empty() {
        let size = style.portion(left.len());
        let (now, later) = left.split_at(size);
        let mut statement = sqlx::query(text(sql, size, style, with_tuples));
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
    let style = Style::of(conn);
    let mut rows = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(KEYS_MAX) {
        let size = style.places(chunk.len());
        let make = match style {
            Style::Numbered => with_branches,
            Style::Nameless => with_places,
        };
        let mut statement = bind(sqlx::query(text(sql, size, style, make)));
        // Nothing equals the NULLs that fill the rest.
        for key in 0..size {
            statement = statement.bind(chunk.get(key).cloned());
        }
        rows.extend(statement.fetch_all(&mut *conn).await?);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::{Style, nameless, with_branches, with_places, with_tuples};

    #[test]
    fn each_key_gets_its_own_select() {
        let one = "SELECT a FROM t WHERE tenant_id = $1 AND a IN ($2)\nORDER BY a";
        assert_eq!(with_branches(one, 1), one);
        assert_eq!(
            with_branches(one, 2),
            "SELECT a FROM t WHERE tenant_id = $1 AND a IN ($2)\nUNION ALL\n\
             SELECT a FROM t WHERE tenant_id = $1 AND a IN ($3)\nORDER BY a"
        );
        let bare = "SELECT a FROM t WHERE a IN ($1)\n";
        assert_eq!(
            with_branches(bare, 2),
            "SELECT a FROM t WHERE a IN ($1)\nUNION ALL\nSELECT a FROM t WHERE a IN ($2)"
        );
    }

    #[test]
    fn numbers_that_stand_in_order_need_no_names() {
        let two = "SELECT a FROM t WHERE b = $1 AND a IN ($2, $3)";
        let bare = "SELECT a FROM t WHERE b = ? AND a IN (?, ?)";
        assert_eq!(nameless(two).as_deref(), Some(bare));
        for other in ["a = $2 AND b = $1", "a = $1 AND b = $1", "a = '$'"] {
            assert_eq!(nameless(other), None, "{other}");
        }
    }

    #[test]
    fn every_row_and_every_key_finds_a_place() {
        for style in [Style::Numbered, Style::Nameless] {
            for n in 1..=300 {
                assert!((1..=n).contains(&style.portion(n)), "{style:?} {n}");
            }
            for keys in 1..=super::KEYS_MAX {
                assert!(style.places(keys) >= keys, "{style:?} {keys}");
            }
        }
    }

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
