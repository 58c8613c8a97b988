//! The truth behind the pill.

use counterfoil_domain::UnixMs;

/// What the pill says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncState {
    /// Everything is on the hub and everything of the hub is here.
    InStep,
    /// Something is on its way.
    Sending,
    /// The hub cannot be reached.
    Offline,
    /// A person is needed.
    Trouble,
}

/// What a till does while it takes an image of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The hub is making the image.
    Preparing,
    /// It comes over the network.
    Downloading,
    /// It is unpacked onto the disk.
    Unpacking,
    /// It takes the database's place.
    Installing,
}

/// How far the till is in a [`Phase`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// In what.
    pub phase: Phase,
    /// Bytes that are done.
    pub done_bytes: u64,
    /// Bytes there are; zero where that is not known yet.
    pub total_bytes: u64,
}

impl Progress {
    /// So far.
    #[must_use]
    pub const fn of(phase: Phase, done_bytes: u64, total_bytes: u64) -> Self {
        Self {
            phase,
            done_bytes,
            total_bytes,
        }
    }

    /// Whether a person would see the difference: another phase, or a hundredth more.
    #[must_use]
    pub fn shows_more_than(&self, before: &Self) -> bool {
        let hundredth = |p: &Self| p.done_bytes.saturating_mul(100) / p.total_bytes.max(1);
        self.phase != before.phase || hundredth(self) != hundredth(before)
    }
}

/// Where the sync stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncStatus {
    /// The pill's face.
    pub state: SyncState,
    /// Operations that are not on the hub yet.
    pub waiting: u32,
    /// Operations the hub could not take.
    pub stuck: u32,
    /// Conflicts to decide.
    pub conflicts: u32,
    /// Since when the hub is out of reach.
    pub offline_since: Option<UnixMs>,
    /// When both sides were last in step.
    pub in_step_at: Option<UnixMs>,
    /// Why a person is needed: a stable code.
    pub trouble: Option<String>,
    /// Whether the hub revoked this device and holds everything that waited here: the sync has ended, and the credential is
    /// of no more use.
    pub departed: bool,
    /// Present while the shop's data comes as an image.
    pub progress: Option<Progress>,
}

/// What the two directions last saw of the network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weather {
    /// Since when nothing answers.
    pub offline_since: Option<UnixMs>,
    /// When both sides were last in step.
    pub in_step_at: Option<UnixMs>,
    /// Why a person is needed.
    pub trouble: Option<String>,
    /// How far an image is.
    pub progress: Option<Progress>,
    /// Whether the last pull reached the hub's head.
    pub at_head: bool,
    /// Whether a revoked device has handed everything over.
    pub departed: bool,
}

/// Derives the pill's state from what is stored and what the network did.
#[must_use]
pub const fn state_of(waiting: u32, weather: &Weather) -> SyncState {
    if weather.trouble.is_some() {
        SyncState::Trouble
    } else if weather.offline_since.is_some() {
        SyncState::Offline
    } else if waiting == 0 && weather.at_head {
        SyncState::InStep
    } else {
        SyncState::Sending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pill_never_says_in_step_while_something_waits() {
        let weather = Weather {
            at_head: true,
            ..Weather::default()
        };
        assert_eq!(state_of(1, &weather), SyncState::Sending);
        assert_eq!(state_of(0, &weather), SyncState::InStep);
    }

    #[test]
    fn progress_is_told_once_a_hundredth() {
        let at = |done| Progress::of(Phase::Downloading, done, 1000);
        assert!(!at(9).shows_more_than(&at(0)));
        assert!(at(10).shows_more_than(&at(9)));
        assert!(Progress::of(Phase::Unpacking, 9, 1000).shows_more_than(&at(9)));
    }

    #[test]
    fn trouble_is_shown_before_being_offline() {
        let weather = Weather {
            trouble: Some("device_revoked".to_owned()),
            offline_since: Some(UnixMs(1)),
            ..Weather::default()
        };
        assert_eq!(state_of(0, &weather), SyncState::Trouble);
    }
}
