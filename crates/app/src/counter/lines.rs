//! The lines of a cart: made from products, joined where they are alike.

use counterfoil_domain::entity::{Product, Shop};
use counterfoil_domain::tax::{LineTax, TaxRate};
use counterfoil_domain::{Cart, CartLine, LineId, MoneyError, ProductId, Quantity};
use counterfoil_store::Tx;
use counterfoil_store::read::counter::find_product;

use crate::failure::Outcome;
use crate::view::Failure;

pub(super) fn out_of_range(field: &str) -> Failure {
    Failure::from(MoneyError::OutOfRange).on(field)
}

pub(super) fn line_of(cart: &mut Cart, line_id: LineId) -> Outcome<&mut CartLine> {
    cart.lines
        .iter_mut()
        .find(|line| line.line_id == line_id)
        .ok_or_else(|| Failure::new("line_not_found", "this line is no longer in the cart"))
}

/// A product that may be sold.
pub(super) fn offered(tx: &Tx<'_>, product_id: ProductId) -> Outcome<Product> {
    find_product(tx.conn(), product_id)?
        .filter(|product| product.active)
        .ok_or_else(|| Failure::new("product_not_found", "this product is not offered any more"))
}

/// A product's line joins one that is just like it: scanned twice, it counts two.
pub(super) fn put(cart: &mut Cart, line: CartLine) -> Outcome<LineId> {
    let alike = cart.lines.iter_mut().find(|have| {
        have.product_id == line.product_id
            && have.unit_price == line.unit_price
            && have.tax == line.tax
            && have.discount.is_none()
            && have.note.is_empty()
    });
    let Some(alike) = alike else {
        let line_id = line.line_id;
        cart.lines.push(line);
        return Ok(line_id);
    };
    let sum = alike.quantity.milli().checked_add(line.quantity.milli());
    alike.quantity = Quantity(sum.ok_or_else(|| out_of_range("quantity"))?);
    Ok(alike.line_id)
}

pub(super) fn product_line(
    shop: &Shop,
    line_id: LineId,
    product_id: ProductId,
    product: Product,
    quantity: Quantity,
) -> Outcome<CartLine> {
    if quantity.milli() <= 0 {
        return Err(out_of_range("quantity"));
    }
    let price = product.price.ok_or_else(|| {
        Failure::new("price_missing", format!("{} has no price", product.name))
            .with("name", &product.name)
            .with("product_id", product_id)
    })?;
    Ok(CartLine {
        line_id,
        product_id: Some(product_id),
        tax: line_tax(shop, &product.tax_code, product.price_includes_tax),
        sku: product.sku,
        name: product.name,
        quantity,
        unit_price: price,
        discount: None,
        note: String::new(),
    })
}

/// The class under a code, or the shop's first; a shop without classes charges no tax.
pub(super) fn line_tax(shop: &Shop, code: &str, inclusive: bool) -> LineTax {
    let class = shop
        .tax_classes
        .iter()
        .find(|class| class.code == code)
        .or_else(|| shop.tax_classes.first());
    match class {
        Some(class) => LineTax {
            code: class.code.clone(),
            name: class.name.clone(),
            rate: class.rate,
            inclusive,
        },
        None => LineTax {
            code: String::new(),
            name: String::new(),
            rate: TaxRate(0),
            inclusive: true,
        },
    }
}

/// A fixed discount that was right before something was taken away may exceed what is left: then it goes as well.
pub(super) fn drop_discounts_that_exceed(cart: &mut Cart) -> Outcome<()> {
    if cart.price() != Err(MoneyError::DiscountTooLarge) {
        return Ok(());
    }
    for line in &mut cart.lines {
        let list = line.unit_price.scale(line.quantity.milli(), 1000)?;
        if let Some(discount) = line.discount
            && discount.of(list) == Err(MoneyError::DiscountTooLarge)
        {
            line.discount = None;
        }
    }
    if cart.price() == Err(MoneyError::DiscountTooLarge) {
        cart.discount = None;
    }
    Ok(())
}
