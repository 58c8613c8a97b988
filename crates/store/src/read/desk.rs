//! The sync desk: what waits, what is stuck, what is to be decided.

use counterfoil_domain::entity::Conflict;
use counterfoil_domain::op::DecodeError;
use counterfoil_domain::{EntityKind, Money, Op, OpClass, OpId, StaffId, UnixMs};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};
use serde_json::Value;
use uuid::Uuid;

use crate::entity;
use crate::error::StoreError;
use crate::row;
use crate::tx::class_named;

/// An operation of this till, as a list names it.
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
    /// Where it stands: `waiting`, `sealed`, `acked`, `confirmed`, `refused`, `dead`.
    pub state: String,
    /// The money it is about, for a sale or a refund.
    pub amount: Option<Money>,
}

/// An operation that a person settled after the hub did not take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledRow {
    /// Which.
    pub op: PendingRow,
    /// Whether it was done again; else it was put aside.
    pub redone: bool,
    /// When.
    pub settled_at: UnixMs,
    /// By whom.
    pub settled_by: String,
}

/// An operation with all it holds, for a file that a person takes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholeOp {
    /// The list's view of it.
    pub row: PendingRow,
    /// Its payload's version.
    pub version: u32,
    /// Its payload, byte for byte.
    pub payload: String,
    /// Who did it.
    pub staff_id: Option<StaffId>,
    /// The life of the database it was sealed in, and its place there.
    pub place: Option<(String, u64)>,
    /// Its hash in that place's chain.
    pub hash: Option<String>,
}

/// A field that this till and somebody else set at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClashRow {
    /// The entity's kind.
    pub kind: EntityKind,
    /// Its id.
    pub id: Uuid,
    /// The field.
    pub field: String,
    /// What was set here.
    pub mine: Value,
    /// What somebody else set.
    pub theirs: Value,
    /// What stands now, as the screen shows it.
    pub now: Option<Value>,
    /// What the entity is called.
    pub subject: String,
    /// When it was noticed.
    pub at: UnixMs,
}

/// What only this till has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unsent {
    /// Changes.
    pub changes: u32,
    /// Sales among them, in minor units of the shop's currency.
    pub sales_minor: i64,
    /// Refunds among them.
    pub refunds_minor: i64,
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

fn pending_row(r: &Row<'_>) -> rusqlite::Result<PendingRow> {
    let amount = match r.get::<_, Option<i64>>("amount_minor")? {
        Some(_) => Some(row::money(r, "amount_minor", "amount_currency")?),
        None => None,
    };
    Ok(PendingRow {
        op_id: row::id(r, "op_id")?,
        kind: r.get("kind")?,
        class: class_named(&r.get::<_, String>("class")?),
        at: row::at(r, "at")?,
        staff: r.get("staff")?,
        subject: r.get("subject")?,
        reason: r.get("reason")?,
        state: r.get("state")?,
        amount,
    })
}

/// Operations of this till that are not on the hub yet, oldest first.
///
/// # Errors
/// When the database fails.
pub fn list_waiting(conn: &Connection, limit: u32) -> Result<Vec<PendingRow>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_outbox.sql"))?;
    let rows = statement.query_map(named_params! { ":limit": limit }, pending_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Operations of this till that the hub did not take and nobody settled, oldest first; a refused claim only until the
/// hub's conflict about it is here.
///
/// # Errors
/// When the database fails.
pub fn list_stuck(conn: &Connection, limit: u32) -> Result<Vec<PendingRow>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_stuck.sql"))?;
    let rows = statement.query_map(named_params! { ":limit": limit }, pending_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What people settled, newest first.
///
/// # Errors
/// When the database fails.
pub fn list_settled(conn: &Connection, limit: u32) -> Result<Vec<SettledRow>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_settled.sql"))?;
    let rows = statement.query_map(named_params! { ":limit": limit }, |r| {
        Ok(SettledRow {
            op: pending_row(r)?,
            redone: r.get_ref("how")?.as_str()? == "redone",
            settled_at: row::at(r, "settled_at")?,
            settled_by: r.get("settled_by")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One operation with all it holds, or all that are not settled.
///
/// # Errors
/// When the database fails.
pub fn list_whole(conn: &Connection, op_id: Option<OpId>) -> Result<Vec<WholeOp>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_whole_ops.sql"))?;
    let rows = statement.query_map(
        named_params! { ":op_id": op_id.map(|id| id.to_string()) },
        |r| {
            let incarnation: Option<String> = r.get("incarnation")?;
            Ok(WholeOp {
                row: pending_row(r)?,
                version: r.get("version")?,
                payload: r.get("payload")?,
                staff_id: row::opt_id(r, "staff_id")?,
                place: match incarnation {
                    Some(incarnation) => Some((incarnation, row::count(r, "seq")?)),
                    None => None,
                },
                hash: r.get("hash")?,
            })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How much only this till has.
///
/// # Errors
/// When the database fails.
pub fn sum_unsent(conn: &Connection) -> Result<Unsent, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../../queries/sum_unsent.sql"))?
        .query_row([], |r| {
            Ok(Unsent {
                changes: r.get("changes")?,
                sales_minor: r.get("sales_minor")?,
                refunds_minor: r.get("refunds_minor")?,
            })
        })?)
}

/// Fields that two sides set at once and nobody chose between yet, oldest first.
///
/// # Errors
/// When the database fails.
pub fn list_clashes(conn: &Connection) -> Result<Vec<ClashRow>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../../queries/list_open_clashes.sql"))?;
    let rows = statement.query_map([], clash_row)?;
    let mut clashes: Vec<ClashRow> = rows.collect::<Result<_, _>>()?;
    for clash in &mut clashes {
        complete(conn, clash)?;
    }
    Ok(clashes)
}

/// One of them, decided or not.
///
/// # Errors
/// When the database fails.
pub fn find_clash(
    conn: &Connection,
    kind: EntityKind,
    id: Uuid,
    field: &str,
) -> Result<Option<ClashRow>, StoreError> {
    let found = conn
        .prepare_cached(include_str!("../../queries/find_clash.sql"))?
        .query_row(
            named_params! { ":kind": kind.name(), ":id": id.to_string(), ":field": field },
            clash_row,
        )
        .optional()?;
    found
        .map(|mut clash| {
            complete(conn, &mut clash)?;
            Ok(clash)
        })
        .transpose()
}

fn clash_row(r: &Row<'_>) -> rusqlite::Result<ClashRow> {
    let kind: String = r.get("kind")?;
    let unknown = || row::unusable("kind", std::io::Error::other(kind.clone()));
    Ok(ClashRow {
        kind: entity::kind_named(&kind).ok_or_else(unknown)?,
        id: row::id(r, "id")?,
        field: r.get("field")?,
        mine: row::json(r, "mine")?,
        theirs: row::json(r, "theirs")?,
        now: None,
        subject: String::new(),
        at: row::at(r, "at")?,
    })
}

fn complete(conn: &Connection, clash: &mut ClashRow) -> Result<(), StoreError> {
    let shown = entity::shown(conn, clash.kind, clash.id)?;
    clash.now = shown.and_then(|row| row.fields.get(&clash.field).cloned());
    clash.subject = find_name(conn, clash.kind.name(), &clash.id.to_string())?;
    Ok(())
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
