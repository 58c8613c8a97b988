//! Waiting for something to be true, with a bound, instead of hoping that a pause was long enough.

use std::time::{Duration, Instant};

use crate::{Failure, Result};

const PAUSE: Duration = Duration::from_millis(20);

/// Asks `ready` again and again until it answers, for at most `limit`.
///
/// # Errors
/// The error of `ready`, or that `what` did not come in time.
pub fn until<T>(
    limit: Duration,
    what: &str,
    mut ready: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let started = Instant::now();
    loop {
        if let Some(value) = ready()? {
            return Ok(value);
        }
        if started.elapsed() > limit {
            return Err(Failure::new(format!(
                "{what} did not come within {} s",
                limit.as_secs()
            )));
        }
        std::thread::sleep(PAUSE);
    }
}
