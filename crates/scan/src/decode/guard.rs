//! Decoders index into pictures of unknown content, and a rare frame makes one panic. That frame
//! is lost; the till is not.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

static CAUGHT: AtomicU64 = AtomicU64::new(0);

/// How often a reader has panicked since the program began.
#[must_use]
pub fn caught_panics() -> u64 {
    CAUGHT.load(Ordering::Relaxed)
}

/// What `read` returns, or nothing where it panics. It must own what it changes: after a panic
/// that is thrown away with it.
pub(crate) fn guarded<T>(read: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read))
        .inspect_err(|_| {
            let count = CAUGHT.fetch_add(1, Ordering::Relaxed) + 1;
            tracing::debug!(count, "a reader panicked on a picture");
        })
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_counted_and_not_passed_on() {
        let before = caught_panics();
        assert_eq!(guarded(|| -> u8 { panic!("an odd frame") }), None);
        assert_eq!(guarded(|| 7), Some(7));
        assert!(caught_panics() > before);
    }
}
