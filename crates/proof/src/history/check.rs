//! What cannot have happened.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_domain::{DeviceId, Incarnation, OpId, TenantId};
use counterfoil_protocol::sync::{Change, Outcome, Row};
use uuid::Uuid;

use super::lines::{History, Line};

/// What a till shows in the end.
#[derive(Debug, Clone, Default)]
pub struct Replica {
    /// The rows of its ledgers.
    pub facts: BTreeSet<Uuid>,
    /// A fingerprint of each table.
    pub checksums: BTreeMap<String, String>,
}

/// Everything that is known of one shop.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The shop.
    pub tenant_id: TenantId,
    /// What its tills were asked and said.
    pub histories: Vec<History>,
    /// What a stranger pulls from the hub.
    pub changes: Vec<Change>,
    /// What its tills show.
    pub replicas: Vec<Replica>,
}

/// What the checker counted and found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Operations that were acknowledged.
    pub acked: u64,
    /// Operations that nobody heard the end of, and that are on the hub all the same.
    pub unheard: u64,
    /// Acknowledged operations that are not on the hub.
    pub lost: u64,
    /// What cannot have happened.
    pub violations: Vec<String>,
}

/// What became of an operation, as far as anybody heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Nothing,
    Ok(OpId),
    Fail,
}

struct Asked {
    row: Uuid,
    kind: String,
    heard: Heard,
    /// Whether it could be seen right after somebody heard that it was done.
    shown: bool,
    /// Whether a disk that had it was given up for an older copy.
    disk_gone: bool,
}

/// Judges all shops of one hub together.
#[must_use]
pub fn check(shops: &[Evidence]) -> Verdict {
    let mut verdict = Verdict::default();
    let mut owners: BTreeMap<Uuid, TenantId> = BTreeMap::new();
    for shop in shops {
        for history in &shop.histories {
            for line in &history.lines {
                if let Line::Invoke { row, .. } = line {
                    owners.insert(*row, shop.tenant_id);
                }
            }
        }
    }
    for shop in shops {
        let mut judge = Judge {
            shop,
            verdict: &mut verdict,
        };
        judge.numbers();
        judge.borders(&owners);
        judge.chains();
        judge.operations();
        judge.replicas();
    }
    verdict
}

struct Judge<'a> {
    shop: &'a Evidence,
    verdict: &'a mut Verdict,
}

/// The rows of a change: facts by their own id, entities by theirs.
fn rows(change: &Change) -> impl Iterator<Item = Uuid> {
    change.rows.iter().map(|row| match row {
        Row::Fact(fact) => fact.id(),
        Row::Entity(entity) => entity.id,
    })
}

impl Judge<'_> {
    fn blame(&mut self, what: String) {
        self.verdict.violations.push(what);
    }

    /// The hub's numbers are contiguous from one.
    fn numbers(&mut self) {
        for (change, expected) in self.shop.changes.iter().zip(1..) {
            if change.seq != expected {
                self.blame(format!(
                    "change {} comes where {expected} should",
                    change.seq
                ));
                return;
            }
        }
    }

    /// No row of another shop.
    fn borders(&mut self, owners: &BTreeMap<Uuid, TenantId>) {
        let changes = &self.shop.changes;
        for row in changes.iter().flat_map(rows) {
            if let Some(owner) = owners.get(&row)
                && *owner != self.shop.tenant_id
            {
                self.blame(format!(
                    "{row} of shop {owner} came to shop {}",
                    self.shop.tenant_id
                ));
            }
        }
    }

    /// Each life of a till is on the hub in its order, without gaps, each operation once.
    fn chains(&mut self) {
        let mut ends: BTreeMap<(DeviceId, Incarnation), u64> = BTreeMap::new();
        let mut once: BTreeSet<OpId> = BTreeSet::new();
        for change in &self.shop.changes {
            let Some(origin) = change.origin else {
                continue;
            };
            let end = ends
                .entry((origin.device_id, origin.incarnation))
                .or_default();
            if origin.seq != *end + 1 {
                let end = *end;
                self.blame(format!(
                    "till {} goes from {end} to {} in life {}",
                    origin.device_id, origin.seq, origin.incarnation
                ));
            }
            *ends
                .entry((origin.device_id, origin.incarnation))
                .or_default() = origin.seq;
            if !once.insert(origin.op_id) {
                self.blame(format!("{} counts twice", origin.op_id));
            }
        }
    }

    /// Acknowledged: exactly once, whole and in order. Refused: not at all. Unheard: at most once.
    fn operations(&mut self) {
        let mut places: BTreeMap<OpId, usize> = BTreeMap::new();
        let mut made: BTreeMap<Uuid, Vec<usize>> = BTreeMap::new();
        for (place, change) in self.shop.changes.iter().enumerate() {
            if let Some(origin) = change.origin {
                places.insert(origin.op_id, place);
            }
            for row in rows(change) {
                made.entry(row).or_default().push(place);
            }
        }
        for history in &self.shop.histories {
            let asked = self.follow(history);
            let mut last_fact = None;
            for asked in asked {
                let found = match asked.heard {
                    Heard::Ok(op_id) => places.get(&op_id).copied(),
                    Heard::Nothing | Heard::Fail => {
                        made.get(&asked.row).and_then(|all| all.first().copied())
                    }
                };
                match (asked.heard, found) {
                    (Heard::Ok(op_id), None) => {
                        self.verdict.acked += 1;
                        self.verdict.lost += 1;
                        self.blame(format!("LOST: {} {op_id} ({})", asked.kind, asked.row));
                    }
                    (Heard::Ok(_), Some(_)) => self.verdict.acked += 1,
                    (Heard::Nothing, Some(_)) => self.verdict.unheard += 1,
                    (Heard::Fail, Some(_)) => {
                        self.blame(format!("{} was refused and is there", asked.row));
                    }
                    (Heard::Nothing | Heard::Fail, None) => {}
                }
                // The hub may have refused a claim, and said so, before anybody looked.
                let refused = found.is_some_and(|at| {
                    matches!(self.shop.changes[at].outcome, Outcome::Refused { .. })
                });
                if !asked.shown && !refused {
                    self.blame(format!(
                        "{} {} was done and not shown",
                        asked.kind, asked.row
                    ));
                }
                let Some(place) = found else { continue };
                let change = &self.shop.changes[place];
                let applied = change.outcome == Outcome::Applied;
                if applied && !rows(change).any(|row| row == asked.row) {
                    self.blame(format!("{} is on the hub without its row", asked.row));
                }
                // Facts keep the order in which they were done; claims and edits may go behind them.
                let is_fact = matches!(change.rows.first(), Some(Row::Fact(_)));
                if is_fact && !asked.disk_gone {
                    if last_fact.is_some_and(|last| place < last) {
                        self.blame(format!("{} overtook what was done before", asked.row));
                    }
                    last_fact = Some(place);
                }
            }
        }
        for (row, all) in &made {
            let facts = all.iter().filter(|place| {
                let rows = &self.shop.changes[**place].rows;
                rows.iter()
                    .any(|r| matches!(r, Row::Fact(fact) if fact.id() == *row))
            });
            if facts.count() > 1 {
                self.blame(format!("fact {row} is there twice"));
            }
        }
    }

    /// Reads one till's lines: what was asked, and whether it kept its word on the way.
    fn follow(&mut self, history: &History) -> Vec<Asked> {
        let mut asked: Vec<Asked> = Vec::new();
        let mut places: BTreeMap<u64, usize> = BTreeMap::new();
        let mut cursor: Option<(Uuid, u64)> = None;
        let mut left: BTreeSet<Uuid> = BTreeSet::new();
        for line in &history.lines {
            match line {
                Line::Began {
                    tenant_id, shows, ..
                } => {
                    if *tenant_id != self.shop.tenant_id {
                        self.blame(format!("a till of shop {tenant_id} is among the others"));
                    }
                    let shows: BTreeSet<Uuid> = shows.iter().copied().collect();
                    // A claim that the hub refused is taken off the screen.
                    let done = asked.iter().filter(|asked| {
                        matches!(asked.heard, Heard::Ok(_))
                            && !asked.disk_gone
                            && asked.kind != "visit_booked"
                    });
                    let gone: Vec<Uuid> = done
                        .map(|asked| asked.row)
                        .filter(|row| !shows.contains(row))
                        .collect();
                    for row in gone {
                        self.blame(format!("{row} was done and is not shown after a restart"));
                    }
                }
                Line::Invoke { number, kind, row } => {
                    let new = Asked {
                        row: *row,
                        kind: kind.clone(),
                        heard: Heard::Nothing,
                        shown: true,
                        disk_gone: false,
                    };
                    asked.push(new);
                    let again = places.insert(*number, asked.len() - 1).is_some();
                    if again || !left.insert(*row) {
                        self.blame(format!("number {number} or row {row} was asked for twice"));
                    }
                }
                Line::Ok {
                    number,
                    op_id,
                    shown,
                } => match places.get(number) {
                    Some(place) => {
                        asked[*place].heard = Heard::Ok(*op_id);
                        asked[*place].shown = *shown;
                    }
                    None => self.blame(format!("{op_id} was never asked for")),
                },
                Line::Fail { number, .. } => {
                    if let Some(place) = places.get(number) {
                        asked[*place].heard = Heard::Fail;
                    }
                }
                Line::Cursor { epoch, seq } => {
                    if cursor.is_some_and(|(known, before)| known == *epoch && *seq < before) {
                        self.blame(format!("the cursor went back to {seq}"));
                    }
                    cursor = Some((*epoch, *seq));
                }
                Line::Restored => {
                    cursor = None;
                    asked.iter_mut().for_each(|asked| asked.disk_gone = true);
                }
            }
        }
        asked
    }

    /// In the end all tills show what the hub has, and the same.
    fn replicas(&mut self) {
        let expected: BTreeSet<Uuid> = self
            .shop
            .changes
            .iter()
            .flat_map(|change| &change.rows)
            .filter_map(|row| match row {
                Row::Fact(fact) => Some(fact.id()),
                Row::Entity(_) => None,
            })
            .collect();
        for (number, replica) in self.shop.replicas.iter().enumerate() {
            let missing = expected.difference(&replica.facts).count();
            let surplus = replica.facts.difference(&expected).count();
            if missing + surplus > 0 {
                self.blame(format!(
                    "till {number} lacks {missing} facts of the hub and has {surplus} of its own"
                ));
            }
            if replica.checksums != self.shop.replicas[0].checksums {
                self.blame(format!("till {number} shows other rows than the first"));
            }
        }
    }
}
