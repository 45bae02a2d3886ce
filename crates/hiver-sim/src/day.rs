//! How many requests a key may send in a day.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use serde::Serialize;
use tokio::time::Instant;

use crate::{Error, Simulator, options::check_per_day};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The day's limit of all keys. A day is any 24 hours, not one of the calendar.
pub(crate) struct DayLimit {
    limit: Option<u32>,
    /// When the requests of a key were accepted, oldest first: only what still counts, so never more than the
    /// limit.
    accepted: HashMap<String, VecDeque<Instant>>,
}

impl DayLimit {
    /// `limit` requests in any 24 hours; without one there is no limit, and nothing is counted.
    pub(crate) fn new(limit: Option<u32>) -> Self {
        Self {
            limit,
            accepted: HashMap::new(),
        }
    }

    /// Whether a request of `key` may come at `now`, or how long until the oldest no longer counts. Counts
    /// nothing: another limit may still refuse it.
    pub(crate) fn check(&mut self, key: &str, now: Instant) -> Result<(), Duration> {
        let used = self.used(key, now);
        match self.limit {
            Some(limit) if used >= limit => {
                let oldest = self.accepted.get(key).and_then(VecDeque::front);
                Err(oldest.map_or(DAY, |oldest| (*oldest + DAY) - now))
            }
            _ => Ok(()),
        }
    }

    /// Counts an accepted request.
    pub(crate) fn count(&mut self, key: &str, now: Instant) {
        if self.limit.is_some() {
            let accepted = self.accepted.entry(key.to_owned()).or_default();
            accepted.push_back(now);
        }
    }

    /// How many requests of `key` count at `now`.
    fn used(&mut self, key: &str, now: Instant) -> u32 {
        let Some(accepted) = self.accepted.get_mut(key) else {
            return 0;
        };
        while accepted.front().is_some_and(|oldest| *oldest + DAY <= now) {
            accepted.pop_front();
        }
        u32::try_from(accepted.len()).unwrap_or(u32::MAX)
    }
}

/// The day's limit, and how much of it the key has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DayState {
    /// Requests that a key may send in any 24 hours; none for no limit.
    pub per_day: Option<u32>,
    /// Requests accepted from the current key in the last 24 hours; 0 without a limit.
    pub used: u32,
}

impl Simulator {
    /// The day's limit.
    #[must_use]
    pub fn day(&self) -> DayState {
        let now = self.own_clock().now();
        let mut core = self.core();
        let core = &mut *core;
        DayState {
            per_day: core.day.limit,
            used: core.day.used(&core.key, now),
        }
    }

    /// Requests per key in any 24 hours; none for no limit. What was sent before no longer counts.
    ///
    /// # Errors
    /// [`Error::Value`] for 0.
    pub fn set_per_day(&self, per_day: Option<u32>) -> Result<(), Error> {
        check_per_day(per_day)?;
        self.core().day = DayLimit::new(per_day);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(day: &mut DayLimit, key: &str, now: Instant) -> Result<(), Duration> {
        day.check(key, now)?;
        day.count(key, now);
        Ok(())
    }

    #[test]
    fn the_oldest_rolls_out_after_exactly_a_day() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut day = DayLimit::new(Some(2));
        assert_eq!(ask(&mut day, "k", start), Ok(()));
        assert_eq!(ask(&mut day, "k", start + second), Ok(()));
        assert_eq!(
            ask(&mut day, "k", start + 2 * second),
            Err(DAY - 2 * second)
        );
        assert_eq!(ask(&mut day, "k", start + DAY - second), Err(second));
        assert_eq!(ask(&mut day, "k", start + DAY), Ok(()));
        assert_eq!(ask(&mut day, "k", start + DAY), Err(second));
        assert_eq!(ask(&mut day, "other", start + DAY), Ok(()));
    }

    #[test]
    fn no_window_of_a_day_ever_has_more_than_the_limit() {
        let start = Instant::now();
        let mut day = DayLimit::new(Some(50));
        let mut accepted = Vec::new();
        for minute in 0..5_000 {
            // Uneven, so that windows begin and end anywhere.
            let now = start + Duration::from_secs(minute * 60 + minute * minute % 59);
            if ask(&mut day, "k", now).is_ok() {
                accepted.push(now);
            }
        }
        assert!(accepted.len() > 150, "{}", accepted.len());
        assert!(accepted.windows(51).all(|some| some[50] - some[0] >= DAY));
    }
}
