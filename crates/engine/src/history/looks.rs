//! When mailboxes were looked at, and when not.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::time::Duration;

use store::{ConnectionId, Error, HistoryMark, ListKey, Look, LookOf};
use triage::model::{MailboxId, Status};

use super::DAY_MS;
use crate::Engine;

/// A time without a look that is shorter than this is no gap.
const SHORTEST_GAP_MS: i64 = 60 * 60 * 1_000;

/// The looks of one sweep.
pub(crate) struct Looks {
    connection: ConnectionId,
    mailboxes: BTreeMap<MailboxId, Lists>,
}

/// What of a mailbox was read.
#[derive(Default)]
struct Lists {
    /// Open or pending ones.
    open: bool,
}

impl Looks {
    pub(crate) fn new(connection: ConnectionId) -> Self {
        Self {
            connection,
            mailboxes: BTreeMap::new(),
        }
    }

    /// A list was read to its end.
    pub(crate) fn list_read(&mut self, mailbox: &MailboxId, status: &Status) {
        let lists = self.mailboxes.entry(mailbox.clone()).or_default();
        if matches!(status, Status::Open | Status::Pending) {
            lists.open = true;
        }
    }

    /// Notes that the closed conversations of a mailbox were read, from `began` on.
    pub(crate) async fn note_closed(
        &self,
        engine: &Engine,
        mailbox: &MailboxId,
        began: i64,
    ) -> Result<(), Error> {
        self.note(engine, mailbox, LookOf::Closed, began).await
    }

    /// Notes which open and pending conversations were read, once all that is no longer among them was looked after:
    /// what is written down until then happened after the look before this one. Unless `settled`, some of that is still
    /// to be done. `next` is when the next one is due.
    pub(crate) async fn note_open(
        &self,
        engine: &Engine,
        settled: bool,
        next: Option<Duration>,
    ) -> Result<(), Error> {
        let next = next.map_or(0, |next| i64::try_from(next.as_millis()).unwrap_or(DAY_MS));
        let expected_by = engine.now() + SHORTEST_GAP_MS.max(next.saturating_mul(2));
        for (mailbox, lists) in &self.mailboxes {
            let began = {
                let mirror = engine.mirror().read();
                let read = |status| {
                    let list = ListKey {
                        mailbox: mailbox.clone(),
                        status,
                    };
                    mirror.lists.get(&list).map(|read| read.at)
                };
                // One of them may have been read earlier, by a sweep that was broken off.
                read(Status::Open)
                    .zip(read(Status::Pending))
                    .map(|(open, pending)| open.min(pending))
            };
            if let Some(began) = began.filter(|_| lists.open) {
                let of = LookOf::Open {
                    settled,
                    expected_by,
                };
                self.note(engine, mailbox, of, began).await?;
            }
        }
        engine.forget_old_history().await
    }

    async fn note(
        &self,
        engine: &Engine,
        mailbox: &MailboxId,
        of: LookOf,
        began: i64,
    ) -> Result<(), Error> {
        let look = Look {
            began,
            ended: engine.now(),
            of,
        };
        engine
            .store()
            .note_look(self.connection, mailbox, look)
            .await
    }
}

/// When the mailboxes of a connection were looked at.
pub(super) struct Watched {
    pub(super) connection: Option<ConnectionId>,
    pub(super) marks: HashMap<MailboxId, HistoryMark>,
    gaps: HashMap<MailboxId, Vec<Range<i64>>>,
}

impl Watched {
    /// When the first of the histories begins.
    pub(super) fn begins(&self) -> Option<i64> {
        self.marks.values().filter_map(|mark| mark.begins_at).min()
    }

    /// When a mailbox's history begins.
    pub(super) fn begins_of(&self, mailbox: &MailboxId) -> Option<i64> {
        self.marks.get(mailbox).and_then(|mark| mark.begins_at)
    }

    /// For how many ms of a span nobody looked at a mailbox, as far as `now`; what was before its history not counted.
    pub(super) fn unwatched(&self, mailbox: &MailboxId, span: &Range<i64>, now: i64) -> i64 {
        let Some(mark) = self.marks.get(mailbox) else {
            return 0;
        };
        let Some(begins) = mark.begins_at else {
            return 0;
        };
        let still = mark.open_until.filter(|_| now > mark.expected_by);
        let gaps = self.gaps.get(mailbox).into_iter().flatten().cloned();
        gaps.chain(still.map(|from| from..now))
            .map(|gap| {
                let from = gap.start.max(span.start).max(begins);
                (gap.end.min(span.end).min(now) - from).max(0)
            })
            .sum()
    }

    /// The mailboxes that were looked at for all of a span, as far as that is not still to come.
    pub(super) fn throughout(&self, span: &Range<i64>, now: i64) -> HashSet<MailboxId> {
        self.marks
            .values()
            .filter(|mark| mark.begins_at.is_some_and(|begins| begins <= span.start))
            .filter(|mark| self.unwatched(&mark.mailbox, span, now) == 0)
            .map(|mark| mark.mailbox.clone())
            .collect()
    }
}

impl Engine {
    /// When the mailboxes of the connection in use were looked at; gaps that ended before `from` are left out.
    pub(super) async fn watched(&self, from: Option<i64>) -> Result<Watched, Error> {
        let Some(connection) = self.mirror().connection() else {
            return Ok(Watched {
                connection: None,
                marks: HashMap::new(),
                gaps: HashMap::new(),
            });
        };
        let marks = self.store().history_marks(connection).await?;
        let found = self
            .store()
            .history_gaps(connection, from.unwrap_or(i64::MIN))
            .await?;
        let mut gaps: HashMap<MailboxId, Vec<Range<i64>>> = HashMap::new();
        for gap in found {
            gaps.entry(gap.mailbox)
                .or_default()
                .push(gap.from..gap.until);
        }
        Ok(Watched {
            connection: Some(connection),
            marks: marks
                .into_iter()
                .map(|mark| (mark.mailbox.clone(), mark))
                .collect(),
            gaps,
        })
    }
}
