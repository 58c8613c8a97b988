//! A device's line of operations at the hub: what is known is answered, what is new is applied or buried.

use counterfoil_domain::{DeviceId, Incarnation, OpEnvelope, OpHash, planted};
use counterfoil_protocol::sync::{OpResult, Origin, Outcome, PushReply, PushRequest};
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;
use sqlx::{Connection as _, Row as _};
use uuid::Uuid;

use super::chain::{Fit, fit};
use crate::http::Failure;
use crate::ledger::{Book, Done, Fault, apply};
use crate::secret::{hex, same};

/// Takes a batch into the book; only `Accepted` is to be committed.
pub(super) async fn take_batch(
    conn: &mut AnyConnection,
    epoch: Uuid,
    book: &mut Book,
    device: DeviceId,
    batch: &PushRequest,
) -> Result<PushReply, Failure> {
    let mut line = Line::open(conn, device, batch.incarnation, book).await?;
    let known = match fit(&batch.ops, line.last_seq, line.last_hash) {
        Fit::Continues { known } => known,
        Fit::Gap => planted!("gap-ignored", 0, {
            return Ok(PushReply::Gap {
                epoch,
                last_seq: line.last_seq,
            });
        }),
        Fit::Fork { seq, hub_hash } => return Ok(PushReply::Fork { seq, hub_hash }),
        Fit::Disorder => return Err(Failure::field("ops", "order")),
    };
    let mut results = Vec::with_capacity(batch.ops.len());
    for op in &batch.ops[..known] {
        match line.stored_result(conn, op).await? {
            Ok(result) => results.push(result),
            Err(hub_hash) => {
                return Ok(PushReply::Fork {
                    seq: op.seq,
                    hub_hash,
                });
            }
        }
    }
    for op in &batch.ops[known..] {
        results.push(line.take(conn, book, op).await?);
    }
    line.close(conn).await?;
    Ok(PushReply::Accepted {
        epoch,
        last_seq: line.last_seq,
        results,
    })
}

/// One life of a device's database, while its row is held.
struct Line {
    tenant: String,
    device: String,
    incarnation: String,
    last_seq: u64,
    last_hash: OpHash,
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

    /// What an operation that is known by its place got; or the hash of the other one that is there.
    async fn stored_result(
        &self,
        conn: &mut AnyConnection,
        op: &OpEnvelope,
    ) -> Result<Result<OpResult, OpHash>, Failure> {
        let row = sqlx::query(include_str!("sql/find_operation.sql"))
            .bind(&self.tenant)
            .bind(&self.device)
            .bind(&self.incarnation)
            .bind(op.seq.cast_signed())
            .fetch_one(conn)
            .await?;
        let hash: String = row.try_get("hash")?;
        let known = planted!(
            "duplicate-without-hash",
            true,
            same(&hash, &op.hash().to_string())
        );
        if !known {
            return Ok(Err(hash.parse().map_err(Failure::internal)?));
        }
        let outcome = serde_json::from_str(&row.try_get::<String, _>("result")?)
            .map_err(Failure::internal)?;
        Ok(Ok(OpResult {
            op_id: op.op_id,
            seq: op.seq,
            outcome,
        }))
    }

    /// Takes the next operation of the chain.
    async fn take(
        &mut self,
        conn: &mut AnyConnection,
        book: &mut Book,
        op: &OpEnvelope,
    ) -> Result<OpResult, Failure> {
        let content = content_hash(op);
        let twin = sqlx::query(include_str!("sql/find_operation_by_id.sql"))
            .bind(&self.tenant)
            .bind(op.op_id.to_string())
            .fetch_optional(&mut *conn)
            .await?;
        let twin = planted!("applied-anew-in-a-new-life", None, twin);
        let twin = planted!(
            "expiring-keys",
            twin.filter(|row| row
                .try_get("received_at")
                .is_ok_and(|at: i64| at + 3_600_000 > book.now.0)),
            twin
        );
        let origin = Origin {
            op_id: op.op_id,
            device_id: op.device_id,
            incarnation: op.incarnation,
            seq: op.seq,
        };
        let outcome = match twin {
            // Sent again in a new life of the database: it stands already, its change too.
            Some(row) if row.try_get::<String, _>("content_hash")? == content => {
                serde_json::from_str(&row.try_get::<String, _>("result")?)
                    .map_err(Failure::internal)?
            }
            twin => {
                let done = match twin {
                    Some(_) => Err("another operation has this id".to_owned()),
                    None => attempt(conn, book, op).await?,
                };
                let done = match done {
                    Ok(done) => done,
                    Err(reason) => self.bury(conn, book, op, reason).await?,
                };
                let outcome = done.outcome.clone();
                book.append(conn, Some(origin), done).await?;
                outcome
            }
        };
        self.last_seq = op.seq;
        self.last_hash = op.hash();
        sqlx::query(include_str!("sql/insert_operation.sql"))
            .bind(&self.tenant)
            .bind(&self.device)
            .bind(&self.incarnation)
            .bind(op.seq.cast_signed())
            .bind(op.op_id.to_string())
            .bind(self.last_hash.to_string())
            .bind(content)
            .bind(serde_json::to_string(&outcome).map_err(Failure::internal)?)
            .bind(book.now.0)
            .execute(conn)
            .await?;
        Ok(OpResult {
            op_id: op.op_id,
            seq: op.seq,
            outcome,
        })
    }

    /// Keeps what cannot be read as it came; the queue moves on.
    async fn bury(
        &self,
        conn: &mut AnyConnection,
        book: &Book,
        op: &OpEnvelope,
        reason: String,
    ) -> Result<Done, Failure> {
        planted!("dead-letter-refuses-batch", {
            return Err(Failure::field("ops", "shape"));
        });
        planted!("dead-letter-thrown-away", {
            return Ok(Done {
                outcome: Outcome::DeadLetter { reason },
                rows: Vec::new(),
            });
        });
        sqlx::query(include_str!("sql/insert_dead_letter.sql"))
            .bind(&self.tenant)
            .bind(&self.device)
            .bind(&self.incarnation)
            .bind(op.seq.cast_signed())
            .bind(op.op_id.to_string())
            .bind(serde_json::to_string(op).map_err(Failure::internal)?)
            .bind(reason.replace('\0', ""))
            .bind(book.now.0)
            .execute(conn)
            .await?;
        tracing::warn!(
            kind = op.kind,
            version = op.version,
            "an operation went to the dead letters"
        );
        Ok(Done {
            outcome: Outcome::DeadLetter { reason },
            rows: Vec::new(),
        })
    }
}

/// Applies an operation inside a savepoint; what poisons it is told, what fails the database fails the batch.
async fn attempt(
    conn: &mut AnyConnection,
    book: &Book,
    envelope: &OpEnvelope,
) -> Result<Result<Done, String>, Failure> {
    let op = match envelope.op() {
        Ok(op) => op,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let mut savepoint = conn.begin().await?;
    match apply(&mut savepoint, book, &op, &envelope.meta()).await {
        Ok(done) => {
            savepoint.commit().await?;
            Ok(Ok(done))
        }
        Err(Fault::Poison(reason)) => {
            savepoint.rollback().await?;
            Ok(Err(reason))
        }
        Err(Fault::Database(error)) => Err(error.into()),
    }
}

/// What makes two operations of one id the same, whatever life of the database sent them.
fn content_hash(op: &OpEnvelope) -> String {
    let head = format!("{} {} {} {} ", op.kind, op.version, op.at.0, op.device_id);
    hex(&Sha256::new()
        .chain_update(head)
        .chain_update(&op.payload)
        .finalize())
}
