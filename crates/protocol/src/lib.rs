//! What till and hub say to each other: wire types, error codes, card and pairing codes. Pure.

pub mod auth;
pub mod card;
pub mod code;
pub mod envelope;
pub mod image;
pub mod pairing;
pub mod sync;

pub use code::ErrorCode;
pub use envelope::{ApiError, FieldError, Meta, Reply};
