//! Reading lists of conversations page by page.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::TryStreamExt;
use hiver::{ConversationQuery, Cursor, ErrorKind, Lane};
use store::{ListKey, ListRead, Source, SweepPage, UnfinishedRead};
use triage::model::{ConversationId, Mailbox, Status};

use super::directory::report;
use super::lookups::sightings;
use super::{SyncError, show};
use crate::Engine;
use crate::link::Link;
use crate::live::Live;
use crate::map;
use crate::mirror::Sighting;
use crate::status::SyncProgress;

/// A reading that was broken off goes on where it stopped, unless it began longer ago.
const GO_ON_WITHIN_MS: i64 = 60 * 60 * 1_000;

/// What may be spent on a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spending {
    /// What it takes: it was never read, or a person asked for it.
    AsNeeded,
    /// What is left of the share of sweeps; otherwise it waits.
    OfTheShare,
}

/// One pass over some lists.
pub(super) struct Sweep<'a> {
    pub(super) engine: &'a Engine,
    pub(super) link: &'a Arc<Link>,
    pub(super) lane: Lane,
    pub(super) progress: SyncProgress,
    /// What was seen in which list. A conversation in two of them changed in between, or is in both: only a look at
    /// itself says which.
    pub(super) seen: HashMap<ConversationId, Status>,
    /// Conversations to be looked at.
    pub(super) doubtful: Vec<ConversationId>,
}

/// What was in a list.
pub(super) struct ListSeen {
    pub(super) ids: HashSet<ConversationId>,
    /// Whether every row could be read.
    pub(super) whole: bool,
    /// When and at what price.
    pub(super) read: ListRead,
}

impl<'a> Sweep<'a> {
    pub(super) fn new(engine: &'a Engine, link: &'a Arc<Link>, lane: Lane) -> Self {
        Self {
            engine,
            link,
            lane,
            progress: SyncProgress::default(),
            seen: HashMap::new(),
            doubtful: Vec::new(),
        }
    }

    /// Reads one list into the mirror, from where a reading that was broken off stopped.
    pub(super) async fn read_list(
        &mut self,
        mailbox: &Mailbox,
        status: &Status,
        spending: Spending,
    ) -> Result<ListSeen, SyncError> {
        let key = ListKey {
            mailbox: mailbox.id.clone(),
            status: status.clone(),
        };
        self.progress.doing = format!("{}, {status}", mailbox.name);
        self.show();
        let (store, connection) = (self.engine.store(), self.link.connection.id);
        let begun = store.unfinished_read(connection, &key).await?;
        let now = self.engine.now();
        let begun = begun.filter(|begun| {
            (now - GO_ON_WITHIN_MS..=now).contains(&begun.started_at) && self.lane == Lane::Sync
        });
        let goes_on = begun.is_some();
        let read = match self.read_pages(&key, begun, spending).await {
            // Hiver does not know the place any more.
            Err(SyncError::Hiver(error)) if goes_on && is_about_the_place(&error) => {
                store.give_up_read(connection, &key).await?;
                self.read_pages(&key, None, spending).await
            }
            read => read,
        };
        let read = read?;
        self.seen
            .extend(read.ids.iter().map(|id| (id.clone(), status.clone())));
        Ok(read)
    }

    async fn read_pages(
        &mut self,
        list: &ListKey,
        begun: Option<UnfinishedRead>,
        spending: Spending,
    ) -> Result<ListSeen, SyncError> {
        let (engine, link) = (self.engine, self.link);
        let query = ConversationQuery {
            mailbox: Some(list.mailbox.as_str().into()),
            status: Some(map::hiver_status(&list.status)),
            ..ConversationQuery::default()
        };
        let mut asked_at = engine.now();
        let (mut seen, start) = match begun {
            None => (
                ListSeen {
                    ids: HashSet::new(),
                    whole: true,
                    read: ListRead {
                        at: asked_at,
                        requests: 0,
                    },
                },
                None,
            ),
            Some(begun) => (
                ListSeen {
                    ids: begun.ids.into_iter().collect(),
                    whole: begun.whole,
                    read: ListRead {
                        at: begun.started_at,
                        requests: begun.pages,
                    },
                },
                Some(Cursor::from(begun.next)),
            ),
        };
        let on = link.hiver.on(self.lane);
        let mut pages = on.conversations(query.clone()).pages_from(start);
        loop {
            if spending == Spending::OfTheShare {
                self.until_affordable().await?;
                asked_at = engine.now();
            }
            let Some(page) = pages.try_next().await? else {
                return Ok(seen);
            };
            report(&page.skipped, "conversations");
            let whole = page.skipped.is_empty();
            let mut rows = page.items;
            for row in &mut rows {
                query.complete(row);
            }
            let sightings = sightings(engine, link, self.lane, rows).await?;
            let ids: Vec<ConversationId> = sightings.iter().map(|one| one.id.clone()).collect();
            self.take_in(sightings, &list.status, asked_at).await?;
            if let Some(next) = page.next.as_ref().filter(|_| self.lane == Lane::Sync) {
                let page = SweepPage {
                    page: seen.read.requests,
                    started_at: seen.read.at,
                    next: next.as_str(),
                    ids: &ids,
                    whole,
                };
                engine
                    .store()
                    .keep_page(link.connection.id, list, page)
                    .await?;
            }
            seen.whole &= whole;
            seen.read.requests += 1;
            self.progress.conversations += u32::try_from(ids.len()).unwrap_or(0);
            seen.ids.extend(ids);
            self.show();
            asked_at = engine.now();
        }
    }

    /// Takes a page into the mirror, but for what another list had, too.
    async fn take_in(
        &mut self,
        mut sightings: Vec<Sighting>,
        status: &Status,
        asked_at: i64,
    ) -> Result<(), SyncError> {
        let (engine, connection) = (self.engine, self.link.connection.id);
        sightings.retain(|one| {
            let elsewhere = self.seen.get(&one.id).is_some_and(|seen| seen != status);
            if elsewhere {
                self.doubtful.push(one.id.clone());
            }
            !elsewhere
        });
        let changed = engine
            .mirror()
            .absorb(connection, sightings, asked_at, engine.now());
        if !changed.is_empty() {
            engine
                .save_seen(connection, &changed, Source::Sweep)
                .await?;
            engine.tell(Live::Mirror);
        }
        Ok(())
    }

    /// Waits until sweeps may send another request of their share of the day. Whoever wants something read goes first:
    /// then this reading is broken off, to go on afterwards.
    async fn until_affordable(&mut self) -> Result<(), SyncError> {
        let doing = self.progress.doing.clone();
        while let Some(wait) = self.link.sweeps_wait(self.engine.now()) {
            self.progress.doing = format!("{doing}; sweeps have used their share of the day");
            self.show();
            tokio::select! {
                () = self.engine.until_wanted() => return Err(SyncError::SomebodyGoesFirst),
                () = tokio::time::sleep(wait) => {}
            }
        }
        self.progress.doing = doing;
        self.link.count_sweep(self.engine.now());
        Ok(())
    }

    pub(super) fn show(&self) {
        if self.lane == Lane::Sync {
            show(self.engine, &self.progress);
        }
    }
}

fn is_about_the_place(error: &hiver::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BadRequest { .. }
            | ErrorKind::NotFound { .. }
            | ErrorKind::RepeatedCursor { .. }
    )
}
