//! Pairing: an owner's one-time code, shown as QR, that a till presents with its public key.

use counterfoil_domain::{DeviceId, TenantId};
use serde::{Deserialize, Serialize};

/// What the QR carries: `counterfoil:pair?hub=<url>&code=<code>`.
pub const PAIR_SCHEME: &str = "counterfoil:pair?";

/// A pairing code as read from a QR or typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairingUri {
    /// The hub's base address, e.g. `https://hub.example`.
    pub hub: String,
    /// The one-time code.
    pub code: String,
}

impl PairingUri {
    /// The text of the QR. The hub's address is percent-encoded where it must be.
    #[must_use]
    pub fn text(&self) -> String {
        let hub = self
            .hub
            .replace('%', "%25")
            .replace('&', "%26")
            .replace('#', "%23");
        format!("{PAIR_SCHEME}hub={hub}&code={}", self.code)
    }

    /// Reads the text of a QR; `None` when it is something else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let query = text.strip_prefix(PAIR_SCHEME)?;
        let mut hub = None;
        let mut code = None;
        for pair in query.split('&') {
            match pair.split_once('=')? {
                ("hub", v) => {
                    hub = Some(
                        v.replace("%26", "&")
                            .replace("%23", "#")
                            .replace("%25", "%"),
                    )
                }
                ("code", v) => code = Some(v.to_owned()),
                _ => {}
            }
        }
        let (hub, code) = (hub?, code?);
        ((hub.starts_with("http://") || hub.starts_with("https://")) && !code.is_empty())
            .then_some(Self { hub, code })
    }
}

/// `POST /devices/pairing-codes` by an owner, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairingCode {
    /// The one-time code: ten characters of Crockford's base 32.
    pub code: String,
    /// The text of the QR.
    pub uri: String,
    /// The QR as SVG.
    pub qr_svg: String,
    /// RFC 3339; ten minutes after it was made.
    pub expires_at: String,
}

/// `POST /devices`: a till presents a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairRequest {
    /// The one-time code.
    pub code: String,
    /// The till's own id, made by itself.
    pub device_id: DeviceId,
    /// Its Ed25519 public key, base64.
    pub public_key: String,
    /// What people call it.
    pub name: String,
    /// The shop that it works for already: a code of another shop is then refused, and stays good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
}

/// What a paired till gets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairReply {
    /// The shop.
    pub tenant_id: TenantId,
    /// The device.
    pub device_id: DeviceId,
    /// Short name on receipts, unique in the shop, e.g. `T2`.
    pub till_code: String,
    /// Bearer token of the device.
    pub device_token: String,
    /// Id of the key that signs customer cards.
    pub card_key_id: u32,
    /// Seed of that Ed25519 key, base64; goes straight into the keyring.
    pub card_key_seed: String,
}

impl std::fmt::Debug for PairReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PairReply")
            .field("tenant_id", &self.tenant_id)
            .field("device_id", &self.device_id)
            .field("till_code", &self.till_code)
            .finish_non_exhaustive()
    }
}
