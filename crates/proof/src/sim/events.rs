//! What happens when: the events of a run in the order of their time, and what is known from the start.

use counterfoil_sync::{Request, Response};

use super::step::Way;
use super::storm::Fault;
use super::world::World;

/// What happens next.
pub(super) enum Event {
    /// Somebody does something at some till.
    Person,
    /// A till's timer; the number tells a timer that was set anew from an old one.
    Tick(usize, Way, u64),
    /// A request reaches the hub.
    ToHub(Letter),
    /// An answer reaches a till.
    ToTill(Letter, Response),
    /// A till has waited long enough.
    Patience(usize, Way, u64),
    /// Something breaks.
    Breaks(Fault),
    /// A cut line works again.
    Mended(usize),
}

/// A request on its way, and whose it is.
#[derive(Clone)]
pub(super) struct Letter {
    pub(super) node: usize,
    pub(super) way: Way,
    pub(super) step: u64,
    pub(super) request: Request,
}

/// An event and its time; of two at one time the one that was planned first comes first.
pub(super) struct Due {
    pub(super) at: i64,
    pub(super) no: u64,
    pub(super) event: Event,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.no) == (other.at, other.no)
    }
}
impl Eq for Due {}
impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.no).cmp(&(other.at, other.no))
    }
}

impl World {
    /// Everything that is known from the start to happen.
    pub(super) fn plan(&mut self) {
        let horizon = self.storm.horizon_ms;
        for _ in 0..self.storm.actions {
            let at = self.rhythm.between(0, horizon);
            self.at(at, Event::Person);
        }
        for node in 0..self.nodes.len() {
            for way in [Way::Push, Way::Pull] {
                let at = self.rhythm.between(0, horizon / 10);
                self.set_timer(node, way, at);
            }
        }
        for fault in Fault::ALL {
            let times = match fault {
                Fault::Partition | Fault::Clock | Fault::Crash | Fault::HubCrash | Fault::Newer => {
                    3
                }
                Fault::Rollback | Fault::Clone | Fault::Restore => 2,
                _ => 0,
            };
            if times == 0 || !self.storm.has(fault) {
                continue;
            }
            for _ in 0..=self.faults.below(times) {
                let at = self.faults.between(horizon / 10, horizon);
                self.at(at, Event::Breaks(fault));
            }
        }
    }
}
