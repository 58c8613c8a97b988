//! Pull: the changes after a cursor, contiguous and in the order of their commits.

use axum::extract::{Query, State};
use counterfoil_domain::planted;
use counterfoil_protocol::sync::{Asked, PULL_BYTES_MAX, PULL_ROWS_MAX, PullReply};
use serde::Deserialize;
use sqlx::AnyConnection;
use sqlx::Row as _;
use uuid::Uuid;

use crate::Hub;
use crate::http::{Answer, Current, Failure, Paired};
use crate::ledger::clock_of;

/// So many changes are read at a time.
const READ_AT_ONCE: i64 = 250;

#[derive(Deserialize)]
pub(super) struct Cursor {
    epoch: Option<String>,
    after: Option<String>,
    limit: Option<String>,
}

fn number(text: Option<&str>, field: &str, default: u64) -> Result<u64, Failure> {
    text.map_or(Ok(default), |t| {
        t.parse().map_err(|_| Failure::field(field, "number"))
    })
}

/// Answers a pull.
pub(super) async fn pull(
    State(hub): State<Hub>,
    _: Current,
    device: Paired,
    Query(cursor): Query<Cursor>,
) -> Result<Answer, Failure> {
    device.in_good_standing()?;
    let epoch = match &cursor.epoch {
        Some(text) => Some(Uuid::parse_str(text).map_err(|_| Failure::field("epoch", "uuid"))?),
        None => None,
    };
    let after = number(cursor.after.as_deref(), "after", 0)?;
    let limit = number(cursor.limit.as_deref(), "limit", u64::from(PULL_ROWS_MAX))?
        .clamp(1, PULL_ROWS_MAX.into());
    let tenant = device.tenant.to_string();
    let mut tx = hub.db.read().await?;
    let row = sqlx::query(include_str!("sql/find_head.sql"))
        .bind(&tenant)
        .fetch_one(&mut *tx)
        .await?;
    let head = row.try_get::<i64, _>("head")?.cast_unsigned();
    let archived = row.try_get::<i64, _>("archived")?;
    let clock = serde_json::to_string(&clock_of(&row)?).map_err(Failure::internal)?;
    // A cursor beyond the head was given by a hub that has since lost what it says.
    if epoch.is_some_and(|e| e != hub.epoch) || after > head {
        let last_seq = newest_life(&mut tx, &tenant, &device).await?;
        return Answer::ok(&PullReply::EpochChanged {
            epoch: hub.epoch,
            head,
            last_seq,
            asked: Some(Asked { epoch, after }),
        });
    }
    let changes = read_changes(&mut tx, &tenant, after, limit).await?;
    let mut answer = Answer::ok(&())?;
    answer.data = format!(
        "{{\"status\":\"changes\",\"epoch\":\"{}\",\"head\":{head},\"archived\":{archived},\"clock\":{clock},\"changes\":[{}]}}",
        hub.epoch,
        changes.join(","),
    );
    Ok(answer)
}

async fn newest_life(
    conn: &mut AnyConnection,
    tenant: &str,
    device: &Paired,
) -> Result<u64, Failure> {
    let row = sqlx::query(include_str!("sql/find_newest_life.sql"))
        .bind(tenant)
        .bind(device.device.to_string())
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok(0), |row| {
        Ok(row.try_get::<i64, _>("last_seq")?.cast_unsigned())
    })
}

/// Whole changes as they lie in the database, at least one where there is one.
async fn read_changes(
    conn: &mut AnyConnection,
    tenant: &str,
    mut after: u64,
    limit: u64,
) -> Result<Vec<String>, Failure> {
    let mut changes = Vec::new();
    let (mut rows_left, mut bytes_left) = (i64::from(PULL_ROWS_MAX), PULL_BYTES_MAX);
    loop {
        let rows = sqlx::query(include_str!("sql/list_changes.sql"))
            .bind(tenant)
            .bind(after.cast_signed())
            .bind(READ_AT_ONCE)
            .fetch_all(&mut *conn)
            .await?;
        let is_last = i64::try_from(rows.len()).is_ok_and(|read| read < READ_AT_ONCE);
        for row in rows {
            // A number that was taken by a transaction which commits later than the next one.
            planted!("serial-cursor", {
                let seq = row.try_get::<i64, _>("seq")?.cast_unsigned();
                if seq.is_multiple_of(5) && !changes.is_empty() {
                    after = seq;
                    continue;
                }
            });
            let body: String = row.try_get("body")?;
            rows_left -= row.try_get::<i64, _>("row_count")?.max(1);
            let fits = rows_left >= 0 && body.len() < bytes_left;
            if changes.len() as u64 >= limit || !(fits || changes.is_empty()) {
                return Ok(changes);
            }
            bytes_left = bytes_left.saturating_sub(body.len() + 1);
            after = row.try_get::<i64, _>("seq")?.cast_unsigned();
            changes.push(body);
        }
        if is_last {
            return Ok(changes);
        }
    }
}
