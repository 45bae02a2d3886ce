//! What an event itself says of its conversation.
//!
//! It is shown at once only where it is the whole conversation and either the mirror has none yet, or both have
//! Hiver's own time of the last change and the event's is later. Anything less could be a state that is over, and
//! waits for the read, which follows in every case.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hiver::Event;
use store::{ConnectionId, Error, Source};
use triage::model::{Assignee, Conversation, ConversationId, Status};

use crate::live::Live;
use crate::mirror::resolve_user;
use crate::{Engine, map};

/// Conversations that events were shown of at once, as they were before; until the read that settles them.
#[derive(Default)]
pub(super) struct ShownAtOnce(Mutex<HashMap<ConversationId, Option<Conversation>>>);

impl ShownAtOnce {
    fn note(&self, id: &ConversationId, before: Option<Conversation>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(id.clone())
            .or_insert(before);
    }

    /// As a conversation was before events were shown of it; `None` where none were.
    pub(super) fn take(&self, id: &ConversationId) -> Option<Option<Conversation>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id)
    }
}

/// Whether the mirror has what an event says.
pub(super) fn agree(engine: &Engine, event: &Event) -> bool {
    let Some(id) = &event.conversation else {
        return true;
    };
    let mirror = engine.mirror().read();
    let Some(row) = mirror.rows.get(&ConversationId::from(id.as_str())) else {
        return false;
    };
    let known = &row.conversation;
    let same_status = event
        .status
        .as_ref()
        .is_none_or(|said| known.status == Some(Status::from(said.as_str())));
    let same_assignee = event.assignee.as_ref().is_none_or(|said| match said {
        hiver::Assignee::Nobody => known.assignee == Assignee::Nobody,
        hiver::Assignee::Someone { id, name } => {
            let id = id.as_ref().map(|id| id.as_str().into());
            resolve_user(&mirror.directory, id, name.clone()) == known.assignee
        }
    });
    let same_rest = event.whole.as_ref().is_none_or(|whole| {
        let said = map::sighting(whole.clone(), &mirror.directory);
        (said.mailbox, said.subject, said.tags)
            == (
                known.mailbox.clone(),
                known.subject.clone(),
                known.tags.clone(),
            )
    });
    same_status && same_assignee && same_rest
}

/// Shows what an event says, where it may be shown before Hiver was asked.
pub(super) async fn show(
    engine: &Engine,
    connection: ConnectionId,
    event: Event,
    received_at: i64,
) -> Result<(), Error> {
    let Some(whole) = event.whole else {
        return Ok(());
    };
    let (sighting, before) = {
        let mirror = engine.mirror().read();
        let sighting = map::sighting(whole, &mirror.directory);
        let known_mailbox = sighting
            .mailbox
            .as_ref()
            .is_some_and(|id| mirror.directory.mailbox(id).is_some());
        let before = mirror
            .rows
            .get(&sighting.id)
            .map(|row| row.conversation.clone());
        let is_newer = match &before {
            None => true,
            Some(known) => known
                .updated_at
                .zip(sighting.updated_at)
                .is_some_and(|(known, said)| said > known),
        };
        if !known_mailbox || !is_newer {
            return Ok(());
        }
        (sighting, before)
    };
    let id = sighting.id.clone();
    let changed = engine
        .mirror()
        .absorb(connection, vec![sighting], received_at, engine.now());
    if !changed.is_empty() {
        engine.0.door.shown_at_once.note(&id, before);
        engine
            .save_seen(connection, &changed, Source::Event)
            .await?;
        engine.tell(Live::Mirror);
    }
    Ok(())
}
