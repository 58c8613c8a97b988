//! Push, pull and live: a pure plan beside the loop that carries it out.
//!
//! What is absent on purpose: no screen, no SQL, no clock or randomness of its own.

pub mod bootstrap;
pub mod checks;
pub mod client;
pub mod convert;
pub mod engine;
pub mod error;
mod follow;
pub mod http;
pub mod live;
pub mod plan;
pub mod status;
pub mod steps;
mod wanted;

pub use client::{HubClient, HubCredentials};
pub use engine::{SyncConfig, SyncEngine, SyncHandle};
pub use error::{HubError, SyncError};
pub use http::{HttpTransport, Request, Response, Transport};
pub use status::{Phase, Progress, SyncState, SyncStatus};
