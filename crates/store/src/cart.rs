//! Carts and settings: what one till keeps for itself, sent nowhere.

use counterfoil_domain::{Cart, CartId, UnixMs};
use rusqlite::{Connection, OptionalExtension as _, named_params};

use crate::error::StoreError;
use crate::row;
use crate::store::Store;
use crate::tx::Tx;

/// Whether a cart is at hand or put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CartState {
    /// Being rung up.
    Open,
    /// Put aside; survives a restart.
    Parked,
}

impl CartState {
    const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Parked => "parked",
        }
    }
}

/// A cart as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedCart {
    /// The cart.
    pub cart: Cart,
    /// Open or parked.
    pub state: CartState,
    /// What a parked one is called.
    pub label: String,
    /// When it was parked.
    pub parked_at: Option<UnixMs>,
    /// When it last changed.
    pub updated_at: UnixMs,
}

impl Tx<'_> {
    /// Keeps a cart, replacing what was kept under its id. A parked cart remembers when.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn save_cart(&self, cart: &Cart, state: CartState, label: &str) -> Result<(), StoreError> {
        let now = self.now();
        let save = || -> Result<(), StoreError> {
            self.conn()
                .prepare_cached(include_str!("../queries/save_cart.sql"))?
                .execute(named_params! {
                    ":cart_id": cart.cart_id.to_string(),
                    ":body": serde_json::to_string(cart)?,
                    ":state": state.name(),
                    ":label": label,
                    ":parked_at": (state == CartState::Parked).then_some(now.0),
                    ":updated_at": now.0,
                })?;
            Ok(())
        };
        self.noting(save())
    }

    /// The cart at hand.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn open_cart(&self) -> Result<Option<SavedCart>, StoreError> {
        Ok(list(self.conn(), CartState::Open)?.into_iter().next())
    }

    /// Forgets a cart; no error when it is not there.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn delete_cart(&self, cart_id: CartId) -> Result<(), StoreError> {
        let delete = || -> Result<(), StoreError> {
            self.conn()
                .prepare_cached(include_str!("../queries/delete_cart.sql"))?
                .execute(named_params! { ":cart_id": cart_id.to_string() })?;
            Ok(())
        };
        self.noting(delete())
    }

    /// Keeps a setting of this till.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let save = || -> Result<(), StoreError> {
            self.conn()
                .prepare_cached(include_str!("../queries/save_setting.sql"))?
                .execute(named_params! { ":key": key, ":value": value })?;
            Ok(())
        };
        self.noting(save())
    }
}

impl Store {
    /// Keeps a cart, replacing what was kept under its id.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn save_cart(&self, cart: &Cart, state: CartState, label: &str) -> Result<(), StoreError> {
        self.write(|tx| tx.save_cart(cart, state, label))
    }

    /// The cart at hand: the open one that changed last.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn open_cart(&self) -> Result<Option<SavedCart>, StoreError> {
        self.read(|conn| Ok(list(conn, CartState::Open)?.into_iter().next()))
    }

    /// The carts put aside, the latest first.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn parked_carts(&self) -> Result<Vec<SavedCart>, StoreError> {
        self.read(|conn| list(conn, CartState::Parked))
    }

    /// Forgets a cart; no error when it is not there.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn delete_cart(&self, cart_id: CartId) -> Result<(), StoreError> {
        self.write(|tx| tx.delete_cart(cart_id))
    }

    /// A setting of this till.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.read(|conn| {
            Ok(conn
                .prepare_cached(include_str!("../queries/find_setting.sql"))?
                .query_row(named_params! { ":key": key }, |row| row.get("value"))
                .optional()?)
        })
    }

    /// Keeps a setting of this till.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.write(|tx| tx.set_setting(key, value))
    }
}

fn list(conn: &Connection, state: CartState) -> Result<Vec<SavedCart>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../queries/list_carts.sql"))?;
    let rows = statement.query_map(named_params! { ":state": state.name() }, |row| {
        Ok(SavedCart {
            cart: row::json(row, "body")?,
            state,
            label: row.get("label")?,
            parked_at: row::opt_at(row, "parked_at")?,
            updated_at: row::at(row, "updated_at")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
