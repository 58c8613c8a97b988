//! Sealing: giving waiting operations their place in the incarnation's chain, just before they are sent.

use counterfoil_domain::{Incarnation, OpEnvelope, OpHash, planted};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use crate::error::StoreError;
use crate::identity::Identity;
use crate::row;
use crate::sealing::Plan;
use crate::store::Store;
use crate::turn::Share;
use crate::tx::Tx;

/// Bytes of a request beside its operations.
const FRAME_BYTES: usize = 128;

/// Operations to send, in order and all of one incarnation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBatch {
    /// The life of the database.
    pub incarnation: Incarnation,
    /// The operations.
    pub ops: Vec<OpEnvelope>,
}

impl Store {
    /// The next operations to send: those sealed before and not answered yet, byte for byte the same, else newly sealed
    /// ones. At most `max_ops` and, as JSON, about `max_bytes`, but at least one; fewer when somebody wants to write
    /// meanwhile. `None` when nothing waits.
    ///
    /// # Errors
    /// `no_identity`, or the store's own trouble.
    pub fn seal_next(
        &self,
        max_ops: usize,
        max_bytes: usize,
    ) -> Result<Option<SealedBatch>, StoreError> {
        self.seal_after(0, max_ops, max_bytes)
    }

    /// As [`Store::seal_next`], beyond a place of the present incarnation: what a revoked device hands over is never
    /// answered, and so stays sealed.
    ///
    /// # Errors
    /// As [`Store::seal_next`].
    pub fn seal_after(
        &self,
        seq: u64,
        max_ops: usize,
        max_bytes: usize,
    ) -> Result<Option<SealedBatch>, StoreError> {
        let max_ops = max_ops.max(1);
        // Reading and ordering thousands takes milliseconds, in which somebody may want to sell: before the door is shut.
        let plan = self.read(|conn| Plan::of(conn, max_ops))?;
        self.write_what_is_sent(|tx| {
            let identity = tx.identity()?;
            let room = Room::new(max_ops, max_bytes);
            let mut share = self.share(max_ops);
            tx.noting(next(tx, &identity, seq, room, &plan, &mut share))
        })
    }
}

fn next(
    tx: &Tx<'_>,
    identity: &Identity,
    after: u64,
    mut room: Room,
    plan: &Plan,
    share: &mut Share<'_>,
) -> Result<Option<SealedBatch>, StoreError> {
    let mut ops = Vec::new();
    planted!("retry-sealed-anew", {
        let sql = "UPDATE outbox SET state = 'waiting', incarnation = NULL, seq = NULL, prev_hash = NULL, hash = NULL WHERE state = 'sealed'";
        tx.conn().execute(sql, [])?;
    });
    for envelope in list_sealed(tx.conn(), identity, after, room.ops)? {
        // The one between may have come back already, sent by a copy of this till. The hub says whether it lacks it.
        let follows = ops
            .last()
            .is_none_or(|last: &OpEnvelope| last.seq + 1 == envelope.seq);
        if !follows || !room.takes(&envelope)? {
            break;
        }
        ops.push(envelope);
    }
    if ops.is_empty() {
        ops = seal_waiting(tx.conn(), identity, &mut room, plan, share)?;
    }
    Ok((!ops.is_empty()).then_some(SealedBatch {
        incarnation: identity.incarnation,
        ops,
    }))
}

/// What still fits into a batch.
struct Room {
    ops: usize,
    bytes: usize,
    empty: bool,
}

impl Room {
    const fn new(ops: usize, bytes: usize) -> Self {
        Self {
            ops,
            bytes: bytes.saturating_sub(FRAME_BYTES),
            empty: true,
        }
    }

    fn takes(&mut self, envelope: &OpEnvelope) -> Result<bool, StoreError> {
        let size = serde_json::to_string(envelope)?.len() + 1;
        // A first one that is too large alone is the hub's to judge; it must not hold back the rest.
        if self.ops == 0 || (size > self.bytes && !self.empty) {
            return Ok(false);
        }
        self.ops -= 1;
        self.bytes = self.bytes.saturating_sub(size);
        self.empty = false;
        Ok(true)
    }
}

fn list_sealed(
    conn: &Connection,
    identity: &Identity,
    after: u64,
    limit: usize,
) -> Result<Vec<OpEnvelope>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../queries/list_sealed.sql"))?;
    let rows = statement.query_map(
        named_params! {
            ":incarnation": identity.incarnation.to_string(),
            ":after": i64::try_from(after).unwrap_or(i64::MAX),
            ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
        },
        |row| {
            let place = (row::count(row, "seq")?, hash(row, "prev_hash")?);
            envelope(row, identity, place)
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn envelope(
    row: &Row<'_>,
    identity: &Identity,
    (seq, prev_hash): (u64, OpHash),
) -> rusqlite::Result<OpEnvelope> {
    Ok(OpEnvelope {
        op_id: row::id(row, "op_id")?,
        device_id: identity.device_id,
        incarnation: identity.incarnation,
        seq,
        prev_hash,
        staff_id: row::opt_id(row, "staff_id")?,
        at: row::at(row, "at")?,
        hlc: row::hlc(row)?,
        kind: row.get("kind")?,
        version: row.get("version")?,
        payload: row.get("payload")?,
        redoes: row::opt_id(row, "redoes")?,
    })
}

fn hash(row: &Row<'_>, name: &str) -> rusqlite::Result<OpHash> {
    let text: String = row.get(name)?;
    text.parse().map_err(|e| row::unusable(name, e))
}

/// The end of an incarnation's chain, and what is sealed onto it.
struct Chain<'a> {
    conn: &'a Connection,
    identity: &'a Identity,
    seq: u64,
    hash: OpHash,
}

impl<'a> Chain<'a> {
    fn end(conn: &'a Connection, identity: &'a Identity) -> Result<Self, StoreError> {
        let incarnation = identity.incarnation.to_string();
        let (seq, hash) = conn
            .prepare_cached(include_str!("../queries/find_chain_end.sql"))?
            .query_row(named_params! { ":incarnation": incarnation }, |row| {
                Ok((row::count(row, "seq")?, hash(row, "hash")?))
            })
            .optional()?
            .unwrap_or((0, OpHash::GENESIS));
        Ok(Self {
            conn,
            identity,
            seq,
            hash,
        })
    }

    /// A waiting operation as it would be sealed next.
    fn next(&self, local_no: i64) -> Result<OpEnvelope, StoreError> {
        Ok(self
            .conn
            .prepare_cached(include_str!("../queries/find_waiting.sql"))?
            .query_row(named_params! { ":local_no": local_no }, |row| {
                envelope(row, self.identity, (self.seq + 1, self.hash))
            })?)
    }

    fn seal(&mut self, local_no: i64, next: &OpEnvelope) -> Result<(), StoreError> {
        let own_hash = next.hash();
        self.conn
            .prepare_cached(include_str!("../queries/seal_op.sql"))?
            .execute(named_params! {
                ":local_no": local_no,
                ":incarnation": next.incarnation.to_string(),
                ":seq": i64::try_from(next.seq).unwrap_or(i64::MAX),
                ":prev_hash": next.prev_hash.to_string(),
                ":hash": own_hash.to_string(),
            })?;
        (self.seq, self.hash) = (next.seq, own_hash);
        Ok(())
    }
}

/// Seals an operation with its own commit where it would be the next to go anyway: this till has a hub, and nothing that
/// was done before is still unanswered. It is then on its way without another sync of the disk.
pub(crate) fn seal_at_once(
    conn: &Connection,
    identity: &Identity,
    local_no: i64,
) -> Result<(), StoreError> {
    let unanswered: bool = identity.hub_url.is_none()
        || conn
            .prepare_cached(include_str!("../queries/has_unanswered.sql"))?
            .query_row(named_params! { ":local_no": local_no }, |row| {
                row.get("there")
            })?;
    if unanswered {
        return Ok(());
    }
    let mut chain = Chain::end(conn, identity)?;
    let next = chain.next(local_no)?;
    chain.seal(local_no, &next)
}

fn seal_waiting(
    conn: &Connection,
    identity: &Identity,
    room: &mut Room,
    plan: &Plan,
    share: &mut Share<'_>,
) -> Result<Vec<OpEnvelope>, StoreError> {
    let mut chain = Chain::end(conn, identity)?;
    let mut sealed = Vec::new();
    for local_no in plan.renewed(conn, room.ops)?.order.iter().copied() {
        let next = chain.next(local_no)?;
        if share.is_used_up() || !room.takes(&next)? {
            break;
        }
        chain.seal(local_no, &next)?;
        share.took(1);
        sealed.push(next);
    }
    Ok(sealed)
}

#[cfg(test)]
mod tests {
    use counterfoil_testkit::{ManualClock, SeededEntropy};
    use rusqlite::StatementStatus;

    use super::*;
    use crate::StoreEnv;

    fn store(folder: &tempfile::TempDir) -> Store {
        let env = StoreEnv::new(ManualClock::start(), SeededEntropy::new(1));
        Store::open(&folder.path().join("till.db"), env).unwrap()
    }

    /// Operations of which only their states matter, from the oldest on.
    fn add(conn: &Connection, state: &str, count: u32) {
        let mut insert = conn
            .prepare(
                "INSERT INTO outbox (op_id, kind, version, class, at, hlc_ms, hlc_counter, payload, incarnation, seq,
                     prev_hash, hash, state)
                 SELECT next, 'stock_moved', 1, 'fact', 0, 0, 0, '{}', 'life', next, '', '', ?1
                 FROM (SELECT coalesce(max(seq), 0) + 1 AS next FROM outbox)",
            )
            .unwrap();
        for _ in 0..count {
            insert.execute([state]).unwrap();
        }
    }

    /// What SQLite does, in steps of its machine, to find the only operation that was sealed after so many answered ones.
    fn steps_after(answered: u32) -> i32 {
        let folder = tempfile::tempdir().unwrap();
        let steps = store(&folder).write(|tx| {
            add(tx.conn(), "acked", answered);
            add(tx.conn(), "sealed", 1);
            let sql = include_str!("../queries/list_sealed.sql");
            let mut statement = tx.conn().prepare(sql)?;
            let wanted = named_params! { ":incarnation": "life", ":after": 0, ":limit": 200 };
            let found = statement.query(wanted)?.next()?.is_some();
            assert!(found);
            Ok::<_, StoreError>(statement.get_status(StatementStatus::VmStep))
        });
        steps.unwrap()
    }

    #[test]
    fn what_was_answered_long_ago_does_not_slow_down_what_is_sent() {
        assert_eq!(steps_after(500), steps_after(5));
    }

    #[test]
    fn an_order_holds_while_only_younger_operations_come() {
        let folder = tempfile::tempdir().unwrap();
        let checked = store(&folder).write(|tx| {
            add(tx.conn(), "waiting", 3);
            let plan = Plan::of(tx.conn(), 200)?;
            add(tx.conn(), "waiting", 1);
            assert_eq!(plan.renewed(tx.conn(), 200)?.order, [1, 2, 3]);
            Ok::<_, StoreError>(())
        });
        checked.unwrap();
    }

    #[test]
    fn an_order_is_told_anew_when_an_older_operation_waits_again() {
        let folder = tempfile::tempdir().unwrap();
        let checked = store(&folder).write(|tx| {
            add(tx.conn(), "acked", 1);
            add(tx.conn(), "waiting", 2);
            let plan = Plan::of(tx.conn(), 200)?;
            tx.conn()
                .execute("UPDATE outbox SET state = 'waiting' WHERE local_no = 1", [])?;
            assert_eq!(plan.renewed(tx.conn(), 200)?.order, [1, 2, 3]);
            Ok::<_, StoreError>(())
        });
        checked.unwrap();
    }
}
