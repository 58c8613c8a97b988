//! A device's chain of operations: what of a batch is known, what is new, and whether it fits. Pure.

use counterfoil_domain::{OpEnvelope, OpHash};

/// An operation and its hash, which takes a while to work out and is wanted more than once.
pub(super) type Hashed<'a> = (&'a OpEnvelope, OpHash);

/// How a batch continues what the hub has.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// So many of its first operations are known by place; the rest is new and fits.
    Continues {
        /// How many are known.
        known: usize,
    },
    /// It begins too late.
    Gap,
    /// The operation before the first new one is another than the hub's.
    Fork {
        /// Where they differ.
        seq: u64,
        /// What the hub has there.
        hub_hash: OpHash,
    },
    /// Its own places do not follow one another.
    Disorder,
}

/// Compares a batch with the end of the chain. The known ones' hashes are still to be compared with the stored ones.
pub(super) fn fit(ops: &[Hashed<'_>], last_seq: u64, last_hash: OpHash) -> Fit {
    let Some((first, _)) = ops.first() else {
        return Fit::Continues { known: 0 };
    };
    if first.seq == 0
        || ops
            .windows(2)
            .any(|pair| pair[1].0.seq != pair[0].0.seq.wrapping_add(1))
    {
        return Fit::Disorder;
    }
    if first.seq > last_seq + 1 {
        return Fit::Gap;
    }
    let known = usize::try_from(last_seq + 1 - first.seq)
        .unwrap_or(usize::MAX)
        .min(ops.len());
    let mut before = last_hash;
    for (op, hash) in &ops[known..] {
        if op.prev_hash != before {
            return Fit::Fork {
                seq: op.seq - 1,
                hub_hash: before,
            };
        }
        before = *hash;
    }
    Fit::Continues { known }
}

#[cfg(test)]
mod tests {
    use super::{Fit, Hashed};
    use counterfoil_domain::{DeviceId, Hlc, Incarnation, OpEnvelope, OpHash, OpId, UnixMs};
    use uuid::Uuid;

    fn chain(seqs: std::ops::RangeInclusive<u64>) -> Vec<OpEnvelope> {
        let mut prev_hash = OpHash::GENESIS;
        let mut ops = Vec::new();
        for seq in 1..=*seqs.end() {
            let op = OpEnvelope {
                op_id: OpId(Uuid::from_u128(u128::from(seq))),
                device_id: DeviceId(Uuid::nil()),
                incarnation: Incarnation(Uuid::nil()),
                seq,
                prev_hash,
                staff_id: None,
                at: UnixMs(0),
                hlc: Hlc::default(),
                kind: "k".to_owned(),
                version: 1,
                payload: "{}".to_owned(),
                redoes: None,
            };
            prev_hash = op.hash();
            ops.push(op);
        }
        ops.split_off(usize::try_from(*seqs.start() - 1).unwrap())
    }

    fn fit(ops: &[OpEnvelope], last_seq: u64, last_hash: OpHash) -> Fit {
        let hashed: Vec<Hashed<'_>> = ops.iter().map(|op| (op, op.hash())).collect();
        super::fit(&hashed, last_seq, last_hash)
    }

    #[test]
    fn a_batch_from_the_beginning_fits_an_empty_chain() {
        assert_eq!(
            fit(&chain(1..=3), 0, OpHash::GENESIS),
            Fit::Continues { known: 0 }
        );
    }

    #[test]
    fn a_batch_half_of_which_is_known_continues_after_it() {
        let end = chain(2..=2)[0].hash();
        assert_eq!(fit(&chain(1..=3), 2, end), Fit::Continues { known: 2 });
    }

    #[test]
    fn a_batch_that_begins_too_late_is_a_gap() {
        assert_eq!(fit(&chain(3..=3), 1, chain(1..=1)[0].hash()), Fit::Gap);
    }

    #[test]
    fn a_batch_after_another_operation_is_a_fork() {
        let other = OpHash([7; 32]);
        assert_eq!(
            fit(&chain(2..=2), 1, other),
            Fit::Fork {
                seq: 1,
                hub_hash: other
            }
        );
    }

    #[test]
    fn a_batch_with_a_hole_is_disorder() {
        let mut ops = chain(1..=3);
        ops.remove(1);
        assert_eq!(fit(&ops, 0, OpHash::GENESIS), Fit::Disorder);
    }
}
