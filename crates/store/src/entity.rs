//! Entities: the hub's word in the base, and this till's unconfirmed operations laid over it.

use counterfoil_domain::effect::{Effect, effects};
use counterfoil_domain::entity::Fields;
use counterfoil_domain::table::{Table, TableRow};
use counterfoil_domain::{DeviceId, EntityKind, EntityRow, Op, OpMeta};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, named_params};
use uuid::Uuid;

use crate::error::StoreError;
use crate::row;

fn body(fields: &Fields) -> Result<String, StoreError> {
    Ok(serde_json::to_string(fields)?)
}

fn one(
    mut statement: CachedStatement<'_>,
    kind: EntityKind,
    id: Uuid,
) -> Result<Option<EntityRow>, StoreError> {
    let found = statement
        .query_row(
            named_params! { ":kind": kind.name(), ":id": id.to_string() },
            |row| Ok((row.get::<_, String>("body")?, row.get("deleted")?)),
        )
        .optional()?;
    let Some((text, deleted)) = found else {
        return Ok(None);
    };
    let fields = serde_json::from_str(&text)
        .map_err(|e| StoreError::Damaged(format!("{} {id}: {e}", kind.name())))?;
    Ok(Some(EntityRow {
        kind,
        id,
        fields,
        deleted,
    }))
}

/// The row as the screen shows it.
pub(crate) fn shown(
    conn: &Connection,
    kind: EntityKind,
    id: Uuid,
) -> Result<Option<EntityRow>, StoreError> {
    let overlay = conn.prepare_cached(include_str!("../queries/find_overlay.sql"))?;
    match one(overlay, kind, id)? {
        Some(row) => Ok(Some(row)),
        None => base(conn, kind, id),
    }
}

/// The row as the hub confirmed it.
pub(crate) fn base(
    conn: &Connection,
    kind: EntityKind,
    id: Uuid,
) -> Result<Option<EntityRow>, StoreError> {
    let base = conn.prepare_cached(include_str!("../queries/find_base.sql"))?;
    one(base, kind, id)
}

/// The base row as it lies in its table, readable or not.
pub(crate) fn base_row(
    conn: &Connection,
    kind: EntityKind,
    id: Uuid,
) -> Result<Option<TableRow<'static>>, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../queries/find_base.sql"))?
        .query_row(
            named_params! { ":kind": kind.name(), ":id": id.to_string() },
            |row| {
                Ok(TableRow {
                    table: Table::Entity,
                    cells: vec![
                        kind.name().into(),
                        id.into(),
                        row.get::<_, String>("body")?.into(),
                        row.get::<_, i64>("deleted")?.into(),
                    ],
                })
            },
        )
        .optional()?)
}

fn save_overlay(conn: &Connection, row: &EntityRow) -> Result<(), StoreError> {
    conn.prepare_cached(include_str!("../queries/save_overlay.sql"))?
        .execute(named_params! {
            ":kind": row.kind.name(),
            ":id": row.id.to_string(),
            ":body": body(&row.fields)?,
            ":deleted": row.deleted,
        })?;
    Ok(())
}

/// Does to a row what an effect says; the order of operations decides here, clocks decide at the hub.
fn lay(row: &mut EntityRow, effect: &Effect) {
    match effect {
        Effect::Patch { fields, .. } => {
            for (name, value) in fields {
                row.fields.insert(name.clone(), value.clone());
            }
            row.deleted = false;
        }
        Effect::Delete { .. } => row.deleted = true,
        Effect::Insert(_) => {}
    }
}

/// Lays one new operation's effect over what is shown.
pub(crate) fn overlay(
    conn: &Connection,
    kind: EntityKind,
    id: Uuid,
    effect: &Effect,
) -> Result<(), StoreError> {
    let mut row = shown(conn, kind, id)?.unwrap_or_else(|| empty(kind, id));
    lay(&mut row, effect);
    save_overlay(conn, &row)
}

const fn empty(kind: EntityKind, id: Uuid) -> EntityRow {
    EntityRow {
        kind,
        id,
        fields: Fields::new(),
        deleted: false,
    }
}

/// Makes an entity's overlay anew: the base with every operation on top that is not confirmed and not refused, in the
/// order they were done. Without such an operation there is no overlay.
pub(crate) fn rebase(
    conn: &Connection,
    device_id: DeviceId,
    kind: EntityKind,
    id: Uuid,
) -> Result<(), StoreError> {
    let pending = unconfirmed(conn, device_id, kind, id)?;
    if pending.is_empty() {
        conn.prepare_cached(include_str!("../queries/delete_overlay.sql"))?
            .execute(named_params! { ":kind": kind.name(), ":id": id.to_string() })?;
        return Ok(());
    }
    let mut row = base(conn, kind, id)?.unwrap_or_else(|| empty(kind, id));
    for (op, meta) in &pending {
        for effect in effects(op, meta)? {
            if effect.entity() == Some((kind, id)) {
                lay(&mut row, &effect);
            }
        }
    }
    save_overlay(conn, &row)
}

/// The fields that this till's own unconfirmed edits set, each to its last value.
pub(crate) fn edits(
    conn: &Connection,
    device_id: DeviceId,
    kind: EntityKind,
    id: Uuid,
) -> Result<Fields, StoreError> {
    let mut all = Fields::new();
    for (op, meta) in unconfirmed(conn, device_id, kind, id)? {
        for effect in effects(&op, &meta)? {
            if let (true, Effect::Patch { fields, .. }) =
                (effect.entity() == Some((kind, id)), effect)
            {
                all.extend(fields);
            }
        }
    }
    Ok(all)
}

fn unconfirmed(
    conn: &Connection,
    device_id: DeviceId,
    kind: EntityKind,
    id: Uuid,
) -> Result<Vec<(Op, OpMeta)>, StoreError> {
    let mut statement =
        conn.prepare_cached(include_str!("../queries/list_unconfirmed_edits.sql"))?;
    let mut rows =
        statement.query(named_params! { ":kind": kind.name(), ":id": id.to_string() })?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let op_kind: String = row.get("kind")?;
        let payload: String = row.get("payload")?;
        let meta = row::op_meta(row, device_id)?;
        match Op::decode(&op_kind, row.get("version")?, &payload) {
            Ok(op) => all.push((op, meta)),
            // It still waits to be sent; only its preview is missing. One bad item never holds back the rest.
            Err(error) => tracing::warn!(%error, "a pending operation cannot be shown"),
        }
    }
    Ok(all)
}

/// The kind by its name in tables.
pub(crate) fn kind_named(name: &str) -> Option<EntityKind> {
    [
        EntityKind::Shop,
        EntityKind::Staff,
        EntityKind::Category,
        EntityKind::Product,
        EntityKind::Customer,
        EntityKind::Merchant,
        EntityKind::Visit,
        EntityKind::Conflict,
    ]
    .into_iter()
    .find(|kind| kind.name() == name)
}
