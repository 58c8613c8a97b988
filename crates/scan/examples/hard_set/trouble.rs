//! What makes a picture hard to read, alone and together.

use super::dice::Dice;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Tiny,
    Blurred,
    Moved,
    Steep,
    Curved,
    Spot,
    Shadow,
    Damaged,
    Large,
    Many,
    Bare,
    Dark,
    Washed,
    Inverted,
    Mirrored,
    Screen,
    Grainy,
    Cluttered,
    Dotted,
    Logo,
    /// These are in mixtures only.
    Cracked,
    Rounded,
    Covered,
    Crumpled,
    Close,
    Coarse,
    Middling,
}

use Trouble as T;

/// Those that come alone, and at times with one more of them.
const ALONE: [Trouble; 20] = [
    T::Tiny,
    T::Blurred,
    T::Moved,
    T::Steep,
    T::Curved,
    T::Spot,
    T::Shadow,
    T::Damaged,
    T::Large,
    T::Many,
    T::Bare,
    T::Dark,
    T::Washed,
    T::Inverted,
    T::Mirrored,
    T::Screen,
    T::Grainy,
    T::Cluttered,
    T::Dotted,
    T::Logo,
];

/// Those that come together.
const MIXED: [&[Trouble]; 20] = [
    &[T::Steep, T::Blurred],
    &[T::Steep, T::Tiny],
    &[T::Steep, T::Large],
    &[T::Steep, T::Screen, T::Inverted],
    &[T::Steep, T::Many],
    &[T::Dark, T::Grainy],
    &[T::Dark, T::Moved],
    &[T::Cracked, T::Spot],
    &[T::Tiny, T::Grainy],
    &[T::Curved, T::Shadow],
    &[T::Washed, T::Shadow, T::Mirrored],
    &[T::Bare, T::Cluttered],
    &[T::Rounded, T::Logo],
    &[T::Rounded, T::Blurred],
    &[T::Covered],
    &[T::Crumpled],
    &[T::Crumpled, T::Middling],
    &[T::Close, T::Spot],
    &[T::Coarse, T::Tiny],
    &[T::Middling, T::Blurred],
];

/// How a set is put together.
#[derive(Debug, Clone, Copy)]
pub enum Family {
    Alone,
    Mixed,
}

impl Family {
    /// The troubles of the picture of that number: as many of each kind.
    pub fn troubles(self, number: u64, dice: &mut Dice) -> Vec<Trouble> {
        match self {
            Self::Alone => {
                let first = ALONE[number as usize % ALONE.len()];
                let second = ALONE[dice.below(ALONE.len())];
                if dice.chance(0.3) {
                    vec![first, second]
                } else {
                    vec![first]
                }
            }
            Self::Mixed => MIXED[number as usize % MIXED.len()].to_vec(),
        }
    }

    /// What pictures of that number are called, for those who count by kind.
    pub fn kind(self, number: u64) -> String {
        match self {
            Self::Alone => format!("{:?}", ALONE[number as usize % ALONE.len()]),
            Self::Mixed => {
                let names = MIXED[number as usize % MIXED.len()].iter();
                names
                    .map(|one| format!("{one:?}"))
                    .collect::<Vec<_>>()
                    .join("+")
            }
        }
    }
}
