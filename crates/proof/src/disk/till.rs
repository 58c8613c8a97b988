//! A till on the disk: it does random things, and the model notes what it said.

use std::path::Path;
use std::sync::Arc;

use counterfoil_domain::fact::Sale;
use counterfoil_domain::{CartId, CustomerId, EntityKind, Op, StampId, UnixMs};
use counterfoil_store::{CartState, Store, StoreEnv, StoreError};
use counterfoil_testkit::{ManualClock, SampleShop, SeededEntropy, edit};
use serde_json::json;

use super::hub::ModelHub;
use super::machine::Disk;
use super::model::Model;
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
    pub(super) number: u32,
}

/// How something ended that the disk may spoil.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
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

    pub(super) fn pick(&self, bound: u64) -> u64 {
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

    pub(super) fn clock_now(&self) -> UnixMs {
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
    pub(super) fn attempt<T>(
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
}
