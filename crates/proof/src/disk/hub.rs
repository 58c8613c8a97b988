//! A hub in memory that loses nothing: it checks the till's chain, applies operations by the domain's rules and
//! numbers the changes.

use std::collections::BTreeMap;

use counterfoil_domain::effect::{Effect, effects};
use counterfoil_domain::merge::{Clocks, FieldClock, delete, patch};
use counterfoil_domain::{EntityKind, EntityRow, Incarnation, Op, OpClass, OpHash, OpId, OpMeta};
use counterfoil_store::{Confirmed, ConfirmedRow, OpFate, SealedBatch};
use uuid::Uuid;

/// The hub's only epoch.
pub const EPOCH: Uuid = Uuid::from_u128(1);

/// What the hub has of the one till, and what it tells it.
#[derive(Debug, Clone, Default)]
pub struct ModelHub {
    chains: BTreeMap<Incarnation, Vec<OpHash>>,
    stored: BTreeMap<OpId, OpFate>,
    rows: BTreeMap<(EntityKind, Uuid), (EntityRow, Clocks)>,
    /// The changes, as the till gets them.
    pub changes: Vec<Confirmed>,
}

impl ModelHub {
    /// Takes a batch and answers; what it knows gets the stored answer again. `refuses` says which claims it refuses.
    ///
    /// # Errors
    /// When the batch does not go on where the till's chain ended: the till lost or changed what it had sent.
    pub fn push(
        &mut self,
        batch: &SealedBatch,
        mut refuses: impl FnMut() -> bool,
    ) -> Result<Vec<(OpId, OpFate)>, String> {
        let mut results = Vec::new();
        for envelope in &batch.ops {
            let chain = self.chains.entry(batch.incarnation).or_default();
            let last = chain.len() as u64;
            let place = usize::try_from(envelope.seq).unwrap_or(usize::MAX);
            if envelope.seq > last + 1 || envelope.seq == 0 {
                return Err(format!("seq {} after {last}: a gap", envelope.seq));
            }
            if envelope.seq <= last {
                if chain[place - 1] != envelope.hash() {
                    return Err(format!("seq {}: another hash, a fork", envelope.seq));
                }
                let Some(fate) = self.stored.get(&envelope.op_id) else {
                    return Err(format!(
                        "{} has a known hash and an unknown id",
                        envelope.op_id
                    ));
                };
                results.push((envelope.op_id, fate.clone()));
                continue;
            }
            if envelope.prev_hash != chain.last().copied().unwrap_or(OpHash::GENESIS) {
                return Err(format!("seq {}: the chain is broken", envelope.seq));
            }
            chain.push(envelope.hash());
            if self.stored.contains_key(&envelope.op_id) {
                return Err(format!("{} came a second time", envelope.op_id));
            }
            let op = envelope.op().map_err(|error| error.to_string())?;
            let fate = if op.class() == OpClass::Claim && refuses() {
                OpFate::Refused {
                    code: "slot_taken".to_owned(),
                }
            } else {
                OpFate::Applied
            };
            self.stored.insert(envelope.op_id, fate.clone());
            self.take(&op, &envelope.meta(), fate.clone(), true)?;
            results.push((envelope.op_id, fate));
        }
        Ok(results)
    }

    /// Something that another till did.
    ///
    /// # Errors
    /// When the operation's amounts do not hold.
    pub fn elsewhere(&mut self, op: &Op, meta: &OpMeta) -> Result<(), String> {
        self.take(op, meta, OpFate::Applied, false)
    }

    fn take(&mut self, op: &Op, meta: &OpMeta, fate: OpFate, own: bool) -> Result<(), String> {
        let mut rows = Vec::new();
        if fate == OpFate::Applied {
            for effect in effects(op, meta).map_err(|error| error.to_string())? {
                rows.push(self.apply(effect, meta));
            }
        }
        self.changes.push(Confirmed {
            seq: self.changes.len() as u64 + 1,
            op_id: Some(meta.op_id),
            own,
            fate,
            rows,
        });
        Ok(())
    }

    fn apply(&mut self, effect: Effect, meta: &OpMeta) -> ConfirmedRow {
        let clock = FieldClock {
            hlc: meta.hlc,
            device_id: meta.device_id,
        };
        let Some((kind, id)) = effect.entity() else {
            let Effect::Insert(fact) = effect else {
                unreachable!("what edits no entity inserts a fact");
            };
            return ConfirmedRow::Fact(fact);
        };
        let (row, clocks) = self.rows.entry((kind, id)).or_insert_with(|| {
            let row = EntityRow {
                kind,
                id,
                fields: BTreeMap::new(),
                deleted: false,
            };
            (row, Clocks::new())
        });
        match &effect {
            Effect::Patch { fields, .. } => patch(row, clocks, fields, clock),
            _ => delete(row, clocks, clock),
        };
        ConfirmedRow::Entity(row.clone())
    }

    /// The changes after a cursor, at most so many.
    pub fn after(&self, seq: u64, limit: usize) -> Vec<Confirmed> {
        let skip = usize::try_from(seq).unwrap_or(usize::MAX);
        self.changes
            .iter()
            .skip(skip)
            .take(limit)
            .cloned()
            .collect()
    }

    /// How many operations of the till it has.
    pub fn received(&self) -> usize {
        self.stored.len()
    }
}
