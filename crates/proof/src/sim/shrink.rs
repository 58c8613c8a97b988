//! Makes a failing run smaller: fewer tills, fewer things done, faults left out one by one, as long as it still fails.

use super::storm::{Fault, Storm, Wishes};
use super::town::Town;
use super::{Outcome, print, run};

/// Prints the smallest run that was found. Tells whether the seed holds.
///
/// # Errors
/// Never; a run that cannot begin is a failing one.
pub async fn shrink(town: &Town, seed: u64, wishes: Wishes) -> Outcome<bool> {
    let Some(mut broken) = run(town, seed, &wishes, false).await.broken else {
        print(&format!("seed {seed}: all held, nothing to make smaller"));
        return Ok(true);
    };
    let mut best = wishes;
    loop {
        let mut smaller = None;
        for candidate in candidates(seed, &best) {
            if let Some(why) = run(town, seed, &candidate, false).await.broken {
                smaller = Some((candidate, why));
                break;
            }
        }
        let Some((candidate, why)) = smaller else {
            break;
        };
        print(&format!("still fails:{candidate}"));
        (best, broken) = (candidate, why);
    }
    print(&format!("seed {seed}: {}", Storm::of(seed, &best)));
    print(&format!("seed {seed}: BROKEN: {broken}"));
    print(&format!(
        "    again: cargo xtask sim --seed {seed}{best} --trace"
    ));
    Ok(false)
}

/// What to try next, the greatest leap first.
fn candidates(seed: u64, from: &Wishes) -> Vec<Wishes> {
    let storm = Storm::of(seed, from);
    let mut all = Vec::new();
    for fault in Fault::ALL {
        if storm.has(fault) {
            let mut wishes = from.clone();
            wishes.without.insert(fault);
            all.push(wishes);
        }
    }
    for tills in [2, storm.tills / 2, storm.tills - 1] {
        if (1..storm.tills).contains(&tills) {
            all.push(Wishes {
                tills: Some(tills),
                ..from.clone()
            });
        }
    }
    let eighth = (storm.actions / 8).max(1);
    for actions in [storm.actions / 2, storm.actions.saturating_sub(eighth)] {
        if (1..storm.actions).contains(&actions) {
            all.push(Wishes {
                actions: Some(actions),
                ..from.clone()
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_candidate_is_smaller_than_what_it_comes_from() {
        let from = Wishes::default();
        let size = |wishes: &Wishes| {
            let storm = Storm::of(42, wishes);
            storm.tills + storm.actions + storm.faults.len()
        };
        let all = candidates(42, &from);
        assert!(!all.is_empty());
        assert!(all.iter().all(|wishes| size(wishes) < size(&from)));
    }
}
