//! The sync desk: what waits, what is stuck, what is to be decided.

use counterfoil_domain::entity::Conflict;
use counterfoil_domain::op::DecodeError;
use counterfoil_domain::{Op, OpClass, OpId, UnixMs};
use rusqlite::{Connection, OptionalExtension as _, named_params};

use crate::error::StoreError;
use crate::row;
use crate::tx::class_named;

/// An operation of this till that is not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingRow {
    /// Which.
    pub op_id: OpId,
    /// Its kind.
    pub kind: String,
    /// Fact, claim or edit.
    pub class: OpClass,
    /// When it was done.
    pub at: UnixMs,
    /// Who did it.
    pub staff: String,
    /// What it concerns in a few words.
    pub subject: String,
    /// Why the hub could not take it.
    pub reason: Option<String>,
}

/// A conflict that nobody decided yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictRow {
    /// Its id, the operation's.
    pub conflict_id: OpId,
    /// What the hub says.
    pub conflict: Conflict,
    /// What the operation concerns, where it was done on this till.
    pub subject: String,
}

/// What is asked of [`list_ops`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsettled {
    /// Not on the hub yet.
    Waiting,
    /// On the hub as bytes it cannot read.
    Stuck,
}

/// Operations of this till, oldest first.
///
/// # Errors
/// When the database fails.
pub fn list_ops(
    conn: &Connection,
    which: Unsettled,
    limit: u32,
) -> Result<Vec<PendingRow>, StoreError> {
    let (state, other_state) = match which {
        Unsettled::Waiting => ("waiting", "sealed"),
        Unsettled::Stuck => ("dead", "dead"),
    };
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_outbox.sql"))?;
    let rows = statement.query_map(
        named_params! { ":state": state, ":other_state": other_state, ":limit": limit },
        |r| {
            Ok(PendingRow {
                op_id: row::id(r, "op_id")?,
                kind: r.get("kind")?,
                class: class_named(&r.get::<_, String>("class")?),
                at: row::at(r, "at")?,
                staff: r.get("staff")?,
                subject: r.get("subject")?,
                reason: r.get("reason")?,
            })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Open conflicts, oldest first.
///
/// # Errors
/// When the database fails.
pub fn list_conflicts(conn: &Connection) -> Result<Vec<ConflictRow>, StoreError> {
    let mut statement =
        conn.prepare_cached(include_str!("../../queries/list_open_conflicts.sql"))?;
    let rows = statement.query_map([], |r| {
        Ok(ConflictRow {
            conflict_id: row::id(r, "id")?,
            conflict: row::json(r, "body")?,
            subject: r.get("subject")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The name of what a conflict is about; a visit goes by its merchant's name. Empty when nothing is known of it.
///
/// # Errors
/// When the database fails.
pub fn find_name(conn: &Connection, kind: &str, id: &str) -> Result<String, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/find_entity_name.sql"))?;
    let mut look = |kind: &str, id: &str| {
        statement
            .query_row(named_params! { ":kind": kind, ":id": id }, |r| {
                Ok((
                    r.get::<_, Option<String>>("name")?,
                    r.get::<_, Option<String>>("merchant_id")?,
                ))
            })
            .optional()
    };
    Ok(match look(kind, id)? {
        Some((Some(name), _)) => name,
        Some((None, Some(merchant))) => look("merchant", &merchant)?
            .and_then(|(name, _)| name)
            .unwrap_or_default(),
        _ => String::new(),
    })
}

/// An operation of this till, read back; none when it was done elsewhere or is of a kind this program cannot read.
///
/// # Errors
/// When the database fails.
pub fn find_op(conn: &Connection, op_id: OpId) -> Result<Option<Op>, StoreError> {
    let found = conn
        .prepare_cached(include_str!("../../queries/find_op.sql"))?
        .query_row(named_params! { ":op_id": op_id.to_string() }, |r| {
            let (kind, payload): (String, String) = (r.get("kind")?, r.get("payload")?);
            Ok((kind, r.get::<_, u32>("version")?, payload))
        })
        .optional()?;
    let read = |(kind, version, payload): (String, u32, String)| -> Result<Op, DecodeError> {
        Op::decode(&kind, version, &payload)
    };
    Ok(found.and_then(|op| read(op).ok()))
}
