//! Last writer wins, field by field, worked out anew from what tills sent and when the hub heard it.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_domain::op::Op;
use counterfoil_domain::{DeviceId, EntityKind, Hlc, OpId, UnixMs};
use counterfoil_testkit::ManualClock;
use serde_json::Value;
use uuid::Uuid;

use super::ledger::HubLedger;
use super::town::Town;
use super::world::World;
use super::{Outcome, say};

/// A clock this far ahead of the hub's is held back.
const AHEAD_MS: i64 = 5 * 60_000;

/// A clock as the hub believes it.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Believed {
    /// Milliseconds, a counter, and who; the counter of one that was held back is its turn at the hub.
    clock: (i64, usize, DeviceId),
    held_back: bool,
}

impl Believed {
    /// Whether it is later than one that the hub heard before it; nobody knows where that one was held back to the very moment
    /// which this one names.
    fn is_later(&self, before: &Self) -> Option<bool> {
        let met = self.clock.0 == before.clock.0;
        match (self.held_back, before.held_back) {
            // What is heard later is the later.
            (true, false) if met => Some(true),
            (false, true) if met => None,
            _ => Some(self.clock > before.clock),
        }
    }
}

/// Who wrote a field when, and in what order among the writes of one till.
#[derive(Clone, PartialEq)]
struct Writing {
    believed: Believed,
    till: usize,
    turn: u64,
    value: Value,
}

type Key = (EntityKind, Uuid, String);

/// Compares the hub's customers, products and merchants with what the rule says of every field.
///
/// # Errors
/// The first field that differs.
pub fn check(town: &Town, world: &World, ledger: &HubLedger) -> Outcome<()> {
    let mut fields: BTreeMap<Key, Writing> = BTreeMap::new();
    let mut unsure: BTreeSet<Key> = BTreeSet::new();
    let mut believed: BTreeMap<OpId, Believed> = BTreeMap::new();
    let revivable: BTreeSet<Uuid> = ledger
        .fates
        .keys()
        .filter_map(|id| match &world.done.get(id)?.op {
            Op::EntityDeleted(deleted) => Some(deleted.id),
            _ => None,
        })
        .collect();
    let mut write = |op_id: OpId, hlc: Hlc, device: DeviceId, heard: Option<(UnixMs, usize)>| {
        if ledger.dead.contains(&op_id) {
            return;
        }
        let Some(done) = world.done.get(&op_id) else {
            return;
        };
        let counter = usize::try_from(hlc.counter).unwrap_or(0);
        let mut mine = Believed {
            clock: (hlc.ms, counter, device),
            held_back: false,
        };
        if let Some((now, turn)) = heard
            && hlc.ms > now.0 + AHEAD_MS
        {
            // Held back to one moment, what the hub hears later is the later.
            mine = Believed {
                clock: (now.0 + AHEAD_MS, turn, device),
                held_back: true,
            };
        }
        believed.insert(op_id, mine);
        for (key, value) in written(&done.op) {
            let new = Writing {
                believed: mine,
                till: done.till,
                turn: done.turn,
                value,
            };
            let Some(have) = fields.get(&key) else {
                fields.insert(key, new);
                continue;
            };
            let tie = have.believed == new.believed;
            let is_later = mine.is_later(&have.believed);
            if is_later.is_none() {
                unsure.insert(key.clone());
            }
            if tie && have.till != new.till && have.value != new.value {
                // Two copies of one till at the same millisecond: whichever the hub heard first.
                unsure.insert(key.clone());
            }
            if is_later == Some(true) || (tie && new.turn > have.turn) {
                fields.insert(key, new);
            }
        }
    };
    for done in &town.done {
        write(done.op_id, done.hlc, town.first_device, None);
    }
    let mut taken: Vec<_> = world.book.taken.iter().collect();
    taken.sort_by_key(|(_, taken)| taken.turn);
    let mut latest = ManualClock::START;
    for (op_id, taken) in taken {
        let envelope = &taken.envelope;
        // Where the hub's own clock went back, what it believed before still counts.
        latest = latest.max(taken.hub_now);
        let heard = Some((latest, taken.turn));
        write(*op_id, envelope.hlc, envelope.device_id, heard);
    }
    for ((kind, id, field), writing) in &fields {
        let key = (kind.name().to_owned(), *id);
        // A stamp after a deletion says the name once more, under its own clock.
        let revived = field == "name" && revivable.contains(id);
        if revived || unsure.contains(&(*kind, *id, field.clone())) {
            continue;
        }
        let found = ledger
            .entities
            .get(&key)
            .and_then(|(fields, _)| fields.get(field));
        if found != Some(&writing.value) {
            return Err(say(format!(
                "last writer wins: {} {id} has {field} = {found:?}, written last was {}",
                kind.name(),
                writing.value
            )));
        }
    }
    check_seen(world, ledger, &believed)?;
    check_clocks(world, ledger)
}

/// Whoever edits a field that they saw is later than whoever wrote it, however late their till's clock is, and however
/// far the hub's own clock went back.
fn check_seen(
    world: &World,
    ledger: &HubLedger,
    believed: &BTreeMap<OpId, Believed>,
) -> Outcome<()> {
    for (op_id, done) in &world.done {
        let Some(mine) = believed.get(op_id) else {
            continue;
        };
        // What lies at a number is only known of the epoch that the hub is in now.
        if done.seen.epoch != Some(world.hub.hub.epoch) {
            continue;
        }
        let fields: BTreeSet<Key> = written(&done.op).into_iter().map(|(key, _)| key).collect();
        let seen = ledger
            .published
            .iter()
            .take_while(|(seq, _)| *seq <= done.seen.seq);
        for (seq, other) in seen {
            let wrote = world.done.get(other).map(|other| written(&other.op));
            let shared = wrote
                .into_iter()
                .flatten()
                .find(|(key, _)| fields.contains(key));
            if let (Some(((kind, id, field), _)), Some(theirs)) = (shared, believed.get(other))
                && mine.is_later(theirs) == Some(false)
            {
                return Err(say(format!(
                    "who edits what they saw is heard: {op_id} set {field} of {} {id} with change {seq} before its eyes, \
                     and its clock {mine:?} is not later than {theirs:?} of {other}",
                    kind.name()
                )));
            }
        }
    }
    Ok(())
}

fn written(op: &Op) -> Vec<(Key, Value)> {
    match op {
        Op::EntityEdited(e)
            if matches!(
                e.entity,
                EntityKind::Customer | EntityKind::Product | EntityKind::Merchant
            ) =>
        {
            e.fields
                .iter()
                .map(|(name, value)| ((e.entity, e.id, name.clone()), value.clone()))
                .collect()
        }
        Op::CustomerEnrolled(c) => [
            ("name", &c.customer.name),
            ("phone", &c.customer.phone),
            ("note", &c.customer.note),
        ]
        .into_iter()
        .map(|(name, value)| {
            let key = (EntityKind::Customer, c.customer_id.0, name.to_owned());
            (key, Value::String(value.clone()))
        })
        .collect(),
        _ => Vec::new(),
    }
}

/// No field's clock is further ahead than the hub ever allowed.
fn check_clocks(world: &World, ledger: &HubLedger) -> Outcome<()> {
    let latest = world.latest_hub_ms + AHEAD_MS;
    for ((kind, id), (_, clocks)) in &ledger.entities {
        if let Some((field, clock)) = clocks.iter().find(|(_, clock)| clock.hlc.ms > latest) {
            return Err(say(format!(
                "clocks ahead are held back: {kind} {id} has {field} from {} ms ahead of the hub",
                clock.hlc.ms - world.latest_hub_ms
            )));
        }
    }
    Ok(())
}
