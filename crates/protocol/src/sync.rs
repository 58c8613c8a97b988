//! Push, pull and live: see the sync protocol's description in `docs/ARCHITECTURE.md`.

use counterfoil_domain::{
    DeviceId, EntityRow, FactRow, Hlc, Incarnation, OpEnvelope, OpHash, OpId, UnixMs,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The protocol's version, sent as the `X-Counterfoil-Protocol` header.
pub const PROTOCOL: u32 = 1;
/// Header with the device's Ed25519 signature (base64) over the push's uncompressed body.
pub const SIGNATURE_HEADER: &str = "x-device-signature";
/// Header with [`PROTOCOL`].
pub const PROTOCOL_HEADER: &str = "x-counterfoil-protocol";
/// The most operations in one push.
pub const PUSH_OPS_MAX: usize = 200;
/// The most bytes in one push's uncompressed body.
pub const PUSH_BYTES_MAX: usize = 256 * 1024;
/// The most rows in one pull.
pub const PULL_ROWS_MAX: u32 = 2000;
/// The most bytes in one pull's uncompressed body.
pub const PULL_BYTES_MAX: usize = 1024 * 1024;

/// A batch of operations in order of their seq, all of one incarnation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushRequest {
    /// The life of the till's database.
    pub incarnation: Incarnation,
    /// Operations as raw JSON, so that the hub can keep one it cannot read.
    pub ops: Vec<OpEnvelope>,
}

/// What became of one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It stands.
    Applied,
    /// A claim was refused; the conflict row travels with the pull.
    Refused {
        /// Why, e.g. `slot_taken`.
        code: String,
    },
    /// The hub cannot read it; it is kept as raw bytes and needs a person or a newer hub.
    DeadLetter {
        /// Why.
        reason: String,
    },
}

/// The result of one operation, stored for ever; a retry gets the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpResult {
    /// The operation.
    pub op_id: OpId,
    /// Its place in its incarnation.
    pub seq: u64,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The hub's answer to a push. All of these travel with status 200.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum PushReply {
    /// The whole batch is on the hub.
    Accepted {
        /// The hub's epoch.
        epoch: Uuid,
        /// The device's last seq in this incarnation.
        last_seq: u64,
        /// One result an operation, in the batch's order.
        results: Vec<OpResult>,
    },
    /// The batch starts beyond what the hub has; send from `last_seq + 1`.
    Gap {
        /// The hub's epoch.
        epoch: Uuid,
        /// The device's last seq in this incarnation.
        last_seq: u64,
    },
    /// The hub holds another operation at a seq: the database was copied or restored. Begin a new incarnation.
    Fork {
        /// Where they differ.
        seq: u64,
        /// The hash the hub has there.
        hub_hash: OpHash,
    },
}

/// Where a change came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The operation.
    pub op_id: OpId,
    /// The till.
    pub device_id: DeviceId,
    /// The life of its database.
    pub incarnation: Incarnation,
    /// Its place there.
    pub seq: u64,
}

/// One row of a change, in the state the hub gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "row", content = "value", rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "short-lived values; a box would only add noise"
)]
pub enum Row {
    /// A fact, for ever.
    Fact(FactRow),
    /// A whole entity after merging.
    Entity(EntityRow),
}

/// One operation's outcome, numbered by the tenant's counter: contiguous and in commit order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The number.
    pub seq: u64,
    /// The operation it confirms; absent for what the hub did by itself.
    pub origin: Option<Origin>,
    /// What became of the operation.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// When the hub committed it.
    pub at: UnixMs,
    /// The rows after it.
    pub rows: Vec<Row>,
}

/// The cursor of a pull, as query parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullQuery {
    /// The epoch the cursor belongs to; absent at the very start.
    pub epoch: Option<Uuid>,
    /// The last change that was applied.
    pub after: u64,
    /// At most so many changes.
    pub limit: Option<u32>,
}

/// The hub's answer to a pull.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum PullReply {
    /// The next changes, contiguous from `after + 1`.
    Changes {
        /// The hub's epoch.
        epoch: Uuid,
        /// The newest change there is.
        head: u64,
        /// The newest change that is in an off-site backup.
        archived: u64,
        /// The newest clock among the shop's rows, which the hub never believed to be more than five minutes ahead: who saw
        /// these rows edits them later than that. Hubs before it existed do not tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        clock: Option<Hlc>,
        /// The changes.
        changes: Vec<Change>,
    },
    /// The cursor belongs to another epoch: the hub was restored. Start anew and send again from `last_seq + 1`.
    EpochChanged {
        /// The hub's epoch now.
        epoch: Uuid,
        /// The newest change there is.
        head: u64,
        /// The device's last seq in its newest incarnation that the hub knows.
        last_seq: u64,
        /// The cursor that was asked with; absent from an older hub.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked: Option<Asked>,
    },
}

/// The cursor of a question, repeated in its answer: a cache that serves an earlier answer is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The epoch the cursor belongs to.
    pub epoch: Option<Uuid>,
    /// The last change that was applied.
    pub after: u64,
}

/// A hint over the live connection: something up to `seq` is there to pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveHint {
    /// The hub's epoch.
    pub epoch: Uuid,
    /// The newest change there is.
    pub seq: u64,
}
