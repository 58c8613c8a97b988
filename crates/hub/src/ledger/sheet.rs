//! A sheet over the tables: what operations read and write while they are applied, before it is written down at once.
//!
//! A batch's operations are applied in memory, one after the other; each sees what the ones before it did. What one of
//! them wrote is kept when it held and dropped when it was poisoned, as a savepoint would do.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use counterfoil_domain::entity::Visit;
use counterfoil_domain::fact::{Refund, Sale};
use counterfoil_domain::{DeviceId, EntityKind, FactRow, Hlc, OpId, UnixMs};
use sqlx::{AnyConnection, Row as _};
use uuid::Uuid;

use super::entities::{Stored, lookups};
use super::{Fault, read};

/// An entity by kind and id.
pub(super) type Subject = (EntityKind, Uuid);
/// A fact by its name and id.
pub(super) type FactKey = (&'static str, Uuid);

/// A customer's stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct StampSum {
    pub(super) balance: i64,
    pub(super) last_given_at: Option<UnixMs>,
}

/// An entity that was written, with what it is searched by.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) stored: Stored,
    pub(super) lookup: Option<String>,
    pub(super) lookup_at: Option<i64>,
}

/// A fact that was written.
#[derive(Debug, Clone)]
pub(super) struct NewFact {
    pub(super) op_id: OpId,
    pub(super) row: FactRow,
    pub(super) body: Arc<str>,
}

/// What was written and is not in the tables yet.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) entities: BTreeMap<Subject, Kept>,
    pub(super) facts: BTreeMap<FactKey, NewFact>,
    pub(super) stamps: BTreeMap<Uuid, StampSum>,
    pub(super) stock: BTreeMap<Uuid, i64>,
    pub(super) flagged_clocks: BTreeMap<DeviceId, UnixMs>,
}

impl Layer {
    fn extend(&mut self, later: Self) {
        self.entities.extend(later.entities);
        self.facts.extend(later.facts);
        self.stamps.extend(later.stamps);
        self.stock.extend(later.stock);
        self.flagged_clocks.extend(later.flagged_clocks);
    }

    /// The newest clock among the fields of what was written.
    pub(super) fn newest_clock(&self) -> Hlc {
        let fields = self
            .entities
            .values()
            .flat_map(|k| k.stored.clocks.values());
        fields.map(|clock| clock.hlc).max().unwrap_or_default()
    }
}

/// What the tables hold, as far as it was read; `None` where they hold nothing.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) entities: HashMap<Subject, Option<read::Raw>>,
    pub(super) ids_by_lookup: HashMap<(EntityKind, String), Vec<Uuid>>,
    pub(super) stamps: HashMap<Uuid, StampSum>,
    pub(super) stock: HashMap<Uuid, i64>,
}

/// See the module.
#[derive(Debug)]
pub struct Sheet<'c> {
    pub(super) conn: &'c mut AnyConnection,
    pub(super) tenant: String,
    pub(super) known: Known,
    /// What operations that held wrote.
    pub(super) written: Layer,
    /// What the operation at hand wrote.
    draft: Layer,
    /// Facts are taken for new without a look; the engine refuses one that stands, and then nothing of it is kept.
    pub(super) trusting: bool,
    /// How many changes come before the operation at hand and are not appended yet.
    pub turn: u64,
}

impl<'c> Sheet<'c> {
    /// A sheet that reads what it needs when it needs it.
    pub(super) fn new(conn: &'c mut AnyConnection, tenant: &str) -> Self {
        Self {
            conn,
            tenant: tenant.to_owned(),
            known: Known::default(),
            written: Layer::default(),
            draft: Layer::default(),
            trusting: false,
            turn: 0,
        }
    }

    /// The operation at hand held.
    pub(super) fn keep_draft(&mut self) {
        let draft = std::mem::take(&mut self.draft);
        self.written.extend(draft);
    }

    /// The operation at hand is poisoned.
    pub(super) fn drop_draft(&mut self) {
        self.draft = Layer::default();
    }

    fn layers(&self) -> [&Layer; 2] {
        [&self.draft, &self.written]
    }

    async fn raw(&mut self, subject: Subject) -> Result<Option<&read::Raw>, Fault> {
        if !self.known.entities.contains_key(&subject) {
            let raw = read::raw(self.conn, &self.tenant, subject).await?;
            self.known.entities.insert(subject, raw);
        }
        Ok(self.known.entities.get(&subject).and_then(Option::as_ref))
    }

    /// An entity; deleted ones as well.
    pub(super) async fn entity(&mut self, subject: Subject) -> Result<Option<Stored>, Fault> {
        let kept = self
            .layers()
            .into_iter()
            .find_map(|l| l.entities.get(&subject));
        if let Some(kept) = kept {
            return Ok(Some(kept.stored.clone()));
        }
        self.raw(subject).await?.map(read::Raw::parse).transpose()
    }

    /// Whether an entity has its tombstone.
    pub(super) async fn is_deleted(&mut self, subject: Subject) -> Result<bool, Fault> {
        let kept = self
            .layers()
            .into_iter()
            .find_map(|l| l.entities.get(&subject));
        if let Some(kept) = kept {
            return Ok(kept.stored.row.deleted);
        }
        Ok(self.raw(subject).await?.is_some_and(|raw| raw.deleted))
    }

    /// Writes an entity.
    pub(super) fn put_entity(&mut self, stored: Stored) -> Result<(), Fault> {
        let (lookup, lookup_at) = lookups(&stored.row)?;
        let kept = Kept {
            lookup,
            lookup_at,
            stored,
        };
        let subject = (kept.stored.row.kind, kept.stored.row.id);
        self.draft.entities.insert(subject, kept);
        Ok(())
    }

    /// Every entity of a kind that was written here, in its last state.
    fn rewritten(&self, kind: EntityKind) -> BTreeMap<Uuid, &Kept> {
        let mut all = BTreeMap::new();
        for layer in [&self.written, &self.draft] {
            let of_kind = layer
                .entities
                .range((kind, Uuid::nil())..=(kind, Uuid::max()));
            all.extend(of_kind.map(|((_, id), kept)| (*id, kept)));
        }
        all
    }

    /// The ids of entities that are there under a lookup, in order.
    pub(super) async fn ids_by_lookup(
        &mut self,
        kind: EntityKind,
        lookup: &str,
    ) -> Result<Vec<Uuid>, Fault> {
        let key = (kind, lookup.to_owned());
        if !self.known.ids_by_lookup.contains_key(&key) {
            let ids = read::find_by_lookup(self.conn, &self.tenant, kind, lookup).await?;
            self.known.ids_by_lookup.insert(key.clone(), ids);
        }
        let rewritten = self.rewritten(kind);
        let mut ids: Vec<Uuid> = self.known.ids_by_lookup[&key]
            .iter()
            .copied()
            .filter(|id| !rewritten.contains_key(id))
            .collect();
        let now_there =
            |kept: &Kept| kept.lookup.as_deref() == Some(lookup) && !kept.stored.row.deleted;
        ids.extend(
            rewritten
                .iter()
                .filter(|(_, kept)| now_there(kept))
                .map(|(id, _)| *id),
        );
        ids.sort_unstable();
        Ok(ids)
    }

    /// An installer's booked visits that begin in a stretch of time.
    pub(super) async fn booked_visits(
        &mut self,
        installer: Uuid,
        (from, to): (UnixMs, UnixMs),
    ) -> Result<Vec<(Uuid, Visit)>, Fault> {
        let installer = installer.to_string();
        let rows = sqlx::query(include_str!("sql/list_booked_visits.sql"))
            .bind(&self.tenant)
            .bind(&installer)
            .bind(from.0)
            .bind(to.0)
            .fetch_all(&mut *self.conn)
            .await?;
        let rewritten = self.rewritten(EntityKind::Visit);
        let mut visits = Vec::with_capacity(rows.len());
        for row in rows {
            let id = read::uuid(&row, "entity_id")?;
            if !rewritten.contains_key(&id) {
                let body: String = row.try_get("body")?;
                let visit: Visit = serde_json::from_str(&body)?;
                visits.push((id, visit));
            }
        }
        for (id, kept) in rewritten {
            let begins = kept.lookup_at.unwrap_or(i64::MIN);
            if kept.lookup.as_ref() == Some(&installer)
                && !kept.stored.row.deleted
                && (from.0..=to.0).contains(&begins)
            {
                visits.push((id, kept.stored.row.read()?));
            }
        }
        visits.sort_by_key(|(id, visit)| (visit.starts_at, *id));
        Ok(visits)
    }

    /// The fact that stands under this one's id already.
    pub(super) async fn standing(&mut self, fact: &FactRow) -> Result<Option<FactRow>, Fault> {
        let key = (fact.name(), fact.id());
        if let Some(new) = self.layers().into_iter().find_map(|l| l.facts.get(&key)) {
            return Ok(Some(new.row.clone()));
        }
        if self.trusting {
            return Ok(None);
        }
        read::fact(self.conn, &self.tenant, key).await
    }

    /// Writes a fact; gives its JSON.
    pub(super) fn put_fact(&mut self, op_id: OpId, fact: &FactRow) -> Result<Arc<str>, Fault> {
        let body: Arc<str> = serde_json::to_string(fact)?.into();
        let new = NewFact {
            op_id,
            row: fact.clone(),
            body: Arc::clone(&body),
        };
        self.draft.facts.insert((fact.name(), fact.id()), new);
        Ok(body)
    }

    /// A sale.
    pub(super) async fn sale(&mut self, id: Uuid) -> Result<Option<Sale>, Fault> {
        let key = ("sale", id);
        let new = self.layers().into_iter().find_map(|l| l.facts.get(&key));
        let row = match new {
            Some(new) => Some(new.row.clone()),
            None => read::fact(self.conn, &self.tenant, key).await?,
        };
        Ok(row.and_then(|row| match row {
            FactRow::Sale(sale) => Some(sale),
            _ => None,
        }))
    }

    /// Every refund of a sale.
    pub(super) async fn refunds_of(&mut self, sale: Uuid) -> Result<Vec<Refund>, Fault> {
        let mut refunds = read::refunds_of(self.conn, &self.tenant, sale).await?;
        let new = self.layers().into_iter().flat_map(|l| l.facts.values());
        refunds.extend(new.filter_map(|new| match &new.row {
            FactRow::Refund(refund) if refund.sale_id.0 == sale => Some(refund.clone()),
            _ => None,
        }));
        Ok(refunds)
    }

    /// Adds to a customer's stamps; the sum after it.
    pub(super) async fn add_stamps(
        &mut self,
        customer: Uuid,
        stamps: i64,
        given_at: Option<UnixMs>,
    ) -> Result<i64, Fault> {
        let here = self
            .layers()
            .into_iter()
            .find_map(|l| l.stamps.get(&customer));
        let before = match here.or_else(|| self.known.stamps.get(&customer)) {
            Some(sum) => *sum,
            None => {
                let (balance, last_given_at) =
                    read::stamp_balance(self.conn, &self.tenant, customer.into()).await?;
                StampSum {
                    balance,
                    last_given_at,
                }
            }
        };
        let after = StampSum {
            balance: before.balance.checked_add(stamps).ok_or_else(too_much)?,
            last_given_at: before.last_given_at.max(given_at),
        };
        self.draft.stamps.insert(customer, after);
        Ok(after.balance)
    }

    /// Adds to a product's stock; the sum after it, in thousandths.
    pub(super) async fn add_stock(&mut self, product: Uuid, milli: i64) -> Result<i64, Fault> {
        let here = self
            .layers()
            .into_iter()
            .find_map(|l| l.stock.get(&product));
        let before = match here.or_else(|| self.known.stock.get(&product)) {
            Some(sum) => *sum,
            None => read::stock_balance(self.conn, &self.tenant, product).await?,
        };
        let after = before.checked_add(milli).ok_or_else(too_much)?;
        self.draft.stock.insert(product, after);
        Ok(after)
    }

    /// Notes that a device's clock was reported now, unless it was since `since`.
    pub(super) async fn flag_clock(
        &mut self,
        device: DeviceId,
        now: UnixMs,
        since: UnixMs,
    ) -> Result<bool, Fault> {
        let here = self
            .layers()
            .into_iter()
            .find_map(|l| l.flagged_clocks.get(&device));
        let reported = match here {
            Some(at) => Some(Some(*at)),
            None => read::clock_flagged_at(self.conn, &self.tenant, device).await?,
        };
        let due = reported.is_some_and(|at| at.is_none_or(|at| at < since));
        if due {
            self.draft.flagged_clocks.insert(device, now);
        }
        Ok(due)
    }
}

fn too_much() -> Fault {
    Fault::Poison("the balance would leave the range of numbers".to_owned())
}
