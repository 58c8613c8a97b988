//! What lies in the hub's own tables, read row by row on either engine.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_domain::entity::Fields;
use counterfoil_domain::merge::Clocks;
use counterfoil_domain::{Op, OpEnvelope, OpId};
use counterfoil_hub::Hub;
use counterfoil_protocol::sync::{Change, Outcome as Fate};
use counterfoil_store::Store;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use uuid::Uuid;

use super::judge::is_refused;
use super::node::texts;
use super::sums::Sums;
use super::{Outcome, say};

/// The hub's tables at rest.
pub struct HubLedger {
    /// The newest change.
    pub head: u64,
    /// The operation of every change that has one, under the change's number and in order.
    pub published: Vec<(u64, OpId)>,
    /// What became of each operation, from the stored results.
    pub fates: BTreeMap<OpId, Fate>,
    /// Operations among the dead letters.
    pub dead: BTreeSet<OpId>,
    /// Edited entities: fields and who wrote them when.
    pub entities: BTreeMap<(String, Uuid), (Fields, Clocks)>,
    ledgers: Sums,
    balances: Sums,
}

async fn rows(hub: &Hub, sql: &'static str) -> Outcome<Vec<AnyRow>> {
    Ok(sqlx::query(sql).fetch_all(hub.db.reader()).await?)
}

fn id(row: &AnyRow, column: &str) -> Outcome<Uuid> {
    Ok(Uuid::parse_str(&row.try_get::<String, _>(column)?)?)
}

async fn pairs(hub: &Hub, sql: &'static str) -> Outcome<BTreeMap<Uuid, i64>> {
    let mut all = BTreeMap::new();
    for row in rows(hub, sql).await? {
        let sum: i64 = row.try_get("total")?;
        if sum != 0 {
            all.insert(id(&row, "id")?, sum);
        }
    }
    Ok(all)
}

async fn totals(hub: &Hub, sql: &'static str) -> Outcome<(u64, i64)> {
    let row = sqlx::query(sql).fetch_one(hub.db.reader()).await?;
    let count: i64 = row.try_get("n")?;
    Ok((count.unsigned_abs(), row.try_get("total")?))
}

impl HubLedger {
    /// Reads everything.
    ///
    /// # Errors
    /// When the hub's tables contradict themselves already in this.
    pub async fn read(hub: &Hub) -> Outcome<Self> {
        let head: i64 = rows(hub, "SELECT head FROM tenants").await?[0].try_get("head")?;
        let mut published = Vec::new();
        let mut expected = 0;
        for row in rows(hub, "SELECT seq, op_id, body FROM changes ORDER BY seq").await? {
            expected += 1;
            let change: Change = serde_json::from_str(&row.try_get::<String, _>("body")?)?;
            let seq: i64 = row.try_get("seq")?;
            if seq != expected || change.seq.cast_signed() != expected {
                return Err(say(format!(
                    "changes are contiguous: after {} comes {seq}",
                    expected - 1
                )));
            }
            published.extend(change.origin.map(|origin| (change.seq, origin.op_id)));
        }
        let mut fates: BTreeMap<OpId, Fate> = BTreeMap::new();
        for row in rows(
            hub,
            "SELECT op_id, result FROM operations ORDER BY received_at",
        )
        .await?
        {
            let op_id = OpId(id(&row, "op_id")?);
            let fate: Fate = serde_json::from_str(&row.try_get::<String, _>("result")?)?;
            let first = fates.entry(op_id).or_insert_with(|| fate.clone());
            if *first != fate {
                return Err(say(format!(
                    "{op_id} has two results: {first:?} and {fate:?}"
                )));
            }
        }
        let mut dead = BTreeSet::new();
        for row in rows(hub, "SELECT op_id, raw FROM dead_letters").await? {
            let op_id = OpId(id(&row, "op_id")?);
            let raw: OpEnvelope = serde_json::from_str(&row.try_get::<String, _>("raw")?)?;
            if raw.op_id != op_id {
                return Err(say(format!("the dead letter of {op_id} holds another one")));
            }
            dead.insert(op_id);
        }
        let mut entities = BTreeMap::new();
        for row in rows(hub, "SELECT kind, entity_id, body, clocks FROM entity").await? {
            let key = (row.try_get("kind")?, id(&row, "entity_id")?);
            let fields = serde_json::from_str(&row.try_get::<String, _>("body")?)?;
            let clocks = serde_json::from_str(&row.try_get::<String, _>("clocks")?)?;
            entities.insert(key, (fields, clocks));
        }
        let cash = totals(
            hub,
            "SELECT count(*) AS n, CAST(coalesce(sum(amount_minor), 0) AS BIGINT) AS total FROM cash",
        );
        let sales = totals(
            hub,
            "SELECT count(*) AS n, CAST(coalesce(sum(total_minor), 0) AS BIGINT) AS total FROM sale",
        );
        let refunds = totals(
            hub,
            "SELECT count(*) AS n, CAST(coalesce(sum(total_minor), 0) AS BIGINT) AS total FROM refund",
        );
        let (cash, sales, refunds) = (cash.await?.1, sales.await?, refunds.await?);
        let ledgers = Sums {
            stamps: pairs(hub, "SELECT customer_id AS id, CAST(sum(stamps) AS BIGINT) AS total FROM stamp GROUP BY customer_id").await?,
            stock: pairs(hub, "SELECT product_id AS id, CAST(sum(quantity_milli) AS BIGINT) AS total FROM stock GROUP BY product_id").await?,
            cash,
            sales,
            refunds,
        };
        let balances = Sums {
            stamps: pairs(
                hub,
                "SELECT customer_id AS id, balance AS total FROM stamp_balance",
            )
            .await?,
            stock: pairs(
                hub,
                "SELECT product_id AS id, quantity_milli AS total FROM stock_balance",
            )
            .await?,
            ..ledgers.clone()
        };
        check_lives(hub).await?;
        Ok(Self {
            head: head.cast_unsigned(),
            published,
            fates,
            dead,
            entities,
            ledgers,
            balances,
        })
    }

    /// The counter stands at the last change, and dead letters are those whose result says so.
    ///
    /// # Errors
    /// When not.
    pub fn check_numbers(&self) -> Outcome<()> {
        let said: BTreeSet<OpId> = self
            .fates
            .iter()
            .filter(|(_, fate)| matches!(fate, Fate::DeadLetter { .. }))
            .map(|(id, _)| *id)
            .collect();
        if said != self.dead {
            return Err(say(format!(
                "dead-lettered by their results {said:?}, kept as bytes {:?}",
                self.dead
            )));
        }
        Ok(())
    }

    /// The ledgers add up to what people did.
    ///
    /// # Errors
    /// When not.
    pub fn check_sums(&self, sums: &Sums) -> Outcome<()> {
        if self.ledgers == *sums {
            return Ok(());
        }
        Err(say(format!(
            "the hub's ledgers say {:?}, people did {sums:?}",
            self.ledgers
        )))
    }

    /// Each balance equals its ledger's sum.
    ///
    /// # Errors
    /// When not.
    pub fn check_balances(&self) -> Outcome<()> {
        if self.balances == self.ledgers {
            return Ok(());
        }
        Err(say(format!(
            "the hub's balances are {:?}, its ledgers' sums {:?}",
            self.balances, self.ledgers
        )))
    }

    /// What was refused, and what went below zero, is there for the owner to see, and stays open until somebody decides.
    ///
    /// # Errors
    /// What is missing.
    pub fn check_conflicts(&self, standing: &[&Op], observer: &Store) -> Outcome<()> {
        let decided: BTreeSet<Uuid> = standing
            .iter()
            .filter_map(|op| match op {
                Op::EntityEdited(e) if e.entity == counterfoil_domain::EntityKind::Conflict => {
                    Some(e.id)
                }
                _ => None,
            })
            .collect();
        // A decision can outlive the conflict that it was about: a restored hub may judge otherwise.
        let shown = texts(
            observer,
            "SELECT id || ' ' || status || ' ' || coalesce(refused, 0) || ' ' || body FROM conflict ORDER BY id",
        )?;
        let refused = self.fates.iter().filter(|(_, fate)| is_refused(fate));
        for (op_id, fate) in refused {
            let status = if decided.contains(&op_id.0) {
                "resolved"
            } else {
                "open"
            };
            let begins = format!("{op_id} {status} 1 ");
            if !shown.iter().any(|row| row.starts_with(&begins)) {
                return Err(say(format!(
                    "every conflict is visible: {op_id} was answered {fate:?} and nobody sees it as {status}"
                )));
            }
        }
        let below = |balances: &BTreeMap<Uuid, i64>, code: &str| -> Outcome<()> {
            for (subject, balance) in balances.iter().filter(|(_, balance)| **balance < 0) {
                let told = |row: &String| row.contains(code) && row.contains(&subject.to_string());
                if !shown.iter().any(told) {
                    return Err(say(format!(
                        "every conflict is visible: {subject} stands at {balance} and nobody is told {code}"
                    )));
                }
            }
            Ok(())
        };
        below(&self.balances.stamps, "reward_overdrawn")?;
        below(&self.balances.stock, "oversold")
    }
}

/// Each life's chain is gapless from 1 and ends where the life says.
async fn check_lives(hub: &Hub) -> Outcome<()> {
    let found = rows(
        hub,
        "SELECT o.device_id, o.incarnation, count(*) AS n, min(o.seq) AS low, max(o.seq) AS high,
                max(l.last_seq) AS last
         FROM operations o JOIN device_lives l
           ON l.tenant_id = o.tenant_id AND l.device_id = o.device_id AND l.incarnation = o.incarnation
         GROUP BY o.device_id, o.incarnation",
    )
    .await?;
    for row in found {
        let numbers = ["n", "low", "high", "last"].map(|name| row.try_get::<i64, _>(name));
        let [n, low, high, last] = numbers;
        let (n, low, high, last) = (n?, low?, high?, last?);
        if low != 1 || high != n || last != n {
            return Err(say(format!(
                "per-device order without gaps: a life has {n} operations from {low} to {high} and says {last}"
            )));
        }
    }
    Ok(())
}
