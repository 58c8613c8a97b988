//! The till's errands to the hub: sending, fetching, and what other tills did meanwhile.

use std::sync::Arc;

use counterfoil_domain::{DeviceId, Hlc, OpId, OpMeta};
use counterfoil_store::Store;
use uuid::Uuid;

use super::hub::EPOCH;
use super::model::{Known, Place};
use super::till::{End, Till};

impl Till<'_> {
    /// Seals, sends, and records the answer, unless that gets lost. Says whether there was something to send.
    pub(super) fn push(&mut self, most: u64, answer_is_lost: bool) -> Result<bool, String> {
        let most = usize::try_from(most).unwrap_or(1);
        let (end, batch) = self.attempt("seal", |store| store.seal_next(most, 1 << 20))?;
        if end == End::Unsure {
            for planned in &mut self.model.ops {
                if planned.sealed == Known::No {
                    planned.sealed = Known::Maybe;
                }
            }
        }
        let Some(batch) = batch.flatten() else {
            return Ok(false);
        };
        let mut places = Vec::new();
        for envelope in &batch.ops {
            let place = self
                .model
                .find(&envelope.kind, &envelope.payload)
                .ok_or_else(|| format!("{} was sealed and never done", envelope.op_id))?;
            let sealed = Place {
                incarnation: batch.incarnation,
                seq: envelope.seq,
                prev_hash: envelope.prev_hash,
                hash: envelope.hash(),
            };
            let planned = &mut self.model.ops[place];
            if let Known::Sure(before) = planned.sealed
                && before != sealed
            {
                return Err(format!(
                    "{} was {before:?} and is {sealed:?}",
                    envelope.op_id
                ));
            }
            planned.sealed = Known::Sure(sealed);
            places.push(place);
        }
        let chance = Arc::clone(&self.chance);
        let results = self
            .hub
            .push(&batch, || chance.next_u64().is_multiple_of(4))?;
        self.trace
            .line(|| format!("pushed {} operations", results.len()));
        if answer_is_lost {
            return Ok(true);
        }
        let (end, _) = self.attempt("record", |store| store.record_results(EPOCH, &results))?;
        for place in places {
            let answered = &mut self.model.ops[place].answered;
            // A part of them may be recorded although the rest is not.
            if *answered == Known::No {
                *answered = Known::Maybe;
            }
            // The hub would say it again, so the store does not wait for the disk here.
            if end == End::Done {
                self.model.unsynced_answers.push(place);
            }
        }
        Ok(true)
    }

    pub(super) fn pull(&mut self, limit: u64) -> Result<(), String> {
        let (_, cursor) = self.attempt("cursor", Store::cursor)?;
        let Some(cursor) = cursor else {
            return Ok(());
        };
        if !self.model.cursor.allows(&cursor.seq) {
            return Err(format!("cursor {} was {:?}", cursor.seq, self.model.cursor));
        }
        self.model.cursor.seen(&cursor.seq);
        let changes = self
            .hub
            .after(cursor.seq, usize::try_from(limit).unwrap_or(1));
        let to = cursor.seq + changes.len() as u64;
        let (end, _) = self.attempt("pull", |store| {
            store.apply_changes(EPOCH, Hlc::default(), changes)
        })?;
        // It moves slice by slice, and the disk may fail or the power go after any of them.
        for passed in cursor.seq + 1..=to {
            self.model.cursor.wrote(passed, false);
        }
        if end == End::Done {
            self.model.cursor.drifted(to);
        } else {
            self.model.cursor.doubt();
        }
        Ok(())
    }

    /// Another till delivers goods or enrols somebody.
    pub(super) fn elsewhere(&mut self) -> Result<(), String> {
        self.number += 1;
        let now = self.clock_now();
        let device_id = DeviceId(Uuid::from_u128(2));
        let op_id: OpId = self.shop.id();
        let op = if self.pick(2) == 0 {
            self.shop.deliver(1, i64::from(self.number))
        } else {
            self.shop.enrol("Desde otra caja", "+51911111111").1
        };
        let meta = OpMeta {
            op_id,
            device_id,
            staff_id: None,
            at: now,
            hlc: Hlc {
                ms: now.0,
                counter: 0,
            },
            redoes: None,
        };
        self.hub.elsewhere(&op, &meta)
    }

    /// Sends and fetches until both sides have everything.
    ///
    /// # Errors
    /// When they do not come together.
    pub fn drain(&mut self) -> Result<(), String> {
        for _ in 0..200 {
            let sent = !self.push(200, false)?;
            self.pull(500)?;
            if sent && *self.model.cursor.now() == self.hub.changes.len() as u64 {
                return Ok(());
            }
        }
        Err(format!(
            "the till stays at {} of {} changes",
            self.model.cursor.now(),
            self.hub.changes.len()
        ))
    }
}
