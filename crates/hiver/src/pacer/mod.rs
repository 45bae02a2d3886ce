//! The one gate in front of every request.
//!
//! Requests leave at evenly spaced instants, never in bursts: the interval is 1 % longer than
//! `1 / rate`, and idle time is not saved up. Whoever wants to send asks for a [`Slot`] on a
//! [`Lane`]; among those waiting, the higher lane goes first, and within a lane the one who came first.
//!
//! After a `429` nobody leaves, whatever the lane, until Hiver's `Retry-After` has passed; without one
//! for 5 s, doubled with each further `429` up to 60 s and reset by a success. Where the dialect does
//! not state its limit, each such refusal also halves the rate (down to 1/32 of what is allowed); every
//! 30 s of successes give a tenth of the allowed rate back.

mod brake;
mod meter;
mod queue;
mod rate;
mod schedule;
mod slot;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

pub use brake::{Held, HoldReason};
pub use meter::{Allowance, Meter, NoLimit};
pub use queue::{PacerState, Waiting};
pub use rate::{InvalidRate, Rate};
pub use slot::{Departure, Slot};

use queue::{Queue, Turn, Waiter};

/// Who asks. Earlier lanes overtake later ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// A person is waiting for it.
    Click,
    /// Reading what an event names, as far as that may hold up runs: what rules decide, and what is left alone, follows
    /// from it.
    Event,
    /// A run started by a rule.
    Rules,
    /// A bulk run.
    Bulk,
    /// Reading lists to bring a mirror up to date.
    Sync,
}

impl Lane {
    /// All lanes, the first to go first.
    pub const ALL: [Self; 5] = [
        Self::Click,
        Self::Event,
        Self::Rules,
        Self::Bulk,
        Self::Sync,
    ];

    /// Its name in logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Click => "click",
            Self::Rules => "rules",
            Self::Event => "event",
            Self::Bulk => "bulk",
            Self::Sync => "sync",
        }
    }
}

/// How a pacer paces.
#[derive(Clone, Copy, Debug)]
pub struct PacerSettings {
    /// The rate that must not be exceeded.
    pub rate: Rate,
    /// How long before its instant a slot is handed out; at most a third of the interval is used.
    pub lead: Duration,
    /// Whether a `429` also halves the rate.
    pub halve_on_429: bool,
}

impl PacerSettings {
    /// The lead when nobody sets one: enough for one small write to disk.
    pub const DEFAULT_LEAD: Duration = Duration::from_millis(12);

    /// A rate with the default lead, halving on `429`.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            lead: Self::DEFAULT_LEAD,
            halve_on_429: true,
        }
    }
}

/// The one gate in front of every request of a connection. Clones are the same gate.
#[derive(Clone)]
pub struct Pacer {
    queue: Arc<Queue>,
}

impl Pacer {
    /// A pacer without a limit per day.
    #[must_use]
    pub fn new(settings: PacerSettings) -> Self {
        Self::with_meter(settings, Arc::new(NoLimit))
    }

    /// A pacer that also asks `meter` who may leave.
    #[must_use]
    pub fn with_meter(settings: PacerSettings, meter: Arc<dyn Meter>) -> Self {
        Self {
            queue: Arc::new(Queue::new(settings, meter)),
        }
    }

    /// Waits for the next place of a lane and takes it, shortly before its instant.
    ///
    /// Dropping the future, or the slot, gives the place to whoever is next; no rate is lost. A slot
    /// that is kept for long without departing holds up nobody: the others go on at the full rate.
    pub async fn slot(&self, lane: Lane) -> Slot {
        let mut waiter = Waiter::join(Arc::clone(&self.queue), lane);
        loop {
            match waiter.turn() {
                Turn::Granted(slot) => return slot,
                Turn::At(instant) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(instant) => {}
                        () = waiter.called() => {}
                    }
                }
                Turn::Others => waiter.called().await,
            }
        }
    }

    /// Changes the rate from now on. If `429`s have reduced the current rate, it stays reduced by the
    /// same share and recovers towards the new one.
    pub fn set_rate(&self, rate: Rate) {
        self.queue.set_rate(rate);
    }

    /// Asks the meter again, for instance after a limit was raised.
    pub fn recheck(&self) {
        self.queue.recheck();
    }

    /// Tells that Hiver answered `429` to the request that left with `departure`; `asked` is its
    /// `Retry-After` (0 s counts as 1 s, more than a day as a day). Returns how long everybody is held from now.
    ///
    /// Refusals of requests that had left before an earlier refusal was known are part of that one:
    /// they may prolong the hold, but neither double it nor halve the rate again.
    pub fn rate_limited(&self, departure: &Departure, asked: Option<Duration>) -> Duration {
        self.queue.rate_limited(departure.at, asked)
    }

    /// Tells that Hiver let the request that left with `departure` through.
    pub fn succeeded(&self, departure: &Departure) {
        self.queue.succeeded(departure.at);
    }

    /// How things stand now.
    #[must_use]
    pub fn state(&self) -> PacerState {
        self.queue.state()
    }

    /// How things stand, to be followed. A hold that has passed may stay in here until somebody moves:
    /// [`Held::remaining`] is then zero.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<PacerState> {
        self.queue.watch()
    }

    /// Tells that the latest request left later than it was stamped, because its connection had to be
    /// made first. The next one keeps its distance from `at`.
    pub(crate) fn left_late(&self, at: Instant) {
        self.queue.left_late(at);
    }
}

impl std::fmt::Debug for Pacer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Pacer")
            .field("state", &self.state())
            .finish()
    }
}

#[cfg(test)]
mod against_a_limiter;
#[cfg(test)]
mod tests;
