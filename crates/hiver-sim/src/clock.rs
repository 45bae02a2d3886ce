//! What time it is here.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::Serialize;
use tokio::time::Instant;

use crate::{Error, Simulator};

/// How far it can be set forward in all, and how long a delay can be: far enough for any test, and near enough
/// for the clock's arithmetic.
const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A clock that starts at a given time and runs by tokio's, so that a test may stop it. Beside that it can be
/// set forward, so that one in another process need not wait for a day to pass.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    started_ms: i64,
    ahead_ms: AtomicU64,
}

impl Clock {
    pub(crate) fn starting_at(time: SystemTime) -> Self {
        let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            started: Instant::now(),
            started_ms: milliseconds(since_1970),
            ahead_ms: AtomicU64::new(0),
        }
    }

    /// Now, as tokio would say it if it had been set forward, too.
    pub(crate) fn now(&self) -> Instant {
        Instant::now() + self.ahead()
    }

    /// When a moment of this clock comes by tokio's, unless it is set forward meanwhile.
    pub(crate) fn by_tokio(&self, moment: Instant) -> Instant {
        moment
            .checked_sub(self.ahead())
            .unwrap_or_else(Instant::now)
    }

    /// Milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        self.started_ms + milliseconds(self.now() - self.started)
    }

    fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead_ms.load(Ordering::SeqCst))
    }

    fn advance(&self, by: Duration) -> Result<(), Error> {
        let by_ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        let farther = |ahead_ms: u64| {
            let sum = ahead_ms.checked_add(by_ms);
            sum.filter(|sum| Duration::from_millis(*sum) <= FAR)
        };
        let set = self
            .ahead_ms
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, farther);
        set.map(drop).map_err(|_| Error::Value {
            what: "advance_ms",
            value: by_ms.to_string(),
        })
    }
}

/// The simulator's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ClockState {
    /// What it says, in milliseconds since 1970.
    pub now_ms: i64,
    /// How far it was set forward in all, in milliseconds.
    pub advanced_ms: u64,
}

impl Simulator {
    /// The clock.
    #[must_use]
    pub fn clock(&self) -> ClockState {
        let clock = self.own_clock();
        ClockState {
            now_ms: clock.now_ms(),
            advanced_ms: clock.ahead_ms.load(Ordering::SeqCst),
        }
    }

    /// Sets the clock forward, for all that goes by it: the rate limit, the day's limit, the delays of requests
    /// that wait for their answer, and all times. Not kept in the state file.
    ///
    /// # Errors
    /// [`Error::Value`] for more than a hundred years in all.
    pub fn advance(&self, by: Duration) -> Result<ClockState, Error> {
        self.own_clock().advance(by)?;
        // Delays may have passed.
        self.has_moved();
        Ok(self.clock())
    }
}

/// When a delay that begins now is over.
pub(crate) fn after(now: Instant, delay: Duration) -> Instant {
    now + delay.min(FAR)
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
