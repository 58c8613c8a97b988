//! The cart: kept in the database at every change, with a few steps to take back.

use std::sync::{Mutex, MutexGuard, PoisonError};

use counterfoil_domain::entity::Role;
use counterfoil_domain::{
    Cart, CartId, CartLine, CustomerId, Discount, LineId, Money, ProductId, Quantity,
};
use counterfoil_store::read::customers::find_customer;
use counterfoil_store::{CartState, Tx};

use super::lines::{
    drop_discounts_that_exceed, line_of, line_tax, offered, out_of_range, product_line, put,
};
use crate::failure::Outcome;
use crate::view::{CartView, Failure, ParkedCart};
use crate::{Counterfoil, customers};

/// Changes that can be taken back.
const UNDO_MAX: usize = 20;

/// What the counter keeps in memory.
#[derive(Default)]
pub(crate) struct CounterState(Mutex<Undo>);

/// The cart as it was before each of its last changes.
#[derive(Default)]
pub(super) struct Undo {
    before: Vec<Cart>,
    /// The id that an empty, unkept cart shows.
    fresh: Option<CartId>,
}

impl CounterState {
    fn lock(&self) -> MutexGuard<'_, Undo> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another cart is at hand: what was before it cannot be taken back.
    pub(super) fn forget(&self) {
        *self.lock() = Undo::default();
    }
}

impl Counterfoil {
    /// The cart at hand.
    ///
    /// # Errors
    /// When the database fails.
    pub fn cart(&self) -> Outcome<CartView> {
        let cart = match self.store()?.open_cart()? {
            Some(saved) => saved.cart,
            None => self.empty_cart()?,
        };
        self.cart_view(&cart)
    }

    /// Adds a product, or raises its line's quantity.
    ///
    /// # Errors
    /// `product_not_found`, `price_missing`, `amount_out_of_range`.
    pub fn cart_add_product(&self, product_id: ProductId, quantity: Quantity) -> Outcome<CartView> {
        let (_, cart) = self.add_product(product_id, quantity)?;
        Ok(cart)
    }

    /// As [`Counterfoil::cart_add_product`]; tells the line as well.
    pub(crate) fn add_product(
        &self,
        product_id: ProductId,
        quantity: Quantity,
    ) -> Outcome<(LineId, CartView)> {
        let shop = self.shop()?;
        let line_id: LineId = self.new_id();
        self.change_cart(|tx, cart| {
            let product = offered(tx, product_id)?;
            let line = product_line(&shop.shop, line_id, product_id, product, quantity)?;
            put(cart, line)
        })
    }

    /// Adds a labelled pack, at its own price where the label has one, on a line of its own, so that its price is the one on its label to the cent, however many
    /// packs of the product there are.
    pub(crate) fn add_labelled(
        &self,
        product_id: ProductId,
        price: Option<Money>,
        quantity: Quantity,
    ) -> Outcome<(LineId, CartView)> {
        let shop = self.shop()?;
        let line_id: LineId = self.new_id();
        self.change_cart(|tx, cart| {
            let mut product = offered(tx, product_id)?;
            product.price = price.or(product.price);
            let line = product_line(&shop.shop, line_id, product_id, product, quantity)?;
            cart.lines.push(line);
            Ok(line_id)
        })
    }

    /// Adds one piece of a product at the price that was typed in, because it has none of its own.
    ///
    /// # Errors
    /// `product_not_found`, `amount_out_of_range`.
    pub fn cart_add_priced(&self, product_id: ProductId, price: Money) -> Outcome<CartView> {
        let shop = self.shop()?;
        let line_id: LineId = self.new_id();
        self.edit_cart(|tx, cart| {
            let mut product = offered(tx, product_id)?;
            // What has a price is sold at it: less is a discount, which the receipt shows.
            product.price.get_or_insert(price);
            let quantity = Quantity::pieces(1);
            put(
                cart,
                product_line(&shop.shop, line_id, product_id, product, quantity)?,
            )?;
            Ok(())
        })
    }

    /// Adds a typed-in line.
    ///
    /// # Errors
    /// `amount_out_of_range`, `name_missing`.
    pub fn cart_add_custom(&self, name: &str, price: Money, tax_code: &str) -> Outcome<CartView> {
        let name = name.trim();
        if name.is_empty() {
            return Err(Failure::new("name_missing", "a line needs a name").on("name"));
        }
        let shop = self.shop()?;
        let line_id: LineId = self.new_id();
        self.edit_cart(|_, cart| {
            cart.lines.push(CartLine {
                line_id,
                product_id: None,
                sku: String::new(),
                name: name.to_owned(),
                quantity: Quantity::pieces(1),
                unit_price: price,
                tax: line_tax(&shop.shop, tax_code, shop.shop.prices_include_tax),
                discount: None,
                note: String::new(),
            });
            Ok(())
        })
    }

    /// Sets a line's quantity; none takes the line away.
    ///
    /// # Errors
    /// `amount_out_of_range`, `line_not_found`.
    pub fn cart_set_quantity(&self, line_id: LineId, quantity: Quantity) -> Outcome<CartView> {
        self.edit_cart(|_, cart| {
            if quantity.milli() < 0 {
                return Err(out_of_range("quantity"));
            }
            line_of(cart, line_id)?.quantity = quantity;
            cart.lines.retain(|line| line.quantity != Quantity(0));
            drop_discounts_that_exceed(cart)
        })
    }

    /// Takes a line away.
    ///
    /// # Errors
    /// `line_not_found`.
    pub fn cart_remove_line(&self, line_id: LineId) -> Outcome<CartView> {
        self.cart_set_quantity(line_id, Quantity(0))
    }

    /// Puts a note on a line.
    ///
    /// # Errors
    /// `line_not_found`.
    pub fn cart_set_line_note(&self, line_id: LineId, note: &str) -> Outcome<CartView> {
        self.edit_cart(|_, cart| {
            note.trim().clone_into(&mut line_of(cart, line_id)?.note);
            Ok(())
        })
    }

    /// Discounts a line, or takes its discount away.
    ///
    /// # Errors
    /// `discount_too_large`, `percent_out_of_range`, `line_not_found`.
    pub fn cart_discount_line(
        &self,
        line_id: LineId,
        discount: Option<Discount>,
    ) -> Outcome<CartView> {
        self.edit_cart(|_, cart| {
            line_of(cart, line_id)?.discount = discount;
            cart.price().map(drop).or_else(|error| {
                // The line's own discount is right; the cart's no longer fits what is left.
                let alone = Cart {
                    discount: None,
                    ..cart.clone()
                };
                alone.price().map_err(|_| error)?;
                cart.discount = None;
                Ok(())
            })
        })
    }

    /// Discounts the whole cart, or takes its discount away.
    ///
    /// # Errors
    /// `discount_too_large`, `percent_out_of_range`.
    pub fn cart_discount(&self, discount: Option<Discount>) -> Outcome<CartView> {
        self.edit_cart(|_, cart| {
            cart.discount = discount;
            Ok(())
        })
    }

    /// Puts a customer on the cart, or takes them off.
    ///
    /// # Errors
    /// `customer_not_found`.
    pub fn cart_set_customer(&self, customer_id: Option<CustomerId>) -> Outcome<CartView> {
        self.edit_cart(|tx, cart| {
            if let Some(customer_id) = customer_id {
                find_customer(tx.conn(), customer_id)?.ok_or_else(customers::not_found)?;
            }
            cart.customer_id = customer_id;
            Ok(())
        })
    }

    /// Puts a note on the sale.
    ///
    /// # Errors
    /// When the database fails.
    pub fn cart_set_note(&self, note: &str) -> Outcome<CartView> {
        self.edit_cart(|_, cart| {
            note.trim().clone_into(&mut cart.note);
            Ok(())
        })
    }

    /// Takes the last change of the cart back; without one nothing happens.
    ///
    /// # Errors
    /// When the database fails.
    pub fn cart_undo(&self) -> Outcome<CartView> {
        self.signed_in_as(&[Role::Cashier])?;
        let Some(before) = self.inner.counter.lock().before.pop() else {
            return self.cart();
        };
        self.store()?.save_cart(&before, CartState::Open, "")?;
        self.cart_view(&before)
    }

    /// Empties the cart; that can be taken back.
    ///
    /// # Errors
    /// When the database fails.
    pub fn cart_clear(&self) -> Outcome<CartView> {
        self.edit_cart(|_, cart| {
            *cart = Cart::empty(cart.cart_id, cart.currency);
            Ok(())
        })
    }

    /// Parks the cart and begins an empty one.
    ///
    /// # Errors
    /// `cart_empty`.
    pub fn cart_park(&self, label: &str) -> Outcome<CartView> {
        self.signed_in_as(&[Role::Cashier])?;
        self.store()?.write(|tx| {
            let saved = tx.open_cart()?.filter(|saved| !saved.cart.lines.is_empty());
            let saved = saved.ok_or_else(|| {
                Failure::new("cart_empty", "there is nothing in the cart to put aside")
            })?;
            tx.save_cart(&saved.cart, CartState::Parked, label.trim())?;
            Ok::<_, Failure>(())
        })?;
        self.inner.counter.forget();
        self.cart()
    }

    /// The parked carts, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn parked_carts(&self) -> Outcome<Vec<ParkedCart>> {
        let carts = self.store()?.parked_carts()?;
        carts.into_iter().map(super::view::parked).collect()
    }

    /// Takes a parked cart up again; the one at hand is parked in its place, unless it is empty.
    ///
    /// # Errors
    /// `cart_not_found`.
    pub fn cart_resume(&self, cart_id: CartId) -> Outcome<CartView> {
        self.signed_in_as(&[Role::Cashier])?;
        let mut parked = self.store()?.parked_carts()?.into_iter();
        let wanted = parked
            .find(|saved| saved.cart.cart_id == cart_id)
            .ok_or_else(|| Failure::new("cart_not_found", "there is no such parked cart"))?;
        self.store()?.write(|tx| {
            if let Some(at_hand) = tx.open_cart()? {
                if at_hand.cart.lines.is_empty() {
                    tx.delete_cart(at_hand.cart.cart_id)?;
                } else {
                    tx.save_cart(&at_hand.cart, CartState::Parked, "")?;
                }
            }
            tx.save_cart(&wanted.cart, CartState::Open, "")?;
            Ok::<_, Failure>(())
        })?;
        self.inner.counter.forget();
        self.cart()
    }

    pub(super) fn can_undo(&self) -> bool {
        !self.inner.counter.lock().before.is_empty()
    }

    fn empty_cart(&self) -> Outcome<Cart> {
        let currency = self.shop()?.shop.currency;
        let fresh = self.new_id();
        let cart_id = *self.inner.counter.lock().fresh.get_or_insert(fresh);
        Ok(Cart::empty(cart_id, currency))
    }

    fn edit_cart(
        &self,
        change: impl FnMut(&Tx<'_>, &mut Cart) -> Outcome<()>,
    ) -> Outcome<CartView> {
        self.change_cart(change).map(|((), cart)| cart)
    }

    /// Changes the cart and keeps it, both in one transaction. A change after which it has no price is none.
    pub(crate) fn change_cart<T>(
        &self,
        mut change: impl FnMut(&Tx<'_>, &mut Cart) -> Outcome<T>,
    ) -> Outcome<(T, CartView)> {
        self.signed_in_as(&[Role::Cashier])?;
        let empty = self.empty_cart()?;
        let (told, before, after) = self.store()?.write(|tx| {
            let before = tx
                .open_cart()?
                .map_or_else(|| empty.clone(), |saved| saved.cart);
            let mut cart = before.clone();
            let told = change(tx, &mut cart)?;
            cart.price()?;
            if cart != before {
                tx.save_cart(&cart, CartState::Open, "")?;
            }
            Ok::<_, Failure>((told, before, cart))
        })?;
        if after != before {
            let mut undo = self.inner.counter.lock();
            if undo.before.len() == UNDO_MAX {
                undo.before.remove(0);
            }
            undo.before.push(before);
        }
        Ok((told, self.cart_view(&after)?))
    }
}
