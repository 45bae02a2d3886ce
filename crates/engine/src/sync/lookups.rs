//! Looking at single conversations, above all at those that are no longer in the list where the mirror has them.

use std::collections::HashMap;
use std::sync::Arc;

use hiver::{ErrorKind, Lane};
use store::{ListKey, Source};
use triage::model::{ConversationId, Status};

use super::directory::read_tags;
use super::lists::{ListSeen, Sweep};
use super::{SyncError, chain};
use crate::link::Link;
use crate::live::Live;
use crate::mirror::Sighting;
use crate::{Engine, map};

/// Conversations are looked up one by one, at most so many per sweep; the next sweep goes on.
const LOOK_UPS: usize = 200;
/// A tag that the mirror does not know has all tags read again, at most so often.
const TAGS_EVERY_MS: i64 = 60_000;

/// A conversation that is no longer in the list where the mirror has it.
pub(super) struct Vanished {
    id: ConversationId,
    list: ListKey,
    /// Every row of the list could be read: it is not among those that could not.
    surely: bool,
}

/// What the mirror has in a list and Hiver has not. Looked after once all lists are read: most of it turns up in
/// another one.
pub(super) fn missing(engine: &Engine, list: &ListKey, seen: &ListSeen) -> Vec<Vanished> {
    let mirror = engine.mirror().read();
    let rows = mirror.rows.values().map(|row| &row.conversation);
    rows.filter(|one| {
        one.mailbox.as_ref() == Some(&list.mailbox) && one.status.as_ref() == Some(&list.status)
    })
    .filter(|one| one.last_changed < seen.read.at && !seen.ids.contains(&one.id))
    .map(|one| Vanished {
        id: one.id.clone(),
        list: list.clone(),
        surely: seen.whole,
    })
    .collect()
}

/// What has not turned up since.
pub(super) fn still_missing(engine: &Engine, vanished: &mut Vec<Vanished>) {
    let mirror = engine.mirror().read();
    vanished.retain(|gone| {
        mirror.rows.get(&gone.id).is_some_and(|row| {
            let now = &row.conversation;
            now.mailbox.as_ref() == Some(&gone.list.mailbox)
                && now.status.as_ref() == Some(&gone.list.status)
        })
    });
}

/// Lists whose reading costs less than looking up one by one what vanished from the others of their mailbox.
pub(super) fn cheaper_to_read(
    engine: &Engine,
    vanished: &[Vanished],
    was_read: impl Fn(&ListKey) -> bool,
) -> Vec<ListKey> {
    let mut count: HashMap<&str, u32> = HashMap::new();
    for gone in vanished {
        *count.entry(gone.list.mailbox.as_str()).or_default() += 1;
    }
    let mirror = engine.mirror().read();
    let mut lists = Vec::new();
    for (mailbox, count) in count {
        let unread: Vec<_> = mirror
            .lists
            .iter()
            .filter(|(list, _)| list.mailbox.as_str() == mailbox && !was_read(list))
            .collect();
        let price: u32 = unread.iter().map(|(_, read)| read.requests).sum();
        if price < count {
            lists.extend(unread.into_iter().map(|(list, _)| list.clone()));
        }
    }
    lists
}

impl Sweep<'_> {
    /// Finds out what became of conversations that are no longer where they were, or are in two lists.
    /// What is too much for this time, or was not come to because of trouble, stays among them.
    pub(super) async fn look_after(
        &mut self,
        vanished: &mut Vec<Vanished>,
    ) -> Result<(), SyncError> {
        let mut left = LOOK_UPS;
        while let Some(gone) = vanished.last() {
            if left == 0 {
                return Ok(());
            }
            left -= 1;
            self.look_after_one(gone).await?;
            vanished.pop();
        }
        for id in std::mem::take(&mut self.doubtful) {
            if left == 0 {
                return Ok(());
            }
            left -= 1;
            self.look_up_one(&id).await?;
        }
        Ok(())
    }

    async fn look_after_one(&self, gone: &Vanished) -> Result<(), SyncError> {
        let (engine, connection) = (self.engine, self.link.connection.id);
        let asked_at = engine.now();
        let looked = self.look_up_one(&gone.id).await?;
        if matches!(looked, Some(None)) && gone.surely {
            let status = &gone.list.status;
            let unlisted =
                engine
                    .mirror()
                    .unlist(connection, &gone.id, status, asked_at, engine.now());
            if let Some(unlisted) = unlisted {
                engine
                    .store()
                    .save_conversations(connection, &[unlisted], Source::Sweep)
                    .await?;
                engine.tell(Live::Mirror);
            }
        }
        Ok(())
    }

    /// The status that Hiver gave, if it did; nothing at all where it did not answer for this conversation.
    async fn look_up_one(&self, id: &ConversationId) -> Result<Option<Option<Status>>, SyncError> {
        self.link.count_sweep(self.engine.now());
        match look_up(self.engine, self.link, id, self.lane, Source::Sweep).await {
            Ok(status) => Ok(Some(status)),
            Err(SyncError::Hiver(error))
                if !error.is_passing()
                    && !matches!(error.kind(), ErrorKind::Unauthorized { .. }) =>
            {
                tracing::warn!(conversation = %id, error = %chain(&error), "a conversation could not be looked up");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Reads one conversation, and returns the status that Hiver gave. Forgets it where Hiver no longer has it, no longer
/// lets us see it, or has it in a mailbox that is left out. `source` is what the history is to say of how that was seen.
pub(crate) async fn look_up(
    engine: &Engine,
    link: &Arc<Link>,
    id: &ConversationId,
    lane: Lane,
    source: Source,
) -> Result<Option<Status>, SyncError> {
    let connection = link.connection.id;
    let asked_at = engine.now();
    let found = match link.hiver.on(lane).conversation(&id.as_str().into()).await {
        Ok(row) => sightings(engine, link, lane, vec![row]).await?.pop(),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound { .. } | ErrorKind::Forbidden { .. }
            ) =>
        {
            None
        }
        Err(error) => return Err(error.into()),
    };
    let seen = found.filter(|one| !engine.mirror().leaves_out(one.mailbox.as_ref()));
    let status = match seen {
        Some(sighting) => {
            let status = sighting.status.clone();
            let changed =
                engine
                    .mirror()
                    .absorb(connection, vec![sighting], asked_at, engine.now());
            if !changed.is_empty() {
                engine.save_seen(connection, &changed, source).await?;
                engine.tell(Live::Mirror);
            }
            status
        }
        None => {
            engine
                .store()
                .forget_conversations(connection, std::slice::from_ref(id), source, engine.now())
                .await?;
            engine.mirror().forget(connection, std::slice::from_ref(id));
            engine.tell(Live::Mirror);
            None
        }
    };
    Ok(status)
}

/// Rows with users and tags looked up. A tag that nobody knows was made since: then the tags are read first.
pub(super) async fn sightings(
    engine: &Engine,
    link: &Arc<Link>,
    lane: Lane,
    rows: Vec<hiver::Conversation>,
) -> Result<Vec<Sighting>, SyncError> {
    let names_unknown_tag = {
        let mirror = engine.mirror().read();
        rows.iter()
            .any(|row| map::names_unknown_tag(row, &mirror.directory))
    };
    if names_unknown_tag && link.tags_are_older_than(engine.now() - TAGS_EVERY_MS) {
        read_tags(engine, link, lane).await?;
    }
    let mirror = engine.mirror().read();
    Ok(rows
        .into_iter()
        .map(|row| map::sighting(row, &mirror.directory))
        .collect())
}
