//! Stamps and rewards: the balance is the ledger's sum, the card's face is derived from it.

use serde::{Deserialize, Serialize};

use crate::time::UnixMs;

/// What a customer's card shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct StampCard {
    /// Inked circles on the current card, 0 to `required - 1`, or `required` never: a full card is a reward.
    pub count: u32,
    /// Circles on a card.
    pub required: u32,
    /// Rewards earned and not yet handed out.
    pub rewards: u32,
    /// Whether more rewards were handed out than earned; the owner is told.
    pub overdrawn: bool,
}

/// Reads a ledger's sum as a card. `required` of zero counts as one.
#[must_use]
pub fn card(balance: i64, required: u32) -> StampCard {
    let required = required.max(1);
    let per = i64::from(required);
    StampCard {
        count: u32::try_from(balance.rem_euclid(per)).unwrap_or(0),
        required,
        rewards: u32::try_from(balance.div_euclid(per).max(0)).unwrap_or(0),
        overdrawn: balance < 0,
    }
}

/// A card was stamped too recently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this card was stamped {ago_s} s ago; the next stamp is possible in {wait_s} s")]
pub struct Cooldown {
    /// Seconds since the last stamp.
    pub ago_s: u32,
    /// Seconds until the next one is allowed.
    pub wait_s: u32,
}

/// Whether a card may be stamped now. A last stamp from the future (a clock that was set back) does not block.
///
/// # Errors
/// [`Cooldown`] while fewer than `cooldown_s` seconds have passed.
pub fn may_stamp(last_given: Option<UnixMs>, cooldown_s: u32, now: UnixMs) -> Result<(), Cooldown> {
    let Some(last) = last_given else {
        return Ok(());
    };
    let passed_ms = now.since(last);
    let cooldown_ms = i64::from(cooldown_s) * 1000;
    if passed_ms < 0 || passed_ms >= cooldown_ms {
        return Ok(());
    }
    let seconds = |ms: i64| u32::try_from((ms + 999) / 1000).unwrap_or(u32::MAX);
    Err(Cooldown {
        ago_s: u32::try_from(passed_ms / 1000).unwrap_or(0),
        wait_s: seconds(cooldown_ms - passed_ms),
    })
}
