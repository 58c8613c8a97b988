//! What is true of shops: ids, money, tax, carts, tenders, stamps, visits and the operations people perform.
//!
//! Pure on purpose: no I/O, no async, no clock, no randomness. Time and random bits arrive as arguments.

pub mod barcode;
pub mod cart;
pub mod effect;
pub mod entity;
pub mod envelope;
pub mod fact;
pub mod hlc;
pub mod id;
pub mod image;
pub mod merge;
pub mod money;
pub mod op;
pub mod phone;
pub mod planted;
pub mod refund;
pub mod scale_label;
mod sorted;
pub mod source;
pub mod stamp;
pub mod table;
pub mod tax;
pub mod tender;
pub mod time;
pub mod visit;

pub use cart::{Cart, CartLine, Discount, PricedCart, PricedLine};
pub use effect::{Effect, effects};
pub use entity::{EntityKind, EntityRow};
pub use envelope::{OpEnvelope, OpHash, OpMeta};
pub use fact::FactRow;
pub use hlc::Hlc;
pub use id::*;
pub use money::{Currency, Money, MoneyError, Quantity};
pub use op::{Op, OpClass};
pub use source::{Clock, Entropy};
pub use time::UnixMs;
