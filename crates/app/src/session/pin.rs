//! PINs of staff: an Argon2id hash each, and a wait that grows with every wrong one.

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use counterfoil_domain::{Entropy, UnixMs};

use crate::failure::Outcome;
use crate::view::Failure;

/// How many digits a PIN had before their number was noted.
pub(super) const DIGITS_BEFORE: u8 = 4;
/// Wrong PINs that cost nothing.
const FREE_TRIES: u32 = 5;
/// The longest wait between two tries.
const WAIT_MAX_S: u32 = 300;
/// Memory in KiB, rounds and lanes (RFC 9106): a PIN pad must answer within a moment on a small till.
const COST: (u32, u32, u32) = (8 * 1024, 2, 1);

/// Somebody's wrong PINs in a row.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tries {
    wrong: u32,
    last_at: UnixMs,
}

impl Tries {
    pub(super) fn wrong(&mut self, now: UnixMs) {
        self.wrong = self.wrong.saturating_add(1);
        self.last_at = now;
    }

    /// Seconds until the next try counts. A clock that was set back does not shorten the wait, nor make it endless.
    pub(super) fn wait_s(self, now: UnixMs) -> u32 {
        if self.wrong < FREE_TRIES {
            return 0;
        }
        let whole = 1_u32
            .checked_shl(self.wrong - FREE_TRIES)
            .map_or(WAIT_MAX_S, |s| s.min(WAIT_MAX_S));
        let passed_ms = now.since(self.last_at).max(0);
        let left_ms = i64::from(whole) * 1000 - passed_ms;
        u32::try_from((left_ms + 999) / 1000).unwrap_or(0)
    }
}

fn hasher() -> Outcome<Argon2<'static>> {
    let params = Params::new(COST.0, COST.1, COST.2, None).map_err(Failure::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// A PIN's hash in PHC format.
///
/// # Errors
/// `pin_too_short` when it is not 4 to 8 digits.
pub(crate) fn hash(pin: &str, entropy: &dyn Entropy) -> Outcome<String> {
    if !(4..=8).contains(&pin.len()) || !pin.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Failure::new("pin_too_short", "a PIN has 4 to 8 digits")
            .on("pin")
            .with("digits", 4));
    }
    let mut salt = [0; 16];
    entropy.fill(&mut salt);
    let salt = SaltString::encode_b64(&salt).map_err(Failure::internal)?;
    let hash = hasher()?.hash_password(pin.as_bytes(), &salt);
    Ok(hash.map_err(Failure::internal)?.to_string())
}

/// Whether a PIN is the one behind a hash; a hash that cannot be read matches nothing.
pub(super) fn matches(hash: &str, pin: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(pin.as_bytes(), &hash)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_after_the_free_tries_up_to_its_bound() {
        let mut tries = Tries::default();
        let now = UnixMs(1_000_000);
        let waits: Vec<u32> = (0..16)
            .map(|_| {
                tries.wrong(now);
                tries.wait_s(now)
            })
            .collect();
        assert_eq!(
            waits,
            [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
        );
    }

    #[test]
    fn a_clock_set_back_leaves_the_wait_as_it_was() {
        let mut tries = Tries::default();
        (0..6).for_each(|_| tries.wrong(UnixMs(1_000_000)));
        assert_eq!(tries.wait_s(UnixMs(0)), 2);
    }
}
