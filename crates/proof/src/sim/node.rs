//! A till of a run: its disk, its clock, the steps under way, and what the world knows of it beside the product.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use counterfoil_domain::op::{EntityEdited, Op};
use counterfoil_domain::{EntityKind, Incarnation, OpHash, OpId, UnixMs};
use counterfoil_store::{Cursor, Store};
use counterfoil_sync::HubCredentials;
use counterfoil_testkit::{ManualClock, SampleShop, SeededEntropy};
use serde_json::Value;
use uuid::Uuid;

use super::disk::DiskCopy;
use super::step::{Step, Way};
use super::town::open_store;
use super::{Outcome, say};

/// What lies on a till's disk as far as the world knows. It goes back when the disk goes back.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Operations that were done here, in order.
    pub done: Vec<OpId>,
    /// The bytes' hash of what was sent from each place of the chain.
    pub sent: BTreeMap<(Incarnation, u64), OpHash>,
    /// Own edits that have not come back from the hub: what must be on the screen.
    pub own: Vec<Own>,
    /// How far the till had followed the hub.
    pub cursor: Cursor,
}

/// An own edit that has not come back yet.
#[derive(Debug, Clone)]
pub struct Own {
    /// The operation.
    pub op_id: OpId,
    /// What it edits.
    pub subject: (EntityKind, Uuid),
    /// What it says.
    pub fields: BTreeMap<String, Value>,
}

/// Which timer of a till.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timer {
    /// The step under way answers to this number; 0 is none.
    pub due: u64,
    /// Failures in a row.
    pub failures: u32,
}

/// Whose identity a till has; a clone shares it.
#[derive(Clone)]
pub struct Identity {
    /// Its place among the tills that were paired.
    pub seat: usize,
    /// The shop seen from it.
    pub shop: SampleShop,
    /// What it presents at the hub.
    pub credentials: HubCredentials,
}

/// A till.
pub struct Node {
    /// Whose identity it has.
    pub identity: Identity,
    /// What the world knows of its disk.
    pub known: Known,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// How far its clock is off.
    pub off_ms: i64,
    /// Steps under way.
    pub push: Option<Step>,
    /// Steps under way.
    pub pull: Option<Step>,
    /// When it pushes next.
    pub push_timer: Timer,
    /// When it pulls next.
    pub pull_timer: Timer,
    /// Nothing of it reaches the hub.
    pub cut_out: bool,
    /// Nothing of the hub reaches it.
    pub cut_in: bool,
    /// Copies of its disk that somebody keeps.
    pub copies: Vec<(DiskCopy, Known)>,
    store: Option<Store>,
    folder: PathBuf,
    name: String,
    life: u32,
    seed: u64,
}

impl Node {
    /// Puts a copy into a till and starts it.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(
        identity: Identity,
        (number, folder): (usize, &Path),
        (copy, known): (&DiskCopy, Known),
        (now, off_ms): (UnixMs, i64),
        seed: u64,
    ) -> Outcome<Self> {
        let mut node = Self {
            identity,
            known,
            clock: ManualClock::at(now.plus_ms(off_ms)),
            off_ms,
            push: None,
            pull: None,
            push_timer: Timer::default(),
            pull_timer: Timer::default(),
            cut_out: false,
            cut_in: false,
            copies: Vec::new(),
            store: None,
            folder: folder.to_owned(),
            name: format!("till{number}"),
            life: 0,
            seed,
        };
        node.boot(copy)?;
        Ok(node)
    }

    /// The running store.
    ///
    /// # Errors
    /// When the till is switched off: a fault of the simulation.
    pub fn store(&self) -> Outcome<&Store> {
        self.store
            .as_ref()
            .ok_or_else(|| say("the till is switched off"))
    }

    fn path(&self) -> PathBuf {
        self.folder.join(format!("{}-{}.db", self.name, self.life))
    }

    fn boot(&mut self, copy: &DiskCopy) -> Outcome<()> {
        self.life += 1;
        let path = self.path();
        copy.put(&path)?;
        // No two starts anywhere make the same ids.
        let entropy = SeededEntropy::new(self.seed ^ (u64::from(self.life) << 48));
        self.store = Some(open_store(&path, &self.clock, &entropy)?);
        self.known.cursor = self.store()?.cursor()?;
        Ok(())
    }

    /// What a kill at this moment leaves on the disk.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn copy(&self) -> Outcome<DiskCopy> {
        Ok(DiskCopy::of(&self.path())?)
    }

    /// Kills the till and starts it on what is left.
    ///
    /// # Errors
    /// When it does not start again.
    pub fn crash(&mut self) -> Outcome<()> {
        let copy = self.copy()?;
        self.replace_disk(&copy)
    }

    /// Kills the till and starts it on another disk.
    ///
    /// # Errors
    /// When it does not start again.
    pub fn replace_disk(&mut self, copy: &DiskCopy) -> Outcome<()> {
        self.push = None;
        self.pull = None;
        self.push_timer = Timer::default();
        self.pull_timer = Timer::default();
        self.store = None;
        self.boot(copy)
    }

    /// The step of one way.
    pub const fn step(&mut self, way: Way) -> &mut Option<Step> {
        match way {
            Way::Push => &mut self.push,
            Way::Pull => &mut self.pull,
        }
    }

    /// The timer of one way.
    pub const fn timer(&mut self, way: Way) -> &mut Timer {
        match way {
            Way::Push => &mut self.push_timer,
            Way::Pull => &mut self.pull_timer,
        }
    }

    /// Notes what somebody was told is done.
    pub fn note_done(&mut self, op_id: OpId, op: &Op) {
        self.known.done.push(op_id);
        let (subject, fields) = match op {
            Op::EntityEdited(EntityEdited { entity, id, fields }) => {
                ((*entity, *id), fields.clone())
            }
            Op::CustomerEnrolled(c) => {
                let name = Value::String(c.customer.name.clone());
                let fields = BTreeMap::from([("name".to_owned(), name)]);
                ((EntityKind::Customer, c.customer_id.0), fields)
            }
            _ => return,
        };
        self.known.own.push(Own {
            op_id,
            subject,
            fields,
        });
    }

    /// What the hub's answer says has come back, as soon as the till has taken it in.
    pub fn note_returned(&mut self, answer: &[u8]) {
        if self.known.own.is_empty() {
            return;
        }
        let answer = String::from_utf8_lossy(answer);
        self.known
            .own
            .retain(|own| !answer.contains(&own.op_id.to_string()));
    }

    /// Proves that what a person did here is what the screen shows, until the hub's word comes back.
    ///
    /// # Errors
    /// What is not shown.
    pub fn check_own(&self) -> Outcome<()> {
        let mut wanted: BTreeMap<(EntityKind, Uuid), BTreeMap<&str, &Value>> = BTreeMap::new();
        for own in &self.known.own {
            let shown = wanted.entry(own.subject).or_default();
            shown.extend(
                own.fields
                    .iter()
                    .map(|(name, value)| (name.as_str(), value)),
            );
        }
        for ((kind, id), fields) in wanted {
            let body: Option<String> = self.store()?.read(|conn| {
                let sql = "SELECT max(body) AS body FROM entity WHERE kind = ?1 AND id = ?2";
                let key = [kind.name().to_owned(), id.to_string()];
                Ok(conn
                    .prepare_cached(sql)?
                    .query_row(key, |row| row.get("body"))?)
            })?;
            let body: BTreeMap<String, Value> = match &body {
                Some(text) => serde_json::from_str(text)?,
                None => BTreeMap::new(),
            };
            for (name, value) in fields {
                if body.get(name) != Some(value) {
                    return Err(say(format!(
                        "own writes visible: {} {id} shows {name} = {:?} while an own edit to {value} has not come back",
                        kind.name(),
                        body.get(name),
                    )));
                }
            }
        }
        Ok(())
    }

    /// Proves that the outbox holds what was done on this disk, in order, and nothing else.
    ///
    /// # Errors
    /// What is missing or too much.
    pub fn check_outbox(&self) -> Outcome<()> {
        let kept: Vec<String> = texts(self.store()?, "SELECT op_id FROM outbox ORDER BY local_no")?;
        let done: Vec<String> = self.known.done.iter().map(ToString::to_string).collect();
        if kept == done {
            return Ok(());
        }
        let lost: Vec<_> = done.iter().filter(|id| !kept.contains(id)).collect();
        let strange: Vec<_> = kept.iter().filter(|id| !done.contains(id)).collect();
        Err(say(format!(
            "done on this till but not on its disk: {lost:?}; on its disk but never done: {strange:?}"
        )))
    }

    /// Proves that the cursor did not go back within an epoch.
    ///
    /// # Errors
    /// When it did.
    pub fn check_cursor(&mut self) -> Outcome<()> {
        let (before, now) = (self.known.cursor, self.store()?.cursor()?);
        self.known.cursor = now;
        if before.epoch == now.epoch && now.seq < before.seq {
            return Err(say(format!(
                "the cursor went back within an epoch, from {} to {}",
                before.seq, now.seq
            )));
        }
        Ok(())
    }
}

/// The first column of every row.
///
/// # Errors
/// When the statement does not hold.
pub fn texts(store: &Store, sql: &'static str) -> Outcome<Vec<String>> {
    Ok(store.read(|conn| {
        let mut statement = conn.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    })?)
}

/// One number.
///
/// # Errors
/// When the statement does not hold.
pub fn count(store: &Store, sql: &'static str) -> Outcome<i64> {
    Ok(store.read(|conn| Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?))?)
}
