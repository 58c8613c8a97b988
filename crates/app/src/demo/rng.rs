//! A small generator of our own: the demo shop must be the same for all and for ever, so its randomness cannot hang
//! on another crate's release. Source: `SplitMix64`, Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
//! Generators" (2014).

use counterfoil_domain::id::IdEntropy;

/// A stream of random numbers that depends on its seed alone.
#[derive(Debug, Clone)]
pub(super) struct Rng(u64);

impl Rng {
    /// A stream of its own for a purpose, so that drawing more in one leaves the others as they are.
    pub(super) fn stream(seed: u64, purpose: u64) -> Self {
        let mut rng = Self(seed ^ purpose.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        rng.next();
        rng
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included; `low` when the range is empty.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.next() % width).unwrap_or(0)
    }

    /// True this many times in a thousand.
    pub(super) fn chance(&mut self, per_mille: i64) -> bool {
        self.between(0, 999) < per_mille
    }

    /// A place below `len`; zero when there is none.
    pub(super) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(len.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    /// One of many, or none of nothing.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.index(from.len()))
    }

    /// A place drawn by weight; none when every weight is zero.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = i64> + Clone) -> Option<usize> {
        let total: i64 = weights.clone().sum();
        if total <= 0 {
            return None;
        }
        let mut at = self.between(0, total - 1);
        weights.into_iter().position(|weight| {
            at -= weight;
            at < 0
        })
    }

    /// Random bits for one id.
    pub(super) fn entropy(&mut self) -> IdEntropy {
        let (a, b) = (self.next().to_be_bytes(), self.next().to_be_bytes());
        [a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], b[0], b[1]]
    }
}
