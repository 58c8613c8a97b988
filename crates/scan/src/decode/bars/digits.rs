//! How the digits of EAN and UPC look to a sensor, at several strengths of blur.

use std::sync::LazyLock;

/// Widths of the digits of the odd set (A), a space first; GS1 General Specifications, 5.2.1.2.
const WIDTHS: [[u8; 4]; 10] = [
    [3, 2, 1, 1],
    [2, 2, 2, 1],
    [2, 1, 2, 2],
    [1, 4, 1, 1],
    [1, 1, 3, 2],
    [1, 2, 3, 1],
    [1, 1, 1, 4],
    [1, 3, 1, 2],
    [1, 2, 1, 3],
    [3, 1, 1, 2],
];

/// How much of a module's grey its neighbours have each.
const BLURS: [f32; 4] = [0.04, 0.14, 0.24, 0.31];

/// How far a module's grey reaches, in modules.
pub(super) const REACH: usize = 3;

/// The share of a module in the grey of those around it, itself in the middle.
pub(super) type Taps = [f32; 2 * REACH + 1];

/// What a point becomes across the bars, in modules.
#[derive(Debug, Clone, Copy)]
enum Spread {
    /// A bell of that spread: a poor lens, or many causes together.
    Bell(f32),
    /// A disc of that radius: a lens that is set to another distance.
    Disc(f32),
    /// A stretch of that length: a hand that moves.
    Stretch(f32),
}

use Spread as S;

/// Blurs that codes are read through. From a disc and a stretch on that are wider than a bar and a space, narrow ones are light
/// where they are dark.
const SPREADS: [Spread; 12] = [
    S::Bell(0.15),
    S::Bell(0.35),
    S::Bell(0.5),
    S::Bell(0.65),
    S::Bell(0.8),
    S::Bell(1.0),
    S::Disc(0.9),
    S::Disc(1.15),
    S::Disc(1.4),
    S::Stretch(1.2),
    S::Stretch(1.6),
    S::Stretch(2.0),
];

/// A module's worth of neighbours on both sides belongs to the comparison.
pub(super) const SEEN: usize = 9;

/// What a digit looks like: unit length, mean zero.
pub(super) type Look = [f32; SEEN];

/// The sets of digits: A, B and C.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    Odd,
    Even,
    Right,
}

/// The modules of a digit, dark is 1.
pub(super) fn modules_of(digit: usize, set: Set) -> [f32; 7] {
    let mut modules = [0.0; 7];
    let mut at = 0;
    for (place, width) in WIDTHS[digit].iter().enumerate() {
        for _ in 0..*width {
            modules[at] = if set == Set::Odd {
                place % 2
            } else {
                1 - place % 2
            } as f32;
            at += 1;
        }
    }
    if set == Set::Even {
        modules.reverse();
    }
    modules
}

/// The looks of all digits at one blur: left odd, left even, right.
pub(super) struct Looks {
    pub(super) odd: [Look; 10],
    pub(super) even: [Look; 10],
    pub(super) right: [Look; 10],
}

pub(super) static LOOKS: LazyLock<[Looks; BLURS.len()]> = LazyLock::new(|| {
    BLURS.map(|blur| looks_at(&[0.0, 0.0, blur, 1.0 - 2.0 * blur, blur, 0.0, 0.0]))
});

/// The shares of modules at each of the spreads.
pub(super) static TAPS: LazyLock<[Taps; SPREADS.len()]> = LazyLock::new(|| SPREADS.map(taps_of));

/// Looks side by side, a module a row, so that all are compared at once.
#[derive(Debug, Clone)]
pub(super) struct Fan<const N: usize, const SEEN: usize>([[f32; N]; SEEN]);

impl<const N: usize, const SEEN: usize> Fan<N, SEEN> {
    pub(super) fn of(look: impl Fn(usize) -> [f32; SEEN]) -> Self {
        let mut rows = [[0.0; N]; SEEN];
        for at in 0..N {
            for (row, module) in rows.iter_mut().zip(look(at)) {
                row[at] = module;
            }
        }
        Self(rows)
    }

    /// How well each of them fits a row of unit length, at most 1.
    pub(super) fn fits(&self, seen: &[f32; SEEN]) -> [f32; N] {
        let mut fits = [0.0; N];
        for (looks, seen) in self.0.iter().zip(seen) {
            for (fit, look) in fits.iter_mut().zip(looks) {
                *fit += look * seen;
            }
        }
        fits
    }
}

/// Two looks of each digit.
pub(super) type Digits = Fan<20, SEEN>;

fn twice(first: &[Look; 10], second: &[Look; 10]) -> Digits {
    Fan::of(|at| if at < 10 { first[at] } else { second[at - 10] })
}

/// How digits look at one spread: left ones of both sets, left ones of the odd set twice, right ones twice.
pub(super) struct Fans {
    pub(super) both: Digits,
    pub(super) odd: Digits,
    pub(super) right: Digits,
}

/// The same at each of the spreads.
pub(super) static FANS: LazyLock<[Fans; SPREADS.len()]> = LazyLock::new(|| {
    TAPS.each_ref().map(|taps| {
        let looks = looks_at(taps);
        Fans {
            both: twice(&looks.odd, &looks.even),
            odd: twice(&looks.odd, &looks.odd),
            right: twice(&looks.right, &looks.right),
        }
    })
});

/// A spread over a module's width, seen through a module's width.
fn taps_of(spread: Spread) -> Taps {
    const FINE: i32 = 20;
    let strength = |far: f32| match spread {
        S::Bell(spread) => (-0.5 * (far / spread).powi(2)).exp(),
        // As a disc's columns are high, with the rest of the lens's blur at its edge.
        S::Disc(radius) => (1.04 - (far / radius).powi(2)).max(0.0).sqrt(),
        S::Stretch(length) => ((length / 2.0 - far.abs()) / 0.3 + 0.5).clamp(0.0, 1.0),
    };
    let mut taps: Taps = std::array::from_fn(|at| {
        let far = at as f32 - REACH as f32;
        let parts = (-FINE..=FINE).map(|part| {
            let aside = part as f32 / FINE as f32;
            (1.0 - aside.abs()) * strength(far - aside)
        });
        parts.sum()
    });
    let sum: f32 = taps.iter().sum();
    taps.iter_mut().for_each(|tap| *tap /= sum);
    taps
}

fn looks_at(taps: &Taps) -> Looks {
    let look = |modules: [f32; 7], before: f32, after: f32| -> Look {
        let mut wide = [before; SEEN];
        wide[1..8].copy_from_slice(&modules);
        wide[8] = after;
        look_through(&wide, taps)
    };
    Looks {
        odd: std::array::from_fn(|d| look(modules_of(d, Set::Odd), 1.0, 0.0)),
        even: std::array::from_fn(|d| look(modules_of(d, Set::Even), 1.0, 0.0)),
        right: std::array::from_fn(|d| look(modules_of(d, Set::Right), 0.0, 1.0)),
    }
}

/// How modules look through a blur: unit length, mean zero. Beyond them little is known: half dark.
pub(super) fn look_through<const SEEN: usize>(modules: &[f32; SEEN], taps: &Taps) -> [f32; SEEN] {
    let at = |place: usize| place.checked_sub(REACH).and_then(|at| modules.get(at));
    let mut seen: [f32; SEEN] = std::array::from_fn(|i| {
        let around = taps.iter().enumerate();
        around
            .map(|(far, tap)| at(i + far).unwrap_or(&0.5) * tap)
            .sum()
    });
    normalise(&mut seen);
    seen
}

/// Takes off the mean and brings to unit length; tells the length that it had.
pub(super) fn normalise(values: &mut [f32]) -> f32 {
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    for value in values.iter_mut() {
        *value -= mean;
    }
    let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    if length > 1e-6 {
        for value in values.iter_mut() {
            *value /= length;
        }
    }
    length
}
