//! A run: one queue of events in virtual time, one thing happening at a time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::path::PathBuf;

use counterfoil_domain::{Op, OpId, UnixMs};
use counterfoil_store::Cursor;
use counterfoil_sync::Response;
use counterfoil_testkit::ManualClock;
use tempfile::TempDir;

use super::book::Book;
use super::dice::Dice;
use super::events::{Due, Event, Letter};
use super::hub::{HubCopy, HubNode, NO_LIMIT};
use super::node::{Identity, Known, Node};
use super::step::{Ended, Stage, Step, Way};
use super::storm::{Fault, Storm};
use super::town::{Town, shops};
use super::trace::Trace;
use super::{Outcome, disk, people, say};

/// How long a till waits for an answer, in milliseconds.
pub(super) const PATIENCE_MS: i64 = 30_000;
/// More events than any run has: beyond, two sides keep each other busy for ever.
const EVENTS_MAX: u64 = 30_000;

/// What happened how often, for the report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(pub BTreeMap<&'static str, u64>);

impl Tally {
    /// Counts one.
    pub fn count(&mut self, name: &'static str) {
        *self.0.entry(name).or_default() += 1;
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        for (name, count) in &other.0 {
            *self.0.entry(name).or_default() += count;
        }
    }
}

/// What somebody was told is done.
#[derive(Debug, Clone)]
pub struct Done {
    /// The operation.
    pub op: Op,
    /// On which till.
    pub till: usize,
    /// Its place among everything that was done.
    pub turn: u64,
    /// How far the till had followed the hub: what whoever did it could have seen.
    pub seen: Cursor,
}

/// The world of one run.
pub struct World {
    pub(super) storm: Storm,
    pub(super) now: i64,
    queue: BinaryHeap<Reverse<Due>>,
    events: u64,
    pub(super) nodes: Vec<Node>,
    pub(super) hub: HubNode,
    /// The eavesdropper's notes on the hub.
    pub(super) book: Book,
    pub(super) backups: Vec<(HubCopy, Book)>,
    /// Everything anybody was ever told is done.
    pub(super) done: BTreeMap<OpId, Done>,
    /// Operations that only a newer program can read.
    pub(super) newer: Vec<OpId>,
    /// When each operation was first on its way to the hub, among all.
    pub(super) first_sent: BTreeMap<OpId, usize>,
    pub(super) hub_off_ms: i64,
    /// The latest that the hub's clock ever showed when it was asked.
    pub(super) latest_hub_ms: i64,
    /// The last good answer each till got, by way: what a careless cache would serve.
    pub(super) stale: BTreeMap<(usize, Way), Vec<Response>>,
    people: Dice,
    pub(super) net: Dice,
    pub(super) faults: Dice,
    pub(super) rhythm: Dice,
    pub(super) operator: Dice,
    pub(super) trace: Trace,
    pub(super) tally: Tally,
    pub(super) folder: PathBuf,
    pub(super) seed: u64,
    _files: TempDir,
}

impl World {
    /// Sets a run up.
    ///
    /// # Errors
    /// When hub or tills do not start.
    pub async fn new(town: &Town, seed: u64, storm: Storm, trace: bool) -> Outcome<Self> {
        let files = disk::folder()?;
        let mut faults = Dice::new(seed, "faults");
        let limit = if storm.has(Fault::Limit) {
            u32::try_from(faults.between(4, 30)).unwrap_or(NO_LIMIT)
        } else {
            NO_LIMIT
        };
        let hub = town.hub(files.path(), seed, limit).await?;
        let mut world = Self {
            now: 0,
            queue: BinaryHeap::new(),
            events: 0,
            nodes: Vec::new(),
            hub,
            book: Book::default(),
            backups: Vec::new(),
            done: town.done.iter().map(|d| (d.op_id, d.done())).collect(),
            newer: Vec::new(),
            first_sent: (town.done.iter().map(|done| done.op_id)).zip(0..).collect(),
            hub_off_ms: 0,
            latest_hub_ms: 0,
            stale: BTreeMap::new(),
            people: Dice::new(seed, "people"),
            net: Dice::new(seed, "net"),
            faults,
            rhythm: Dice::new(seed, "rhythm"),
            operator: Dice::new(seed, "operator"),
            trace: Trace::new(trace),
            tally: Tally::default(),
            folder: files.path().to_owned(),
            seed,
            storm,
            _files: files,
        };
        for (seat, shop) in shops()?.into_iter().enumerate().take(world.storm.tills) {
            let cold = world.storm.has(Fault::Cold) && world.faults.percent(40);
            let kept = &town.seats[seat];
            let known = Known {
                done: if seat == 0 && !cold {
                    town.done.iter().map(|done| done.op_id).collect()
                } else {
                    Vec::new()
                },
                ..Known::default()
            };
            let off_ms = world.draw_offset();
            let identity = Identity {
                shop,
                credentials: kept.credentials.clone(),
            };
            let node = Node::start(
                identity,
                (seat, &world.folder),
                (if cold { &kept.cold } else { &kept.warm }, known),
                (world.true_time(), off_ms),
                world.node_seed(seat),
            )?;
            world.nodes.push(node);
        }
        world.plan();
        Ok(world)
    }

    pub(super) fn node_seed(&self, number: usize) -> u64 {
        Dice::new(self.seed, &format!("till {number}")).next()
    }

    pub(super) const fn true_time(&self) -> UnixMs {
        ManualClock::START.plus_ms(self.now)
    }

    /// How far a clock is off: mostly not at all, else by anything up to years either way.
    pub(super) fn draw_offset(&mut self) -> i64 {
        const YEARS_MS: i64 = 4 * 365 * 24 * 3_600_000;
        if !self.storm.has(Fault::Clock) || self.faults.percent(50) {
            return 0;
        }
        let off = self.faults.magnitude(1_000, YEARS_MS);
        if self.faults.percent(50) { off } else { -off }
    }

    pub(super) fn at(&mut self, at: i64, event: Event) {
        self.events += 1;
        let no = self.events;
        self.queue.push(Reverse(Due { at, no, event }));
    }

    /// Sets a till's timer anew; an earlier one counts no more.
    pub(super) fn set_timer(&mut self, node: usize, way: Way, at: i64) {
        let due = self.events + 1;
        self.nodes[node].timer(way).due = due;
        self.at(at, Event::Tick(node, way, due));
    }

    /// Moves all clocks to a moment.
    pub(super) fn go_to(&mut self, at: i64) {
        self.now = self.now.max(at);
        let time = self.true_time();
        for node in &self.nodes {
            node.clock.set(time.plus_ms(node.off_ms));
        }
        self.hub.clock.set(time.plus_ms(self.hub_off_ms));
    }

    pub(super) fn say(&mut self, line: impl FnOnce() -> String) {
        self.trace.say(self.now, line);
    }

    /// Lets the storm rage until nobody does anything any more.
    ///
    /// # Errors
    /// What did not hold.
    pub async fn rage(&mut self) -> Outcome<()> {
        while let Some(Reverse(due)) = self.queue.pop() {
            if due.at > self.storm.horizon_ms {
                self.queue.push(Reverse(due));
                break;
            }
            if self.events > EVENTS_MAX {
                return Err(say("tills and hub keep each other busy for ever"));
            }
            self.go_to(due.at);
            self.happen(due.event).await?;
        }
        Ok(())
    }

    /// What is still on its way to the hub.
    pub(super) fn stragglers(&mut self) -> Vec<Letter> {
        let mut left: Vec<_> = std::mem::take(&mut self.queue).into_vec();
        left.sort();
        left.into_iter()
            .rev()
            .filter_map(|Reverse(due)| match due.event {
                Event::ToHub(letter) => Some(letter),
                _ => None,
            })
            .collect()
    }

    async fn happen(&mut self, event: Event) -> Outcome<()> {
        match event {
            Event::Person => self.person(),
            Event::Tick(node, way, due) => self.tick(node, way, due).await,
            Event::ToHub(letter) => self.reach_hub(letter).await,
            Event::ToTill(letter, response) => self.reach_till(&letter, response).await,
            Event::Patience(node, way, step) => self.lose_patience(node, way, step).await,
            Event::Breaks(fault) => self.break_something(fault).await,
            Event::Mended(node) => {
                self.nodes[node].cut_in = false;
                self.nodes[node].cut_out = false;
                self.say(|| format!("till{node}: the line is mended"));
                Ok(())
            }
        }
    }

    fn person(&mut self) -> Outcome<()> {
        let number = self.people.below(self.nodes.len());
        self.somebody_acts(number)
    }

    /// Somebody does something at this till.
    pub(super) fn somebody_acts(&mut self, number: usize) -> Outcome<()> {
        let node = &self.nodes[number];
        let now = self.true_time().plus_ms(node.off_ms);
        let Some(op) = people::draw(&mut self.people, &node.identity.shop, node.store()?, now)?
        else {
            return Ok(());
        };
        self.perform(number, op)?;
        Ok(())
    }

    /// Somebody does something and is told that it is done.
    pub(super) fn perform(&mut self, number: usize, op: Op) -> Outcome<OpId> {
        let node = &mut self.nodes[number];
        let seen = node.store()?.cursor()?;
        let op_id = node
            .store()?
            .transact(op.clone(), Some(node.identity.shop.cashier))?;
        node.note_done(op_id, &op);
        node.check_own()?;
        self.tally.count("operations");
        self.say(|| format!("till{number}: {} {op_id}", op.kind()));
        let done = Done {
            op,
            till: number,
            turn: self.events,
            seen,
        };
        if self.done.insert(op_id, done).is_some() {
            return Err(say(format!("two operations have the id {op_id}")));
        }
        let soon = self.now + self.rhythm.magnitude(5, self.storm.horizon_ms / 20);
        self.set_timer(number, Way::Push, soon);
        Ok(op_id)
    }

    async fn tick(&mut self, number: usize, way: Way, due: u64) -> Outcome<()> {
        let no = self.events;
        let node = &mut self.nodes[number];
        if node.timer(way).due != due || node.step(way).is_some() {
            return Ok(());
        }
        node.timer(way).due = 0;
        // A hub knows a till by its token; a till that is a clone presents the same.
        let by = node.identity.credentials.clone();
        let step = Step::begin(no, way, node.store()?.clone(), by);
        *node.step(way) = Some(step);
        self.events += 1;
        self.go_on(number, way).await
    }

    /// Lets a step work until it asks or is over.
    pub(super) async fn go_on(&mut self, number: usize, way: Way) -> Outcome<()> {
        let Some(mut step) = self.nodes[number].step(way).take() else {
            return Ok(());
        };
        match step.go_on().await {
            Stage::Asks(request) => {
                let letter = Letter {
                    node: number,
                    way,
                    step: step.no,
                    request,
                };
                *self.nodes[number].step(way) = Some(step);
                let patience = self.now + PATIENCE_MS;
                self.at(patience, Event::Patience(number, way, letter.step));
                self.post(letter)
            }
            Stage::Over(ended) => {
                drop(step);
                self.over(number, way, &ended)
            }
        }
    }

    /// A step is over; when is the next?
    fn over(&mut self, number: usize, way: Way, ended: &Ended) -> Outcome<()> {
        use counterfoil_sync::steps::{Pulled, Pushed};
        let horizon = self.storm.horizon_ms;
        self.trace
            .say(self.now, || format!("till{number}: {ended:?}"));
        if let Some(error) = ended.error() {
            super::tolerable(error)?;
            let failures = self.nodes[number].timer(way).failures + 1;
            self.nodes[number].timer(way).failures = failures;
            // The till may also be switched off for a while; else a long cut would be nothing but retries.
            let wait = super::backoff(&mut self.rhythm, failures, error)
                .max(self.rhythm.between(0, horizon / 15));
            self.set_timer(number, way, self.now + wait);
            return Ok(());
        }
        self.nodes[number].timer(way).failures = 0;
        let next = match ended {
            Ended::Pushed(Ok(Pushed::Nothing)) => self.rhythm.between(horizon / 6, horizon / 2),
            Ended::Pulled(Ok(Pulled { at_head: true, .. })) => {
                self.rhythm.between(horizon / 30, horizon / 5)
            }
            Ended::Pushed(Ok(Pushed::PullFirst)) => {
                let soon = self.now + self.rhythm.between(1, 50);
                if self.nodes[number].pull.is_none() {
                    self.set_timer(number, Way::Pull, soon);
                }
                self.rhythm.magnitude(1_000, horizon / 8)
            }
            Ended::Pushed(_) | Ended::Pulled(_) => self.rhythm.between(1, 50),
        };
        if let Ended::Pulled(Ok(pulled)) = ended
            && (pulled.restored || pulled.changes > 0)
            && self.nodes[number].push.is_none()
        {
            let soon = self.now + self.rhythm.magnitude(5, 60_000);
            self.set_timer(number, Way::Push, soon);
        }
        self.set_timer(number, way, self.now + next);
        if matches!(ended, Ended::Pushed(Ok(Pushed::Batch { .. })))
            && self.nodes[number].pull.is_none()
            && self.rhythm.percent(60)
        {
            let soon = self.now + self.rhythm.magnitude(5, 60_000);
            self.set_timer(number, Way::Pull, soon);
        }
        Ok(())
    }
}
