//! What the hub took on, as an eavesdropper in front of it notes it; goes back when the hub goes back to a backup.

use std::collections::BTreeMap;
use std::io::Read as _;

use counterfoil_domain::{DeviceId, Incarnation, OpEnvelope, OpHash, OpId, UnixMs};
use counterfoil_protocol::Reply;
use counterfoil_protocol::sync::{Outcome as Fate, PushReply, PushRequest};
use counterfoil_sync::{Request, Response};
use flate2::read::GzDecoder;

use super::{Outcome, say};

/// An operation that the hub said it has.
#[derive(Debug, Clone)]
pub struct Taken {
    /// As it was first sent.
    pub envelope: OpEnvelope,
    /// The hub's clock then.
    pub hub_now: UnixMs,
    /// What became of it.
    pub fate: Fate,
}

type Spot = (DeviceId, Incarnation, u64);

/// The eavesdropper's notes.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// By operation.
    pub taken: BTreeMap<OpId, Taken>,
    /// What stands at each place of each chain, and what the hub answered to it.
    results: BTreeMap<Spot, (OpHash, OpId, Fate)>,
}

/// The batch in a push, uncompressed; none when it is not whole.
#[must_use]
pub fn batch_of(request: &Request) -> Option<PushRequest> {
    let mut body = Vec::new();
    GzDecoder::new(request.body.as_slice())
        .read_to_end(&mut body)
        .ok()?;
    serde_json::from_slice(&body).ok()
}

impl Book {
    /// Notes what the hub answered to a push.
    ///
    /// # Errors
    /// When it answered something else to the same bytes before.
    pub fn note(&mut self, batch: &PushRequest, response: &Response, now: UnixMs) -> Outcome<()> {
        if response.status != 200 {
            return Ok(());
        }
        let Ok(Reply::Ok { data, .. }) = serde_json::from_slice::<Reply<PushReply>>(&response.body)
        else {
            return Err(say("the hub answered a push with 200 and no envelope"));
        };
        let PushReply::Accepted { results, .. } = data else {
            return Ok(());
        };
        if results.len() != batch.ops.len() {
            return Err(say(
                "the hub accepted a batch with too few or too many results",
            ));
        }
        for (op, result) in batch.ops.iter().zip(results) {
            if result.op_id != op.op_id || result.seq != op.seq {
                return Err(say(format!("the result at {} is another one's", op.seq)));
            }
            self.note_one(op, result.outcome, now)?;
        }
        Ok(())
    }

    fn note_one(&mut self, op: &OpEnvelope, fate: Fate, now: UnixMs) -> Outcome<()> {
        let spot = (op.device_id, op.incarnation, op.seq);
        let place = (op.hash(), op.op_id, fate.clone());
        let before = self.results.entry(spot).or_insert_with(|| place.clone());
        if *before != place {
            return Err(say(format!(
                "a retry gets the identical result: {} at {} got {:?} and now {fate:?} for {}",
                before.1, op.seq, before.2, op.op_id
            )));
        }
        let taken = self.taken.entry(op.op_id).or_insert_with(|| Taken {
            envelope: op.clone(),
            hub_now: now,
            fate: fate.clone(),
        });
        if taken.fate != fate {
            return Err(say(format!(
                "{} was answered {:?} and in another life {fate:?}",
                op.op_id, taken.fate
            )));
        }
        Ok(())
    }
}
