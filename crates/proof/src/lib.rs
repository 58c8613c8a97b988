//! Attacks on the sync, each a lane of its own, all from a printed seed: see `docs/reliability.md`.
//!
//! Nothing that ships depends on this crate; it may know every other one. Each lane has a `run` that its command calls.

pub mod bootstrap;
pub mod crash;
pub mod disk;
pub mod history;
mod progress;
mod server;
pub mod sim;
mod trace;
