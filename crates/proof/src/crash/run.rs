//! One run: random kills, stops and storms while all tills work, then rest, and the checker.

use counterfoil_testkit::SeededEntropy;
use counterfoil_tests::postgres::Cluster;
use counterfoil_tests::{Failure, Result};

use super::Deeds;
use super::proxy::Weather;
use super::stage::{SHOPS, Stage, TILLS};
use super::world::World;
use crate::history::{Verdict, check};

/// Bytes of history between two deeds: from some lines to some dozens.
const WORK_BYTES: u64 = 6000;

/// Makes one run and judges it.
///
/// # Errors
/// When the run itself cannot be made or does not come to rest.
pub fn run(stage: &Stage, number: u64, keep: bool) -> Result<(Verdict, Deeds)> {
    let dice = SeededEntropy::new(number ^ 0xc4a5);
    let mut world = World::new(stage, number)?;
    let mut deeds = Deeds::default();
    let outcome = storm(&mut world, &dice, &mut deeds).and_then(|()| judge(&mut world));
    finish(world, outcome, keep).map(|verdict| (verdict, deeds))
}

/// Gives back the verdict; where something is wrong the files may stay.
pub fn finish(world: World<'_>, outcome: Result<Verdict>, keep: bool) -> Result<Verdict> {
    let fine = outcome
        .as_ref()
        .is_ok_and(|verdict| verdict.violations.is_empty());
    if fine || !keep {
        return outcome;
    }
    let place = world.keep();
    match outcome {
        Ok(mut verdict) => {
            let place = format!("the files are in {}", place.display());
            verdict.violations.push(place);
            Ok(verdict)
        }
        Err(error) => Err(Failure::new(format!(
            "{error}; the files are in {}",
            place.display()
        ))),
    }
}

/// Lets everything come to rest and asks the checker, the hub whether its database is sound, and its log
/// whether it ever took the fault for its own.
///
/// # Errors
/// When it does not come to rest.
pub fn judge(world: &mut World<'_>) -> Result<Verdict> {
    world.come_to_rest()?;
    let mut verdict = check(&world.evidence()?);
    verdict.violations.extend(world.verify_hub()?);
    verdict.violations.extend(world.complaints()?);
    Ok(verdict)
}

fn storm(world: &mut World<'_>, dice: &SeededEntropy, deeds: &mut Deeds) -> Result {
    let count = SHOPS * TILLS;
    for till in 0..count {
        world.start_till(till)?;
    }
    let kinds = if world.cluster().is_some() { 16 } else { 8 };
    for _ in 0..4 + dice.next_u64() % 4 {
        world.let_work(1 + dice.next_u64() % WORK_BYTES)?;
        let till = usize::try_from(dice.next_u64()).unwrap_or(0) % count;
        match dice.next_u64() % kinds {
            0..=2 => {
                world.kill_till(till)?;
                deeds.kills += 1;
                if dice.next_u64().is_multiple_of(2) {
                    world.let_work(1 + dice.next_u64() % 2000)?;
                }
                world.start_till(till)?;
            }
            3 | 4 => {
                world.kill_hub()?;
                deeds.kills += 1;
                if dice.next_u64().is_multiple_of(2) {
                    world.let_work(1 + dice.next_u64() % 2000)?;
                }
                world.start_hub()?;
            }
            5 => {
                world.stop_till(till, true);
                deeds.stops += 1;
                world.let_work(1 + dice.next_u64() % 2000)?;
                world.stop_till(till, false);
            }
            6 => {
                world.stop_hub(true);
                deeds.stops += 1;
                world.let_work(1 + dice.next_u64() % 2000)?;
                // Killed while it was stopped, or let go on.
                if dice.next_u64().is_multiple_of(2) {
                    world.kill_hub()?;
                    deeds.kills += 1;
                    world.start_hub()?;
                } else {
                    world.stop_hub(false);
                }
            }
            7 => {
                world.set_weather(Weather::bad(dice));
                deeds.storms += 1;
            }
            _ => strike_server(world, dice, deeds)?,
        }
    }
    // At least one, and not a clean end for all.
    world.kill_till(0)?;
    deeds.kills += 1;
    Ok(())
}

/// PostgreSQL dies, alone or together with the hub, as a whole or one connection of it, or does nothing for a while.
fn strike_server(world: &mut World<'_>, dice: &SeededEntropy, deeds: &mut Deeds) -> Result {
    let some = || 1 + dice.next_u64() % 2000;
    match dice.next_u64() % 4 {
        0 => {
            if let Some(cluster) = world.cluster()
                && cluster.kill_connection(dice.next_u64())?
            {
                deeds.server_kills += 1;
            }
        }
        1 => {
            on_server(world, |cluster| cluster.hold().map(|_| ()))?;
            deeds.stops += 1;
            world.let_work(some())?;
            if dice.next_u64().is_multiple_of(2) {
                on_server(world, Cluster::let_go)?;
            } else {
                on_server(world, Cluster::kill)?;
                deeds.server_kills += 1;
                on_server(world, Cluster::start_again)?;
            }
        }
        both => {
            // As when the machine under them dies.
            if both == 2 {
                world.kill_hub()?;
                deeds.kills += 1;
            }
            on_server(world, Cluster::kill)?;
            deeds.server_kills += 1;
            if dice.next_u64().is_multiple_of(2) {
                world.let_work(some())?;
            }
            on_server(world, Cluster::start_again)?;
            world.start_hub()?;
        }
    }
    Ok(())
}

fn on_server(world: &World<'_>, what: impl Fn(&Cluster) -> Result) -> Result {
    world.cluster().map_or(Ok(()), what)
}
