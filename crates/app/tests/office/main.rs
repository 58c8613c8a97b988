//! Signing in, secrets, the owner's figures, visits and conflicts, on the real database with a clock held in the hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;
mod conflicts;
mod desk;
mod owner;
mod phones;
mod revoked;
mod session;
mod trouble;
mod visits;
