//! The judge: what must hold once all is quiet, from what people were told and what lies in the databases.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_domain::{Op, OpId};
use counterfoil_protocol::sync::Outcome as Fate;
use counterfoil_store::read::health::check_health;
use counterfoil_store::{Store, StoreError};
use counterfoil_sync::HubClient;
use counterfoil_sync::steps;
use serde_json::Value;
use uuid::Uuid;

use super::ledger::HubLedger;
use super::node::{Identity, Known, Node, count};
use super::sums::Sums;
use super::town::{Town, shops};
use super::world::World;
use super::{Outcome, merge, say};

impl World {
    /// Judges the run.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub async fn judge(&mut self, town: &Town) -> Outcome<()> {
        let owed = self.owed(town);
        let ledger = HubLedger::read(&self.hub.hub).await?;
        ledger.check_numbers()?;
        exactly(&owed, &ledger)?;
        self.check_dead(&ledger)?;
        self.check_order()?;
        let standing: Vec<&Op> = owed
            .iter()
            .filter(|id| !ledger.dead.contains(*id))
            .filter_map(|id| self.done.get(id))
            .map(|done| &done.op)
            .collect();
        let sums = Sums::of(standing.iter().copied());
        ledger.check_sums(&sums)?;
        ledger.check_balances()?;
        merge::check(town, self, &ledger)?;
        let observer = self.observe(town).await?;
        ledger.check_conflicts(&standing, observer.store()?)?;
        let wanted = observer.store()?.checksum()?;
        self.take_lost_rows_off(&owed)?;
        let head = ledger.head;
        for (number, node) in self.nodes.iter().enumerate() {
            let store = node.store()?;
            let at = |what: String| say(format!("till{number}: {what}"));
            node.check_outbox().map_err(|e| at(e.to_string()))?;
            check_rest(store, head).map_err(|e| at(e.to_string()))?;
            check_till_sums(store, &sums).map_err(|e| at(e.to_string()))?;
            let found = store.checksum()?;
            let differ: Vec<_> = wanted
                .iter()
                .filter(|(table, sum)| found.get(*table) != Some(sum))
                .map(|(table, _)| *table)
                .collect();
            if !differ.is_empty() {
                let mut rows = Vec::new();
                for table in &differ {
                    rows.extend(differing_rows(store, observer.store()?, table)?);
                }
                return Err(at(format!(
                    "differs from a till that pulled everything afresh, in {}: {}",
                    differ.join(", "),
                    rows.join("; ")
                )));
            }
        }
        Ok(())
    }

    /// What must be on the hub: whatever some disk still holds, and whatever the hub said it has and was not itself taken
    /// back from. An operation is not owed when the only disk it was on went back to a copy from before it was done, or
    /// when after that the hub went back to a backup from before it had it: then every disk that held it lost it.
    fn owed(&self, town: &Town) -> BTreeSet<OpId> {
        let on_disks = self.nodes.iter().flat_map(|node| node.known.done.iter());
        let at_hub = self.book.taken.keys();
        let from_the_start = town.done.iter().map(|done| &done.op_id);
        on_disks
            .chain(at_hub)
            .chain(from_the_start)
            .copied()
            .collect()
    }

    /// A fact that every disk that owed it lost may still lie on tills that pulled it before. Nobody sends it again, so such
    /// rows are taken off before tills are compared.
    fn take_lost_rows_off(&mut self, owed: &BTreeSet<OpId>) -> Outcome<()> {
        let lost: Vec<String> = self
            .done
            .keys()
            .filter(|id| !owed.contains(id))
            .map(ToString::to_string)
            .collect();
        let mut rows = 0;
        for node in &self.nodes {
            rows += node.store()?.write::<_, StoreError>(|tx| {
                let mut rows = 0;
                for op_id in &lost {
                    for sql in LOST_ROWS {
                        rows += tx.conn().prepare_cached(sql)?.execute([op_id])?;
                    }
                }
                Ok(rows)
            })?;
        }
        for _ in 0..rows {
            self.tally.count("rows that only bystanders kept");
        }
        Ok(())
    }

    fn check_dead(&self, ledger: &HubLedger) -> Outcome<()> {
        for op_id in &self.newer {
            if ledger.fates.contains_key(op_id) && !ledger.dead.contains(op_id) {
                return Err(say(format!(
                    "{op_id} is of a newer program and the hub says that it read it"
                )));
            }
        }
        for op_id in &ledger.dead {
            let orphan = self
                .done
                .get(op_id)
                .is_some_and(|done| self.is_orphan(&done.op, ledger));
            if !self.newer.contains(op_id) && !orphan {
                return Err(say(format!(
                    "{op_id} ({}) went to the dead letters: {:?}",
                    self.done
                        .get(op_id)
                        .map_or("never done", |done| done.op.kind()),
                    ledger.fates.get(op_id)
                )));
            }
        }
        Ok(())
    }

    /// Of what was done on one disk nothing was sent before what was done earlier and concerns the same row: neither a stamp
    /// before the edit of its customer, nor a visit's end before its booking. What a restored hub lost may come behind again.
    fn check_order(&self) -> Outcome<()> {
        for (number, node) in self.nodes.iter().enumerate() {
            let mut last: BTreeMap<Uuid, (usize, OpId)> = BTreeMap::new();
            for op_id in &node.known.done {
                let (Some(place), Some(done)) = (self.first_sent.get(op_id), self.done.get(op_id))
                else {
                    continue;
                };
                for row in concerned(&done.op)? {
                    if let Some((before, first)) = last.insert(row, (*place, *op_id))
                        && before > *place
                    {
                        return Err(say(format!(
                            "till{number}: {op_id} ({}) overtook {first}, which was done before it and concerns {row} too",
                            done.op.kind()
                        )));
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether what an operation is about got lost with the only disk it was on.
    fn is_orphan(&self, op: &Op, ledger: &HubLedger) -> bool {
        let Op::VisitDone(visit) = op else {
            return false;
        };
        !ledger.fates.keys().any(|id| {
            self.done.get(id).is_some_and(
                |done| matches!(&done.op, Op::VisitBooked(v) if v.visit_id == visit.visit_id),
            )
        })
    }

    /// A till that pulls everything afresh.
    async fn observe(&self, town: &Town) -> Outcome<Node> {
        let seat = town.seats.len() - 1;
        let kept = &town.seats[seat];
        let shop = shops()?.pop().ok_or_else(|| say("a town has tills"))?;
        let identity = Identity {
            shop,
            credentials: kept.credentials.clone(),
        };
        let observer = Node::start(
            identity,
            (1000, &self.folder),
            (&kept.cold, Known::default()),
            (self.true_time(), 0),
            self.node_seed(1000),
        )?;
        let client = HubClient::new(self.hub.router.clone());
        let store = observer.store()?;
        for _ in 0..PAGES_MAX {
            let pulled = steps::pull_once(store, &client, &kept.credentials).await?;
            if pulled.at_head {
                return Ok(observer);
            }
        }
        Err(say(
            "a till that pulls everything afresh never reaches the head",
        ))
    }
}

/// The rows that an operation names, as its own words say, however the product counts them.
fn concerned(op: &Op) -> Outcome<BTreeSet<Uuid>> {
    let mut rows = BTreeSet::new();
    let mut left = vec![serde_json::to_value(op)?];
    while let Some(value) = left.pop() {
        match value {
            Value::Array(all) => left.extend(all),
            Value::Object(fields) => {
                for (name, value) in fields {
                    let id = value.as_str().and_then(|text| Uuid::parse_str(text).ok());
                    rows.extend(id.filter(|_| CONCERNED.contains(&name.as_str())));
                    left.push(value);
                }
            }
            _ => {}
        }
    }
    Ok(rows)
}

/// How operations call the rows whose story must be told in order; `id` is that of what is edited.
const CONCERNED: [&str; 6] = [
    "id",
    "customer_id",
    "product_id",
    "sale_id",
    "shift_id",
    "visit_id",
];

/// More pages of changes than any run leaves behind.
const PAGES_MAX: u32 = 100;

const LOST_ROWS: [&str; 9] = [
    "DELETE FROM sale WHERE op_id = ?1",
    "DELETE FROM refund WHERE op_id = ?1",
    "DELETE FROM stamp WHERE op_id = ?1",
    "DELETE FROM stock WHERE op_id = ?1",
    "DELETE FROM cash WHERE op_id = ?1",
    "DELETE FROM shift WHERE op_id = ?1 AND close_op_id IS NULL",
    "UPDATE shift SET closed_by = NULL, closed_at = NULL, expected_minor = NULL, counted_minor = NULL, note = '', close_op_id = NULL
     WHERE close_op_id = ?1",
    // What is left of a shift is what its closing says of it.
    "UPDATE shift SET op_id = NULL, opened_by = closed_by, opened_at = closed_at, opening_float_minor = 0
     WHERE op_id = ?1 AND close_op_id IS NOT NULL",
    "DELETE FROM shift WHERE op_id IS NULL AND close_op_id IS NULL AND ?1 IS NOT NULL",
];

/// The rows that only one of two tills has.
fn differing_rows(till: &Store, afresh: &Store, table: &str) -> Outcome<Vec<String>> {
    let rows_of = |store: &Store| {
        store.read(|conn| {
            // The name is one of the checksum's constants; a table's name cannot be a parameter.
            let mut statement = conn.prepare(&format!("SELECT * FROM {table}"))?;
            let width = statement.column_count();
            let rows = statement.query_map([], |row| {
                (0..width)
                    .map(|n| {
                        row.get_ref(n).map(|value| {
                            let number = || value.as_i64().map(|number| number.to_string());
                            value
                                .as_str()
                                .map(str::to_owned)
                                .or_else(|_| number())
                                .unwrap_or_else(|_| "-".to_owned())
                        })
                    })
                    .collect::<Result<Vec<_>, _>>()
                    .map(|values| values.join(" "))
            })?;
            Ok(rows.collect::<Result<BTreeSet<_>, _>>()?)
        })
    };
    let (here, there) = (rows_of(till)?, rows_of(afresh)?);
    let only = |mine: &BTreeSet<String>, other: &BTreeSet<String>, whose: &str| {
        mine.difference(other)
            .map(|row| format!("{whose} {table} {row}"))
            .collect::<Vec<_>>()
    };
    Ok([
        only(&here, &there, "this till's"),
        only(&there, &here, "the hub's"),
    ]
    .concat())
}

/// Each operation that is owed is on the hub once, and nothing else is.
fn exactly(owed: &BTreeSet<OpId>, ledger: &HubLedger) -> Outcome<()> {
    let mut seen: BTreeMap<OpId, u64> = BTreeMap::new();
    for (_, op_id) in &ledger.published {
        *seen.entry(*op_id).or_default() += 1;
    }
    let list = |ids: Vec<&OpId>| {
        let texts: Vec<_> = ids.iter().take(5).map(ToString::to_string).collect();
        format!("{} of them: {}", ids.len(), texts.join(", "))
    };
    let missing: Vec<_> = owed.iter().filter(|id| !seen.contains_key(id)).collect();
    if !missing.is_empty() {
        return Err(say(format!("done and not on the hub, {}", list(missing))));
    }
    let twice: Vec<_> = seen
        .iter()
        .filter(|(_, n)| **n > 1)
        .map(|(id, _)| id)
        .collect();
    if !twice.is_empty() {
        return Err(say(format!("more than once on the hub, {}", list(twice))));
    }
    let never: Vec<_> = seen.keys().filter(|id| !owed.contains(id)).collect();
    if !never.is_empty() {
        return Err(say(format!("on the hub and never done, {}", list(never))));
    }
    let results: BTreeSet<OpId> = ledger.fates.keys().copied().collect();
    if results != *owed {
        return Err(say(
            "applied, refused and dead-lettered together are not what was produced",
        ));
    }
    Ok(())
}

/// A till at rest: nothing waits, everything is confirmed, every fact beside its operation, the ledgers add up.
fn check_rest(store: &Store, head: u64) -> Outcome<()> {
    let counts = store.outbox_counts()?;
    if counts.waiting + counts.acked > 0 {
        return Err(say(format!("not at rest: {counts:?}")));
    }
    let cursor = store.cursor()?;
    if cursor.seq != head {
        return Err(say(format!(
            "its cursor stands at {}, the hub's head at {head}",
            cursor.seq
        )));
    }
    let health = store.read(check_health)?;
    if !health.errors.is_empty() || health.wrong_balances > 0 {
        return Err(say(format!("not sound: {health:?}")));
    }
    for (what, sql) in [
        (
            "sales whose operation is missing, or operations whose sale is",
            "SELECT (SELECT count(*) FROM sale s WHERE s.pending = 1 AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.op_id = s.op_id))
                  + (SELECT count(*) FROM outbox o WHERE o.kind = 'sale_completed' AND NOT EXISTS (SELECT 1 FROM sale s WHERE s.op_id = o.op_id))",
        ),
        (
            "stamps whose operation is missing, or operations whose stamp is",
            "SELECT (SELECT count(*) FROM stamp s WHERE s.pending = 1 AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.op_id = s.op_id))
                  + (SELECT count(*) FROM outbox o WHERE o.kind IN ('stamp_given', 'stamp_reversed', 'reward_redeemed')
                     AND NOT EXISTS (SELECT 1 FROM stamp s WHERE s.op_id = o.op_id))",
        ),
        (
            "facts that are still marked as pending",
            "SELECT (SELECT count(*) FROM sale WHERE pending = 1) + (SELECT count(*) FROM refund WHERE pending = 1)
                  + (SELECT count(*) FROM stamp WHERE pending = 1) + (SELECT count(*) FROM stock WHERE pending = 1)
                  + (SELECT count(*) FROM cash WHERE pending = 1) + (SELECT count(*) FROM shift WHERE pending = 1 OR close_pending = 1)",
        ),
        (
            "overlays without an operation that is stuck",
            "SELECT count(*) FROM entity_overlay v WHERE NOT EXISTS (SELECT 1 FROM outbox_touch t
                JOIN outbox o ON o.local_no = t.local_no WHERE t.kind = v.kind AND t.id = v.id AND t.edits = 1 AND o.state = 'dead')",
        ),
    ] {
        let found = count(store, sql)?;
        if found != 0 {
            return Err(say(format!("{found} {what}")));
        }
    }
    Ok(())
}

/// The till's own ledgers add up to what people did.
fn check_till_sums(store: &Store, sums: &Sums) -> Outcome<()> {
    let pairs = |sql: &'static str| -> Outcome<BTreeMap<Uuid, i64>> {
        let rows: Vec<(String, i64)> = store.read(|conn| {
            let mut statement = conn.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        rows.into_iter()
            .filter(|(_, sum)| *sum != 0)
            .map(|(id, sum)| Ok((id.parse()?, sum)))
            .collect()
    };
    let found = Sums {
        stamps: pairs("SELECT customer_id, balance FROM stamp_balance")?,
        stock: pairs("SELECT product_id, quantity_milli FROM stock_balance")?,
        cash: count(store, "SELECT coalesce(sum(amount_minor), 0) FROM cash")?,
        sales: (
            count(store, "SELECT count(*) FROM sale")?.unsigned_abs(),
            count(store, "SELECT coalesce(sum(total_minor), 0) FROM sale")?,
        ),
        refunds: (
            count(store, "SELECT count(*) FROM refund")?.unsigned_abs(),
            count(store, "SELECT coalesce(sum(total_minor), 0) FROM refund")?,
        ),
    };
    if found == *sums {
        Ok(())
    } else {
        Err(say(format!(
            "its ledgers say {found:?}, people did {sums:?}"
        )))
    }
}

/// Whether an operation was refused.
#[must_use]
pub const fn is_refused(fate: &Fate) -> bool {
    matches!(fate, Fate::Refused { .. })
}
