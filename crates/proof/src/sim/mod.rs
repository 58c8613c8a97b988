//! The simulation: real tills and a real hub in virtual time, every fault from one seed, then good weather and a judge.
//!
//! See `docs/reliability.md` for what it proves and what it cannot see.

mod book;
mod command;
mod dice;
mod disk;
mod events;
mod faults;
mod heal;
mod hub;
mod judge;
mod ledger;
mod merge;
mod network;
mod node;
mod people;
mod plants;
mod shrink;
mod step;
mod storm;
mod sums;
mod town;
mod trace;
mod world;

use counterfoil_store::StoreError;
use counterfoil_sync::{SyncError, plan};

pub use command::{Arguments, command};
pub use hub::Engine;
pub use storm::{Fault, Storm, Wishes};
pub use town::Town;
pub use world::Tally;

use dice::Dice;
use world::World;

/// What did not hold, or why a run could not be made.
pub type Trouble = Box<dyn std::error::Error + Send + Sync>;
/// A result of the simulation.
pub type Outcome<T> = Result<T, Trouble>;

/// How one run went.
#[derive(Debug)]
pub struct Run {
    /// Its conditions.
    pub storm: Storm,
    /// What did not hold.
    pub broken: Option<String>,
    /// What happened how often.
    pub tally: Tally,
    /// What happened, where it was asked for.
    pub trace: Vec<String>,
}

/// Makes one run from a seed.
pub async fn run(town: &Town, seed: u64, wishes: &Wishes, trace: bool) -> Run {
    let storm = Storm::of(seed, wishes);
    let mut world = match World::new(town, seed, storm.clone(), trace).await {
        Ok(world) => world,
        Err(error) => {
            return Run {
                storm,
                broken: Some(format!("the run cannot begin: {error}")),
                tally: Tally::default(),
                trace: Vec::new(),
            };
        }
    };
    let mut broken = live(&mut world, town).await.err().map(|e| e.to_string());
    if let Some(broken) = &broken {
        world.say(|| format!("BROKEN: {broken}"));
    }
    let (tally, trace) = (world.tally, world.trace.into_lines());
    if let Err(error) = world.hub.remove().await {
        broken.get_or_insert_with(|| format!("the hub's databases are not removed: {error}"));
    }
    Run {
        storm,
        broken,
        tally,
        trace,
    }
}

async fn live(world: &mut World, town: &Town) -> Outcome<()> {
    world.rage().await?;
    world.heal().await?;
    world.judge(town).await
}

fn say(what: impl Into<String>) -> Trouble {
    Trouble::from(what.into())
}

/// Whether an error is what a storm does to a step; anything else is the product's own.
fn tolerable(error: &SyncError) -> Outcome<()> {
    match error {
        SyncError::Hub(_)
        // An answer that belongs to another request.
        | SyncError::Store(StoreError::PullGap { .. } | StoreError::EpochChanged) => Ok(()),
        SyncError::Store(_) | SyncError::Ending => Err(say(format!("a step of the sync failed: {error}"))),
    }
}

/// How long a till waits after so many failures, in milliseconds: the product's own plan.
fn backoff(dice: &mut Dice, failures: u32, error: &SyncError) -> i64 {
    let random = u32::try_from(dice.next() >> 32).unwrap_or(0);
    let asked = match error {
        SyncError::Hub(error) => error.retry_after_s(),
        _ => None,
    };
    i64::try_from(plan::backoff(failures, random, asked).as_millis()).unwrap_or(i64::MAX)
}

/// Tells planted mistakes that whoever works now is about to be killed.
#[cfg(feature = "planted")]
fn set_dying(dying: bool) {
    counterfoil_domain::planted::set_dying(dying);
}

/// Without planted mistakes nobody needs to know.
#[cfg(not(feature = "planted"))]
const fn set_dying(_: bool) {}

#[allow(
    clippy::print_stdout,
    reason = "a command's report belongs on the terminal"
)]
fn print(line: &str) {
    println!("{line}");
}

#[allow(
    clippy::print_stderr,
    reason = "a command's trouble belongs on the terminal"
)]
fn print_error(line: &str) {
    eprintln!("{line}");
}

#[cfg(test)]
mod tests;
