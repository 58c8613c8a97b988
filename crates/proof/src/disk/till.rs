//! A till on the disk: it does random things, and the model notes what it said.

use std::path::Path;
use std::sync::Arc;

use counterfoil_domain::fact::Sale;
use counterfoil_domain::{
    CartId, CustomerId, DeviceId, EntityKind, Hlc, Op, OpId, OpMeta, StampId, UnixMs,
};
use counterfoil_store::{CartState, Store, StoreEnv, StoreError};
use counterfoil_testkit::{ManualClock, SampleShop, SeededEntropy, edit};
use serde_json::json;
use uuid::Uuid;

use super::hub::{EPOCH, ModelHub};
use super::machine::Disk;
use super::model::{Known, Model, Place};
use crate::trace::Trace;

/// The till's database on the disk.
pub const PATH: &str = "/till.sqlite3";
/// A page of a few changes is written in several slices as well.
const SLICE_ROWS: usize = 3;
const SHOP_SEED: u64 = 3;

/// A till, its hub, and what must be on its disk.
pub struct Till<'a> {
    pub disk: &'a Disk,
    pub chance: Arc<SeededEntropy>,
    pub shop: SampleShop,
    pub model: Model,
    pub hub: ModelHub,
    pub store: Option<Store>,
    pub trace: &'a mut Trace,
    entropy: Arc<SeededEntropy>,
    clock: Arc<ManualClock>,
    customer: CustomerId,
    sales: Vec<Sale>,
    stamps: Vec<StampId>,
    number: u32,
}

/// How something ended that the disk may spoil.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    /// Certainly not done.
    NotDone,
    /// It may have come through.
    Unsure,
}

impl<'a> Till<'a> {
    /// A till at the beginning, not opened yet.
    ///
    /// # Errors
    /// Never; the samples hold.
    pub fn new(
        disk: &'a Disk,
        seed: u64,
        (model, hub): (Model, ModelHub),
        trace: &'a mut Trace,
    ) -> Result<Self, String> {
        let shop = SampleShop::new(SHOP_SEED).map_err(|error| error.to_string())?;
        let (customer, _) = shop.enrol("Rosa", "+51999888777");
        Ok(Self {
            disk,
            chance: SeededEntropy::new(seed),
            shop,
            model,
            hub,
            store: None,
            trace,
            entropy: SeededEntropy::new(!seed),
            clock: ManualClock::start(),
            customer,
            sales: Vec::new(),
            stamps: Vec::new(),
            number: 0,
        })
    }

    /// Makes the shop on an empty disk, with everything confirmed.
    ///
    /// # Errors
    /// When the store refuses, which it never does on a disk without faults.
    pub fn found(&mut self) -> Result<(), String> {
        self.open()?;
        let mut ops = self.shop.setup().map_err(|error| error.to_string())?;
        let again = SampleShop::new(SHOP_SEED).map_err(|error| error.to_string())?;
        ops.push(again.enrol("Rosa", "+51999888777").1);
        for op in ops {
            self.perform(vec![op])?;
        }
        self.drain()
    }

    /// Opens the database, and says whether that went well.
    ///
    /// # Errors
    /// When it failed without the disk's doing.
    pub fn open(&mut self) -> Result<bool, String> {
        let (met, syncs_failed) = (self.disk.faults_met(), self.disk.syncs_failed());
        let env = StoreEnv {
            vfs: Some(self.disk.name.clone()),
            files: Arc::new(self.disk.clone()),
            slice_rows: SLICE_ROWS,
            ..StoreEnv::new(self.clock.clone(), self.entropy.clone())
        };
        let shop = &self.shop;
        let opened = Store::open(Path::new(PATH), env).and_then(|store| {
            if store.identity()?.is_none() {
                store.set_identity(shop.tenant_id, shop.device_id, &shop.till_code, None)?;
            }
            Ok(store)
        });
        match opened {
            Ok(store) => {
                self.trace.line(|| "opened".to_owned());
                self.store = Some(store);
                Ok(true)
            }
            Err(error) => {
                self.excuse((met, syncs_failed), &error)?;
                self.trace.line(|| format!("open failed: {error}"));
                Ok(false)
            }
        }
    }

    /// The power goes and comes back.
    pub fn cut_power(&mut self) {
        self.disk.cut_power();
        self.model.doubt();
    }

    fn pick(&self, bound: u64) -> u64 {
        self.chance.next_u64() % bound.max(1)
    }

    /// One random thing that a till does.
    ///
    /// # Errors
    /// What cannot have happened.
    pub fn step(&mut self) -> Result<(), String> {
        self.clock.advance_ms(1000);
        match self.pick(21) {
            0..=8 => {
                let op = self.op()?;
                self.perform(vec![op])
            }
            9 | 10 => {
                let ops = (0..2 + self.pick(3))
                    .map(|_| self.op())
                    .collect::<Result<_, _>>()?;
                self.perform(ops)
            }
            11..=13 => {
                let (most, lost) = (1 + self.pick(6), self.pick(4) == 0);
                self.push(most, lost).map(|_| ())
            }
            14..=16 => {
                let limit = 1 + self.pick(8);
                self.pull(limit)
            }
            17 => self.elsewhere(),
            18 => self.keep_cart(),
            19 => self.attempt("tidy", Store::tidy).map(|_| ()),
            _ => self.keep_setting(),
        }
    }

    fn op(&mut self) -> Result<Op, String> {
        self.number += 1;
        let (shop, number) = (&self.shop, self.number);
        let now = self.clock_now();
        let product = usize::try_from(self.pick(3)).unwrap_or(0);
        let coffee = shop.products[0].0.0;
        Ok(match self.pick(14) {
            4 if !self.sales.is_empty() => {
                let sale = self.sales.swap_remove(0);
                Op::SaleRefunded(shop.refund(&sale, now).map_err(|e| e.to_string())?)
            }
            5 | 6 => {
                let op = shop.stamp(self.customer);
                if let Op::StampGiven(stamp) = &op {
                    self.stamps.push(stamp.stamp_id);
                }
                op
            }
            7 if !self.stamps.is_empty() => {
                let stamp_id = self.stamps.swap_remove(0);
                shop.unstamp(self.customer, stamp_id)
            }
            8 => shop.redeem(self.customer),
            // A number of pieces that no other delivery has tells them apart.
            9 => shop.deliver(product, 1000 + i64::from(number)),
            10 => edit(
                EntityKind::Product,
                coffee,
                "name",
                json!(format!("Café {number}")),
            ),
            11 => edit(
                EntityKind::Customer,
                self.customer.0,
                "note",
                json!(format!("n{number}")),
            ),
            12 => shop.enrol(&format!("Cliente {number}"), "+51900000000").1,
            13 => shop.book(now.plus_minutes(i64::from(number) * 60)).1,
            _ => {
                let pieces = [(product, 1), (2 - product, 2)];
                let lines = 1 + usize::try_from(self.pick(2)).unwrap_or(0);
                let sale = shop
                    .sale(number, &pieces[..lines], Some(self.customer), now)
                    .map_err(|e| e.to_string())?;
                self.sales.push(sale.clone());
                Op::SaleCompleted(sale)
            }
        })
    }

    fn clock_now(&self) -> UnixMs {
        use counterfoil_domain::Clock as _;
        self.clock.now()
    }

    /// An error is the disk's doing, or the store has a bug. The counts are of faults and of failed syncs before.
    fn excuse(
        &mut self,
        (met_before, syncs_failed): (u64, u64),
        error: &StoreError,
    ) -> Result<(), String> {
        if self.disk.syncs_failed() > syncs_failed {
            self.model.doubt();
        }
        let known = matches!(error.code(), "disk_full" | "disk_failed");
        if known && (self.disk.faults_met() > met_before || self.disk.is_off()) {
            return Ok(());
        }
        Err(format!(
            "failed without a reason: {} ({error})",
            error.code()
        ))
    }

    /// Does something with the store, opening it first when that failed before.
    fn attempt<T>(
        &mut self,
        what: &str,
        work: impl FnOnce(&Store) -> Result<T, StoreError>,
    ) -> Result<(End, Option<T>), String> {
        if self.store.is_none() && !self.open()? {
            return Ok((End::NotDone, None));
        }
        let Some(store) = &self.store else {
            return Ok((End::NotDone, None));
        };
        let before = (self.disk.faults_met(), self.disk.syncs_failed());
        match work(store) {
            Ok(value) => {
                self.trace.line(|| format!("{what}: done"));
                Ok((End::Done, Some(value)))
            }
            Err(error) => {
                self.excuse(before, &error)?;
                self.trace.line(|| format!("{what}: {error}"));
                let end = if error.code() == "disk_full" {
                    End::NotDone
                } else {
                    End::Unsure
                };
                Ok((end, None))
            }
        }
    }

    fn perform(&mut self, ops: Vec<Op>) -> Result<(), String> {
        let by = Some(self.shop.cashier);
        let at = self.clock_now();
        let what = || -> String {
            let kinds: Vec<&str> = ops.iter().map(Op::kind).collect();
            kinds.join(" + ")
        };
        let (end, ids) = match &ops[..] {
            [op] => {
                let (end, id) = self.attempt(&what(), |store| store.transact(op.clone(), by))?;
                (end, id.map(|id| vec![id]))
            }
            _ => {
                let many = ops.iter().map(|op| (op.clone(), by, at)).collect();
                self.attempt(&what(), |store| store.transact_many(many))?
            }
        };
        if end == End::Done {
            self.model.synced();
        }
        self.model.asked(&ops, ids.as_deref(), end == End::Unsure)
    }

    /// Seals, sends, and records the answer, unless that gets lost. Says whether there was something to send.
    fn push(&mut self, most: u64, answer_is_lost: bool) -> Result<bool, String> {
        let most = usize::try_from(most).unwrap_or(1);
        let (end, batch) = self.attempt("seal", |store| store.seal_next(most, 1 << 20))?;
        if end == End::Unsure {
            for planned in &mut self.model.ops {
                if planned.sealed == Known::No {
                    planned.sealed = Known::Maybe;
                }
            }
        }
        let Some(batch) = batch.flatten() else {
            return Ok(false);
        };
        let mut places = Vec::new();
        for envelope in &batch.ops {
            let place = self
                .model
                .find(&envelope.kind, &envelope.payload)
                .ok_or_else(|| format!("{} was sealed and never done", envelope.op_id))?;
            let sealed = Place {
                incarnation: batch.incarnation,
                seq: envelope.seq,
                prev_hash: envelope.prev_hash,
                hash: envelope.hash(),
            };
            let planned = &mut self.model.ops[place];
            if let Known::Sure(before) = planned.sealed
                && before != sealed
            {
                return Err(format!(
                    "{} was {before:?} and is {sealed:?}",
                    envelope.op_id
                ));
            }
            planned.sealed = Known::Sure(sealed);
            places.push(place);
        }
        let chance = Arc::clone(&self.chance);
        let results = self
            .hub
            .push(&batch, || chance.next_u64().is_multiple_of(4))?;
        self.trace
            .line(|| format!("pushed {} operations", results.len()));
        if answer_is_lost {
            return Ok(true);
        }
        let (end, _) = self.attempt("record", |store| store.record_results(EPOCH, &results))?;
        for place in places {
            let answered = &mut self.model.ops[place].answered;
            // A part of them may be recorded although the rest is not.
            if *answered == Known::No {
                *answered = Known::Maybe;
            }
            // The hub would say it again, so the store does not wait for the disk here.
            if end == End::Done {
                self.model.unsynced_answers.push(place);
            }
        }
        Ok(true)
    }

    fn pull(&mut self, limit: u64) -> Result<(), String> {
        let (_, cursor) = self.attempt("cursor", Store::cursor)?;
        let Some(cursor) = cursor else {
            return Ok(());
        };
        if !self.model.cursor.allows(&cursor.seq) {
            return Err(format!("cursor {} was {:?}", cursor.seq, self.model.cursor));
        }
        self.model.cursor.seen(&cursor.seq);
        let changes = self
            .hub
            .after(cursor.seq, usize::try_from(limit).unwrap_or(1));
        let to = cursor.seq + changes.len() as u64;
        let (end, _) = self.attempt("pull", |store| {
            store.apply_changes(EPOCH, Hlc::default(), changes)
        })?;
        // It moves slice by slice, and the disk may fail or the power go after any of them.
        for passed in cursor.seq + 1..=to {
            self.model.cursor.wrote(passed, false);
        }
        if end == End::Done {
            self.model.cursor.drifted(to);
        } else {
            self.model.cursor.doubt();
        }
        Ok(())
    }

    /// Another till delivers goods or enrols somebody.
    fn elsewhere(&mut self) -> Result<(), String> {
        self.number += 1;
        let now = self.clock_now();
        let device_id = DeviceId(Uuid::from_u128(2));
        let op_id: OpId = self.shop.id();
        let op = if self.pick(2) == 0 {
            self.shop.deliver(1, i64::from(self.number))
        } else {
            self.shop.enrol("Desde otra caja", "+51911111111").1
        };
        let meta = OpMeta {
            op_id,
            device_id,
            staff_id: None,
            at: now,
            hlc: Hlc {
                ms: now.0,
                counter: 0,
            },
            redoes: None,
        };
        self.hub.elsewhere(&op, &meta)
    }

    fn keep_cart(&mut self) -> Result<(), String> {
        let known: Vec<CartId> = self.model.carts.keys().copied().collect();
        let cart_id = if known.is_empty() || self.pick(3) == 0 {
            self.shop.id()
        } else {
            known[usize::try_from(self.pick(known.len() as u64)).unwrap_or(0)]
        };
        let mut cart = self
            .shop
            .cart(&[(0, 1), (1, 2)], None)
            .map_err(|error| error.to_string())?;
        cart.cart_id = cart_id;
        let body = serde_json::to_string(&cart).map_err(|error| error.to_string())?;
        let (end, value) = match self.pick(4) {
            0 => {
                let (end, _) = self.attempt("forget cart", |store| store.delete_cart(cart_id))?;
                (end, None)
            }
            1 => {
                let save = |store: &Store| store.save_cart(&cart, CartState::Open, "");
                (self.attempt("cart", save)?.0, Some(("open", body)))
            }
            _ => {
                let save = |store: &Store| store.save_cart(&cart, CartState::Parked, "Mesa 4");
                (self.attempt("park", save)?.0, Some(("parked", body)))
            }
        };
        let absent = || super::model::Register::new(None);
        let register = self.model.carts.entry(cart_id).or_insert_with(absent);
        if end != End::NotDone {
            register.wrote(value, end == End::Done);
        }
        Ok(())
    }

    fn keep_setting(&mut self) -> Result<(), String> {
        self.number += 1;
        let value = self.number.to_string();
        let (end, _) = self.attempt("setting", |store| store.set_setting("proof", &value))?;
        if end == End::Done {
            self.model.synced();
        }
        if end != End::NotDone {
            self.model.setting.wrote(Some(value), end == End::Done);
        }
        Ok(())
    }

    /// Sends and fetches until both sides have everything.
    ///
    /// # Errors
    /// When they do not come together.
    pub fn drain(&mut self) -> Result<(), String> {
        for _ in 0..200 {
            let sent = !self.push(200, false)?;
            self.pull(500)?;
            if sent && *self.model.cursor.now() == self.hub.changes.len() as u64 {
                return Ok(());
            }
        }
        Err(format!(
            "the till stays at {} of {} changes",
            self.model.cursor.now(),
            self.hub.changes.len()
        ))
    }
}
