//! From what the hub says to what the store keeps. The store knows the domain, not the protocol.

use counterfoil_domain::DeviceId;
use counterfoil_protocol::sync::{Change, OpResult, Outcome, Row};
use counterfoil_store::{Confirmed, ConfirmedRow, OpFate};

/// An outcome as the store records it.
#[must_use]
pub fn fate(outcome: &Outcome) -> OpFate {
    match outcome {
        Outcome::Applied => OpFate::Applied,
        Outcome::Refused { code } => OpFate::Refused { code: code.clone() },
        Outcome::DeadLetter { reason } => OpFate::DeadLetter {
            reason: reason.clone(),
        },
    }
}

/// A push's results as the store records them.
#[must_use]
pub fn results(results: &[OpResult]) -> Vec<(counterfoil_domain::OpId, OpFate)> {
    results
        .iter()
        .map(|r| (r.op_id, fate(&r.outcome)))
        .collect()
}

/// A pulled change as the store applies it.
#[must_use]
pub fn confirmed(change: Change, this_device: DeviceId) -> Confirmed {
    Confirmed {
        seq: change.seq,
        op_id: change.origin.map(|o| o.op_id),
        own: change.origin.is_some_and(|o| o.device_id == this_device),
        fate: fate(&change.outcome),
        rows: change
            .rows
            .into_iter()
            .map(|row| match row {
                Row::Fact(fact) => ConfirmedRow::Fact(fact),
                Row::Entity(entity) => ConfirmedRow::Entity(entity),
            })
            .collect(),
    }
}
