//! A limit on top of the rate, counted elsewhere.

use std::time::SystemTime;

use tokio::time::Instant;

use super::Lane;

/// Counts what leaves and says who may, for limits that outlive a process (so many requests a day).
///
/// Called with the pacer's lock held or right after: answer at once, from memory, and never call
/// back into the pacer. Slots that were handed out and have not departed are not counted yet: leave
/// room for a few.
pub trait Meter: Send + Sync {
    /// A request of `lane` leaves now.
    fn departed(&self, lane: Lane, at: SystemTime);

    /// Whether `lane` may leave. While one lane may not, the lanes after it still may.
    fn allowance(&self, lane: Lane) -> Allowance;
}

/// Whether a lane may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Yes.
    Now,
    /// Ask again then; or earlier, when [`Pacer::recheck`](crate::Pacer::recheck) is called.
    Until(Instant),
}

/// The meter that neither counts nor limits.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLimit;

impl Meter for NoLimit {
    fn departed(&self, _lane: Lane, _at: SystemTime) {}

    fn allowance(&self, _lane: Lane) -> Allowance {
        Allowance::Now
    }
}
