//! How often somebody may ask: windows of 15 minutes by token or address, counted by each hub for itself.

use std::collections::HashMap;
use std::sync::Mutex;

use counterfoil_domain::UnixMs;

/// Length of a window.
pub const WINDOW_MS: i64 = 15 * 60_000;
/// Beyond so many windows the ended ones are dropped.
const WINDOWS_MAX: usize = 50_000;

/// Counts requests.
#[derive(Debug, Default)]
pub struct Limiter(Mutex<HashMap<String, Window>>);

#[derive(Debug, Clone, Copy)]
struct Window {
    began: UnixMs,
    used: u32,
}

/// What is left of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Requests a window.
    pub limit: u32,
    /// Requests left.
    pub remaining: u32,
    /// When the window ends.
    pub resets_at: UnixMs,
    /// Whether this request still fits.
    pub allowed: bool,
}

impl Limiter {
    /// Counts one request under a key.
    pub fn take(&self, key: &str, limit: u32, now: UnixMs) -> Budget {
        self.count(key, limit, now, 1)
    }

    /// Looks without counting.
    pub fn peek(&self, key: &str, limit: u32, now: UnixMs) -> Budget {
        self.count(key, limit, now, 0)
    }

    fn count(&self, key: &str, limit: u32, now: UnixMs, by: u32) -> Budget {
        let mut windows = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let ended = |w: &Window| !(0..WINDOW_MS).contains(&now.since(w.began));
        if windows.len() >= WINDOWS_MAX {
            windows.retain(|_, w| !ended(w));
        }
        let fresh = Window {
            began: now,
            used: 0,
        };
        let mut window = windows.get(key).copied().unwrap_or(fresh);
        if ended(&window) {
            window = fresh;
        }
        let allowed = window.used < limit;
        if by > 0 && allowed {
            window.used += by;
        }
        if by > 0 {
            windows.insert(key.to_owned(), window);
        }
        Budget {
            limit,
            remaining: limit.saturating_sub(window.used),
            resets_at: window.began.plus_ms(WINDOW_MS),
            allowed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_after_fifteen_minutes() {
        let limiter = Limiter::default();
        let start = UnixMs(1_000_000);
        assert!(limiter.take("a", 2, start).allowed);
        assert_eq!(limiter.take("a", 2, start).remaining, 0);
        assert!(!limiter.take("a", 2, start.plus_ms(WINDOW_MS - 1)).allowed);
        assert!(limiter.take("a", 2, start.plus_ms(WINDOW_MS)).allowed);
    }

    #[test]
    fn one_caller_does_not_use_up_anothers_window() {
        let limiter = Limiter::default();
        assert!(limiter.take("a", 1, UnixMs(0)).allowed);
        assert!(!limiter.take("a", 1, UnixMs(0)).allowed);
        assert!(limiter.take("b", 1, UnixMs(0)).allowed);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_lock_anybody_out() {
        let limiter = Limiter::default();
        assert!(limiter.take("a", 1, UnixMs(WINDOW_MS * 10)).allowed);
        assert!(limiter.take("a", 1, UnixMs(0)).allowed);
    }
}
