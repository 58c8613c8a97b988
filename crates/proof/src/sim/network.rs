//! The network between tills and hub: what is lost, doubled, torn, held up or answered from yesterday.

use counterfoil_sync::{HubError, Response};

use super::events::{Event, Letter};
use super::step::{Step, Way};
use super::storm::Fault;
use super::world::{PATIENCE_MS, World};
use super::{Outcome, say};

/// Earlier answers that a careless cache keeps of one till, and may serve in place of the right one.
const STALE_MAX: usize = 8;

impl World {
    /// A request leaves a till.
    pub(super) fn post(&mut self, mut letter: Letter) -> Outcome<()> {
        self.check_sent(&letter)?;
        self.tally.count("requests");
        let (number, way) = (letter.node, letter.way);
        let (drop, double) = (self.storm.drop_percent, self.storm.duplicate_percent);
        let dropped = self.storm.has(Fault::Drop) && self.net.percent(drop);
        let doubled = self.storm.has(Fault::Duplicate) && self.net.percent(double);
        let torn = self.storm.has(Fault::Truncate) && self.net.percent(12);
        let delay = self.draw_delay();
        let again = self.draw_delay();
        if self.nodes[number].cut_out || dropped {
            self.tally.count("requests lost");
            self.say(|| format!("till{number}: {} is lost on its way", way.name()));
            return Ok(());
        }
        if doubled {
            self.tally.count("requests doubled");
            self.at(self.now + delay + again, Event::ToHub(letter.clone()));
        }
        if torn && !letter.request.body.is_empty() {
            let at = self.net.below(letter.request.body.len());
            letter.request.body.truncate(at);
            self.tally.count("requests torn");
        }
        self.at(self.now + delay, Event::ToHub(letter));
        Ok(())
    }

    /// How long something is on its way: milliseconds, or anything up to weeks.
    fn draw_delay(&mut self) -> i64 {
        const WEEKS_MS: i64 = 3 * 7 * 24 * 3_600_000;
        if self.storm.has(Fault::Delay) && self.net.percent(20) {
            self.net.magnitude(500, WEEKS_MS.min(self.storm.horizon_ms))
        } else {
            self.net.between(5, 80)
        }
    }

    /// Hands a request to the hub and notes what the eavesdropper sees.
    pub(super) async fn ask_hub(&mut self, letter: &Letter) -> Outcome<Response> {
        use counterfoil_sync::Transport as _;
        self.latest_hub_ms = self.latest_hub_ms.max(self.hub.now().0);
        let answer = self.hub.router.send(letter.request.clone()).await;
        let response = answer.map_err(|e| say(format!("the hub's router broke: {e}")))?;
        if letter.way == Way::Push
            && let Some(batch) = super::book::batch_of(&letter.request)
        {
            self.book.note(&batch, &response, self.hub.now())?;
        }
        let text = String::from_utf8_lossy(&response.body);
        let (number, way) = (letter.node, letter.way);
        self.trace.say(self.now, || {
            let shown: String = text.chars().take(300).collect();
            format!(
                "hub: till{number}'s {}: {} {shown}",
                way.name(),
                response.status
            )
        });
        if response.status >= 500 {
            return Err(say(format!("the hub answered {}: {text}", response.status)));
        }
        Ok(response)
    }

    pub(super) async fn reach_hub(&mut self, letter: Letter) -> Outcome<()> {
        let dies = self.storm.has(Fault::HubCrash) && self.faults.percent(6);
        if dies && self.faults.percent(50) {
            // Before it even looked.
            self.crash_hub().await?;
            return Ok(());
        }
        super::set_dying(dies);
        let response = self.ask_hub(&letter).await;
        super::set_dying(false);
        let response = response?;
        if dies {
            self.crash_hub().await?;
        }
        self.send_back(letter, response);
        Ok(())
    }

    /// An answer leaves the hub.
    fn send_back(&mut self, letter: Letter, mut response: Response) {
        let dropped = self.storm.has(Fault::Drop) && self.net.percent(self.storm.drop_percent);
        let torn = self.storm.has(Fault::Truncate) && self.net.percent(12);
        let stale = self.storm.has(Fault::Stale) && self.net.percent(20);
        let mut delay = self.draw_delay();
        if letter.way == Way::Push && !self.backups.is_empty() && self.operator.percent(4) {
            // An operator goes back to a backup while this is on its way, and the till hears of that first.
            delay = self.operator.between(2_000, PATIENCE_MS - 2_000);
            self.at(self.now + 1, Event::Breaks(Fault::Restore));
            if self.nodes[letter.node].pull.is_none() {
                let soon = self.now + self.operator.between(10, 500);
                self.set_timer(letter.node, Way::Pull, soon);
            }
        }
        let key = (letter.node, letter.way);
        let fresh = response.clone();
        if self.nodes[letter.node].cut_in || dropped {
            self.tally.count("answers lost");
            return;
        }
        let kept = self.stale.entry(key).or_default();
        if stale && let Some(old) = self.net.pick(kept) {
            response = old.clone();
            self.tally.count("answers stale");
        }
        if torn && !response.body.is_empty() {
            let at = self.net.below(response.body.len());
            response.body.truncate(at);
            self.tally.count("answers torn");
        }
        if fresh.status == 200 {
            kept.push(fresh);
            if kept.len() > STALE_MAX {
                kept.remove(0);
            }
        }
        self.at(self.now + delay, Event::ToTill(letter, response));
    }

    pub(super) async fn reach_till(&mut self, letter: &Letter, response: Response) -> Outcome<()> {
        let (number, way) = (letter.node, letter.way);
        let dies = self.storm.has(Fault::Crash) && self.faults.percent(6);
        let waits = |step: &Option<Step>| step.as_ref().is_some_and(|s| s.no == letter.step);
        if !waits(self.nodes[number].step(way)) {
            return Ok(());
        }
        super::set_dying(dies);
        let taken = self.take_answer(number, way, response).await;
        super::set_dying(false);
        if dies {
            // The step may have failed half way, as a killed one does; that is no trouble of its own.
            self.crash_till(number)?;
            return Ok(());
        }
        taken
    }

    async fn take_answer(&mut self, number: usize, way: Way, response: Response) -> Outcome<()> {
        let body = response.body.clone();
        let node = &mut self.nodes[number];
        if let Some(step) = node.step(way) {
            step.answer(Ok(response));
        }
        let failures = node.timer(way).failures;
        self.go_on(number, way).await?;
        let node = &mut self.nodes[number];
        if way == Way::Pull && node.timer(way).failures <= failures {
            node.note_returned(&body);
        }
        node.check_own()?;
        node.check_cursor()
    }

    pub(super) async fn lose_patience(&mut self, number: usize, way: Way, no: u64) -> Outcome<()> {
        let node = &mut self.nodes[number];
        match node.step(way) {
            Some(step) if step.no == no => {
                step.answer(Err(HubError::Unreachable("no answer in time".to_owned())));
            }
            _ => return Ok(()),
        }
        self.go_on(number, way).await
    }
}
