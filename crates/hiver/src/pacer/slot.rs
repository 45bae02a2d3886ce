//! A place in the schedule, and leaving with it.

use std::sync::Arc;

use tokio::time::Instant;

use super::Lane;
use super::queue::Queue;

/// A place in the schedule, handed out shortly before its instant.
///
/// Write down what you are about to do, then [`depart`](Slot::depart), or hand it to
/// [`Hiver::send`](crate::Hiver::send) which does so. Dropped without departing, it goes to whoever is next.
#[must_use = "a slot that is dropped goes to whoever is next"]
pub struct Slot {
    queue: Arc<Queue>,
    lane: Lane,
    number: u64,
    planned: Instant,
}

/// The proof that a request may leave, and when it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Departure {
    /// The lane it left on.
    pub lane: Lane,
    /// When it left.
    pub at: Instant,
}

impl Slot {
    pub(super) fn new(queue: Arc<Queue>, lane: Lane, number: u64, planned: Instant) -> Self {
        Self {
            queue,
            lane,
            number,
            planned,
        }
    }

    /// The lane it was taken on.
    #[must_use]
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// The instant it was planned for. It may leave later, and a little earlier where one before it was
    /// given back; never too close to the one before.
    #[must_use]
    pub fn planned(&self) -> Instant {
        self.planned
    }

    /// Sleeps until the very instant, stamps the departure, and returns. Send at once.
    ///
    /// A hold that began in the meantime is waited for. Dropping the future gives the place back.
    pub async fn depart(self) -> Departure {
        loop {
            // Listening begins before looking: a change between the two must not be missed.
            let changed = self.queue.changed();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.queue.try_depart(self.lane, self.number) {
                Ok(at) => {
                    return Departure {
                        lane: self.lane,
                        at,
                    };
                }
                Err(not_before) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(not_before) => {}
                        () = changed => {}
                    }
                }
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.queue.give_back(self.number);
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Slot")
            .field("lane", &self.lane)
            .field("planned", &self.planned)
            .finish_non_exhaustive()
    }
}
