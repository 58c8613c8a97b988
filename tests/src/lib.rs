//! What the stories across crates share: the programs, the window, and waiting for both.
//!
//! `cargo xtask` uses the same tools to start the demo, to walk it and to take pictures of it.

pub mod failure;
pub mod group;
pub mod http;
pub mod postgres;
pub mod processes;
pub mod stage;
pub mod stories;
pub mod till;
pub mod video;
pub mod wait;
pub mod webdriver;

pub use failure::{Failure, Result};
