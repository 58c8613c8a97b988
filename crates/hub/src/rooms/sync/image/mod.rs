//! Bootstrap: an image of a shop, which is a till's database, for tills that are new or whose rows differ; and the checksums
//! by which they notice.

mod build;
mod rows;
mod serve;
mod shelf;

pub(super) use serve::{bytes, offer, sums};
pub use shelf::Shelf;
