//! What a till keeps for itself.

use counterfoil_domain::Op;
use counterfoil_store::{CartState, StoreError};

use crate::common::Till;

#[test]
fn parked_carts_survive_a_restart() {
    let till = Till::with_shop();
    let cart = till.shop.cart(&[(0, 2)], None).unwrap();
    till.store
        .save_cart(&cart, CartState::Parked, "mesa 4")
        .unwrap();
    let till = till.reopened();
    let parked = till.store.parked_carts().unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].cart, cart);
    assert_eq!(parked[0].label, "mesa 4");
    assert_eq!(parked[0].parked_at, Some(till.now()));
    assert!(till.store.open_cart().unwrap().is_none());
}

#[test]
fn cart_is_gone_with_the_sale_or_stays_with_its_failure() {
    let till = Till::with_shop();
    let cart = till.shop.cart(&[(0, 2)], None).unwrap();
    till.store.save_cart(&cart, CartState::Open, "").unwrap();
    let sale = till.shop.sale(1, &[(0, 2)], None, till.now()).unwrap();
    let sell = || {
        till.store.transact_with(|tx| {
            tx.delete_cart(cart.cart_id)?;
            Ok::<_, StoreError>((Op::SaleCompleted(sale.clone()), None, tx.now(), ()))
        })
    };
    sell().unwrap();
    assert!(till.store.open_cart().unwrap().is_none());
    till.store.save_cart(&cart, CartState::Open, "").unwrap();
    sell().unwrap_err();
    assert_eq!(till.store.open_cart().unwrap().unwrap().cart, cart);
}

#[test]
fn settings_are_kept() {
    let till = Till::empty();
    assert_eq!(till.store.setting("camera").unwrap(), None);
    till.store.set_setting("camera", "front").unwrap();
    till.store.set_setting("camera", "back").unwrap();
    let till = till.reopened();
    assert_eq!(till.store.setting("camera").unwrap().unwrap(), "back");
}
