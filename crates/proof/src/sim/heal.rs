//! After the storm: every fault is off, and all must come to rest within a bounded time.

use counterfoil_sync::steps::{Pulled, Pushed};

use super::events::Letter;
use super::step::{Ended, Stage, Step, Way};
use super::storm::Fault;
use super::world::World;
use super::{Outcome, say};

/// Within so much virtual time after the last fault everybody has everything.
const REST_MS: i64 = 10 * 60_000;
/// Each till pushes until nothing waits and pulls to the head; after so many rounds nothing may be left to do.
const ROUNDS_MAX: u32 = 12;
/// Steps of one till in one round.
const STEPS_MAX: u32 = 80;
/// A message's way in good weather.
const WAY_MS: i64 = 20;

impl World {
    /// Switches the faults off and waits until all is quiet, also after everything that was still on its way came late.
    ///
    /// # Errors
    /// When it does not come to rest.
    pub async fn heal(&mut self) -> Outcome<()> {
        self.go_to(self.storm.horizon_ms);
        self.say(|| "the storm is over".to_owned());
        let stragglers = self.stragglers();
        let right = self.rhythm.percent(50);
        for number in 0..self.nodes.len() {
            // Programs are started anew, as after an update: nothing that waits may get lost by that.
            if self.storm.has(Fault::Crash) {
                self.crash_till(number)?;
            }
            let node = &mut self.nodes[number];
            (node.push, node.pull) = (None, None);
            (node.cut_in, node.cut_out) = (false, false);
            if right {
                node.off_ms = 0;
            }
        }
        self.hub.lift_limit().await?;
        let (before, after) = if self.rhythm.percent(50) {
            (stragglers, Vec::new())
        } else {
            (Vec::new(), stragglers)
        };
        for letters in [before, after] {
            for letter in letters {
                self.say(|| format!("hub: hears late what till{} said", letter.node));
                self.ask_hub(&letter).await?;
            }
            self.come_to_rest().await?;
        }
        Ok(())
    }

    async fn come_to_rest(&mut self) -> Outcome<()> {
        let since = self.now;
        for _ in 0..ROUNDS_MAX {
            let mut moved = false;
            for number in 0..self.nodes.len() {
                moved |= self.exhaust(number, Way::Push).await?;
                moved |= self.exhaust(number, Way::Pull).await?;
            }
            if self.now - since > REST_MS {
                return Err(say(format!(
                    "no rest within {REST_MS} ms of good weather: {}",
                    self.unrest()
                )));
            }
            if !moved {
                return Ok(());
            }
        }
        Err(say(format!(
            "no rest after {ROUNDS_MAX} rounds in good weather: {}",
            self.unrest()
        )))
    }

    fn unrest(&self) -> String {
        let waiting = |number: usize| {
            let counts = self.nodes[number].store().ok()?.outbox_counts().ok()?;
            (counts.waiting + counts.acked > 0).then(|| {
                format!(
                    "till{number}: {} wait, {} acked",
                    counts.waiting, counts.acked
                )
            })
        };
        let all: Vec<_> = (0..self.nodes.len()).filter_map(waiting).collect();
        all.join("; ")
    }

    /// Pushes until nothing waits, or pulls to the head. Tells whether that changed anything.
    async fn exhaust(&mut self, number: usize, way: Way) -> Outcome<bool> {
        let mut moved = false;
        let mut failures = 0;
        for _ in 0..STEPS_MAX {
            let ended = self.calm_step(number, way).await?;
            self.trace
                .say(self.now, || format!("till{number}: {ended:?}"));
            if let Some(error) = ended.error() {
                failures += 1;
                moved = true;
                if failures > 8 {
                    return Err(say(format!(
                        "till{number} cannot {} in good weather: {error}",
                        way.name()
                    )));
                }
                let wait = super::backoff(&mut self.rhythm, failures, error);
                self.go_to(self.now + wait);
                continue;
            }
            match ended {
                Ended::Pushed(Ok(Pushed::Nothing)) => return Ok(moved),
                Ended::Pushed(Ok(Pushed::PullFirst)) => return Ok(true),
                Ended::Pulled(Ok(Pulled {
                    at_head: true,
                    changes,
                    ..
                })) => return Ok(moved || changes > 0),
                _ => moved = true,
            }
        }
        Err(say(format!(
            "till{number} never stops to {} in good weather",
            way.name()
        )))
    }

    async fn calm_step(&mut self, number: usize, way: Way) -> Outcome<Ended> {
        let node = &self.nodes[number];
        let by = node.identity.credentials.clone();
        let mut step = Step::begin(0, way, node.store()?.clone(), by);
        loop {
            match step.go_on().await {
                Stage::Over(ended) => {
                    drop(step);
                    self.nodes[number].check_cursor()?;
                    return Ok(ended);
                }
                Stage::Asks(request) => {
                    let letter = Letter {
                        node: number,
                        way,
                        step: 0,
                        request,
                    };
                    self.check_sent(&letter)?;
                    self.go_to(self.now + WAY_MS);
                    let response = self.ask_hub(&letter).await?;
                    self.go_to(self.now + WAY_MS);
                    step.answer(Ok(response));
                }
            }
        }
    }
}
