//! What every room of the API shares: envelope, errors, credentials, limits, idempotency and its description.

pub mod answer;
pub mod docs;
pub mod extract;
pub mod failure;
pub mod idempotency;
pub mod layers;
pub mod limit;
pub mod page;
pub mod words;

pub use answer::Answer;
pub use extract::{Credential, Current, Input, Owner, Paired, Staff};
pub use failure::Failure;
pub use idempotency::{Begun, IdempotencyKey, Write};
