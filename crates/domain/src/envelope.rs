//! The envelope an operation travels in: identity, order and the hash chain.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hlc::Hlc;
use crate::id::{DeviceId, Incarnation, OpId, StaffId};
use crate::op::{DecodeError, Op};
use crate::time::UnixMs;

/// SHA-256 over an envelope and the hash of the one before it, as 64 hex digits on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OpHash(pub [u8; 32]);

impl OpHash {
    /// What the first operation of an incarnation carries as its predecessor.
    pub const GENESIS: Self = Self([0; 32]);
}

impl From<OpHash> for String {
    fn from(value: OpHash) -> Self {
        use std::fmt::Write as _;
        value
            .0
            .iter()
            .fold(Self::with_capacity(64), |mut text, byte| {
                // Writing to a String cannot fail.
                let _ = write!(text, "{byte:02x}");
                text
            })
    }
}

impl std::fmt::Display for OpHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from(*self))
    }
}

/// A text that is not 64 hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 hex digits")]
pub struct NotAHash;

impl TryFrom<String> for OpHash {
    type Error = NotAHash;
    fn try_from(text: String) -> Result<Self, NotAHash> {
        text.parse()
    }
}

impl std::str::FromStr for OpHash {
    type Err = NotAHash;
    fn from_str(text: &str) -> Result<Self, NotAHash> {
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(NotAHash);
        }
        let mut bytes = [0; 32];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[i * 2..i * 2 + 2], 16).map_err(|_| NotAHash)?;
        }
        Ok(Self(bytes))
    }
}

/// One operation as it is stored in the outbox and sent: gapless by `(device_id, incarnation, seq)`, chained by hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpEnvelope {
    /// The operation's own id; never reused.
    pub op_id: OpId,
    /// The till.
    pub device_id: DeviceId,
    /// The life of its database.
    pub incarnation: Incarnation,
    /// From 1, without gaps within the incarnation.
    pub seq: u64,
    /// Hash of the envelope before it, or [`OpHash::GENESIS`].
    pub prev_hash: OpHash,
    /// Who did it.
    pub staff_id: Option<StaffId>,
    /// When it happened, by the till's clock.
    pub at: UnixMs,
    /// For ordering edits.
    pub hlc: Hlc,
    /// The operation's kind.
    pub kind: String,
    /// The payload's version.
    pub version: u32,
    /// The payload's JSON text, kept byte for byte so that the hash holds for ever.
    pub payload: String,
    /// The first of the operations, none of them taken by the hub, whose content this one does again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redoes: Option<OpId>,
}

/// What an operation's effects need to know beside the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpMeta {
    /// The operation's id.
    pub op_id: OpId,
    /// The till.
    pub device_id: DeviceId,
    /// Who did it.
    pub staff_id: Option<StaffId>,
    /// When.
    pub at: UnixMs,
    /// For ordering edits.
    pub hlc: Hlc,
    /// As in [`OpEnvelope`].
    pub redoes: Option<OpId>,
}

impl OpMeta {
    /// The operation that the ledger's entries are named after: whichever of several with one content the hub comes to
    /// read, they stand once.
    #[must_use]
    pub fn first(&self) -> OpId {
        self.redoes.unwrap_or(self.op_id)
    }
}

impl OpEnvelope {
    /// The hash the next envelope carries: over the length-prefixed fields, so that no two envelopes share one.
    #[must_use]
    pub fn hash(&self) -> OpHash {
        let mut hasher = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        part(b"counterfoil-op-1");
        part(&self.prev_hash.0);
        part(self.op_id.0.as_bytes());
        part(self.device_id.0.as_bytes());
        part(self.incarnation.0.as_bytes());
        part(&self.seq.to_be_bytes());
        part(self.staff_id.as_ref().map_or(&[][..], |s| s.0.as_bytes()));
        part(&self.at.0.to_be_bytes());
        part(&self.hlc.ms.to_be_bytes());
        part(&self.hlc.counter.to_be_bytes());
        part(self.kind.as_bytes());
        part(&self.version.to_be_bytes());
        part(self.payload.as_bytes());
        if let Some(first) = self.redoes {
            part(first.0.as_bytes());
        }
        OpHash(hasher.finalize().into())
    }

    /// What the effects need to know.
    #[must_use]
    pub const fn meta(&self) -> OpMeta {
        OpMeta {
            op_id: self.op_id,
            device_id: self.device_id,
            staff_id: self.staff_id,
            at: self.at,
            hlc: self.hlc,
            redoes: self.redoes,
        }
    }

    /// Reads the operation.
    ///
    /// # Errors
    /// As [`Op::decode`].
    pub fn op(&self) -> Result<Op, DecodeError> {
        Op::decode(&self.kind, self.version, &self.payload)
    }
}
