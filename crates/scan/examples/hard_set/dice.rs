//! Chance that is the same whenever it is asked anew.

/// Random numbers that are the same for the same seed (Marsaglia 2003).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..16 {
            dice.next();
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 20
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.next() % 1_000_001) as f32 / 1e6
    }

    /// Around 0, of that standard deviation, nearly.
    pub fn grain(&mut self, spread: f32) -> f32 {
        let sum: f32 = (0..3).map(|_| self.between(-1.0, 1.0)).sum();
        sum * spread
    }

    pub fn chance(&mut self, share: f32) -> bool {
        self.between(0.0, 1.0) < share
    }
}
