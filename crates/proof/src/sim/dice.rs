//! The only source of chance in a run: a seed, and streams that branch off it by name.

/// What a draw gives depends on the seed, the stream's name and how often it was drawn from before, and on nothing else:
/// switching one class of faults off leaves the other streams as they were.
#[derive(Debug, Clone)]
pub struct Dice(u64);

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

const fn mix(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Dice {
    /// The stream of a name under a seed.
    #[must_use]
    pub fn new(seed: u64, stream: &str) -> Self {
        let named = stream.bytes().fold(seed, |hash, byte| {
            mix(hash.wrapping_add(GOLDEN) ^ u64::from(byte))
        });
        Self(named)
    }

    /// The next 64 bits (SplitMix64: Steele, Lea, Flood, 2014).
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number below `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high
            .saturating_sub(low)
            .max(0)
            .unsigned_abs()
            .saturating_add(1);
        low.saturating_add((self.next() % span).cast_signed())
    }

    /// True in so many of a hundred draws.
    pub fn percent(&mut self, chance: u32) -> bool {
        self.next() % 100 < u64::from(chance)
    }

    /// A number from `low` to `high` of any magnitude between them alike: a second is as likely as a week.
    pub fn magnitude(&mut self, low: i64, high: i64) -> i64 {
        let (low, high) = (low.max(1), high.max(1));
        let steps = i64::from((high / low).max(1).ilog2());
        let doubled = low.saturating_mul(1 << self.between(0, steps));
        self.between(doubled, doubled.saturating_mul(2)).min(high)
    }

    /// One of these; none of none.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() {
            None
        } else {
            all.get(self.below(all.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_repeats_from_its_seed_and_name() {
        let draw = |seed, name| {
            let mut dice = Dice::new(seed, name);
            [dice.next(), dice.next()]
        };
        assert_eq!(draw(1, "net"), draw(1, "net"));
        assert_ne!(draw(1, "net"), draw(1, "people"));
        assert_ne!(draw(1, "net"), draw(2, "net"));
    }

    #[test]
    fn a_magnitude_stays_within_its_bounds() {
        let mut dice = Dice::new(7, "m");
        assert!((0..1000).all(|_| (20..=90_000).contains(&dice.magnitude(20, 90_000))));
    }
}
