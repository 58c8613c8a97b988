//! Paying: where the tenders stand, and the sale under the till's next number.

use counterfoil_domain::entity::Role;
use counterfoil_domain::fact::{Sale, SaleLine};
use counterfoil_domain::tender::{Settlement, Tender, quick_cash, settle};
use counterfoil_domain::{Cart, MoneyError, Op, PricedCart, SaleId, StaffId};
use counterfoil_store::Tx;
use counterfoil_store::read::counter::find_next_sale_number;
use counterfoil_store::read::shift::find_open_shift;

use crate::Counterfoil;
use crate::failure::Outcome;
use crate::view::{Failure, PayView, SaleView};

impl Counterfoil {
    /// Where the tenders stand against the cart.
    ///
    /// # Errors
    /// `cart_empty`, `card_over_total`.
    pub fn pay_view(&self, tenders: Vec<Tender>) -> Outcome<PayView> {
        let cart = self.store()?.open_cart()?.map(|saved| saved.cart);
        let (_, priced) = priced(cart)?;
        let settlement = settle(priced.total, &tenders)?;
        Ok(PayView {
            total: priced.total,
            quick_cash: quick_cash(settlement.due),
            settlement,
        })
    }

    /// Completes the sale under the till's next number; committed before it returns.
    ///
    /// # Errors
    /// `cart_empty`, `tenders_short`, `card_over_total`.
    pub fn complete_sale(&self, tenders: Vec<Tender>) -> Outcome<SaleView> {
        let who = self.signed_in_as(&[Role::Cashier])?.staff_id;
        let tenders: Vec<Tender> = tenders
            .into_iter()
            .filter(|t| !t.amount.is_zero())
            .collect();
        let sale_id: SaleId = self.new_id();
        self.store()?.transact_with(|tx| {
            let (cart, priced) = priced(tx.open_cart()?.map(|saved| saved.cart))?;
            let settlement = settle(priced.total, &tenders)?;
            if !settlement.due.is_zero() {
                return Err(Failure::from(MoneyError::TendersShort)
                    .with("due_minor", settlement.due.minor()));
            }
            // The cart is closed by the commit that makes the sale: neither can be there without the other.
            tx.delete_cart(cart.cart_id)?;
            let sale = sale(tx, sale_id, who, cart, priced, &tenders, settlement)?;
            let at = sale.at;
            Ok((Op::SaleCompleted(sale), Some(who), at, ()))
        })?;
        self.inner.counter.forget();
        self.sale(sale_id)
    }
}

fn priced(cart: Option<Cart>) -> Outcome<(Cart, PricedCart)> {
    let cart = cart
        .filter(|cart| !cart.lines.is_empty())
        .ok_or_else(|| Failure::new("cart_empty", "there is nothing in the cart to sell"))?;
    let priced = cart.price()?;
    Ok((cart, priced))
}

fn sale(
    tx: &Tx<'_>,
    sale_id: SaleId,
    staff_id: StaffId,
    cart: Cart,
    priced: PricedCart,
    tenders: &[Tender],
    settlement: Settlement,
) -> Outcome<Sale> {
    let identity = tx.identity()?;
    let number = find_next_sale_number(tx.conn(), identity.device_id, &identity.till_code)?;
    Ok(Sale {
        sale_id,
        device_id: identity.device_id,
        till_code: identity.till_code,
        number,
        at: tx.now(),
        staff_id,
        shift_id: find_open_shift(tx.conn(), identity.device_id)?,
        customer_id: cart.customer_id,
        currency: cart.currency,
        lines: cart
            .lines
            .into_iter()
            .zip(priced.lines)
            .map(|(line, amounts)| SaleLine { line, amounts })
            .collect(),
        subtotal: priced.subtotal,
        discount: priced.discount,
        net: priced.net,
        tax: priced.tax,
        taxes: priced.taxes,
        total: priced.total,
        tenders: tenders.to_vec(),
        change: settlement.change,
        note: cart.note,
    })
}
