//! Mistakes planted on purpose, so that the proof can show that it would catch them. Only a build with the feature
//! `planted` holds any, and only the proof asks for it.

/// A mistake and, where something stands in its place, the right thing: `planted!("name", { wrong })` and
/// `planted!("name", wrong, right)`.
#[cfg(feature = "planted")]
#[macro_export]
macro_rules! planted {
    ($name:literal, $wrong:block) => {
        if $crate::planted::is_on($name) $wrong
    };
    ($name:literal, $wrong:expr, $right:expr) => {
        if $crate::planted::is_on($name) { $wrong } else { $right }
    };
}

/// A mistake and, where something stands in its place, the right thing. In this build only the latter is there.
#[cfg(not(feature = "planted"))]
#[macro_export]
macro_rules! planted {
    ($name:literal, $wrong:block) => {};
    ($name:literal, $wrong:expr, $right:expr) => {
        $right
    };
}

#[cfg(feature = "planted")]
mod switch {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{PoisonError, RwLock};

    static ON: RwLock<String> = RwLock::new(String::new());
    static DYING: AtomicBool = AtomicBool::new(false);

    /// Switches one mistake on in the whole process; an empty name switches all off.
    pub fn switch_on(name: &str) {
        name.clone_into(&mut ON.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether the mistake of this name is on.
    #[must_use]
    pub fn is_on(name: &str) -> bool {
        *ON.read().unwrap_or_else(PoisonError::into_inner) == name
    }

    /// Says whether the program at work is about to be killed, for mistakes that only a crash at the wrong moment shows.
    pub fn set_dying(dying: bool) {
        DYING.store(dying, Ordering::SeqCst);
    }

    /// Whether the program at work is about to be killed.
    #[must_use]
    pub fn is_dying() -> bool {
        DYING.load(Ordering::SeqCst)
    }
}

#[cfg(feature = "planted")]
pub use switch::{is_dying, is_on, set_dying, switch_on};
