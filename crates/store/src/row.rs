//! Columns by name, as the domain's types.

use counterfoil_domain::{Currency, DeviceId, Hlc, Money, OpMeta, UnixMs};
use rusqlite::Row;
use rusqlite::types::Type;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// The error for a value that does not read as what its column holds.
pub fn unusable(
    name: &str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    tracing::warn!(column = name, "a stored value cannot be read");
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error))
}

/// An id column.
///
/// # Errors
/// When there is no such column, or it holds no UUID.
pub fn id<T: From<Uuid>>(row: &Row<'_>, name: &str) -> rusqlite::Result<T> {
    let text = row.get_ref(name)?.as_str()?;
    Uuid::parse_str(text)
        .map(T::from)
        .map_err(|e| unusable(name, e))
}

/// An id column that may be NULL.
///
/// # Errors
/// As [`id`].
pub fn opt_id<T: From<Uuid>>(row: &Row<'_>, name: &str) -> rusqlite::Result<Option<T>> {
    match row.get_ref(name)?.as_str_or_null()? {
        None => Ok(None),
        Some(text) => Uuid::parse_str(text)
            .map(|u| Some(T::from(u)))
            .map_err(|e| unusable(name, e)),
    }
}

/// A moment.
///
/// # Errors
/// When there is no such column, or it holds no integer.
pub fn at(row: &Row<'_>, name: &str) -> rusqlite::Result<UnixMs> {
    row.get(name).map(UnixMs)
}

/// A moment that may be NULL.
///
/// # Errors
/// As [`at`].
pub fn opt_at(row: &Row<'_>, name: &str) -> rusqlite::Result<Option<UnixMs>> {
    Ok(row.get::<_, Option<i64>>(name)?.map(UnixMs))
}

/// What an operation's effects need to know, from a row of the outbox.
///
/// # Errors
/// When a column is missing or holds something else.
pub fn op_meta(row: &Row<'_>, device_id: DeviceId) -> rusqlite::Result<OpMeta> {
    Ok(OpMeta {
        op_id: id(row, "op_id")?,
        device_id,
        staff_id: opt_id(row, "staff_id")?,
        at: at(row, "at")?,
        hlc: hlc(row)?,
        redoes: opt_id(row, "redoes")?,
    })
}

/// An operation's clock.
///
/// # Errors
/// When a column is missing or out of range.
pub fn hlc(row: &Row<'_>) -> rusqlite::Result<Hlc> {
    Ok(Hlc {
        ms: row.get("hlc_ms")?,
        counter: row.get("hlc_counter")?,
    })
}

/// A JSON column as a domain type.
///
/// # Errors
/// When there is no such column, or its content has another shape.
pub fn json<T: DeserializeOwned>(row: &Row<'_>, name: &str) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(name)?.as_str()?).map_err(|e| unusable(name, e))
}

/// An amount beside its currency's column.
///
/// # Errors
/// When a column is missing or out of range.
pub fn money(row: &Row<'_>, minor: &str, currency: &str) -> rusqlite::Result<Money> {
    let code: Currency = row
        .get_ref(currency)?
        .as_str()?
        .parse()
        .map_err(|e| unusable(currency, e))?;
    Money::new(row.get(minor)?, code).map_err(|e| unusable(minor, e))
}

/// A number that is never negative.
///
/// # Errors
/// When there is no such column, or it holds something else.
pub fn count(row: &Row<'_>, name: &str) -> rusqlite::Result<u64> {
    u64::try_from(row.get::<_, i64>(name)?).map_err(|e| unusable(name, e))
}
