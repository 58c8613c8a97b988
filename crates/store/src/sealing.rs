//! In which order waiting operations get their place in the chain: facts first, nothing before what it depends on.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use counterfoil_domain::{OpClass, planted};

use crate::touch::Touch;

/// A waiting operation, as far as its order is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its place in the order in which things were done.
    pub local_no: i64,
    /// Facts go before claims, claims before edits.
    pub class: OpClass,
    /// The rows it concerns.
    pub touches: Vec<Touch>,
}

/// The order of sealing, as local numbers: by class, then as done; but no operation overtakes an earlier one that touches
/// a row it touches too, and no claim another claim: a slot may be free only because of the move or cancellation before.
#[must_use]
pub fn order(ops: &[Pending]) -> Vec<i64> {
    let mut by_time: Vec<&Pending> = ops.iter().collect();
    by_time.sort_by_key(|op| op.local_no);
    let mut blockers = vec![0_usize; by_time.len()];
    let mut frees: Vec<Vec<usize>> = vec![Vec::new(); by_time.len()];
    let mut last: HashMap<&Touch, usize> = HashMap::new();
    let mut last_claim = None;
    for (place, op) in by_time.iter().enumerate() {
        if op.class == OpClass::Claim
            && let Some(before) = last_claim.replace(place)
        {
            frees[before].push(place);
            blockers[place] += 1;
        }
        for touch in &op.touches {
            planted!("edits-overtake", { continue });
            if let Some(before) = last.insert(touch, place)
                && before != place
            {
                frees[before].push(place);
                blockers[place] += 1;
            }
        }
    }
    let mut ready: BinaryHeap<Reverse<(OpClass, i64, usize)>> = by_time
        .iter()
        .enumerate()
        .filter(|(place, _)| blockers[*place] == 0)
        .map(|(place, op)| Reverse((op.class, op.local_no, place)))
        .collect();
    let mut sealed = Vec::with_capacity(by_time.len());
    while let Some(Reverse((_, local_no, place))) = ready.pop() {
        sealed.push(local_no);
        for &next in &frees[place] {
            blockers[next] -= 1;
            if blockers[next] == 0 {
                ready.push(Reverse((by_time[next].class, by_time[next].local_no, next)));
            }
        }
    }
    sealed
}
