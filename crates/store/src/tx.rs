//! What may be done inside one transaction.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use counterfoil_domain::effect::{Effect, effects};
use counterfoil_domain::{EntityKind, FactRow, Hlc, Op, OpClass, OpId, OpMeta, StaffId, UnixMs};
use rusqlite::{Connection, named_params};

use crate::entity;
use crate::env::StoreEnv;
use crate::error::StoreError;
use crate::fact::{self, Source};
use crate::identity::{self, Identity};
use crate::meta;
use crate::seal;
use crate::store::CommitInfo;
use crate::touch::touches;

/// Trouble with the disk that the store must act on, whatever the caller makes of the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    Full,
    Failed,
}

impl Trouble {
    pub(crate) const fn of(error: &StoreError) -> Option<Self> {
        match error {
            StoreError::DiskFull => Some(Self::Full),
            StoreError::DiskFailed(_) => Some(Self::Failed),
            _ => None,
        }
    }
}

/// One transaction on the writing connection. Reads see what was written so far.
pub struct Tx<'a> {
    conn: &'a Connection,
    env: &'a StoreEnv,
    identity: RefCell<Option<Identity>>,
    hlc: Cell<Option<Hlc>>,
    areas: RefCell<BTreeSet<&'static str>>,
    last_op: Cell<Option<OpId>>,
    trouble: Cell<Option<Trouble>>,
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").finish_non_exhaustive()
    }
}

impl<'a> Tx<'a> {
    pub(crate) fn new(conn: &'a Connection, env: &'a StoreEnv) -> Self {
        Self {
            conn,
            env,
            identity: RefCell::new(None),
            hlc: Cell::new(None),
            areas: RefCell::new(BTreeSet::new()),
            last_op: Cell::new(None),
            trouble: Cell::new(None),
        }
    }

    /// The connection, for the queries of [`crate::read`]; reads only.
    #[must_use]
    pub const fn conn(&self) -> &Connection {
        self.conn
    }

    pub(crate) const fn env(&self) -> &StoreEnv {
        self.env
    }

    /// The clock's reading now.
    #[must_use]
    pub fn now(&self) -> UnixMs {
        self.env.clock.now()
    }

    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.trouble.get()
    }

    /// The operation that was done last in this transaction.
    pub(crate) const fn last_op(&self) -> Option<OpId> {
        self.last_op.get()
    }

    /// Remembers trouble with the disk, since the caller may turn the error into its own.
    pub(crate) fn noting<T>(&self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &outcome
            && let Some(trouble) = Trouble::of(error)
        {
            self.trouble.set(Some(trouble));
        }
        outcome
    }

    pub(crate) fn touch_area(&self, area: &'static str) {
        self.areas.borrow_mut().insert(area);
    }

    pub(crate) fn touch_entity_area(&self, kind: EntityKind) {
        self.touch_area(match kind {
            EntityKind::Shop | EntityKind::Staff => "shop",
            EntityKind::Category | EntityKind::Product => "catalogue",
            EntityKind::Customer => "customers",
            EntityKind::Merchant | EntityKind::Visit => "visits",
            EntityKind::Conflict => "conflicts",
        });
    }

    pub(crate) fn touch_fact_area(&self, fact: &FactRow) {
        self.touch_area(match fact {
            FactRow::Stamp(_) => "customers",
            FactRow::Stock(_) => "catalogue",
            FactRow::Sale(_)
            | FactRow::Refund(_)
            | FactRow::Cash(_)
            | FactRow::ShiftOpened(_)
            | FactRow::ShiftClosed(_) => "sales",
        });
    }

    /// Who this till is.
    ///
    /// # Errors
    /// `no_identity` before the till belongs to a shop.
    pub fn identity(&self) -> Result<Identity, StoreError> {
        if let Some(identity) = self.identity.borrow().as_ref() {
            return Ok(identity.clone());
        }
        let identity = self
            .noting(identity::load(self.conn))?
            .ok_or_else(|| StoreError::invalid("no_identity", "this till has no shop yet"))?;
        *self.identity.borrow_mut() = Some(identity.clone());
        Ok(identity)
    }

    pub(crate) fn forget_identity(&self) {
        *self.identity.borrow_mut() = None;
    }

    /// Does one operation: its rows, the outbox row and the journal entry.
    ///
    /// # Errors
    /// `no_identity`, `exists_already`, amounts that do not hold, or the store's own trouble. The whole transaction must
    /// then be given up; returning the error from the closure does that.
    pub fn perform(&self, op: &Op, by: Option<StaffId>, at: UnixMs) -> Result<OpId, StoreError> {
        self.noting(self.perform_inner(op, by, at))
    }

    fn perform_inner(&self, op: &Op, by: Option<StaffId>, at: UnixMs) -> Result<OpId, StoreError> {
        let (meta, effects) = self.enter(op, by, at, None)?;
        for effect in &effects {
            self.apply(effect, &meta)?;
        }
        self.record_journal(op, &meta)?;
        Ok(meta.op_id)
    }

    /// The outbox row of a new operation, with the rows it concerns; its effects are still to be carried out. `redoes` as
    /// in [`OpMeta`].
    pub(crate) fn enter(
        &self,
        op: &Op,
        by: Option<StaffId>,
        at: UnixMs,
        redoes: Option<OpId>,
    ) -> Result<(OpMeta, Vec<Effect>), StoreError> {
        let now = self.env.clock.now();
        let meta = OpMeta {
            op_id: OpId::from_parts(now.0, self.env.entropy.id_entropy()),
            device_id: self.identity()?.device_id,
            staff_id: by,
            at,
            hlc: self.tick(now)?,
            redoes,
        };
        let effects = effects(op, &meta)?;
        let local_no = insert_outbox(self.conn, op, &meta)?;
        self.insert_touches(local_no, op, &effects)?;
        seal::seal_at_once(self.conn, &self.identity()?, local_no)?;
        self.touch_area("outbox");
        self.last_op.set(Some(meta.op_id));
        Ok((meta, effects))
    }

    /// Notes which rows an operation concerns.
    pub(crate) fn insert_touches(
        &self,
        local_no: i64,
        op: &Op,
        effects: &[Effect],
    ) -> Result<(), StoreError> {
        let mut touch = self
            .conn
            .prepare_cached(include_str!("../queries/insert_outbox_touch.sql"))?;
        for ((kind, id), edits) in touches(op, effects) {
            touch.execute(named_params! {
                ":local_no": local_no,
                ":kind": kind,
                ":id": id.to_string(),
                ":edits": edits,
            })?;
        }
        Ok(())
    }

    /// The journal entry of an operation whose rows are there.
    pub(crate) fn record_journal(&self, op: &Op, meta: &OpMeta) -> Result<(), StoreError> {
        self.conn
            .prepare_cached(include_str!("../queries/insert_journal.sql"))?
            .execute(named_params! {
                ":op_id": meta.op_id.to_string(),
                ":at": meta.at.0,
                ":staff_id": meta.staff_id.map(|s| s.to_string()),
                ":kind": op.kind(),
                ":subject": self.subject(op)?,
            })?;
        Ok(())
    }

    fn apply(&self, effect: &Effect, meta: &OpMeta) -> Result<(), StoreError> {
        match effect {
            Effect::Insert(row) => {
                self.touch_fact_area(row);
                fact::insert(self.conn, row, Some(meta.op_id), Source::Here)
            }
            Effect::Patch { kind, id, .. } | Effect::Delete { kind, id } => {
                self.touch_entity_area(*kind);
                entity::overlay(self.conn, *kind, *id, effect)
            }
        }
    }

    /// Takes note of a clock that rows from elsewhere carry: what is done here after it is later. Whether it may be
    /// believed is the hub's to say, for only the hub knows by how much this till's own clock lags.
    pub(crate) fn observe(&self, clock: Hlc) -> Result<(), StoreError> {
        let last = self.last_hlc()?;
        if clock > last {
            self.hlc.set(Some(last.observe(clock, self.now())));
        }
        Ok(())
    }

    fn last_hlc(&self) -> Result<Hlc, StoreError> {
        match self.hlc.get() {
            Some(last) => Ok(last),
            None => Ok(meta::parsed(self.conn, meta::HLC)?.unwrap_or_default()),
        }
    }

    fn tick(&self, now: UnixMs) -> Result<Hlc, StoreError> {
        let next = self.last_hlc()?.tick(now);
        self.hlc.set(Some(next));
        Ok(next)
    }

    /// A few words on what an operation is about.
    fn subject(&self, op: &Op) -> Result<String, StoreError> {
        let named = |kind: EntityKind, id: uuid::Uuid| -> Result<String, StoreError> {
            let row = entity::shown(self.conn, kind, id)?;
            let name = row.as_ref().and_then(|r| r.fields.get("name"));
            Ok(name
                .and_then(serde_json::Value::as_str)
                .unwrap_or_default()
                .to_owned())
        };
        let visited = |id: uuid::Uuid| -> Result<String, StoreError> {
            let row = entity::shown(self.conn, EntityKind::Visit, id)?;
            let merchant = row
                .as_ref()
                .and_then(|r| r.fields.get("merchant_id")?.as_str())
                .and_then(|text| text.parse().ok());
            merchant.map_or(Ok(String::new()), |m| named(EntityKind::Merchant, m))
        };
        match op {
            Op::SaleCompleted(sale) => Ok(sale.receipt_number()),
            Op::SaleRefunded(refund) => self.receipt_of(&refund.sale_id.to_string()),
            Op::StampGiven(s) => named(EntityKind::Customer, s.customer_id.0),
            Op::StampReversed(s) => named(EntityKind::Customer, s.customer_id.0),
            Op::RewardRedeemed(s) => named(EntityKind::Customer, s.customer_id.0),
            Op::StockMoved(m) => named(EntityKind::Product, m.product_id.0),
            Op::CashMoved(m) => Ok(m.note.clone()),
            Op::ShiftOpened(s) => named(EntityKind::Staff, s.staff_id.0),
            Op::ShiftClosed(s) => named(EntityKind::Staff, s.staff_id.0),
            Op::CustomerEnrolled(c) => Ok(c.customer.name.clone()),
            Op::VisitDone(v) => visited(v.visit_id.0),
            Op::VisitBooked(v) => named(EntityKind::Merchant, v.merchant_id.0),
            Op::VisitMoved(v) => visited(v.visit_id.0),
            Op::VisitCancelled(v) => visited(v.visit_id.0),
            Op::EntityEdited(e) if e.entity == EntityKind::Visit => visited(e.id),
            Op::EntityEdited(e) => named(e.entity, e.id),
            Op::EntityDeleted(e) => named(e.entity, e.id),
        }
    }

    fn receipt_of(&self, sale_id: &str) -> Result<String, StoreError> {
        use rusqlite::OptionalExtension as _;
        Ok(self
            .conn
            .prepare_cached(include_str!("../queries/find_receipt_number.sql"))?
            .query_row(named_params! { ":sale_id": sale_id }, |row| {
                row.get("receipt_number")
            })
            .optional()?
            .unwrap_or_default())
    }

    pub(crate) fn finish(&self) -> Result<CommitInfo, StoreError> {
        if let Some(hlc) = self.hlc.get() {
            self.noting(meta::set(self.conn, meta::HLC, &hlc.to_string()))?;
        }
        Ok(CommitInfo {
            areas: self.areas.borrow().iter().copied().collect(),
            local_write: self.last_op.get().is_some(),
        })
    }
}

/// Writes an operation into the outbox and gives back its number there.
pub(crate) fn insert_outbox(conn: &Connection, op: &Op, meta: &OpMeta) -> Result<i64, StoreError> {
    conn.prepare_cached(include_str!("../queries/insert_outbox.sql"))?
        .execute(named_params! {
            ":op_id": meta.op_id.to_string(),
            ":kind": op.kind(),
            ":version": Op::VERSION,
            ":class": class_name(op.class()),
            ":at": meta.at.0,
            ":staff_id": meta.staff_id.map(|s| s.to_string()),
            ":hlc_ms": meta.hlc.ms,
            ":hlc_counter": meta.hlc.counter,
            ":payload": op.payload()?,
            ":redoes": meta.redoes.map(|first| first.to_string()),
        })?;
    Ok(conn.last_insert_rowid())
}

pub(crate) const fn class_name(class: OpClass) -> &'static str {
    match class {
        OpClass::Fact => "fact",
        OpClass::Claim => "claim",
        OpClass::Edit => "edit",
    }
}

pub(crate) fn class_named(name: &str) -> OpClass {
    match name {
        "fact" => OpClass::Fact,
        "claim" => OpClass::Claim,
        _ => OpClass::Edit,
    }
}
