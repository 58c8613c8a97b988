//! The till's SQLite: one door for writes, the outbox with its chain, what the hub confirmed and what is pending on top.
//!
//! It knows nothing of the network or of the wire's types: `sync` converts. Only this crate names rusqlite.

mod backup;
mod ballast;
mod cart;
mod changes;
mod checksum;
mod clash;
mod connect;
mod entity;
mod env;
mod epoch;
mod error;
mod fact;
mod function;
mod gate;
mod identity;
mod image;
mod install;
mod meta;
mod migrate;
mod outbox;
pub mod read;
mod retention;
mod row;
mod salvage;
mod seal;
mod sealing;
mod settle;
mod store;
mod sums;
mod touch;
mod turn;
mod tx;

pub use cart::{CartState, SavedCart};
pub use changes::{Confirmed, ConfirmedRow, Cursor};
pub use env::{Files, StoreEnv, SystemFiles};
pub use error::StoreError;
pub use identity::Identity;
pub use image::{ImagePart, Packed};
pub use outbox::{OpFate, OutboxCounts};
pub use retention::{Archive, KEEP_MS};
pub use salvage::{OnSalvageStep, SalvageReport, SalvageStep, SalvagedTable, salvage};
pub use seal::SealedBatch;
pub use sealing::{Pending, order};
pub use store::{CommitInfo, DiskState, Store};
pub use sums::Count;
pub use touch::Touch;
pub use tx::Tx;
