//! Two tills and a hub in any order of things: work, lost answers, partial pulls, restarts, old copies, a restored hub. In
//! the end everything that was done is on the hub exactly once and all agree.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_domain::{CustomerId, DeviceId, EntityKind, Hlc, Incarnation, Op, OpHash, OpId};
use counterfoil_store::{OpFate, SealedBatch};
use counterfoil_testkit::{SampleShop, delete, edit};
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use crate::common::{Hub, Till};

enum Reply {
    Accepted(Vec<(OpId, OpFate)>),
    Gap(u64),
    Fork,
}

type Life = (DeviceId, Incarnation);

/// The hub with its identity rules: epochs, gaps and forks.
#[derive(Clone, Default)]
struct StrictHub {
    hub: Hub,
    epoch: u128,
    chains: BTreeMap<Life, Vec<OpHash>>,
    newest: BTreeMap<DeviceId, Incarnation>,
}

impl StrictHub {
    fn epoch(&self) -> Uuid {
        Uuid::from_u128(self.epoch)
    }

    fn offer(&mut self, batch: &SealedBatch) -> Reply {
        let mut results = Vec::new();
        for op in &batch.ops {
            let life = (op.device_id, op.incarnation);
            let chain = self.chains.entry(life).or_default();
            let last = chain.len() as u64;
            if op.seq > last + 1 {
                return Reply::Gap(last);
            }
            if op.seq <= last {
                if chain[op.seq as usize - 1] != op.hash() {
                    return Reply::Fork;
                }
            } else {
                let end = chain.last().copied().unwrap_or(OpHash::GENESIS);
                if op.prev_hash != end {
                    return Reply::Fork;
                }
                chain.push(op.hash());
                self.newest.insert(op.device_id, op.incarnation);
            }
            results.extend(self.hub.push(std::slice::from_ref(op)));
        }
        Reply::Accepted(results)
    }

    /// As the protocol says it: in the newest incarnation that the hub knows.
    fn last_seq(&self, device_id: DeviceId) -> u64 {
        self.newest
            .get(&device_id)
            .and_then(|incarnation| self.chains.get(&(device_id, *incarnation)))
            .map_or(0, |chain| chain.len() as u64)
    }

    fn push(&mut self, till: &Till, max_ops: usize, answer_is_lost: bool) -> bool {
        let Some(batch) = till.store.seal_next(max_ops, 1 << 20).unwrap() else {
            return false;
        };
        match self.offer(&batch) {
            Reply::Accepted(results) if !answer_is_lost => {
                if let Err(error) = till.store.record_results(self.epoch(), &results) {
                    assert_eq!(error.code(), "epoch_changed");
                }
            }
            Reply::Accepted(_) => {}
            Reply::Gap(last) => till.store.resend_from(last + 1).unwrap(),
            Reply::Fork => {
                till.store.begin_incarnation().unwrap();
            }
        }
        true
    }

    fn pull(&self, till: &Till, limit: usize) {
        let cursor = till.store.cursor().unwrap();
        if cursor.epoch.is_some_and(|known| known != self.epoch()) {
            let last = self.last_seq(till.shop.device_id);
            let head = self.hub.changes.len() as u64;
            till.store
                .reset_for_epoch(self.epoch(), last, head)
                .unwrap();
        }
        let after = till.store.cursor().unwrap().seq;
        let mut changes = self.hub.after(till, after);
        changes.truncate(limit);
        till.store
            .apply_changes(self.epoch(), Hlc::default(), changes)
            .unwrap();
    }

    fn heal(&mut self, tills: &[&Till]) {
        for _ in 0..4 {
            for till in tills {
                self.pull(till, usize::MAX);
                while self.push(till, 7, false) {}
                self.pull(till, usize::MAX);
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Work(usize, u8),
    Push(usize, usize, bool),
    Pull(usize, usize),
    Restart(usize),
    NewLife(usize),
    Copy(usize),
    RollBack(usize),
    Refuse(bool),
    Backup,
    Restore,
}

fn step() -> impl Strategy<Value = Step> {
    let till = 0..2_usize;
    prop_oneof![
        8 => (till.clone(), 0..10_u8).prop_map(|(t, what)| Step::Work(t, what)),
        4 => (till.clone(), 1..6_usize, any::<bool>()).prop_map(|(t, n, lost)| Step::Push(t, n, lost)),
        4 => (till.clone(), 0..6_usize).prop_map(|(t, n)| Step::Pull(t, n)),
        1 => till.clone().prop_map(Step::Restart),
        1 => till.clone().prop_map(Step::NewLife),
        1 => till.clone().prop_map(Step::Copy),
        1 => till.prop_map(Step::RollBack),
        1 => any::<bool>().prop_map(Step::Refuse),
        1 => Just(Step::Backup),
        1 => Just(Step::Restore),
    ]
}

fn work(till: &Till, what: u8, number: u32, customer: CustomerId) -> Op {
    let shop = &till.shop;
    let coffee = shop.products[0].0.0;
    let sale = || shop.sale(number, &[(0, 1), (2, 2)], Some(customer), till.now());
    match what {
        0 => Op::SaleCompleted(sale().unwrap()),
        1 => Op::SaleRefunded(shop.refund(&sale().unwrap(), till.now()).unwrap()),
        2 => shop.stamp(customer),
        3 => shop.redeem(customer),
        4 => shop.deliver(1, 3),
        5 => edit(
            EntityKind::Product,
            coffee,
            "name",
            json!(format!("N{number}")),
        ),
        6 => edit(EntityKind::Customer, customer.0, "note", json!(number)),
        7 => shop.book(till.now().plus_minutes(i64::from(number))).1,
        8 => delete(EntityKind::Product, coffee),
        _ => shop.enrol("Otra", "+51900000000").1,
    }
}

fn run(steps: &[Step]) {
    let shop = SampleShop::new(1).unwrap();
    let other = shop.other_till("T2");
    let mut tills = [Some(Till::of(shop.clone(), 7)), Some(Till::of(other, 8))];
    let mut hub = StrictHub::default();
    let mut done: BTreeSet<OpId> = BTreeSet::new();
    let (customer, enrol) = shop.enrol("Rosa", "+51999888777");
    {
        let first = tills[0].as_ref().unwrap();
        for op in shop.setup().unwrap().into_iter().chain([enrol]) {
            done.insert(first.store.transact(op, None).unwrap());
        }
    }
    let mut backup = hub.clone();
    let mut copies = tills
        .each_ref()
        .map(|till| till.as_ref().map(Till::snapshot));
    let mut ever = done.len();
    for (number, step) in (1..).zip(steps) {
        let at = |t: &usize| tills[*t].as_ref().unwrap();
        match step {
            Step::Work(t, what) => {
                at(t).clock.advance_ms(1000);
                let op = work(at(t), *what, number, customer);
                done.insert(at(t).store.transact(op, None).unwrap());
                ever += 1;
            }
            Step::Push(t, count, lost) => {
                hub.push(at(t), *count, *lost);
            }
            Step::Pull(t, limit) => hub.pull(at(t), *limit),
            Step::Restart(t) => tills[*t] = tills[*t].take().map(Till::reopened),
            Step::NewLife(t) => {
                at(t).store.begin_incarnation().unwrap();
            }
            Step::Copy(t) => copies[*t] = Some(at(t).snapshot()),
            Step::RollBack(t) => {
                // One disk at a time: nobody can bring back what two of them lost.
                hub.heal(&[at(&0), at(&1)]);
                backup = hub.clone();
                let copy = copies[*t].clone().unwrap();
                tills[*t] = tills[*t].take().map(|till| till.rolled_back(&copy));
            }
            Step::Refuse(refuse) => {
                hub.hub.refuse = refuse.then(|| "slot_taken".to_owned());
            }
            Step::Backup => backup = hub.clone(),
            Step::Restore => {
                let epoch = hub.epoch + 1;
                hub = StrictHub {
                    epoch,
                    ..backup.clone()
                };
            }
        }
        if matches!(step, Step::RollBack(_) | Step::Restore) {
            // What is neither on a till nor on the hub any more was lost with a disk.
            let left: BTreeSet<OpId> = tills.iter().flatten().flat_map(Till::op_ids).collect();
            done.retain(|id| left.contains(id) || hub.hub.stored.contains_key(id));
        }
    }
    let [Some(one), Some(two)] = &tills else {
        unreachable!("both tills are on");
    };
    hub.heal(&[one, two]);
    agree(&hub, one, two, &done, ever);
}

fn agree(hub: &StrictHub, one: &Till, two: &Till, done: &BTreeSet<OpId>, ever: usize) {
    for op_id in done {
        assert!(hub.hub.stored.contains_key(op_id), "{op_id} was lost");
    }
    let mut once = BTreeSet::new();
    for (_, change) in &hub.hub.changes {
        assert!(
            change.op_id.is_none_or(|op_id| once.insert(op_id)),
            "an operation was counted twice"
        );
    }
    assert!(once.len() <= ever, "something was never done");
    for till in [one, two] {
        let unsettled: i64 =
            till.value("SELECT count(*) FROM outbox WHERE state NOT IN ('confirmed', 'refused')");
        let pending: i64 = till.value(
            "SELECT (SELECT count(*) FROM sale WHERE pending = 1) + (SELECT count(*) FROM stamp WHERE pending = 1)
                  + (SELECT count(*) FROM stock WHERE pending = 1) + (SELECT count(*) FROM cash WHERE pending = 1)",
        );
        assert_eq!((unsettled, pending, till.overlays()), (0, 0, 0));
    }
    let fresh = Till::of(one.shop.other_till("T3"), 9);
    hub.pull(&fresh, usize::MAX);
    for till in [one, two, &fresh] {
        // Unknown is honest, e.g. after the hub was restored; wrong is not.
        let (_, kept) = till.store.sums().unwrap();
        let counted = till.store.count_rows().unwrap().sums;
        assert_eq!(kept.unwrap_or(counted), counted);
    }
    let sums = |till: &Till| till.store.count_rows().unwrap().sums;
    assert_eq!((sums(one), sums(two)), (sums(&fresh), sums(&fresh)));
    assert!(fresh.store.sums().unwrap().1.is_some());
    let expected = fresh.store.checksum().unwrap();
    assert_eq!(one.store.checksum().unwrap(), expected);
    assert_eq!(two.store.checksum().unwrap(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        max_shrink_iters: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_happens_each_operation_is_on_the_hub_once_and_all_agree(
        steps in prop::collection::vec(step(), 1..60)
    ) {
        run(&steps);
    }
}
