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

/// Requests that left, and the run being sent.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    sending: Option<Sending>,
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
    cancel: CancellationToken,
    since: Instant,
    answered: VecDeque<Instant>,
}

impl Activity {
    pub(super) fn begin(&mut self, run: RunId, cancel: CancellationToken) {
        self.sending = Some(Sending {
            run,
            cancel,
            since: Instant::now(),
            answered: VecDeque::new(),
        });
    }

    /// Stops the run before its next request, if it is the one being sent.
    pub(crate) fn cancel(&self, run: RunId) {
        if let Some(sending) = self.sending.as_ref().filter(|sending| sending.run == run) {
            sending.cancel.cancel();
        }
    }

    pub(super) fn end(&mut self) {
        self.sending = None;
    }

    pub(super) fn answered(&mut self) {
        let now = Instant::now();
        if let Some(sending) = &mut self.sending {
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
        let sending = self.sending.as_ref().filter(|sending| sending.run == run)?;
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
