//! Statements over many rows, made from a file's statement for one row.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe};

use super::cells::{BETWEEN, Cells};

/// A statement whose values are being bound.
pub type Statement = Query<'static, Any, AnyArguments>;

/// How an engine is asked for many rows at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Style {
    /// PostgreSQL: each statement is a round trip, and each place costs when it is planned and when it is begun. So all rows
    /// go in one statement whose places are the columns; keys likewise.
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
            Self::Numbered => 1,
            Self::Nameless => 1 << (power & !1).min(6),
        }
    }

    /// How many places so many keys get.
    fn places(self, keys: usize) -> usize {
        let portion = self.portion(keys);
        if portion == keys { keys } else { portion * 4 }
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

/// Keys in one statement that has a place for each.
const KEYS_MAX: usize = 256;
/// In place of the number of places: however many rows or keys there are.
const ANY: usize = 0;

type Texts = HashMap<(&'static str, usize, Style), Arc<str>>;

/// Statements made so far; there are few.
static TEXTS: LazyLock<Mutex<Texts>> = LazyLock::new(Mutex::default);

fn text(
    sql: &'static str,
    n: usize,
    style: Style,
    make: impl FnOnce(&str) -> String,
) -> AssertSqlSafe<Arc<str>> {
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    let text = texts
        .entry((sql, n, style))
        .or_insert_with(|| style.marked(make(sql)).into());
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

/// `... IN ($3) ...` as a look-up for each of the keys that lie in one text. Where it has a list, PostgreSQL compares it row
/// by row with all that the tenant has, as long as it has not counted them; `OFFSET` keeps each look-up by itself.
fn with_lookups(sql: &str) -> String {
    let (head, place, tail) = key_place(sql);
    let (tail, order) = tail.split_once("ORDER BY").unwrap_or((tail, ""));
    let mut text = format!(
        "SELECT found.* FROM unnest(string_to_array(${place}, E'\\x1f')) AS keys (key)\n\
         CROSS JOIN LATERAL ({head}= keys.key{} OFFSET 0) AS found",
        tail.trim_end()
    );
    if !order.is_empty() {
        let _ = write!(text, "\nORDER BY{order}");
    }
    text
}

/// Inserts rows in few statements.
///
/// # Errors
/// The database's.
pub async fn insert<T: Sync>(
    conn: &mut AnyConnection,
    sql: &'static str,
    rows: &[T],
    fill: impl Fn(&mut Cells, &T),
) -> Result<(), sqlx::Error> {
    let style = Style::of(conn);
    let filled = |mut cells: Cells, rows: &[T]| {
        for row in rows {
            fill(&mut cells, row);
            cells.end_row();
        }
        cells
    };
    if style == Style::Numbered
        && let Some(columns) = filled(Cells::columns(), rows).into_columns()
    {
        let text = text(sql, ANY, style, |sql| columns.statement(sql));
        let arguments = columns.into_arguments().map_err(sqlx::Error::Encode)?;
        sqlx::query_with(text, arguments).execute(conn).await?;
        return Ok(());
    }
    let mut left = rows;
    while !left.is_empty() {
        let size = style.portion(left.len());
        let (now, later) = left.split_at(size);
        let text = text(sql, size, style, |sql| with_tuples(sql, size));
        let arguments = filled(Cells::places(), now).into_places();
        let arguments = arguments.map_err(sqlx::Error::Encode)?;
        sqlx::query_with(text, arguments)
            .execute(&mut *conn)
            .await?;
        left = later;
    }
    Ok(())
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
    if style == Style::Numbered && keys.len() > 1 && !keys.iter().any(|k| k.contains(BETWEEN)) {
        let statement = bind(sqlx::query(text(sql, ANY, style, with_lookups)));
        let keys = keys.join(BETWEEN.encode_utf8(&mut [0; 4]));
        return statement.bind(keys).fetch_all(conn).await;
    }
    let mut rows = Vec::with_capacity(keys.len());
    let at_once = match style {
        Style::Numbered => 1,
        Style::Nameless => KEYS_MAX,
    };
    for chunk in keys.chunks(at_once) {
        let size = style.places(chunk.len());
        let text = text(sql, size, style, |sql| with_places(sql, size));
        let mut statement = bind(sqlx::query(text));
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
    use super::{Style, nameless, with_lookups, with_places, with_tuples};

    #[test]
    fn each_key_is_looked_up_by_itself() {
        let one = "SELECT a FROM t WHERE tenant_id = $1 AND a IN ($2)\nORDER BY a";
        assert_eq!(
            with_lookups(one),
            "SELECT found.* FROM unnest(string_to_array($2, E'\\x1f')) AS keys (key)\n\
             CROSS JOIN LATERAL (SELECT a FROM t WHERE tenant_id = $1 AND a = keys.key OFFSET 0) AS found\nORDER BY a"
        );
        let bare = "SELECT a FROM t WHERE a IN ($1)\n";
        assert_eq!(
            with_lookups(bare),
            "SELECT found.* FROM unnest(string_to_array($1, E'\\x1f')) AS keys (key)\n\
             CROSS JOIN LATERAL (SELECT a FROM t WHERE a = keys.key OFFSET 0) AS found"
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
        }
        for keys in 1..=super::KEYS_MAX {
            assert!(Style::Nameless.places(keys) >= keys, "{keys}");
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
