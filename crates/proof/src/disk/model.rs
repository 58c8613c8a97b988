//! What must be on the disk: every acknowledged thing for certain, what failed at most.

use std::collections::{BTreeMap, HashMap};

use counterfoil_domain::{CartId, Incarnation, Op, OpHash, OpId};

/// A value that was written over and over. A write that failed may still have come through.
#[derive(Debug, Clone)]
pub struct Register<T> {
    sure: T,
    maybe: Vec<T>,
    /// What was acknowledged and becomes sure with the next synced commit.
    drifting: Option<T>,
}

impl<T: PartialEq + Clone> Register<T> {
    /// A value that is there.
    pub const fn new(sure: T) -> Self {
        Self {
            sure,
            maybe: Vec::new(),
            drifting: None,
        }
    }

    /// What was acknowledged last.
    pub fn now(&self) -> &T {
        self.drifting.as_ref().unwrap_or(&self.sure)
    }

    /// A write that is acknowledged before it is synced: a power cut may take it back.
    pub fn drifted(&mut self, value: T) {
        self.maybe.push(value.clone());
        self.drifting = Some(value);
    }

    /// What drifted may be there or not, and no later commit makes it sure before somebody has seen it.
    pub fn doubt(&mut self) {
        self.drifting = None;
    }

    /// This is what a program finds: the next synced commit makes it sure.
    pub fn seen(&mut self, found: &T) {
        if self.drifting.is_none() && self.sure != *found {
            self.drifting = Some(found.clone());
        }
    }

    /// A later commit was synced, and with it everything before.
    pub fn synced(&mut self) {
        if let Some(value) = self.drifting.take() {
            self.wrote(value, true);
        }
    }

    /// A write that ended well, or not.
    pub fn wrote(&mut self, value: T, acknowledged: bool) {
        if acknowledged {
            self.sure = value;
            self.maybe.clear();
            self.drifting = None;
        } else {
            self.maybe.push(value);
        }
    }

    /// Whether `found` may be there.
    pub fn allows(&self, found: &T) -> bool {
        self.sure == *found || self.maybe.contains(found)
    }

    /// From now on `found` is what must be there.
    pub fn settle(&mut self, found: T) {
        self.wrote(found, true);
    }
}

/// Whether something came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<T> {
    /// It did not.
    No,
    /// The store failed on it, so it may have.
    Maybe,
    /// It did.
    Sure(T),
}

/// An operation's place in its incarnation's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub incarnation: Incarnation,
    pub seq: u64,
    pub prev_hash: OpHash,
    pub hash: OpHash,
}

/// An operation that was asked for.
#[derive(Debug, Clone)]
pub struct Planned {
    pub op: Op,
    /// Those of one group were committed together.
    pub group: usize,
    pub done: Known<OpId>,
    pub sealed: Known<Place>,
    pub answered: Known<()>,
}

/// A cart as it is kept: its state and its body.
pub type KeptCart = Option<(&'static str, String)>;

/// Everything that was asked of the till, and what it said.
#[derive(Debug, Clone)]
pub struct Model {
    pub ops: Vec<Planned>,
    /// Payloads are unique, so that an operation whose id nobody heard of is found.
    by_payload: HashMap<String, usize>,
    groups: usize,
    /// Operations whose answer is kept and not synced yet.
    pub unsynced_answers: Vec<usize>,
    pub cursor: Register<u64>,
    pub carts: BTreeMap<CartId, Register<KeptCart>>,
    pub setting: Register<Option<String>>,
}

impl Model {
    /// A till that was never used.
    pub fn new() -> Self {
        Self {
            ops: Vec::new(),
            by_payload: HashMap::new(),
            groups: 0,
            unsynced_answers: Vec::new(),
            cursor: Register::new(0),
            carts: BTreeMap::new(),
            setting: Register::new(None),
        }
    }

    /// Notes operations that were asked for in one transaction: with their ids when it was acknowledged; `maybe` when
    /// it failed so that nobody can know.
    ///
    /// # Errors
    /// When an operation cannot be written or was asked for before.
    pub fn asked(&mut self, ops: &[Op], ids: Option<&[OpId]>, maybe: bool) -> Result<(), String> {
        self.groups += 1;
        for (place, op) in ops.iter().enumerate() {
            let payload = key(op.kind(), &op.payload().map_err(|error| error.to_string())?);
            let done = match ids {
                Some(ids) => ids.get(place).map_or(Known::No, |id| Known::Sure(*id)),
                None if maybe => Known::Maybe,
                None => Known::No,
            };
            if self.by_payload.insert(payload, self.ops.len()).is_some() {
                return Err(format!("two operations are alike: {op:?}"));
            }
            self.ops.push(Planned {
                op: op.clone(),
                group: self.groups,
                done,
                sealed: Known::No,
                answered: Known::No,
            });
        }
        Ok(())
    }

    /// The power went or a sync failed, and what was acknowledged and not synced may have been taken back. A sync that
    /// fails does it without a power cut as well: the system may drop the pages of the log that it could not write.
    pub fn doubt(&mut self) {
        self.cursor.doubt();
        self.unsynced_answers.clear();
    }

    /// What a person did was committed, and so synced with everything before it.
    pub fn synced(&mut self) {
        self.cursor.synced();
        for place in std::mem::take(&mut self.unsynced_answers) {
            self.ops[place].answered = Known::Sure(());
        }
    }

    /// The operation with this payload.
    pub fn find(&self, kind: &str, payload: &str) -> Option<usize> {
        self.by_payload.get(&key(kind, payload)).copied()
    }

    /// Operations that were acknowledged.
    pub fn acked(&self) -> usize {
        let done = |op: &&Planned| matches!(op.done, Known::Sure(_));
        self.ops.iter().filter(done).count()
    }
}

fn key(kind: &str, payload: &str) -> String {
    format!("{kind} {payload}")
}
