//! Small values about the database itself.

use counterfoil_domain::image;
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use crate::error::StoreError;

pub(crate) const TENANT: &str = image::TENANT;
pub(crate) const DEVICE: &str = "device_id";
pub(crate) const INCARNATION: &str = "incarnation";
pub(crate) const TILL_CODE: &str = "till_code";
pub(crate) const HUB_URL: &str = "hub_url";
pub(crate) const HLC: &str = "hlc";
pub(crate) const EPOCH: &str = image::EPOCH;
pub(crate) const CURSOR: &str = image::CURSOR;
/// The newest change that is in an off-site backup of the hub, within the present epoch.
pub(crate) const ARCHIVED: &str = "archived";
/// The till's own count of days, by which what is archived grows old.
pub(crate) const AGES: &str = "ages";
/// Present while a restored hub sends everything again: the newest change it had at the time.
pub(crate) const REFILL_UNTIL: &str = "refill_until";
/// Present once the hub revoked this device: when it said so.
pub(crate) const REVOKED_AT: &str = "revoked_at";
/// A checksum a table over what the hub confirmed, at the cursor; absent where it must be counted anew.
pub(crate) const SUMS: &str = image::SUMS;
/// In an image: the last operation of every device's life that the image holds, as JSON.
pub(crate) const IMAGE_LIVES: &str = image::LIVES;
/// In an image: the newest clock among its rows.
pub(crate) const IMAGE_CLOCK: &str = image::CLOCK;
/// The tables that turned out to differ from the hub's, until a fresh image has replaced them.
pub(crate) const DIFFERS: &str = "differs";
/// Present in a copy that was made with `backup_copy`: whoever opens it must begin a new incarnation.
pub(crate) const IS_COPY: &str = "is_copy";

/// When somebody last asked whether the disk can be written to.
pub(crate) const TRIED_AT: &str = "disk_tried_at";

pub(crate) fn get(conn: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../queries/find_meta.sql"))?
        .query_row(named_params! { ":key": key }, |row| row.get("value"))
        .optional()?)
}

pub(crate) fn set(conn: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    conn.prepare_cached(include_str!("../queries/save_meta.sql"))?
        .execute(named_params! { ":key": key, ":value": value })?;
    Ok(())
}

pub(crate) fn remove(conn: &Connection, key: &str) -> Result<(), StoreError> {
    conn.prepare_cached(include_str!("../queries/delete_meta.sql"))?
        .execute(named_params! { ":key": key })?;
    Ok(())
}

/// A value that this program wrote itself and must be able to read.
pub(crate) fn parsed<T: std::str::FromStr>(
    conn: &Connection,
    key: &str,
) -> Result<Option<T>, StoreError> {
    get(conn, key)?.map(|text| parse(&text, key)).transpose()
}

/// As [`parsed`], from a column of a row that holds the key's value.
pub(crate) fn read<T: std::str::FromStr>(
    row: &Row<'_>,
    column: &str,
    key: &str,
) -> Result<Option<T>, StoreError> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| parse(&text, key)).transpose()
}

fn parse<T: std::str::FromStr>(text: &str, key: &str) -> Result<T, StoreError> {
    text.parse()
        .map_err(|_| StoreError::Damaged(format!("meta {key} cannot be read")))
}
