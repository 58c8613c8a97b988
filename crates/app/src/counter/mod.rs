//! The counter: catalogue, cart and paying.

use counterfoil_domain::tender::Tender;
use counterfoil_domain::{CartId, CustomerId, Discount, LineId, Money, ProductId, Quantity};

use crate::Counterfoil;
use crate::failure::{Outcome, not_built};
use crate::view::{CartView, CatalogueView, ParkedCart, PayView, SaleView};

impl Counterfoil {
    /// What is offered.
    ///
    /// # Errors
    /// When the database fails.
    pub fn catalogue(&self) -> Outcome<CatalogueView> {
        not_built()
    }

    /// A product's picture as a data URI; none under an unknown name.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn picture(&self, _name: &str) -> Outcome<Option<String>> {
        not_built()
    }

    /// The cart at hand.
    ///
    /// # Errors
    /// When the database fails.
    pub fn cart(&self) -> Outcome<CartView> {
        not_built()
    }

    /// Adds a product, or raises its line's quantity.
    ///
    /// # Errors
    /// `product_not_found`, `price_missing`, `amount_out_of_range`.
    pub fn cart_add_product(
        &self,
        _product_id: ProductId,
        _quantity: Quantity,
    ) -> Outcome<CartView> {
        not_built()
    }

    /// Adds a typed-in line.
    ///
    /// # Errors
    /// `amount_out_of_range`, `name_missing`.
    pub fn cart_add_custom(
        &self,
        _name: &str,
        _price: Money,
        _tax_code: &str,
    ) -> Outcome<CartView> {
        not_built()
    }

    /// Sets a line's quantity.
    ///
    /// # Errors
    /// `amount_out_of_range`.
    pub fn cart_set_quantity(&self, _line_id: LineId, _quantity: Quantity) -> Outcome<CartView> {
        not_built()
    }

    /// Takes a line away.
    ///
    /// # Errors
    /// When the database fails.
    pub fn cart_remove_line(&self, _line_id: LineId) -> Outcome<CartView> {
        not_built()
    }

    /// Puts a note on a line.
    ///
    /// # Errors
    /// When the database fails.
    pub fn cart_set_line_note(&self, _line_id: LineId, _note: &str) -> Outcome<CartView> {
        not_built()
    }

    /// Discounts a line, or takes its discount away.
    ///
    /// # Errors
    /// `discount_too_large`, `percent_out_of_range`.
    pub fn cart_discount_line(
        &self,
        _line_id: LineId,
        _discount: Option<Discount>,
    ) -> Outcome<CartView> {
        not_built()
    }

    /// Discounts the whole cart, or takes its discount away.
    ///
    /// # Errors
    /// `discount_too_large`, `percent_out_of_range`.
    pub fn cart_discount(&self, _discount: Option<Discount>) -> Outcome<CartView> {
        not_built()
    }

    /// Puts a customer on the cart, or takes them off.
    ///
    /// # Errors
    /// `customer_not_found`.
    pub fn cart_set_customer(&self, _customer_id: Option<CustomerId>) -> Outcome<CartView> {
        not_built()
    }

    /// Puts a note on the sale.
    ///
    /// # Errors
    /// When the database fails.
    pub fn cart_set_note(&self, _note: &str) -> Outcome<CartView> {
        not_built()
    }

    /// Takes the last change of the cart back.
    ///
    /// # Errors
    /// When the database fails.
    pub fn cart_undo(&self) -> Outcome<CartView> {
        not_built()
    }

    /// Empties the cart.
    ///
    /// # Errors
    /// When the database fails.
    pub fn cart_clear(&self) -> Outcome<CartView> {
        not_built()
    }

    /// Parks the cart and begins an empty one.
    ///
    /// # Errors
    /// `cart_empty`.
    pub fn cart_park(&self, _label: &str) -> Outcome<CartView> {
        not_built()
    }

    /// The parked carts.
    ///
    /// # Errors
    /// When the database fails.
    pub fn parked_carts(&self) -> Outcome<Vec<ParkedCart>> {
        not_built()
    }

    /// Takes a parked cart up again.
    ///
    /// # Errors
    /// When there is no such cart.
    pub fn cart_resume(&self, _cart_id: CartId) -> Outcome<CartView> {
        not_built()
    }

    /// Where the tenders stand against the cart.
    ///
    /// # Errors
    /// `cart_empty`, `card_over_total`.
    pub fn pay_view(&self, _tenders: Vec<Tender>) -> Outcome<PayView> {
        not_built()
    }

    /// Completes the sale under the till's next number; committed before it returns.
    ///
    /// # Errors
    /// `cart_empty`, `tenders_short`, `card_over_total`.
    pub fn complete_sale(&self, _tenders: Vec<Tender>) -> Outcome<SaleView> {
        not_built()
    }
}

/// What the counter keeps in memory.
#[derive(Default)]
pub(crate) struct CounterState {}
