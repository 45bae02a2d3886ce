//! What is to be read now, and when there will be something.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use store::{Error, ListKey};
use triage::model::{Mailbox, MailboxId, Status};

use super::lists::Spending;
use super::lookups::Vanished;
use super::reading::settings_of;
use super::schedule::{Pace, due_at};
use super::wanted::Wants;
use crate::link::Link;
use crate::{Duties, Engine};

/// The schedule is looked at again after so long at the latest: clocks are set, and machines sleep.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// After a start, what was read that recently is not read again for events that may be lost.
const JUST_READ: Duration = Duration::from_secs(60);

/// What this process has tried to read since it has the link, and when.
#[derive(Default)]
pub(super) struct Tried {
    /// Since when it listens to events.
    pub(super) since: i64,
    pub(super) directory: Option<i64>,
    pub(super) lists: HashMap<ListKey, i64>,
    /// What vanished from lists that were read, and is still to be looked after.
    pub(super) vanished: Vec<Vanished>,
}

/// What is to be read.
pub(super) struct Agenda {
    /// Mailboxes, users and tags.
    pub(super) directory: bool,
    /// When there will be more, at the latest.
    pub(super) next: Duration,
    pace: Option<Pace>,
    /// Everything open, since somebody asked for it.
    everything: bool,
    /// Whole mailboxes, since somebody asked for them.
    whole: Vec<MailboxId>,
    now: i64,
    tried: HashMap<ListKey, i64>,
    listening_since: i64,
    some_due: bool,
}

impl Agenda {
    pub(super) fn nothing() -> Self {
        Self {
            directory: false,
            next: LOOK_AGAIN,
            pace: None,
            everything: false,
            whole: Vec::new(),
            now: 0,
            tried: HashMap::new(),
            listening_since: 0,
            some_due: false,
        }
    }

    /// How long after this reading of open conversations the next one begins, where that is on a schedule.
    pub(super) fn open_every(&self) -> Option<Duration> {
        self.pace.map(|pace| pace.every(&Status::Open))
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.directory && !self.some_due
    }

    /// What is due, and what is wanted.
    pub(super) async fn now(
        engine: &Engine,
        link: &Arc<Link>,
        tried: &Tried,
        wants: &Wants,
    ) -> Result<Self, Error> {
        let now = engine.now();
        let settings = settings_of(engine.store(), link.connection.id).await?;
        let means = engine.means(&settings);
        let limited = engine.config().requests_per_day.is_some();
        link.set_share(limited.then(|| means.allowance() as u32));
        let pace = engine.pace(&means).await?;
        let asked = wants.include_somebodys();
        let sweeps = engine.config().duties != Duties::ChosenRuns;
        let mut agenda = Self {
            pace: (sweeps && wants.include_all()).then_some(pace),
            everything: sweeps && asked && wants.include_all(),
            whole: wants.mailboxes().filter(|_| sweeps).cloned().collect(),
            now,
            tried: tried.lists.clone(),
            listening_since: tried.since,
            ..Self::nothing()
        };
        let directory_at = due_at(tried.directory, pace.directory_every(), now);
        agenda.directory = asked || directory_at <= now;
        let mut next = directory_at;
        for (mailbox, status) in all_lists(engine) {
            let due = agenda.due_at(
                engine,
                &ListKey {
                    mailbox: mailbox.id,
                    status,
                },
            );
            agenda.some_due |= due.is_some_and(|at| at <= now);
            next = next.min(due.unwrap_or(i64::MAX));
        }
        let wait = u64::try_from(next.saturating_sub(now)).unwrap_or(0);
        agenda.next = Duration::from_millis(wait).min(LOOK_AGAIN);
        Ok(agenda)
    }

    /// The lists to be read: the open ones of all mailboxes first, so that the work is on screen soonest.
    pub(super) fn lists(&self, engine: &Engine) -> Vec<(Mailbox, ListKey, Spending)> {
        let mut lists = Vec::new();
        for (mailbox, status) in all_lists(engine) {
            let key = ListKey {
                mailbox: mailbox.id.clone(),
                status,
            };
            let is_due = self.due_at(engine, &key).is_some_and(|at| at <= self.now);
            if is_due {
                let never_read = !engine.mirror().read().lists.contains_key(&key);
                let spending = if never_read || self.is_asked_for(&key) {
                    Spending::AsNeeded
                } else {
                    Spending::OfTheShare
                };
                lists.push((mailbox, key, spending));
            }
        }
        lists
    }

    fn is_asked_for(&self, list: &ListKey) -> bool {
        self.whole.contains(&list.mailbox) || (self.everything && list.status != Status::Closed)
    }

    /// When a list is due; nothing where this process does not read it by itself.
    fn due_at(&self, engine: &Engine, list: &ListKey) -> Option<i64> {
        if self.is_asked_for(list) {
            return Some(self.now);
        }
        let mirror = engine.mirror().read();
        let read = mirror.lists.get(list).map(|read| read.at);
        let pace = self.pace?;
        // Events that came while nobody listened are lost.
        let untold = pace.events && read.is_some_and(|read| read < self.listening_since);
        let every = if untold && list.status != Status::Closed {
            JUST_READ
        } else {
            pace.every(&list.status)
        };
        // One that cannot be read is not tried again and again.
        let refused = mirror.closed_to_us.contains(&list.mailbox);
        let tried = self.tried.get(list).copied().filter(|_| refused);
        Some(due_at(read.max(tried), every, self.now))
    }
}

fn all_lists(engine: &Engine) -> Vec<(Mailbox, Status)> {
    let mailboxes = engine.mirror().read().directory.mailboxes.clone();
    Status::KNOWN
        .iter()
        .flat_map(|status| {
            mailboxes
                .iter()
                .map(move |mailbox| (mailbox.clone(), status.clone()))
        })
        .collect()
}

/// Lists with the mailboxes that they are of.
pub(super) fn with_mailboxes(
    engine: &Engine,
    lists: Vec<ListKey>,
    spending: Spending,
) -> Vec<(Mailbox, ListKey, Spending)> {
    let mirror = engine.mirror().read();
    lists
        .into_iter()
        .filter_map(|key| {
            let mailbox = mirror.directory.mailbox(&key.mailbox)?.clone();
            Some((mailbox, key, spending))
        })
        .collect()
}
