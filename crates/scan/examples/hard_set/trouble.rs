//! What makes a picture hard to read, alone and together.

use super::dice::Dice;
use super::linear::clutter::Clutter;

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
    /// These are of linear codes only: a lens out of focus, hands that move across and along the bars, a cylinder with the bars
    /// around it, any angle, light on foil, ink that spread, a print head's dead elements, bars cut off, a price's digits beside.
    Defocused,
    Shaken,
    Smeared,
    Ring,
    Turned,
    Gleam,
    Inked,
    Dropped,
    Short,
    AddOn,
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

/// Those of linear codes.
const LINEAR: [Trouble; 24] = [
    T::Tiny,
    T::Blurred,
    T::Defocused,
    T::Shaken,
    T::Smeared,
    T::Steep,
    T::Curved,
    T::Ring,
    T::Turned,
    T::Spot,
    T::Gleam,
    T::Shadow,
    T::Damaged,
    T::Crumpled,
    T::Bare,
    T::Dark,
    T::Washed,
    T::Screen,
    T::Grainy,
    T::Coarse,
    T::Inked,
    T::Dropped,
    T::Short,
    T::Many,
];

/// Those of linear codes that come together.
const LINEAR_MIXED: [&[Trouble]; 20] = [
    &[T::Defocused, T::Steep],
    &[T::Defocused, T::Dark],
    &[T::Defocused, T::Grainy],
    &[T::Blurred, T::Turned],
    &[T::Shaken, T::Dark],
    &[T::Smeared, T::Turned],
    &[T::Curved, T::Gleam],
    &[T::Curved, T::Blurred],
    &[T::Ring, T::Spot],
    &[T::Crumpled, T::Gleam],
    &[T::Steep, T::Turned],
    &[T::Tiny, T::Turned],
    &[T::Tiny, T::Coarse],
    &[T::Tiny, T::Grainy],
    &[T::Inked, T::Blurred],
    &[T::AddOn, T::Bare],
    &[T::Cluttered, T::Turned],
    &[T::Many, T::Blurred],
    &[T::Shadow, T::Washed],
    &[T::Short, T::Turned],
];

/// How a set is put together.
#[derive(Debug, Clone, Copy)]
pub enum Family {
    Alone,
    Mixed,
    Linear,
    LinearMixed,
    /// Bars that are no code.
    Clutter,
}

impl Family {
    /// The troubles of the picture of that number: as many of each kind.
    pub fn troubles(self, number: u64, dice: &mut Dice) -> Vec<Trouble> {
        match self {
            Self::Alone => alone(&ALONE, number, dice),
            Self::Mixed => MIXED[number as usize % MIXED.len()].to_vec(),
            Self::Linear => alone(&LINEAR, number, dice),
            Self::LinearMixed => LINEAR_MIXED[number as usize % LINEAR_MIXED.len()].to_vec(),
            Self::Clutter => vec![LINEAR[dice.below(LINEAR.len())]],
        }
    }

    /// What pictures of that number are called, for those who count by kind.
    pub fn kind(self, number: u64) -> String {
        let place = number as usize;
        match self {
            Self::Alone => format!("{:?}", ALONE[place % ALONE.len()]),
            Self::Mixed => joined(MIXED[place % MIXED.len()]),
            Self::Linear => format!("{:?}", LINEAR[place % LINEAR.len()]),
            Self::LinearMixed => joined(LINEAR_MIXED[place % LINEAR_MIXED.len()]),
            Self::Clutter => format!("{:?}", Clutter::of(number)),
        }
    }
}

/// The trouble of that number, at times with another.
fn alone(all: &[Trouble], number: u64, dice: &mut Dice) -> Vec<Trouble> {
    let first = all[number as usize % all.len()];
    let second = all[dice.below(all.len())];
    if dice.chance(0.3) {
        vec![first, second]
    } else {
        vec![first]
    }
}

fn joined(troubles: &[Trouble]) -> String {
    let names: Vec<String> = troubles.iter().map(|one| format!("{one:?}")).collect();
    names.join("+")
}
