//! How often one conversation is read because of what is delivered: at once, then at growing intervals while more
//! about it keeps coming. And which reads go before runs: a few at once, then as many as sweeps may spend.

use std::collections::HashMap;
use std::time::Duration;

use hiver::Lane;
use tokio::time::Instant;
use triage::model::ConversationId;

/// The interval after the first read; it doubles up to the longest.
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(16);

/// So many reads may go before runs at once.
const AHEAD_AT_ONCE: f64 = 30.0;

/// Which reads go before runs.
#[derive(Debug)]
pub(super) struct Ahead {
    left: f64,
    at: Instant,
}

impl Ahead {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            left: AHEAD_AT_ONCE,
            at: now,
        }
    }

    /// The lane of the next read, where `per_second` reads may go before runs in the long run.
    pub(super) fn lane(&mut self, per_second: f64, now: Instant) -> Lane {
        let since = now.duration_since(self.at).as_secs_f64();
        self.at = now;
        self.left = (self.left + since * per_second).min(AHEAD_AT_ONCE);
        if self.left < 1.0 {
            return Lane::Sync;
        }
        self.left -= 1.0;
        Lane::Event
    }
}

/// When each conversation may be read again.
#[derive(Debug, Default)]
pub(super) struct Spacing {
    last: HashMap<ConversationId, (Instant, Duration)>,
}

impl Spacing {
    /// When a conversation may be read; nothing where it may be at once.
    pub(super) fn next(&self, id: &ConversationId, now: Instant) -> Option<Instant> {
        let (at, interval) = self.last.get(id)?;
        Some(*at + *interval).filter(|next| *next > now)
    }

    /// A conversation is read now.
    pub(super) fn read(&mut self, id: &ConversationId, now: Instant) {
        let interval = match self.last.get(id) {
            Some((at, interval)) if now.duration_since(*at) < *interval * 2 => {
                (*interval * 2).min(LONGEST)
            }
            _ => SHORTEST,
        };
        self.last.insert(id.clone(), (now, interval));
        if self.last.len() > 10_000 {
            self.last
                .retain(|_, (at, interval)| now.duration_since(*at) < *interval * 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_reads_go_before_runs_and_then_as_many_as_may() {
        let start = Instant::now();
        let mut ahead = Ahead::new(start);
        let mut at_once = 0;
        while ahead.lane(0.1, start) == Lane::Event {
            at_once += 1;
        }
        assert_eq!(at_once, 30);
        let later = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(ahead.lane(0.1, later(9)), Lane::Sync);
        assert_eq!(ahead.lane(0.1, later(10)), Lane::Event);
        assert_eq!(ahead.lane(0.1, later(11)), Lane::Sync);
    }

    #[test]
    fn one_that_keeps_coming_is_read_less_and_less_often() {
        let mut spacing = Spacing::default();
        let (id, start) = (ConversationId::from("c1"), Instant::now());
        let mut now = start;
        let mut reads = 0;
        while now < start + Duration::from_secs(100) {
            assert_eq!(spacing.next(&id, now), None);
            spacing.read(&id, now);
            reads += 1;
            now = spacing.next(&id, now).unwrap();
        }
        assert_eq!(
            reads, 11,
            "0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, then every 16 s"
        );
        let later = now + LONGEST * 2;
        spacing.read(&id, later);
        assert_eq!(
            spacing.next(&id, later),
            Some(later + SHORTEST),
            "after a while of quiet it begins anew"
        );
        assert_eq!(spacing.next(&"c2".into(), later), None);
    }
}
