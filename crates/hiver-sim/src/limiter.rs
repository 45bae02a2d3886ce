//! How many requests a key may send: GCRA with a burst of one.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

/// A client that waits exactly one interval may arrive a little early, because its own clock and the network
/// are not exact.
const TOLERANCE: Duration = Duration::from_millis(10);

/// The limiter of all keys. Time is tokio's, so that a test may stop it.
pub(crate) struct Limiter {
    interval: Option<Duration>,
    /// When the next request of a key is due ("theoretical arrival time").
    due: HashMap<String, Instant>,
}

impl Limiter {
    /// `rate` in requests per second; without one there is no limit.
    pub(crate) fn new(rate: Option<f64>) -> Self {
        Self {
            interval: rate.map(|rate| Duration::from_secs_f64(1.0 / rate)),
            due: HashMap::new(),
        }
    }

    /// Admits a request of `key` at `now`, or says how long to wait.
    pub(crate) fn admit(&mut self, key: &str, now: Instant) -> Result<(), Duration> {
        let Some(interval) = self.interval else {
            return Ok(());
        };
        let Some(due) = self.due.get_mut(key) else {
            self.due.insert(key.to_owned(), now + interval);
            return Ok(());
        };
        if now + TOLERANCE < *due {
            return Err(*due - now);
        }
        // Counting from what was due, not from now: arriving early does not add up to a higher rate.
        *due = now.max(*due) + interval;
        Ok(())
    }
}

/// The whole seconds of a `Retry-After`: rounded up, at least 1.
pub(crate) fn retry_after_seconds(wait: Duration) -> u64 {
    let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    whole.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_request_may_be_9_ms_early_but_not_11() {
        let start = Instant::now();
        let mut limiter = Limiter::new(Some(10.0));
        assert!(limiter.admit("k", start).is_ok());
        assert_eq!(limiter.admit("k", start + 89 * MS), Err(11 * MS));
        assert!(limiter.admit("k", start + 91 * MS).is_ok());
    }

    #[test]
    fn early_requests_do_not_add_up() {
        let start = Instant::now();
        let mut limiter = Limiter::new(Some(10.0));
        let mut admitted = 0;
        for ms in (0..10_000).step_by(7) {
            admitted += u32::from(limiter.admit("k", start + ms * MS).is_ok());
        }
        assert!((99..=101).contains(&admitted), "{admitted}");
    }

    #[test]
    fn a_pause_gives_no_burst() {
        let start = Instant::now();
        let mut limiter = Limiter::new(Some(10.0));
        assert!(limiter.admit("k", start).is_ok());
        let later = start + 5_000 * MS;
        assert!(limiter.admit("k", later).is_ok());
        assert!(limiter.admit("k", later + MS).is_err());
    }

    #[test]
    fn keys_do_not_disturb_each_other() {
        let start = Instant::now();
        let mut limiter = Limiter::new(Some(1.0));
        assert!(limiter.admit("a", start).is_ok());
        assert!(limiter.admit("b", start).is_ok());
        assert!(limiter.admit("a", start).is_err());
    }

    #[test]
    fn retry_after_is_whole_seconds_and_at_least_one() {
        assert_eq!(retry_after_seconds(MS), 1);
        assert_eq!(retry_after_seconds(1_000 * MS), 1);
        assert_eq!(retry_after_seconds(1_001 * MS), 2);
        assert_eq!(retry_after_seconds(Duration::ZERO), 1);
    }
}
