//! What breaks: tills, disks, lines, clocks, and the hub.

use counterfoil_domain::{Op, OpEnvelope};
use counterfoil_store::StoreError;
use counterfoil_testkit::edit;

use super::events::{Event, Letter};
use super::node::Node;
use super::step::Way;
use super::storm::{Fault, TILLS_MAX};
use super::world::World;
use super::{Outcome, book, say};

/// Copies kept of a disk or of the hub; the oldest goes first.
const COPIES_MAX: usize = 3;

impl World {
    pub(super) async fn break_something(&mut self, fault: Fault) -> Outcome<()> {
        let number = self.faults.below(self.nodes.len());
        self.tally.count(fault.name());
        match fault {
            Fault::Crash => self.crash_till(number),
            Fault::HubCrash => self.crash_hub().await,
            Fault::Partition => {
                self.cut(number);
                Ok(())
            }
            Fault::Clock => {
                self.jump(number);
                Ok(())
            }
            Fault::Rollback => self.roll_back(number),
            Fault::Clone => self.clone_till(number),
            Fault::Restore => self.restore_hub().await,
            Fault::Newer => self.newer(number),
            _ => Ok(()),
        }
    }

    pub(super) fn crash_till(&mut self, number: usize) -> Outcome<()> {
        self.say(|| format!("till{number}: killed"));
        self.tally.count("tills killed");
        let node = &mut self.nodes[number];
        node.crash()?;
        node.check_outbox()?;
        node.check_own()?;
        self.wake(number);
        Ok(())
    }

    /// A till that starts pushes and pulls at once.
    fn wake(&mut self, number: usize) {
        for way in [Way::Push, Way::Pull] {
            let soon = self.now + self.rhythm.magnitude(10, 600_000);
            self.set_timer(number, way, soon);
        }
    }

    pub(super) async fn crash_hub(&mut self) -> Outcome<()> {
        self.say(|| "hub: killed".to_owned());
        self.tally.count("hubs killed");
        self.hub.crash().await
    }

    fn cut(&mut self, number: usize) {
        let ways = self.faults.below(3);
        let lasts = self.faults.magnitude(5_000, self.storm.horizon_ms);
        let node = &mut self.nodes[number];
        node.cut_out |= ways != 1;
        node.cut_in |= ways != 0;
        self.say(|| format!("till{number}: cut off for {lasts} ms"));
        self.at(self.now + lasts, Event::Mended(number));
    }

    fn jump(&mut self, number: usize) {
        let off = self.draw_offset();
        if self.faults.percent(15) {
            // A hub's clock is kept by its machine: it errs by minutes.
            self.hub_off_ms = off % (20 * 60_000);
        } else {
            self.nodes[number].off_ms = off;
        }
        self.go_to(self.now);
        self.say(|| format!("till{number}: its clock is off by {off} ms now"));
    }

    /// Half of the time a disk is only copied; what is copied comes back later.
    fn roll_back(&mut self, number: usize) -> Outcome<()> {
        let node = &mut self.nodes[number];
        let again = node.copies.is_empty();
        if !again && let Some((copy, known)) = self.faults.pick(&node.copies).cloned() {
            node.replace_disk(&copy)?;
            node.known = known;
            node.known.cursor = node.store()?.cursor()?;
            node.check_outbox()?;
            self.tally.count("disks rolled back");
            self.say(|| format!("till{number}: its disk is an old copy now"));
            self.wake(number);
            // Work goes on at once, or the old copy first hears what the hub has of it.
            return self.act_half_of_the_time(number);
        }
        self.act_half_of_the_time(number)?;
        self.keep_copy(number)?;
        let soon = self.now + self.faults.magnitude(1_000, self.storm.horizon_ms / 2);
        self.at(soon, Event::Breaks(Fault::Rollback));
        Ok(())
    }

    /// A disk is mostly copied while somebody works, and so with something on it that was not sent yet.
    fn act_half_of_the_time(&mut self, number: usize) -> Outcome<()> {
        if self.faults.percent(50) {
            self.somebody_acts(number)?;
        }
        Ok(())
    }

    fn keep_copy(&mut self, number: usize) -> Outcome<()> {
        let node = &mut self.nodes[number];
        let copy = node.copy()?;
        node.copies.push((copy, node.known.clone()));
        if node.copies.len() > COPIES_MAX {
            node.copies.remove(0);
        }
        self.say(|| format!("till{number}: somebody keeps a copy of its disk"));
        Ok(())
    }

    fn clone_till(&mut self, number: usize) -> Outcome<()> {
        let new = self.nodes.len();
        if new >= TILLS_MAX {
            return Ok(());
        }
        self.act_half_of_the_time(number)?;
        let off_ms = self.draw_offset();
        let seed = self.node_seed(new);
        let original = &self.nodes[number];
        let clone = Node::start(
            original.identity.clone(),
            (new, &self.folder),
            (&original.copy()?, original.known.clone()),
            (self.true_time(), off_ms),
            seed,
        )?;
        self.nodes.push(clone);
        self.tally.count("tills cloned");
        self.say(|| format!("till{new}: begins as a copy of till{number}"));
        self.wake(new);
        self.act_half_of_the_time(new)
    }

    /// The first time only a backup is made; the next one goes back to one.
    async fn restore_hub(&mut self) -> Outcome<()> {
        if let Some((copy, book)) = self.faults.pick(&self.backups).cloned() {
            self.hub.restore(&copy).await?;
            self.book = book;
            self.tally.count("hubs restored");
            self.say(|| "hub: restored from a backup".to_owned());
            return Ok(());
        }
        let copy = self.hub.back_up().await?;
        self.backups.push((copy, self.book.clone()));
        self.say(|| "hub: backed up".to_owned());
        let soon = self.now + self.faults.magnitude(1_000, self.storm.horizon_ms / 2);
        self.at(soon, Event::Breaks(Fault::Restore));
        Ok(())
    }

    /// Somebody at a newer till does something that this hub has never heard of: an edit without fields, so that nothing
    /// of it is on any screen.
    fn newer(&mut self, number: usize) -> Outcome<()> {
        let shop = &self.nodes[number].identity.shop;
        let Some((product_id, _)) = shop.products.first() else {
            return Ok(());
        };
        let mut op = edit(
            counterfoil_domain::EntityKind::Product,
            product_id.0,
            "name",
            serde_json::Value::Null,
        );
        if let Op::EntityEdited(edited) = &mut op {
            edited.fields.clear();
        }
        let op_id = self.perform(number, op)?;
        let key = op_id.to_string();
        // The outbox's own guard against edits has to stand aside for a moment: this till's program would have written it so.
        self.nodes[number].store()?.write::<_, StoreError>(|tx| {
            let conn = tx.conn();
            let guard: String = conn.query_row(
                "SELECT sql FROM sqlite_master WHERE name = 'outbox_payload_fixed'",
                [],
                |row| row.get("sql"),
            )?;
            conn.execute("DROP TRIGGER outbox_payload_fixed", [])?;
            conn.execute("UPDATE outbox SET version = 99 WHERE op_id = ?1", [&key])?;
            conn.execute(&guard, [])?;
            Ok(())
        })?;
        self.newer.push(op_id);
        Ok(())
    }

    /// Proves that what a till sends at a place of its chain is what it sent there before, byte for byte.
    pub(super) fn check_sent(&mut self, letter: &Letter) -> Outcome<()> {
        if letter.way != Way::Push {
            return Ok(());
        }
        let batch = book::batch_of(&letter.request)
            .ok_or_else(|| say("a till sends a batch that cannot be read"))?;
        let known = &mut self.nodes[letter.node].known;
        for op in &batch.ops {
            let hash = OpEnvelope::hash(op);
            let before = known.sent.entry((op.incarnation, op.seq)).or_insert(hash);
            if *before != hash {
                return Err(say(format!(
                    "a retry is identical to the byte: at {} till{} sends something else than before",
                    op.seq, letter.node
                )));
            }
            let turn = self.first_sent.len();
            self.first_sent.entry(op.op_id).or_insert(turn);
        }
        self.say(|| {
            let places: Vec<_> = batch
                .ops
                .iter()
                .map(|op| format!("{} {} {}", op.seq, op.kind, op.op_id))
                .collect();
            let (till, life) = (letter.node, batch.incarnation);
            format!("till{till}: pushes of life {life} {}", places.join(", "))
        });
        Ok(())
    }
}
