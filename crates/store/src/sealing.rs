//! In which order waiting operations get their place in the chain: facts first, nothing before what it depends on.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use counterfoil_domain::{OpClass, planted};
use rusqlite::{Connection, named_params};

use crate::error::StoreError;
use crate::row;
use crate::touch::Touch;
use crate::tx::class_named;

/// So many of the oldest waiting operations are ordered at a time; the ones behind them are younger and can wait.
const WINDOW_OPS: usize = 2000;

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

/// In which order what waits goes next.
#[derive(Clone)]
pub(crate) struct Plan {
    /// The oldest waiting operations, from which the order was told.
    oldest: Vec<(i64, OpClass)>,
    pub(crate) order: Vec<i64>,
}

impl Plan {
    /// The order of what waits now: the next `most` of it, where there is so much.
    pub(crate) fn of(conn: &Connection, most: usize) -> Result<Self, StoreError> {
        let few = most.saturating_mul(2);
        let oldest = list_with_touches(conn, few)?;
        let next = order(&oldest);
        if oldest.len() < few || begins_with_facts(&oldest, &next, most) {
            return Ok(Self::told(&oldest, next));
        }
        let oldest = list_with_touches(conn, WINDOW_OPS.max(few))?;
        let next = order(&oldest);
        Ok(Self::told(&oldest, next))
    }

    fn told(oldest: &[Pending], order: Vec<i64>) -> Self {
        let oldest = oldest.iter().map(|op| (op.local_no, op.class)).collect();
        Self { oldest, order }
    }

    /// This plan, where the same operations are the oldest that wait: what one concerns never changes, and what came since
    /// is younger. Else a new one, also where nothing waited.
    pub(crate) fn renewed(
        &self,
        conn: &Connection,
        most: usize,
    ) -> Result<Cow<'_, Self>, StoreError> {
        let now = list_waiting(conn, self.oldest.len())?;
        let holds = now
            .iter()
            .map(|op| (op.local_no, op.class))
            .eq(self.oldest.iter().copied());
        if holds && !now.is_empty() {
            Ok(Cow::Borrowed(self))
        } else {
            Self::of(conn, most).map(Cow::Owned)
        }
    }
}

/// The oldest waiting operations with the rows that they concern, where that can matter to their order.
fn list_with_touches(conn: &Connection, limit: usize) -> Result<Vec<Pending>, StoreError> {
    let mut oldest = list_waiting(conn, limit)?;
    if oldest.iter().any(|op| op.class != OpClass::Fact) {
        list_touches(conn, &mut oldest)?;
    }
    Ok(oldest)
}

/// Facts go before all else and as they were done: nothing younger can come before these.
fn begins_with_facts(ops: &[Pending], order: &[i64], most: usize) -> bool {
    let facts = ops.iter().filter(|op| op.class == OpClass::Fact);
    let facts: HashSet<i64> = facts.map(|op| op.local_no).collect();
    order.iter().take(most).all(|no| facts.contains(no))
}

fn list_waiting(conn: &Connection, limit: usize) -> Result<Vec<Pending>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = conn.prepare_cached(include_str!("../queries/list_waiting.sql"))?;
    let rows = statement.query_map(named_params! { ":limit": limit }, |row| {
        Ok(Pending {
            local_no: row.get("local_no")?,
            class: class_named(row.get_ref("class")?.as_str()?),
            touches: Vec::new(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Which rows the operations concern; they are the oldest waiting ones.
fn list_touches(conn: &Connection, ops: &mut [Pending]) -> Result<(), StoreError> {
    let last = ops.last().map(|op| op.local_no);
    let mut touched: HashMap<i64, Vec<Touch>> = HashMap::new();
    let mut statement = conn.prepare_cached(include_str!("../queries/list_waiting_touches.sql"))?;
    let mut rows = statement.query(named_params! { ":last": last })?;
    while let Some(row) = rows.next()? {
        touched
            .entry(row.get("local_no")?)
            .or_default()
            .push(Touch {
                kind: row.get("kind")?,
                id: row::id(row, "id")?,
            });
    }
    for op in ops {
        op.touches = touched.remove(&op.local_no).unwrap_or_default();
    }
    Ok(())
}
