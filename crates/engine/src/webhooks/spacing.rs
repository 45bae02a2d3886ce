//! How often one conversation is read because of what is delivered: at once, then at growing intervals while more
//! about it keeps coming.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;
use triage::model::ConversationId;

/// The interval after the first read; it doubles up to the longest.
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(16);

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
