//! The till's store, driven as the app and the sync engine drive it.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod carts;
mod clocks;
mod common;
mod disk;
mod door;
mod epoch;
mod fault;
mod image;
mod life;
mod overlay;
mod power;
mod pull;
mod retention;
mod salvage;
mod sealing;
mod settle;
mod slices;
mod story;
mod sums;
