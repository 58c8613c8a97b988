//! Writes that may be repeated: the first answer is kept in the write's own transaction and given again.
//!
//! Only what was done is kept: a refusal changed nothing, so that the same key may try again later.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use counterfoil_protocol::ErrorCode;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use uuid::Uuid;

use super::{Answer, Failure};
use crate::Hub;
use crate::db::Tx;
use crate::secret::{hex, same};

const HEADER: &str = "idempotency-key";

/// The `Idempotency-Key` of a request and what it was asked of.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key: Option<Uuid>,
    endpoint: String,
}

impl FromRequestParts<Hub> for IdempotencyKey {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &Hub) -> Result<Self, Failure> {
        let key = match parts.headers.get(HEADER) {
            None => None,
            Some(value) => Some(
                value
                    .to_str()
                    .ok()
                    .and_then(|text| Uuid::parse_str(text).ok())
                    .ok_or_else(|| Failure::field(HEADER, "uuid"))?,
            ),
        };
        Ok(Self {
            key,
            endpoint: format!("{} {}", parts.method, parts.uri.path()),
        })
    }
}

impl IdempotencyKey {
    /// Refuses a request without a key.
    ///
    /// # Errors
    /// `MISSING_IDEMPOTENCY_KEY`.
    pub const fn demanded(&self) -> Result<(), Failure> {
        if self.key.is_some() {
            Ok(())
        } else {
            Err(Failure::new(ErrorCode::MissingIdempotencyKey))
        }
    }
}

/// A write under way: one transaction, answered only after its commit.
pub struct Write {
    /// The transaction.
    pub tx: Tx,
    hub: Hub,
    slot: Option<(String, Uuid)>,
}

/// A write, or what it answered the first time.
pub enum Begun {
    /// It is the first time.
    Fresh(Write),
    /// It was done before.
    Stored(Answer),
}

impl Write {
    /// Begins a write. `scope` is the tenant, or another text where there is none yet; keys of two scopes never meet.
    ///
    /// # Errors
    /// When the key was used with another body, or the database is not there.
    pub async fn begin(
        hub: &Hub,
        scope: &str,
        key: &IdempotencyKey,
        raw: &[u8],
    ) -> Result<Begun, Failure> {
        let mut tx = hub.db.write().await?;
        let Some(id) = key.key else {
            return Ok(Begun::Fresh(Self {
                tx,
                hub: hub.clone(),
                slot: None,
            }));
        };
        let hash = hex(&Sha256::new()
            .chain_update(&key.endpoint)
            .chain_update([0])
            .chain_update(raw)
            .finalize());
        // Waits here while the same key is being written elsewhere.
        let taken = sqlx::query(include_str!("sql/take_idempotency_key.sql"))
            .bind(scope)
            .bind(id.to_string())
            .bind(&hash)
            .bind(hub.now().0)
            .execute(&mut *tx)
            .await?;
        if taken.rows_affected() == 1 {
            let slot = Some((scope.to_owned(), id));
            return Ok(Begun::Fresh(Self {
                tx,
                hub: hub.clone(),
                slot,
            }));
        }
        let row = sqlx::query(include_str!("sql/find_idempotency_key.sql"))
            .bind(scope)
            .bind(id.to_string())
            .fetch_one(&mut *tx)
            .await?;
        if !same(&row.try_get::<String, _>("request_hash")?, &hash) {
            return Err(Failure::new(ErrorCode::IdempotencyKeyReused));
        }
        let status = u16::try_from(row.try_get::<i64, _>("status")?).unwrap_or(200);
        let data = hub
            .secrets
            .open(&purpose(scope, id), &row.try_get::<String, _>("answer")?)?;
        Ok(Begun::Stored(Answer {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::OK),
            data: String::from_utf8(data).map_err(Failure::internal)?,
            paging: None,
        }))
    }

    /// Commits what a refusal leaves behind; the key stays free, as after any refusal.
    ///
    /// # Errors
    /// When the commit fails.
    pub async fn commit_refused(mut self) -> Result<(), Failure> {
        if let Some((scope, id)) = &self.slot {
            sqlx::query(include_str!("sql/free_idempotency_key.sql"))
                .bind(scope)
                .bind(id.to_string())
                .execute(&mut *self.tx)
                .await?;
        }
        self.tx.commit().await?;
        Ok(())
    }

    /// Keeps the answer, commits, and only then gives it.
    ///
    /// # Errors
    /// When the commit fails: then nothing was done.
    pub async fn finish(mut self, answer: Answer) -> Result<Answer, Failure> {
        if let Some((scope, id)) = &self.slot {
            let sealed = self.hub.secrets.seal(
                &purpose(scope, *id),
                answer.data.as_bytes(),
                self.hub.entropy(),
            )?;
            sqlx::query(include_str!("sql/keep_answer.sql"))
                .bind(scope)
                .bind(id.to_string())
                .bind(i64::from(answer.status.as_u16()))
                .bind(sealed)
                .execute(&mut *self.tx)
                .await?;
        }
        self.tx.commit().await?;
        Ok(answer)
    }
}

fn purpose(scope: &str, id: Uuid) -> String {
    format!("answer {scope} {id}")
}
