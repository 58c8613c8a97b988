//! Carts as a screen shows them.

use counterfoil_domain::{Cart, ProductId};
use counterfoil_store::SavedCart;
use counterfoil_store::read::counter::list_product_pictures;
use counterfoil_store::read::customers::find_customer;

use crate::failure::Outcome;
use crate::view::{CartLineView, CartView, ParkedCart};
use crate::{Counterfoil, customers};

/// Lines that name a parked cart without a label.
const LABEL_LINES: usize = 3;

impl Counterfoil {
    pub(crate) fn cart_view(&self, cart: &Cart) -> Outcome<CartView> {
        let store = self.store()?;
        let products: Vec<ProductId> = cart.lines.iter().filter_map(|l| l.product_id).collect();
        let (pictures, customer) = store.read(|conn| {
            let customer = match cart.customer_id {
                Some(customer_id) => find_customer(conn, customer_id)?,
                None => None,
            };
            Ok((list_product_pictures(conn, &products)?, customer))
        })?;
        let required = self.shop()?.shop.stamps_required;
        let priced = cart.price()?;
        let lines = cart
            .lines
            .iter()
            .zip(&priced.lines)
            .map(|(line, amounts)| CartLineView {
                line_id: line.line_id,
                product_id: line.product_id,
                name: line.name.clone(),
                picture: line
                    .product_id
                    .and_then(|id| pictures.get(&id).cloned())
                    .unwrap_or_default(),
                quantity: line.quantity,
                unit_price: line.unit_price,
                discount: line.discount,
                list: amounts.list,
                discount_amount: amounts.discount,
                total: amounts.total,
                note: line.note.clone(),
            })
            .collect();
        Ok(CartView {
            cart_id: cart.cart_id,
            lines,
            discount: cart.discount,
            subtotal: priced.subtotal,
            discount_amount: priced.discount,
            tax: priced.tax,
            taxes: priced.taxes,
            total: priced.total,
            customer: customer.map(|(row, _)| customers::tile(row, required)),
            note: cart.note.clone(),
            can_undo: self.can_undo(),
            parked: u32::try_from(store.parked_carts()?.len()).unwrap_or(u32::MAX),
        })
    }
}

pub(super) fn parked(saved: SavedCart) -> Outcome<ParkedCart> {
    let cart = saved.cart;
    let label = if saved.label.is_empty() {
        let named = cart.lines.iter().take(LABEL_LINES);
        named
            .map(|l| l.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    } else {
        saved.label
    };
    Ok(ParkedCart {
        cart_id: cart.cart_id,
        label,
        parked_at: saved.parked_at.unwrap_or(saved.updated_at),
        lines: u32::try_from(cart.lines.len()).unwrap_or(u32::MAX),
        total: cart.price()?.total,
    })
}
