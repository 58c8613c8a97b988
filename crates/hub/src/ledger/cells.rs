//! The values of rows on their way to a statement: a place for each value, or a text for each column.

use std::fmt::Write as _;

use sqlx::any::AnyArguments;
use sqlx::error::BoxDynError;
use sqlx::{Any, Arguments as _, Encode, Type};
use uuid::Uuid;

/// Between the values of a column. No JSON text holds it, and hardly any other.
pub(super) const BETWEEN: char = '\u{1f}';
/// In place of a value where there is none.
const NOTHING: char = '\u{1e}';

/// Takes the values of one row after the other, each in the order of the statement's places.
pub struct Cells(Sink);

enum Sink {
    /// Each value has a place of its own.
    Places(Result<AnyArguments, BoxDynError>),
    /// All values of a column have one place: `string_to_array` takes them apart.
    Columns(Columns),
}

/// Rows as a text for each column.
#[derive(Default)]
pub(super) struct Columns {
    all: Vec<Column>,
    at: usize,
    rows: usize,
    /// A value holds what is to stand between values.
    inseparable: bool,
}

#[derive(Default)]
struct Column {
    text: String,
    is_number: bool,
}

impl Cells {
    /// A place for each value.
    pub(super) fn places() -> Self {
        Self(Sink::Places(Ok(AnyArguments::default())))
    }

    /// A text for each column.
    pub(super) fn columns() -> Self {
        Self(Sink::Columns(Columns::default()))
    }

    /// A text.
    pub fn text(&mut self, text: impl AsRef<str> + Into<String>) -> &mut Self {
        match &mut self.0 {
            Sink::Places(arguments) => add(arguments, text.into()),
            Sink::Columns(columns) => {
                let text = text.as_ref();
                columns.inseparable |= text.contains([BETWEEN, NOTHING]);
                columns.next(false).push_str(text);
            }
        }
        self
    }

    /// A text, where there is one.
    pub fn maybe_text(&mut self, text: Option<impl AsRef<str> + Into<String>>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => self.nothing(false),
        }
    }

    /// An id as the tables name it.
    pub fn id(&mut self, id: Uuid) -> &mut Self {
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        let text = &*id.hyphenated().encode_lower(&mut text);
        match &mut self.0 {
            Sink::Places(arguments) => add(arguments, text.to_owned()),
            Sink::Columns(columns) => columns.next(false).push_str(text),
        }
        self
    }

    /// An id, where there is one.
    pub fn maybe_id(&mut self, id: Option<Uuid>) -> &mut Self {
        match id {
            Some(id) => self.id(id),
            None => self.nothing(false),
        }
    }

    /// A number.
    pub fn number(&mut self, number: i64) -> &mut Self {
        match &mut self.0 {
            Sink::Places(arguments) => add(arguments, number),
            // Writing to a String cannot fail.
            Sink::Columns(columns) => drop(write!(columns.next(true), "{number}")),
        }
        self
    }

    /// A number, where there is one.
    pub fn maybe_number(&mut self, number: Option<i64>) -> &mut Self {
        match number {
            Some(number) => self.number(number),
            None => self.nothing(true),
        }
    }

    fn nothing(&mut self, is_number: bool) -> &mut Self {
        match &mut self.0 {
            Sink::Places(arguments) if is_number => add(arguments, None::<i64>),
            Sink::Places(arguments) => add(arguments, None::<String>),
            Sink::Columns(columns) => columns.next(is_number).push(NOTHING),
        }
        self
    }

    /// The row is complete.
    pub(super) fn end_row(&mut self) {
        if let Sink::Columns(columns) = &mut self.0 {
            columns.rows += 1;
            columns.at = 0;
        }
    }

    /// The values, each for its place.
    pub(super) fn into_places(self) -> Result<AnyArguments, BoxDynError> {
        match self.0 {
            Sink::Places(arguments) => arguments,
            Sink::Columns(columns) => columns.into_arguments(),
        }
    }

    /// The columns; None where they could not be taken apart again.
    pub(super) fn into_columns(self) -> Option<Columns> {
        match self.0 {
            // A single row's empty text would be taken for no rows.
            Sink::Columns(columns) if columns.rows > 1 && !columns.inseparable => Some(columns),
            _ => None,
        }
    }
}

fn add<'t, T: Encode<'t, Any> + Type<Any>>(to: &mut Result<AnyArguments, BoxDynError>, value: T) {
    if let Ok(arguments) = to
        && let Err(error) = arguments.add(value)
    {
        *to = Err(error);
    }
}

impl Columns {
    fn next(&mut self, is_number: bool) -> &mut String {
        if self.rows == 0 {
            let text = String::new();
            self.all.push(Column { text, is_number });
        }
        let column = &mut self.all[self.at];
        if self.rows > 0 {
            column.text.push(BETWEEN);
        }
        self.at += 1;
        &mut column.text
    }

    pub(super) fn into_arguments(self) -> Result<AnyArguments, BoxDynError> {
        let mut arguments = AnyArguments::default();
        for column in self.all {
            arguments.add(column.text)?;
        }
        Ok(arguments)
    }

    /// `... VALUES ($1, $2) ...` with the rows of these columns.
    pub(super) fn statement(&self, sql: &str) -> String {
        let (head, rest) = sql.split_once("VALUES (").unwrap_or((sql, ""));
        let (_, tail) = rest.split_once(')').unwrap_or((rest, ""));
        let mut text = format!("{head}SELECT * FROM unnest(");
        for (place, column) in (1..).zip(&self.all) {
            let comma = if place == 1 { "" } else { ", " };
            let cast = if column.is_number { "::bigint[]" } else { "" };
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "{comma}string_to_array(${place}, E'\\x1f', E'\\x1e'){cast}"
            );
        }
        text.push(')');
        text.push_str(tail);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{BETWEEN, Cells, NOTHING};

    fn columns(rows: &[(&str, Option<i64>)]) -> Cells {
        let mut cells = Cells::columns();
        for (text, number) in rows {
            cells.text(*text).maybe_number(*number);
            cells.end_row();
        }
        cells
    }

    #[test]
    fn a_column_is_one_place() {
        let cells = columns(&[("a", None), ("", Some(-7))]);
        let columns = cells.into_columns().unwrap();
        assert_eq!(
            columns.statement("INSERT INTO t (a, b)\nVALUES ($1, $2)\nON CONFLICT DO NOTHING"),
            "INSERT INTO t (a, b)\nSELECT * FROM unnest(string_to_array($1, E'\\x1f', E'\\x1e'), \
             string_to_array($2, E'\\x1f', E'\\x1e')::bigint[])\nON CONFLICT DO NOTHING"
        );
        let texts: Vec<&str> = columns.all.iter().map(|c| c.text.as_str()).collect();
        assert_eq!(texts, ["a\u{1f}", "\u{1e}\u{1f}-7"]);
    }

    #[test]
    fn what_cannot_be_taken_apart_again_is_not_put_together() {
        for text in [format!("a{BETWEEN}"), NOTHING.to_string()] {
            assert!(
                columns(&[("a", None), (&text, None)])
                    .into_columns()
                    .is_none()
            );
        }
        assert!(columns(&[("", None)]).into_columns().is_none(), "one row");
    }
}
