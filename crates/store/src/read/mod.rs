//! What screens read: one file an area. Each adds methods to [`crate::Store`] or takes the connection of
//! [`crate::Store::read`] or [`crate::Tx::conn`]; SQL lies in `queries/<verb>_<what>.sql`, columns are read by name.

pub mod counter;
pub mod customers;
pub mod desk;
pub mod health;
pub mod owner;
pub mod sales;
pub mod session;
pub mod shift;
pub mod visits;
