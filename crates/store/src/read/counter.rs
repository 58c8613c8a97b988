//! What the counter reads: the catalogue, a product by its code, the next receipt's number.

use std::collections::BTreeMap;

use counterfoil_domain::entity::{Category, Product};
use counterfoil_domain::{CategoryId, DeviceId, EntityKind, ProductId, Quantity, SaleId, barcode};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};
use uuid::Uuid;

use crate::error::StoreError;
use crate::row;

/// A product that is offered, with what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductRow {
    /// Which.
    pub product_id: ProductId,
    /// The product.
    pub product: Product,
    /// Sum of its stock ledger.
    pub stock: Quantity,
}

/// Categories in their order.
///
/// # Errors
/// When the database fails.
pub fn list_categories(conn: &Connection) -> Result<Vec<(CategoryId, Category)>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_categories.sql"))?;
    let rows = statement.query_map([], |r| {
        let category = Category {
            name: r.get("name")?,
            position: r.get("position")?,
        };
        Ok((row::id(r, "id")?, category))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Active products by category and name.
///
/// # Errors
/// When the database fails.
pub fn list_products(conn: &Connection) -> Result<Vec<ProductRow>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_products.sql"))?;
    let rows = statement.query_map([], |r| {
        Ok(ProductRow {
            product_id: row::id(r, "id")?,
            product: row::json(r, "body")?,
            stock: Quantity(r.get("stock_milli")?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn product(r: &Row<'_>) -> rusqlite::Result<(ProductId, Product)> {
    Ok((row::id(r, "id")?, row::json(r, "body")?))
}

/// One product, offered or not.
///
/// # Errors
/// When the database fails.
pub fn find_product(
    conn: &Connection,
    product_id: ProductId,
) -> Result<Option<Product>, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../../queries/find_product.sql"))?
        .query_row(named_params! { ":id": product_id.to_string() }, product)
        .optional()?
        .map(|(_, product)| product))
}

/// The product under a barcode, in either form of a UPC-A, or else under a SKU.
///
/// # Errors
/// When the database fails.
pub fn find_product_by_code(
    conn: &Connection,
    code: &str,
) -> Result<Option<(ProductId, Product)>, StoreError> {
    let normal = barcode::normalised(code);
    let short = normal
        .strip_prefix('0')
        .filter(|short| short.len() == 12 && barcode::is_valid_gtin(short));
    let other = short.unwrap_or(&normal);
    let found = conn
        .prepare_cached(include_str!("../../queries/find_product_by_barcode.sql"))?
        .query_row(named_params! { ":code": normal, ":other": other }, product)
        .optional()?;
    if found.is_some() {
        return Ok(found);
    }
    Ok(conn
        .prepare_cached(include_str!("../../queries/find_product_by_sku.sql"))?
        .query_row(named_params! { ":sku": code }, product)
        .optional()?)
}

/// The pictures of some products.
///
/// # Errors
/// When the database fails.
pub fn list_product_pictures(
    conn: &Connection,
    products: &[ProductId],
) -> Result<BTreeMap<ProductId, String>, StoreError> {
    let ids = serde_json::to_string(products)?;
    let mut statement =
        conn.prepare_cached(include_str!("../../queries/list_product_pictures.sql"))?;
    let rows = statement.query_map(named_params! { ":ids": ids }, |r| {
        let picture: Option<String> = r.get("picture")?;
        Ok((row::id(r, "id")?, picture.unwrap_or_default()))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The number after the highest one of a till: ask within the transaction that takes it.
///
/// # Errors
/// When the database fails.
pub fn find_next_sale_number(
    conn: &Connection,
    device_id: DeviceId,
    till_code: &str,
) -> Result<u32, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../../queries/find_next_sale_number.sql"))?
        .query_row(
            named_params! { ":device_id": device_id.to_string(), ":till_code": till_code },
            |r| r.get("number"),
        )?)
}

/// The sale behind a receipt's number.
///
/// # Errors
/// When the database fails.
pub fn find_sale_by_number(
    conn: &Connection,
    till_code: &str,
    number: u32,
) -> Result<Option<SaleId>, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../../queries/find_sale_by_number.sql"))?
        .query_row(
            named_params! { ":till_code": till_code, ":number": number },
            |r| row::id(r, "sale_id"),
        )
        .optional()?)
}

/// Whether a row is there and not deleted.
///
/// # Errors
/// When the database fails.
pub fn has_entity(conn: &Connection, kind: EntityKind, id: Uuid) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../../queries/find_entity.sql"))?
        .exists(named_params! { ":kind": kind.name(), ":id": id.to_string() })?)
}
