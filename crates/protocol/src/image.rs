//! An image of a shop: one compressed till's database that a new till downloads in pieces and then pulls on from.

use counterfoil_domain::table::Sums;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The most bytes of one piece of an image.
pub const PIECE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// What kind of image is asked for, as query parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImageQuery {
    /// The image whose download was begun.
    pub resume: Option<Uuid>,
    /// The image must hold this change.
    pub at_least: u64,
    /// A till whose rows differ needs one, however small the shop.
    pub repair: bool,
}

/// The hub's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum ImageReply {
    /// The shop is so small that pulling it is quicker.
    Pull,
    /// It is being made; ask again.
    Making {
        /// When, in seconds.
        retry_after_s: u64,
    },
    /// It lies ready.
    Ready(ImageOffer),
}

/// An image that lies ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageOffer {
    /// Its name; the bytes under a name never change.
    pub id: Uuid,
    /// The hub's epoch.
    pub epoch: Uuid,
    /// The newest change that it holds.
    pub seq: u64,
    /// The version of the till's schema in it.
    pub schema: u32,
    /// Bytes to download: the database, compressed by gzip.
    pub bytes: u64,
    /// SHA-256 of these bytes, as hex.
    pub sha256: String,
    /// Bytes of the database itself.
    pub unpacked_bytes: u64,
}

/// The hub's checksums of its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SumsReply {
    /// The hub's epoch.
    pub epoch: Uuid,
    /// The newest change that the sums hold.
    pub seq: u64,
    /// The sums, as a map that a till of another version must not compare; null where nothing was counted.
    pub sums: serde_json::Value,
}

impl SumsReply {
    /// The sums, where this program knows their shape.
    #[must_use]
    pub fn read(&self) -> Option<Sums> {
        serde_json::from_value(self.sums.clone()).ok()
    }
}
