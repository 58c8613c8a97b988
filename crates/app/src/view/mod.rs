//! What a screen, a command line or a test sees: plain data, every amount computed by the domain.

pub mod counter;
pub mod customers;
pub mod failure;
pub mod owner;
pub mod picture;
pub mod repair;
pub mod sales;
pub mod session;
pub mod sync;
pub mod visits;

pub use counter::*;
pub use customers::*;
pub use failure::*;
pub use owner::*;
pub use picture::*;
pub use repair::*;
pub use sales::*;
pub use session::*;
pub use sync::*;
pub use visits::*;
