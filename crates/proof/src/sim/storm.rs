//! What a run has to survive: how many tills, how much they do, and which faults. Drawn from the seed, or said on the
//! command line when a failure is replayed or made smaller.

use std::collections::BTreeSet;
use std::fmt;

use super::dice::Dice;

/// The most tills in a run, clones among them.
pub const TILLS_MAX: usize = 12;

/// A class of faults that a run may be without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Fault {
    /// Requests and answers vanish.
    Drop,
    /// Requests arrive twice.
    Duplicate,
    /// Requests and answers are held up, up to weeks, and so overtake one another.
    Delay,
    /// Requests and answers break off in the middle.
    Truncate,
    /// A till gets the answer to an earlier request in place of its own.
    Stale,
    /// A till is cut off, one way or both.
    Partition,
    /// Clocks are off by years and jump.
    Clock,
    /// Tills are killed at any moment.
    Crash,
    /// The hub is killed at any moment.
    HubCrash,
    /// A till's disk goes back to an earlier copy.
    Rollback,
    /// A till's disk is copied into a second till.
    Clone,
    /// The hub is restored from an old backup.
    Restore,
    /// A till runs a newer program, some of whose operations the hub cannot read.
    Newer,
    /// The hub limits how often a till may ask.
    Limit,
    /// Tills that have never heard of the hub's past.
    Cold,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Drop,
        Self::Duplicate,
        Self::Delay,
        Self::Truncate,
        Self::Stale,
        Self::Partition,
        Self::Clock,
        Self::Crash,
        Self::HubCrash,
        Self::Rollback,
        Self::Clone,
        Self::Restore,
        Self::Newer,
        Self::Limit,
        Self::Cold,
    ];

    /// As the command line calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Duplicate => "duplicate",
            Self::Delay => "delay",
            Self::Truncate => "truncate",
            Self::Stale => "stale",
            Self::Partition => "partition",
            Self::Clock => "clock",
            Self::Crash => "crash",
            Self::HubCrash => "hub-crash",
            Self::Rollback => "rollback",
            Self::Clone => "clone",
            Self::Restore => "restore",
            Self::Newer => "newer",
            Self::Limit => "limit",
            Self::Cold => "cold",
        }
    }
}

/// One run's conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storm {
    /// Tills at the beginning.
    pub tills: usize,
    /// Things people do.
    pub actions: usize,
    /// Over how many milliseconds.
    pub horizon_ms: i64,
    /// Messages that vanish, in a hundred.
    pub drop_percent: u32,
    /// Requests that arrive twice, in a hundred.
    pub duplicate_percent: u32,
    /// The faults there are.
    pub faults: BTreeSet<Fault>,
}

/// What is said in place of what the seed says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Tills at the beginning.
    pub tills: Option<usize>,
    /// Things people do.
    pub actions: Option<usize>,
    /// Faults to leave out.
    pub without: BTreeSet<Fault>,
}

impl Storm {
    /// The conditions that a seed draws, as far as nothing else is wished.
    #[must_use]
    pub fn of(seed: u64, wishes: &Wishes) -> Self {
        let mut dice = Dice::new(seed, "storm");
        // Mostly few tills: what two of them cannot show, three can.
        let tills = match dice.below(10) {
            0..=3 => 2,
            4..=6 => 3,
            7..=8 => dice.between(4, 6),
            _ => dice.between(7, 12),
        };
        let actions = dice.magnitude(6, 48);
        let horizon_ms = dice.magnitude(10 * 60_000, 60 * 24 * 3_600_000);
        let drop_percent = u32::try_from(dice.between(1, 30)).unwrap_or(30);
        let duplicate_percent = u32::try_from(dice.between(1, 50)).unwrap_or(50);
        let calm = dice.percent(4);
        let faults = Fault::ALL
            .into_iter()
            .filter(|fault| {
                let chance = match fault {
                    Fault::Drop | Fault::Duplicate | Fault::Delay => 70,
                    Fault::Limit | Fault::Stale => 25,
                    Fault::Cold | Fault::Newer => 30,
                    _ => 45,
                };
                dice.percent(chance) && !calm
            })
            .filter(|fault| !wishes.without.contains(fault))
            .collect();
        Self {
            tills: wishes
                .tills
                .unwrap_or(usize::try_from(tills).unwrap_or(2))
                .clamp(1, TILLS_MAX),
            actions: wishes
                .actions
                .unwrap_or(usize::try_from(actions).unwrap_or(6)),
            horizon_ms,
            drop_percent,
            duplicate_percent,
            faults,
        }
    }

    /// Whether there is this fault.
    #[must_use]
    pub fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }
}

impl fmt::Display for Storm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<_> = self.faults.iter().map(|fault| fault.name()).collect();
        write!(
            f,
            "{} tills, {} actions in {} min; drop {} %, duplicate {} %; {}",
            self.tills,
            self.actions,
            self.horizon_ms / 60_000,
            self.drop_percent,
            self.duplicate_percent,
            if faults.is_empty() {
                "no faults".to_owned()
            } else {
                faults.join(", ")
            }
        )
    }
}

impl fmt::Display for Wishes {
    /// As options of the command line, each after a blank.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(tills) = self.tills {
            write!(f, " --tills {tills}")?;
        }
        if let Some(actions) = self.actions {
            write!(f, " --actions {actions}")?;
        }
        let without: Vec<_> = self.without.iter().map(|fault| fault.name()).collect();
        if !without.is_empty() {
            write!(f, " --without {}", without.join(","))?;
        }
        Ok(())
    }
}
