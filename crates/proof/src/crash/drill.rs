//! The restore drill: a hub from an old backup under load, a till from an old copy, and both at once.

use counterfoil_testkit::SeededEntropy;
use counterfoil_tests::Result;

use super::Deeds;
use super::run::{finish, judge};
use super::stage::{SHOPS, Stage, TILLS};
use super::world::World;
use crate::history::Verdict;

/// What is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The hub, while all tills go on selling.
    Hub,
    /// One till.
    Till,
    /// The hub and one till.
    Both,
}

impl Kind {
    /// Each in turn.
    #[must_use]
    pub const fn of(number: u64) -> Self {
        match number % 3 {
            0 => Self::Hub,
            1 => Self::Till,
            _ => Self::Both,
        }
    }
}

/// Makes one drill and judges it.
///
/// # Errors
/// When the drill itself cannot be made or does not come to rest.
pub fn run(stage: &Stage, number: u64, keep: bool) -> Result<(Verdict, Deeds)> {
    let dice = SeededEntropy::new(number ^ 0xd411);
    let mut world = World::new(stage, number)?;
    let mut deeds = Deeds::default();
    let outcome =
        restore(&mut world, Kind::of(number), &dice, &mut deeds).and_then(|()| judge(&mut world));
    finish(world, outcome, keep).map(|verdict| (verdict, deeds))
}

fn restore(world: &mut World<'_>, kind: Kind, dice: &SeededEntropy, deeds: &mut Deeds) -> Result {
    let count = SHOPS * TILLS;
    let till = usize::try_from(dice.next_u64()).unwrap_or(0) % count;
    let some = |bytes: u64| 500 + dice.next_u64() % bytes;
    start_all(world, count)?;
    world.let_work(some(6000))?;
    if kind != Kind::Till {
        if dice.next_u64().is_multiple_of(3) {
            world.break_off_a_backup(some(500))?;
            deeds.kills += 1;
        }
        world.back_up_hub()?;
        world.verify_backup()?;
        world.let_work(some(6000))?;
    }
    if kind != Kind::Hub {
        world.kill_till(till)?;
        deeds.kills += 1;
        world.copy_till(till)?;
        if kind == Kind::Till {
            // What it does now is on the hub before its disk is given up: nobody can bring back what lay on one disk alone.
            world.start_till(till)?;
            world.let_work(some(6000))?;
            world.come_to_rest()?;
        }
        // With the hub's restore together the till does nothing after its copy, for the same reason.
    }
    if kind != Kind::Till {
        world.kill_hub()?;
        deeds.kills += 1;
        world.let_work(some(2000))?;
        world.restore_hub()?;
        deeds.restores += 1;
    }
    if kind != Kind::Hub {
        world.restore_till(till)?;
        deeds.restores += 1;
    }
    world.start_hub()?;
    start_all(world, count)?;
    world.let_work(some(8000))
}

fn start_all(world: &mut World<'_>, count: usize) -> Result {
    (0..count).try_for_each(|till| world.start_till(till))
}
