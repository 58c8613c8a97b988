//! Compares what is on the disk with what must be there.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_domain::effect::{Effect, effects};
use counterfoil_domain::entity::Fields;
use counterfoil_domain::{EntityKind, FactRow, OpHash, OpId, OpMeta, StaffId, UnixMs};
use counterfoil_store::{ConfirmedRow, OpFate, Store};
use counterfoil_testkit::SampleShop;
use uuid::Uuid;

use super::found::{Entities, Fact, Found, OutboxRow, read};
use super::hub::ModelHub;
use super::model::{Known, Model, Place};

/// How many operations of unknown fate were found there, and how many were not.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settled {
    pub kept: u64,
    pub gone: u64,
}

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// Everything that was acknowledged is there, once and whole; nothing else is. After a power cut whatever was uncertain
/// has become certain, and must stay so: the model learns it.
///
/// # Errors
/// What does not hold, in a sentence.
pub fn check(
    store: &Store,
    model: &mut Model,
    hub: &ModelHub,
    shop: &SampleShop,
    after_power_cut: bool,
) -> Result<Settled, String> {
    let found = read(store).map_err(|error| format!("the database cannot be read: {error}"))?;
    ensure(found.unsound.is_empty(), || {
        format!("the database is damaged: {:?}", found.unsound)
    })?;
    ensure(found.wrong_balances == 0, || {
        format!("{} balances are not their sums", found.wrong_balances)
    })?;
    let places = match_ops(&found, model)?;
    let cursor = store.cursor().map_err(|error| error.to_string())?.seq;
    ensure(model.cursor.allows(&cursor), || {
        format!("the cursor is {cursor}, it was {:?}", model.cursor)
    })?;
    let metas = found
        .outbox
        .iter()
        .map(|row| meta(row, shop))
        .collect::<Result<Vec<_>, _>>()?;
    check_states(&found, &places, model, hub, cursor)?;
    check_chain(&found)?;
    check_facts(&found, &places, &metas, model, hub, cursor)?;
    check_entities(&found, &places, &metas, model, hub, cursor)?;
    check_own(store, &found, model, after_power_cut)?;
    if !after_power_cut {
        return Ok(Settled::default());
    }
    model.cursor.settle(cursor);
    Ok(settle(&found, &places, model))
}

/// The model's operation of each outbox row.
fn match_ops(found: &Found, model: &Model) -> Result<Vec<usize>, String> {
    let mut places = Vec::new();
    let mut seen = BTreeSet::new();
    for row in &found.outbox {
        let place = model
            .find(&row.kind, &row.payload)
            .ok_or_else(|| format!("{} {} was never done", row.kind, row.op_id))?;
        ensure(seen.insert(place), || {
            format!("{} {} is there twice", row.kind, row.op_id)
        })?;
        match model.ops[place].done {
            Known::No => {
                return Err(format!(
                    "{} {} is there, though the till said that it was not done",
                    row.kind, row.op_id
                ));
            }
            Known::Sure(op_id) if op_id != row.op_id => {
                return Err(format!("{op_id} has become {}", row.op_id));
            }
            Known::Sure(_) | Known::Maybe => {}
        }
        ensure(row.entries == 1, || {
            format!("{} has {} journal entries", row.op_id, row.entries)
        })?;
        ensure(row.touches > 0, || format!("{} concerns no row", row.op_id))?;
        places.push(place);
    }
    ensure(usize::try_from(found.journal) == Ok(places.len()), || {
        format!(
            "{} journal entries for {} operations",
            found.journal,
            places.len()
        )
    })?;
    let groups: BTreeSet<usize> = places.iter().map(|place| model.ops[*place].group).collect();
    for (place, planned) in model.ops.iter().enumerate() {
        if seen.contains(&place) {
            continue;
        }
        if let Known::Sure(op_id) = planned.done {
            return Err(format!("LOST: {} {op_id}", planned.op.kind()));
        }
        ensure(!groups.contains(&planned.group), || {
            format!("half done: {} is missing", planned.op.kind())
        })?;
    }
    Ok(places)
}

fn meta(row: &OutboxRow, shop: &SampleShop) -> Result<OpMeta, String> {
    let staff_id: Option<StaffId> = row
        .staff_id
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|_| format!("{} has a broken staff id", row.op_id))?;
    Ok(OpMeta {
        op_id: row.op_id,
        device_id: shop.device_id,
        staff_id,
        at: UnixMs(row.at),
        hlc: row.hlc,
        redoes: None,
    })
}

fn place_of(row: &OutboxRow) -> Option<Place> {
    Some(Place {
        incarnation: row.incarnation.as_deref()?.parse().ok()?,
        seq: row.seq?,
        prev_hash: row.prev_hash.as_deref()?.parse().ok()?,
        hash: row.hash.as_deref()?.parse().ok()?,
    })
}

/// Sealed, answered and confirmed: each is as far as it was, and no further than it can be.
fn check_states(
    found: &Found,
    places: &[usize],
    model: &Model,
    hub: &ModelHub,
    cursor: u64,
) -> Result<(), String> {
    let changes: BTreeMap<OpId, (u64, &OpFate)> = hub
        .changes
        .iter()
        .filter(|change| change.own)
        .filter_map(|change| Some((change.op_id?, (change.seq, &change.fate))))
        .collect();
    for (row, place) in found.outbox.iter().zip(places) {
        let planned = &model.ops[*place];
        if let Known::Sure(sealed) = planned.sealed {
            ensure(place_of(row) == Some(sealed), || {
                format!("{} lost its place {} in the chain", row.op_id, sealed.seq)
            })?;
        }
        let change = changes.get(&row.op_id);
        let (state, seq) = (row.state.as_str(), row.confirmed_seq);
        let fits = match change {
            Some((number, fate)) if *number <= cursor => {
                let end = match fate {
                    OpFate::Refused { .. } => "refused",
                    _ => "confirmed",
                };
                state == end && seq == Some(*number)
            }
            Some((_, fate)) => {
                let answered = match fate {
                    OpFate::Refused { .. } => "refused",
                    _ => "acked",
                };
                seq.is_none()
                    && match planned.answered {
                        Known::Sure(()) => state == answered,
                        Known::Maybe => state == answered || state == "sealed",
                        Known::No => state == "sealed",
                    }
            }
            None => {
                seq.is_none()
                    && match planned.sealed {
                        Known::Sure(_) => state == "sealed",
                        // A till in step seals an operation with its own commit.
                        Known::Maybe | Known::No => state == "sealed" || state == "waiting",
                    }
            }
        };
        ensure(fits, || {
            format!(
                "{} is {state} with {seq:?} at cursor {cursor}, the hub has {change:?}, answered {:?}, sealed {:?}",
                row.op_id, planned.answered, planned.sealed
            )
        })?;
    }
    Ok(())
}

fn check_chain(found: &Found) -> Result<(), String> {
    let mut sealed: Vec<Place> = found.outbox.iter().filter_map(place_of).collect();
    sealed.sort_by_key(|place| (place.incarnation, place.seq));
    let mut last: Option<Place> = None;
    for place in sealed {
        let before = last.filter(|last| last.incarnation == place.incarnation);
        let (seq, hash) = before.map_or((0, OpHash::GENESIS), |last| (last.seq, last.hash));
        ensure(place.seq == seq + 1 && place.prev_hash == hash, || {
            format!("the chain breaks after {seq}, at {}", place.seq)
        })?;
        last = Some(place);
    }
    Ok(())
}

fn fact(row: &FactRow, op_id: OpId, pending: bool) -> Option<Fact> {
    let (amount, parts) = match row {
        FactRow::Sale(sale) => (sale.total.minor(), sale.lines.len() + sale.tenders.len()),
        FactRow::Refund(refund) => (refund.total.minor(), refund.lines.len()),
        FactRow::Stamp(stamp) => (i64::from(stamp.stamps), 0),
        FactRow::Stock(stock) => (stock.quantity.milli(), 0),
        FactRow::Cash(cash) => (cash.amount.minor(), 0),
        FactRow::ShiftOpened(_) | FactRow::ShiftClosed(_) => return None,
    };
    let name = row.name().to_owned();
    let op_id = Some(op_id.to_string());
    let parts = u32::try_from(parts).ok()?;
    Some((name, row.id().to_string(), op_id, pending, amount, parts))
}

/// Exactly the rows of the operations that are there and of the changes that were pulled.
fn check_facts(
    found: &Found,
    places: &[usize],
    metas: &[OpMeta],
    model: &Model,
    hub: &ModelHub,
    cursor: u64,
) -> Result<(), String> {
    let mut expected: BTreeSet<Fact> = BTreeSet::new();
    for ((row, place), meta) in found.outbox.iter().zip(places).zip(metas) {
        let pending = row.confirmed_seq.is_none();
        for effect in effects(&model.ops[*place].op, meta).map_err(|error| error.to_string())? {
            if let Effect::Insert(inserted) = &effect {
                expected.extend(fact(inserted, row.op_id, pending));
            }
        }
    }
    for change in hub.changes.iter().filter(|c| !c.own && c.seq <= cursor) {
        for row in &change.rows {
            if let (ConfirmedRow::Fact(row), Some(op_id)) = (row, change.op_id) {
                expected.extend(fact(row, op_id, false));
            }
        }
    }
    let missing: Vec<_> = expected.difference(&found.facts).take(3).collect();
    let surplus: Vec<_> = found.facts.difference(&expected).take(3).collect();
    ensure(missing.is_empty() && surplus.is_empty(), || {
        format!("rows are missing {missing:?} or too many {surplus:?}")
    })
}

/// The base is the hub's as of the cursor, the overlay has this till's unconfirmed edits on top.
fn check_entities(
    found: &Found,
    places: &[usize],
    metas: &[OpMeta],
    model: &Model,
    hub: &ModelHub,
    cursor: u64,
) -> Result<(), String> {
    let name = |kind: EntityKind, id: Uuid| (kind.name().to_owned(), id.to_string());
    let mut base: BTreeMap<(String, String), (Fields, bool)> = BTreeMap::new();
    for change in hub.changes.iter().filter(|c| c.seq <= cursor) {
        for row in &change.rows {
            if let ConfirmedRow::Entity(row) = row {
                base.insert(name(row.kind, row.id), (row.fields.clone(), row.deleted));
            }
        }
    }
    let mut overlay: BTreeMap<(String, String), (Fields, bool)> = BTreeMap::new();
    for ((row, place), meta) in found.outbox.iter().zip(places).zip(metas) {
        if row.confirmed_seq.is_some() || row.state == "refused" {
            continue;
        }
        for effect in effects(&model.ops[*place].op, meta).map_err(|error| error.to_string())? {
            if let Effect::Patch { kind, id, fields } = effect {
                let key = name(kind, id);
                let below = base.get(&key).cloned().unwrap_or_default();
                overlay.entry(key).or_insert(below).0.extend(fields);
            }
        }
    }
    let layer = |overlay: bool, rows: BTreeMap<(String, String), (Fields, bool)>| {
        rows.into_iter()
            .map(move |((kind, id), row)| ((overlay, kind, id), row))
    };
    let expected: Entities = layer(false, base).chain(layer(true, overlay)).collect();
    for (key, row) in &expected {
        ensure(found.entities.get(key) == Some(row), || {
            format!("{key:?} is {:?} and not {row:?}", found.entities.get(key))
        })?;
    }
    ensure(found.entities.len() == expected.len(), || {
        format!(
            "{} entity rows instead of {}",
            found.entities.len(),
            expected.len()
        )
    })
}

/// Carts and settings: what one till keeps for itself.
fn check_own(
    store: &Store,
    found: &Found,
    model: &mut Model,
    after_power_cut: bool,
) -> Result<(), String> {
    for (cart_id, register) in &mut model.carts {
        let kept = found.carts.get(&cart_id.to_string());
        let kept = kept.map(|(state, body)| {
            let state = if state == "open" { "open" } else { "parked" };
            (state, body.clone())
        });
        ensure(register.allows(&kept), || {
            format!("cart {cart_id} is {kept:?} and not {register:?}")
        })?;
        if after_power_cut {
            register.settle(kept);
        }
    }
    let setting = store.setting("proof").map_err(|error| error.to_string())?;
    ensure(model.setting.allows(&setting), || {
        format!("the setting is {setting:?} and not {:?}", model.setting)
    })?;
    if after_power_cut {
        model.setting.settle(setting);
    }
    Ok(())
}

fn settle(found: &Found, places: &[usize], model: &mut Model) -> Settled {
    let mut settled = Settled::default();
    for (row, place) in found.outbox.iter().zip(places) {
        let planned = &mut model.ops[*place];
        settled.kept += u64::from(planned.done == Known::Maybe);
        planned.done = Known::Sure(row.op_id);
        planned.sealed = place_of(row).map_or(Known::No, Known::Sure);
        if planned.answered != Known::No {
            planned.answered = if row.state == "sealed" {
                Known::No
            } else {
                Known::Sure(())
            };
        }
    }
    for planned in &mut model.ops {
        if planned.done == Known::Maybe {
            planned.done = Known::No;
            settled.gone += 1;
        }
    }
    settled
}
