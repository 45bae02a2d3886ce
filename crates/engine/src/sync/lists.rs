//! Reading lists of conversations, and looking after what is no longer in them.

use std::collections::HashSet;
use std::sync::Arc;

use futures::TryStreamExt;
use hiver::{ConversationQuery, ErrorKind, Lane};
use store::Source;
use triage::model::{ConversationId, Mailbox, MailboxId, Status};

use super::directory::report;
use super::{SyncError, chain, show};
use crate::link::Link;
use crate::live::Live;
use crate::status::SyncProgress;
use crate::{Engine, map};

/// Conversations that vanished from a list are looked up one by one, at most so many per list.
pub(super) const LOOK_UPS: usize = 50;

/// Reads one list page by page into the mirror; returns what was in it.
pub(super) async fn read_list(
    engine: &Engine,
    link: &Arc<Link>,
    mailbox: &Mailbox,
    status: &Status,
    progress: &mut SyncProgress,
) -> Result<Seen, SyncError> {
    let query = ConversationQuery {
        mailbox: Some(mailbox.id.as_str().into()),
        status: Some(map::hiver_status(status)),
        ..ConversationQuery::default()
    };
    let mut seen = Seen {
        ids: HashSet::new(),
        whole: true,
    };
    let mut asked_at = engine.now();
    let mut pages = link
        .hiver
        .on(Lane::Sync)
        .conversations(query.clone())
        .pages();
    while let Some(page) = pages.try_next().await? {
        report(&page.skipped, "conversations");
        seen.whole &= page.skipped.is_empty();
        progress.conversations += u32::try_from(page.items.len()).unwrap_or(0);
        let sightings = {
            let mirror = engine.mirror().read();
            page.items
                .into_iter()
                .map(|mut row| {
                    query.complete(&mut row);
                    map::sighting(row, &mirror.directory)
                })
                .inspect(|one| {
                    seen.ids.insert(one.id.clone());
                })
                .collect()
        };
        let changed = engine
            .mirror()
            .absorb(link.connection.id, sightings, asked_at, engine.now());
        if !changed.is_empty() {
            engine
                .store()
                .save_conversations(link.connection.id, &changed, Source::Sweep)
                .await?;
            engine.tell(Live::Mirror);
        }
        show(engine, progress);
        asked_at = engine.now();
    }
    Ok(seen)
}

/// A conversation that is no longer in the list where the mirror has it.
pub(super) struct Vanished {
    id: ConversationId,
    mailbox: MailboxId,
    status: Status,
    /// Every row of the list could be read: it is not among those that could not.
    surely: bool,
}

/// What was in a list.
pub(super) struct Seen {
    ids: HashSet<ConversationId>,
    /// Whether every row could be read.
    whole: bool,
}

/// What the mirror has in a list and Hiver has not. Looked after once all lists are read: most of it turns up in
/// another one.
pub(super) fn missing(
    engine: &Engine,
    mailbox: &Mailbox,
    status: &Status,
    started: i64,
    seen: &Seen,
) -> Vec<Vanished> {
    let mirror = engine.mirror().read();
    let rows = mirror.rows.values().map(|row| &row.conversation);
    rows.filter(|one| {
        one.mailbox.as_ref() == Some(&mailbox.id) && one.status.as_ref() == Some(status)
    })
    .filter(|one| one.last_changed < started && !seen.ids.contains(&one.id))
    .map(|one| Vanished {
        id: one.id.clone(),
        mailbox: mailbox.id.clone(),
        status: status.clone(),
        surely: seen.whole,
    })
    .take(LOOK_UPS)
    .collect()
}

/// Finds out what became of a conversation that is no longer where it was.
pub(super) async fn look_after(
    engine: &Engine,
    link: &Arc<Link>,
    gone: Vanished,
) -> Result<(), SyncError> {
    let stays = engine.mirror().conversation(&gone.id).is_some_and(|now| {
        now.mailbox.as_ref() == Some(&gone.mailbox) && now.status.as_ref() == Some(&gone.status)
    });
    if !stays {
        return Ok(());
    }
    let asked_at = engine.now();
    match look_up(engine, link, &gone.id, Lane::Sync, Source::Sweep).await {
        Ok(None) if gone.surely => {
            let connection = link.connection.id;
            let unlisted =
                engine
                    .mirror()
                    .unlist(connection, &gone.id, &gone.status, asked_at, engine.now());
            if let Some(unlisted) = unlisted {
                engine
                    .store()
                    .save_conversations(connection, &[unlisted], Source::Sweep)
                    .await?;
                engine.tell(Live::Mirror);
            }
        }
        Ok(_) => {}
        Err(SyncError::Hiver(error))
            if !error.is_passing() && !matches!(error.kind(), ErrorKind::Unauthorized { .. }) =>
        {
            tracing::warn!(conversation = %gone.id, error = %chain(&error), "a conversation could not be looked up");
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Reads one conversation, and returns the status that Hiver gave. Forgets it where Hiver no longer has it, or no
/// longer lets us see it. `source` is what the history is to say of how that was seen.
pub(crate) async fn look_up(
    engine: &Engine,
    link: &Arc<Link>,
    id: &ConversationId,
    lane: Lane,
    source: Source,
) -> Result<Option<Status>, SyncError> {
    let connection = link.connection.id;
    let asked_at = engine.now();
    let status = match link.hiver.on(lane).conversation(&id.as_str().into()).await {
        Ok(row) => {
            let sighting = map::sighting(row, &engine.mirror().read().directory);
            let status = sighting.status.clone();
            let changed =
                engine
                    .mirror()
                    .absorb(connection, vec![sighting], asked_at, engine.now());
            engine
                .store()
                .save_conversations(connection, &changed, source)
                .await?;
            status
        }
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound { .. } | ErrorKind::Forbidden { .. }
            ) =>
        {
            engine
                .store()
                .forget_conversations(connection, std::slice::from_ref(id), source, engine.now())
                .await?;
            engine.mirror().forget(connection, std::slice::from_ref(id));
            None
        }
        Err(error) => return Err(error.into()),
    };
    engine.tell(Live::Mirror);
    Ok(status)
}
