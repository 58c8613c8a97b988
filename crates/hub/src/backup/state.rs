//! What a database says of itself: its epoch, its schema, how far each shop has come.

use sqlx::{AnyConnection, Row as _};
use uuid::Uuid;

use super::BackupError;
use super::manifest::Head;
use crate::db::OpenError;

/// What a copy of a database holds.
#[derive(Debug)]
pub(super) struct State {
    pub epoch: Uuid,
    pub schema_version: i64,
    pub heads: Vec<Head>,
}

impl State {
    /// Reads it in one snapshot, where the connection is in one.
    pub(super) async fn read(conn: &mut AnyConnection) -> Result<Self, BackupError> {
        let row = sqlx::query(include_str!("sql/find_epoch.sql"))
            .fetch_optional(&mut *conn)
            .await?;
        let Some(row) = row else {
            let words = "that a hub has served from".to_owned();
            return Err(OpenError::Missing(words).into());
        };
        let schema_version = row.try_get("schema_version")?;
        let epoch = parsed(&row.try_get::<String, _>("epoch")?)?;
        let rows = sqlx::query(include_str!("sql/list_heads.sql"))
            .fetch_all(conn)
            .await?;
        let mut heads = Vec::with_capacity(rows.len());
        for row in rows {
            heads.push(Head {
                tenant_id: parsed(&row.try_get::<String, _>("tenant_id")?)?,
                head: row.try_get::<i64, _>("head")?.cast_unsigned(),
            });
        }
        Ok(Self {
            epoch,
            schema_version,
            heads,
        })
    }

    /// The database's epoch alone.
    pub(super) async fn epoch(conn: &mut AnyConnection) -> Result<Option<Uuid>, BackupError> {
        let row = sqlx::query(include_str!("sql/find_epoch.sql"))
            .fetch_optional(conn)
            .await?;
        let text = row
            .map(|row| row.try_get::<String, _>("epoch"))
            .transpose()?;
        Ok(text.as_deref().map(parsed).transpose()?)
    }
}

/// A text of the database that must be what it is meant to be.
fn parsed<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    text: &str,
) -> Result<T, sqlx::Error> {
    text.parse().map_err(|e| sqlx::Error::Decode(Box::new(e)))
}
