//! The counter: catalogue, cart and paying.

mod cart;
mod lines;
mod pay;
mod view;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use counterfoil_store::read::counter::{ProductRow, list_categories, list_products};

pub(crate) use self::cart::CounterState;
use crate::Counterfoil;
use crate::demo;
use crate::failure::Outcome;
use crate::view::{CatalogueView, CategoryTile, ProductTile};

impl Counterfoil {
    /// What is offered.
    ///
    /// # Errors
    /// When the database fails.
    pub fn catalogue(&self) -> Outcome<CatalogueView> {
        let (categories, products) = self
            .store()?
            .read(|conn| Ok((list_categories(conn)?, list_products(conn)?)))?;
        Ok(CatalogueView {
            categories: categories
                .into_iter()
                .map(|(category_id, category)| CategoryTile {
                    category_id,
                    name: category.name,
                })
                .collect(),
            products: products.into_iter().map(tile).collect(),
        })
    }

    /// A product's picture as a data URI; none under an unknown name.
    ///
    /// # Errors
    /// Never in practice.
    pub fn picture(&self, name: &str) -> Outcome<Option<String>> {
        Ok(demo::picture(name)
            .map(|svg| format!("data:image/svg+xml;base64,{}", BASE64.encode(svg))))
    }
}

fn tile(row: ProductRow) -> ProductTile {
    let product = row.product;
    let kept = product.low_stock_below;
    ProductTile {
        product_id: row.product_id,
        sku: product.sku,
        barcode: product.barcode,
        name: product.name,
        category_id: product.category_id,
        price: product.price,
        picture: product.picture,
        stock: kept.map(|_| row.stock),
        low: kept.is_some_and(|threshold| row.stock < threshold),
    }
}
