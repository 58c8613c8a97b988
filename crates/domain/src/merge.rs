//! Last writer wins, field by field: by hybrid clock, then by device.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::entity::{EntityRow, Fields};
use crate::hlc::Hlc;
use crate::id::DeviceId;

/// Who wrote a field last, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FieldClock {
    /// The writer's clock.
    pub hlc: Hlc,
    /// The writer; decides between equal clocks.
    pub device_id: DeviceId,
}

/// The clocks of an entity's fields; the empty name is the tombstone's.
pub type Clocks = BTreeMap<String, FieldClock>;

/// The name under which the tombstone's clock is kept.
pub const TOMBSTONE: &str = "";

/// Sets fields whose clock is newer than what is there; a write newer than the tombstone revives the row. Returns whether
/// anything changed. The outcome does not depend on the order in which patches arrive.
pub fn patch(row: &mut EntityRow, clocks: &mut Clocks, fields: &Fields, clock: FieldClock) -> bool {
    let mut changed = false;
    for (name, value) in fields {
        if clocks.get(name).is_none_or(|have| clock > *have) {
            clocks.insert(name.clone(), clock);
            changed |= row.fields.insert(name.clone(), value.clone()).as_ref() != Some(value);
        }
    }
    changed | settle_tombstone(row, clocks)
}

/// Deletes the row unless a field was written later.
pub fn delete(row: &mut EntityRow, clocks: &mut Clocks, clock: FieldClock) -> bool {
    if clocks.get(TOMBSTONE).is_none_or(|have| clock > *have) {
        clocks.insert(TOMBSTONE.to_owned(), clock);
    }
    settle_tombstone(row, clocks)
}

fn settle_tombstone(row: &mut EntityRow, clocks: &Clocks) -> bool {
    let deleted = clocks.get(TOMBSTONE).is_some_and(|tomb| {
        clocks
            .iter()
            .all(|(name, clock)| name == TOMBSTONE || clock <= tomb)
    });
    let changed = row.deleted != deleted;
    row.deleted = deleted;
    changed
}
