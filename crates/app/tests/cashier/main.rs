//! What a cashier does in a day, on the real database, with the clock in the test's hand.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod camera;
mod cart;
mod customers;
mod labels;
mod papers;
mod pay;
mod refund;
mod scans;
mod shift;
mod stamps;
mod till;
