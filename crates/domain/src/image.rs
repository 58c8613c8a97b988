//! What a hub writes into an image of a shop, which is a till's database, and a till reads out of it.

use serde::{Deserialize, Serialize};

use crate::id::{DeviceId, Incarnation};

/// `CFtl`: marks a file as a till's database.
pub const APPLICATION_ID: i64 = 0x4346_746c;
/// Key in `meta`: whose shop it is.
pub const TENANT: &str = "tenant_id";
/// Key in `meta`: the hub's epoch.
pub const EPOCH: &str = "epoch";
/// Key in `meta`: the newest change that the rows hold.
pub const CURSOR: &str = "cursor";
/// Key in `meta`: the checksums of the rows, [`crate::table::Sums`] as JSON.
pub const SUMS: &str = "sums";
/// Key in `meta`: the newest [`crate::Hlc`] in the rows, which whoever edits them must be later than.
pub const CLOCK: &str = "image_clock";
/// Key in `meta`: every [`Life`] that the hub knew of, as a JSON array.
pub const LIVES: &str = "image_lives";

/// How far a device's life is in an image: operations up to `last_seq` have had their effect on the rows, later ones not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// The device.
    pub device_id: DeviceId,
    /// The life of its database.
    pub incarnation: Incarnation,
    /// Its last operation in the image.
    pub last_seq: u64,
}
