//! What the executor is doing right now, in memory.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use hiver::Lane;
use store::ConnectionId;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use triage::model::RunId;

/// The rate is measured over this time.
const WINDOW: Duration = Duration::from_secs(10);
const MINUTE: i64 = 60_000;

/// Requests that left, and the runs being sent: at most one on each lane.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    sending: Vec<Sending>,
    /// Requests that left and are not written down.
    counts: BTreeMap<Left, i32>,
}

/// Requests that left on one lane of a connection within a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Left {
    pub(crate) connection: ConnectionId,
    pub(crate) lane: Lane,
    minute: i64,
}

impl Left {
    /// A time in their minute, in milliseconds since 1970.
    pub(super) fn at(self) -> i64 {
        self.minute * MINUTE
    }
}

#[derive(Debug)]
struct Sending {
    run: RunId,
    halt: CancellationToken,
    since: Instant,
    answered: VecDeque<Instant>,
}

impl Activity {
    pub(super) fn begin(&mut self, run: RunId, halt: CancellationToken) {
        self.sending.push(Sending {
            run,
            halt,
            since: Instant::now(),
            answered: VecDeque::new(),
        });
    }

    /// Stops the run before its next request, if it is being sent.
    pub(crate) fn halt(&self, run: RunId) {
        if let Some(sending) = self.of(run) {
            sending.halt.cancel();
        }
    }

    pub(super) fn end(&mut self, run: RunId) {
        self.sending.retain(|sending| sending.run != run);
    }

    fn of(&self, run: RunId) -> Option<&Sending> {
        self.sending.iter().find(|sending| sending.run == run)
    }

    pub(super) fn answered(&mut self, run: RunId) {
        let now = Instant::now();
        if let Some(sending) = self.sending.iter_mut().find(|sending| sending.run == run) {
            sending.answered.push_back(now);
            while sending
                .answered
                .front()
                .is_some_and(|at| now - *at > WINDOW)
            {
                sending.answered.pop_front();
            }
        }
    }

    /// Answers per second of the run, over the last seconds; nothing while it is not being sent.
    pub(crate) fn per_second(&self, run: RunId) -> Option<f64> {
        let sending = self.of(run)?;
        let now = Instant::now();
        let span = (now - sending.since).min(WINDOW);
        let recent = sending
            .answered
            .iter()
            .filter(|at| now - **at <= WINDOW)
            .count();
        (span >= Duration::from_secs(1)).then(|| recent as f64 / span.as_secs_f64())
    }

    /// A request left on a lane, at `at` milliseconds since 1970.
    pub(crate) fn count(&mut self, connection: ConnectionId, lane: Lane, at: i64) {
        self.put_back(
            Left {
                connection,
                lane,
                minute: at / MINUTE,
            },
            1,
        );
    }

    /// Requests of a connection that left and are not written down.
    pub(crate) fn uncounted(&self, connection: ConnectionId) -> u32 {
        let own = self
            .counts
            .iter()
            .filter(|(left, _)| left.connection == connection);
        own.map(|(_, count)| u32::try_from(*count).unwrap_or(0))
            .sum()
    }

    pub(super) fn put_back(&mut self, left: Left, requests: i32) {
        *self.counts.entry(left).or_default() += requests;
    }

    /// Takes the counts that are not written down.
    pub(super) fn take_counts(&mut self) -> BTreeMap<Left, i32> {
        std::mem::take(&mut self.counts)
    }
}
