//! A device's line of operations at the hub: what is known is answered, what is new is applied or buried.

use counterfoil_domain::{DeviceId, Incarnation, OpHash, planted};
use counterfoil_protocol::sync::{OpResult, PushReply};
use sqlx::AnyConnection;
use sqlx::Row as _;
use uuid::Uuid;

use super::batch::{Way, take_new};
use super::chain::{Fit, Hashed, fit};
use crate::http::Failure;
use crate::ledger::Book;
use crate::secret::{hex, same};

/// What became of a batch.
pub(super) struct Taken {
    /// The answer.
    pub(super) reply: PushReply,
    /// Whether there is something to commit; a batch that was known leaves nothing behind.
    pub(super) wrote: bool,
}

impl Taken {
    const fn nothing(reply: PushReply) -> Self {
        Self {
            reply,
            wrote: false,
        }
    }
}

/// Takes a batch into the book; None when it does not go [`Way::AtOnce`] and the transaction is to be rolled back.
pub(super) async fn take_batch(
    conn: &mut AnyConnection,
    epoch: Uuid,
    book: &mut Book,
    device: DeviceId,
    (incarnation, ops): (Incarnation, &[Hashed<'_>]),
    way: Way,
) -> Result<Option<Taken>, Failure> {
    let mut line = Line::open(conn, device, incarnation, book).await?;
    let known = match fit(ops, line.last_seq, line.last_hash) {
        Fit::Continues { known } => known,
        Fit::Gap => planted!("gap-ignored", 0, {
            return Ok(Some(Taken::nothing(PushReply::Gap {
                epoch,
                last_seq: line.last_seq,
            })));
        }),
        Fit::Fork { seq, hub_hash } => {
            return Ok(Some(Taken::nothing(PushReply::Fork { seq, hub_hash })));
        }
        Fit::Disorder => return Err(Failure::field("ops", "order")),
    };
    let (known, new) = ops.split_at(known);
    let mut results = match line.stored_results(conn, known).await? {
        Ok(results) => results,
        Err((seq, hub_hash)) => {
            return Ok(Some(Taken::nothing(PushReply::Fork { seq, hub_hash })));
        }
    };
    if !new.is_empty() {
        let Some(new) = take_new(conn, book, &mut line, new, way).await? else {
            return Ok(None);
        };
        results.extend(new);
        line.close(conn).await?;
    }
    Ok(Some(Taken {
        // An empty batch may have begun a life.
        wrote: !new.is_empty() || known.is_empty(),
        reply: PushReply::Accepted {
            epoch,
            last_seq: line.last_seq,
            results,
        },
    }))
}

/// One life of a device's database, while its row is held.
pub(super) struct Line {
    pub(super) tenant: String,
    pub(super) device: String,
    pub(super) incarnation: String,
    pub(super) last_seq: u64,
    pub(super) last_hash: OpHash,
}

impl Line {
    async fn open(
        conn: &mut AnyConnection,
        device: DeviceId,
        incarnation: Incarnation,
        book: &Book,
    ) -> Result<Self, Failure> {
        let mut line = Self {
            tenant: book.key.clone(),
            device: device.to_string(),
            incarnation: incarnation.to_string(),
            last_seq: 0,
            last_hash: OpHash::GENESIS,
        };
        let row = sqlx::query(include_str!("sql/lock_life.sql"))
            .bind(&line.tenant)
            .bind(&line.device)
            .bind(&line.incarnation)
            .bind(String::from(OpHash::GENESIS))
            .bind(book.now.0)
            .fetch_one(conn)
            .await?;
        line.last_seq = row.try_get::<i64, _>("last_seq")?.cast_unsigned();
        let hash: String = row.try_get("last_hash")?;
        line.last_hash = hash.parse().map_err(Failure::internal)?;
        Ok(line)
    }

    async fn close(&self, conn: &mut AnyConnection) -> Result<(), Failure> {
        sqlx::query(include_str!("sql/set_life.sql"))
            .bind(&self.tenant)
            .bind(&self.device)
            .bind(&self.incarnation)
            .bind(self.last_seq.cast_signed())
            .bind(self.last_hash.to_string())
            .execute(conn)
            .await?;
        Ok(())
    }

    /// What operations that are known by their places got; or the place and the hash of another one that is there.
    async fn stored_results(
        &self,
        conn: &mut AnyConnection,
        ops: &[Hashed<'_>],
    ) -> Result<Result<Vec<OpResult>, (u64, OpHash)>, Failure> {
        let (Some((first, _)), Some((last, _))) = (ops.first(), ops.last()) else {
            return Ok(Ok(Vec::new()));
        };
        let rows = sqlx::query(include_str!("sql/list_operations.sql"))
            .bind(&self.tenant)
            .bind(&self.device)
            .bind(&self.incarnation)
            .bind(first.seq.cast_signed())
            .bind(last.seq.cast_signed())
            .fetch_all(conn)
            .await?;
        if rows.len() != ops.len() {
            return Err(Failure::internal("an operation before the last is gone"));
        }
        let mut results = Vec::with_capacity(ops.len());
        for ((op, op_hash), row) in ops.iter().zip(rows) {
            let hash: String = row.try_get("hash")?;
            let known = planted!(
                "duplicate-without-hash",
                true,
                same(&hash, &hex(&op_hash.0))
            );
            if !known {
                return Ok(Err((op.seq, hash.parse().map_err(Failure::internal)?)));
            }
            let result: String = row.try_get("result")?;
            results.push(OpResult {
                op_id: op.op_id,
                seq: op.seq,
                outcome: serde_json::from_str(&result).map_err(Failure::internal)?,
            });
        }
        Ok(Ok(results))
    }
}
