//! What tests hold in their hand: a clock, random bytes that repeat, and a small shop with things to do in it.

mod clock;
mod entropy;
mod rounds;
mod setup;
mod shop;

pub use clock::ManualClock;
pub use entropy::SeededEntropy;
pub use rounds::{Round, answer_rounds};
pub use setup::{delete, edit};
pub use shop::{SampleError, SampleShop};
